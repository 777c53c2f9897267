data "aws_codeartifact_authorization_token" "this" {
  for_each = toset(var.codeartifact == null ? [] : ["this"])

  domain       = var.codeartifact.domain
  domain_owner = var.codeartifact.domain_owner
}

resource "terraform_data" "published" {
  for_each = data.aws_codeartifact_authorization_token.this

  triggers_replace = [var.codeartifact.endpoint, local.version]

  provisioner "local-exec" {
    command     = local.version
    interpreter = ["bash", "${path.module}/package.sh", "publish"]

    environment = {
      ENDPOINT = var.codeartifact.endpoint
      TOKEN    = each.value.authorization_token
    }
  }
}
