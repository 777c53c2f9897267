variable "repository_name" {
  description = "Name of the ECR repository."
  type        = string
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    condition = can(regex("^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$", var.repository_name))
    error_message = join(" ", [
      "repository_name is '${var.repository_name}'; it must be lowercase letters and digits, with single '.', '_',",
      "'-' or '/' between them.",
    ])
  }

  validation {
    condition     = length(var.repository_name) >= 2 && length(var.repository_name) <= 256
    error_message = "repository_name has ${length(var.repository_name)} characters; it must have 2 to 256."
  }
}

variable "dockerfile" {
  description = "Path of the Dockerfile."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.dockerfile)
    error_message = "dockerfile '${var.dockerfile}' does not exist."
  }
}

variable "context" {
  description = <<-EOT
    Files and folders of the build context, by path in the context. Caches of Python and other tools are excluded.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "context_command" {
  description = <<-EOT
    Command that adds files to the build context, in whose folder bash runs it before the build. The tag does not depend
    on these files: pass what determines their content in `build_arguments`.
  EOT
  type        = string
  default     = ""
  nullable    = false
}

variable "build_arguments" {
  description = <<-EOT
    Values of the ARG instructions in the Dockerfile. They are stored in the history of the image, so they must not
    contain secrets.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for name, value in var.build_arguments : can(regex("^[A-Za-z_]\\w*$", name)) && !strcontains(value, "\n")
    ])
    error_message = join(" ", [
      "build_arguments: a name must be letters, digits and '_', and a value a single line; given:",
      "${join(", ", keys(var.build_arguments))}.",
    ])
  }
}

variable "pip_configuration" {
  description = <<-EOT
    Content of a pip.conf, passed to the build as the secret `pip.conf`: for a package index with a password, which is
    not stored in the image.
  EOT
  type        = string
  default     = ""
  nullable    = false
  sensitive   = true
}

variable "base_image" {
  description = "Base image, passed as the build argument BASE_IMAGE; null for the default of the Dockerfile."
  type        = string
  default     = null
}

variable "platform" {
  description = "Platform of the image, such as linux/amd64."
  type        = string
  default     = "linux/amd64"
  nullable    = false

  validation {
    condition     = contains(["linux/amd64", "linux/arm64"], var.platform)
    error_message = "platform is '${var.platform}'; it must be linux/amd64 or linux/arm64."
  }
}

variable "container_cli" {
  description = "Program that builds and pushes: docker, podman, finch, nerdctl or buildah."
  type        = string
  default     = "docker"
  nullable    = false

  validation {
    condition     = contains(["docker", "podman", "finch", "nerdctl", "buildah"], var.container_cli)
    error_message = "container_cli is '${var.container_cli}'; it must be docker, podman, finch, nerdctl or buildah."
  }
}

variable "additional_rebuild_trigger" {
  description = "Rebuilds the image when it changes, for example a date after the base image was patched."
  type        = string
  default     = ""
  nullable    = false
}

variable "keep_images" {
  description = "Number of images to keep in the repository; older images expire."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.keep_images >= 1 && floor(var.keep_images) == var.keep_images
    error_message = "keep_images is ${var.keep_images}; it must be a whole number, 1 or more."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the images; null for the encryption of ECR. A change replaces the repository."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of the repository."
  type        = map(string)
  default     = {}
  nullable    = false
}
