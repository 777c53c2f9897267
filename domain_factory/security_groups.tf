resource "aws_security_group" "tasks" {
  name        = "${local.environment}_tasks"
  description = "Tasks of ${local.environment}: no ingress, HTTPS egress"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${local.environment}_tasks" })
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.tasks.id
  description       = "AWS services and package indexes"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = local.tags
}

resource "aws_security_group" "spark" {
  for_each = toset(local.emr_is_enabled ? ["${local.environment}_spark"] : [])

  name        = each.value
  description = "Spark jobs of ${local.environment}: HTTPS egress, drivers and executors connect to each other"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = each.value })
}

resource "aws_vpc_security_group_egress_rule" "spark_https" {
  for_each = aws_security_group.spark

  security_group_id = each.value.id
  description       = "AWS services and package indexes"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = local.tags
}

# Drivers and executors listen on random ports.
# https://spark.apache.org/docs/latest/security.html#configuring-ports-for-network-security
resource "aws_vpc_security_group_egress_rule" "spark_workers" {
  for_each = aws_security_group.spark

  security_group_id            = each.value.id
  description                  = "Spark drivers and executors"
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 65535
  referenced_security_group_id = each.value.id
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "spark_workers" {
  for_each = aws_security_group.spark

  security_group_id            = each.value.id
  description                  = "Spark drivers and executors"
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 65535
  referenced_security_group_id = each.value.id
  tags                         = local.tags
}
