"""What a clerk left out is not stored. What a source leaves open is written."""

from typing import Any

import pytest
from pydantic import ValidationError

from events import Event, kinds, latest
from events.event import WorldEvent
from events.inspection import InspectionPublished
from events.review import ReviewScheduled
from events.values import Recommendation, Sourced
from tests.support.golden import SAMPLES

STORED_DEFAULTS: dict[str, str] = {}
"""The fields that are stored though nobody gave them, each with its reason. There are none."""

every_kind = pytest.mark.parametrize("class_", [latest(kind) for kind in kinds()], ids=lambda class_: str(class_.kind))
sourced = [latest(kind) for kind in kinds() if issubclass(latest(kind), Sourced)]


def _smallest(class_: type[Event]) -> dict[str, Any]:
    """The sample of a kind with as few fields as it takes."""
    data: dict[str, Any] = SAMPLES[class_.kind]
    for name in data:
        try:
            class_.model_validate(without := {key: data[key] for key in data if key != name})
        except ValidationError:
            continue
        data = without
    return data


@every_kind
def test_nothing_is_stored_that_nobody_gave(class_: type[Event]) -> None:
    given = _smallest(class_)
    stored = class_.model_validate(given).data()
    assert {name for name in set(stored) - set(given) if f"{class_.kind} {name}" not in STORED_DEFAULTS} == set()


@every_kind
def test_no_optional_field_has_a_value_by_default(class_: type[Event]) -> None:
    defaults = {name: info.default for name, info in class_.model_fields.items() if not info.is_required()}
    assert {name for name, default in defaults.items() if default not in (None, ())} == set()


def test_whatever_a_source_can_leave_open_can_be_written_as_not_stated() -> None:
    assert {class_ for class_ in map(latest, kinds()) if issubclass(class_, WorldEvent)} < set(sourced)
    for class_ in sourced:
        given = _smallest(class_)
        for name in set(class_.may_be_not_stated()) - set(given):  # type: ignore[attr-defined]  # it is Sourced
            event = class_.model_validate({**given, name: "not-stated"})
            assert (getattr(event, name), event.data()["not_stated"]) == (
                class_.model_fields[name].default,
                sorted({*given.get("not_stated", ()), name}),
            )


def test_not_stated_and_not_recorded_are_never_exchanged() -> None:
    given = _smallest(ReviewScheduled)
    review = ReviewScheduled.model_validate(given)
    assert review.stated("due") == "not-recorded"
    assert ReviewScheduled.model_validate({**given, "due": "not-stated"}).stated("due") == "not-stated"
    assert ReviewScheduled.model_validate({**given, "due": "2024-07"}).stated("due") == "2024-07"
    assert Recommendation.model_validate({"id": "1", "text": "not-stated"}).stated("text") == "not-stated"
    assert Recommendation(id="1").stated("text") == "not-recorded"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"title": "not-stated"}, "`title` cannot be not-stated; write "),
        (
            {"effective": "not-stated"},
            "`effective` cannot be not-stated; write when it took effect in the world: a day",
        ),
        ({"note": "not-stated"}, "`note` cannot be not-stated"),
        ({"not_stated": ["nonsense"]}, "`nonsense` cannot be not-stated"),
        ({"due": "2024-07", "not_stated": ["due"]}, "`due` is given, so it is stated"),
        ({"not_stated": 5}, "`5` cannot be not-stated"),
    ],
)
def test_what_cannot_be_not_stated_is_refused(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ReviewScheduled.model_validate({**_smallest(ReviewScheduled), "title": "A review", **written})


def test_the_schema_lets_an_editor_accept_it() -> None:
    properties = InspectionPublished.model_json_schema()["properties"]
    assert {"const": "not-stated"} in properties["fieldwork"]["anyOf"]
    assert {"const": "not-stated"} in properties["covers"]["anyOf"]
    assert "not-stated" not in str(properties["note"])
