locals {
  # The extra `aws` of the SDK, whose wheel Glue installs without extras.
  sdk_requirements = ["boto3~=1.40", "fsspec", "sqlglot~=30.30"]
  requirements = [
    for line in split("\n", file(var.task.requirements)) : trimspace(split(" #", line)[0])
    if !startswith(trimspace(line), "#") && trimspace(line) != ""
  ]
  # A comma separates modules in the list of Glue, and options of pip have an argument of their own.
  unsupported_requirements = [for line in local.requirements : line if strcontains(line, ",") || startswith(line, "-")]

  settings = [for name, value in var.task.infra_config.spark_configuration : "${name}=${value}"]

  # https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
  arguments = merge(
    {
      "--additional-python-modules" = join(",", concat(
        ["${local.bucket}/${var.wheel}"], local.sdk_requirements, local.requirements,
      ))
      "--custom-logGroup-prefix" = var.log_group_name
      "--datalake-formats"       = "iceberg"
      "--job-language"           = "python"
      "--task_code"              = "${local.bucket}/${local.folder}/"
      "--task_retries"           = tostring(var.task.retries)
      "--task_variables"         = jsonencode(merge(var.environment_variables, { AWS_REGION = var.domain.region }))
    },
    { for settings in [local.settings] : "--conf" => join(" --conf ", settings) if length(settings) > 0 },
    {
      for jars in [var.task.infra_config.extra_jars] : "--extra-jars" => join(",", jars) if length(jars) > 0
    },
  )

  job_arn = "arn:${var.domain.partition}:glue:${var.domain.region}:${var.domain.account_id}:job/${var.name}"
}

resource "aws_glue_job" "this" {
  name              = var.name
  description       = "Task ${var.name}"
  role_arn          = module.role.arn
  glue_version      = "5.1"
  worker_type       = var.task.infra_config.worker_type
  number_of_workers = var.task.infra_config.number_of_workers
  execution_class   = "STANDARD"
  timeout           = var.task.timeout_minutes
  max_retries       = 0
  default_arguments = local.arguments
  tags              = var.tags

  command {
    name            = "glueetl"
    script_location = "${local.bucket}/${aws_s3_object.code["glue_script.py"].key}"
    python_version  = "3"
  }

  execution_property {
    max_concurrent_runs = var.task.infra_config.max_concurrent_runs
  }

  lifecycle {
    precondition {
      condition = length(local.unsupported_requirements) == 0
      error_message = join(" ", [
        "${var.task.requirements} contains '${join("', '", local.unsupported_requirements)}'. Requirements of a task",
        "on Glue are names with one version, such as shapely~=2.1, without commas and options.",
      ])
    }
  }

  depends_on = [aws_s3_object.code, aws_cloudwatch_log_group.this]
}
