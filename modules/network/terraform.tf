terraform {
  # Validations that refer to other variables require 1.9.
  # https://developer.hashicorp.com/terraform/language/v1.9.x/upgrade-guides
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}
