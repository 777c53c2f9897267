output "names" {
  description = <<-EOT
    The names by the same keys; a name over the limit is truncated and ends with `_` and 9 hex digits of its SHA-1.
  EOT

  # `shortened` in datalake_sdk/naming.py follows the same rule.
  value = {
    for key, name in var.names : key => (
      length(name) <= var.max_length
      ? name
      : "${substr(name, 0, var.max_length - 10)}_${substr(sha1(name), 0, 9)}"
    )
  }
}
