output "version" {
  description = "Version of the SDK, which identifies its content; available once it can be installed."
  value       = local.version
  depends_on  = [terraform_data.published]
}

output "context_command" {
  description = "Command that creates the folder dist in the build context, with the wheel if it is not published."
  value = (
    var.codeartifact == null
    ? "bash '${abspath(path.module)}/package.sh' build ${local.version} dist"
    : "mkdir dist"
  )
}

output "build_command" {
  description = "Command that puts the wheel into the folder $FOLDER, which is created."
  value       = "bash '${abspath(path.module)}/package.sh' build ${local.version} \"$FOLDER\""
}

output "pip_configuration" {
  description = "Content of a pip.conf with the authorization token of the repository; empty without a repository."
  # https://docs.aws.amazon.com/codeartifact/latest/ug/python-configure-pip.html
  value = join("", [
    for token in data.aws_codeartifact_authorization_token.this : join("", [
      "[global]\nindex-url = ",
      replace(var.codeartifact.endpoint, "://", "://aws:${token.authorization_token}@"),
      "simple/",
    ])
  ])
  sensitive = true
}
