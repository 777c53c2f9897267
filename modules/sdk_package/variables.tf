variable "codeartifact" {
  description = <<-EOT
    CodeArtifact repository from which images install Python packages, and to which the SDK is published; null to build
    the SDK into the images, whose other packages are then those of PyPI.
  EOT
  type = object({
    domain       = string
    domain_owner = optional(string)
    endpoint     = string
  })
  default = null
}
