locals {
  codeartifact_domains = toset(var.enable_codeartifact ? [replace(local.environment, "_", "-")] : [])

  # Version of the SDK in the same repository as this module.
  sdk_version = regex("(?m)^version = \"([^\"]+)\"", file("${path.module}/../pyproject.toml"))[0]
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
  for_each = local.codeartifact_domains

  domain     = each.value
  repository = "python"
  format     = "pypi"

  depends_on = [aws_codeartifact_repository.this]
}

data "aws_codeartifact_authorization_token" "this" {
  for_each = local.codeartifact_domains

  domain = each.value

  depends_on = [aws_codeartifact_domain.this]
}

locals {
  # https://docs.aws.amazon.com/codeartifact/latest/ug/python-configure-without-pip.html
  pip_configuration = join("\n", [
    for name, token in data.aws_codeartifact_authorization_token.this : join("", [
      "[global]\nindex-url = https://aws:${token.authorization_token}@",
      "${trimprefix(data.aws_codeartifact_repository_endpoint.this[name].repository_endpoint, "https://")}simple/",
    ])
  ])
}

resource "terraform_data" "published_sdk" {
  for_each = aws_codeartifact_repository.this

  triggers_replace = [each.value.arn, local.sdk_version]

  provisioner "local-exec" {
    command     = "${path.module}/publish_sdk.sh"
    interpreter = ["bash"]

    environment = {
      SDK_SOURCE  = abspath("${path.module}/..")
      SDK_VERSION = local.sdk_version
      ENDPOINT    = data.aws_codeartifact_repository_endpoint.this[each.key].repository_endpoint
      TOKEN       = data.aws_codeartifact_authorization_token.this[each.key].authorization_token
    }
  }
}
