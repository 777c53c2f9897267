output "state" {
  description = "The state that runs the task, in Amazon States Language, without timeouts, retries and transitions."
  value       = local.state
}

output "published_request" {
  description = "Invoke request without the values of an execution, and the log of the task."
  value = {
    service = "lambda"
    request = { FunctionName = aws_lambda_function.this["this"].arn }
    log     = { group = aws_cloudwatch_log_group.this.name }
  }
}

output "capacity_errors" {
  description = "Errors of the state that indicate a lack of capacity for the task."
  # https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
  # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
  value = [
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.EC2ThrottledException",
    "Lambda.EC2UnexpectedException",
    "Lambda.ENILimitReachedException",
    "Lambda.ENINotReadyException",
    # A function that was not invoked for weeks is inactive, and rejects the first invocation.
    # https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-lifecycle
    "Lambda.ResourceConflictException",
    "Lambda.ResourceNotReadyException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.SubnetIPAddressLimitReachedException",
    "Lambda.TooManyRequestsException",
  ]
}

output "role_name" {
  description = "Name of the task's role."
  value       = module.role.name
}

output "role_arn" {
  description = "ARN of the task's role."
  value       = module.role.arn
}

output "function_arns" {
  description = "ARNs of the task's functions, as patterns."
  value       = local.function_arn_patterns
}

output "datasets" {
  description = "What runs the task for each dataset."
  value = {
    for name, role in module.dataset_roles :
    name => { role_arn = role.arn, function_arn = aws_lambda_function.this[name].arn }
  }
}

output "image_uri" {
  description = "URI of the task's image, with its tag."
  value       = module.image.image_uri
}
