locals {
  codeartifact_domains = toset(var.enable_codeartifact ? [replace(local.environment, "_", "-")] : [])
}

resource "aws_codeartifact_domain" "this" {
  for_each = local.codeartifact_domains

  domain         = each.value
  encryption_key = var.kms_key_arn
  tags           = local.tags
}

resource "aws_codeartifact_repository" "this" {
  for_each = aws_codeartifact_domain.this

  domain      = each.value.domain
  repository  = "python"
  description = "Python packages of ${local.environment}, with PyPI as upstream"
  tags        = local.tags

  external_connections {
    external_connection_name = "public:pypi"
  }
}

data "aws_codeartifact_repository_endpoint" "this" {
  for_each = aws_codeartifact_repository.this

  domain       = each.value.domain
  domain_owner = each.value.domain_owner # Known once the repository exists, so that it is not looked up before.
  repository   = each.value.repository
  format       = "pypi"
}

locals {
  codeartifact = one([
    for name, repository in aws_codeartifact_repository.this : {
      domain       = repository.domain
      domain_owner = repository.domain_owner
      repository   = repository.repository
      endpoint     = data.aws_codeartifact_repository_endpoint.this[name].repository_endpoint
    }
  ])
}

module "sdk" {
  source = "../modules/sdk_package"

  codeartifact = local.codeartifact
}
