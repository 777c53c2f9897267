mock_provider "aws" {}

variables {
  repository_name = "shop_sales_dev_orders_load"
  dockerfile      = "tests/fixture/Dockerfile"
}

run "invalid_repository_name" {
  command = plan

  variables {
    repository_name = "Shop-Sales"
  }

  expect_failures = [var.repository_name]
}

run "repository_name_over_the_limit" {
  command = plan

  variables {
    repository_name = join("", [for _ in range(257) : "a"])
  }

  expect_failures = [var.repository_name]
}

run "missing_dockerfile" {
  command = plan

  variables {
    dockerfile = "tests/fixture/Containerfile"
  }

  expect_failures = [var.dockerfile]
}

run "missing_source" {
  command = plan

  variables {
    context = { code = "tests/fixture/kode" }
  }

  expect_failures = [terraform_data.image]
}

run "target_outside_of_the_context" {
  command = plan

  variables {
    context = { "../code" = "tests/fixture/code" }
  }

  expect_failures = [terraform_data.image]
}

run "build_argument_without_a_name" {
  command = plan

  variables {
    build_arguments = { "" = "1" }
  }

  expect_failures = [var.build_arguments]
}

run "build_argument_with_a_line_break" {
  command = plan

  variables {
    build_arguments = { A = "1\n2" }
  }

  expect_failures = [var.build_arguments]
}

run "unknown_platform" {
  command = plan

  variables {
    platform = "windows"
  }

  expect_failures = [var.platform]
}

run "unknown_container_cli" {
  command = plan

  variables {
    container_cli = "kaniko"
  }

  expect_failures = [var.container_cli]
}

run "keep_images_below_one" {
  command = plan

  variables {
    keep_images = 0
  }

  expect_failures = [var.keep_images]
}
