# The triggers of a pipeline, and the input of its executions.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  # A single task: resources of further tasks would only make the plans slower.
  tasks_configuration = {
    load = { path = "tests/fixture/load", output_tables = { "orders.raw" = {} } }
  }
}

run "a_schedule_starts_the_pipeline" {
  command = plan

  variables {
    trigger = {
      type       = "schedule"
      schedule   = "cron(30 6 ? * MON-FRI *)"
      time_zone  = "Europe/Paris"
      parameters = "{\"days\": 3}"
    }
  }

  assert {
    condition = jsondecode(
      aws_scheduler_schedule.this["this"].target[0].input
    ) == { days = 3, time = "<aws.scheduler.scheduled-time>" }
    error_message = "The input is ${aws_scheduler_schedule.this["this"].target[0].input}."
  }

  assert {
    condition = !strcontains(aws_scheduler_schedule.this["this"].target[0].input, "\\u003c")
    error_message = join(" ", [
      "The input has no placeholder of the scheduler: ${aws_scheduler_schedule.this["this"].target[0].input}.",
    ])
  }

  assert {
    condition = one(
      data.aws_iam_policy_document.trigger_trust["this"].statement[0].principals
    ).identifiers == toset(["scheduler.amazonaws.com"])
    error_message = "Another service can assume the role."
  }

  assert {
    condition = data.aws_iam_policy_document.trigger["this"].statement[0].resources == toset([
      "arn:aws:states:eu-west-1:111122223333:stateMachine:shop_sales_dev_orders",
    ])
    error_message = "The schedule may start other state machines."
  }

  assert {
    condition = toset([
      for role in [aws_iam_role.execution, aws_iam_role.trigger["this"]] : [role.path, role.permissions_boundary]
    ]) == toset([["/datalake/", "arn:aws:iam::111122223333:policy/boundary"]])
    error_message = "A role has another path or boundary."
  }

  assert {
    condition = contains(
      jsondecode(file("../test/contract/naming_cases.json"))[*].name, aws_ssm_parameter.operations.name,
    )
    error_message = "No golden case has the name ${aws_ssm_parameter.operations.name}."
  }

  assert {
    condition = jsondecode(aws_ssm_parameter.operations.insecure_value) == {
      state_machine_arn      = aws_sfn_state_machine.this.arn
      dead_letter_queue_urls = [aws_sqs_queue.dead_letters["this"].url]
    }
    error_message = "The parameter contains ${aws_ssm_parameter.operations.insecure_value}."
  }
}

run "an_object_starts_the_pipeline" {
  command = plan

  variables {
    trigger = { type = "s3", bucket = "inbox", prefix = "orders/", suffix = ".csv", parameters = "{\"days\": 3}" }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.s3["this"].event_pattern).detail == {
      bucket = { name = ["inbox"] }
      object = { key = [{ wildcard = "orders/*.csv" }] }
    }
    error_message = "The pattern is ${aws_cloudwatch_event_rule.s3["this"].event_pattern}."
  }

  assert {
    condition = aws_cloudwatch_event_target.s3["this"].input_transformer[0].input_template == join("", [
      "{\"days\":3,\"detail\":{\"bucket\":{\"name\":<bucket>},",
      "\"object\":{\"key\":<key>,\"size\":<size>}},\"time\":<time>}",
    ])
    error_message = "The input is ${aws_cloudwatch_event_target.s3["this"].input_transformer[0].input_template}."
  }

  assert {
    condition     = length(aws_sqs_queue.batch) == 0
    error_message = "A queue exists without a batch window."
  }
}

run "objects_are_batched" {
  command = plan

  variables {
    trigger = { type = "s3", bucket = "inbox", batch_window_seconds = 120 }
  }

  assert {
    condition = alltrue([
      for parameters in aws_pipes_pipe.batch["this"].source_parameters[0].sqs_queue_parameters :
      parameters.maximum_batching_window_in_seconds == 120
    ])
    error_message = "The batch window is different."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.batch["this"].redrive_policy).maxReceiveCount == 5
    error_message = "Undeliverable messages are not moved to the dead-letter queue."
  }

  assert {
    condition     = aws_cloudwatch_event_target.s3["this"].arn == aws_sqs_queue.batch["this"].arn
    error_message = "Events are not sent to the queue."
  }

  assert {
    condition = one(
      data.aws_iam_policy_document.trigger_trust["this"].statement[0].principals
    ).identifiers == toset(["pipes.amazonaws.com"])
    error_message = "Another service can assume the role."
  }

  assert {
    condition = {
      for alarm in concat(
        values(aws_cloudwatch_metric_alarm.executions), values(aws_cloudwatch_metric_alarm.queue_age),
        values(aws_cloudwatch_metric_alarm.dead_letters),
      ) : alarm.alarm_name => "${alarm.metric_name} ${alarm.threshold}"
      } == {
      shop_sales_dev_orders-failing      = "ExecutionsFailed 3"
      shop_sales_dev_orders-overlong     = "OldestExecutionAge 21600"
      shop_sales_dev_orders-throttled    = "ExecutionThrottled 10"
      shop_sales_dev_orders-trigger-age  = "ApproximateAgeOfOldestMessage 3600"
      shop_sales_dev_orders-dead-letters = "ApproximateNumberOfMessagesVisible 1"
      shop_sales_dev_orders-undelivered  = "ApproximateNumberOfMessagesVisible 1"
    }
    error_message = "The alarms of the pipeline are different."
  }

  assert {
    condition = alltrue([
      for alarm in values(aws_cloudwatch_metric_alarm.executions) :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:shop_sales_dev_failures"])
      && alarm.treat_missing_data == "notBreaching"
      && alarm.dimensions == tomap({
        StateMachineArn = "arn:aws:states:eu-west-1:111122223333:stateMachine:shop_sales_dev_orders"
      })
    ])
    error_message = "An alarm does not notify the domain's topic, or breaches without data."
  }
}

