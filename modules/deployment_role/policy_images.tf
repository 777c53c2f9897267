data "aws_iam_policy_document" "images" {
  statement {
    sid = "Repositories"
    actions = [
      "ecr:CreateRepository",
      "ecr:DeleteLifecyclePolicy",
      "ecr:DeleteRepository",
      "ecr:DeleteRepositoryPolicy",
      "ecr:DescribeRepositories",
      "ecr:GetLifecyclePolicy",
      "ecr:GetRepositoryPolicy",
      "ecr:ListTagsForResource",
      "ecr:PutImageScanningConfiguration",
      "ecr:PutImageTagMutability",
      "ecr:PutLifecyclePolicy",
      "ecr:SetRepositoryPolicy",
      "ecr:TagResource",
      "ecr:UntagResource",
    ]
    resources = local.arns.images
  }

  # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = local.arns.images
  }

  # The action does not support resource-level permissions.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
  statement {
    sid       = "RegistryToken"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodeartifact.html
  statement {
    sid       = "CreatePackageRepository"
    actions   = ["codeartifact:CreateDomain", "codeartifact:CreateRepository"]
    resources = ["*"]

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
    sid = "PackageRepository"
    actions = [
      "codeartifact:AssociateExternalConnection",
      "codeartifact:DeleteDomain",
      "codeartifact:DeleteRepository",
      "codeartifact:DescribeDomain",
      "codeartifact:DescribeRepository",
      "codeartifact:DisassociateExternalConnection",
      "codeartifact:GetAuthorizationToken",
      "codeartifact:GetRepositoryEndpoint",
      "codeartifact:ListTagsForResource",
      "codeartifact:ReadFromRepository",
      "codeartifact:TagResource",
      "codeartifact:UntagResource",
      "codeartifact:UpdateRepository",
    ]
    resources = [
      "arn:${local.partition}:codeartifact:${local.account}:domain/${local.hyphenated}",
      "arn:${local.partition}:codeartifact:${local.account}:repository/${local.hyphenated}/*",
    ]
  }

  statement {
    sid       = "Packages"
    actions   = ["codeartifact:PublishPackageVersion", "codeartifact:PutPackageMetadata"]
    resources = ["arn:${local.partition}:codeartifact:${local.account}:package/${local.hyphenated}/*"]
  }

  # https://docs.aws.amazon.com/codeartifact/latest/ug/auth-and-access-control-permissions-reference.html
  statement {
    sid       = "PackageToken"
    actions   = ["sts:GetServiceBearerToken"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "sts:AWSServiceName"
      values   = ["codeartifact.amazonaws.com"]
    }
  }
}
