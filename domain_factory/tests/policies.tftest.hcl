# Policies as rendered by the AWS provider. It does not call AWS: values of data sources are overridden.

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  project_name   = "shop"
  domain_name    = "sales"
  stage_name     = "dev"
  git_repository = "https://git.example.com/shop/sales"
  layers         = { raw = {} }
  network        = { given = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"] } }
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333", arn = "arn:aws:sts::111122223333:assumed-role/platform/terraform" }
}

override_data {
  target = data.aws_lakeformation_data_lake_settings.account
  values = { admins = ["arn:aws:iam::111122223333:role/platform"] }
}

override_module {
  target = module.sandbox_image
  outputs = {
    image_uri       = "registry/shop_sales_dev_sandbox:1"
    repository_arn  = "arn"
    repository_name = "shop_sales_dev_sandbox"
  }
}

override_module {
  target = module.failsafe_image
  outputs = {
    image_uri       = "registry/shop_sales_dev_failsafe:1"
    repository_arn  = "arn"
    repository_name = "shop_sales_dev_failsafe"
  }
}

override_module {
  target = module.failure_reports_image
  outputs = {
    image_uri       = "registry/shop_sales_dev_failure_reports:1"
    repository_arn  = "arn"
    repository_name = "shop_sales_dev_failure_reports"
  }
}

