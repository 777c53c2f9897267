locals {
  domain    = module.domain_object.domain_object
  full_name = "${local.domain.environment}_${var.name}-ingestion"
  tags = merge(local.domain.tags, {
    project_name = local.domain.project_name
    domain_name  = local.domain.domain_name
    stage_name   = local.domain.stage_name
  })

  account = "${local.domain.region}:${local.domain.account_id}"

  # Prefix of the sealed batches in the technical bucket, whose objects domain_factory expires.
  batches_prefix = "ingestion_api/${var.name}/"

  # API Gateway answers after 30 seconds at the latest.
  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
  functions = {
    accept = { handler = "accept", memory = 1024, timeout = 29 }
    write  = { handler = "write", memory = var.writer_memory, timeout = 120 }
  }

  function_arns = {
    for key, name in module.names.names : key => join(":", [
      "arn:${local.domain.partition}:lambda:${local.account}:function", name,
    ]) if contains(keys(local.functions), key)
  }
}

module "domain_object" {
  source = "../domain_object"

  domain_object = lookup(var.domain_object, "domain_object", var.domain_object)
}

module "names" {
  source = "../names"

  # Names of pipelines and tasks do not contain '-', so these names cannot collide with theirs.
  names = {
    accept       = "${local.full_name}-accept"
    write        = "${local.full_name}-write"
    queue        = local.full_name
    dead_letters = "${local.full_name}-dead-letters"
  }
}