run "failures_are_sent_to_the_domains_topic_and_to_the_pipelines_receivers" {
  command = plan

  variables {
    failure_notification_receivers = ["orders@example.com"]
    trigger                        = { type = "event", event_pattern = "{\"source\": [\"shop.orders\"]}" }
    alarms                         = { execution_minutes = 1440 }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.failures.event_pattern).detail == {
      status          = ["ABORTED", "FAILED", "TIMED_OUT"]
      stateMachineArn = ["arn:aws:states:eu-west-1:111122223333:stateMachine:shop_sales_dev_orders"]
    }
    error_message = "The pattern is ${aws_cloudwatch_event_rule.failures.event_pattern}."
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.failures["domain"].arn
      == "arn:aws:sns:eu-west-1:111122223333:shop_sales_dev_failures"
    )
    error_message = "The domain's topic is not a target."
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.failures["pipeline"].arn == aws_sns_topic.failures["this"].arn
      && aws_sns_topic_subscription.failures["orders@example.com"].endpoint == "orders@example.com"
    )
    error_message = "The pipeline's receivers are not subscribed."
  }

  assert {
    condition = aws_cloudwatch_event_target.failures["domain"].input_transformer[0].input_template == join("\n", [
      "\"Pipeline orders of shop_sales_dev: <status>\"",
      "\"Error: <error>\"",
      join("", [
        "\"Execution: https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1",
        "#/v2/executions/details/<execution>\"",
      ]),
      join("", [
        "\"Logs: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1",
        "#logsV2:log-groups$3FlogGroupNameFilter$3Dshop_sales_dev_orders\"",
      ]),
      join("", [
        "\"After a fix outside of the pipeline, continue the execution: datalake_sdk -p shop -d sales -s dev ",
        "redrive --pipeline-name orders --execution <name>\"",
      ]),
      "\"Task: <cause>\"",
    ])
    error_message = jsonencode(aws_cloudwatch_event_target.failures["domain"].input_transformer)
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.event["this"].event_pattern) == { source = ["shop.orders"] }
    error_message = "The pattern is ${aws_cloudwatch_event_rule.event["this"].event_pattern}."
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.event["this"].input_transformer[0].input_template
      == "{\"detail\":<detail>,\"time\":<time>}"
    )
    error_message = "The input is ${aws_cloudwatch_event_target.event["this"].input_transformer[0].input_template}."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.executions["overlong"].threshold == 86400
      && aws_cloudwatch_metric_alarm.executions["failing"].threshold == 3
    )
    error_message = "A threshold of the domain or of the pipeline is not used."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.executions["failing"].alarm_actions) == 2
    error_message = "The alarm does not notify both topics."
  }
}

run "alarms_with_truncated_names_publish_to_the_pipelines_topic" {
  command = plan

  variables {
    pipeline_name                  = "orders_of_all_shops_by_country_and_day_for_the_finance_team"
    failure_notification_receivers = ["orders@example.com"]
    trigger                        = { type = "s3", bucket = "shop-inbox", batch_window_seconds = 60 }
  }

  assert {
    condition = alltrue([
      for alarm in concat(
        values(aws_cloudwatch_metric_alarm.executions), values(aws_cloudwatch_metric_alarm.queue_age),
        values(aws_cloudwatch_metric_alarm.dead_letters),
      ) :
      anytrue([
        for statement in data.aws_iam_policy_document.failures["this"].statement : anytrue([
          for condition in statement.condition : anytrue([
            for pattern in condition.values : startswith(
              "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${alarm.alarm_name}", trimsuffix(pattern, "*"),
            )
          ])
          if condition.variable == "aws:SourceArn"
        ])
        if statement.sid == "AlarmsPublish"
      ])
    ])
    error_message = "The topic rejects an alarm: ${jsonencode(data.aws_iam_policy_document.failures["this"].statement)}"
  }
}

