"""Converts events to and from OpenLineage: https://openlineage.io/docs/spec/object-model.

Standard facets:
- runs: `parent`, `nominalTime`, `processing_engine`, `errorMessage`;
- jobs: `jobType`, `sql`, `sourceCodeLocation`;
- tables: `symlinks` (the name in the catalog), `version` (the snapshot), `schema`, `columnLineage`,
  `dataQualityAssertions`, `lifecycleStateChange`; outputs also have `outputStatistics`.

Facets of the SDK: `datalakeSdk_run`, `datalakeSdk_error` and `datalakeSdk_cost`; their schema is
doc_resources/openlineage/DatalakeSdkFacets.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from datalake_sdk.ledger.model import (
    Check,
    Column,
    ColumnSource,
    Cost,
    Engine,
    Event,
    EventType,
    Input,
    Job,
    Output,
    Parent,
    Run,
    RunError,
    RunKind,
)
from datalake_sdk.ledger.names import external_identity, external_path, is_external

PRODUCER = "https://pypi.org/project/datalake-sdk"
_SPECIFICATION = "https://openlineage.io/spec"
_EVENT_SCHEMA = f"{_SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_OWN_FACETS = f"{PRODUCER}/openlineage/DatalakeSdkFacets.json"
_INDIRECT = ("FILTER", "JOIN", "GROUP_BY", "SORT", "WINDOW", "CONDITIONAL")
_TABLE = "TABLE"

Json: TypeAlias = dict[str, Any]
TableIdentity: TypeAlias = Callable[[str], tuple[str, str]]
"""Returns namespace and name of the table `database.table`."""


def to_openlineage(event: Event, environment: str, table_identity: TableIdentity) -> Json:
    """Converts an event to a JSON-serializable RunEvent.

    Args:
        event: The event.
        environment: Name of the environment, the namespace of its jobs.
        table_identity: Names tables.
    """
    datasets = _Datasets(environment, table_identity)
    return {
        "eventType": event.type.value,
        "eventTime": _time(event.time),
        "run": {"runId": event.run.id, "facets": _run_facets(event, environment)},
        "job": {"namespace": environment, "name": event.run.job.name, "facets": _job_facets(event.run.job)},
        "inputs": [datasets.input(each) for each in event.inputs],
        "outputs": [datasets.output(each) for each in event.outputs],
        "producer": PRODUCER,
        "schemaURL": _EVENT_SCHEMA,
    }


def from_openlineage(content: Mapping[str, Any]) -> Event:
    """Converts a RunEvent of this SDK back.

    Raises:
        KeyError: A field is missing.
        ValueError: A field is invalid.
    """
    facets = content["run"]["facets"]
    return Event(
        EventType(content["eventType"]),
        _parsed_time(content["eventTime"]),
        _run(content, facets),
        tuple(_input(each) for each in content.get("inputs", ())),
        tuple(_output(each) for each in content.get("outputs", ())),
        _error(facets),
        _cost(facets),
    )


def _run_facets(event: Event, environment: str) -> Json:
    run, error = event.run, event.error
    own = {
        "kind": run.job.kind.value,
        "pipeline": run.job.pipeline,
        "task": run.job.task,
        "startedAt": _time(run.started),
        "groupTime": _time(run.group_time),
        "execution": run.execution,
        "log": run.log,
    }
    facets = {"datalakeSdk_run": _own_facet("RunFacet", {name: value for name, value in own.items() if value})}
    if run.parent is not None:
        parent = {
            "run": {"runId": run.parent.run_id},
            "job": {"namespace": environment, "name": run.parent.job},
        }
        facets["parent"] = _facet("1-2-0/ParentRunFacet", parent)
    if run.nominal_time is not None:
        facets["nominalTime"] = _facet("1-0-1/NominalTimeRunFacet", {"nominalStartTime": _time(run.nominal_time)})
    if run.engine is not None:
        engine = {"name": run.engine.name, "version": run.engine.version}
        facets["processing_engine"] = _facet("1-1-1/ProcessingEngineRunFacet", engine)
    if error is not None:
        message = {"message": error.message, "programmingLanguage": "PYTHON"}
        trace = {"stackTrace": error.traceback} if error.traceback else {}
        facets["errorMessage"] = _facet("1-0-1/ErrorMessageRunFacet", {**message, **trace})
        own_error = {"name": error.name, "hint": error.hint, "isTransient": error.is_transient}
        facets["datalakeSdk_error"] = _own_facet("ErrorRunFacet", own_error)
    if event.cost is not None:
        facets["datalakeSdk_cost"] = _own_facet("CostRunFacet", _cost_fields(event.cost))
    return facets


def _cost_fields(cost: Cost) -> Json:
    size = {"vcpu": cost.vcpu, "memoryMiB": cost.memory_mib}
    fields = {"seconds": cost.seconds, "bytesScanned": cost.bytes_scanned}
    return {**fields, **{name: value for name, value in size.items() if value is not None}}


def _job_facets(job: Job) -> Json:
    kind = {"processingType": "BATCH", "integration": "DATALAKE_SDK", "jobType": job.kind.value.upper()}
    facets = {"jobType": _facet("2-0-4/JobTypeJobFacet", kind)}
    if job.sql:
        facets["sql"] = _facet("1-1-0/SQLJobFacet", {"query": job.sql, "dialect": "athena"})
    if job.code:
        version = {"version": job.image} if job.image else {}
        code = {"type": "image" if job.image else "file", "url": job.code, **version}
        facets["sourceCodeLocation"] = _facet("1-1-0/SourceCodeLocationJobFacet", code)
    return facets


class _Datasets:
    """Converts tables and files to datasets."""

    def __init__(self, environment: str, table_identity: TableIdentity) -> None:
        self._environment = environment
        self._table_identity = table_identity

    def input(self, given: Input) -> Json:
        return self._dataset(given.name, given.snapshot_id)

    def output(self, given: Output) -> Json:
        dataset = self._dataset(given.name, given.snapshot_id)
        facets = dataset["facets"]
        if given.columns:
            facets["schema"] = _facet("1-2-0/SchemaDatasetFacet", {"fields": list(map(_column, given.columns))})
        if given.lineage:
            fields = {column: {"inputFields": self._sources(found)} for column, found in given.lineage.items()}
            facets["columnLineage"] = _facet("1-2-0/ColumnLineageDatasetFacet", {"fields": fields})
        if given.checks:
            assertions = {"assertions": list(map(_assertion, given.checks))}
            facets["dataQualityAssertions"] = _facet("1-1-0/DataQualityAssertionsDatasetFacet", assertions)
        if given.is_dropped:
            change = {"lifecycleStateChange": "DROP"}
            facets["lifecycleStateChange"] = _facet("1-0-1/LifecycleStateChangeDatasetFacet", change)
        counts = {"rowCount": given.rows, "size": given.bytes, "fileCount": given.files}
        known = {name: count for name, count in counts.items() if count is not None}
        statistics = {"outputStatistics": _facet("1-0-2/OutputStatisticsOutputDatasetFacet", known)} if known else {}
        return {**dataset, "outputFacets": statistics}

    def _dataset(self, table: str, snapshot_id: int | None) -> Json:
        if is_external(table):
            namespace, name = external_identity(table)
            return {"namespace": namespace, "name": name, "facets": {}}
        namespace, name = self._table_identity(table)
        identifier = {"namespace": self._environment, "name": table, "type": _TABLE}
        facets = {"symlinks": _facet("1-0-1/SymlinksDatasetFacet", {"identifiers": [identifier]})}
        if snapshot_id is not None:
            facets["version"] = _facet("1-0-1/DatasetVersionDatasetFacet", {"datasetVersion": str(snapshot_id)})
        return {"namespace": namespace, "name": name, "facets": facets}

    def _sources(self, sources: Iterable[ColumnSource]) -> list[Json]:
        return [self._source(source) for source in sources]

    def _source(self, source: ColumnSource) -> Json:
        namespace, name = self._table_identity(source.table)
        field = {"namespace": namespace, "name": name, "field": source.column, "table": source.table}
        if not source.transformation:
            return field
        kind = "INDIRECT" if source.transformation in _INDIRECT else "DIRECT"
        return {**field, "transformations": [{"type": kind, "subtype": source.transformation}]}


def _column(column: Column) -> Json:
    description = {"description": column.description} if column.description else {}
    return {"name": column.name, "type": column.type, **description}


def _assertion(check: Check) -> Json:
    column = {"column": check.column} if check.column else {}
    severity = "warn" if check.severity == "warning" else check.severity
    fields = {"assertion": check.name, "name": check.name, "success": check.passed, "severity": severity}
    return {**fields, **column, "actual": str(check.violations), "params": {"onViolation": check.on_violation}}


def _facet(schema: str, fields: Mapping[str, Any]) -> Json:
    name = schema.rpartition("/")[2]
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPECIFICATION}/facets/{schema}.json#/$defs/{name}", **fields}


def _own_facet(name: str, fields: Mapping[str, Any]) -> Json:
    return {"_producer": PRODUCER, "_schemaURL": f"{_OWN_FACETS}#/$defs/{name}", **fields}


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _parsed_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _run(content: Mapping[str, Any], facets: Mapping[str, Any]) -> Run:
    own, parent, nominal = facets["datalakeSdk_run"], facets.get("parent"), facets.get("nominalTime")
    engine = facets.get("processing_engine")
    return Run(
        id=content["run"]["runId"],
        job=_job(content["job"], own),
        started=_parsed_time(own["startedAt"]),
        group_time=_parsed_time(own["groupTime"]),
        parent=Parent(parent["run"]["runId"], parent["job"]["name"]) if parent else None,
        execution=own.get("execution", ""),
        nominal_time=_parsed_time(nominal["nominalStartTime"]) if nominal else None,
        engine=Engine(engine["name"], engine["version"]) if engine else None,
        log=own.get("log", ""),
    )


def _job(job: Mapping[str, Any], own: Mapping[str, Any]) -> Job:
    code = job["facets"].get("sourceCodeLocation", {})
    return Job(
        RunKind(own["kind"]),
        job["name"],
        own.get("pipeline", ""),
        own.get("task", ""),
        code.get("url", ""),
        code.get("version", ""),
        job["facets"].get("sql", {}).get("query", ""),
    )


def _error(facets: Mapping[str, Any]) -> RunError | None:
    message, own = facets.get("errorMessage"), facets.get("datalakeSdk_error", {})
    if message is None:
        return None
    trace = message.get("stackTrace", "")
    return RunError(own.get("name", ""), message["message"], own.get("hint", ""), own.get("isTransient", False), trace)


def _cost(facets: Mapping[str, Any]) -> Cost | None:
    cost = facets.get("datalakeSdk_cost")
    if cost is None:
        return None
    return Cost(cost["seconds"], cost.get("vcpu"), cost.get("memoryMiB"), cost.get("bytesScanned", 0))


def _input(dataset: Mapping[str, Any]) -> Input:
    return Input(_name(dataset), _snapshot_id(dataset))


def _output(dataset: Mapping[str, Any]) -> Output:
    facets = dataset["facets"]
    statistics = dataset.get("outputFacets", {}).get("outputStatistics", {})
    fields = facets.get("columnLineage", {}).get("fields", {})
    return Output(
        _name(dataset),
        _snapshot_id(dataset),
        statistics.get("rowCount"),
        statistics.get("size"),
        statistics.get("fileCount"),
        tuple(map(_parsed_column, facets.get("schema", {}).get("fields", ()))),
        {column: tuple(map(_parsed_source, found["inputFields"])) for column, found in fields.items()},
        tuple(map(_check, facets.get("dataQualityAssertions", {}).get("assertions", ()))),
        "lifecycleStateChange" in facets,
    )


def _name(dataset: Mapping[str, Any]) -> str:
    identifiers = dataset["facets"].get("symlinks", {}).get("identifiers", ())
    tables = (str(each["name"]) for each in identifiers if each["type"] == _TABLE)
    return next(tables, "") or external_path(dataset["namespace"], dataset["name"])


def _snapshot_id(dataset: Mapping[str, Any]) -> int | None:
    version = dataset["facets"].get("version")
    return None if version is None else int(version["datasetVersion"])


def _parsed_column(field: Mapping[str, Any]) -> Column:
    return Column(field["name"], field.get("type", ""), field.get("description", ""))


def _parsed_source(field: Mapping[str, Any]) -> ColumnSource:
    transformations = field.get("transformations", ())
    return ColumnSource(field["table"], field["field"], transformations[0]["subtype"] if transformations else "")


def _check(assertion: Mapping[str, Any]) -> Check:
    severity = assertion.get("severity", "error")
    return Check(
        assertion["assertion"],
        assertion.get("column", ""),
        "warning" if severity == "warn" else severity,
        assertion.get("params", {}).get("onViolation", ""),
        int(assertion.get("actual", 0)),
        assertion["success"],
    )
