output "url" {
  description = "Address to which clients send rows: POST {url}/requests."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "invoke_arn" {
  description = "ARN for `execute-api:Invoke` in the policies of clients that sign their requests."
  value       = "${aws_apigatewayv2_api.this.execution_arn}/*/*/requests*"
}

output "dead_letter_queue_url" {
  description = "Queue of requests that could not be written."
  value       = aws_sqs_queue.dead_letters.url
}
