mock_provider "aws" {
  override_during = plan

  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:eu-west-1:123456789012:repository/shop_sales_dev_orders_load"
      repository_url = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop_sales_dev_orders_load"
    }
  }
}

variables {
  repository_name = "shop_sales_dev_orders_load"
  dockerfile      = "tests/fixture/Dockerfile"
  context = {
    "code"             = "tests/fixture/code"
    "requirements.txt" = "tests/fixture/requirements.txt"
  }
}

run "secure_by_default" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "Tags are mutable."
  }

  assert {
    condition     = aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "Images are not scanned on push."
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "AES256"
    error_message = "Without a key, images are not encrypted with AES256."
  }

  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[0].selection.countNumber == 10
    error_message = "The lifecycle policy does not keep ten images."
  }

  assert {
    condition     = can(regex("/shop_sales_dev_orders_load:[0-9a-f]{16}$", output.image_uri))
    error_message = "The tag is not a hash of the content: ${output.image_uri}."
  }
}

run "images_are_encrypted_with_the_given_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0f0e0d0c-1111-2222-3333-444455556666"
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "KMS"
    error_message = "Images are not encrypted with the given key."
  }
}

run "linked_folders_are_part_of_the_context_and_caches_are_not" {
  command = plan

  variables {
    context = { "sdk" = "tests/fixture", "here/Dockerfile" = "tests/fixture/Dockerfile" }
  }

  assert {
    condition = keys(local.files) == [
      "here/Dockerfile", "sdk/Dockerfile", "sdk/code/main.py", "sdk/code/shared/files.py", "sdk/requirements.txt",
      "sdk/shared/files.py",
    ]
    error_message = "The context contains ${join(", ", keys(local.files))}."
  }
}

run "the_container_program_does_not_change_the_tag" {
  command = plan

  variables {
    container_cli = "podman"
    keep_images   = 3
    tags          = { project_name = "shop" }
  }

  assert {
    condition     = output.image_uri == run.secure_by_default.image_uri
    error_message = "The tag changed."
  }
}

run "code_changes_the_tag" {
  command = plan

  variables {
    context = { "code" = "tests/fixture/code" }
  }

  assert {
    condition     = output.image_uri != run.secure_by_default.image_uri
    error_message = "The tag did not change."
  }
}

run "build_arguments_change_the_tag" {
  command = plan

  variables {
    build_arguments = { PIP_INDEX_URL = "https://packages.example.org/simple" }
  }

  assert {
    condition     = output.image_uri != run.secure_by_default.image_uri
    error_message = "The tag did not change."
  }
}

run "the_base_image_changes_the_tag" {
  command = plan

  variables {
    base_image = "python:3.13-slim"
  }

  assert {
    condition     = output.image_uri != run.secure_by_default.image_uri
    error_message = "The tag did not change."
  }
}

run "the_platform_changes_the_tag" {
  command = plan

  variables {
    platform = "linux/arm64"
  }

  assert {
    condition     = output.image_uri != run.secure_by_default.image_uri
    error_message = "The tag did not change."
  }
}

run "the_rebuild_trigger_changes_the_tag" {
  command = plan

  variables {
    additional_rebuild_trigger = "2026-01-31"
  }

  assert {
    condition     = output.image_uri != run.secure_by_default.image_uri
    error_message = "The tag did not change."
  }
}
