resource "aws_iam_role" "deployment" {
  name                 = local.role_name
  description          = "Applies domain_factory and pipeline_factory for ${local.environment}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.own_permissions_boundary_arn
  tags                 = var.tags
}

locals {
  documents = {
    compute       = data.aws_iam_policy_document.compute
    data          = data.aws_iam_policy_document.data
    images        = data.aws_iam_policy_document.images
    ingestion     = data.aws_iam_policy_document.ingestion
    network       = data.aws_iam_policy_document.network
    notifications = data.aws_iam_policy_document.notifications
    orchestration = data.aws_iam_policy_document.orchestration
    roles         = data.aws_iam_policy_document.roles
    storage       = data.aws_iam_policy_document.storage
  }
}

resource "aws_iam_policy" "deployment" {
  for_each = local.documents

  name        = "${local.role_name}-${each.key}"
  description = "Applies domain_factory and pipeline_factory for ${local.environment}: ${each.key}"
  policy      = each.value.json
  tags        = var.tags

  lifecycle {
    precondition {
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
      condition = length(jsonencode(jsondecode(each.value.json))) <= 6144
      error_message = join(" ", [
        "The policy '${each.key}' of the role has ${length(jsonencode(jsondecode(each.value.json)))} characters; the",
        "limit of IAM is 6144. Use a pattern in stage_name, or fewer database_names, kms_key_arns and state_keys.",
      ])
    }
  }
}

resource "aws_iam_role_policy_attachment" "deployment" {
  for_each = aws_iam_policy.deployment

  role       = aws_iam_role.deployment.name
  policy_arn = each.value.arn
}
