"""Dates as precise as their source: a day, a month, a year, or some day within a range.

The forms are those of ISO 8601-2 (EDTF level 0 and 1): ``2023-12-22``, ``2023-12``, ``2023``, ``2024-05/2024-06``.
"December 2023" stays ``2023-12``: it is some day from 1 to 31 December. Days are days in Europe/London.

The date of a fact can be open at one end: ``../2019-09-27`` is "some day by 27 September 2019", ``2024-03-12/..`` "some
day from 12 March 2024 on". In ISO 8601-2 these are intervals; here, like all ranges, they stand for one day within.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:  # dates are read without loading pydantic
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ISO = r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_WORDS = rf"(?:{_DAY}[ -])?([A-Za-z]{{3,9}})\.?[ -](\d{{4}})"
_WEEK = r"(?:the )?(?:w/c|w/b|week (?:commencing|beginning|starting|from|of))"
_SCHEMA_PATTERN = r"^\d{4}(-\d{2}(-\d{2})?)?(/\d{4}(-\d{2}(-\d{2})?)?)?$"
_OPEN_PATTERN = _SCHEMA_PATTERN.replace("^", r"^(\.\./)?").replace(")?$", r"|/\.\.)?$")
_NO_START, _NO_END = date.min, date.max - timedelta(days=1)
"""The first day of a date with an open start; the last day of one with an open end."""
_FIRST_YEAR, _LAST_YEAR = 1829, 2199  # from the Metropolitan Police Act to well beyond any plan
_REMEDY = "write 2023-12-22, 2023-12, 2023, or a range 2024-05/2024-06"


class DateError(ValueError):
    """A text that is not a date in one of these forms. The message says what to write."""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date in its canonical form, and the first and the last day that it may be."""

    may_be_open: ClassVar[bool] = False
    text: str
    earliest: date
    latest: date

    @classmethod
    @lru_cache(maxsize=4096)  # the same dates recur
    def parse(cls, text: str) -> Self:
        """Read a canonical form, or words: "24 Nov 2023", "November 2023", and whatever `projections.days.when` says.

        Raises DateError for anything else, also for ``03/04/2023``, which can mean 3 April or 4 March.
        """
        text = text.strip()
        start, slash, end = (part.strip() for part in (_written(text) if text[:1].isalpha() else text).partition("/"))
        if not slash:
            return cls(*_read(start))
        if (start == "..") is not (end == "..") and not (cls.may_be_open or "/" in end):
            raise DateError(f"'{text}' is open at one end, as only the date of a fact can be; {_REMEDY}")
        if (start == "..") is not (end == ".."):
            known, earliest, latest = _read(end if start == ".." else start)
            return cls(f"../{known}", _NO_START, latest) if start == ".." else cls(f"{known}/..", earliest, _NO_END)
        if year := financial_year(text):
            raise DateError(f"'{text}' is no date; if the UK financial year is meant, write {year}")
        if not all(_match(_ISO, part) or _match(_WORDS, part) for part in (start, end)):
            raise _no_date(text)
        (start, earliest, _), (end, _, latest) = _read(start), _read(end)
        if earliest > latest:
            raise DateError(f"'{text}' ends before it begins; put the earlier date first")
        return cls(start if start == end else f"{start}/{end}", earliest, latest)

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
        examples = ["2023-12-22", "2023-12", "2023", "2024-05/2024-06"]
        if cls.may_be_open:
            return {
                "type": "string",
                "pattern": _OPEN_PATTERN,
                "examples": [*examples, "../2019-09-27", "2024-03-12/.."],
            }
        return {"type": "string", "pattern": _SCHEMA_PATTERN, "examples": examples}

    @classmethod
    def _validate(cls, value: Any) -> "PartialDate":
        if isinstance(value, PartialDate):
            return cls.parse(value.text)
        if not isinstance(value, str):
            raise DateError(f"not a date; {_REMEDY}")
        return cls.parse(value)


class OpenDate(PartialDate):
    """A partial date that may be open at one end. With an open end it is bounded by the day of its recording."""

    __slots__ = ()
    may_be_open = True


def financial_year(text: str) -> str | None:
    """The UK financial year that a text may mean (``2022-23``), as a range of days; None for any other text."""
    year = re.fullmatch(r"(\d{4})[-/](\d{2})", text.strip(), re.ASCII)
    if year is None or (int(year[1]) + 1) % 100 != int(year[2]):
        return None
    return f"{year[1]}-04-01/{int(year[1]) + 1}-03-31"


def _read(text: str) -> tuple[str, date, date]:
    """The canonical text, first and last day of a date without a slash."""
    if iso := _match(_ISO, text):
        year, month, day = (int(number) if number else None for number in iso.groups())
    elif words := _match(_WORDS, text):
        day = int(words[1]) if words[1] else None
        month, year = _month(words[2], text), int(words[3])
    else:
        raise _no_date(text)
    assert year is not None
    if month is not None and not 1 <= month <= 12 and (meant := financial_year(text)):
        raise DateError(f"'{text}' is no month; if the UK financial year is meant, write {meant}")
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise DateError(f"'{text}' lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}; check the year")
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
    return re.fullmatch(form, text, re.ASCII | re.IGNORECASE)  # compiled on first use: it takes longer than the import


def _month(name: str, text: str) -> int:
    if len(matches := _months(name)) != 1:
        raise _no_date(text)
    return matches[0]


def _months(name: str) -> list[int]:
    """The months whose name begins so."""
    return [n for n, month in enumerate(MONTHS, 1) if month.startswith(name.lower())]


