output "domain_object" {
  description = <<-EOT
    Names, ARNs and settings of the domain: the variable `domain_object` of `pipeline_factory`. [Its
    attributes](../modules/domain_object/README.md).
  EOT
  value       = module.domain_object.domain_object

  # The ARN of the table bucket in it is built from its name.
  depends_on = [module.table_bucket]
}

output "consumer_policy_arn" {
  description = "Policy of the consumer group `consumer`; null if there is no such group."
  value       = one([for group, policy in aws_iam_policy.consumer : policy.arn if group == "consumer"])
}

output "consumer_policy_arns" {
  description = "Policies for read-only users and tools by consumer group."
  value       = { for group, policy in aws_iam_policy.consumer : group => policy.arn }
}

output "redshift_copy_role_arn" {
  description = "Role with which Redshift loads staged rows; null without the role."
  value       = one([for role in aws_iam_role.redshift_copy : role.arn])
}

output "sandbox_images" {
  description = "Images with the SDK and Jupyter by engine: `python`, and `emr` if the domain has Spark."
  value = merge(
    { python = module.sandbox_image.image_uri },
    { for image in module.emr_sandbox_image : "emr" => image.image_uri },
  )
}

output "dashboard_url" {
  description = "URL of the dashboard; null without a dashboard."
  value = one([
    for name in keys(aws_cloudwatch_dashboard.this) :
    "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${name}"
  ])
}

output "emr_studio_url" {
  description = "URL of EMR Studio, for notebooks on the EMR Serverless application; null without EMR Studio."
  value       = one([for studio in aws_emr_studio.this : studio.url])
}

output "emr_studio_user_policy_arn" {
  description = "Policy for users of EMR Studio, including its interactive runtime role; null without EMR Studio."
  value       = one([for policy in aws_iam_policy.emr_studio_users : policy.arn])
}

output "model_profile_arns" {
  description = "ARNs of the application inference profiles by size; empty without Bedrock profiles."
  value       = { for size, profile in aws_bedrock_inference_profile.this : size => profile.arn }
}
