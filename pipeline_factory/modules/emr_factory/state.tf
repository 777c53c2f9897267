locals {
  # The release's own Iceberg; the SDK's session sets the rest.
  # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/using-iceberg.html
  release_settings = { "spark.jars" = "/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar" }

  settings = merge(
    local.release_settings,
    var.task.infra_config.spark_configuration,
    { for name, value in var.environment_variables : "spark.emr-serverless.driverEnv.${name}" => value },
    { for name, value in var.environment_variables : "spark.executorEnv.${name}" => value },
  )

  # EMR Serverless splits the parameters as a shell does, so a value stands in quotes, and its own quotes outside of them.
  # JSON would write these three characters as \u003c and so on, which is the same to Step Functions and not to its readers.
  constant_parameters = join(" ", [for name, value in local.settings : "--conf '${name}=${replace(value, "'", "'\\''")}'"])
  constant_jsonata    = replace(replace(replace(jsonencode(local.constant_parameters), "\\u003c", "<"), "\\u003e", ">"), "\\u0026", "&")
  computed_jsonata = [
    for name, value in var.computed_variables :
    "\" --conf 'spark.emr-serverless.driverEnv.${name}=\" & $replace($string(${value}), \"'\", \"'\\\\''\") & \"'\""
  ]

  state = {
    Type          = "Task"
    QueryLanguage = "JSONata"
    Resource      = "arn:${var.domain.partition}:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken"
    Output        = "{% $states.input %}"
    Arguments = {
      ApplicationId           = aws_emrserverless_application.this.id
      ClientToken             = "{% $uuid() %}"
      ExecutionRoleArn        = module.role.arn
      Name                    = var.task_name
      ExecutionTimeoutMinutes = var.task.timeout_minutes
      JobDriver = {
        SparkSubmit = {
          EntryPoint            = "local:///opt/task/run_task.py"
          SparkSubmitParameters = "{% ${join(" & ", concat([local.constant_jsonata], local.computed_jsonata))} %}"
        }
      }
      ConfigurationOverrides = {
        MonitoringConfiguration = {
          CloudWatchLoggingConfiguration = merge(
            {
              Enabled      = true
              LogGroupName = aws_cloudwatch_log_group.this.name
              LogTypes     = { SPARK_DRIVER = ["STDOUT", "STDERR"] }
            },
            var.domain.kms_key_arn == null ? {} : { EncryptionKeyArn = var.domain.kms_key_arn },
          )
        }
      }
    }
  }
}
