output "domain_object" {
  description = "Names, ARNs and settings of the domain: the variable `domain_object` of `pipeline_factory`. [Its attributes](../modules/domain_object/README.md)."
  value       = module.domain_object.domain_object
}

output "consumer_policy_arn" {
  description = "Policy for people and tools that only read."
  value       = aws_iam_policy.consumer.arn
}

output "sandbox_images" {
  description = "Images with the SDK and Jupyter, by engine: `python`, and `emr` where the domain has Spark."
  value       = merge({ python = module.sandbox_image.image_uri }, { for image in module.emr_sandbox_image : "emr" => image.image_uri })
}

output "emr_studio_url" {
  description = "Where notebooks on the EMR Serverless application are; null without EMR Studio."
  value       = one([for studio in aws_emr_studio.this : studio.url])
}

output "model_profile_arns" {
  description = "Application inference profiles by size; empty without Bedrock profiles."
  value       = { for size, profile in aws_bedrock_inference_profile.this : size => profile.arn }
}
