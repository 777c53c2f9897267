"""Numbers in Athena's string format: https://trino.io/docs/current/language/types.html#floating-point."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.sql.spark.templates import expanded

# Parts of Java's format, such as -12.5 or 1.0E10: digits, length of the integer part, exponent.
_TEXT = "CAST(:a AS STRING)"
_DIGITS = f"regexp_replace(split_part({_TEXT}, 'E', 1), '[-.]', '')"
_WHOLE = f"length(regexp_replace(split_part({_TEXT}, '.', 1), '-', ''))"
_EXPONENT = f"coalesce(CAST(nullif(split_part({_TEXT}, 'E', 2), '') AS INT), 0)"
_FROM_FIRST = f"regexp_replace({_DIGITS}, '^0+', '')"
_SIGNIFICANT = f"regexp_replace({_FROM_FIRST}, '0+$', '')"
_POWER = f"{_EXPONENT} + {_WHOLE} - 1 - length({_DIGITS}) + length({_FROM_FIRST})"
_FRACTION = f"if(length({_SIGNIFICANT}) > 1, substring({_SIGNIFICANT}, 2), '0')"
_SIGN = f"if(startswith({_TEXT}, '-'), '-', '')"
_SCIENTIFIC = f"""
CASE
    WHEN :a IS NULL THEN NULL
    WHEN {_TEXT} IN ('NaN', 'Infinity', '-Infinity') THEN {_TEXT}
    WHEN :a = 0 THEN concat({_SIGN}, '0E0')
    ELSE concat({_SIGN}, left({_SIGNIFICANT}, 1), '.', {_FRACTION}, 'E', CAST({_POWER} AS STRING))
END
"""


def scientific_notation(number: exp.Expr) -> exp.Expr:
    """Returns a double or a real in scientific notation: `1.2E3`."""
    return expanded(_SCIENTIFIC, number)
