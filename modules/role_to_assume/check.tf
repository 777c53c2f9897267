data "aws_caller_identity" "deployer" {}

check "role_to_assume" {
  assert {
    # The ARN of a role session contains the name of the role without its path.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    condition = (
      data.aws_caller_identity.deployer.account_id == split(":", var.role_arn)[4]
      && strcontains(
        data.aws_caller_identity.deployer.arn,
        ":assumed-role/${element(split("/", var.role_arn), -1)}/",
      )
    )
    error_message = join(" ", [
      "role_to_assume_arn is ${var.role_arn}, but the AWS provider, which also pushes images, uses",
      "${data.aws_caller_identity.deployer.arn}. Configure the role in the provider: assume_role { role_arn = … }.",
    ])
  }
}
