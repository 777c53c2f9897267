variable "network" {
  description = <<-EOT
    Network of the tasks. The default is the VPC with the tag `Name = {project_name}_network_platform_prod` and its
    subnets with the tag `Tier = Public` (or `Private`, see `use_public_subnets`). `found` selects another VPC by name,
    `given` takes IDs, `created` creates a VPC for this domain alone, with attributes of modules/network.
  EOT
  type = object({
    found = optional(object({
      vpc_name = optional(string)
    }), {})
    given = optional(object({
      vpc_id     = string
      subnet_ids = set(string)
    }))
    created = optional(object({
      cidr_block          = optional(string)
      zone_count          = optional(number)
      zone_ids            = optional(list(string))
      interface_endpoints = optional(set(string))
      endpoint_zone_count = optional(number)
    }))
  })
  default  = {}
  nullable = false
}

variable "base_images" {
  description = <<-EOT
    Base images: `python` for native tasks and their sandbox, `emr` for Spark (by default the AWS image of the release),
    `failsafe` for the functions of the failsafe and of failure reports.
  EOT
  type = object({
    python   = optional(string, "public.ecr.aws/docker/library/python:3.13-slim")
    emr      = optional(string)
    failsafe = optional(string, "public.ecr.aws/lambda/python:3.13")
  })
  default  = {}
  nullable = false
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
}
