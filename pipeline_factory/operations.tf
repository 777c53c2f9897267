# What `datalake_sdk run_pipeline`, `backfill` and `redrive` need to know about the pipeline.
resource "aws_ssm_parameter" "operations" {
  name        = "/datalake/${local.environment}/${var.pipeline_name}/operations"
  description = "State machine and dead-letter queues of ${local.full_name}"
  type        = "String"
  tier        = "Intelligent-Tiering"
  insecure_value = jsonencode(merge(
    {
      state_machine_arn = aws_sfn_state_machine.this.arn
      # Those of datasets are part of their own parameters, so that this one does not change with them.
      dead_letter_queue_urls = [
        for name in keys(local.triggers) : aws_sqs_queue.dead_letters[name].url if !local.serves_datasets
      ]
    },
    { for path in [local.dataset_path] : "datasets" => path if local.serves_datasets },
  ))
  tags = local.tags
}
