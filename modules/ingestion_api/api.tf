locals {
  routes = toset(["GET /requests/{id}", "POST /requests"])
}

resource "aws_apigatewayv2_api" "this" {
  name          = local.full_name
  description   = "Rows of ${var.table}"
  protocol_type = "HTTP"
  tags          = local.tags
}

resource "aws_apigatewayv2_integration" "accept" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_function.this["accept"].invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id               = aws_apigatewayv2_api.this.id
  route_key            = each.value
  target               = "integrations/${aws_apigatewayv2_integration.accept.id}"
  authorization_type   = var.authorizer == "IAM" ? "AWS_IAM" : "JWT"
  authorizer_id        = one([for authorizer in aws_apigatewayv2_authorizer.jwt : authorizer.id])
  authorization_scopes = length(var.jwt_scopes) == 0 ? null : var.jwt_scopes
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  for_each = toset(var.jwt_issuer[*])

  api_id           = aws_apigatewayv2_api.this.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = each.value
    audience = var.jwt_audience
  }
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true
  tags        = local.tags

  default_route_settings {
    throttling_rate_limit    = var.throttle_rate
    throttling_burst_limit   = var.throttle_burst
    detailed_metrics_enabled = true
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      requestId = "$context.requestId"
      time      = "$context.requestTime"
      caller    = "$context.identity.caller"
      subject   = "$context.authorizer.claims.sub"
      route     = "$context.routeKey"
      status    = "$context.status"
      error     = "$context.error.message"
      latency   = "$context.responseLatency"
    })
  }
}

# Groups with this prefix need no entry of their own in the resource policy of CloudWatch Logs, whose size is limited.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/vendedlogs/apis/${local.full_name}"
  retention_in_days = local.domain.log_retention_days
  kms_key_id        = local.domain.kms_key_arn
  tags              = local.tags
}
