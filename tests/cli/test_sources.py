"""That sources differ is told by every reader of what they differ in, in every form, until it is settled."""

import csv
import io
import json
import re
from typing import Any

import pytest

from ledger.cli import run
from projections.views import VIEWS
from tests.cli.conftest import Ask

Json = dict[str, Any]
NEXT = "inspection: peel-2023-25, framework: peel-2023-25"
PEEL = "inspection: peel-2021-22, framework: peel-2021-22"
FACTS = {
    "engaged": "kind: monitoring.engaged, effective: 2023-01-01",
    "returned": "kind: monitoring.returned, effective: 2024-01-01",
    "decided": "kind: monitoring.move_decided, effective: 2024-02-01, phase: engage",
    "issued": "kind: concern.issued, effective: 2023-01-01, concern: custody, title: Custody",
    "closed": "kind: concern.closed, effective: 2024-01-01, concern: custody, as_a_whole: true",
    "again": "kind: concern.issued, effective: 2024-02-01, concern: cells, title: Cells, recurrence_of: custody,"
    " recommendations: [{id: '1', deadline: immediate}]",
    "part": "kind: concern.partly_ended, effective: 2024-03-01, concern: cells, element: Vans, outcome: closed",
    "grade": f"kind: judgement.given, effective: 2022-01-01, {PEEL}, area: investigating-crime, grade: good",
    "report": f"kind: inspection.published, effective: 2024-01-01, {NEXT}, scope: assessment",
    "tally": f"kind: tally.given, effective: 2024-01-01, {NEXT}, counts: {{good: 9}}",
    "finding": "kind: finding.recorded, effective: 2023-01-01, finding: vans, type: weakness, title: Vans",
    "dealt": "kind: finding.closed, effective: 2024-01-01, finding: vans",
    "advice": "kind: recommendation.issued, effective: 2024-01-01, recommendation: vet, title: V, deadline: immediate",
    "review": "kind: review.scheduled, effective: 2024-01-01, review: revisit, title: Revisit, due: 2024-07",
    "plan": "kind: plan.announced, effective: 2024-01-01, plan: new, title: N, planned_for: 2025, decided_by: force",
    "said": "kind: statement.made, effective: 2024-01-01, statement: so, stance: comments, title: S, decided_by: force",
    "figure": "kind: statistic.reported, effective: 2024-01-01, statistic: rate, metric: rate, value: '2', unit: all",
    "overseer": "kind: body.oversight_changed, effective: 2024-01-01, name: Kent PCC,"
    " office: police-and-crime-commissioner, decided_by: electorate",
    "area": "kind: body.territory_changed, effective: 2024-01-01, territory: All of Kent, decided_by: parliament",
    "name": "kind: body.renamed, effective: 2024-01-01, name: Kent Constabulary, decided_by: parliament",
}
FIRST = 49  # after the opening, the keeper, the forces, and what comes before
CLAIMS = {label: FIRST + len(FACTS) + n for n, label in enumerate(FACTS)}
"""The positions of the entries that contradict these facts."""
BEFORE = f"""
- {{kind: document.registered, document: other, type: press-report, title: O, publisher: P, published: 2026-01}}
- {{kind: inspection.published, body: kent, effective: 2022-01-01, {PEEL}, scope: assessment, documents: [letter]}}
"""
BATCH = "\n".join(
    ["common: {body: kent, documents: [letter]}", "events:"]
    + [f"  - {{label: {label}, {fact}}}" for label, fact in FACTS.items()]
    + [f"  - {{kind: entry.contradicted, target: {label}, documents: [other], claim: Not so.}}" for label in FACTS]
)
NOW = {*FACTS} - {"engaged"}
CONCERNS = {"issued", "closed", "again", "part"}
READERS: dict[tuple[str, ...], set[str]] = {
    ("state", "kent", "--all"): NOW,
    ("state", "kent", "--all", "--as-of", "2023-06-01"): {"engaged", "issued", "grade", "finding"},
    ("why", "kent"): NOW,
    ("board",): {"returned", "decided", "advice", "name"} | CONCERNS,
    ("timeline", "kent"): {*FACTS},
    ("durations", "kent"): {"engaged", "returned"} | CONCERNS,
    ("due", "kent"): {"again", "part", "advice", "review", "plan"},
    ("threads", "kent"): CONCERNS,
    ("statistics", "kent"): {"figure"},
    ("diff", "kent", "2023-06-01..2026"): {*FACTS},
    ("forces", "list"): {"name"},
    ("forces", "show", "kent"): {"name"},
}


