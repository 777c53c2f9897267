# How the SDK gets into images, with CodeArtifact and without.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_codeartifact_authorization_token" {
    defaults = { authorization_token = "secret" }
  }
}

run "without_codeartifact_the_wheel_is_built_into_the_images" {
  command = plan

  assert {
    condition     = can(regex("^\\d+\\.\\d+\\.\\d+\\+h[0-9a-f]{12}$", output.version))
    error_message = "The version is ${output.version}."
  }

  assert {
    condition     = endswith(output.context_command, "/package.sh' build ${output.version} dist")
    error_message = "The command is ${output.context_command}."
  }

  assert {
    condition     = output.pip_configuration == "" && length(terraform_data.published) == 0
    error_message = "The SDK is published, or installed from an index."
  }
}

run "with_codeartifact_the_same_version_is_published_and_installed_from_there" {
  command = plan

  variables {
    codeartifact = {
      domain   = "shop-sales-dev"
      endpoint = "https://shop.d.codeartifact.eu-west-1.amazonaws.com/pypi/python/"
    }
  }

  assert {
    condition     = output.version == run.without_codeartifact_the_wheel_is_built_into_the_images.version
    error_message = "The version is ${output.version}."
  }

  assert {
    condition     = output.context_command == "mkdir dist" && length(terraform_data.published) == 1
    error_message = "The wheel is not published."
  }

  assert {
    condition = output.pip_configuration == join("", [
      "[global]\nindex-url = ",
      "https://aws:secret@shop.d.codeartifact.eu-west-1.amazonaws.com/pypi/python/simple/",
    ])
    error_message = "The pip configuration is ${nonsensitive(output.pip_configuration)}."
  }
}
