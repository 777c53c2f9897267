variable "alarms" {
  description = "Thresholds that replace those of the domain."
  type = object({
    enabled               = optional(bool)
    failed_executions     = optional(number)
    execution_minutes     = optional(number)
    queue_age_minutes     = optional(number)
    throttled_transitions = optional(number)
  })
  default  = {}
  nullable = false
}