def told_in_json(tree: Any) -> set[int]:
    if isinstance(tree, list):
        return set().union(*map(told_in_json, tree))
    if not isinstance(tree, dict):
        return set()
    own = tree.get("sources_differ", ())
    below = told_in_json([item for key, item in tree.items() if key != "sources_differ"])
    return below | (told_in_json([*own.values()]) if isinstance(own, dict) else {*own})


@pytest.fixture
def asked(ask: Ask) -> Ask:
    ask(BEFORE, "board")
    ask(BATCH, "board")
    return ask


def positions(labels: set[str]) -> set[int]:
    return {CLAIMS[label] for label in labels}


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_every_reader_tells_what_sources_differ_in_in_every_form(asked: Ask, words: tuple[str, ...]) -> None:
    expected = positions(READERS[words])
    assert told_in_json(json.loads(asked(BATCH, *words, "--json"))) == expected
    rows = csv.DictReader(io.StringIO(asked(BATCH, *words, "--csv")))
    assert {int(n) for row in rows for n in re.findall(r"[0-9]+", row["sources_differ"])} == expected
    told = re.findall(r"sources differ: ((?:#[0-9]+ ?)+)", asked(BATCH, *words))
    assert {int(n) for one in told for n in re.findall(r"[0-9]+", one)} == expected


def test_what_has_ended_is_told_without_being_listed(asked: Ask) -> None:
    ended = json.loads(asked(BATCH, "state", "kent", "--json"))["ended"]
    assert {subject: {*own} for subject, own in ended["sources_differ"].items()} == {
        "concerns": positions({"issued", "closed"}),
        "findings": positions({"finding", "dealt"}),
        "judgements": positions({"grade", "report"}),
    }
    told = asked(BATCH, "state", "kent")
    assert f"no longer: 1 closed  sources differ: #{CLAIMS['issued']} #{CLAIMS['closed']}\n" in told


def test_every_view_tells_what_sources_differ_in(asked: Ask) -> None:
    found = set[int]()
    for view in VIEWS.keys() - {"citations"}:
        rows = json.loads(asked(BATCH, "query", f"SELECT sources_differ FROM {view}", "--json"))
        found.update(*(json.loads(row["sources_differ"]) for row in rows))
    assert found == positions({*FACTS} - {"decided", "area"})


# Settled

KEPT = ("--keep", "--reason", "The letter is the inspectorate's own.")


def test_after_a_resolution_no_reader_says_that_sources_differ(asked: Ask) -> None:
    for position in range(FIRST, FIRST + len(FACTS)):
        assert run(["resolve", f"#{position}", *KEPT]) == 0
    for words in READERS:
        assert told_in_json(json.loads(asked(BATCH, *words, "--json"))) == set()
        assert "sources differ" not in asked(BATCH, *words).lower()


def test_what_was_settled_stays_on_record_with_the_reason(asked: Ask) -> None:
    before = json.loads(asked(BATCH, "state", "kent", "--json"))["monitoring"]
    assert run(["resolve", f"#{CLAIMS['returned']}", *KEPT]) == 0  # named by what contradicts it
    monitoring = json.loads(asked(BATCH, "state", "kent", "--json"))["monitoring"]
    last = FIRST + 2 * len(FACTS)
    assert monitoring["entries"] == [*before["entries"], last]
    assert {key: monitoring[key] for key in ("phase", "since", "basis")} == {
        key: before[key] for key in ("phase", "since", "basis")
    }
    told = asked(BATCH, "why", "kent", "monitoring")
    settled = f"no longer in force: settled by #{last}, because: The letter is the inspectorate's own."
    assert f"entry.contradicted, recorded 2026-11-21  #{CLAIMS['returned']}\n      {settled}\n" in told
    upheld = f"upheld by #{last}, because: The letter is the inspectorate's own."
    assert f"monitoring.returned of 2024-01-01, recorded 2026-11-21  #{FIRST + 1}\n      {upheld}\n" in told
    (cited,) = json.loads(asked(BATCH, "cite", f"#{FIRST + 1}", "--json"))["citations"]
    assert (cited["in_force"], cited["ended_as"], cited["ended_by"]) == (True, "upheld", last)
    assert told.count("HMICFRS, “A letter”") == 2, "once of the phase, once of the pending move"
    assert settled in asked(BATCH, "show", f"#{CLAIMS['returned']}")
    assert run(["retract", f"#{last}", "--reason", "It is not."]) == 0
    assert json.loads(asked(BATCH, "state", "kent", "--json"))["monitoring"]["sources_differ"] == [CLAIMS["returned"]]


