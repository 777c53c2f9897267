locals {
  notebooks_prefix = "emr_studio"
  notebooks_arn    = "${local.bucket_arns.technical}/${local.notebooks_prefix}/*"
}

resource "aws_emr_studio" "this" {
  for_each = aws_iam_role.emr_studio

  name                = local.environment
  description         = "Notebooks of ${local.environment}"
  auth_mode           = "IAM"
  default_s3_location = "s3://${aws_s3_bucket.this["technical"].bucket}/${local.notebooks_prefix}"
  encryption_key_arn  = var.kms_key_arn
  service_role        = each.value.arn
  vpc_id              = local.vpc_id
  # At most five: https://docs.aws.amazon.com/emr/latest/APIReference/API_CreateStudio.html
  subnet_ids                  = slice(local.subnet_ids, 0, min(length(local.subnet_ids), 5))
  engine_security_group_id    = aws_security_group.studio["engine"].id
  workspace_security_group_id = aws_security_group.studio["workspace"].id
  tags                        = local.tags

  depends_on = [aws_iam_role_policy.emr_studio]
}

# https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-studio-security-groups.html
resource "aws_security_group" "studio" {
  for_each = toset(var.enable_emr_studio ? ["engine", "workspace"] : [])

  name        = "${local.environment}_studio_${each.value}"
  description = "EMR Studio: ${each.value}s of ${local.environment}"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${local.environment}_studio_${each.value}" })
}

resource "aws_vpc_security_group_ingress_rule" "studio_engine" {
  for_each = toset(var.enable_emr_studio ? ["engine"] : [])

  security_group_id            = aws_security_group.studio["engine"].id
  description                  = "Notebook server of the engine, for workspaces"
  ip_protocol                  = "tcp"
  from_port                    = 18888
  to_port                      = 18888
  referenced_security_group_id = aws_security_group.studio["workspace"].id
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "studio_workspace_engine" {
  for_each = toset(var.enable_emr_studio ? ["workspace"] : [])

  security_group_id            = aws_security_group.studio["workspace"].id
  description                  = "Notebook server of the engine, for workspaces"
  ip_protocol                  = "tcp"
  from_port                    = 18888
  to_port                      = 18888
  referenced_security_group_id = aws_security_group.studio["engine"].id
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "studio_workspace_https" {
  for_each = toset(var.enable_emr_studio ? ["workspace"] : [])

  security_group_id = aws_security_group.studio["workspace"].id
  description       = "Git repositories"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = local.tags
}
