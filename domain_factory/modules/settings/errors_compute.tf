# Violations of the rules for compute settings, as in errors.tf.
locals {
  network_choice_errors = concat(
    [
      for given in var.network.given[*] : "network sets both given and created; set only one of them."
      if var.network.created != null
    ],
    [
      for name in var.network.found.vpc_name[*] : join(" ", [
        "network.found.vpc_name is '${name}' and has no effect with",
        "network.${var.network.given == null ? "created" : "given"}; set one of found, given and created.",
      ])
      if var.network.given != null || var.network.created != null
    ],
  )

  given_network_errors = concat(
    flatten([
      for given in var.network.given[*] : [
        for id in concat([given.vpc_id], tolist(given.subnet_ids)) : join(" ", [
          "network.given contains the ID '${id}'; it must be an ID such as vpc-0a1b2c3d or subnet-0a1b2c3d. To find a",
          "VPC by its name, use network.found.vpc_name.",
        ])
        if !can(regex("^(vpc|subnet)-[0-9a-z]+$", id))
      ]
    ]),
    [
      for given in var.network.given[*] : "network.given.subnet_ids is empty; tasks need at least one subnet."
      if length(given.subnet_ids) == 0
    ],
  )

  created_network_errors = flatten([
    for created in var.network.created[*] : concat(
      [
        # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
        for block in [created.cidr_block] : join(" ", [
          "network.created.cidr_block is '${block}'; it must be a block from /16 to /24 that starts at its",
          "network address, such as 10.0.0.0/20.",
        ])
        if !try(cidrsubnet(block, 0, 0) == block && contains(range(16, 25), tonumber(split("/", block)[1])), false)
      ],
      [
        for count in created.zone_count[*] :
        "network.created.zone_count is ${count}; it must be a whole number from 1 to 6."
        if count < 1 || count > 6 || floor(count) != count
      ],
      [
        for count in created.zone_count[*] : join(" ", [
          "network.created sets zone_count = ${count} and zone_ids = ${join(", ", created.zone_ids)}; set one of them.",
        ])
        if length(created.zone_ids) > 0
      ],
      [
        # https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
        for id in created.zone_ids : join(" ", [
          "network.created.zone_ids contains '${id}'; it must be the ID of a zone, such as euw1-az1, not its name. IDs",
          "denote the same zone in all accounts.",
        ])
        if !can(regex("^[a-z]+[0-9]+-az[0-9]+$", id))
      ],
      [
        for ids in [created.zone_ids] :
        "network.created.zone_ids contains a zone more than once: ${join(", ", ids)}. Remove the duplicates."
        if length(distinct(ids)) < length(ids)
      ],
      [
        for count in [length(created.zone_ids)] :
        "network.created.zone_ids has ${count} zones; the limit is 16, since a subnet is a sixteenth of the VPC."
        if count > 16
      ],
      [
        # https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
        for service in created.interface_endpoints : join(" ", [
          "network.created.interface_endpoints contains '${service}'; it must be a service name without com.amazonaws",
          "and the region, such as ecr.api.",
        ])
        if !can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)*$", service))
      ],
      local.address_errors,
    )
  ])

  # A subnet is a sixteenth of the VPC. Each endpoint and each task uses an address.
  # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
  minimum_addresses  = 8
  reserved_addresses = 5
  address_errors = flatten([
    for created in var.network.created[*] : [
      for bits in try([tonumber(split("/", created.cidr_block)[1]) + 4], []) : [
        for used in [var.use_public_subnets ? 0 : length(created.interface_endpoints)] : join(" ", [
          "network.created.cidr_block is '${created.cidr_block}': a subnet is a /${bits} with ${pow(2, 32 - bits)}",
          "addresses. AWS reserves ${local.reserved_addresses} and the interface endpoints use ${used}, which leaves",
          "${pow(2, 32 - bits) - local.reserved_addresses - used} for tasks; ${local.minimum_addresses} or more are",
          "required. Choose a larger block, such as /20.",
        ])
        if bits <= 28 && pow(2, 32 - bits) - local.reserved_addresses - used < local.minimum_addresses
      ]
    ]
  ])

  # https://pkg.go.dev/github.com/distribution/reference
  image_pattern = "^[a-z0-9]+([._/:-]+[a-z0-9]+)*(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]{64})?$"

  base_image_errors = [
    for name, image in var.base_images : join(" ", [
      "base_images.${name} is '${image}'; it must be the name of an image, such as",
      "public.ecr.aws/docker/library/python:3.13-slim.",
    ])
    if image != null && !can(regex(local.image_pattern, image))
  ]

  emr_serverless_errors = concat(
    [
      for label in [var.emr_serverless.release_label] :
      "emr_serverless.release_label is '${label}'; it must be a release such as emr-spark-8.0.0 or emr-7.10.0."
      if !can(regex("^emr-(spark-)?[0-9]+\\.[0-9]+\\.[0-9]+$", label))
    ],
    [
      for architecture in [var.emr_serverless.architecture] :
      "emr_serverless.architecture is '${architecture}'; it must be X86_64 or ARM64."
      if !contains(["X86_64", "ARM64"], architecture)
    ],
    [
      for name in ["maximum_vcpus", "maximum_memory_gb"] :
      "emr_serverless.${name} is ${var.emr_serverless[name]}; it must be a whole number, 1 or more."
      if var.emr_serverless[name] < 1 || floor(var.emr_serverless[name]) != var.emr_serverless[name]
    ],
    [
      # https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_AutoStopConfig.html
      for minutes in [var.emr_serverless.idle_minutes] :
      "emr_serverless.idle_minutes is ${minutes}; it must be a whole number from 1 to 10080."
      if minutes < 1 || minutes > 10080 || floor(minutes) != minutes
    ],
  )
}
