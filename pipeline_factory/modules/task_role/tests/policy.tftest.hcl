# The policy as rendered by the AWS provider, which does not call AWS to render it.

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  name           = "shop_sales_dev_orders_load"
  service        = "ecs-tasks.amazonaws.com"
  input_tables   = ["sales.customers"]
  output_tables  = ["orders.raw"]
  log_group_name = "shop_sales_dev_orders/load"
  domain = {
    database_prefix          = "dev_"
    region                   = "eu-west-1"
    account_id               = "111122223333"
    partition                = "aws"
    data_bucket              = "shop-sales-dev-data"
    technical_bucket         = "shop-sales-dev-technical"
    kms_key_arn              = "arn:aws:kms:eu-west-1:111122223333:key/1"
    athena_workgroup         = "shop_sales_dev"
    lake_formation_enabled   = true
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
    role_path                = "/datalake/"
  }
}

run "the_role_has_the_path_and_the_boundary_of_the_domain" {
  command = plan

  assert {
    condition = (
      aws_iam_role.this.path == "/datalake/"
      && aws_iam_role.this.permissions_boundary == "arn:aws:iam::111122223333:policy/boundary"
    )
    error_message = "The role has another path or boundary."
  }
}

run "a_task_may_read_its_inputs_and_write_its_outputs" {
  command = plan

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policy).Statement : statement.Sid => sort(flatten([statement.Resource]))
      if contains(["ReadTables", "ReadFiles", "WriteTables", "WriteFiles"], statement.Sid)
      }) == jsonencode({
      ReadTables = [
        "arn:aws:glue:eu-west-1:111122223333:catalog",
        "arn:aws:glue:eu-west-1:111122223333:database/default",
        "arn:aws:glue:eu-west-1:111122223333:database/dev_orders",
        "arn:aws:glue:eu-west-1:111122223333:database/dev_sales",
        "arn:aws:glue:eu-west-1:111122223333:table/dev_orders/raw",
        "arn:aws:glue:eu-west-1:111122223333:table/dev_orders/raw__quarantine",
        "arn:aws:glue:eu-west-1:111122223333:table/dev_sales/customers",
      ]
      ReadFiles = [
        "arn:aws:s3:::shop-sales-dev-data/orders/raw/*",
        "arn:aws:s3:::shop-sales-dev-data/orders/raw__quarantine/*",
        "arn:aws:s3:::shop-sales-dev-data/sales/customers/*",
      ]
      WriteTables = [
        "arn:aws:glue:eu-west-1:111122223333:catalog",
        "arn:aws:glue:eu-west-1:111122223333:database/dev_orders",
        "arn:aws:glue:eu-west-1:111122223333:table/dev_orders/raw",
        "arn:aws:glue:eu-west-1:111122223333:table/dev_orders/raw__quarantine",
      ]
      WriteFiles = [
        "arn:aws:s3:::shop-sales-dev-data/orders/raw/*",
        "arn:aws:s3:::shop-sales-dev-data/orders/raw__quarantine/*",
      ]
    })
    error_message = "The policy is ${output.policy}."
  }

  assert {
    condition = [
      for statement in jsondecode(output.policy).Statement : statement.Sid if statement.Resource == "*"
    ] == ["CallBack", "LakeFormation"]
    error_message = "Other statements apply to all resources: ${output.policy}"
  }

  assert {
    condition = !anytrue(
      flatten([
        for statement in jsondecode(output.policy).Statement :
        [for action in flatten([statement.Action]) : endswith(action, "*")]
      ])
    )
    error_message = "An action of the policy contains a wildcard: ${output.policy}"
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policy).Statement :
      statement.Sid => sort(flatten([try(statement.Condition.StringLike["s3:prefix"], statement.Resource)]))
      if contains(["ListResults", "StoreResults"], statement.Sid)
      }) == jsonencode({
      ListResults = ["athena/results/*", "athena/unload/*"]
      StoreResults = [
        "arn:aws:s3:::shop-sales-dev-technical/athena/results/*",
        "arn:aws:s3:::shop-sales-dev-technical/athena/unload/*",
      ]
    })
    error_message = "The task may read the query results of consumers: ${output.policy}"
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policy).Statement :
      statement.Condition.StringLike["s3:prefix"]
      if statement.Sid == "ListFiles"
      ])) == toset([
      "sales/customers/*", "sales/customers", "orders/raw/*", "orders/raw",
      "orders/raw__quarantine/*", "orders/raw__quarantine",
    ])
    error_message = "The task may list other prefixes than those of its tables: ${output.policy}"
  }
}