run "events_that_start_no_execution_become_dead_letters" {
  command = plan

  variables {
    trigger = { type = "event", event_pattern = "{\"source\": [\"shop.orders\"]}" }
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.event["this"].dead_letter_config[0].arn == aws_sqs_queue.dead_letters["this"].arn
      && output.dead_letter_queue_url != null
    )
    error_message = "Events are lost when no execution can be started."
  }

  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.dead_letters :
      one(one(document.statement).condition).values == tolist([aws_cloudwatch_event_rule.failures.arn])
    ])
    error_message = "The queues accept messages of other rules."
  }
}

run "a_schedule_that_starts_no_execution_becomes_a_dead_letter" {
  command = plan

  variables {
    trigger = { type = "schedule", schedule = "rate(1 hour)" }
  }

  assert {
    condition = (
      aws_scheduler_schedule.this["this"].target[0].dead_letter_config[0].arn == aws_sqs_queue.dead_letters["this"].arn
    )
    error_message = "A run is lost when no execution can be started."
  }

  assert {
    condition = contains([
      for statement in data.aws_iam_policy_document.trigger["this"].statement : tolist(statement.resources)
      if contains(statement.actions, "sqs:SendMessage")
    ], tolist([aws_sqs_queue.dead_letters["this"].arn]))
    error_message = "The role of the schedule may not send dead letters."
  }
}

run "undelivered_failure_notifications_become_dead_letters" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_event_target.failures["domain"].dead_letter_config[0].arn
      == aws_sqs_queue.dead_letters["notifications"].arn
    )
    error_message = "Notifications are lost when the topic does not accept them."
  }

  assert {
    condition     = output.dead_letter_queue_url == null
    error_message = "A pipeline without a trigger has a queue for events."
  }
}

run "each_trigger_has_its_own_role_queues_and_input" {
  command = plan

  variables {
    trigger = { type = "event", event_pattern = "{\"source\": [\"shop.orders\"]}" }
    triggers = {
      nightly = { type = "schedule", schedule = "rate(1 day)", parameters = "{\"days\": 1}" }
      files   = { type = "s3", bucket = "inbox", batch_window_seconds = 60 }
    }
  }

  assert {
    condition = { for name, role in aws_iam_role.trigger : name => role.name } == {
      this    = "shop_sales_dev_orders-trigger"
      nightly = "shop_sales_dev_orders-trigger-nightly"
      files   = "shop_sales_dev_orders-trigger-files"
    }
    error_message = "The roles are ${jsonencode({ for name, role in aws_iam_role.trigger : name => role.name })}."
  }

  assert {
    condition = {
      for name, document in data.aws_iam_policy_document.trigger :
      name => toset(flatten([for statement in document.statement : tolist(statement.actions)]))
      } == {
      this    = toset(["states:StartExecution"])
      nightly = toset(["states:StartExecution", "sqs:SendMessage"])
      files = toset([
        "states:StartExecution", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
      ])
    }
    error_message = "A role has permissions of another trigger."
  }

  assert {
    condition = (
      jsondecode(aws_scheduler_schedule.this["nightly"].target[0].input).days == 1
      && !strcontains(local.event_inputs["files"], "days")
    )
    error_message = "The parameters of a trigger are in the input of another."
  }

  assert {
    condition = { for name, queue in aws_sqs_queue.dead_letters : name => queue.name } == {
      this          = "shop_sales_dev_orders-dead-letters"
      nightly       = "shop_sales_dev_orders-dead-letters-nightly"
      files         = "shop_sales_dev_orders-dead-letters-files"
      notifications = "shop_sales_dev_orders-undelivered"
    }
    error_message = "The queues are ${jsonencode(values(aws_sqs_queue.dead_letters)[*].name)}."
  }

  assert {
    condition = (
      keys(output.dead_letter_queue_urls) == ["files", "nightly", "this"]
      && keys(aws_pipes_pipe.batch) == ["files"]
    )
    error_message = "The queues are ${jsonencode(output.dead_letter_queue_urls)}."
  }
}

run "a_task_reads_the_object_that_it_takes_from_the_trigger" {
  command = plan

  variables {
    tasks_configuration = {
      load   = { path = "tests/fixture/load", additional_parameters = { "key.$" = "$.detail.object.key" } }
      enrich = { path = "tests/fixture/enrich", infra_type = "EMRServerless", input_paths = ["s3://rates/eu/"] }
    }
    triggers = { files = { type = "s3", bucket = "inbox", prefix = "orders/" } }
  }

  assert {
    condition = { for name, task in local.tasks : name => task.readable_objects } == {
      load = toset(["inbox/orders/*"]), enrich = toset(["rates/eu/*"])
    }
    error_message = "The objects are ${jsonencode({ for name, task in local.tasks : name => task.readable_objects })}."
  }
}
