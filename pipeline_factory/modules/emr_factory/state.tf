locals {
  # Iceberg of the EMR release; the Spark session of the SDK sets everything else.
  # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/using-iceberg.html
  release_settings = { "spark.jars" = "/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar" }

  spark_settings = merge(local.release_settings, var.task.infra_config.spark_configuration)

  settings = merge(
    local.spark_settings,
    { for name, value in var.environment_variables : "spark.emr-serverless.driverEnv.${name}" => value },
    { for name, value in var.environment_variables : "spark.executorEnv.${name}" => value },
  )

  # EMR Serverless splits the parameters like a shell, so values are quoted, and quotes in values are escaped.
  # jsonencode escapes three characters as \u003c and so on, which Step Functions accepts but people cannot read.
  constant_parameters = join(
    " ",
    [for name, value in local.settings : "--conf '${name}=${replace(value, "'", "'\\''")}'"],
  )
  constant_jsonata = replace(
    replace(replace(jsonencode(local.constant_parameters), "\\u003c", "<"), "\\u003e", ">"),
    "\\u0026",
    "&",
  )
  computed_jsonata = [
    for name, value in var.computed_variables :
    "\" --conf 'spark.emr-serverless.driverEnv.${name}=\" & $replace($string(${value}), \"'\", \"'\\\\''\") & \"'\""
  ]

  further_jsonata = [
    for expression in var.variables_expression[*] : join("", [
      "$join($each(${expression}, function($value, $name) { ",
      "\" --conf 'spark.emr-serverless.driverEnv.\" & $name & \"=\" & $replace($value, \"'\", \"'\\\\''\") & \"'\" }))",
    ])
  ]

  parameters_jsonata = concat([local.constant_jsonata], local.computed_jsonata, local.further_jsonata)

  # Sent by the state with SparkSubmitParameters, and by `run_task` outside of an execution.
  request = {
    ApplicationId           = aws_emrserverless_application.this.id
    ExecutionRoleArn        = module.role.arn
    Name                    = var.task_name
    ExecutionTimeoutMinutes = var.task.timeout_minutes
    JobDriver               = { SparkSubmit = { EntryPoint = "local:///opt/task/entry_point.py" } }
    ConfigurationOverrides = {
      MonitoringConfiguration = {
        # The key of the log group encrypts the log. With EncryptionKeyArn the role would need permissions for
        # the key too.
        # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
        CloudWatchLoggingConfiguration = {
          Enabled      = true
          LogGroupName = aws_cloudwatch_log_group.this.name
          LogTypes     = { SPARK_DRIVER = ["STDOUT", "STDERR"] }
        }
      }
    }
  }

  state = {
    Type          = "Task"
    QueryLanguage = "JSONata"
    Resource      = "arn:${var.domain.partition}:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken"
    Output        = "{% $states.input %}"
    Arguments = merge(local.request, local.dataset_arguments, {
      ClientToken = "{% $uuid() %}"
      JobDriver = {
        SparkSubmit = merge(local.request.JobDriver.SparkSubmit, {
          SparkSubmitParameters = "{% ${join(" & ", local.parameters_jsonata)} %}"
        })
      }
    })
  }
  dataset_arguments = {
    for task in var.serves_datasets ? [var.task_name] : [] :
    "ExecutionRoleArn" => "{% $dataset.tasks.${task}.role_arn %}"
  }
}
