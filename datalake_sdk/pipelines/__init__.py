"""Pipelines as files: parsing, rules, order of tasks and parameters. Pure, and equal to pipeline_factory."""
