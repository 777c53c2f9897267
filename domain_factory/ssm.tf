locals {
  # `domain_object` for pipelines in other configurations, and single values for scripts.
  parameters = merge(
    # Datasets, of which there may be many, have their own parameters, which their pipelines create.
    {
      domain_object = jsonencode({
        for name, value in module.domain_object.domain_object : name => value if name != "datasets"
      })
    },
    {
      for group in var.consumer_groups :
      "consumer_policy_arn" => aws_iam_policy.consumer[group].arn if group == "consumer"
    },
    { for role in aws_iam_role.datalfred : "datalfred_role_arn" => role.arn },
    {
      for name in ["data_bucket", "technical_bucket", "athena_workgroup", "failure_topic_arn"] :
      name => module.domain_object.domain_object[name]
    },
  )
}

resource "aws_ssm_parameter" "this" {
  for_each = local.parameters

  name           = "/datalake/${local.environment}/${each.key}"
  description    = "${each.key} of ${local.environment}"
  type           = "String"
  tier           = "Intelligent-Tiering"
  insecure_value = each.value
  tags           = local.tags

  lifecycle {
    precondition {
      # https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
      condition = length(each.value) <= 8192
      error_message = join(" ", [
        "The parameter ${each.key} has ${length(each.value)} characters; the limit of Parameter Store is 8192. Remove",
        "layers or tags, which are a part of domain_object.",
      ])
    }
  }
}