run "a_pattern_grants_all_tables_of_its_database" {
  command = plan

  variables {
    output_tables = ["raw.*"]
    secrets = {
      API_TOKEN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf:token::"
    }
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(output.policy).Statement : [statement.Resource, try(statement.Condition, null)]
      if contains(["ReadSecrets", "DecryptSecrets"], statement.Sid)
      ]) == jsonencode([
      [local.secret_arns[0], null],
      ["arn:aws:kms:*:*:key/*", {
        StringEquals = { "kms:EncryptionContext:SecretARN" = local.secret_arns[0] }
        StringLike   = { "kms:ViaService" = "secretsmanager.*" }
      }],
    ])
    error_message = "The task may read other secrets: ${output.policy}"
  }

  assert {
    condition     = local.secret_arns == ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf"]
    error_message = "The secrets are ${jsonencode(local.secret_arns)}."
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policy).Statement : statement.Sid => sort(flatten([statement.Resource]))
      if contains(["WriteTables", "WriteFiles"], statement.Sid)
      }) == jsonencode({
      WriteTables = [
        "arn:aws:glue:eu-west-1:111122223333:catalog",
        "arn:aws:glue:eu-west-1:111122223333:database/dev_raw",
        "arn:aws:glue:eu-west-1:111122223333:table/dev_raw/*",
      ]
      WriteFiles = ["arn:aws:s3:::shop-sales-dev-data/raw/*/*"]
    })
    error_message = "The policy is ${output.policy}."
  }
}

run "the_role_writes_logs_only_to_a_given_log_group" {
  command = plan

  assert {
    condition     = strcontains(output.policy, ":log-group:shop_sales_dev_orders/load:*")
    error_message = "The policy is ${output.policy}."
  }
}

run "on_ecs_the_role_writes_no_logs" {
  command = plan

  variables {
    log_group_name = null
  }

  assert {
    condition     = !strcontains(output.policy, "logs:")
    error_message = "The policy is ${output.policy}."
  }
}

run "on_lambda_the_role_writes_its_log_and_calls_no_state_back" {
  command = plan

  variables {
    service = "lambda.amazonaws.com"
  }

  assert {
    condition     = strcontains(output.policy, "logs:PutLogEvents") && !strcontains(output.policy, "states:SendTask")
    error_message = "The policy is ${output.policy}."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.trust.statement[0].condition) == 0
    error_message = "Lambda cannot assume the role."
  }
}

run "a_role_name_over_the_limit_is_truncated" {
  command = plan

  variables {
    name = "shop_sales_dev_orders_of_all_countries_and_regions_load_and_clean_everything"
  }

  # A golden case of test/contract/naming_cases.json.
  assert {
    condition     = aws_iam_role.this.name == "shop_sales_dev_orders_of_all_countries_and_regions_loa_48ddfeefe"
    error_message = "The role is named ${aws_iam_role.this.name}."
  }
}

run "only_the_given_service_in_this_account_may_assume_the_role" {
  command = plan

  assert {
    condition = (
      jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "ecs-tasks.amazonaws.com" }
      && jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition == {
        StringEquals = { "aws:SourceAccount" = "111122223333" }
      }
    )
    error_message = "The trust policy is ${aws_iam_role.this.assume_role_policy}"
  }
}

