"""West Midlands by both paths: from the inspectorate's documents, and from the press, amended by those documents.

By both the same is true on every day; and what was believed before the mending can still be told.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from events.document import DocumentRegistered
from ledger.cli import run
from ledger.record.create import create_ledger
from ledger.store.store import Store
from projections.body import BodySpells
from projections.threads import threads
from tests.conftest import NOW, StandingClock, record_yaml
from tests.examples.test_west_midlands import TABLE

Json = dict[str, Any]
Ask = Callable[..., Any]
"""Asks one of the ledgers, by its name: the answer in JSON."""

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PRIMARY = sorted((EXAMPLES / "west-midlands").glob("*.yaml"))
FROM_THE_PRESS = sorted((EXAMPLES / "west-midlands-press").glob("*.yaml"))
PRESS, MENDING = FROM_THE_PRESS[:2], FROM_THE_PRESS[2:]
LAST_OF_THE_PRESS = 90
MENDED_ON = NOW + timedelta(days=3)
DAYS = [*TABLE, "2021-12-01", "2023-12-01", "2023-12-15", "2024-12-31"]


@dataclass(frozen=True)
class Story:
    """A folder with primary.db, press.db and both.db, which is press.db amended; and the warnings at the mending."""

    folder: Path
    warnings: dict[str, list[str]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("both-ways")
    warnings: dict[str, list[str]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        for name, batches in (("primary.db", PRIMARY), ("both.db", PRESS)):
            create_ledger(folder / name, clock=StandingClock())
            with Store(folder / name) as ledger:
                for batch in batches:
                    record_yaml(ledger, batch.read_text("utf-8"))
        (folder / "press.db").write_bytes((folder / "both.db").read_bytes())
        with Store(folder / "both.db") as ledger:
            for batch in MENDING:
                receipt = record_yaml(ledger, batch.read_text("utf-8"), clock=StandingClock(MENDED_ON))
                assert not receipt.already
                warnings[batch.name[:2]] = [warning.message for warning in receipt.warnings]
    return Story(folder, warnings)


@pytest.fixture
def ask(story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(story.folder / "keys"))

    def do(ledger: str, *words: str) -> Any:
        assert run(["--ledger", str(story.folder / f"{ledger}.db"), *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return do


def state(ask: Ask, ledger: str, day: str, *clocks: str) -> Json:
    answer: Json = ask(ledger, "state", "west-midlands", "--all", "--as-of", day, *clocks)
    return answer


def values(state: Json) -> Json:
    """What a state says, whichever entries and documents it rests on."""
    concern = ("id", "title", "status", "since", "until", "certainty", "alternatives", "last_known_open", "reason",
               "remaining", "recommendations", "recommendations_issued", "recommendations_open")  # fmt: skip
    judgement = ("framework", "inspection", "area", "grade", "since", "until", "certainty", "inspected")
    monitoring = state["monitoring"]
    return {
        "monitoring": {name: monitoring[name] for name in ("phase", "since", "certainty", "presumed")},
        "pending": (monitoring["pending"] or {}).get("phase"),
        "concerns": [{name: c.get(name) for name in concern} for c in state["concerns"]],
        "judgements": [{name: j.get(name) for name in judgement} for j in state["judgements"]],
        "tallies": [{name: t[name] for name in ("framework", "counts", "since")} for t in state["tallies"]],
    }


# The same by both paths


@pytest.mark.parametrize("day", DAYS)
def test_the_same_is_true_by_both_paths(ask: Ask, day: str) -> None:
    assert values(state(ask, "both", day)) == values(state(ask, "primary", day))


@pytest.mark.parametrize("day", TABLE)
def test_none_of_that_rests_on_the_press_alone_any_more(ask: Ask, day: str) -> None:
    now = state(ask, "both", day)
    parts = [now["monitoring"], *now["concerns"], *now["judgements"], *now["tallies"]]
    assert "press" not in {part["basis"] for part in parts}


def test_the_documents_of_the_inspectorate_are_the_same(story: Story) -> None:
    registered = []
    for name in ("primary.db", "both.db"):
        with Store(story.folder / name) as ledger, ledger.reading() as reader:
            documents = [e.event for e in reader.entries_under("document/") if isinstance(e.event, DocumentRegistered)]
        registered.append({d.document: d.data() for d in documents if not d.document.startswith("bbc-")})
    assert registered[0] == registered[1]


def test_what_only_the_press_says_is_still_there(ask: Ask) -> None:
    subjects = ("findings", "statistics", "statements", "reviews")
    press, both = (state(ask, ledger, "2025-12-31") for ledger in ("press", "both"))
    assert all(press[subject] for subject in subjects)
    assert {s: press[s] for s in subjects} == {s: both[s] for s in subjects}


def test_the_thread_on_sex_offenders_holds_and_has_the_announcement_in_it(ask: Ask) -> None:
    (thread,) = ask("both", "threads", "west-midlands")
    assert [(fact["date"], fact["kind"]) for fact in thread["facts"][3:]] == [
        ("2021-11-24", "statement.made"),
        ("2023-11-24", "concern.announced"),
        ("2023-12-22", "concern.issued"),
        ("2024-07-23", "concern.closed"),
    ]


def test_a_thread_names_the_corrections_by_which_its_facts_say_what_they_say(ask: Ask) -> None:
    (thread,) = ask("both", "threads", "west-midlands")
    concerns = {concern["id"]: concern["entries"] for concern in state(ask, "both", "2025-12-31")["concerns"]}
    named = sorted(position for fact in thread["facts"][4:] for position in fact["entries"])
    assert named == concerns["registered-sex-offenders-2023"]


def test_a_thread_holds_when_what_something_rests_on_is_corrected(ledger: Store) -> None:
    record_yaml(ledger, PRESS[0].read_text("utf-8"))
    claim_and_finding = """
