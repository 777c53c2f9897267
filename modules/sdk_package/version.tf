locals {
  repository = "${path.module}/../.."

  # Files whose content the wheel is built from, except README.md, whose content must not change images.
  files = concat(["LICENSE", "pyproject.toml"], [
    for file in setunion([for folder in ["datalake_sdk", "dbt"] : fileset(local.repository, "${folder}/**")]...) :
    file if !strcontains(file, "__pycache__/")
  ])

  # A version in CodeArtifact is immutable, so each content has its own version. A local segment identifies builds from
  # the project's source, and PyPI rejects it, so no other index can have this version. CodeArtifact documents the
  # normalization of names, but not of versions: this one is in its normal form.
  # https://packaging.python.org/en/latest/specifications/version-specifiers/#local-version-identifiers
  # https://docs.aws.amazon.com/codeartifact/latest/ug/packages-overview.html#package-publishing-overwrite-assets
  # https://docs.aws.amazon.com/codeartifact/latest/ug/python-name-normalization.html
  digest  = sha256(jsonencode({ for file in local.files : file => filesha256("${local.repository}/${file}") }))
  release = regex("(?m)^version = \"([^\"]+)\"", file("${local.repository}/pyproject.toml"))[0]
  version = "${local.release}+h${substr(local.digest, 0, 12)}"
}
