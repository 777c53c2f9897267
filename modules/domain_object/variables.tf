variable "domain_object" {
  description = "Names, ARNs and settings of a domain."
  # Attributes that were added later are optional, since a published object may be older than the pipeline.
  type = object({
    project_name     = string
    domain_name      = string
    stage_name       = string
    environment      = string
    database_prefix  = string
    region           = string
    account_id       = string
    partition        = string
    data_bucket      = string
    technical_bucket = string
    table_bucket_arn = optional(string)
    kms_key_arn      = optional(string)
    layers           = map(object({ database = string, prefix = string }))
    datasets = optional(map(object({
      team          = string
      pipeline      = string
      source_prefix = string
      parameters    = optional(map(string), {})
      tables = optional(map(object({
        name           = string
        upsert_keys    = optional(list(string))
        partition_keys = optional(list(string))
        on_duplicate   = optional(string)
        order_by       = optional(string)
        delete_when    = optional(string)
      })), {})
      failure_notification_receivers = optional(set(string), [])
    })), {})
    athena_workgroup = string
    network = object({
      vpc_id            = string
      subnet_ids        = list(string)
      security_group_id = string
      assign_public_ip  = bool
    })
    ecs_cluster_arn = string
    emr_serverless = optional(object({
      application_id    = string
      application_arn   = string
      release_label     = string
      architecture      = string
      security_group_id = optional(string)
      maximum_capacity  = optional(object({ cpu = string, memory = string }))
    }))
    failure_topic_arn           = string
    lake_formation_enabled      = bool
    use_only_iam_access_control = optional(bool, false)
    freshness_check_role_arn    = optional(string)
    permissions_boundary_arn    = optional(string)
    role_path                   = optional(string, "/")
    failsafe_enabled            = bool
    alarms = optional(object({
      enabled               = bool
      failed_executions     = number
      execution_minutes     = number
      queue_age_minutes     = number
      throttled_transitions = number
    }))
    container_cli = string
    codeartifact = optional(object({
      domain       = string
      domain_owner = optional(string)
      repository   = string
      endpoint     = string
    }))
    base_images          = object({ python = string, emr = optional(string) })
    log_retention_days   = optional(number, 30)
    max_task_age_minutes = number
    prevent_destroy      = optional(bool, true)
    tags                 = map(string)
  })
  nullable = false
}
