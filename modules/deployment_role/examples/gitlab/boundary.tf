# The most that roles of the domain may do: what states and tasks require. Actions that change functions, jobs and
# machines of others, which have roles of their own, and sts:AssumeRole would lead to permissions of other roles.
resource "aws_iam_policy" "boundary" {
  # checkov:skip=CKV_AWS_288,CKV_AWS_289,CKV_AWS_290,CKV_AWS_355: a boundary grants nothing
  name        = "shop"
  path        = "/boundaries/"
  description = "Permissions boundary of the roles of shop"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Work"
        Effect = "Allow"
        Action = [
          "athena:*",
          "bedrock:Get*",
          "bedrock:Invoke*",
          "cloudwatch:PutMetricData",
          "ec2:AssignPrivateIpAddresses",
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
          "ec2:UnassignPrivateIpAddresses",
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGet*",
          "ecr:Describe*",
          "ecr:Get*",
          "ecs:Describe*",
          "ecs:List*",
          "ecs:RunTask",
          "ecs:StopTask",
          "ecs:TagResource",
          "emr-serverless:*",
          "glue:*Database*",
          "glue:*Partition*",
          "glue:*Table*",
          "kms:Decrypt",
          "kms:DescribeKey",
          "kms:Encrypt",
          "kms:GenerateDataKey*",
          "kms:ReEncrypt*",
          "lakeformation:GetDataAccess",
          "lambda:InvokeFunction",
          "logs:*",
          "s3:*",
          "secretsmanager:*",
          "sns:Publish",
          "sqs:*",
          "ssm:GetParameter*",
          "states:*Execution*",
          "states:ListStateMachines",
          "states:ListTagsForResource",
          "states:SendTask*",
          "xray:*",
        ]
        Resource = "*"
      },
      {
        Sid      = "PassRoles"
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/datalake/shop_*"
      },
      {
        Sid      = "States"
        Effect   = "Deny"
        Action   = "s3:*"
        Resource = ["arn:aws:s3:::shop-terraform-states", "arn:aws:s3:::shop-terraform-states/*"]
      },
    ]
  })
}
