"""The rules and the order of pipeline_factory, without the preconditions that enforce them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
PIPELINE_FACTORY = REPOSITORY / "pipeline_factory"
CONFIGURATION = PIPELINE_FACTORY / "modules/configuration"
ROOT = """
locals {
  golden = yamldecode(file("golden.yaml"))
  schema = jsondecode(file("schema.json"))

  attribute_errors = {
    for name, case in local.golden.attribute_cases : name => compact(split("\\n", templatefile("errors.tftpl", {
      schema = merge(local.schema, { trigger = local.schema["triggers.*"] })
      value = {
        tasks_configuration = try(case.pipeline.tasks, {})
        datasets            = try(case.datasets, {})
        trigger             = try(case.pipeline.trigger, {})
        triggers            = try(case.pipeline.triggers, {})
      }
    })))
  }
}

module "configuration" {
  source   = "./configuration"
  for_each = local.golden.cases

  pipeline_name = try(each.value.pipeline.pipeline_name, local.golden.defaults.pipeline_name)
  domain        = merge(local.golden.domain, try(each.value.domain, {}))
  for_each_dataset = try(each.value.pipeline.run_for_each, null) == "datasets"
  datasets = {
    for name, dataset in try(each.value.datasets, {}) : name => merge({ parameters = {}, tables = {} }, dataset)
  }
  triggers      = merge({ this = try(each.value.pipeline.trigger, {}) }, try(each.value.pipeline.triggers, {}))
  tasks_configuration = {
    for name, task in try(each.value.pipeline.tasks, local.golden.defaults.tasks) : name => merge(
      task,
      try({ additional_policy = tostring(task.additional_permissions), additional_permissions = {} }, {}),
      try({ for_each = merge(task.for_each, { items = jsonencode(task.for_each.items) }) }, {}),
    )
  }
}

module "datasets" {
  source   = "./datasets"
  for_each = local.golden.dataset_cases

  datasets = each.value.datasets
}

module "order" {
  source   = "./order"
  for_each = { for name, case in module.configuration : name => case.tasks if length(case.errors) == 0 }

  tasks = each.value
}

output "cases" {
  value = merge(
    { for name, errors in local.attribute_errors : name => { errors = errors } },
    { for name, case in module.datasets : name => { errors = case.errors } },
    { for name, case in module.configuration : name => { errors = case.errors } if length(case.errors) > 0 },
    { for name, order in module.order : name => { errors = order.errors } if length(order.errors) > 0 },
    {
      for name, order in module.order : name => merge({ levels = order.levels }, {
        for key, tasks in local.golden.cases[name] : key => {
          for task in keys(tasks) : task => {
            input_tables          = module.configuration[name].tasks[task].input_tables
            additional_parameters = module.configuration[name].tasks[task].additional_parameters
            output_tables = {
              for table, output in module.configuration[name].tasks[task].output_tables :
              table => { ingestion_mode = output.ingestion_mode, upsert_keys = output.upsert_keys }
            }
          }
        } if key == "tasks"
      }) if length(order.errors) == 0
    },
  )
}
"""
TASKS = """
output "tasks" {
  value = {
    for name, task in local.tasks_by_name :
    name => merge(task, { condition_tasks = local.condition_tasks[name] })
  }
}
"""
ORDER = """
variable "tasks" {
  type = any
}

locals {
  tasks = var.tasks
}

output "errors" {
  value = local.order_errors
}

output "levels" {
  value = local.levels
}
"""


def evaluated_cases(
    golden: Path, schema: Mapping[str, Mapping[str, list[str]]], folder: Path
) -> dict[str, dict[str, Any]]:
    """Evaluates all cases of a golden file in one plan.

    Args:
        golden: File with the cases.
        schema: Attributes of each object by type, as in configuration.tf.
        folder: Empty folder for the root module.

    Returns:
        `errors` of each invalid case, `levels` of each valid one, and those of its tasks that it lists in `tasks`.
    """
    (folder / "main.tf").write_text(ROOT)
    (folder / "golden.yaml").symlink_to(golden)
    (folder / "pipeline_factory").symlink_to(PIPELINE_FACTORY)
    (folder / "errors.tftpl").symlink_to(REPOSITORY / "modules/attributes/errors.tftpl")
    (folder / "schema.json").write_text(json.dumps(schema))
    _copy_rules(CONFIGURATION, folder / "configuration", TASKS)
    shutil.copytree(PIPELINE_FACTORY / "modules/dbt_models", folder / "dbt_models")
    _copy_rules(REPOSITORY / "modules/datasets", folder / "datasets")
    _copy_order(folder / "order")
    for command in (["init"], ["plan", "-out=plan.bin"]):
        _run(folder, *command)
    plan = json.loads(_run(folder, "show", "-json", "plan.bin"))
    cases: dict[str, dict[str, Any]] = plan["planned_values"]["outputs"]["cases"]["value"]
    return cases


def _copy_rules(source: Path, module: Path, outputs: str = "") -> None:
    shutil.copytree(source, module, ignore=shutil.ignore_patterns("tests", "outputs.tf", ".terraform*"))
    lists = re.findall(r"length\((local\.\w+_errors)\)", (source / "outputs.tf").read_text(encoding="utf-8"))
    (module / "outputs.tf").write_text(f'output "errors" {{\n  value = concat({", ".join(lists)})\n}}\n{outputs}')


def _copy_order(module: Path) -> None:
    shutil.copytree(PIPELINE_FACTORY / "modules/longest_paths", module / "modules/longest_paths")
    shutil.copy(PIPELINE_FACTORY / "order.tf", module)
    (module / "main.tf").write_text(ORDER)


def _run(folder: Path, *command: str) -> str:
    finished = subprocess.run(["terraform", *command], cwd=folder, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