def _written(text: str) -> str:
    """A date that is told as `projections.days.when` tells it, as it is written here; any other text as it is."""
    text = re.sub(r"^(since|(from )?(a|some) day) ", "", text, flags=re.IGNORECASE)
    if found := _match(r"between (.+) and (.+)", text):
        return f"{found[1]}/{found[2]}"
    if found := _match(r"in (.+), (by|on or after) (.+)", text):
        (_, first, last), (_, earliest, latest) = _read(found[1]), _read(found[3])
        if not first <= earliest <= latest <= last:
            raise DateError(f"'{text}' is no day: {found[3]} is not in {found[1]}; check both dates")
        return f"{found[1]}/{found[3]}" if found[2] == "by" else f"{found[3]}/{found[1]}"
    if found := _match(r"by (.+)", text):
        return f"../{found[1]}"
    if found := _match(r"on or after (.+?)(, up to the day of recording)?", text):
        return f"{found[1]}/.."
    return re.sub("^(in|on) ", "", text, flags=re.IGNORECASE)


def _no_date(text: str) -> DateError:
    """What to write instead of a text: what it can mean, where that is known."""
    if spans := [*_spans(text)]:
        remedy = f"write the first and the last day or month that it may be, as in {' or '.join(spans)}"
        return DateError(f"'{text}' is vague; {remedy}")
    if (found := _match(rf"(?:{_WEEK} )?{_DAY} ([A-Za-z]{{3,9}})", text)) and _months(found[2]):
        return DateError(f"'{text}' has no year; write the year too")
    meant = dict.fromkeys(_meant(re.sub(r"[T ]\d\d?:\d\d.*", "", text)))
    if not meant:
        return DateError(f"'{text}' is not a date; {_REMEDY}")
    why = "can be read in more than one way" if len(meant) > 1 else "is not written as dates are here"
    return DateError(f"'{text}' {why}; {', '.join(meant)}")


def _spans(text: str) -> Iterator[str]:
    """The ranges that a vague date may stand for: a week, a season, a quarter, a part of a month or year."""
    if found := _match(rf"{_WEEK} (.+)", text):
        with suppress(DateError):
            known, first, last = _read(found[1])
            if first == last:
                yield f"{known}/{first + timedelta(days=6)}"
    elif found := _match(r"(spring|summer|autumn|winter)(?: of)? (\d{4})", text):
        year, month = int(found[2]), {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}[found[1].lower()]
        for begun in (year - 1, year) if month == 12 else (year,):
            yield _three_months(begun, month)
    elif found := _match(r"(?:Q|quarter )([1-4])[ /](\d{4})", text):
        month, year = 3 * int(found[1]) - 2, int(found[2])
        yield _three_months(year, month)
        yield _three_months(year + month // 10, (month + 2) % 12 + 1)  # of the financial year
    elif found := _match(r"(early|mid|late|(?:the )?(?:start|beginning|middle|end) of)[ -](?:in )?(.+)", text):
        part = ("early", "start", "begin"), ("mid",), ("late", "end")
        third = next(n for n, words in enumerate(part) if any(word in found[1].lower() for word in words))
        with suppress(DateError):
            known, first, last = _read(found[2])
            if len(known) == 4:
                yield f"{known}-{4 * third + 1:02}/{known}-{4 * third + 4:02}"
            elif len(known) == 7:
                yield f"{known}-{10 * third + 1:02}/{known}-{last.day if third == 2 else 10 * third + 10}"


def _three_months(year: int, month: int) -> str:
    return f"{year}-{month:02}/{year + (month + 2) // 13}-{(month + 1) % 12 + 1:02}"


def _meant(text: str) -> Iterator[str]:
    """What a date in numbers, or in words of another form or with two digits of its year, can mean: what to write for
    which."""
    readings: list[tuple[str, str, str]] = []
    if _match(r"[345]\d{4}", text):
        counted = date(1899, 12, 30) + timedelta(days=int(text))
        words = f"{counted.day} {MONTHS[counted.month - 1].capitalize()} {counted.year}"
        yield f"for {words} (its number in a spreadsheet) write {counted}"
    if found := _match(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{1,4})", text):
        first, middle, last = found[1], found[3], found[4]
        readings = [(first, middle, last), (middle, first, last)]
        readings += [(last, middle, first)] if found[2] == "-" or len(first) == 4 else []
    elif found := _match(r"(\d{1,2})[-/. ](\d{4})|(\d{4})[-/. ](\d{1,2})", text):
        readings = [("", found[1] or found[4], found[2] or found[3])]
    elif found := _match(r"(?:(\d{1,2})[ -])?([A-Za-z]{3,9})\.?[ -](\d{2})", text):
        readings = [(found[1] or "", found[2], found[3])]
    elif found := _match(rf"(?:[A-Za-z]+day,? )?{_DAY}(?: of)? ([A-Za-z]{{3,9}})\.?,? (\d{{4}})", text):
        readings = [(found[1], found[2], found[3])]
    elif found := _match(rf"([A-Za-z]{{3,9}})\.? {_DAY},? (\d{{4}})", text):
        readings = [(found[2], found[1], found[3])]
    for day, month, year in readings:
        name = MONTHS[int(month) - 1].capitalize() if month.isdecimal() and 1 <= int(month) <= 12 else month
        century = "" if len(year) == 4 else "19" if year > "69" else "20"
        words = f"{day.lstrip('0')} {name} {century}{year}".strip()
        with suppress(DateError):
            if (found := _match(_WORDS, words)) and len(_months(found[2])) == 1:
                yield f"for {words} write {_read(words)[0]}"


def london_day(moment: datetime) -> date:
    """The day of an instant in London."""
    from zoneinfo import ZoneInfo  # slow to load, rarely needed

    return moment.astimezone(ZoneInfo("Europe/London")).date()


def instant(moment: datetime) -> str:
    """An instant in UTC, written like ``recorded_at``: ``2026-11-21T09:30:00.000000Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