def test_what_was_upheld_is_in_force_for_every_reader_until_it_is_changed(asked: Ask) -> None:
    returned, last = FIRST + 1, FIRST + 2 * len(FACTS)

    def in_force() -> set[bool]:
        asks: dict[str, tuple[str, ...]] = {
            "cite": ("cite", f"#{returned}"), "show": ("show", f"#{returned}"),
            "search": ("search", "returned"), "query": ("query", f"SELECT * FROM entries WHERE position = {returned}"),
            "view": ("query", f"SELECT * FROM citations WHERE position = {returned}"),
        }  # fmt: skip
        found = {name: json.loads(asked(BATCH, *words, "--json")) for name, words in asks.items()}
        rows = [*found["cite"]["citations"], found["show"], *found["query"], *found["view"]]
        rows += [row for row in found["search"] if row["position"] == returned]
        assert len(rows) == 5
        return {bool(row["in_force"]) for row in rows}

    assert run(["resolve", f"#{returned}", *KEPT]) == 0
    assert in_force() == {True}
    assert run(["correct", f"#{returned}", "effective=2024-01-02", "--type", "recording-error", "--reason", "So."]) == 0
    assert in_force() == {False}
    assert run(["retract", f"#{last + 1}", "--reason", "No."]) == 0
    assert in_force() == {True}
    assert run(["verify"]) == 0


