output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "Ids of the subnets, known once their routes and endpoints are there."
  value       = [for subnet in aws_subnet.this : subnet.id]
  depends_on  = [aws_route.internet, aws_route_table_association.this, aws_vpc_endpoint.interface, aws_vpc_endpoint.s3]
}
