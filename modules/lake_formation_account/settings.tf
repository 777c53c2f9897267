data "aws_caller_identity" "current" {}

data "aws_lakeformation_data_lake_settings" "current" {}

locals {
  current = data.aws_lakeformation_data_lake_settings.current

  # The ARN of a role session contains the name of the role without its path.
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
  principal = element(split(":", data.aws_caller_identity.current.arn), 5)
  own_arn_ending = (
    startswith(local.principal, "assumed-role/") ? "/${split("/", local.principal)[1]}" : ":${local.principal}"
  )
}

# Without default permissions, Lake Formation decides about new databases and tables. PutDataLakeSettings replaces all
# settings, so the others are passed on.
# https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_PutDataLakeSettings.html
resource "aws_lakeformation_data_lake_settings" "account" {
  admins = var.administrators

  allow_external_data_filtering      = local.current.allow_external_data_filtering
  authorized_session_tag_value_list  = local.current.authorized_session_tag_value_list
  external_data_filtering_allow_list = local.current.external_data_filtering_allow_list
  parameters                         = local.current.parameters
  read_only_admins                   = local.current.read_only_admins
  trusted_resource_owners            = local.current.trusted_resource_owners

  lifecycle {
    # The provider would remove all administrators and reset the parameters.
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lakeformation/data_lake_settings.go
    prevent_destroy = true

    # The provider does not detect a difference, since these attributes are optional and computed.
    postcondition {
      condition = (
        length(self.create_database_default_permissions) == 0 && length(self.create_table_default_permissions) == 0
      )
      error_message = join(" ", [
        "The account uses only IAM access control for new databases or tables again. Remove this default (Lake",
        "Formation console, Data Catalog settings), or stop managing the settings: see the README of the module.",
      ])
    }
  }
}