run "grants_match_the_policy" {
  command = plan

  assert {
    condition = jsonencode({
      for database, grant in aws_lakeformation_permissions.databases : database => grant.permissions
      }) == jsonencode({
      orders = ["CREATE_TABLE", "DESCRIBE"]
    })
    error_message = "The grants on databases are different."
  }

  assert {
    condition = jsonencode({
      for database, grant in aws_lakeformation_permissions.tables : database => grant.permissions
      }) == jsonencode({
      sales = ["DESCRIBE", "SELECT"], orders = ["ALTER", "DELETE", "DESCRIBE", "INSERT", "SELECT"]
    })
    error_message = "The grants on tables are different."
  }
}

run "grants_on_a_created_database_use_its_name" {
  command = plan

  variables {
    domain = merge(var.domain, { lake_formation_enabled = true, created_databases = { orders = "new_orders" } })
  }

  assert {
    condition = (
      one(aws_lakeformation_permissions.databases["orders"].database).name == "new_orders"
      && one(aws_lakeformation_permissions.tables["orders"].table).database_name == "new_orders"
      && one(aws_lakeformation_permissions.tables["sales"].table).database_name == "dev_sales"
    )
    error_message = "Grants do not depend on the database: ${jsonencode(aws_lakeformation_permissions.tables)}."
  }
}

run "with_only_iam_access_control_databases_have_no_grants_of_their_own" {
  command = plan

  variables {
    domain = merge(var.domain, { use_only_iam_access_control = true })
  }

  assert {
    condition = (
      length(aws_lakeformation_permissions.databases) == 0 && length(aws_lakeformation_permissions.tables) == 2
    )
    error_message = "A grant on a database would change in every plan."
  }
}

run "without_lake_formation_there_are_no_grants" {
  command = plan

  variables {
    domain = merge(var.domain, { lake_formation_enabled = false })
  }

  assert {
    condition = (
      length(aws_lakeformation_permissions.databases) + length(aws_lakeformation_permissions.tables) == 0
      && !strcontains(output.policy, "lakeformation:")
    )
    error_message = "Lake Formation is used although it is disabled in the domain."
  }
}

