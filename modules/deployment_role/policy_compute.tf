data "aws_iam_policy_document" "compute" {
  statement {
    sid = "Clusters"
    actions = [
      "ecs:CreateCluster",
      "ecs:DeleteCluster",
      "ecs:DescribeClusters",
      "ecs:PutClusterCapacityProviders",
      "ecs:UpdateCluster",
    ]
    resources = local.arns.clusters
  }

  statement {
    sid       = "TaskDefinitions"
    actions   = ["ecs:RegisterTaskDefinition"]
    resources = local.arns.task_definitions
  }

  statement {
    sid       = "EcsTags"
    actions   = ["ecs:TagResource", "ecs:UntagResource"]
    resources = concat(local.arns.clusters, local.arns.task_definitions)
  }

  # These actions do not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonemrserverless.html
  statement {
    sid       = "ComputeLists"
    actions   = ["ecs:DescribeTaskDefinition", "emr-serverless:ListApplications"]
    resources = ["*"]
  }

  # IDs of applications, studios and inference profiles are not known before they exist: tags restrict them.
  statement {
    sid       = "CreateTagged"
    actions   = ["elasticmapreduce:CreateStudio", "emr-serverless:CreateApplication"]
    resources = ["*"]

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "TagCreated"
    actions = [
      "bedrock:TagResource",
      "elasticmapreduce:AddTags",
      "emr-serverless:TagResource",
    ]
    resources = [
      "arn:${local.partition}:bedrock:${local.account}:application-inference-profile/*",
      "arn:${local.partition}:elasticmapreduce:${local.account}:studio/*",
      "arn:${local.partition}:emr-serverless:${local.account}:/applications/*",
    ]

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }

    # New resources have no tags yet; those of others would become the role's own.
    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLikeIfExists"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "ManageTagged"
    actions = [
      "bedrock:DeleteInferenceProfile",
      "bedrock:UntagResource",
      "elasticmapreduce:DeleteStudio",
      "elasticmapreduce:RemoveTags",
      "elasticmapreduce:UpdateStudio",
      "emr-serverless:DeleteApplication",
      "emr-serverless:StopApplication",
      "emr-serverless:UntagResource",
      "emr-serverless:UpdateApplication",
    ]
    resources = [
      "arn:${local.partition}:bedrock:${local.account}:application-inference-profile/*",
      "arn:${local.partition}:elasticmapreduce:${local.account}:studio/*",
      "arn:${local.partition}:emr-serverless:${local.account}:/applications/*",
    ]

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  # Terraform reads deleted resources too, which have no tags.
  statement {
    sid = "ReadTagged"
    actions = [
      "bedrock:GetInferenceProfile",
      "bedrock:ListTagsForResource",
      "elasticmapreduce:DescribeStudio",
      "emr-serverless:GetApplication",
    ]
    resources = [
      "arn:${local.partition}:bedrock:${local.account}:application-inference-profile/*",
      "arn:${local.partition}:elasticmapreduce:${local.account}:studio/*",
      "arn:${local.partition}:emr-serverless:${local.account}:/applications/*",
    ]
  }

  statement {
    sid     = "InferenceProfiles"
    actions = ["bedrock:CreateInferenceProfile"]
    resources = [
      "arn:${local.partition}:bedrock:${local.account}:application-inference-profile/*",
      "arn:${local.partition}:bedrock:${local.account}:inference-profile/*",
      "arn:${local.partition}:bedrock:*::foundation-model/*",
    ]

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "Jobs"
    actions = [
      "glue:CreateJob",
      "glue:DeleteJob",
      "glue:GetJob",
      "glue:GetTags",
      "glue:TagResource",
      "glue:UntagResource",
      "glue:UpdateJob",
    ]
    resources = local.arns.jobs
  }

  statement {
    sid = "Functions"
    actions = [
      "lambda:AddPermission",
      "lambda:CreateFunction",
      "lambda:DeleteFunction",
      "lambda:DeleteFunctionConcurrency",
      "lambda:GetFunction",
      "lambda:GetPolicy",
      "lambda:ListVersionsByFunction",
      "lambda:PutFunctionConcurrency",
      "lambda:RemovePermission",
      "lambda:TagResource",
      "lambda:UntagResource",
      "lambda:UpdateFunctionCode",
      "lambda:UpdateFunctionConfiguration",
    ]
    resources = local.arns.functions
  }
}
