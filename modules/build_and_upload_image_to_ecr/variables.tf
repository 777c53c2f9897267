variable "repository_name" {
  description = "Name of the ECR repository."
  type        = string
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    condition     = can(regex("^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$", var.repository_name))
    error_message = "repository_name is '${var.repository_name}'; ECR takes lower-case letters and digits, with single '.', '_', '-' or '/' between them."
  }

  validation {
    condition     = length(var.repository_name) >= 2 && length(var.repository_name) <= 256
    error_message = "repository_name has ${length(var.repository_name)} characters; ECR takes 2 to 256."
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
  description = "What the Dockerfile may copy: path inside the build context => source file or folder. Caches of Python and tools stay out."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for source in values(var.context) : try(fileexists(source), length(fileset(source, "**")) > 0)])
    error_message = "No file at: ${join(", ", [for source in values(var.context) : source if !try(fileexists(source), length(fileset(source, "**")) > 0)])}."
  }

  validation {
    condition     = alltrue([for target in keys(var.context) : can(regex("^[\\w.-]+(?:/[\\w.-]+)*$", target)) && !contains(split("/", target), "..")])
    error_message = "A key of context is a relative path inside the build context, such as 'code' or 'sdk/pyproject.toml'; given: ${join(", ", keys(var.context))}."
  }
}

variable "build_arguments" {
  description = "Values for the Dockerfile's ARG instructions. They stay in the image's history: no secrets."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.build_arguments : can(regex("^[A-Za-z_]\\w*$", name)) && !strcontains(value, "\n")])
    error_message = "A build argument has a name of letters, digits and '_', and a value of one line; given: ${join(", ", keys(var.build_arguments))}."
  }
}

variable "pip_configuration" {
  description = "Text of a pip.conf, given to the build as its secret `pip.conf`: for an index with a password, which stays out of the image."
  type        = string
  default     = ""
  nullable    = false
  sensitive   = true
}

variable "base_image" {
  description = "Image to build on, given as build argument BASE_IMAGE; the Dockerfile's own default if null."
  type        = string
  default     = null
}

variable "platform" {
  description = "Platform that the image is for, as in linux/amd64."
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
  description = "Another value builds the image anew, for example a date when the base image has been mended."
  type        = string
  default     = ""
  nullable    = false
}

variable "keep_images" {
  description = "Number of images that the repository keeps; older ones are removed."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.keep_images >= 1 && floor(var.keep_images) == var.keep_images
    error_message = "keep_images is ${var.keep_images}; it must be a whole number, 1 or more."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the images; ECR's own encryption if null. Another key replaces the repository."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of the repository."
  type        = map(string)
  default     = {}
  nullable    = false
}
