# All rules of the bundled rule set, except those that are disabled here with a reason.

config {
  call_module_type = "none" # the tests of each module check its calls, with values
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

# A module has a file for each entity instead of main.tf, and several files with variables.
rule "terraform_standard_module_structure" {
  enabled = false
}