common: {body: west-midlands, documents: [bbc-2021-11-24-west-midlands]}
events:
  - {kind: statement.made, label: claim, statement: a, stance: claims-done, decided_by: force, title: It is done,
     effective: 2022-01}
  - {kind: finding.recorded, finding: b, type: weakness, title: It is not, effective: 2023-01, because: [claim]}
"""
    correction = """
- kind: entry.corrected
  target: '#76'
  type: recording-error
  reason: A title, mistyped
  replacement: {kind: statement.made, body: west-midlands, documents: [bbc-2021-11-24-west-midlands], statement: a,
    stance: claims-done, decided_by: force, title: It has been done, effective: 2022-01}
"""
    for batch in (claim_and_finding, correction):
        record_yaml(ledger, batch)
        with ledger.reading() as reader:
            history = BodySpells.of("west-midlands", reader.entries_under("west-midlands/"))
        (thread,) = threads(history, NOW.date())
        assert [fact.position for fact in thread.facts[-2:]] == [76, 77]


# The mending


def test_the_clerk_is_warned_of_what_looks_odd_and_was_so(story: Story) -> None:
    assert {batch: told for batch, told in story.warnings.items() if told} == {
        "07": [
            "no inadequate grade is in force for this body",
            "on that date investigations-2023, marac-2023, registered-sex-offenders-2023, online-child-abuse-2023 "
            "are announced, not yet issued",
        ],
        "10": ["the concern 'investigations-2023' is still open"],
    }


def test_mending_it_all_again_appends_nothing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(story.folder / "keys"))
    with Store(story.folder / "both.db") as ledger:
        for batch in MENDING:
            receipt = record_yaml(ledger, batch.read_text("utf-8"), clock=StandingClock(MENDED_ON))
            assert (receipt.appended, bool(receipt.already)) == ((), True)


# What had been believed


@pytest.mark.parametrize("known_at", [f"#{LAST_OF_THE_PRESS}", str(NOW.date())])
@pytest.mark.parametrize("day", DAYS)
def test_the_ledger_tells_what_it_told_before_the_mending(ask: Ask, day: str, known_at: str) -> None:
    before, now = state(ask, "press", day), state(ask, "both", day, "--known-at", known_at)
    assert before.pop("head")["size"] == LAST_OF_THE_PRESS + 1 < now.pop("head")["size"]
    assert now == before


def test_what_was_believed_of_december_2023(ask: Ask) -> None:
    for day, phase in (("2023-12-01", "scan"), ("2023-12-15", "scan"), ("2023-12-31", "engage")):
        believed = state(ask, "both", day, "--known-at", f"#{LAST_OF_THE_PRESS}")["monitoring"]
        assert (believed["phase"], state(ask, "both", day)["monitoring"]["phase"]) == (phase, "engage")


@pytest.mark.parametrize("reader", ["timeline", "threads"])
def test_other_readers_tell_it_too(ask: Ask, reader: str) -> None:
    words = (reader, "west-midlands", "--as-of", "2025-12-31")
    assert ask("both", *words, "--known-at", f"#{LAST_OF_THE_PRESS}") == ask("press", *words)
    assert ask("both", *words) != ask("press", *words)


# What the public could know


@pytest.mark.parametrize("ledger", ["both", "primary"])
@pytest.mark.parametrize(
    ("public_at", "phase", "since", "pending", "concerns"),
    [
        ("2021-12-01", "scan", None, None, {}),
        ("2023-11-23", "scan", None, None, {}),
        ("2023-11-24", "engage", "2023-11-24", None, {"announced": 4}),
        ("2023-12-01", "engage", "2023-11-24", None, {"announced": 4}),
        ("2023-12-15", "engage", "2023-11-24", None, {"announced": 4}),
        ("2023-12-22", "engage", "2023-11-24", None, {"open": 4}),
        ("2024-07-22", "engage", "2023-11-24", None, {"open": 4}),
        ("2024-07-23", "engage", "2023-11-24", None, {"open": 1, "closed": 3}),
        ("2024-09-18", "scan", "2024-09-18", None, {"open": 1, "closed": 3}),
    ],
)
def test_what_the_public_could_know_on_a_day(
    ask: Ask, ledger: str, public_at: str, phase: str, since: str | None, pending: str | None, concerns: dict[str, int]
) -> None:
    public = ask(ledger, "state", "west-midlands", "--all", "--public-at", public_at)
    monitoring = public["monitoring"]
    assert public["as_of"] == public["public_at"] == public_at
    assert (monitoring["phase"], monitoring["since"], monitoring["pending"]) == (phase, since, pending)
    assert Counter(concern["status"] for concern in public["concerns"]) == concerns


@pytest.mark.parametrize("public_at", ["2019-12-31", "2021-12-01", "2023-12-01", "2023-12-15", "2024-01-01"])
def test_the_public_could_know_the_same_by_both_paths(ask: Ask, public_at: str) -> None:
    both, primary = (state(ask, ledger, public_at, "--public-at", public_at) for ledger in ("both", "primary"))
    told = [values(one) for one in (both, primary)]
    for concern in (concern for one in told for concern in one["concerns"]):
        for part in (concern, *concern["recommendations"]):  # the undated press report was possibly public too
            part.pop("certainty"), part.pop("alternatives", None)
    assert told[0] == told[1]


@pytest.mark.parametrize("ledger", ["both", "primary"])
def test_that_the_move_was_decided_became_public_after_it_had_happened(ask: Ask, ledger: str) -> None:
    letter = {day: state(ask, ledger, "2023-11-23", "--public-at", day) for day in ("2023-11-28", "2023-11-29")}
    assert [bool(public["monitoring"]["pending"]) for public in letter.values()] == [False, True]


def test_the_undated_press_report_was_possibly_public_until_it_was_recorded(ask: Ask) -> None:
    public = state(ask, "press", "2025-12-31", "--public-at", "2025-12-31")
    parts = [public["monitoring"], *public["concerns"], *public["reviews"]]
    assert {part["certainty"] for part in parts} == {"possible"}
    assert (public["monitoring"]["phase"], {part["status"] for part in parts[1:]}) == ("scan", {"not-yet"})
