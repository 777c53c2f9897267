"""Applies `strptime` formats of dates and times to whole columns of strings."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.errors import InvalidInputOptionError

_FIELDS = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "[0-9]{1,2}",
    "b": "[A-Za-z]{3}",
    "B": "[A-Za-z]+",
    "d": "[0-9]{1,2}",
    "H": "[0-9]{1,2}",
    "I": "0?[1-9]|1[0-2]",
    "p": "[AaPp][Mm]",
    "M": "[0-9]{1,2}",
    "S": "[0-9]{1,2}",
    "f": "[0-9]{1,6}",
    "z": "Z|[+-][0-9]{2}:?[0-9]{2}",
}
_PART = re.compile(r"%(.?)|([^%]+)", re.DOTALL)
_MONTH_NAMES = ["january", "february", "march", "april", "may", "june"]
_MONTH_NAMES += ["july", "august", "september", "october", "november", "december"]
_YEARS, _MONTHS, _HOURS = "Yy", "mbB", "HI"
_FIRST_YEAR_OF_1900S = "69"
"""Two-digit years from 69 to 99 are 1969 to 1999. https://pubs.opengroup.org/onlinepubs/9699919799/functions/strptime.html"""


@dataclass(frozen=True)
class DateFormat:
    """A valid format.

    Args:
        fields: Letters of its directives.
        pattern: Regular expression of the format, with a group for each directive, named by its letter.
    """

    fields: frozenset[str]
    pattern: str

    def iso(self, strings: pa.StringArray) -> pa.StringArray:
        """Converts dates to ISO 8601; null if a string does not match the format.

        Days and times are not validated: Arrow does so when it parses the result.
        """
        found = pc.extract_regex(strings, self.pattern)
        field = {name: pc.struct_field(found, name) for name in self.fields}
        date = pc.binary_join_element_wise(_year(field), _month(field), _two_digits(field["d"]), "-")
        if not self.fields & set(_HOURS):
            return date
        time = pc.binary_join_element_wise(
            _hour(field), _two_digits(field.get("M", "0")), _two_digits(field.get("S", "0")), ":"
        )
        if "f" in field:
            time = pc.binary_join_element_wise(time, pc.utf8_rpad(field["f"], 6, "0"), ".")
        moment = pc.binary_join_element_wise(date, time, " ")
        return pc.binary_join_element_wise(moment, field["z"], "") if "z" in field else moment


def date_format(text: str) -> DateFormat:
    """Parses a format.

    Args:
        text: Directives of `strptime`: %Y %y %m %b %B %d %H %I %p %M %S %f %z, and literal text.

    Raises:
        InvalidInputOptionError: A directive is unknown or repeated, or the day, month or year is missing.
    """
    fields: list[str] = []
    pattern = ""
    for directive, literal in _PART.findall(text):
        if literal or directive == "%":
            pattern += re.escape(literal or "%")
        elif directive in _FIELDS and directive not in fields:
            fields.append(directive)
            pattern += f"(?P<{directive}>{_FIELDS[directive]})"
        else:
            raise _invalid(text)
    if not _is_complete(set(fields)):
        raise _invalid(text)
    return DateFormat(frozenset(fields), f"^{pattern}$")


def _is_complete(fields: set[str]) -> bool:
    has_one_of_each = all(len(fields & set(letters)) == 1 for letters in (_YEARS, _MONTHS, "d"))
    hours = fields & set(_HOURS)
    has_whole_time = len(hours) == 1 or (not hours and not fields & set("MSfz"))
    return has_one_of_each and has_whole_time and ("I" in fields) == ("p" in fields)


def _invalid(text: str) -> InvalidInputOptionError:
    known = " ".join(f"%{letter}" for letter in _FIELDS)
    rule = f"a format of {known} and literal text that contains a year, a month and a day"
    return InvalidInputOptionError("date_formats", text, rule, "For example %d/%m/%Y, or %m/%d/%Y %I:%M %p.")


def _year(field: dict[str, pa.StringArray]) -> pa.StringArray:
    if "Y" in field:
        return field["Y"]
    century = pc.if_else(pc.greater_equal(field["y"], _FIRST_YEAR_OF_1900S), "19", "20")
    return pc.binary_join_element_wise(century, field["y"], "")


def _month(field: dict[str, pa.StringArray]) -> pa.StringArray:
    if "m" in field:
        return _two_digits(field["m"])
    if "b" in field:
        position = pc.index_in(pc.ascii_lower(field["b"]), pa.array([name[:3] for name in _MONTH_NAMES]))
    else:
        position = pc.index_in(pc.ascii_lower(field["B"]), pa.array(_MONTH_NAMES))
    return _two_digits(pc.add(position, 1).cast(pa.string()))


def _hour(field: dict[str, pa.StringArray]) -> pa.StringArray:
    if "H" in field:
        return _two_digits(field["H"])
    hours = field["I"].cast(pa.int32())
    morning = pc.if_else(pc.equal(hours, 12), 0, hours)
    is_afternoon = pc.equal(pc.ascii_lower(field["p"]), "pm")
    return _two_digits(pc.if_else(is_afternoon, pc.add(morning, 12), morning).cast(pa.string()))


def _two_digits(strings: pa.StringArray | str) -> pa.StringArray:
    return pc.utf8_lpad(strings, 2, "0")
