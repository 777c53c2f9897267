# Limits and formats of AWS services that the rules refer to.
locals {
  task_types = ["dbt", "dlt", "python", "sql"]

  # The number of managed policies that a role can have limits the tasks of a state machine.
  max_tasks = 200

  # ECR has the strictest rule for names.
  # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
  name_pattern     = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
  database_pattern = "^[a-z][a-z0-9_]{0,254}$"
  table_pattern    = "^[a-z][a-z0-9_]{0,254}\\.[a-z][a-z0-9_]{0,254}$"
  # All tables of a database.
  output_pattern    = "^[a-z][a-z0-9_]{0,254}\\.\\*$"
  parameter_pattern = "^[A-Za-z_][A-Za-z0-9_]*(\\.\\$)?$"
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  bucket_pattern  = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
  action_pattern  = "^[a-z0-9-]+:[A-Za-z]+\\*?$"
  ingestion_modes = ["append", "overwrite", "overwrite_partitions", "upsert"]
  output_choices  = { empty = ["ignore", "replace"], on_duplicate = ["last", "refuse"] }

  # In the form of ECS, without the version of the secret.
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
  secret_pattern = join("", [
    "arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:",
    "[A-Za-z0-9_/+=.@-]+-[A-Za-z0-9]{6}(:[^:]+(::)?)?",
  ])
  secret_name_pattern = "[A-Z][A-Z0-9_]*"
  reserved_secret_names = join("|", [
    "(AWS_|DATALAKE_|TASK_).*", "(PROJECT|DOMAIN|STAGE|PIPELINE)_NAME", "(INPUT|OUTPUT)_TABLES", "IS_SQL_JOB", "PATH",
    "HOME", "REDSHIFT",
  ])

  # Suffixes of the names of roles and repositories that domain_factory creates.
  domain_suffixes = [
    "emr_sandbox", "emr_studio", "failsafe_ecs", "failsafe_emr", "failsafe_schedule", "failure_reports",
    "freshness_check", "lake_formation", "redshift_copy",
  ]

  # The states of Spark tasks use JSONata, where only plain paths have the same meaning as in JSONPath.
  path_patterns = {
    ECS           = "^(\\$|States\\.)"
    Lambda        = "^(\\$|States\\.)"
    EMRServerless = "^\\$\\$?(\\.[A-Za-z_][A-Za-z0-9_]*(\\[\\d+\\])?)+$"
    Glue          = "^\\$\\$?(\\.[A-Za-z_][A-Za-z0-9_]*(\\[\\d+\\])?)+$"
  }

  # Parts of a JSONata expression that do not refer to variables: comments, strings and quoted names.
  quoted_pattern = "(?s)/\\*.*?\\*/|\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`"

  # A path in the input of the execution that JSONPath and JSONata interpret alike.
  input_path_pattern = "^\\$(\\[\\d+\\])?(\\.[A-Za-z_][A-Za-z0-9_]*(\\[\\d+\\])?)*$"

  # The history of an execution has at most 25,000 events; an iteration adds 8, and each retry 4.
  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  max_items = 1000

  # Paths and intrinsic functions whose value contains the key of the object that triggered the execution:
  # $.detail.object.key, its parents, and those of each element of a batch.
  object_path_pattern = join("", [
    "(detail\\.object(\\.key)?|(\\$|\\$\\$\\.Execution\\.Input)(\\[[^\\]]*\\])?(\\.detail)?)",
    "([^\\w.\\[$]|$)",
  ])

  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
  fargate_memory = tomap({
    256   = [512, 1024, 2048]
    512   = range(1024, 4097, 1024)
    1024  = range(2048, 8193, 1024)
    2048  = range(4096, 16385, 1024)
    4096  = range(8192, 30721, 1024)
    8192  = range(16384, 61441, 4096)
    16384 = range(32768, 122881, 8192)
  })
  fargate_cpus = "256, 512, 1024, 2048, 4096, 8192 or 16384"

  # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/app-behavior.html#worker-configs
  spark_worker_cores = [1, 2, 4, 8, 16]
  memory_pattern     = "^[1-9][0-9]*( ?(?i:[mgt]b?))?$"

  # Attributes of infra_config that set a Spark setting of the same name.
  spark_settings = {
    for attribute in ["spark_driver_cores", "spark_driver_memory", "spark_executor_cores", "spark_executor_memory"] :
    attribute => replace(attribute, "_", ".")
  }
  maximum_capacity = {
    maximum_capacity_cpu    = { unit = "vCPU", pattern = "^[1-9][0-9]*( ?(?i:vcpu))?$" }
    maximum_capacity_memory = { unit = "GB", pattern = "^[1-9][0-9]*( ?(?i:gb))?$" }
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  # 256 MB hold the SDK and its libraries; a minute remains for reporting a task that takes too long.
  lambda_memory      = { min = 256, max = 10240 }
  max_lambda_storage = 10
  max_lambda_minutes = 14

  # https://docs.aws.amazon.com/glue/latest/dg/worker-types.html
  glue_worker_types = [
    "G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X",
  ]
  # https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
  jar_pattern = "^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^,*?\\s]+\\.jar$"

  # Attributes of infra_config by infrastructure; all support `architecture`.
  infra_attributes = {
    ECS = ["cpu", "memory", "ephemeral_storage", "use_spot"]
    EMRServerless = [
      "idle_timeout_minutes", "job_timeout_minutes", "maximum_capacity_cpu", "maximum_capacity_memory",
      "spark_configuration", "spark_driver_cores", "spark_driver_memory", "spark_executor_cores",
      "spark_executor_memory",
    ]
    Glue   = ["extra_jars", "max_concurrent_runs", "number_of_workers", "spark_configuration", "worker_type"]
    Lambda = ["memory", "ephemeral_storage", "reserved_concurrency"]
  }
  unsupported_attributes = {
    for infra_type, attributes in local.infra_attributes :
    infra_type => setsubtract(flatten(values(local.infra_attributes)), attributes)
  }

  # https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
  cron_month   = "(?:1[0-2]|0?[1-9]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
  cron_weekday = "(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
  cron_values = [
    "[0-5]?\\d",
    "(?:1\\d|2[0-3]|0?\\d)",
    "(?:[12]\\d|3[01]|0?[1-9])",
    local.cron_month,
    local.cron_weekday,
    "(?:19[7-9]\\d|2[01]\\d\\d)",
  ]
  cron_ranges  = [for value in local.cron_values : "(?:\\*|${value}(?:-${value})?)"]
  cron_special = ["", "", "|\\?|L|LW|[0-9]+W", "", "|\\?|L|${local.cron_weekday}L|${local.cron_weekday}#[1-5]", ""]
  cron_fields = [
    for index, range in local.cron_ranges :
    "(?:${range}(?:/\\d+)?(?:,${range}(?:/\\d+)?)*${local.cron_special[index]})"
  ]
  schedule_pattern = join("|", [
    "^cron\\(${join(" ", local.cron_fields)}\\)$",
    "^rate\\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\\d+) (?:minutes|hours|days))\\)$",
    "^at\\(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\)$",
  ])

  # The names with an area, and those without: https://data.iana.org/time-zones/tzdb/
  time_zone_areas = join("|", [
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Brazil", "Canada", "Chile", "Etc",
    "Europe", "Indian", "Mexico", "Pacific", "US",
  ])
  time_zone_names = join("|", [
    "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT", "GMT\\+0", "GMT-0",
    "GMT0", "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya",
    "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC", "ROK",
    "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu",
  ])
  time_zone_pattern = "^(?:(?:${local.time_zone_areas})(?:/[A-Za-z0-9_+-]+)+|${local.time_zone_names})$"
}
