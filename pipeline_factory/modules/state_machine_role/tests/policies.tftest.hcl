# Policies of the role, as the provider renders them.

provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name = "shop_sales_dev_orders"
  domain = {
    partition                = "aws-us-gov"
    region                   = "us-gov-west-1"
    account_id               = "111122223333"
    ecs_cluster_arn          = "arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/shop_sales_dev"
    permissions_boundary_arn = "arn:aws-us-gov:iam::111122223333:policy/boundary"
    role_path                = "/datalake/"
  }
  ecs_tasks          = { load = { role_name = "shop_sales_dev_orders_load" } }
  spark_tasks        = {}
  execution_role_arn = "arn:aws-us-gov:iam::111122223333:role/datalake/shop_sales_dev_orders-execution"
}

run "the_role_has_the_path_and_the_boundary_of_the_domain" {
  command = plan

  assert {
    condition = (
      aws_iam_role.this.path == "/datalake/"
      && aws_iam_role.this.permissions_boundary == "arn:aws-us-gov:iam::111122223333:policy/boundary"
    )
    error_message = "The role has another path or boundary."
  }
}

run "the_role_can_only_run_tasks_of_its_pipeline" {
  command = plan

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.role.statement : one(statement.resources)
      if contains(statement.actions, "ecs:RunTask")
    ]) == "arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task-definition/shop_sales_dev_orders_*:*"
    error_message = "The role may run other task definitions."
  }

  assert {
    condition = toset(flatten([
      for statement in concat(
        data.aws_iam_policy_document.role.statement,
        data.aws_iam_policy_document.tasks["01"].statement,
      ) : tolist(statement.resources) if contains(statement.actions, "iam:PassRole")
      ])) == toset([
      "arn:aws-us-gov:iam::111122223333:role/datalake/shop_sales_dev_orders-execution",
      "arn:aws-us-gov:iam::111122223333:role/datalake/shop_sales_dev_orders_load",
    ])
    error_message = "The role may pass other roles."
  }

  assert {
    condition = alltrue([
      for statement in concat(
        data.aws_iam_policy_document.role.statement,
        data.aws_iam_policy_document.tasks["01"].statement,
      ) : one(statement.condition).variable == "iam:PassedToService" if contains(statement.actions, "iam:PassRole")
    ])
    error_message = "Roles can be passed to any service."
  }

  assert {
    condition = one(data.aws_iam_policy_document.trust.statement[0].condition).values == tolist([
      "arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:shop_sales_dev_orders",
    ])
    error_message = "Another state machine can assume the role."
  }
}

run "a_pipeline_with_only_spark_tasks_has_no_ecs_permissions" {
  command = plan

  variables {
    ecs_tasks = {}
    spark_tasks = {
      enrich = {
        role_name       = "shop_sales_dev_orders_enrich"
        application_arn = "arn:aws-us-gov:emr-serverless:us-gov-west-1:111122223333:/applications/00abcdefghijklmn"
      }
    }
  }

  assert {
    condition     = !strcontains(data.aws_iam_policy_document.role.json, "ecs:")
    error_message = "The role may run ECS tasks although the pipeline has none."
  }
}

run "the_role_can_only_invoke_functions_of_its_tasks" {
  command = plan

  variables {
    ecs_tasks   = {}
    spark_tasks = {}
    lambda_tasks = {
      load = {
        function_arns = ["arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:shop_sales_dev_orders_load"]
      }
    }
  }

  assert {
    condition = jsonencode([
      for statement in data.aws_iam_policy_document.tasks["01"].statement : [statement.actions, statement.resources]
      ]) == jsonencode([[
        ["lambda:InvokeFunction"],
        ["arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:shop_sales_dev_orders_load"],
    ]])
    error_message = "The policy is ${data.aws_iam_policy_document.tasks["01"].json}."
  }
}

run "the_role_lists_the_tables_of_a_loop" {
  command = plan

  variables {
    listed_databases = ["dev_sales"]
    domain           = merge(var.domain, { lake_formation_enabled = true })
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.role.statement : toset(statement.resources)
      if contains(statement.actions, "glue:GetTables")
      ]) == toset([
      "arn:aws-us-gov:glue:us-gov-west-1:111122223333:catalog",
      "arn:aws-us-gov:glue:us-gov-west-1:111122223333:database/dev_sales",
      "arn:aws-us-gov:glue:us-gov-west-1:111122223333:table/dev_sales/*",
    ])
    error_message = "The role may list the tables of other databases."
  }

  assert {
    condition = jsonencode({
      for database, grant in aws_lakeformation_permissions.tables : database => grant.permissions
    }) == jsonencode({ dev_sales = ["DESCRIBE"] })
    error_message = "The grants are ${jsonencode(keys(aws_lakeformation_permissions.tables))}."
  }
}

run "without_loops_over_tables_the_role_lists_none" {
  command = plan

  variables {
    domain = merge(var.domain, { lake_formation_enabled = true })
  }

  assert {
    condition = (
      length(aws_lakeformation_permissions.tables) == 0
      && !strcontains(data.aws_iam_policy_document.role.json, "glue:")
    )
    error_message = "The role may list tables."
  }
}

run "policies_of_200_spark_tasks_with_the_longest_names_are_within_the_limits" {
  command = plan

  variables {
    name = format("%080s", "7")
    domain = {
      partition       = "aws-us-gov"
      region          = "us-gov-west-1"
      account_id      = "111122223333"
      ecs_cluster_arn = "arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/shop_sales_dev"
      role_path       = "/${format("%062d", 0)}/"
    }
    spark_tasks = {
      for index in range(200) : format("t%063d", index) => {
        role_name = format("%064d", index)
        application_arn = join("", [
          "arn:aws-us-gov:emr-serverless:us-gov-west-1:111122223333:/applications/00abcdefghi", format("%05d", index)
        ])
      }
    }
  }

  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  assert {
    condition = length(aws_iam_policy.tasks) <= 10 && alltrue([
      for document in data.aws_iam_policy_document.tasks : length(jsonencode(jsondecode(document.json))) <= 6144
    ])
    error_message = join(" ", [
      "${length(aws_iam_policy.tasks)} policies with",
      join(", ", [for each in data.aws_iam_policy_document.tasks : length(jsonencode(jsondecode(each.json)))]),
      "characters.",
    ])
  }
}

run "additional_permissions_are_part_of_the_policy" {
  command = plan

  variables {
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Sid = "Notify", Effect = "Allow", Action = "sns:Publish", Resource = "arn:aws:sns:*:*:shop" }]
    })
  }

  assert {
    condition = contains(
      jsondecode(aws_iam_role_policy.this.policy).Statement[*].Action, "sns:Publish",
    ) && strcontains(aws_iam_role_policy.this.policy, "ecs:RunTask")
    error_message = "The policy is ${aws_iam_role_policy.this.policy}."
  }
}

run "a_policy_over_the_limit_of_iam_is_rejected" {
  command = plan

  variables {
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [
        { Effect = "Allow", Action = [for index in range(600) : format("sns:Publish%05d", index)], Resource = "*" },
      ]
    })
  }

  expect_failures = [aws_iam_role_policy.this]
}
