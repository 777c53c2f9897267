mock_data "aws_caller_identity" {
  defaults = {
    account_id = "111122223333"
    arn        = "arn:aws:sts::111122223333:assumed-role/platform/terraform"
  }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { id = "eu-west-1" }
}

mock_data "aws_lakeformation_data_lake_settings" {
  defaults = { admins = ["arn:aws:iam::111122223333:role/teams/platform"] }
}

mock_data "aws_vpcs" {
  defaults = { ids = ["vpc-1"] }
}

mock_data "aws_subnets" {
  defaults = { ids = ["subnet-2", "subnet-1"] }
}

mock_data "aws_availability_zones" {
  defaults = {
    names    = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    zone_ids = ["euw1-az3", "euw1-az1", "euw1-az2"]
  }
}

mock_data "aws_vpc_endpoint_service" {
  defaults = { availability_zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
}

mock_data "aws_iam_policy_document" {
  defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
}

mock_resource "aws_bedrock_inference_profile" {
  defaults = { arn = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc" }
}

mock_resource "aws_codeartifact_domain" {
  defaults = { owner = "111122223333" }
}

mock_resource "aws_codeartifact_repository" {
  defaults = { domain_owner = "111122223333" }
}

mock_data "aws_codeartifact_repository_endpoint" {
  defaults = {
    repository_endpoint = "https://shop-sales-dev.d.codeartifact.eu-west-1.amazonaws.com/pypi/python/"
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = { arn = "arn:aws:events:eu-west-1:111122223333:rule/rule" }
}

mock_resource "aws_ecs_cluster" {
  defaults = { arn = "arn:aws:ecs:eu-west-1:111122223333:cluster/cluster" }
}

mock_resource "aws_emrserverless_application" {
  defaults = { arn = "arn:aws:emr-serverless:eu-west-1:111122223333:/applications/abc" }
}

mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws:iam::111122223333:policy/policy" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::111122223333:role/role" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:function" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:topic" }
}
