"""A body keeps its id for life: its name, its oversight and its area change around it, until it is merged away."""

import json
from datetime import date
from typing import Any

import pytest

from ledger.cli import run
from ledger.errors import NotFound, Refused
from ledger.query.context import QueryContext
from ledger.store.store import Store
from projections.body import BodySpells
from projections.state import body_state
from projections.timeline import timeline
from tests.conftest import address, record_yaml

SOURCES = """
- kind: document.registered
  document: order-2024
  type: legislation
  title: The Example (Merger) Order
  publisher: The Stationery Office
  published: 2024-04-01
- kind: document.registered
  document: letter-2023
  type: inspectorate-letter
  title: A letter
  publisher: HMICFRS
  published: 2023-12-22
"""
OPEN_ITEMS = """
common: {body: dorset, effective: 2023-12-22, documents: [letter-2023]}
events:
  - {kind: concern.issued, concern: issued-2023, title: One that is issued}
  - {kind: concern.announced, concern: announced-2023, title: One that is announced}
  - {kind: finding.recorded, finding: records-2023, type: weakness, title: Records}
  - {kind: review.scheduled, review: progress-2024, title: Progress, due: 2024}
  - {kind: plan.announced, plan: new-model-2024, decided_by: force, title: A new model}
  - {kind: statement.made, statement: accepts-2023, decided_by: force, stance: accepts, title: Accepts it}
"""
ENDED_ITEMS = """
common: {body: dorset, effective: 2024-02-01, documents: [order-2024]}
events:
  - {kind: concern.closed, concern: issued-2023, as_a_whole: true}
  - {kind: concern.rescinded, concern: announced-2023}
  - {kind: finding.closed, finding: records-2023}
  - {kind: review.held, review: progress-2024}
  - {kind: plan.revoked, plan: new-model-2024, decided_by: force}
"""
ALL_OPEN = (
    "concern/announced-2023",
    "concern/issued-2023",
    "finding/records-2023",
    "plan/new-model-2024",
    "review/progress-2024",
)


def merger(*handovers: str, effective: str = "2024-04-01", into: str = "wiltshire") -> str:
    return f"""
- kind: body.merged
  body: dorset
  effective: {effective}
  decided_by: parliament
  into: {into}
  handovers: [{", ".join(handovers)}]
  documents: [order-2024]
"""


def transferred(*matters: str) -> list[str]:
    return [f"{{matter: {matter}, fate: transferred}}" for matter in matters]


def change(kind: str, effective: str, **more: str) -> str:
    lines = {"body": "dorset", "effective": effective, "decided_by": "parliament", **more}
    return f"- kind: body.{kind}\n  documents: [order-2024]\n" + "".join(f"  {k}: {v}\n" for k, v in lines.items())


def holder(name: str, effective: str, office: str = "police-and-crime-commissioner") -> str:
    return change("oversight_changed", effective, office=office, name=f"The {office}", holder=name)


def history(ledger: Store, body: str = "dorset") -> BodySpells:
    with ledger.reading() as reader:
        return QueryContext.of(reader).spells(body)


def state(ledger: Store, day: str) -> dict[str, Any]:
    with ledger.reading() as reader:
        return body_state(QueryContext.of(reader, date.fromisoformat(day)).on_day("dorset"))


