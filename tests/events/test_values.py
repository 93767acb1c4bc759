"""Values: each way to write a deadline, a flag or a citation comes to one stored form."""

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from events.values import Citation, Deadline, Flag, due_on


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("  within  3   months ", "within 3 months"),
        ("within\t2 weeks", "within 2 weeks"),
        ("by  24 Nov 2023", "by 2023-11-24"),
        ("by 2024-03", "by 2024-03"),
        ("immediate", "immediate"),
        ("Immediate", "immediate"),
        ("Within 1 month", "within 1 month"),
        ("By March 2024", "by 2024-03"),
        (" none", "none"),
        ("IMMEDIATELY", "immediate"),
        ("3 months", "within 3 months"),
        ("2024-06-30", "by 2024-06-30"),
        ("30 June 2024", "by 2024-06-30"),
        ("May 2024", "by 2024-05"),
        ("in 5 months", "within 5 months"),
        ("five months", "within 5 months"),
        ("In twelve weeks", "within 12 weeks"),
        ("within a month", "within 1 month"),
        ("within 1 year", "within 12 months"),
        ("two years", "within 24 months"),
        ("in May 2024", "by 2024-05"),
        ("in 2024", "by 2024"),
        ("end of May 2024", "by 2024-05"),
        ("by the end of May 2024", "by 2024-05"),
        ("at the end of 2024", "by 2024"),
    ],
)
def test_a_deadline_is_stored_with_single_spaces_and_a_canonical_date(text: str, stored: str) -> None:
    assert TypeAdapter(Deadline).validate_python(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "within 1000 days",
        "within 90 years",
        "by",
        "by soon",
        "n/a",
        "1000 days",
        "100 years",
        "the end",
        "in the end",
        "year 2024",
        "in five",
    ],
)
def test_no_other_text_is_a_deadline(text: str) -> None:
    with pytest.raises(ValidationError, match="is not a d"):
        TypeAdapter(Deadline).validate_python(text)


@pytest.mark.parametrize(
    ("deadline", "day"),
    [("within 1 day", "2024-02-01"), ("within 1 week", "2024-02-07"), ("within 1 month", "2024-02-29")],
)
def test_one_of_a_unit_is_counted_as_several_are(deadline: str, day: str) -> None:
    published = date(2024, 1, 31)
    assert due_on(deadline, published) == due_on(f"{deadline}s", published) == date.fromisoformat(day)


@pytest.mark.parametrize("value", [True, "true", "True", "yes", "YES"])
def test_a_flag_is_true(value: Any) -> None:
    assert TypeAdapter(Flag).validate_python(value) is True


@pytest.mark.parametrize("value", [False, "false", "False", "no", "No"])
def test_a_flag_is_false(value: Any) -> None:
    assert TypeAdapter(Flag).validate_python(value) is False


@pytest.mark.parametrize("value", ["maybe", "", 2, []])
def test_nothing_else_is_a_flag(value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Flag).validate_python(value)


def test_a_text_is_the_document_of_a_citation() -> None:
    assert Citation.model_validate("letter") == Citation(document="letter")
