output "vpc_id" {
  description = "ID of the VPC."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "IDs of the subnets by tier, available once their routes and endpoints exist."
  value = {
    for tier in var.tiers : tier => values(tier == local.tier ? aws_subnet.this : aws_subnet.public)[*].id
  }
  depends_on = [
    aws_route.internet,
    aws_route_table_association.public,
    aws_route_table_association.this,
    aws_vpc_endpoint.interface,
    aws_vpc_endpoint.s3,
  ]
}
