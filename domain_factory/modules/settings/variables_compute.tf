variable "network" {
  description = "Where tasks run. By default the VPC with the tag `Name = {project_name}_network_platform_prod` and its subnets with the tag `Tier = Public` (or `Private`, see `use_public_subnets`). `found` names another VPC, `given` takes ids, `created` makes a VPC with an S3 endpoint and, without public subnets, the interface endpoints that tasks need."
  type = object({
    found = optional(object({
      vpc_name = optional(string)
    }), {})
    given = optional(object({
      vpc_id     = string
      subnet_ids = set(string)
    }))
    created = optional(object({
      cidr_block          = optional(string, "10.0.0.0/20")
      zone_count          = optional(number, 2)
      interface_endpoints = optional(set(string), ["athena", "ecr.api", "ecr.dkr", "glue", "lakeformation", "logs", "states", "sts"])
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.network.given == null || var.network.created == null
    error_message = "network has given and created; set one of them."
  }

  validation {
    condition     = var.network.found.vpc_name == null || (var.network.given == null && var.network.created == null)
    error_message = "network.found.vpc_name is '${coalesce(var.network.found.vpc_name, "null")}' and has no effect beside ${var.network.given == null ? "created" : "given"}; set one of found, given and created."
  }

  validation {
    condition     = var.network.given == null ? true : alltrue([for id in concat([var.network.given.vpc_id], tolist(var.network.given.subnet_ids)) : can(regex("^(vpc|subnet)-[0-9a-z]+$", id))])
    error_message = "network.given must hold ids such as vpc-0a1b2c3d and subnet-0a1b2c3d; given: ${try(join(", ", concat([var.network.given.vpc_id], tolist(var.network.given.subnet_ids))), "")}. To find a VPC by its name, use network.found.vpc_name."
  }

  validation {
    condition     = var.network.given == null ? true : length(var.network.given.subnet_ids) > 0
    error_message = "network.given.subnet_ids is empty; tasks need a subnet at least."
  }

  validation {
    # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    condition     = var.network.created == null ? true : try(cidrsubnet(var.network.created.cidr_block, 0, 0) == var.network.created.cidr_block && contains(range(16, 25), tonumber(split("/", var.network.created.cidr_block)[1])), false)
    error_message = "network.created.cidr_block is '${try(var.network.created.cidr_block, "")}'; it must be the first address and length of a block from /16 to /24, as in 10.0.0.0/20."
  }

  validation {
    condition     = var.network.created == null ? true : var.network.created.zone_count >= 1 && var.network.created.zone_count <= 6 && floor(var.network.created.zone_count) == var.network.created.zone_count
    error_message = "network.created.zone_count is ${try(var.network.created.zone_count, 0)}; it must be a whole number from 1 to 6."
  }

  validation {
    # https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
    condition     = var.network.created == null ? true : alltrue([for service in var.network.created.interface_endpoints : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)*$", service))])
    error_message = "network.created.interface_endpoints must be services without com.amazonaws and region, as in ecr.api; given: ${try(join(", ", var.network.created.interface_endpoints), "")}."
  }
}

variable "base_images" {
  description = "Images that others are built on: `python` of native tasks and their sandbox, `emr` of Spark (by default AWS's image of the release), `failsafe` of the failsafe's function."
  type = object({
    python   = optional(string, "public.ecr.aws/docker/library/python:3.13-slim")
    emr      = optional(string)
    failsafe = optional(string, "public.ecr.aws/lambda/python:3.13")
  })
  default  = {}
  nullable = false

  validation {
    # https://pkg.go.dev/github.com/distribution/reference
    condition     = alltrue([for image in compact(values(var.base_images)) : can(regex("^[a-z0-9]+([._/:-]+[a-z0-9]+)*(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]{64})?$", image))])
    error_message = "base_images must be names of images, as in public.ecr.aws/docker/library/python:3.13-slim; given: ${join(", ", compact(values(var.base_images)))}."
  }
}

variable "emr_serverless" {
  description = "Release and size of the EMR Serverless application."
  type = object({
    release_label     = optional(string, "emr-spark-8.0.0")
    architecture      = optional(string, "X86_64")
    maximum_vcpus     = optional(number, 400)
    maximum_memory_gb = optional(number, 3000)
    idle_minutes      = optional(number, 15)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^emr-(spark-)?[0-9]+\\.[0-9]+\\.[0-9]+$", var.emr_serverless.release_label))
    error_message = "emr_serverless.release_label is '${var.emr_serverless.release_label}'; it must be a release such as emr-spark-8.0.0 or emr-7.10.0."
  }

  validation {
    condition     = contains(["X86_64", "ARM64"], var.emr_serverless.architecture)
    error_message = "emr_serverless.architecture is '${var.emr_serverless.architecture}'; it must be X86_64 or ARM64."
  }

  validation {
    condition     = alltrue([for given in [var.emr_serverless.maximum_vcpus, var.emr_serverless.maximum_memory_gb] : given >= 1 && floor(given) == given])
    error_message = "emr_serverless: maximum_vcpus and maximum_memory_gb must be whole numbers, 1 or more; given ${var.emr_serverless.maximum_vcpus} and ${var.emr_serverless.maximum_memory_gb}."
  }

  validation {
    # https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_AutoStopConfig.html
    condition     = var.emr_serverless.idle_minutes >= 1 && var.emr_serverless.idle_minutes <= 10080 && floor(var.emr_serverless.idle_minutes) == var.emr_serverless.idle_minutes
    error_message = "emr_serverless.idle_minutes is ${var.emr_serverless.idle_minutes}; EMR Serverless takes whole numbers from 1 to 10080."
  }
}