def refusal(ledger: Store, batch: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        record_yaml(ledger, batch)
    return [problem.message for problem in refused.value.problems]


# Mergers


def test_a_merger_says_what_becomes_of_each_open_item(ledger: Store) -> None:
    record_yaml(ledger, SOURCES)
    record_yaml(ledger, OPEN_ITEMS)
    assert refusal(ledger, merger()) == [f"{matter} is open" for matter in ALL_OPEN]
    assert refusal(ledger, merger(*transferred(*ALL_OPEN[:-1]))) == ["review/progress-2024 is open"]
    receipt = record_yaml(ledger, merger(*transferred(*ALL_OPEN)))
    assert receipt.warnings == ()


def test_some_may_be_transferred_and_others_ended(ledger: Store) -> None:
    record_yaml(ledger, SOURCES)
    record_yaml(ledger, OPEN_ITEMS)
    ended = "{matter: plan/new-model-2024, fate: ended}"
    renamed = "{matter: review/progress-2024, fate: transferred, becomes: progress-of-dorset}"
    record_yaml(ledger, merger(*transferred(*ALL_OPEN[:3]), ended, renamed))
    fates = dict(history(ledger).spells["merger", ""].on(date(2024, 4, 1)).fates)
    assert [matter for matter, fate in fates.items() if fate == "ended"] == ["plan/new-model-2024"]
    assert set(fates) == set(ALL_OPEN)


def test_what_was_ended_before_is_not_handed_over(ledger: Store) -> None:
    record_yaml(ledger, SOURCES)
    record_yaml(ledger, OPEN_ITEMS)
    record_yaml(ledger, ENDED_ITEMS)
    assert refusal(ledger, merger(*transferred("concern/issued-2023"))) == [
        "concern/issued-2023 is not open on that date"
    ]
    record_yaml(ledger, merger())


def test_what_is_ended_after_the_merger_was_open_on_its_day(ledger: Store) -> None:
    record_yaml(ledger, SOURCES)
    record_yaml(ledger, OPEN_ITEMS)
    record_yaml(ledger, ENDED_ITEMS)
    assert len(refusal(ledger, merger(effective="2024-01-01"))) == len(ALL_OPEN)


def test_no_body_is_merged_into_itself(ledger: Store) -> None:
    record_yaml(ledger, SOURCES)
    assert refusal(ledger, merger(into="dorset")) == ["a body cannot be merged into itself"]


def test_an_open_item_that_comes_to_light_after_the_merger_is_not_passed_over(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + merger())
    try:
        told = [warning.message for warning in record_yaml(ledger, OPEN_ITEMS).warnings]
    except Refused as refused:
        told = [problem.message for problem in refused.problems]
    assert [matter for matter in ALL_OPEN if not any(matter in message for message in told)] == []


def test_before_the_day_it_is_a_body_of_its_own_and_from_the_day_it_is_not(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + merger())
    assert state(ledger, "2024-03-31")["merger"] is None
    assert state(ledger, "2024-04-01")["merger"]["into"] == "wiltshire"


def test_a_fact_about_a_body_that_is_no_more_is_recorded_with_a_warning(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + merger())
    receipt = record_yaml(ledger, OPEN_ITEMS.replace("2023-12-22", "2024-06-01"))
    assert {w.message for w in receipt.warnings} >= {"dorset had been merged into wiltshire by then"}


@pytest.mark.parametrize(
    "later",
    [
        change("renamed", "2024-05-01", name="Dorset Constabulary"),
        change("territory_changed", "2024-05-01", territory="Dorset and a village"),
        holder("Somebody", "2024-05-01"),
    ],
    ids=["name", "territory", "oversight"],
)
def test_a_merged_body_changes_no_more(ledger: Store, later: str) -> None:
    record_yaml(ledger, SOURCES + merger())
    assert len(refusal(ledger, later)) == 1


def test_a_person_is_told_that_a_body_was_merged(ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    record_yaml(ledger, SOURCES + merger())
    assert run(["--ledger", address(ledger), "state", "dorset", "--as-of", "2024-04-01"]) == 0
    assert "wiltshire" in capsys.readouterr().out


# Oversight


def test_who_oversees_a_body_is_known_for_each_day(ledger: Store) -> None:
    record_yaml(
        ledger,
        SOURCES
        + holder("First", "2012-11-22")
        + holder("Second", "2016-05-12")
        + holder("Third", "2021-05", office="mayor"),
    )
    overseen = {day: history(ledger).spells["oversight", ""].on(date.fromisoformat(day)) for day in DAYS}
    assert {day: (one.office, one.holder) for day, one in overseen.items()} == DAYS


DAYS = {
    "2012-11-21": ("", None),
    "2012-11-22": ("police-and-crime-commissioner", "First"),
    "2016-05-11": ("police-and-crime-commissioner", "First"),
    "2016-05-12": ("police-and-crime-commissioner", "Second"),
    "2021-05-30": ("police-and-crime-commissioner", "Second"),  # from its latest possible day
    "2021-05-31": ("mayor", "Third"),
}


def test_within_an_imprecise_month_the_next_holder_is_possible(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + holder("Second", "2016-05-12") + holder("Third", "2021-05", office="mayor"))
    oversight = state(ledger, "2021-05-10")["oversight"]
    assert (oversight["holder"], oversight["certainty"]) == ("Second", "possible")
    (other,) = oversight["alternatives"]
    assert (other["value"].startswith("The mayor"), other["from"]) == (True, "2021-05-01")


def test_a_change_of_holder_is_a_change(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + holder("First", "2016-05-12") + holder("Second", "2021-05-13"))
    assert state(ledger, "2021-06-01")["oversight"]["since"] == "2021-05-13"


# Names and territory


def test_a_name_changes_and_the_id_stays(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + change("renamed", "2022-11", name="Dorset Constabulary"))
    assert [state(ledger, day)["name"] for day in ("2022-11-29", "2022-11-30")] == [
        "Dorset Police",
        "Dorset Constabulary",
    ]
    assert state(ledger, "2022-11-30")["body"] == "dorset"


def test_a_body_is_found_by_the_name_it_took(ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    record_yaml(ledger, SOURCES + change("renamed", "2022-11-22", name="Dorset Constabulary"))
    for known_as in ("Dorset Constabulary", "Dorset Police", "dorset"):
        assert run(["--ledger", address(ledger), "state", known_as, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["body"] == "dorset"


def registered(body: str, name: str, **more: str) -> str:
    fields = {"body": body, "type": "police-force", "name": name, "nation": "England", **more}
    lines = "".join(f"  {field}: {value}\n" for field, value in fields.items())
    return f"- kind: body.registered\n  documents: [order-2024]\n{lines}"


@pytest.mark.parametrize("name", ["Kent Police", "kent", "GMP", "gmp", "E23000032", "The Met"])
def test_a_body_takes_no_name_that_another_has(ledger: Store, name: str) -> None:
    record_yaml(ledger, SOURCES)
    assert "is known as" in refusal(ledger, change("renamed", "2022-11-22", name=name))[0]
    assert "is known as" in refusal(ledger, registered("new-force", name))[0]
    assert "is known as" in refusal(ledger, registered("new-force", "New", aliases=f"[{name}]"))[0]


def test_the_id_of_a_body_is_no_name_of_another(ledger: Store) -> None:
    record_yaml(ledger, SOURCES)
    assert refusal(ledger, registered("notts", "Something Else")) == ["'notts' is known as nottinghamshire"]


def test_a_name_that_was_given_up_is_free_and_not_before(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + registered("new-force", "New Force", established="2020-01-01"))
    record_yaml(ledger, change("renamed", "2022-11-22", name="Dorset Constabulary"))
    taken = change("renamed", "2022-11-01", name="Dorset Police").replace("body: dorset", "body: new-force")
    assert refusal(ledger, taken) == ["'Dorset Police' is known as dorset"]
    record_yaml(ledger, taken.replace("2022-11-01", "2022-11-22"))
    assert refusal(ledger, registered("third-force", "Dorset Police", established="2023-01-01")) == [
        "'Dorset Police' is known as new-force"
    ]


def test_the_name_of_a_body_that_was_merged_is_free(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + merger())
    named = registered("south-force", "South Force", aliases="[Dorset Police]", established="2024-04-01")
    record_yaml(ledger, named)
    assert refusal(ledger, named.replace("south-force", "other-force").replace("2024-04-01", "2023-01-01"))


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Humberside Constabulary", "humberside"),
        ("the police of West Mercia", "west-mercia"),
        ("North Wales Constabulary", "north-wales"),
        ("Knet", "kent"),
        ("Cleaveland Police", "cleveland"),
        ("Humbersid Polcie", "humberside"),
        ("Kent Constabulry", "kent"),
    ],
)
def test_a_near_name_is_found_by_its_words(ledger: Store, text: str, near: str) -> None:
    with ledger.reading() as reader, pytest.raises(NotFound) as missing:
        QueryContext.of(reader).find_body(text)
    assert missing.value.problems[0].hint == f"did you mean {near}?"


@pytest.mark.parametrize(
    ("nickname", "body"),
    [("Met", "metropolitan"), ("Notts", "nottinghamshire"), ("Glos", "gloucestershire"), ("Staffs", "staffordshire"),
     ("Lincs", "lincolnshire"), ("GMP", "greater-manchester"), ("Hants", "hampshire"), ("TVP", "thames-valley")],
)  # fmt: skip
def test_a_nickname_finds_the_force(ledger: Store, nickname: str, body: str) -> None:
    with ledger.reading() as reader:
        assert QueryContext.of(reader).find_body(nickname) == body


def test_the_area_that_a_body_serves_is_known_for_each_day(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + change("territory_changed", "2024-04-01", territory="Dorset and a village"))
    served = history(ledger).spells["territory", ""]
    assert [served.on(date(2024, 3, 31)).territory, served.on(date(2024, 4, 1)).territory] == [
        "",
        "Dorset and a village",
    ]
    (change_of_area,) = [one for one in timeline(history(ledger), date(2026, 1, 1)) if one.key[0] == "territory"]
    assert change_of_area.before == ((None, "nothing recorded"),)
    assert change_of_area.after == ("Dorset and a village", "Dorset and a village")


def test_the_state_tells_the_area_that_a_body_serves(ledger: Store) -> None:
    record_yaml(ledger, SOURCES + change("territory_changed", "2024-04-01", territory="Dorset and a village"))
    assert "Dorset and a village" in json.dumps(state(ledger, "2024-04-01"))


@pytest.mark.parametrize(
    "again",
    [
        change("renamed", "2022-11-22", name="The Police of Dorset"),
        change("territory_changed", "2022-11-22", territory="Dorset"),
        holder("Another", "2022-11-22"),
    ],
    ids=["name", "territory", "oversight"],
)
def test_of_one_day_there_is_one_such_change(ledger: Store, again: str) -> None:
    record_yaml(
        ledger,
        SOURCES
        + change("renamed", "2022-11-22", name="Dorset Constabulary")
        + change("territory_changed", "2022-11-22", territory="Dorset and a village")
        + holder("Somebody", "2022-11-22"),
    )
    assert len(refusal(ledger, again)) == 1


def test_what_was_handed_over_is_no_longer_open_with_the_old_body(ledger: Store) -> None:
    record_yaml(ledger, SOURCES)
    record_yaml(ledger, OPEN_ITEMS)
    record_yaml(ledger, merger(*transferred(*ALL_OPEN)))
    before, after = state(ledger, "2024-03-31"), state(ledger, "2024-04-01")
    assert before["concerns"]
    assert not any(word in str(before["ended"]) for word in ("transferred", "ended"))
    assert after["concerns"] == []
    assert set(after["ended"]["concerns"]) == {"transferred"}
    assert after["ended"]["reviews"] == {"transferred": 1}
    with ledger.reading() as reader:
        whole = body_state(QueryContext.of(reader, date(2024, 4, 1)).on_day("dorset"), ended=True)
    assert {concern["since"] for concern in whole["concerns"]} == {"2024-04-01"}, "handed over, not begun, on that day"
    with ledger.reading() as reader:
        assert QueryContext.of(reader, date(2026, 1, 1)).due(["dorset"])[0] == []
