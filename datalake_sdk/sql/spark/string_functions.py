r"""Functions of Athena on strings as Spark expressions: one template for each number of arguments.

Spark quotes with `\Q…\E`, its `upper` and `lower` map strings instead of characters, and a group that took no part in a
match is an empty string instead of null.
"""

from __future__ import annotations

from collections.abc import Mapping

from datalake_sdk.sql.spark.scalar_functions import fail_if

_OUTSIDE = "(:b = 0 OR :b < -length(:a))"
_DELIMITER = r"concat('\\Q', replace(:b, '\\E', '\\E\\\\E\\Q'), '\\E')"
_PARTS = f"split(:a, {_DELIMITER}, -1)"
_EMPTY_DELIMITER = "'The delimiter may not be the empty string'"
_PART = f"try_element_at({_PARTS}, CAST(:c AS INT))"
_INVALID_PADDING = ":b < 0 OR :c = ''"
_PADDING_RULE = "'Target length must not be negative, and padding string must not be empty'"
_BLANK = r"[\\x09-\\x0D\\x1C-\\x20\\u1680\\u2000-\\u2006\\u2008-\\u200A\\u2028\\u2029\\u205F\\u3000]"
"""https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/lang/Character.html#isWhitespace(int)"""
_REPLACEMENT = r"replace(replace(:c, '\\', '\\\\'), '$', '\\$')"
_BETWEEN_CHARACTERS = f"concat(:c, regexp_replace(:a, '(?s:(.))', concat('$1', {_REPLACEMENT})))"
_BEFORE_MATCH = "regexp_extract(:a, concat('^(?s:.*?)(?=', :b, ')'), 0)"
_GROUP_OF_MATCH = rf"concat('^(?s:.{{', length({_BEFORE_MATCH}), '}})(?>', :b, ')\\', :c)"
"""Pattern of the first match; a reference to a group fails if the group took no part in it."""
_STARTS_WITH_EMPTY_MATCH = "regexp_instr(:a, :b) = 1 AND regexp_extract(:a, :b, 0) = ''"
_NOT_ASCII = r"'[^\\x00-\\x7F]'"
_IOTA_BELOW = "ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ"
_IOTA_BESIDE = "ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ"
_UPPER_CHARACTER = f"if(length(upper(sdk_c)) = 1, upper(sdk_c), translate(sdk_c, '{_IOTA_BELOW}', '{_IOTA_BESIDE}'))"
_UPPER_CHARACTERS = f"array_join(transform(split(:a, ''), sdk_c -> {_UPPER_CHARACTER}), '')"
_AMBIGUOUS_GROUP = "'Spark cannot distinguish an empty group of regexp_extract_all() from one without a match'"

STRING_FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "from_hex": (
        fail_if(
            "length(:a) % 2 = 1",
            "'Expected input to have an even number of digits'",
            fail_if("NOT :a RLIKE '^[0-9A-Fa-f]*$'", "'not a hexadecimal number: ', :a", "unhex(:a)"),
        ),
    ),
    "lower": ("lower(translate(:a, 'İΣ', 'i\u03c3'))",),
    "lpad": (fail_if(_INVALID_PADDING, _PADDING_RULE, "lpad(:a, :b, :c)"),),
    "ltrim": (f"regexp_replace(:a, '^{_BLANK}+', '')", "ltrim(:b, :a)"),
    "regexp_extract": (
        "CASE WHEN :a RLIKE :b THEN regexp_extract(:a, :b, 0) END",
        "CASE WHEN :c = 0 THEN CASE WHEN :a RLIKE :b THEN regexp_extract(:a, :b, 0) END "
        "WHEN regexp_extract(:a, :b, :c) <> '' THEN regexp_extract(:a, :b, :c) "
        f"WHEN :a RLIKE {_GROUP_OF_MATCH} THEN '' END",
    ),
    "regexp_extract_all": (
        "regexp_extract_all(:a, :b, 0)",
        fail_if(
            ":c > 0 AND array_contains(regexp_extract_all(:a, :b, :c), '')",
            _AMBIGUOUS_GROUP,
            "regexp_extract_all(:a, :b, :c)",
        ),
    ),
    "regexp_like": (":a RLIKE :b",),
    "regexp_replace": ("regexp_replace(:a, :b, '')", "regexp_replace(:a, :b, :c)"),
    "regexp_split": (
        "CASE WHEN :b = '' THEN concat(array(''), filter(split(:a, ''), sdk_c -> sdk_c <> ''), array('')) "
        f"WHEN {_STARTS_WITH_EMPTY_MATCH} THEN concat(array(''), split(:a, :b, -1)) ELSE split(:a, :b, -1) END",
    ),
    "replace": (
        "replace(:a, :b, '')",
        f"CASE WHEN :b = '' THEN {_BETWEEN_CHARACTERS} ELSE replace(:a, :b, :c) END",
    ),
    "rpad": (fail_if(_INVALID_PADDING, _PADDING_RULE, "rpad(:a, :b, :c)"),),
    "rtrim": (rf"regexp_replace(:a, '{_BLANK}+\\z', '')", "rtrim(:b, :a)"),
    "split": (
        fail_if(":b = ''", _EMPTY_DELIMITER, _PARTS),
        fail_if(
            ":c <= 0",
            "'Limit must be positive'",
            fail_if(":b = ''", _EMPTY_DELIMITER, f"split(:a, {_DELIMITER}, CAST(:c AS INT))"),
        ),
    ),
    "split_part": (
        fail_if(
            ":c < 1",
            "'Index must be greater than zero'",
            f"CASE WHEN :b = '' THEN nullif(substring(:a, :c, 1), '') ELSE {_PART} END",
        ),
    ),
    "starts_with": ("startswith(:a, :b)",),
    "substr": (
        f"CASE WHEN {_OUTSIDE} AND :a IS NOT NULL THEN '' ELSE substring(:a, :b) END",
        f"CASE WHEN {_OUTSIDE} AND :a IS NOT NULL AND :c IS NOT NULL THEN '' ELSE substring(:a, :b, :c) END",
    ),
    "trim": (rf"regexp_replace(:a, '^{_BLANK}+|{_BLANK}+\\z', '')", "btrim(:a, :b)"),
    "upper": (f"CASE WHEN :a RLIKE {_NOT_ASCII} THEN {_UPPER_CHARACTERS} ELSE upper(:a) END",),
}
"""Templates by name of the function."""
