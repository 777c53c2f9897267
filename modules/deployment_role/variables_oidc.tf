variable "oidc_issuer_url" {
  description = <<-EOT
    Issuer of the tokens: `https://gitlab.com`, the URL of your GitLab, `https://token.actions.githubusercontent.com`,
    or `https://{host}/_services/token` of GitHub Enterprise Server. See [Subjects](#subjects).
  EOT
  type        = string
  nullable    = false

  validation {
    condition = can(regex("^https://[A-Za-z0-9.-]+(/[A-Za-z0-9._-]+)*$", var.oidc_issuer_url))
    error_message = join(" ", [
      "oidc_issuer_url is '${var.oidc_issuer_url}'; it must be an https URL without a port and a trailing '/', such as",
      "https://gitlab.com or https://token.actions.githubusercontent.com.",
    ])
  }
}

variable "oidc_audience" {
  description = <<-EOT
    Audience of the tokens, their claim `aud`. The default is `sts.amazonaws.com` for GitHub, as in
    aws-actions/configure-aws-credentials, and otherwise the URL of the issuer.
  EOT
  type        = string
  default     = null

  validation {
    condition = can(regex("^[^*?\\s]{1,255}$", coalesce(var.oidc_audience, "sts.amazonaws.com")))
    error_message = join(" ", [
      "oidc_audience is '${coalesce(var.oidc_audience, "null")}'; it must be the claim aud of the tokens, without '*'",
      "and '?', such as https://gitlab.com or sts.amazonaws.com.",
    ])
  }
}

variable "oidc_subjects" {
  description = <<-EOT
    Subjects of the tokens, their claim `sub`: the repositories with the branches, tags or environments whose jobs may
    assume the role. `*` and `?` are allowed after the owner or the top-level group. See [Subjects](#subjects).
  EOT
  type        = set(string)
  nullable    = false

  validation {
    condition = length(var.oidc_subjects) > 0
    error_message = join(" ", [
      "oidc_subjects is empty, so every token of the issuer would match; list subjects, such as",
      "'${local.valid_subject}'.",
    ])
  }

  validation {
    # https://docs.github.com/en/actions/reference/security/oidc#filtering-for-a-specific-branch
    # https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
    condition = alltrue([for subject in var.oidc_subjects : can(regex(local.subject_pattern, subject))])
    error_message = join(" ", [
      "oidc_subjects contains '${join("', '", [
        for subject in var.oidc_subjects : subject if !can(regex(local.subject_pattern, subject))
      ])}', which is not a subject of ${var.oidc_issuer_url} or matches repositories of other owners. The owner or the",
      "top-level group must be given without '*' and '?', and so must the kind of reference: for example",
      "'${local.valid_subject}'.",
    ])
  }
}

variable "create_oidc_provider" {
  description = <<-EOT
    Whether the module creates the OIDC provider of the issuer. An account can have only one for each issuer, so set it
    to false if the account already has it, for example from another role of this module.
  EOT
  type        = bool
  default     = true
  nullable    = false
}
