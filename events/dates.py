"""Dates as the sources give them: to the day, the month, the year, or somewhere in a range.

The forms are those of ISO 8601-2 (EDTF level 0/1): ``2023-12-22``, ``2023-12``, ``2023``,
``2024-05/2024-06``. A date is never made more precise than its source: "December 2023" stays
``2023-12`` and covers the days from its earliest to its latest. Days are days in Europe/London.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # whoever only reads dates does without pydantic
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ISO = r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?"
_WORDS = r"(?:(\d{1,2})(?:st|nd|rd|th)? )?([A-Za-z]{3,9})\.? (\d{4})"
_SCHEMA_PATTERN = r"^\d{4}(-\d{2}(-\d{2})?)?(/\d{4}(-\d{2}(-\d{2})?)?)?$"
_FIRST_YEAR, _LAST_YEAR = 1829, 2199  # the Metropolitan Police Act, and far enough ahead for any plan
_REMEDY = "write 2023-12-22, 2023-12, 2023, or a range 2024-05/2024-06"


class DateError(ValueError):
    """A text that is not a date in one of the forms above; the message says what to write."""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date with the precision of its source.

    ``text`` is the canonical form; ``earliest`` and ``latest`` are the first and the last day it may
    mean (the same day, where the day is known).
    """

    text: str
    earliest: date
    latest: date

    @classmethod
    @lru_cache(maxsize=4096)  # the same few days are written again and again
    def parse(cls, text: str) -> "PartialDate":
        """Read a date as a person writes it: the canonical forms, and "24 Nov 2023", "November 2023".

        Raises DateError for anything else, ``03/04/2023`` among it: it is two different days to two readers.
        """
        text = text.strip()
        start, slash, end = text.partition("/")
        if not slash:
            return cls(*_part(text))
        if end.count("/") or not _match(_ISO, start.strip()) or not _match(_ISO, end.strip()):
            raise DateError(f"'{text}' can be read in more than one way; {_REMEDY}")
        (start, earliest, _), (end, _, latest) = _part(start.strip()), _part(end.strip())
        if earliest > latest:
            raise DateError(f"'{text}' ends before it begins; put the earlier date first")
        return cls(start if start == end else f"{start}/{end}", earliest, latest)

    @property
    def exact(self) -> bool:
        """Whether the day is known."""
        return self.earliest == self.latest

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="always"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler") -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": _SCHEMA_PATTERN,
            "examples": ["2023-12-22", "2023-12", "2023", "2024-05/2024-06"],
        }

    @classmethod
    def _validate(cls, value: Any) -> "PartialDate":
        if isinstance(value, cls):
            return value
        from pydantic_core import PydanticCustomError

        if not isinstance(value, str):
            raise PydanticCustomError("date", "not a date; {remedy}", {"remedy": _REMEDY})
        try:
            return cls.parse(value)
        except DateError as error:
            raise PydanticCustomError("date", "{why}", {"why": str(error)}) from None


def _part(text: str) -> tuple[str, date, date]:
    """One date without a slash: its canonical text, earliest and latest day."""
    if iso := _match(_ISO, text):
        year, month, day = (int(part) if part else None for part in iso.groups())
    elif words := _match(_WORDS, text):
        day = int(words[1]) if words[1] else None
        month, year = _month(words[2], text), int(words[3])
    else:
        raise DateError(f"'{text}' is not a date; {_REMEDY}")
    assert year is not None
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise DateError(f"'{text}' lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}; mend the year")
    try:
        if month is None:
            return f"{year:04}", date(year, 1, 1), date(year, 12, 31)
        if day is None:
            first = date(year, month, 1)
            next_month = date(year + month // 12, month % 12 + 1, 1)
            return f"{year:04}-{month:02}", first, next_month - timedelta(days=1)
        known = date(year, month, day)
    except ValueError:
        raise DateError(f"'{text}' is no day of the calendar; check the day and the month") from None
    return known.isoformat(), known, known


def _match(form: str, text: str) -> re.Match[str] | None:
    return re.fullmatch(form, text, re.ASCII)  # compiled when it is first needed: that takes longer than to load this


def _month(name: str, text: str) -> int:
    matches = [n for n, month in enumerate(_MONTHS, 1) if month.startswith(name.lower())]
    if len(matches) != 1:
        raise DateError(f"'{text}' is not a date; {_REMEDY}")
    return matches[0]


def instant(moment: datetime) -> str:
    """An instant in UTC as entries hold it: ``2026-11-21T09:30:00.000000Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
