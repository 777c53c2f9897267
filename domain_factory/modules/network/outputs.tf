output "vpc_id" {
  description = "ID of the VPC."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "IDs of the subnets, available once their routes and endpoints exist."
  value       = [for subnet in aws_subnet.this : subnet.id]
  depends_on  = [aws_route.internet, aws_route_table_association.this, aws_vpc_endpoint.interface, aws_vpc_endpoint.s3]
}
