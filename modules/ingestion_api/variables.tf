variable "name" {
  description = "Name of the API, unique in its domain."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$", var.name))
    error_message = "name is '${var.name}'; it must be lowercase letters and digits, with single '_' between them."
  }
}

variable "domain_object" {
  description = <<-EOT
    Output `domain_object` of domain_factory, or the module itself.
    [Attributes](../domain_object/README.md#domain_object).
  EOT
  type        = any
  nullable    = false

  validation {
    condition = can(lookup(var.domain_object, "domain_object", var.domain_object).environment)
    error_message = join(" ", [
      "domain_object must be the module domain_factory or its output of that name, such as",
      "module.domain.domain_object.",
    ])
  }
}

variable "table" {
  description = "Table to write, `database.table` without the prefix of the stage. Its database must exist."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$", var.table))
    error_message = "table is '${var.table}'; it must be database.table, without the prefix of the stage."
  }
}

variable "table_file" {
  description = "Path of the table file, `{table}.yaml`, which declares the types of all columns."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.table_file)
    error_message = "table_file '${var.table_file}' does not exist."
  }

  validation {
    condition = (
      !fileexists(var.table_file)
      || try(length(yamldecode(file(var.table_file)).schema), 0) > 0
      && alltrue([for name, column in try(yamldecode(file(var.table_file)).schema, {}) : can(tostring(column.type))])
    )
    error_message = join(" ", [
      "table_file '${var.table_file}' must declare the types of all columns, such as",
      "schema: {id: {type: long, required: true}}.",
    ])
  }
}

variable "ingestion_mode" {
  description = "`append`, or `upsert` to update rows by key."
  type        = string
  default     = "append"
  nullable    = false

  validation {
    condition     = contains(["append", "upsert"], var.ingestion_mode)
    error_message = "ingestion_mode is '${var.ingestion_mode}'; it must be append or upsert."
  }
}

variable "upsert_keys" {
  description = "Columns that identify a row; required by `upsert`."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = (length(var.upsert_keys) > 0) == (var.ingestion_mode == "upsert")
    error_message = "upsert_keys are required if ingestion_mode is upsert, and must be empty otherwise."
  }

  validation {
    condition = alltrue([
      for key in var.upsert_keys : contains(keys(try(yamldecode(file(var.table_file)).schema, {})), key)
    ])
    error_message = "upsert_keys are ${jsonencode(var.upsert_keys)}; they must be columns of the table file."
  }
}

variable "partition_keys" {
  description = "Columns or transforms such as `day(at)`; empty keeps the partitioning of the table or its file."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "authorizer" {
  description = "How clients authenticate: `IAM`, with signed requests, or `JWT`, with tokens of `jwt_issuer`."
  type        = string
  default     = "IAM"
  nullable    = false

  validation {
    condition     = contains(["IAM", "JWT"], var.authorizer)
    error_message = "authorizer is '${var.authorizer}'; it must be IAM or JWT."
  }
}

variable "jwt_issuer" {
  description = "URL of the OpenID Connect provider that issues tokens; required by `JWT`."
  type        = string
  default     = null

  validation {
    condition     = (var.jwt_issuer != null) == (var.authorizer == "JWT")
    error_message = "jwt_issuer is required if authorizer is JWT, and has no effect otherwise."
  }

  validation {
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    condition     = var.jwt_issuer == null || startswith(coalesce(var.jwt_issuer, "-"), "https://")
    error_message = "jwt_issuer is '${coalesce(var.jwt_issuer, "-")}'; it must start with https://."
  }
}

variable "jwt_audience" {
  description = "Audiences of accepted tokens: `aud`, or `client_id` if a token has no `aud`; required by `JWT`."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = (length(var.jwt_audience) > 0) == (var.authorizer == "JWT")
    error_message = "jwt_audience is required if authorizer is JWT, and has no effect otherwise."
  }
}

variable "jwt_scopes" {
  description = "A token must have one of these scopes; empty accepts all tokens of the issuer for the audience."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.jwt_scopes) == 0 || var.authorizer == "JWT"
    error_message = "jwt_scopes have no effect if authorizer is IAM."
  }
}

variable "throttle_rate" {
  description = "Requests per second that are accepted on average; requests over this rate are rejected with 429."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.throttle_rate > 0
    error_message = "throttle_rate is ${var.throttle_rate}; it must be greater than 0."
  }
}

variable "throttle_burst" {
  description = "Requests that are accepted at once."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.throttle_burst >= 1 && floor(var.throttle_burst) == var.throttle_burst
    error_message = "throttle_burst is ${var.throttle_burst}; it must be a whole number, 1 or more."
  }
}

variable "commit_seconds" {
  description = "Longest time between the acceptance of a request and the start of its commit."
  type        = number
  default     = 60
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    condition     = contains(range(1, 301), var.commit_seconds)
    error_message = "commit_seconds is ${var.commit_seconds}; it must be a whole number from 1 to 300."
  }
}

variable "max_requests_per_commit" {
  description = "Requests after which a commit starts earlier; it also starts after 6 MB of compressed rows."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition = (
      var.max_requests_per_commit >= 1 && var.max_requests_per_commit <= 10000
      && floor(var.max_requests_per_commit) == var.max_requests_per_commit
    )
    error_message = join(" ", [
      "max_requests_per_commit is ${var.max_requests_per_commit}; it must be a whole number from 1 to 10000.",
    ])
  }
}

variable "writer_memory" {
  description = "Memory of the function that writes, in MB; 1,769 MB have one CPU."
  type        = number
  default     = 2048
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    condition = (
      var.writer_memory >= 512 && var.writer_memory <= 10240 && floor(var.writer_memory) == var.writer_memory
    )
    error_message = "writer_memory is ${var.writer_memory}; it must be a whole number from 512 to 10240."
  }
}
