module "role_to_assume" {
  source   = "../modules/role_to_assume"
  for_each = toset(var.role_to_assume_arn[*])

  role_arn = each.value
}
