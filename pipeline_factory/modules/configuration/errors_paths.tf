# Violations of the rules for input_paths and output_paths, as in errors_tasks.tf.
locals {
  paths = flatten([
    for path, task in local.tasks : [
      for attribute in ["input_paths", "output_paths"] : [
        for value in task[attribute] : { attribute = "${path}.${attribute}", value = value }
        if attribute == "output_paths" || value != local.source_placeholder
      ]
    ]
  ])

  path_errors = concat(
    [
      for path in local.paths : join(" ", [
        "${path.attribute} has ${path.value == null ? "null" : "'${path.value}'"}; a path is s3://bucket/prefix/ for",
        "the objects below a prefix, s3://bucket/key for a single object, or s3://bucket/ for a whole bucket.",
      ])
      if !can(regex("^s3://[^/]+/", path.value))
    ],
    [
      for path in local.paths : join(" ", [
        "${path.attribute} has '${path.value}'; the name of a bucket is 3 to 63 lowercase letters, digits, '-' and",
        "'.', and starts and ends with a letter or digit.",
      ])
      if can(regex("^s3://[^/]+/", path.value)) && !can(regex("^s3://${local.bucket_pattern}/", path.value))
    ],
    [
      # In the ARN of a policy, these characters match other objects.
      # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
      for path in local.paths : join(" ", [
        "${path.attribute} has '${path.value}'; its key must not contain '*', '?' or '$'. A path that ends with '/'",
        "stands for all objects below it.",
      ])
      if can(regex("^s3://[^/]+/.*[*?$]", path.value))
    ],
  )
}
