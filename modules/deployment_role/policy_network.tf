locals {
  created_network = [
    for kind in ["internet-gateway", "route-table", "security-group", "security-group-rule", "subnet", "vpc-endpoint"] :
    "${local.ec2_arn}:${kind}/*"
  ]
}

# IDs in the network are not known before they exist: tags restrict them.
data "aws_iam_policy_document" "network" {
  # These actions do not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
  statement {
    sid = "DescribeNetwork"
    actions = [
      "ec2:DescribeAvailabilityZones",
      "ec2:DescribeInternetGateways",
      "ec2:DescribeNetworkAcls",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribePrefixLists",
      "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroupRules",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcEndpointServices",
      "ec2:DescribeVpcEndpoints",
      "ec2:DescribeVpcs",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "DescribeVpc"
    actions   = ["ec2:DescribeVpcAttribute"]
    resources = ["${local.ec2_arn}:vpc/*"]
  }

  statement {
    sid       = "CreateVpc"
    actions   = ["ec2:CreateVpc"]
    resources = ["${local.ec2_arn}:vpc/*"]

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "CreateNetwork"
    actions = [
      "ec2:AuthorizeSecurityGroupEgress",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:CreateInternetGateway",
      "ec2:CreateRouteTable",
      "ec2:CreateSecurityGroup",
      "ec2:CreateSubnet",
      "ec2:CreateVpcEndpoint",
    ]
    resources = local.created_network

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid       = "TagCreatedNetwork"
    actions   = ["ec2:CreateTags"]
    resources = concat(["${local.ec2_arn}:vpc/*"], local.created_network)

    condition {
      test     = "StringLike"
      variable = "ec2:CreateAction"
      values   = ["AuthorizeSecurityGroup*", "Create*"]
    }

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  # The VPC of the platform has other tags.
  statement {
    sid       = "SecurityGroupsInVpc"
    actions   = ["ec2:CreateSecurityGroup"]
    resources = ["${local.ec2_arn}:vpc/*"]
  }

  # The default security group of a VPC is created without tags; the factory tags it and removes its rules.
  statement {
    sid       = "TagDefaultSecurityGroup"
    actions   = ["ec2:CreateTags"]
    resources = ["${local.ec2_arn}:security-group/*"]

    condition {
      test     = "Null"
      variable = "aws:ResourceTag/project_name"
      values   = ["true"]
    }

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "ManageNetwork"
    actions = [
      "ec2:AssociateRouteTable",
      "ec2:AttachInternetGateway",
      "ec2:AuthorizeSecurityGroupEgress",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:CreateRoute",
      "ec2:CreateRouteTable",
      "ec2:CreateSubnet",
      "ec2:CreateTags",
      "ec2:CreateVpcEndpoint",
      "ec2:DeleteInternetGateway",
      "ec2:DeleteRoute",
      "ec2:DeleteRouteTable",
      "ec2:DeleteSecurityGroup",
      "ec2:DeleteSubnet",
      "ec2:DeleteTags",
      "ec2:DeleteVpc",
      "ec2:DeleteVpcEndpoints",
      "ec2:DetachInternetGateway",
      "ec2:DisassociateRouteTable",
      "ec2:ModifySecurityGroupRules",
      "ec2:ModifySubnetAttribute",
      "ec2:ModifyVpcAttribute",
      "ec2:ModifyVpcEndpoint",
      "ec2:ReplaceRouteTableAssociation",
      "ec2:RevokeSecurityGroupEgress",
      "ec2:RevokeSecurityGroupIngress",
    ]
    resources = concat(["${local.ec2_arn}:vpc/*"], local.created_network)

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringLike"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }
}
