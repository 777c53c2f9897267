# The examples can be planned.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "minimal" {
  command = plan

  module {
    source = "./examples/minimal"
  }

  assert {
    condition     = output.domain_object.environment == "shop_sales_dev" && output.domain_object.emr_serverless == null
    error_message = "The minimal domain has another name, or has Spark."
  }
}

run "complete" {
  command = plan

  module {
    source = "./examples/complete"
  }

  variables {
    data_steward_arns = ["arn:aws:iam::111122223333:role/data_steward"]
  }

  assert {
    condition = { for name, layer in output.domain_object.layers : name => layer.database } == {
      domain  = "dev_sales"
      raw     = "dev_sales_raw"
      trusted = "dev_sales_trusted"
      service = "dev_sales_products"
    }
    error_message = "The databases of the layers have other names."
  }
}

run "private_network" {
  command = plan

  module {
    source = "./examples/private_network"
  }

  assert {
    condition     = !output.domain_object.network.assign_public_ip
    error_message = "Tasks in the private network have public IP addresses."
  }
}
