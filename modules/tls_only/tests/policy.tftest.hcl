provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

run "requests_without_tls_are_denied_to_everyone" {
  command = plan

  variables {
    actions   = ["sqs:*"]
    resources = ["arn:aws:sqs:eu-west-1:111122223333:orders"]
  }

  assert {
    condition = jsondecode(output.json).Statement == [{
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = "arn:aws:sqs:eu-west-1:111122223333:orders"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The policy is ${output.json}"
  }
}
