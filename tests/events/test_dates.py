"""Dates: the forms that are read, those that are refused and with what words, and how precise they stay."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from events.dates import DateError, OpenDate, PartialDate, financial_year, instant

ADAPTER = TypeAdapter(PartialDate)
SCHEMA = ADAPTER.json_schema()
REMEDY = "write 2023-12-22, 2023-12, 2023, or a range 2024-05/2024-06"

days = st.dates(date(1829, 1, 1), date(2199, 12, 31))
parts = st.one_of(
    days.map(date.isoformat),
    days.map(lambda day: f"{day.year:04}-{day.month:02}"),
    days.map(lambda day: f"{day.year:04}"),
)


@st.composite
def partial_dates(draw: st.DrawFn) -> PartialDate:
    """Any date that can be written, ranges among them."""
    one, other = PartialDate.parse(draw(parts)), PartialDate.parse(draw(parts))
    if draw(st.booleans()):
        return one
    first, last = sorted((one, other), key=lambda found: (found.earliest, found.latest))
    return PartialDate.parse(f"{first}/{last}")


@pytest.mark.parametrize(
    ("text", "canonical", "earliest", "latest"),
    [
        ("2023-12-22", "2023-12-22", date(2023, 12, 22), date(2023, 12, 22)),
        ("2023-12", "2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("2023", "2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("2024-02", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-05/2024-06", "2024-05/2024-06", date(2024, 5, 1), date(2024, 6, 30)),
        ("2024-05-17 / 2024-06", "2024-05-17/2024-06", date(2024, 5, 17), date(2024, 6, 30)),
        ("2023-12/2023-12", "2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("24 Nov 2023", "2023-11-24", date(2023, 11, 24), date(2023, 11, 24)),
        ("1st September 2023", "2023-09-01", date(2023, 9, 1), date(2023, 9, 1)),
        ("Sept. 2023", "2023-09", date(2023, 9, 1), date(2023, 9, 30)),
        ("november 2023", "2023-11", date(2023, 11, 1), date(2023, 11, 30)),
        ("  2023  ", "2023", date(2023, 1, 1), date(2023, 12, 31)),
    ],
)
def test_a_date_keeps_the_precision_of_its_source(text: str, canonical: str, earliest: date, latest: date) -> None:
    found = PartialDate.parse(text)
    assert (str(found), found.earliest, found.latest) == (canonical, earliest, latest)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"'' is not a date; {REMEDY}"),
        ("soon", f"'soon' is not a date; {REMEDY}"),
        ("12 2023", f"'12 2023' is not a date; {REMEDY}"),
        ("1 Foo 2023", f"'1 Foo 2023' is not a date; {REMEDY}"),
        ("1 Sepp 2023", f"'1 Sepp 2023' is not a date; {REMEDY}"),
        ("2023-1-2", f"'2023-1-2' is not a date; {REMEDY}"),
        ("23-12-22", f"'23-12-22' is not a date; {REMEDY}"),
        (
            "2023-12-22T09:30",
            f"'2023-12-22T09:30' is not a date; {REMEDY}",
        ),
        (
            "03/04/2023",
            f"'03/04/2023' can be read in more than one way; {REMEDY}",
        ),
        (
            "2023/",
            f"'2023/' can be read in more than one way; {REMEDY}",
        ),
        (
            "May 2024/June 2024",
            f"'May 2024/June 2024' can be read in more than one way; {REMEDY}",
        ),
        ("2023-02-29", "'2023-02-29' is no day of the calendar; check the day and the month"),
        ("31 November 2023", "'31 November 2023' is no day of the calendar; check the day and the month"),
        ("2023-13", "'2023-13' is no day of the calendar; check the day and the month"),
        ("0000", "'0000' lies outside the years 1829 to 2199; check the year"),
        ("2024-06/2024-05", "'2024-06/2024-05' ends before it begins; put the earlier date first"),
    ],
)
def test_what_is_no_date_is_refused_with_the_remedy(text: str, message: str) -> None:
    with pytest.raises(DateError, match=f"^{re.escape(message)}$"):
        PartialDate.parse(text)


@given(partial_dates())
def test_a_date_is_read_back_from_its_text(found: PartialDate) -> None:
    assert PartialDate.parse(str(found)) == found
    assert ADAPTER.validate_json(ADAPTER.dump_json(found)) == found


@given(partial_dates())
def test_the_text_of_every_date_is_valid_by_its_json_schema(found: PartialDate) -> None:
    jsonschema.validate(str(found), SCHEMA, jsonschema.Draft202012Validator)


@given(st.text(max_size=30))
def test_no_other_text_raises_another_error(text: str) -> None:
    try:
        found = PartialDate.parse(text)
    except DateError:
        return
    assert found.earliest <= found.latest


@given(days)
def test_a_day_is_exact_and_a_month_is_not(day: date) -> None:
    exact, month = PartialDate.parse(day.isoformat()), PartialDate.parse(f"{day.year:04}-{day.month:02}")
    assert exact.earliest == exact.latest == day
    assert month.earliest <= day <= month.latest
    assert month.earliest < month.latest


def test_the_json_schema_shows_the_forms() -> None:
    assert SCHEMA["type"] == "string"
    for example in SCHEMA["examples"]:
        jsonschema.validate(example, SCHEMA, jsonschema.Draft202012Validator)
    for text in ("24 Nov 2023", "03/04/2023", "2023-1-2"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(text, SCHEMA, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("value", "message"),
    [(2023, "not a date; write 2023-12-22"), (None, "not a date; write"), ("soon", "'soon' is not a date; write")],
)
def test_pydantic_says_the_same(value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ADAPTER.validate_python(value)


@pytest.mark.parametrize("text", ["２０２３", "٢٠٢٣-١٢", "2４ Nov 2023"])
def test_digits_are_those_of_ascii(text: str) -> None:
    with pytest.raises(DateError):
        PartialDate.parse(text)


def test_an_instant_is_told_in_utc() -> None:
    summer = timezone(timedelta(hours=1))
    assert instant(datetime(2026, 6, 1, 0, 30, tzinfo=summer)) == "2026-05-31T23:30:00.000000Z"
    assert instant(datetime(2026, 6, 1, 0, 30, 0, 7, tzinfo=UTC)) == "2026-06-01T00:30:00.000007Z"


# Open at one end, and what looks like a date


@pytest.mark.parametrize(
    ("text", "canonical", "earliest", "latest"),
    [
        ("../2019-09-27", "../2019-09-27", date.min, date(2019, 9, 27)),
        (".. / Sept 2019", "../2019-09", date.min, date(2019, 9, 30)),
        ("2024-03-12/..", "2024-03-12/..", date(2024, 3, 12), date(9999, 12, 30)),
        ("2019", "2019", date(2019, 1, 1), date(2019, 12, 31)),
    ],
)
def test_the_date_of_a_fact_can_be_open_at_one_end(text: str, canonical: str, earliest: date, latest: date) -> None:
    found = OpenDate.parse(text)
    assert (str(found), found.earliest, found.latest) == (canonical, earliest, latest)
    schema = TypeAdapter(OpenDate).json_schema()
    assert re.search(schema["pattern"], str(found))


@pytest.mark.parametrize("text", ["../2019-09-27", "2024-03-12/.."])
def test_other_dates_are_not_open(text: str) -> None:
    with pytest.raises(DateError):
        PartialDate.parse(text)


@pytest.mark.parametrize("text", ["../..", "/2019", "2019/", "...", "..", "../2019/..", "2019/../.."])
def test_what_is_open_at_both_ends_or_empty_is_no_date(text: str) -> None:
    with pytest.raises(DateError):
        OpenDate.parse(text)


@pytest.mark.parametrize("text", ["2022-23", "2022/23", "1999-00"])
def test_a_financial_year_is_refused_with_the_range_to_write(text: str) -> None:
    with pytest.raises(
        DateError, match=r"if the UK financial year is meant, write (2022-04-01/2023|1999-04-01/2000)-03-31"
    ):
        PartialDate.parse(text)


@pytest.mark.parametrize("text", ["2009-10", "2010-11", "2011-12"])
def test_a_month_that_may_be_a_financial_year_is_a_month(text: str) -> None:
    assert PartialDate.parse(text).earliest == date.fromisoformat(f"{text}-01")
    assert financial_year(text)
