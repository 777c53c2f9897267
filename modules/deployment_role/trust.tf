locals {
  issuer = trimprefix(var.oidc_issuer_url, "https://")
  # https://docs.github.com/en/enterprise-server@latest/actions/reference/security/oidc
  is_github = can(regex("^token\\.actions\\.|/_services/token$", local.issuer))
  audience  = coalesce(var.oidc_audience, local.is_github ? "sts.amazonaws.com" : var.oidc_issuer_url)

  subject_pattern = local.is_github ? join("", [
    "^repo:[A-Za-z0-9_.-]+(@[0-9]+)?/[A-Za-z0-9_.*?-]+(@[0-9*?]+)?:",
    "(ref:refs/(heads|tags)/.+|environment:.+|pull_request)$",
    ]) : join("", [
    "^project_path:[A-Za-z0-9_.-]+/[A-Za-z0-9_./*?-]+:",
    "ref_type:(branch|tag):ref:.+$",
  ])
  valid_subject = (
    local.is_github ? "repo:shop/sales:ref:refs/heads/main" : "project_path:shop/sales:ref_type:branch:ref:main"
  )
}

resource "aws_iam_openid_connect_provider" "this" {
  for_each = toset(var.create_oidc_provider ? [var.oidc_issuer_url] : [])

  url            = each.value
  client_id_list = [local.audience]
  tags           = var.tags
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "CiJobs"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:oidc-provider/${local.issuer}"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = [local.audience]
    }

    condition {
      test     = "StringLike"
      variable = "${local.issuer}:sub"
      values   = var.oidc_subjects
    }
  }
}
