# The most that roles of the domain may do: everything except changing permissions and the account.
resource "aws_iam_policy" "boundary" {
  name        = "shop"
  path        = "/boundaries/"
  description = "Permissions boundary of the roles of shop"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Work"
        Effect    = "Allow"
        NotAction = ["account:*", "iam:*", "organizations:*"]
        Resource  = "*"
      },
      {
        Sid      = "PassRoles"
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/datalake/shop_*"
      },
    ]
  })
}
