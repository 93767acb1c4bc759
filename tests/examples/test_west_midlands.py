"""The worked example in examples/west-midlands: what a reader is told of West Midlands Police, day by day."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.words import state_in_words
from ledger.log.key import Signer
from ledger.query.context import QueryContext
from ledger.record.create import create_ledger
from ledger.store.store import Store
from projections.body import BodySpells
from projections.state import body_state
from tests.conftest import StandingClock, key_of, record_yaml

BATCHES = sorted((Path(__file__).resolve().parents[2] / "examples" / "west-midlands").glob("*.yaml"))


@dataclass(frozen=True)
class Row:
    """What is true on a day; ``grades`` and ``tallies`` count by framework and grade."""

    phase: str
    certainty: str
    concerns: dict[str, int] = field(default_factory=dict)
    recommendations_open: int | None = None
    pending: str | None = None
    grades: dict[str, dict[str, int]] = field(default_factory=dict)
    tallies: dict[str, dict[str, int]] = field(default_factory=dict)


OLD = {"peel-2018-19": {"good": 3}, "crime-data-integrity": {"inadequate": 1}}
MIDDLE = {"peel-2021-22": {"good": 5, "adequate": 3, "requires-improvement": 3, "not-graded": 2}}
NEW = {"peel-2023-25": {"inadequate": 3, "not-graded": 1}}
TALLY = {"peel-2023-25": {"adequate": 2, "requires-improvement": 3, "inadequate": 3}}
ALL_OPEN = Row("engage", "certain", {"open": 4}, 5, grades=NEW, tallies=TALLY)
ONE_OPEN = Row("engage", "certain", {"open": 1, "closed": 3}, 5, grades=NEW, tallies=TALLY)
BACK_IN_SCAN = Row("scan", "certain", {"open": 1, "closed": 3}, 2, grades=NEW, tallies=TALLY)

TABLE = {
    "2019-05-02": Row("scan", "presumed", grades=OLD),
    "2021-11-24": Row("scan", "presumed", grades=MIDDLE),
    "2023-11-23": Row("scan", "presumed", pending="engage", grades=MIDDLE),
    "2023-11-24": Row("engage", "certain", {"announced": 4}, grades=MIDDLE),
    "2023-12-22": ALL_OPEN,
    "2024-07-22": ALL_OPEN,
    "2024-07-23": ONE_OPEN,
    "2024-09-17": ONE_OPEN,
    "2024-09-18": BACK_IN_SCAN,
    "2025-12-31": BACK_IN_SCAN,
}


@dataclass(frozen=True)
class Example:
    """A ledger with all batches recorded, and the key that signed them."""

    ledger: Store
    signer: Signer

    def history(self) -> BodySpells:
        with self.ledger.reading() as reader:
            registered = reader.matter("body/west-midlands")
            return BodySpells.of("west-midlands", registered + reader.entries_under("west-midlands/"))

    def state_on(self, day: str) -> dict[str, Any]:
        with self.ledger.reading() as reader:
            return body_state(QueryContext.of(reader, date.fromisoformat(day)).on_day("west-midlands"))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    folder = tmp_path_factory.mktemp("west-midlands")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "ledger.db", clock=StandingClock())
        with Store(folder / "ledger.db") as ledger:
            signer = key_of(ledger)
            for batch in BATCHES:
                assert not record_yaml(ledger, batch.read_text("utf-8"), signer).already
            yield Example(ledger, signer)


def concern(state: dict[str, Any], id: str) -> dict[str, Any]:
    return next((concern for concern in state["concerns"] if concern["id"] == id), {})


@pytest.mark.parametrize("day", TABLE)
def test_what_is_true_on_a_day(example: Example, day: str) -> None:
    state = example.state_on(day)
    monitoring = state["monitoring"]
    grades: dict[str, Counter[str]] = {}
    for judgement in state["judgements"]:
        grades.setdefault(judgement["framework"], Counter())[judgement["grade"]] += 1
    assert TABLE[day] == Row(
        monitoring["phase"],
        monitoring["certainty"],
        Counter(concern["status"] for concern in state["concerns"]) + Counter(state["ended"]["concerns"]),
        concern(state, "investigations-2023").get("recommendations_open"),
        (monitoring["pending"] or {}).get("phase"),
        {framework: dict(counts) for framework, counts in grades.items()},
        {tally["framework"]: tally["counts"] for tally in state["tallies"]},
    )


def test_the_inadequate_areas_are_named(example: Example) -> None:
    judgements = example.state_on("2023-12-22")["judgements"]
    assert {judgement["area"] for judgement in judgements if judgement["grade"] == "inadequate"} == {
        "investigating-crime",
        "protecting-vulnerable-people",
        "managing-offenders",
    }


def test_one_concern_is_left_and_its_last_known_open_is_told(example: Example) -> None:
    (left,) = example.state_on("2025-12-31")["concerns"]
    assert (left["id"], left["last_known_open"]) == ("investigations-2023", "2024-09-18")
    assert (left["recommendations_issued"], left["recommendations"]) == (5, [])  # which are closed: not stated


def test_the_end_of_a_programme_is_told_only_on_days_after_it(example: Example) -> None:
    for day, ended in (("2020-06-30", None), ("2021-01-01", "2020")):
        state = example.state_on(day)
        assert {one["framework"]: one["programme_ended"] for one in state["graded"]}["crime-data-integrity"] == ended
        assert ("the programme ended in 2020" in state_in_words(state)) == (ended is not None)


def test_it_was_in_engage_for_299_days(example: Example) -> None:
    engage = [spell for spell in example.history().spells["monitoring", ""] if spell.state.phase == "engage"]
    assert sum((spell.until - spell.since).days for spell in engage) == 299
    assert {spell.earliest for spell in engage} == {date(2023, 11, 24)}


def test_recording_it_all_again_appends_nothing(example: Example) -> None:
    with example.ledger.reading() as reader:
        before = reader.head()
    for batch in BATCHES:
        receipt = record_yaml(example.ledger, batch.read_text("utf-8"), example.signer)
        assert receipt.already
        assert (receipt.appended, receipt.head) == ((), before)