run "policies_list_actions_and_resources" {
  command = plan

  variables {
    failure_reports = { slack_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1b2c3" }
  }

  assert {
    condition = alltrue(flatten([
      for policy in [
        data.aws_iam_policy_document.consumer["consumer"], data.aws_iam_policy_document.emr_studio,
        data.aws_iam_policy_document.failsafe, data.aws_iam_policy_document.lake_formation,
        ] : [
        for statement in jsondecode(policy.json).Statement : [
          for action in flatten([statement.Action]) : !strcontains(action, "*")
        ]
      ]
    ]))
    error_message = "A policy has an action with '*'."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this["data"].policy).Statement == [{
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::shop-sales-dev-data/*", "arn:aws:s3:::shop-sales-dev-data"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The data bucket's policy is ${aws_s3_bucket_policy.this["data"].policy}"
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_policy.consumer["consumer"].policy).Statement : statement.Resource
      if anytrue([for action in flatten([statement.Action]) : can(regex("Put|Delete|Create|Update|Abort", action))])
    ])) == toset(["arn:aws:s3:::shop-sales-dev-technical/athena/consumers/consumer/*"])
    error_message = "The consumer policy allows other writes: ${aws_iam_policy.consumer["consumer"].policy}"
  }

  assert {
    condition     = !strcontains(aws_iam_policy.consumer["consumer"].policy, "shop-sales-dev-data")
    error_message = "The consumer policy bypasses Lake Formation: ${aws_iam_policy.consumer["consumer"].policy}"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.consumer["consumer"].policy).Statement :
      statement.Sid if statement.Resource == "*"
    ] == ["LakeFormation"]
    error_message = "Another statement applies to all resources: ${aws_iam_policy.consumer["consumer"].policy}"
  }

  assert {
    condition = {
      for statement in jsondecode(one(values(aws_iam_role_policy.failsafe)).policy).Statement :
      statement.Sid => statement.Resource
      } == {
      Report        = "*"
      Tasks         = "arn:aws:ecs:eu-west-1:111122223333:task/shop_sales_dev/*"
      TaskList      = "*"
      StateMachines = "*"
      Executions    = "arn:aws:states:eu-west-1:111122223333:stateMachine:shop_sales_dev_*"
      RecordRuns    = "arn:aws:s3:::shop-sales-dev-technical/runs/*"
      ExecutionAges = "*"
      Logs          = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/shop_sales_dev_failsafe:*"
      DeadLetters   = "arn:aws:sns:eu-west-1:111122223333:shop_sales_dev_failures"
    }
    error_message = "The failsafe's policy is ${one(values(aws_iam_role_policy.failsafe)).policy}"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_sns_topic_policy.failures.policy).Statement :
      statement.Condition.ArnLike["aws:SourceArn"]
      if statement.Effect == "Allow"
      ] == [
      "arn:aws:events:eu-west-1:111122223333:rule/shop_sales_dev_*",
      "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:shop_sales_dev_*",
      "arn:aws:budgets::111122223333:*",
    ]
    error_message = "The topic's policy is ${aws_sns_topic_policy.failures.policy}"
  }

  assert {
    condition = (
      length(aws_iam_role.datalfred) == 0
      && keys(aws_athena_workgroup.consumer) == ["consumer"]
      && !contains(keys(aws_ssm_parameter.this), "datalfred_role_arn")
    )
    error_message = "Resources of Datalfred exist."
  }

  assert {
    condition = {
      for statement in jsondecode(one(values(aws_iam_role_policy.failure_reports)).policy).Statement :
      statement.Sid => flatten([statement.Resource])
      } == {
      Pipelines = [
        "arn:aws:ssm:eu-west-1:111122223333:parameter/datalake/shop_sales_dev/*",
        "arn:aws:ssm:eu-west-1:111122223333:parameter/datalake/shop_sales_dev",
      ]
      Executions  = ["arn:aws:states:eu-west-1:111122223333:execution:shop_sales_dev_*:*"]
      TaskLogs    = ["arn:aws:logs:eu-west-1:111122223333:log-group:shop_sales_dev_*"]
      Receiver    = ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1b2c3"]
      ReceiverKey = ["arn:aws:kms:eu-west-1:*:key/*"]
      Markers     = ["arn:aws:s3:::shop-sales-dev-technical/failure_reports/*"]
      Logs        = ["arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/shop_sales_dev_failure_reports:*"]
      DeadLetters = ["arn:aws:sqs:eu-west-1:111122223333:shop_sales_dev_failure_reports_dead_letters"]
    }
    error_message = "The policy is ${one(values(aws_iam_role_policy.failure_reports)).policy}"
  }
}

run "without_lake_formation_consumers_read_the_files_of_the_domains_tables" {
  command = plan

  variables {
    enable_lake_formation = false
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_policy.consumer["consumer"].policy).Statement :
      statement.Resource
      if statement.Sid == "Tables"
    ])) == toset(["arn:aws:s3:::shop-sales-dev-data/sales/*", "arn:aws:s3:::shop-sales-dev-data/sales_raw/*"])
    error_message = join(" ", [
      "The consumer policy allows reading other files than those of the domain's tables:",
      "${aws_iam_policy.consumer["consumer"].policy}",
    ])
  }
}

run "emr_studio_roles_and_users_have_only_the_permissions_that_aws_documents" {
  command = plan

  variables {
    skip_emr_serverless_sandbox_creation = false
    use_public_subnets                   = false
    enable_emr_studio                    = true
  }

  override_module {
    target  = module.emr_sandbox_image
    outputs = { image_uri = "registry/emr:1", repository_arn = "arn", repository_name = "emr" }
  }

  override_resource {
    target = aws_emr_studio.this
    values = { arn = "arn:aws:elasticmapreduce:eu-west-1:111122223333:studio/es-1" }
  }

  override_resource {
    target = aws_emrserverless_application.this
    values = { arn = "arn:aws:emr-serverless:eu-west-1:111122223333:/applications/1" }
  }

  override_resource {
    target = aws_iam_role.notebooks
    values = { arn = "arn:aws:iam::111122223333:role/shop_sales_dev_notebooks" }
  }

  override_resource {
    target = aws_iam_role.emr_studio
    values = { arn = "arn:aws:iam::111122223333:role/shop_sales_dev_emr_studio" }
  }

  assert {
    condition = {
      for statement in jsondecode(one(values(aws_iam_role_policy.notebooks)).policy).Statement :
      statement.Sid => statement.Resource if contains(["ReadFiles", "ListFiles", "LakeFormation"], statement.Sid)
      } == {
      ReadFiles     = ["arn:aws:s3:::shop-sales-dev-data/sales_raw/*", "arn:aws:s3:::shop-sales-dev-data/sales/*"]
      ListFiles     = "arn:aws:s3:::shop-sales-dev-data"
      LakeFormation = "*"
    }
    error_message = "Notebooks read other files: ${one(values(aws_iam_role_policy.notebooks)).policy}"
  }

  assert {
    condition = !anytrue([
      for action in flatten([
        for statement in jsondecode(one(values(aws_iam_role_policy.notebooks)).policy).Statement : statement.Action
      ]) : can(regex(":(Put|Create|Update|Delete)", action))
    ])
    error_message = "Notebooks may write: ${one(values(aws_iam_role_policy.notebooks)).policy}"
  }
}

run "lake_formation_only_accesses_the_data_bucket" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = {
      for statement in jsondecode(one(values(aws_iam_role_policy.lake_formation)).policy).Statement :
      statement.Sid => statement.Resource
      } == {
      Files      = "arn:aws:s3:::shop-sales-dev-data/*"
      Folders    = "arn:aws:s3:::shop-sales-dev-data"
      Encryption = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
    error_message = "Lake Formation's policy is ${one(values(aws_iam_role_policy.lake_formation)).policy}"
  }
}

run "each_consumer_group_has_its_own_workgroup_and_results" {
  command = plan

  variables {
    consumer_groups = ["finance", "research"]
  }

  assert {
    condition = alltrue([
      for group, policy in aws_iam_policy.consumer : policy.name == "shop_sales_dev_${group}" && {
        for statement in jsondecode(policy.policy).Statement : statement.Sid => statement.Resource
        if contains(["Queries", "QueryResults"], statement.Sid)
        } == {
        Queries      = "arn:aws:athena:eu-west-1:111122223333:workgroup/shop_sales_dev_${group}"
        QueryResults = "arn:aws:s3:::shop-sales-dev-technical/athena/consumers/${group}/*"
      }
    ])
    error_message = "The consumer policies are ${jsonencode(values(aws_iam_policy.consumer)[*].policy)}"
  }

  assert {
    condition = alltrue(flatten([
      for group, policy in aws_iam_policy.consumer : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Condition.StringLike["s3:prefix"] == "athena/consumers/${group}/*"
        if contains(flatten([statement.Action]), "s3:ListBucket")
      ]
    ]))
    error_message = "A consumer group may list other prefixes."
  }

  assert {
    condition = alltrue([
      for group, workgroup in aws_athena_workgroup.consumer :
      workgroup.name == "shop_sales_dev_${group}"
      && workgroup.configuration[0].enforce_workgroup_configuration
      && (
        workgroup.configuration[0].result_configuration[0].output_location
        == "s3://shop-sales-dev-technical/athena/consumers/${group}/results/"
      )
    ])
    error_message = "A workgroup of consumers has other settings."
  }
}

run "datalfred_reads_tables_in_its_own_workgroup_and_writes_only_results" {
  command = plan

  variables {
    datalfred_user_arns            = ["arn:aws:iam::111122223333:role/analyst"]
    datalfred_bytes_scanned_cutoff = 50000000000
    enable_redshift_copy_role      = true
    redshift_reader_arns           = ["arn:aws:iam::111122223333:role/analyst"]
  }

  override_resource {
    target = aws_iam_role.datalfred
    values = { arn = "arn:aws:iam::111122223333:role/shop_sales_dev_datalfred" }
  }

  assert {
    condition = jsondecode(aws_iam_role.datalfred["datalfred"].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/analyst" }
      Action    = "sts:AssumeRole"
    }]
    error_message = "The trust policy is ${aws_iam_role.datalfred["datalfred"].assume_role_policy}"
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.datalfred["datalfred"].policy).Statement :
      statement.Sid => statement.Resource
      if anytrue([
        for action in flatten([statement.Action]) : can(regex("Put|Delete|Create|Update|Abort|Start|Stop", action))
      ])
      } == {
      Queries      = "arn:aws:athena:eu-west-1:111122223333:workgroup/shop_sales_dev_datalfred"
      QueryResults = "arn:aws:s3:::shop-sales-dev-technical/athena/consumers/datalfred/*"
    }
    error_message = "Datalfred may write elsewhere: ${aws_iam_role_policy.datalfred["datalfred"].policy}"
  }

  assert {
    condition = {
      for group, workgroup in aws_athena_workgroup.consumer :
      group => workgroup.configuration[0].bytes_scanned_cutoff_per_query
    } == { consumer = 1000000000000, datalfred = 50000000000 }
    error_message = "The scan limits are others."
  }

  assert {
    condition = alltrue(flatten([
      keys(aws_lakeformation_permissions.datalfred_tables) == keys(local.layers),
      keys(aws_lakeformation_permissions.datalfred_database) == keys(local.layers),
      [
        for grant in aws_lakeformation_permissions.datalfred_tables :
        toset(grant.permissions) == toset(["DESCRIBE", "SELECT"])
      ],
    ]))
    error_message = "Datalfred has other grants."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.redshift_copy["shop_sales_dev_redshift_copy"].policy).Statement :
      statement.Sid => statement.Resource if statement.Sid != "Decryption"
      } == {
      FindBucket     = "arn:aws:s3:::shop-sales-dev-technical"
      ListStagedRows = "arn:aws:s3:::shop-sales-dev-technical"
      StagedRows     = "arn:aws:s3:::shop-sales-dev-technical/redshift/*"
    }
    error_message = "Redshift may read other files."
  }

  assert {
    condition = (
      alltrue([
        for grant in aws_lakeformation_permissions.redshift_tables :
        toset(grant.permissions) == toset(["DESCRIBE", "SELECT"])
      ])
      && length(aws_lakeformation_permissions.redshift_tables) == length(local.layers)
      && length(aws_lakeformation_permissions.redshift_database) == length(local.layers)
    )
    error_message = "Readers in Redshift have other grants."
  }

  assert {
    condition     = keys(aws_iam_policy.consumer) == ["consumer"]
    error_message = "Others can attach the policy of Datalfred."
  }
}

run "an_investigation_calls_one_model_through_the_profile_of_the_domain" {
  command = plan

  variables {
    failure_reports = {
      slack_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-a1b2c3"
    }
    bedrock_model_ids                = { small = "eu.amazon.nova-lite-v1:0" }
    enable_llm_investigation         = true
    failure_investigation_model_size = "small"
  }

  override_resource {
    target          = aws_bedrock_inference_profile.this["small"]
    override_during = plan
    values          = { arn = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/small" }
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.investigation["small"].policy).Statement :
      statement.Sid => jsonencode([
        statement.Action, sort(flatten([statement.Resource])), try(statement.Condition, null),
      ])
      } == {
      Profile = jsonencode([
        "bedrock:InvokeModel", ["arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/small"], null,
      ])
      Model = jsonencode([
        "bedrock:InvokeModel",
        [
          "arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0",
          "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0",
        ],
        {
          ArnEquals = {
            "bedrock:InferenceProfileArn" = [
              "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/small",
              "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0",
            ]
          }
        },
      ])
    }
    error_message = "The policy is ${aws_iam_role_policy.investigation["small"].policy}"
  }
}
