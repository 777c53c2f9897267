"""Further functions of Athena as Spark expressions: one template for each number of arguments.

Names within a template begin with `sdk_`, so that they cannot capture columns of the arguments.
"""

from __future__ import annotations

from collections.abc import Mapping


def fail_if(condition: str, message: str, result: str) -> str:
    """Returns an expression that fails with Athena's message if a condition holds."""
    return f"CASE WHEN {condition} THEN {failure(message)} ELSE {result} END"


def failure(message: str, name: str = "INVALID_FUNCTION_ARGUMENT") -> str:
    """Returns an expression that fails.

    Args:
        message: SQL strings, separated by commas.
        name: Athena's name for the error.
    """
    return f"raise_error(concat('{name}: ', {message}))"


def logarithm(name: str, argument: str = ":a") -> str:
    """Returns a logarithm, which is null in Spark for numbers that are not positive.

    Args:
        name: Spark's function of one argument.
        argument: Placeholder of its argument.
    """
    return (
        f"CASE WHEN {argument} = 0 THEN CAST('-Infinity' AS DOUBLE) "
        f"WHEN {argument} < 0 THEN CAST('NaN' AS DOUBLE) ELSE {name}({argument}) END"
    )


_RISING_BUCKET = """
CASE
    WHEN :a < least(:b, :c) THEN CAST(0 AS BIGINT)
    WHEN :a >= greatest(:b, :c) THEN CAST(:d AS BIGINT) + 1
    ELSE CAST(floor(:d * (CAST(:a AS DOUBLE) - least(:b, :c)) / (greatest(:b, :c) - least(:b, :c))) AS BIGINT) + 1
END
"""
_BUCKET = fail_if(
    ":d <= 0 OR :b = :c OR isnan(CAST(:a AS DOUBLE))",
    "'bucketCount must be greater than 0, bounds must not be equal, and the operand must not be NaN'",
    f"CASE WHEN :b < :c THEN {_RISING_BUCKET} ELSE :d + 1 - {_RISING_BUCKET} END",
)
_SHARE = "CAST(:a AS DOUBLE) / :b"
_WILSON = (
    f"({_SHARE} + :c * :c / (2e0 * :b) {{side}} :c * sqrt({_SHARE} * (1 - {_SHARE}) / :b + "
    ":c * :c / (4e0 * :b * :b))) / (1 + :c * :c / CAST(:b AS DOUBLE))"
)
_IS_INVALID = ":a < 0 OR :b <= 0 OR :a > :b OR :c < 0"
_ENTRIES = r"split(if(endswith(:a, :b), left(:a, length(:a) - length(:b)), :a), concat('\\Q', :b, '\\E'), -1)"
_PAIR = r"split(sdk_e, concat('\\Q', :c, '\\E'), -1)"
_IN_RANGE = "CAST(:a AS DECIMAL(38, 0)) BETWEEN -power(2e0, :b - 1) AND power(2e0, :b - 1) - 1"

SCALAR_FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "bit_count": (
        fail_if(
            ":b NOT BETWEEN 2 AND 64",
            "'Bits specified in bit_count must be between 2 and 64, got ', CAST(:b AS STRING)",
            "CASE WHEN :b = 64 THEN CAST(bit_count(CAST(:a AS BIGINT)) AS BIGINT) ELSE "
            + fail_if(
                f"NOT {_IN_RANGE}",
                "'Number must be representable with the bits specified'",
                "CAST(bit_count(CAST(:a AS BIGINT) & (shiftleft(CAST(1 AS BIGINT), :b) - 1)) AS BIGINT)",
            )
            + " END",
        ),
    ),
    "char2hexint": ("hex(encode(:a, 'UTF-16BE'))",),
    "contains_sequence": (
        "CASE WHEN :a IS NULL OR :b IS NULL THEN CAST(NULL AS BOOLEAN) WHEN size(:b) = 0 THEN true "
        "WHEN size(:a) < size(:b) THEN false "
        "ELSE exists(sequence(1, size(:a) - size(:b) + 1), sdk_i -> slice(:a, sdk_i, size(:b)) <=> :b) END",
    ),
    "crc32": ("crc32(:a)",),
    "from_base64url": ("unbase64(translate(:a, '-_', '+/'))",),
    "from_big_endian_64": (
        fail_if("length(:a) <> 8", "'expected 8-byte input'", "CAST(conv(hex(:a), 16, -10) AS BIGINT)"),
    ),
    "index": ("CAST(locate(:b, :a) AS BIGINT)",),
    "luhn_check": (fail_if("NOT :a RLIKE '^[0-9]*$'", "'Input contains non-digit character'", "luhn_check(:a)"),),
    "ngrams": (
        fail_if(
            ":b <= 0",
            "'N must be positive'",
            "CASE WHEN size(:a) <= :b THEN array(:a) "
            "ELSE transform(sequence(1, size(:a) - :b + 1), sdk_i -> slice(:a, sdk_i, :b)) END",
        ),
    ),
    "regexp_position": ("CASE WHEN :a RLIKE :b THEN regexp_instr(:a, :b) WHEN NOT :a RLIKE :b THEN -1 END",),
    "repeat": (
        fail_if(
            ":b < 0 OR :b > 10000",
            "'count argument of repeat function must be between 0 and 10000: ', CAST(:b AS STRING)",
            "array_repeat(:a, CAST(:b AS INT))",
        ),
    ),
    "sha512": ("unhex(sha2(:a, 512))",),
    "shuffle": ("shuffle(:a)",),
    "split_to_map": (
        "CASE WHEN :a = '' THEN CAST(map() AS MAP<STRING, STRING>) ELSE map_from_entries(transform("
        + _ENTRIES
        + ", sdk_e -> "
        + fail_if(
            f"size({_PAIR}) <> 2",
            "'Key-value delimiter must appear exactly once in each entry. Bad input: ', sdk_e",
            f"struct(element_at({_PAIR}, 1), element_at({_PAIR}, 2))",
        )
        + ")) END",
    ),
    "to_base64url": ("translate(base64(:a), '+/', '-_')",),
    "to_big_endian_32": ("unhex(right(lpad(hex(CAST(:a AS BIGINT)), 16, '0'), 8))",),
    "to_big_endian_64": ("unhex(lpad(hex(CAST(:a AS BIGINT)), 16, '0'))",),
    "trim_array": (
        fail_if(
            ":b < 0 OR :b > size(:a)",
            "'size must not be negative or exceed array cardinality: ', CAST(:b AS STRING)",
            "slice(:a, 1, size(:a) - :b)",
        ),
    ),
    "url_decode": ("url_decode(:a)",),
    "url_encode": ("url_encode(:a)",),
    "width_bucket": (
        "CASE WHEN :a IS NOT NULL THEN CAST(size(filter(:b, sdk_bin -> sdk_bin <= :a)) AS BIGINT) END",
        _BUCKET,
    ),
    "wilson_interval_lower": (
        fail_if(_IS_INVALID, "'invalid number of successes, number of trials or z-score'", _WILSON.format(side="-")),
    ),
    "wilson_interval_upper": (
        fail_if(_IS_INVALID, "'invalid number of successes, number of trials or z-score'", _WILSON.format(side="+")),
    ),
}
"""Templates by name of the function."""
