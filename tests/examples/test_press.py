"""The two press reports in examples/west-midlands-press: what they say by themselves, and how surely."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from events import Entry
from events.body import BodyRegistered
from events.inspection import JudgementGiven
from ledger.cli import run
from ledger.record.create import create_ledger
from ledger.replay import documents_cited
from ledger.store.store import Store
from projections.body import BodySpells
from projections.due import BodyWithReports, due
from projections.state import body_state
from projections.subject import SubjectState
from projections.threads import threads
from tests.conftest import StandingClock, record_yaml

ROOT = Path(__file__).resolve().parents[2]
BATCHES = sorted((ROOT / "examples" / "west-midlands-press").glob("0[12]-*.yaml"))
TABLE = (ROOT / "docs" / "press-facts.md").read_text("utf-8")
LAST_DAY = date(2024, 12, 31)
SEX_OFFENDERS = {"device-examination-2021", "untrained-image-cases-2021", "sex-offender-resources-2021"}
UNKNOWN_RECOMMENDATIONS = (
    "how many recommendations the concern has is not stated, so some may be open; "
    "give `as_a_whole: true` if the document closes the concern with all of them"
)


@dataclass(frozen=True)
class Press:
    """A ledger with both batches recorded, and what the clerk was told at each."""

    path: Path
    keys: Path
    entries: list[Entry]
    documents: dict[str, SubjectState]
    warnings: list[list[str]]

    @property
    def history(self) -> BodySpells:
        return BodySpells.of("west-midlands", self.entries)

    def state_on(self, day: str) -> dict[str, Any]:
        return body_state(self.history.on_day(date.fromisoformat(day), self.documents), ended=True)

    @property
    def own(self) -> list[Entry]:
        """What the batches recorded, documents aside."""
        return [entry for entry in self.entries if not isinstance(entry.event, BodyRegistered)]


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    folder = tmp_path_factory.mktemp("press")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "ledger.db", clock=StandingClock())
        with Store(folder / "ledger.db") as ledger:
            receipts = [record_yaml(ledger, batch.read_text("utf-8")) for batch in BATCHES]
            with ledger.reading() as reader:
                registered = reader.matter("body/west-midlands")
                entries = [*registered, *reader.entries_under("west-midlands/")]
                known = dict(documents_cited(reader, entries))
        told = [[f"{w.field}: {w.message}; {w.hint}" for w in receipt.warnings] for receipt in receipts]
        yield Press(folder / "ledger.db", folder / "keys", entries, known, told)


def name(entry: Entry) -> str:
    """An entry by its kind and its id, as the table names it."""
    match entry.event:
        case JudgementGiven() as judgement:
            return f"{entry.kind}/{judgement.area}"
        case event if entry.kind == "inspection.published":
            return f"{entry.kind}/{event.data()['inspection']}"
        case event if entry.kind.startswith("monitoring."):
            return f"{entry.kind}/{event.data()['body']}"
        case _:
            return f"{entry.kind}/{entry.matter.split('/')[2]}"


def rows() -> list[tuple[str, str]]:
    """The rows of the table of facts: number and entries."""
    return re.findall(r"^\| (F\d+) \| [^|]+ \| ([^|]+) \|$", TABLE, flags=re.MULTILINE)


def outcomes(concerns: list[dict[str, Any]]) -> dict[str, str]:
    return {concern["id"]: concern["status"] for concern in concerns}


def possible(part: dict[str, Any]) -> list[str]:
    return [other["value"] for other in part.get("alternatives", ())]


# The table of facts


def test_every_entry_that_the_table_names_is_on_record(press: Press) -> None:
    named = {entry for _, entries in rows() for entry in re.findall(r"`([^`]+)`", entries)}
    assert named - {name(entry) for entry in press.own} == set()


def test_every_entry_of_the_batches_is_in_the_table(press: Press) -> None:
    named = {entry for _, entries in rows() for entry in re.findall(r"`([^`]+)`", entries)}
    assert {name(entry) for entry in press.own} - named == set()


def test_the_table_is_numbered_through_and_each_row_has_an_entry_or_says_that_it_has_none() -> None:
    assert [number for number, _ in rows()] == [f"F{n}" for n in range(1, len(rows()) + 1)]
    assert len(rows()) == TABLE.count("\n| F")
    assert [n for n, entries in rows() if "`" not in entries] == [n for n, entries in rows() if entries == "no entry"]


# Recording them


def test_the_first_batch_is_recorded_without_a_word_and_the_second_with_five_warnings(press: Press) -> None:
    assert press.warnings == [
        [],
        [
            "effective: no inadequate grade is in force for this body; this is allowed; check the body and the date",
            "concerns: no cause of concern is named as its basis; this is allowed; name them if the source does",
            *[f"as_a_whole: {UNKNOWN_RECOMMENDATIONS}"] * 3,
        ],
    ]


def test_all_of_it_rests_on_the_press(press: Press) -> None:
    state = press.state_on("2024-12-31")
    parts = [state["monitoring"], *state["concerns"], *state["judgements"]]
    parts += [item for subject in ("findings", "statistics", "statements", "reviews") for item in state[subject]]
    assert {part["basis"] for part in parts} == {"press"}


def test_what_the_force_said_is_not_laid_at_the_inspectorates_door(press: Press) -> None:
    said = {name(e): e.event.data().get("decided_by") for e in press.own if e.kind.startswith("finding")}
    by_the_force = {found for found, office in said.items() if office == "force"}
    assert by_the_force == {"finding.recorded/pandemic-2021", "finding.recorded/new-technology-2021"}


# What a reader is told


def test_on_the_day_of_the_first_report_there_are_eleven_grades_and_no_concern(press: Press) -> None:
    state = press.state_on("2021-11-24")
    assert Counter(judgement["grade"] for judgement in state["judgements"]) == {
        "good": 5,
        "adequate": 3,
        "requires-improvement": 3,
    }
    assert (state["monitoring"]["phase"], state["monitoring"]["certainty"]) == ("scan", "presumed")
    assert (state["concerns"], len(state["findings"]), len(state["statistics"])) == ([], 9, 3)


def test_a_claim_closes_no_finding(press: Press) -> None:
    state = press.state_on("2024-12-31")
    assert {item["id"] for item in state["findings"] if item["status"] == "open"} >= SEX_OFFENDERS


def test_in_mid_december_engage_and_the_concerns_are_possible(press: Press) -> None:
    state = press.state_on("2023-12-15")
    assert (state["monitoring"]["phase"], state["monitoring"]["certainty"]) == ("scan", "possible")
    assert (possible(state["monitoring"]), state["monitoring"]["entries"]) == (["engage"], [])
    assert [(c["status"], possible(c)) for c in state["concerns"]] == [("not-yet", ["open"])] * 4


def test_at_new_year_it_is_in_engage_with_four_concerns_of_which_three_are_possibly_closed(press: Press) -> None:
    state = press.state_on("2024-01-01")
    monitoring = state["monitoring"]
    assert (monitoring["phase"], monitoring["certainty"], monitoring["since"]) == ("engage", "certain", "2023-12")
    assert {c["id"]: (c["status"], possible(c)) for c in state["concerns"]} == {
        "investigations-2023": ("open", []),
        "marac-2023": ("open", ["closed"]),
        "online-child-abuse-2023": ("open", ["closed"]),
        "registered-sex-offenders-2023": ("open", ["closed"]),
    }


def test_at_the_end_of_2024_three_are_closed_and_one_is_last_known_open(press: Press) -> None:
    state = press.state_on("2024-12-31")
    assert outcomes(state["concerns"]) == {
        "investigations-2023": "open",
        "marac-2023": "closed",
        "online-child-abuse-2023": "closed",
        "registered-sex-offenders-2023": "closed",
    }
    assert {c["certainty"] for c in state["concerns"]} == {"certain"}
    assert [c["last_known_open"] for c in state["concerns"] if c["status"] == "open"] == ["2024"]
    assert {c["recommendations_issued"] for c in state["concerns"]} == {"not-stated"}
    assert state["monitoring"]["phase"] == "engage"


def test_the_thread_on_sex_offenders_runs_from_finding_to_claim_to_concern_to_closure(press: Press) -> None:
    (thread,) = threads(press.history, LAST_DAY)
    told = [name(entry) for entry in thread.facts]
    assert set(told[:3]) == {f"finding.recorded/{finding}" for finding in SEX_OFFENDERS}
    assert told[3:] == [
        "statement.made/dcc-on-sex-offenders-2021",
        "concern.issued/registered-sex-offenders-2023",
        "concern.closed/registered-sex-offenders-2023",
    ]
    claim, concern, _ = thread.facts[3:]
    (came_back,) = thread.came_back
    assert came_back[:4] == (
        "claim", "concern/registered-sex-offenders-2023", "statement/dcc-on-sex-offenders-2021", concern.position,
    )  # fmt: skip
    assert came_back.words == (
        f"claimed as done (#{claim.position}, 2021-11-24); "
        f"concern/registered-sex-offenders-2023 followed (#{concern.position}, 2023-12)"
    )


def test_before_the_concern_there_is_no_such_thread(press: Press) -> None:
    assert threads(press.history, date(2023, 11, 30)) == []


def test_the_command_line_tells_the_same_thread(
    press: Press, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(press.keys))
    assert run(["--ledger", str(press.path), "threads", "west-midlands", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    (thread,) = threads(press.history, LAST_DAY)
    assert [fact["position"] for fact in told["facts"]] == [entry.position for entry in thread.facts]
    assert run(["--ledger", str(press.path), "threads", "west-midlands"]) == 0
    text = capsys.readouterr().out
    lines = [text.index(f"#{entry.position}\n") for entry in thread.facts]
    assert lines == sorted(lines)


def test_the_review_is_due_and_silence_is_not_failure(press: Press) -> None:
    (item,) = due(BodyWithReports(press.history.on_day(date(2025, 6, 1), {})), kind="police-force")
    assert (item.matter, item.due, item.state.words) == (
        "review/investigations-review-2024",
        LAST_DAY,
        "nothing recorded by 2024-12-31",
    )


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]], ids=["text", "json", "csv"])
def test_no_answer_says_that_anybody_failed(
    press: Press, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(press.keys))
    for words in (["due"], ["due", "west-midlands"], ["state", "west-midlands"], ["timeline", "west-midlands"]):
        assert run(["--ledger", str(press.path), *words, "--as-of", "2025-06-01", *form]) == 0
        assert "fail" not in capsys.readouterr().out.casefold()
    assert run(["--ledger", str(press.path), "due", "--as-of", "2025-06-01", *form]) == 0
    assert "nothing recorded by 2024-12-31" in capsys.readouterr().out


def test_the_figures_stand_in_three_groups(
    press: Press, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(press.keys))
    assert run(["--ledger", str(press.path), "statistics", "west-midlands", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(r["group"], r["value"], r["denominator"], r["period"], r["claim"]) for r in rows] == [
        (1, "29.8", "per 1,000 people", "not-stated", "one-of-the-highest"),
        (2, "24.5", "per 100,000 people", "2020-04/2021-03", "highest"),
        (3, "1.55", "per 1,000 people", "2020-04/2021-03", "highest"),
    ]


def test_scan_is_still_presumed_where_engage_is_possible(press: Press) -> None:
    assert press.state_on("2023-12-15")["monitoring"]["presumed"] is True
    assert press.state_on("2024-01-01")["monitoring"]["presumed"] is False


def test_the_state_tells_who_spoke(press: Press) -> None:
    said = {item["id"]: item for item in press.state_on("2021-11-24")["findings"]}
    assert said["pandemic-2021"]["by"] == "force"
    assert (said["new-technology-2021"]["by"], said["new-technology-2021"]["by_name"]) == ("force", "Vanessa Jardine")
    assert said["good-practice-2021"]["by"] == "hmi"


def test_good_news_after_a_claim_is_no_return_of_the_matter(ledger: Store) -> None:
    for batch in BATCHES[:1]:
        record_yaml(ledger, batch.read_text("utf-8"))
    praise = """
- kind: finding.recorded
  body: west-midlands
  finding: better-2022
  type: strength
  effective: 2022-06-01
  title: Sex offenders are managed well
  about: [area/managing-offenders]
  documents: [bbc-2021-11-24-west-midlands]
"""
    record_yaml(ledger, praise)
    with ledger.reading() as reader:
        entries = reader.entries_under("west-midlands/")
    assert threads(BodySpells.of("west-midlands", entries), LAST_DAY) == []
