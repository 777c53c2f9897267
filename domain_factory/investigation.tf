# Permission of the function that reports failures to call the model that explains them.
locals {
  # Only the configured size; its profile exists, which the variable checks.
  investigation_profiles = {
    for size, profile in aws_bedrock_inference_profile.this : size => profile
    if var.enable_llm_investigation && size == var.failure_investigation_model_size
  }

  investigation_sources = {
    for size, source in local.bedrock_sources : size => "arn:${local.partition}:bedrock:${local.region}:${source}"
  }
}

resource "aws_iam_role_policy" "investigation" {
  for_each = local.investigation_profiles

  name   = "investigation"
  role   = one(values(aws_iam_role.failure_reports)).name
  policy = data.aws_iam_policy_document.investigation[each.key].json
}

# A profile also requires permissions on its source, and on the model in each region of the source, where the condition
# excludes other requests.
# https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
data "aws_iam_policy_document" "investigation" {
  for_each = local.investigation_profiles

  statement {
    sid       = "Profile"
    actions   = ["bedrock:InvokeModel"]
    resources = [each.value.arn]
  }

  statement {
    sid     = "Model"
    actions = ["bedrock:InvokeModel"]
    resources = distinct([
      local.investigation_sources[each.key],
      replace(
        local.investigation_sources[each.key],
        "/:${local.region}:${local.account_id}:inference-profile/[a-z-]+\\./",
        ":*::foundation-model/",
      ),
    ])

    condition {
      test     = "ArnEquals"
      variable = "bedrock:InferenceProfileArn"
      values   = [each.value.arn, local.investigation_sources[each.key]]
    }
  }
}
