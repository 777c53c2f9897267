# Resources of modules/ingestion_api that the factories do not have.
data "aws_iam_policy_document" "ingestion" {
  # IDs of APIs are not known before they exist: tags protect the APIs of others. Routes, integrations and authorizers
  # have no tags of their own.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
  statement {
    sid = "HttpApis"
    actions = [
      "apigateway:DELETE",
      "apigateway:GET",
      "apigateway:PATCH",
      "apigateway:POST",
      "apigateway:PUT",
    ]
    resources = [
      for path in ["apis", "apis/*", "tags/*"] :
      "arn:${local.partition}:apigateway:${data.aws_region.current.id}::/${path}"
    ]

    dynamic "condition" {
      for_each = setproduct(["aws:RequestTag", "aws:ResourceTag"], keys(local.tags))

      content {
        test     = "StringLikeIfExists"
        variable = "${condition.value[0]}/${condition.value[1]}"
        values   = [local.tags[condition.value[1]]]
      }
    }
  }

  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html#http-api-logging.permissions
  # These actions do not support resource-level permissions.
  statement {
    sid = "AccessLogs"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    resources = ["*"]
  }

  statement {
    sid = "RequestTables"
    actions = [
      "dynamodb:CreateTable",
      "dynamodb:DeleteTable",
      "dynamodb:DescribeContinuousBackups",
      "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive",
      "dynamodb:ListTagsOfResource",
      "dynamodb:TagResource",
      "dynamodb:UntagResource",
      "dynamodb:UpdateContinuousBackups",
      "dynamodb:UpdateTable",
      "dynamodb:UpdateTimeToLive",
    ]
    resources = local.arns.request_tables
  }

  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
  dynamic "statement" {
    for_each = {
      CreateEventSources = { actions = ["lambda:CreateEventSourceMapping"], resource = "*" }
      EventSources = {
        actions = [
          "lambda:DeleteEventSourceMapping",
          "lambda:GetEventSourceMapping",
          "lambda:UpdateEventSourceMapping",
        ]
        resource = local.event_sources_arn
      }
    }

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = [statement.value.resource]

      condition {
        test     = "ArnLike"
        variable = "lambda:FunctionArn"
        values   = local.arns.functions
      }
    }
  }

  statement {
    sid       = "EventSourceTags"
    actions   = ["lambda:ListTags", "lambda:TagResource", "lambda:UntagResource"]
    resources = [local.event_sources_arn]
  }
}
