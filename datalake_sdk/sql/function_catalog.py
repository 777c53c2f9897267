"""The functions of Athena: their signatures, and the targets that support them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Target(StrEnum):
    """An engine that Athena's SQL is translated for."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@dataclass(frozen=True)
class Signature:
    """One signature of a function.

    Args:
        text: The call with the types of its parameters.
        returns: Type of the result.
        required: Names of the parameters without a default.
        optional: Names of the parameters with a default.
        is_variadic: Whether the last parameter may be repeated.
        unsupported: Reasons by target; a target without a reason supports the signature.
    """

    text: str
    returns: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    is_variadic: bool
    unsupported: Mapping[Target, str]

    def accepts(self, count: int) -> bool:
        """Whether the signature accepts this number of arguments."""
        return count in self.counts or (self.is_variadic and count > max(self.counts))

    @property
    def counts(self) -> range:
        """Numbers of arguments, without repetitions; empty for a function that is written without parentheses."""
        if "(" not in self.text:
            return range(0)
        return range(len(self.required), len(self.required) + len(self.optional) + 1)

    def call(self, name: str) -> str:
        """The call with the names of its parameters, such as `round(x[, d])`."""
        if "(" not in self.text:
            return name
        parameters = ", ".join(self.required)
        for number, parameter in enumerate(self.optional):
            parameters += f"[, {parameter}" if parameters and number + len(self.required) else f"[{parameter}"
        return f"{name}({parameters}{', ...' if self.is_variadic else ''}{']' * len(self.optional)})"


@dataclass(frozen=True)
class AthenaFunction:
    """A function of Athena engine version 3.

    Args:
        name: In lowercase.
        family: Group in the documentation.
        kind: `aggregate`, `scalar`, `syntax` for a function with special syntax, or `window`.
        signatures: Its overloads.
    """

    name: str
    family: str
    kind: str
    signatures: tuple[Signature, ...]

    def accepts(self, count: int) -> bool:
        """Whether the function takes this number of arguments on Athena."""
        return any(signature.accepts(count) for signature in self.signatures)

    def unsupported_reason(self, target: Target, count: int | None = None) -> str:
        """Returns why a target does not support the function; an empty string if it does.

        Args:
            target: An engine.
            count: Number of arguments; None for any.
        """
        forms = [each for each in self.signatures if count is None or each.accepts(count)]
        if not forms:
            return "no signature has this number of arguments"
        reasons = [form.unsupported.get(target, "") for form in forms]
        return "" if "" in reasons else reasons[0]

    @property
    def arity(self) -> str:
        """Numbers of arguments in words: `takes 2 or 3 arguments`."""
        counts = sorted({count for signature in self.signatures for count in signature.counts})
        if not counts:
            return "is written without parentheses"
        if any(signature.is_variadic for signature in self.signatures):
            return f"takes at least {_arguments(counts[:1])}"
        return f"takes {_arguments(counts)}"

    @property
    def calls(self) -> str:
        """Every signature with the names of its parameters: `max(x) or max(x, n)`."""
        return " or ".join(dict.fromkeys(signature.call(self.name) for signature in self.signatures))


NEWER = frozenset(
    {
        "array_first",
        "array_histogram",
        "array_last",
        "collect",
        "cosine_distance",
        "dot_product",
        "ends_with",
        "euclidean_distance",
        "fusion",
        "json_scalar",
        "json_serialize",
        "random_string",
        "t_cdf",
        "t_pdf",
        "theta_sketch_cardinality",
        "theta_sketch_union",
        "title_case",
    }
)
"""Functions of Trino that are not documented for Athena engine version 3."""

_DEFAULT_REASON = "no exact counterpart"
_REASONS = {
    "": _DEFAULT_REASON,
    "nanoseconds": "timestamps have microsecond precision",
    "sketch": "sketches have a binary format that is internal to Athena",
    "time": "tables cannot store columns of type time",
}
"""Reasons by their keyword in `functions.txt`."""
_SIGNATURE = re.compile(r"(?:(aggregate|scalar|syntax|window) )?((\w+)(?:\((.*)\))?) -> ([^!]+?)(?: ! (.+))?")
_FAMILY = re.compile(r"## ([^:]+): (\w+)(?: ! (.+))?")


@cache
def athena_functions() -> Mapping[str, AthenaFunction]:
    """Returns all functions by name, grouped by family."""
    functions: dict[str, AthenaFunction] = {}
    for family, kind, name, signature in _entries():
        known = functions.get(name)
        signatures = (*known.signatures, signature) if known else (signature,)
        functions[name] = AthenaFunction(name, family, kind, signatures)
    return functions


@cache
def supported_functions(target: Target) -> frozenset[str]:
    """Returns the names of the functions of which a target supports at least one signature."""
    return frozenset(name for name, function in athena_functions().items() if not function.unsupported_reason(target))


def unsupported_reason(name: str, target: Target) -> str:
    """Returns why a target does not support a function; an empty string if it does.

    Args:
        name: In lowercase.
        target: An engine.
    """
    if name in NEWER:
        return "Athena engine version 3 does not document it"
    function = athena_functions().get(name)
    return function.unsupported_reason(target) if function else _DEFAULT_REASON


def _entries() -> Iterator[tuple[str, str, str, Signature]]:
    family, family_kind, family_unsupported = "", "", ""
    for line in (files(__package__) / "functions.txt").read_text(encoding="utf-8").splitlines():
        if heading := _FAMILY.fullmatch(line):
            family, family_kind, family_unsupported = heading[1], heading[2], heading[3] or ""
        elif line and not line.startswith("#"):
            kind, text, name, parameters, returns, unsupported = _matched(line)
            reasons = _unsupported(unsupported or family_unsupported)
            yield family, kind or family_kind, name, _signature(text, parameters or "", returns, reasons)


def _matched(line: str) -> Sequence[str]:
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise ValueError(f"functions.txt: '{line}' is not a signature")
    return match.groups()


def _unsupported(text: str) -> Mapping[Target, str]:
    targets, _, reason = text.partition(": ")
    return {Target(target): _REASONS.get(reason, reason) for target in targets.split()}


def _signature(text: str, parameters: str, returns: str, unsupported: Mapping[Target, str]) -> Signature:
    required, _, optional = parameters.partition("[")
    names, defaulted = _names(required), _names(optional)
    is_variadic = "..." in names + defaulted
    return Signature(
        text,
        returns,
        tuple(name for name in names if name != "..."),
        tuple(name for name in defaulted if name != "..."),
        is_variadic,
        unsupported,
    )


def _names(parameters: str) -> list[str]:
    """Returns the names of parameters; each is followed by its type, which may have nested parentheses."""
    flat = parameters.replace("[", "").replace("]", "")
    while "(" in flat:
        flat = re.sub(r"\([^()]*\)", "", flat)
    return [part.split()[0] for part in flat.split(",") if part.strip()]


def _arguments(counts: Sequence[int]) -> str:
    *others, last = counts
    if not others:
        return f"{last or 'no'} argument{'' if last == 1 else 's'}"
    return f"{', '.join(map(str, others))} or {last} arguments"