def test_a_resolution_can_change_what_is_on_record(asked: Ask) -> None:
    changed = "effective=2024-01-02", "--document", "other", "--reason", "The other is later."
    assert run(["resolve", f"#{FIRST + 1}", *changed]) == 0
    monitoring = json.loads(asked(BATCH, "state", "kent", "--json"))["monitoring"]
    assert (monitoring["since"], monitoring["basis"], monitoring["sources_differ"]) == ("2024-01-02", "press", [])


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "Give --keep, or the fields that change"),
        (("--keep", "effective=2024-01-02"), 2, "Give --keep, or the fields that change (FIELD=VALUE), not both."),
        (("effective=2024-01-02",), 3, "rests on a document; name it (`--document`), or keep"),
    ],
)
def test_a_resolution_keeps_or_changes(
    asked: Ask, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    assert run(["resolve", f"#{FIRST + 1}", *words, "--reason", "So it is."]) == code
    assert told in capsys.readouterr().err


def test_what_nothing_contradicts_needs_no_resolution(asked: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["resolve", f"#{FIRST - 1}", *KEPT]) == 3
    assert "nothing contradicts it, so nothing would change" in capsys.readouterr().err


# Another day

EARLIER = {
    "engaged": "kind: monitoring.engaged, effective: 2023-02-01",
    "issued": "kind: concern.issued, effective: 2023-02-01, concern: custody, title: Custody,"
    " recommendations: [{id: '1', deadline: within 1 months}]",
    "grade": f"kind: judgement.given, effective: 2023-02-01, {PEEL}, area: investigating-crime, grade: good",
    "vet": "kind: recommendation.issued, effective: 2023-02-01, recommendation: vet, title: Vet, deadline: immediate",
    "overseer": FACTS["overseer"].replace("2024", "2023"),
    "area": FACTS["area"].replace("2024-01", "2023-02"),
    "name": FACTS["name"].replace("2024-01", "2023-02"),
}
ANOTHER_DAY = "\n".join(
    ["common: {body: kent, documents: [letter]}", "events:"]
    + [f"  - {{label: {label}, {fact.replace('2023-01', '2023-02')}}}" for label, fact in EARLIER.items()]
    + [
        f"  - {{kind: entry.contradicted, target: {label}, documents: [other], claim: Before., effective: 2023-01-10}}"
        for label in EARLIER
    ]
)
SINCE = {label: FIRST + len(EARLIER) + n for n, label in enumerate(EARLIER)}


@pytest.mark.parametrize(("day", "told"), [("2023-01-09", False), ("2023-01-10", True), ("2023-01-31", True)])
def test_between_the_days_that_sources_give_it_is_told_that_they_differ(ask: Ask, day: str, told: bool) -> None:
    ask(BEFORE, "board")
    expected = {*SINCE.values()} if told else set()
    state = json.loads(ask(ANOTHER_DAY, "state", "kent", "--as-of", day, "--json"))
    assert (state["monitoring"]["phase"], told_in_json(state)) == ("scan", expected)
    told_in_words = re.findall(r"sources differ: #([0-9]+)", ask(ANOTHER_DAY, "state", "kent", "--as-of", day))
    assert {int(n) for n in told_in_words} == expected
    (row,) = [row for row in json.loads(ask(ANOTHER_DAY, "board", "--as-of", day, "--json")) if row["body"] == "kent"]
    assert {*row["sources_differ"]} == expected & {SINCE[label] for label in ("engaged", "issued", "vet", "name")}
    assert row["overdue"] == 0
    changed = json.loads(ask(ANOTHER_DAY, "diff", "kent", f"2022-12-31..{day}", "--json"))
    assert told_in_json(changed) == expected
    (monitoring,) = json.loads(ask(ANOTHER_DAY, "why", "kent", "monitoring", "--as-of", day, "--json"))
    assert [entry["claim"] for entry in monitoring["entries"]] == (["Before."] if told else [])
    changes = json.loads(ask(ANOTHER_DAY, "timeline", "kent", "--as-of", day, "--json"))
    assert told_in_json(changes) == expected
    assert {row["date"] for row in changes if row["sources_differ"]} == ({"2023-01-10"} if told else set())
    times = json.loads(ask(ANOTHER_DAY, "durations", "kent", "--as-of", day, "--json"))
    assert told_in_json(times) == expected & {SINCE["engaged"], SINCE["issued"]}
    assert {(time["since"], time["happened"], time["days_at_least"]) for time in times} == (
        {("2023-01-10", "possible", 0)} if told else set()
    )


@pytest.mark.parametrize(("day", "told"), [("2023-05-31", False), ("2023-06-01", True), ("2023-12-31", True)])
def test_that_sources_differ_about_an_end_is_told_before_the_end_on_record(ask: Ask, day: str, told: bool) -> None:
    batch = """
common: {body: kent, documents: [letter]}
events:
  - {kind: monitoring.engaged, effective: 2023-02-01}
  - {label: moved, kind: monitoring.returned, effective: 2024-01-01}
  - {kind: entry.contradicted, target: moved, documents: [letter], claim: In June., effective: 2023-06}
"""
    ask(BEFORE, "board")
    expected = {FIRST + 2} if told else set()
    for asked in ("durations", "timeline"):
        answer = json.loads(ask(batch, asked, "kent", "--as-of", day, "--json"))
        assert told_in_json(answer) == expected, asked
    assert ("monitoring: Engage -> Scan, possibly" in ask(batch, "timeline", "kent", "--as-of", day)) is told


def test_a_later_day_is_told_too_also_of_what_has_ended_before_it(ask: Ask) -> None:
    batch = """
common: {body: kent, documents: [letter]}
events:
  - {label: moved, kind: monitoring.engaged, effective: 2023-02-01}
  - {kind: monitoring.returned, effective: 2023-03-01}
  - {kind: entry.contradicted, target: moved, documents: [letter], claim: In May., effective: 2023-05}
"""
    ask(BEFORE, "board")
    last = FIRST + 2
    for day, differ in (("2023-01-31", []), ("2023-02-01", [last]), ("2023-05-31", [last]), ("2023-06-01", [])):
        state = json.loads(ask(batch, "state", "kent", "--as-of", day, "--json"))
        assert state["monitoring"]["sources_differ"] == differ, day


REPORTS = """
- {kind: document.registered, document: report, type: inspectorate-report, title: A report, publisher: HMICFRS,
   published: 2024-05-20, bodies: [kent]}
- {kind: document.registered, document: late, type: inspectorate-report, title: Another, publisher: HMICFRS,
   published: 2024-05-21, bodies: [kent]}
- {kind: response.published, body: kent, effective: 2024-06-01, responds_to: report, documents: [letter]}
"""
IN_JUNE = """
- {kind: entry.contradicted, target: "#47", documents: [letter], claim: It came out in June.}
- {kind: entry.contradicted, target: "#48", documents: [letter], claim: It came out in June.}
"""


def test_a_response_and_what_is_owed_rest_on_when_the_report_was_published(ask: Ask) -> None:
    ask(REPORTS, "board")
    (response,) = json.loads(ask(IN_JUNE, "state", "kent", "--json"))["responses"]
    assert response["sources_differ"] == [50]
    (due,) = json.loads(ask(IN_JUNE, "due", "kent", "--json"))
    assert (due["matter"], due["sources_differ"]) == ("response/late", [51])
