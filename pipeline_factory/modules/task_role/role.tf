resource "aws_iam_role" "this" {
  name                 = local.role_name
  description          = "Task ${var.name}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  path                 = var.domain.role_path
  permissions_boundary = var.domain.permissions_boundary_arn
  tags                 = var.tags
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [var.service]
    }

    # The documentation of Lambda has no condition keys for this call.
    # https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    dynamic "condition" {
      for_each = local.is_function ? [] : [var.domain.account_id]

      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "task"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.task.json

  lifecycle {
    precondition {
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
      condition = length(jsonencode(jsondecode(data.aws_iam_policy_document.task.json))) <= 10240
      error_message = join(" ", [
        "The policy of the role ${local.role_name} has",
        "${length(jsonencode(jsondecode(data.aws_iam_policy_document.task.json)))} characters; the limit of IAM is",
        "10240. Split the task, or shorten input_paths, output_paths and additional_permissions.",
      ])
    }
  }
}

data "aws_iam_policy_document" "task" {
  source_policy_documents = concat(
    data.aws_iam_policy_document.tables[*].json,
    data.aws_iam_policy_document.outputs[*].json,
    data.aws_iam_policy_document.redshift[*].json,
    data.aws_iam_policy_document.secrets[*].json,
    [for document in data.aws_iam_policy_document.table_bucket : document.json],
    [data.aws_iam_policy_document.objects.json, data.aws_iam_policy_document.services.json],
    var.additional_policy[*],
  )

  dynamic "statement" {
    for_each = var.additional_permissions

    content {
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}
