# Names of all resources fit the limits of their services, with the longest environment that bucket names allow.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  # `{project}-{domain}-{stage}-technical` has 63 characters.
  project_name                         = "projectprojectproject"
  domain_name                          = "domaindomaindomain"
  stage_name                           = "stagestagest"
  git_repository                       = "https://git.example.com/shop/sales"
  skip_emr_serverless_sandbox_creation = false
  use_public_subnets                   = false
  enable_emr_studio                    = true
  enable_codeartifact                  = false # Its domain has at most 50 characters, which the plan checks.
  prevent_destroy                      = false
  datalfred_user_arns                  = ["arn:aws:iam::111122223333:role/analyst"]
  enable_redshift_copy_role            = true

  failure_reports = { slack_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1b2c3" }
}

override_module {
  target  = module.sandbox_image
  outputs = { image_uri = "registry/sandbox:1", repository_arn = "arn", repository_name = "sandbox" }
}

override_module {
  target  = module.emr_sandbox_image
  outputs = { image_uri = "registry/emr_sandbox:1", repository_arn = "arn", repository_name = "emr_sandbox" }
}

override_module {
  target  = module.failure_reports_image
  outputs = { image_uri = "registry/reports:1", repository_arn = "arn", repository_name = "failure_reports" }
}

override_module {
  target  = module.failsafe_image
  outputs = { image_uri = "registry/failsafe:1", repository_arn = "arn", repository_name = "failsafe" }
}

override_module {
  target  = module.emr_stop
  outputs = { application_name = "projectprojectproject_domaindomaindomain_stagestagest" }
}

run "the_longest_names_fit" {
  assert {
    condition     = length(aws_s3_bucket.this["technical"].bucket) == 63
    error_message = "The environment is not the longest: ${aws_s3_bucket.this["technical"].bucket}."
  }

  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entities-length
  assert {
    condition = alltrue([
      for name in concat(
        [for role in aws_iam_role.datalfred : role.name],
        [for role in aws_iam_role.redshift_copy : role.name],
        [for role in aws_iam_role.lake_formation : role.name],
        [for role in aws_iam_role.emr_studio : role.name],
        [for role in aws_iam_role.notebooks : role.name],
        [for role in aws_iam_role.failsafe : role.name],
        [for role in aws_iam_role.failure_reports : role.name],
      ) : length(name) <= 64
    ])
    error_message = "A role's name exceeds 64 characters."
  }

  assert {
    condition = alltrue([
      for name in concat(values(aws_iam_policy.consumer)[*].name, values(aws_iam_policy.emr_studio_users)[*].name) :
      length(name) <= 128
    ])
    error_message = "A policy's name exceeds 128 characters."
  }

  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
  assert {
    condition = alltrue(concat(
      [for function in aws_lambda_function.failsafe : length(function.function_name) <= 64],
      [for function in aws_lambda_function.failsafe : length(function.description) <= 256],
      [for rule in aws_cloudwatch_event_rule.failsafe : length(rule.name) <= 64],
      [for permission in aws_lambda_permission.failsafe : length(permission.statement_id) <= 100],
      [for function in aws_lambda_function.failure_reports : length(function.function_name) <= 64],
      [for rule in aws_cloudwatch_event_rule.failure_reports : length(rule.name) <= 64],
      [for queue in aws_sqs_queue.undelivered : length(queue.name) <= 80],
    ))
    error_message = "A name of the failsafe or of failure reports exceeds the limit of its service."
  }

  # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateInferenceProfile.html
  assert {
    condition = alltrue([
      for profile in aws_bedrock_inference_profile.this :
      can(regex("^([0-9a-zA-Z][ _-]?)+$", profile.name)) && length(profile.name) <= 64
      && can(regex("^([0-9a-zA-Z:.][ _-]?)+$", profile.description)) && length(profile.description) <= 200
    ])
    error_message = "Bedrock rejects the name or description of a profile."
  }

  # https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_CreateApplication.html
  # https://docs.aws.amazon.com/emr/latest/APIReference/API_CreateStudio.html
  assert {
    condition = alltrue(concat(
      [
        for application in aws_emrserverless_application.this :
        can(regex("^[A-Za-z0-9._/#-]{1,64}$", application.name))
      ],
      [for studio in aws_emr_studio.this : length(studio.name) <= 256 && length(studio.description) <= 256],
    ))
    error_message = "EMR rejects a name."
  }

  # https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
  # https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
  assert {
    condition = (
      can(regex("^[a-zA-Z0-9._-]{1,128}$", aws_athena_workgroup.this.name))
      && length(aws_sns_topic.failures.display_name) <= 100
      && length(aws_security_group.tasks.name) <= 255
    )
    error_message = "Athena, SNS or EC2 rejects a name."
  }
}

run "a_domain_object_over_the_limit_of_parameter_store_is_rejected" {
  command = plan

  variables {
    layers = { for number in range(60) : "layer_${number}_${format("%0100d", number)}" => {} }
  }

  expect_failures = [aws_ssm_parameter.this["domain_object"]]
}
