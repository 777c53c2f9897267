locals {
  # Names of files and folders that are neither hashed nor copied.
  ignored = [
    ".DS_Store", ".git", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".terraform", ".venv",
    "__pycache__",
  ]

  context_errors = concat(
    [
      for target, source in var.context : "context: no file at '${source}', the source of '${target}'."
      if !try(fileexists(source), length(fileset(source, "**")) > 0)
    ],
    [
      for target in keys(var.context) :
      "context has the target '${target}'; it must be a relative path, such as 'code' or 'sdk/pyproject.toml'."
      if !can(regex("^[\\w.-]+(?:/[\\w.-]+)*$", target)) || contains(split("/", target), "..")
    ],
  )

  files = merge([
    for target, source in var.context : {
      for file in try(fileexists(source), false) ? [""] : fileset(source, "**") :
      trimsuffix("${target}/${file}", "/") => trimsuffix("${source}/${file}", "/")
      if length(setintersection(split("/", file), local.ignored)) == 0
    }
  ]...)

  build_arguments = merge(var.build_arguments, var.base_image == null ? {} : { BASE_IMAGE = var.base_image })

  content = {
    dockerfile      = filesha256(var.dockerfile)
    files           = { for path, file in local.files : path => filesha256(file) }
    build_arguments = local.build_arguments
    platform        = var.platform
    trigger         = var.additional_rebuild_trigger
  }

  tag       = substr(sha256(jsonencode(local.content)), 0, 16)
  image_uri = "${aws_ecr_repository.this.repository_url}:${local.tag}"
}
