# Settings in the syntax of the original framework, and other alternative forms.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "trigger_type_none_accepts_the_argument_none" {
  command = plan

  variables {
    trigger = { type = "none", argument = "none" }
  }

  assert {
    condition     = length(aws_scheduler_schedule.this) == 0
    error_message = "A pipeline without a trigger has a schedule."
  }
}

run "argument_is_an_alias_of_bucket_and_event_pattern" {
  command = plan

  variables {
    trigger = { type = "s3", argument = "inbox", start_disabled = true }
  }

  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.s3["this"].event_pattern).detail.bucket.name == ["inbox"]
      && aws_cloudwatch_event_rule.s3["this"].state == "DISABLED"
    )
    error_message = "The rule is ${aws_cloudwatch_event_rule.s3["this"].event_pattern}."
  }
}

run "settings_in_the_syntax_of_the_original_framework_are_accepted" {
  command = plan

  variables {
    domain_object = {
      domain_object       = var.domain_object
      consumer_policy_arn = "arn:aws:iam::111122223333:policy/consumer"
    }
    trigger = {
      type           = "schedule"
      argument       = "cron(15 1 * * ? *)"
      parameters     = jsonencode({ days = 3 })
      start_disabled = true
    }
    tasks_configuration = {
      load = {
        path         = "tests/fixture/load"
        infra_config = { cpu = "512", memory = "1024" }
        additional_permissions = jsonencode({
          Version   = "2012-10-17"
          Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::inbox/*" }]
        })
        additional_rebuild_trigger = { base = "2026-01", patch = 3 }
      }
      enrich = { path = "tests/fixture/enrich", infra_config = {}, additional_rebuild_trigger = {} }
      report = {
        path                   = "tests/fixture/load"
        additional_permissions = { inbox = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::inbox/*"] } }
      }
    }
    database_description = "Orders of the shop"
    role_to_assume_arn   = "arn:aws:iam::111122223333:role/admin"
  }

  assert {
    condition     = aws_sfn_state_machine.this.name == "shop_sales_dev_orders"
    error_message = "The state machine is ${aws_sfn_state_machine.this.name}."
  }

  assert {
    condition = (
      aws_scheduler_schedule.this["this"].schedule_expression == "cron(15 1 * * ? *)"
      && aws_scheduler_schedule.this["this"].state == "DISABLED"
    )
    error_message = join(" ", [
      "The schedule is ${aws_scheduler_schedule.this["this"].schedule_expression},",
      "${aws_scheduler_schedule.this["this"].state}.",
    ])
  }

  assert {
    condition     = local.tasks.load.additional_rebuild_trigger == "{\"base\":\"2026-01\",\"patch\":3}"
    error_message = "The rebuild trigger is ${local.tasks.load.additional_rebuild_trigger}."
  }

  assert {
    condition = (
      jsondecode(local.tasks.load.additional_policy).Statement[0].Action == "s3:GetObject"
      && length(local.tasks.load.additional_permissions) == 0
    )
    error_message = "The policy is ${local.tasks.load.additional_policy}."
  }

  assert {
    condition = (
      contains(keys(local.tasks.report.additional_permissions), "inbox")
      && local.tasks.report.additional_policy == null
    )
    error_message = "The permissions are ${jsonencode(local.tasks.report.additional_permissions)}."
  }

  assert {
    condition     = local.tasks.load.infra_config.cpu == 512
    error_message = "The task has ${local.tasks.load.infra_config.cpu} CPU units."
  }

  assert {
    condition     = aws_glue_catalog_database.this["dev_orders"].description == "Orders of the shop"
    error_message = "The description is ${aws_glue_catalog_database.this["dev_orders"].description}."
  }

  assert {
    condition     = length(module.role_to_assume) == 1
    error_message = "The role of the provider is not checked."
  }
}

run "maximum_capacity_limits_the_application_of_the_task" {
  command = plan

  variables {
    tasks_configuration = {
      enrich = {
        path         = "tests/fixture/enrich"
        infra_type   = "EMRServerless"
        infra_config = { spark_executor_memory = "8G", maximum_capacity_cpu = "16", maximum_capacity_memory = "64" }
      }
    }
  }

  assert {
    condition = strcontains(
      local.states.enrich.Arguments.JobDriver.SparkSubmit.SparkSubmitParameters,
      "--conf 'spark.executor.memory=8g'",
    )
    error_message = "The executor memory is not in the state."
  }
}
