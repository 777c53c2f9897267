# Violations of rules that depend on the region.
locals {
  zone_list = join(", ", [for id, name in local.supported_zones : "${id} (${name})"])
  zone_requirements = (
    length(local.interface_endpoints) == 0
    ? "Fargate and EMR Serverless"
    : "Fargate, EMR Serverless and an endpoint for each of ${join(", ", local.interface_endpoints)}"
  )
  zone_errors = concat(
    [
      for id in var.zone_ids : join(" ", [
        "zone_ids contains '${id}'; the zones of ${data.aws_region.current.id} with ${local.zone_requirements} are",
        "${local.zone_list}.",
      ])
      if !contains(keys(local.supported_zones), id)
    ],
    [
      for count in length(var.zone_ids) > 0 ? [] : [local.zone_count] : join(" ", [
        "zone_count is ${count}, but ${data.aws_region.current.id} has ${length(local.supported_zones)} zones with",
        "${local.zone_requirements}: ${local.zone_list}.",
      ])
      if count > length(local.supported_zones)
    ],
  )
}
