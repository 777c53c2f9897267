from __future__ import annotations

from doc_resources import terraform_reference

VARIABLES = """
variable "tags" {
  description = "Tags, as in `{ a = \\"b|c\\" }`."
  type        = map(string)
  default     = {}
}

variable "tasks" {
  description = <<-EOT
    Tasks
    by name.
  EOT
  type = map(object({
    path  = string
    infra = optional(string, "ECS")
  }))

  validation {
    condition     = length(var.tasks) > 0
    error_message = "tasks is empty."
  }
}
"""
README = """# module

<!-- BEGIN INPUTS -->
old
<!-- END INPUTS -->
between
<!-- BEGIN OUTPUTS -->
<!-- END OUTPUTS -->
after
"""
FILLED = """# module

<!-- BEGIN INPUTS -->

| Name | Description | Type | Default |
| --- | --- | --- | --- |
| `tasks` | Tasks by name. | [`map(object)`](#tasks) | required |
| `tags` | Tags, as in `{ a = "b\\|c" }`. | `map(string)` | `{}` |

### tasks

```hcl
map(object({
  path  = string
  infra = optional(string, "ECS")
}))
```

<!-- END INPUTS -->
between
<!-- BEGIN OUTPUTS -->

| Name | Description |
| --- | --- |
| `arn` | ARN of it. |

<!-- END OUTPUTS -->
after
"""


def test_a_readme_contains_the_inputs_and_outputs_of_its_module(tmp_path):
    (tmp_path / "variables.tf").write_text(VARIABLES)
    (tmp_path / "outputs.tf").write_text('output "arn" {\n  description = "ARN of it."\n  value       = local.arn\n}\n')
    (tmp_path / "README.md").write_text(README)
    filled = terraform_reference.with_reference(tmp_path / "README.md")
    assert filled == FILLED
    (tmp_path / "README.md").write_text(filled)
    assert terraform_reference.with_reference(tmp_path / "README.md") == FILLED


def test_a_readme_without_outputs_section_only_contains_the_inputs(tmp_path):
    (tmp_path / "variables.tf").write_text(VARIABLES)
    (tmp_path / "README.md").write_text(README.partition("between")[0])
    assert terraform_reference.with_reference(tmp_path / "README.md") == FILLED.partition("between")[0]
