data "aws_iam_policy_document" "data" {
  statement {
    sid = "Databases"
    actions = [
      "glue:CreateDatabase",
      "glue:GetDatabase",
      "glue:GetTags",
      "glue:TagResource",
      "glue:UntagResource",
      "glue:UpdateDatabase",
    ]
    resources = concat(["${local.glue_arn}:catalog"], [
      for database in local.databases : "${local.glue_arn}:database/${database}"
    ])
  }

  # For apply_tables of pipeline_factory.
  statement {
    sid     = "Tables"
    actions = ["glue:CreateTable", "glue:GetTable", "glue:UpdateTable"]
    resources = concat(["${local.glue_arn}:catalog"], flatten([
      for database in local.databases : [
        "${local.glue_arn}:database/${database}",
        "${local.glue_arn}:table/${database}/*",
      ]
    ]))
  }

  # Glue also checks the tables and functions of a database that is deleted.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
  statement {
    sid     = "DeleteDatabases"
    actions = ["glue:DeleteDatabase"]
    resources = concat(["${local.glue_arn}:catalog"], flatten([
      for database in local.databases : [
        "${local.glue_arn}:database/${database}",
        "${local.glue_arn}:table/${database}/*",
        "${local.glue_arn}:userDefinedFunction/${database}/*",
      ]
    ]))
  }

  # The actions do not support resource-level permissions; Lake Formation also requires that the role is one of its
  # administrators.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslakeformation.html
  statement {
    sid = "LakeFormation"
    actions = [
      "lakeformation:DeregisterResource",
      "lakeformation:DescribeResource",
      "lakeformation:GetDataLakeSettings",
      "lakeformation:GrantPermissions",
      "lakeformation:ListPermissions",
      "lakeformation:RegisterResource",
      "lakeformation:RevokePermissions",
    ]
    resources = ["*"]
  }

  statement {
    sid = "Workgroups"
    actions = [
      "athena:CreateWorkGroup",
      "athena:DeleteWorkGroup",
      "athena:GetWorkGroup",
      "athena:ListTagsForResource",
      "athena:TagResource",
      "athena:UntagResource",
      "athena:UpdateWorkGroup",
    ]
    resources = local.arns.workgroups
  }

  statement {
    sid = "Parameters"
    actions = [
      "ssm:AddTagsToResource",
      "ssm:DeleteParameter",
      "ssm:GetParameter",
      "ssm:ListTagsForResource",
      "ssm:PutParameter",
      "ssm:RemoveTagsFromResource",
    ]
    resources = local.arns.parameters
  }

  # The action does not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
  statement {
    sid       = "ParameterList"
    actions   = ["ssm:DescribeParameters"]
    resources = ["*"]
  }
}