run "additional_permissions_are_added" {
  command = plan

  variables {
    additional_permissions = { inbox = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::inbox/*"] } }
  }

  assert {
    condition = contains(
      [for statement in jsondecode(output.policy).Statement : statement.Resource if statement.Action == "s3:GetObject"],
      "arn:aws:s3:::inbox/*",
    )
    error_message = "The additional permission is not in ${output.policy}."
  }
}

run "an_additional_policy_is_added" {
  command = plan

  variables {
    additional_policy = jsonencode({
      Version = "2012-10-17"
      Statement = [
        { Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:eu-west-1:111122223333:orders" },
      ]
    })
  }

  assert {
    condition = contains(
      [
        for statement in jsondecode(output.policy).Statement : statement.Resource
        if statement.Action == "sqs:SendMessage"
      ],
      "arn:aws:sqs:eu-west-1:111122223333:orders",
    )
    error_message = "The additional policy is not in ${output.policy}."
  }
}

run "a_policy_over_the_limit_of_iam_is_rejected" {
  command = plan

  variables {
    input_tables = [for index in range(200) : "sales.a_table_with_a_rather_long_name_${index}"]
  }

  expect_failures = [aws_iam_role_policy.this]
}

run "a_task_may_read_and_write_the_objects_of_its_paths" {
  command = plan

  variables {
    readable_objects = ["archive/*", "inbox/orders/*", "inbox/rates.csv"]
    writable_objects = ["outbox/reports/*"]
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policy).Statement : statement.Sid => sort(flatten([statement.Resource]))
      if can(regex("Objects", statement.Sid))
      }) == jsonencode({
      ReadObjects = [
        "arn:aws:s3:::archive/*",
        "arn:aws:s3:::inbox/orders",
        "arn:aws:s3:::inbox/orders/*",
        "arn:aws:s3:::inbox/rates.csv",
      ]
      ListObjects1 = ["arn:aws:s3:::archive"]
      ListObjects2 = ["arn:aws:s3:::inbox"]
      WriteObjects = ["arn:aws:s3:::outbox/reports/*"]
    })
    error_message = "The policy is ${output.policy}."
  }

  assert {
    condition = {
      for statement in jsondecode(output.policy).Statement :
      statement.Sid => toset(try(statement.Condition.StringLike["s3:prefix"], []))
      if startswith(statement.Sid, "ListObjects")
    } == { ListObjects1 = toset([]), ListObjects2 = toset(["orders", "orders/*", "rates.csv"]) }
    error_message = "The task may list other prefixes: ${output.policy}"
  }

  assert {
    condition = one([
      for statement in jsondecode(output.policy).Statement : toset(statement.Action) if statement.Sid == "WriteObjects"
    ]) == toset(["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"])
    error_message = "The task may also read or delete the objects that it writes: ${output.policy}"
  }
}

run "tables_in_a_table_bucket_are_found_by_namespace_and_name" {
  command = plan

  variables {
    domain = merge(
      var.domain, { table_bucket_arn = "arn:aws:s3tables:eu-west-1:111122223333:bucket/shop-sales-dev-tables" }
    )
  }

  assert {
    condition = {
      for statement in jsondecode(output.policy).Statement : statement.Sid => [
        statement.Condition.StringEquals["s3tables:namespace"],
        toset(flatten([statement.Condition.StringLike["s3tables:tableName"]])),
      ] if can(statement.Condition.StringEquals["s3tables:namespace"])
      } == {
      ReadTables1  = ["dev_orders", toset(["raw", "raw__quarantine"])]
      ReadTables2  = ["dev_sales", toset(["customers"])]
      WriteTables1 = ["dev_orders", toset(["raw", "raw__quarantine"])]
    }
    error_message = "The policy is ${output.policy}."
  }

  assert {
    condition = (
      !can(regex("data/|glue:UpdateTable", output.policy)) && length(aws_lakeformation_permissions.tables) == 0
    )
    error_message = "The role has permissions on tables in the data bucket: ${output.policy}"
  }
}

run "a_task_without_paths_may_read_only_files_of_the_domain" {
  command = plan

  assert {
    condition     = !can(regex("Objects", output.policy))
    error_message = "The policy is ${output.policy}."
  }
}

run "a_task_with_a_workgroup_runs_statements_and_stages_rows" {
  command = plan

  variables {
    redshift = {
      workgroup = "arn:aws:redshift-serverless:eu-west-1:111122223333:workgroup/1"
      database  = "dev"
    }
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policy).Statement : statement.Sid => flatten([statement.Resource])
      if contains(["RunStatements", "OwnStatements", "SignIn", "StageRows", "ListStagedRows"], statement.Sid)
      }) == jsonencode({
      RunStatements  = ["arn:aws:redshift-serverless:eu-west-1:111122223333:workgroup/1"]
      OwnStatements  = ["*"]
      SignIn         = ["arn:aws:redshift-serverless:eu-west-1:111122223333:workgroup/1"]
      StageRows      = ["arn:aws:s3:::shop-sales-dev-technical/redshift/*"]
      ListStagedRows = ["arn:aws:s3:::shop-sales-dev-technical"]
    })
    error_message = "The policy is ${output.policy}."
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(output.policy).Statement : statement.Condition if statement.Sid == "OwnStatements"
    ]) == jsonencode([{ StringEquals = { "redshift-data:statement-owner-iam-userid" = "$${aws:userid}" } }])
    error_message = "The task may see statements of others: ${output.policy}."
  }
}

run "a_task_with_a_cluster_signs_in_as_its_database_user" {
  command = plan

  variables {
    redshift = { cluster = "analytics-1", database = "dev", db_user = "loader" }
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policy).Statement : statement.Action => sort(statement.Resource)
      if statement.Sid == "SignIn"
      }) == jsonencode({
      "redshift:GetClusterCredentials" = [
        "arn:aws:redshift:eu-west-1:111122223333:dbname:analytics-1/dev",
        "arn:aws:redshift:eu-west-1:111122223333:dbuser:analytics-1/loader",
      ]
    })
    error_message = "The policy is ${output.policy}."
  }
}
