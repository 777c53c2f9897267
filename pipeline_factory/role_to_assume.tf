data "aws_caller_identity" "deployer" {
  for_each = toset(var.role_to_assume_arn[*])
}

check "role_to_assume" {
  assert {
    # A session's ARN names its role without the path.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    condition = alltrue([
      for role, caller in data.aws_caller_identity.deployer :
      caller.account_id == split(":", role)[4] && can(
        regex(":assumed-role/${element(split("/", role), -1)}/", caller.arn)
      )
    ])
    error_message = join(" ", [
      "role_to_assume_arn is ${coalesce(var.role_to_assume_arn, "null")}, but the AWS provider, which also pushes",
      "images, uses ${join(", ", values(data.aws_caller_identity.deployer)[*].arn)}. Configure the role in the",
      "provider: assume_role { role_arn = … }.",
    ])
  }
}
