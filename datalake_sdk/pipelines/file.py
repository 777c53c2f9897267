"""Reads a pipeline file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datalake_sdk.errors import InvalidPipelineError, InvalidSettingError, PipelineFileError
from datalake_sdk.pipelines.definition import Pipeline, pipeline_from
from datalake_sdk.pipelines.expansion import expanded
from datalake_sdk.pipelines.rules import check_pipeline


def read_pipeline(file: Path) -> Pipeline:
    """Reads and checks a pipeline file, and expands its tasks.

    Raises:
        PipelineFileError: The file is missing or not valid YAML.
        InvalidPipelineError: A value has a wrong type, or rules are violated; all of them are listed.
    """
    content = _parsed(file)
    try:
        pipeline = expanded(pipeline_from(content, file.resolve().parent))
        check_pipeline(pipeline)
    except InvalidPipelineError as error:
        raise InvalidPipelineError(error.violations, file) from None
    except InvalidSettingError as error:
        raise InvalidPipelineError([error.message], file) from None
    return pipeline


def _parsed(file: Path) -> Any:
    import yaml

    from datalake_sdk.pipelines.terraform_yaml import TerraformLoader

    try:
        with file.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader=TerraformLoader)
    except OSError as error:
        raise PipelineFileError(file, error.strerror or str(error)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PipelineFileError(file, f"is not valid YAML: {error}") from None
