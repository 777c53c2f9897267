locals {
  # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
  capacity = {
    on_demand = { LaunchType = "FARGATE" }
    spot      = { CapacityProviderStrategy = [{ CapacityProvider = "FARGATE_SPOT", Weight = 1 }] }
  }[var.task.infra_config.use_spot ? "spot" : "on_demand"]

  # Sent by the state, and by `run_task` outside of an execution.
  request = merge(local.capacity, {
    Cluster        = var.domain.ecs_cluster_arn
    TaskDefinition = aws_ecs_task_definition.this.arn
    PropagateTags  = "TASK_DEFINITION"
    NetworkConfiguration = {
      AwsvpcConfiguration = {
        Subnets        = var.domain.network.subnet_ids
        SecurityGroups = [var.domain.network.security_group_id]
        AssignPublicIp = var.domain.network.assign_public_ip ? "ENABLED" : "DISABLED"
      }
    }
  })

  jsonpath_state = {
    Type       = "Task"
    Resource   = "arn:${var.domain.partition}:states:::ecs:runTask.waitForTaskToken"
    ResultPath = null
    Parameters = merge(local.request, {
      Overrides = {
        ContainerOverrides = [{
          Name        = var.task_name
          Environment = [for name, value in var.computed_variables : { Name = name, "Value.$" = value }]
        }]
      }
    })
  }

  jsonata_environment = join(", ", [
    for name, value in var.computed_variables : "{'Name': '${name}', 'Value': $string(${value})}"
  ])
  jsonata_state = {
    Type          = "Task"
    QueryLanguage = "JSONata"
    Resource      = "arn:${var.domain.partition}:states:::ecs:runTask.waitForTaskToken"
    Output        = "{% $states.input %}"
    Arguments = merge(local.request, {
      Overrides = merge(local.dataset_override, {
        ContainerOverrides = [{
          Name = var.task_name
          Environment = join("", [
            "{% $append([${local.jsonata_environment}], $each(${var.variables_expression},",
            " function($value, $name) { {'Name': $name, 'Value': $value} })) %}",
          ])
        }]
      })
    })
  }
  dataset_override = {
    for task in var.serves_datasets ? [var.task_name] : [] :
    "TaskRoleArn" => "{% $dataset.tasks.${task}.role_arn %}"
  }

  state = { JSONPath = [local.jsonpath_state], JSONata = [local.jsonata_state] }[var.query_language][0]
}
