# Rejected datasets; test/contract compares the messages of the rules.

run "an_incomplete_dataset" {
  command = plan

  variables {
    datasets = { orders = { source_prefix = "sales/orders/" } }
  }

  expect_failures = [output.datasets]
}

run "overlapping_prefixes" {
  command = plan

  variables {
    datasets = {
      sales  = { team = "sales", pipeline = "files", source_prefix = "sales/" }
      orders = { team = "sales", pipeline = "files", source_prefix = "sales/orders/" }
    }
  }

  expect_failures = [output.datasets]
}

run "a_table_of_two_datasets" {
  command = plan

  variables {
    datasets = {
      sales  = { team = "sales", pipeline = "files", source_prefix = "a/", tables = { raw = { name = "sales.raw" } } }
      orders = { team = "sales", pipeline = "files", source_prefix = "b/", tables = { raw = { name = "sales.raw" } } }
    }
  }

  expect_failures = [output.datasets]
}
