"""Dates: the forms that are read, those that are refused and with what words, and how precise they stay."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from events.dates import DateError, OpenDate, PartialDate, financial_year, instant
from ledger.cli.readback import date_in_words
from ledger.publish.site import words as site
from projections.days import Days, began, when

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
        ("15-Dec-2023", "2023-12-15", date(2023, 12, 15), date(2023, 12, 15)),
        ("in March 2025", "2025-03", date(2025, 3, 1), date(2025, 3, 31)),
        ("a day in December 2023", "2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("between May 2024 and 3 June 2024", "2024-05/2024-06-03", date(2024, 5, 1), date(2024, 6, 3)),
        ("May 2024/June 2024", "2024-05/2024-06", date(2024, 5, 1), date(2024, 6, 30)),
        ("in 2019, by 27 September 2019", "2019/2019-09-27", date(2019, 1, 1), date(2019, 9, 27)),
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
        ("1 Foo 2023", f"'1 Foo 2023' is not a date; {REMEDY}"),
        ("1 Sepp 2023", f"'1 Sepp 2023' is not a date; {REMEDY}"),
        ("2023/", f"'2023/' is not a date; {REMEDY}"),
        ("32/13/2023", f"'32/13/2023' is not a date; {REMEDY}"),
        ("1/2/3", f"'1/2/3' is not a date; {REMEDY}"),
        ("by by 2019", f"'by by 2019' is open at one end, as only the date of a fact can be; {REMEDY}"),
        (
            "in 2019, by 27 September 2021",
            "'in 2019, by 27 September 2021' is no day: 27 September 2021 is not in 2019; check both dates",
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


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("15/12/2023", "for 15 December 2023 write 2023-12-15"),
        ("15.12.2023", "for 15 December 2023 write 2023-12-15"),
        ("15-12-2023", "for 15 December 2023 write 2023-12-15"),
        ("12/15/2023", "for 15 December 2023 write 2023-12-15"),
        ("15/12/23", "for 15 December 2023 write 2023-12-15"),
        ("15 Dec 23", "for 15 Dec 2023 write 2023-12-15"),
        ("3/3/99", "for 3 March 1999 write 1999-03-03"),
        ("2023-1-2", "for 2 January 2023 write 2023-01-02"),
        ("2023/12/15", "for 15 December 2023 write 2023-12-15"),
        ("2023-12-22T09:30", "for 22 December 2023 write 2023-12-22"),
        ("22/12/2023 00:00:00", "for 22 December 2023 write 2023-12-22"),
        ("Dec-23", "for Dec 2023 write 2023-12"),
        ("12/2023", "for December 2023 write 2023-12"),
        ("12 2023", "for December 2023 write 2023-12"),
        ("2023/12", "for December 2023 write 2023-12"),
        ("03/04/2023", "for 3 April 2023 write 2023-04-03, for 4 March 2023 write 2023-03-04"),
        ("3.4.23", "for 3 April 2023 write 2023-04-03, for 4 March 2023 write 2023-03-04"),
        ("3rd of March 2025", "for 3 March 2025 write 2025-03-03"),
        ("Monday, 3 March 2025", "for 3 March 2025 write 2025-03-03"),
        ("March 3 2025", "for 3 March 2025 write 2025-03-03"),
        ("45323", "for 1 February 2024 (its number in a spreadsheet) write 2024-02-01"),
        ("23-12-22", "for 23 December 2022 write 2022-12-23, for 22 December 2023 write 2023-12-22"),
    ],
)
def test_a_date_in_another_form_is_refused_with_what_it_can_mean(text: str, remedy: str) -> None:
    why = "can be read in more than one way" if "," in remedy else "is not written as dates are here"
    with pytest.raises(DateError) as refused:
        PartialDate.parse(text)
    assert str(refused.value) == f"'{text}' {why}; {remedy}"


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("w/c 3 March 2025", ["2025-03-03/2025-03-09"]),
        ("the week commencing 3rd March 2025", ["2025-03-03/2025-03-09"]),
        ("Spring 2024", ["2024-03/2024-05"]),
        ("in winter 2024", ["2023-12/2024-02", "2024-12/2025-02"]),
        ("Q1 2024", ["2024-01/2024-03", "2024-04/2024-06"]),
        ("Q4 2024", ["2024-10/2024-12", "2025-01/2025-03"]),
        ("early 2024", ["2024-01/2024-04"]),
        ("mid-2024", ["2024-05/2024-08"]),
        ("the end of February 2024", ["2024-02-21/2024-02-29"]),
        ("Spring 2024/Summer 2024", ["2024-03/2024-05"]),
    ],
)
def test_a_vague_date_is_refused_with_ranges_that_it_may_be(text: str, spans: list[str]) -> None:
    with pytest.raises(
        DateError, match="is vague; write the first and the last day or month that it may be"
    ) as refused:
        PartialDate.parse(text)
    assert str(refused.value).rpartition(", as in ")[2].split(" or ") == spans
    assert [str(PartialDate.parse(span)) for span in spans] == spans


@pytest.mark.parametrize("text", ["3 March", "3rd Mar", "w/c 3 March"])
def test_a_date_without_its_year_is_refused(text: str) -> None:
    with pytest.raises(DateError, match=f"^'{text}' has no year; write the year too$"):
        PartialDate.parse(text)


@given(partial_dates(), st.sampled_from(["", "../", "/.."]))
@example(PartialDate.parse("2019-01-01/2019-09-27"), "")
@example(PartialDate.parse("2019-03-27/2019-03-31"), "")
def test_a_date_is_read_back_from_its_words(known: PartialDate, end: str) -> None:
    """However the program tells a date in English."""
    found = OpenDate.parse(
        known.text if not end or "/" in known.text else f"../{known}" if end == "../" else f"{known}/.."
    )
    days = Days(found.earliest, found.latest)
    told = [date_in_words(found)]
    if not found.text.endswith("/.."):
        told += [when(days), began(days), site.days(days)]
    for words in told:
        again = OpenDate.parse(words[:1].upper() + words[1:])
        assert (again.earliest, again.latest) == days, words


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
    for text in SCHEMA["examples"]:
        jsonschema.validate(text, SCHEMA, jsonschema.Draft202012Validator)
    for text in ("24 Nov 2023", "in March 2025", "03/04/2023", "2023-1-2"):
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
        ("by 27 September 2019", "../2019-09-27", date.min, date(2019, 9, 27)),
        ("some day by 27 September 2019", "../2019-09-27", date.min, date(2019, 9, 27)),
        ("2024-03-12/..", "2024-03-12/..", date(2024, 3, 12), date(9999, 12, 30)),
        ("on or after 12 March 2024", "2024-03-12/..", date(2024, 3, 12), date(9999, 12, 30)),
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
