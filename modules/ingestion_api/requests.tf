# Accepted requests by their ids, and the outcomes of batches.
resource "aws_dynamodb_table" "requests" {
  name                        = local.full_name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = local.domain.prevent_destroy
  tags                        = local.tags

  attribute {
    name = "id"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = local.domain.kms_key_arn
  }
}
