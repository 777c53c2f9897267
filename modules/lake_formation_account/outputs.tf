output "settings" {
  description = "Variable `lake_formation_account` of domain_factory, available once the settings are applied."
  value = {
    administrators              = var.administrators
    use_only_iam_access_control = false
  }

  depends_on = [aws_lakeformation_data_lake_settings.account]
}
