# Who may assume the role: subjects that match repositories of other owners are rejected.

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

variables {
  project_name    = "shop"
  domain_name     = "sales"
  oidc_issuer_url = "https://gitlab.example.com"
  oidc_subjects   = ["project_path:shop/sales:ref_type:branch:ref:main"]
}

run "a_gitlab_token_must_have_the_audience_and_a_subject" {
  command = plan

  assert {
    condition = one(jsondecode(data.aws_iam_policy_document.trust.json).Statement) == {
      Sid       = "CiJobs"
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/gitlab.example.com" }
      Condition = {
        StringEquals = { "gitlab.example.com:aud" = "https://gitlab.example.com" }
        StringLike   = { "gitlab.example.com:sub" = "project_path:shop/sales:ref_type:branch:ref:main" }
      }
    }
    error_message = "The trust policy is ${data.aws_iam_policy_document.trust.json}."
  }

  assert {
    condition = (
      one(values(aws_iam_openid_connect_provider.this)).client_id_list == toset(["https://gitlab.example.com"])
    )
    error_message = "The provider accepts other audiences."
  }
}

run "subjects_of_github_are_accepted" {
  command = plan

  variables {
    oidc_issuer_url      = "https://token.actions.githubusercontent.com"
    create_oidc_provider = false
    oidc_subjects = [
      "repo:shop/sales:ref:refs/heads/*",
      "repo:shop/sales:ref:refs/tags/v1",
      "repo:shop/sales-*:environment:production",
      "repo:shop/sales:pull_request",
      "repo:shop@123456/sales@456789:ref:refs/heads/main",
      "repo:shop@123456/*:environment:production",
    ]
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0 && local.audience == "sts.amazonaws.com"
    error_message = "The audience is ${local.audience}."
  }
}

run "subjects_of_github_enterprise_server_are_accepted" {
  command = plan

  variables {
    oidc_issuer_url = "https://github.example.com/_services/token"
    oidc_subjects   = ["repo:shop/sales:ref:refs/heads/main"]
  }

  assert {
    condition     = local.audience == "sts.amazonaws.com"
    error_message = "The audience is ${local.audience}."
  }
}

run "subjects_in_groups_of_gitlab_are_accepted" {
  command = plan

  variables {
    oidc_audience = "aws"
    oidc_subjects = [
      "project_path:shop/data/sales:ref_type:branch:ref:*",
      "project_path:shop/*:ref_type:tag:ref:v*",
    ]
  }

  assert {
    condition     = length(local.audience) == 3
    error_message = "The audience is ${local.audience}."
  }
}

run "no_subject_is_rejected" {
  command = plan

  variables {
    oidc_subjects = []
  }

  expect_failures = [var.oidc_subjects]
}

run "a_subject_that_matches_everything_is_rejected" {
  command = plan

  variables {
    oidc_subjects = ["*"]
  }

  expect_failures = [var.oidc_subjects]
}

run "a_subject_that_matches_every_project_is_rejected" {
  command = plan

  variables {
    oidc_subjects = ["project_path:*"]
  }

  expect_failures = [var.oidc_subjects]
}

run "a_subject_that_matches_every_group_is_rejected" {
  command = plan

  variables {
    oidc_subjects = ["project_path:*/sales:ref_type:branch:ref:main"]
  }

  expect_failures = [var.oidc_subjects]
}

run "a_subject_without_a_reference_is_rejected" {
  command = plan

  variables {
    oidc_subjects = ["project_path:shop/sales:*"]
  }

  expect_failures = [var.oidc_subjects]
}

run "a_subject_that_matches_every_repository_of_github_is_rejected" {
  command = plan

  variables {
    oidc_issuer_url = "https://token.actions.githubusercontent.com"
    oidc_subjects   = ["repo:*"]
  }

  expect_failures = [var.oidc_subjects]
}

run "a_subject_that_matches_every_owner_on_github_is_rejected" {
  command = plan

  variables {
    oidc_issuer_url = "https://token.actions.githubusercontent.com"
    oidc_subjects   = ["repo:*/sales:ref:refs/heads/main"]
  }

  expect_failures = [var.oidc_subjects]
}

run "a_subject_with_a_pattern_instead_of_the_id_of_the_owner_is_rejected" {
  command = plan

  variables {
    oidc_issuer_url = "https://token.actions.githubusercontent.com"
    oidc_subjects   = ["repo:shop@*/sales:ref:refs/heads/main"]
  }

  expect_failures = [var.oidc_subjects]
}

run "a_subject_of_another_issuer_is_rejected" {
  command = plan

  variables {
    oidc_issuer_url = "https://token.actions.githubusercontent.com"
    oidc_subjects   = ["project_path:shop/sales:ref_type:branch:ref:main"]
  }

  expect_failures = [var.oidc_subjects]
}

run "malformed_values_are_rejected" {
  command = plan

  variables {
    project_name    = "shop-eu"
    domain_name     = "*"
    stage_name      = "f*x"
    role_path       = "datalake"
    database_names  = []
    kms_key_arns    = ["alias/lake"]
    state_bucket    = "shop-states"
    oidc_issuer_url = "http://gitlab.example.com/"
    oidc_audience   = "*"
  }

  expect_failures = [
    var.project_name,
    var.domain_name,
    var.stage_name,
    var.role_path,
    var.database_names,
    var.kms_key_arns,
    var.state_keys,
    var.oidc_issuer_url,
    var.oidc_audience,
  ]
}

run "malformed_names_of_the_backend_are_rejected" {
  command = plan

  variables {
    state_bucket     = "arn:aws:s3:::shop-states"
    state_lock_table = "*"
  }

  expect_failures = [var.state_bucket, var.state_lock_table]
}

run "state_keys_that_match_every_state_are_rejected" {
  command = plan

  variables {
    state_bucket = "shop-states"
    state_keys   = ["?*"]
  }

  expect_failures = [var.state_keys]
}

run "state_keys_without_a_bucket_are_rejected" {
  command = plan

  variables {
    state_keys = ["sales.tfstate"]
  }

  expect_failures = [var.state_keys]
}

run "a_boundary_that_the_role_could_change_is_rejected" {
  command = plan

  variables {
    permissions_boundary_arn     = "arn:aws:iam::111122223333:policy/shop_sales_boundary"
    own_permissions_boundary_arn = "arn:aws:iam::111122223333:policy/shop_sales_boundary"
  }

  expect_failures = [var.permissions_boundary_arn, var.own_permissions_boundary_arn]
}

run "a_boundary_that_is_not_a_policy_is_rejected" {
  command = plan

  variables {
    permissions_boundary_arn     = "arn:aws:iam::111122223333:role/boundary"
    own_permissions_boundary_arn = "boundary"
  }

  expect_failures = [var.permissions_boundary_arn, var.own_permissions_boundary_arn]
}
