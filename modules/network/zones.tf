locals {
  # Fargate does not run Linux tasks in apne1-az3, cnn1-az3 and usw1-az2. EMR Serverless has no workers in the others.
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
  # https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/endpoints-quotas.html
  zone_ids_without_compute = ["apne1-az3", "cac1-az4", "cnn1-az3", "use1-az3", "usw1-az2"]

  all_zones = zipmap(data.aws_availability_zones.all.zone_ids, data.aws_availability_zones.all.names)

  # Names of zones by ID.
  supported_zones = {
    for id, name in local.all_zones : id => name
    if alltrue([
      for service in data.aws_vpc_endpoint_service.interface : contains(service.availability_zones, name)
    ])
  }

  zone_count = length(var.zone_ids) > 0 ? length(var.zone_ids) : coalesce(var.zone_count, 2)
  selected_zones = (
    length(var.zone_ids) > 0
    ? [for id in var.zone_ids : local.supported_zones[id] if contains(keys(local.supported_zones), id)]
    : slice(sort(values(local.supported_zones)), 0, min(local.zone_count, length(local.supported_zones)))
  )
  zones = terraform_data.zones.input
}

# The subnets remain in their zones when AWS adds a zone to the region, or a service to a zone.
resource "terraform_data" "zones" {
  input            = local.selected_zones
  triggers_replace = [local.zone_count, var.zone_ids, local.interface_endpoints]

  lifecycle {
    ignore_changes = [input]
  }
}

data "aws_availability_zones" "all" {
  state            = "available"
  exclude_zone_ids = local.zone_ids_without_compute

  # Local Zones and Wavelength Zones do not support Fargate.
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-regions-zones.html
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

# An endpoint can only have subnets in zones of its service.
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
data "aws_vpc_endpoint_service" "interface" {
  for_each = local.interface_endpoints

  service      = each.value
  service_type = "Interface"
}
