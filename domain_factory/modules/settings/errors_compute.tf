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
      # The releases with Spark 4.0 and with Spark 3.5.6 and Iceberg 1.10: doc_resources/spark.md.
      for label in [var.emr_serverless.release_label] : join(" ", [
        "emr_serverless.release_label is '${label}'; it must be emr-spark-8.0.0 or another 8 (Spark 4.0), or",
        "emr-7.12.0 or a newer 7 (Spark 3.5).",
      ])
      if !can(regex("^emr-(spark-8\\.[0-9]+|7\\.(1[2-9]|[2-9][0-9]))\\.[0-9]+$", label))
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
