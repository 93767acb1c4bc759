"""Readers give one answer to one question: what each says of small ledgers, and what is right."""

import csv
import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.cli.conftest import Ask
from tests.cli.test_wrong_answers import answer

PAPERS = """
- {kind: document.registered, document: paper, type: press-report, title: C, publisher: BBC, published: 2024-02-01}
- {kind: document.registered, document: notice, type: press-report, title: D, publisher: BBC, published: 2024-03-01}
- {kind: document.registered, document: report, type: inspectorate-report, title: R, publisher: HMICFRS,
   published: 2022-04-01}
"""
Json = dict[str, Any]


# A body that may not be there yet


NEW_FIRE = """
- {kind: body.registered, body: new-fire, type: fire-and-rescue-service, name: New Fire, nation: England,
   established: 2021, documents: [letter]}
- {kind: monitoring.engaged, body: new-fire, effective: 2020-07/2021-06, documents: [letter]}
- {kind: body.registered, body: old-fire, type: fire-and-rescue-service, name: Old Fire, nation: England,
   established: 2021-02, documents: [letter]}
"""
NO_PHASE = "no phase: not established yet"
PHASES = {
    "new-fire": (
        ("2020-06-30", "none", []),
        ("2020-07-01", "none", ["engage"]),
        ("2020-12-31", "none", ["engage"]),
        ("2021-01-01", "none", ["engage", "scan"]),
        ("2021-06-29", "none", ["engage", "scan"]),
        ("2021-06-30", "engage", []),
        ("2021-12-31", "engage", []),
    ),
    "old-fire": (
        ("2021-01-31", "none", []),
        ("2021-02-01", "none", ["scan"]),
        ("2021-02-27", "none", ["scan"]),
        ("2021-02-28", "scan", []),
    ),
}
"""On the first and the last days: the phase that counts, and those that are possible."""


@pytest.mark.parametrize(
    ("body", "day", "phase", "possibly"), [(body, *row) for body, rows in PHASES.items() for row in rows]
)
def test_a_body_is_possibly_in_scan_while_it_may_be_established(
    ask: Ask, body: str, day: str, phase: str, possibly: list[str]
) -> None:
    certainty = "possible" if possibly else "presumed" if phase == "scan" else "certain"
    state = answer(ask, NEW_FIRE, "state", body, "--as-of", day)["monitoring"]
    others = state.get("alternatives", [])
    assert (state["phase"], state["certainty"]) == (phase, certainty)
    assert sorted(other["value"] for other in others) == possibly
    assert all(other["since"] <= day and other["from"] <= day < other["to"] for other in others)
    (why,) = (row for row in answer(ask, NEW_FIRE, "why", body, "monitoring", "--as-of", day))
    assert (why["value"], why["certainty"], sorted(why["possibly"])) == (phase, certainty, possibly)
    on_board = [row for row in answer(ask, NEW_FIRE, "board", "--as-of", day) if row["body"] == body]
    assert [(row["phase"], row["certainty"], row["alternatives"], row["basis"]) for row in on_board] == [
        (phase, certainty, others, state["basis"])
    ] * (phase != "none" or bool(possibly))
    view = f"FROM phases WHERE body = '{body}' AND valid_from <= '{day}' AND '{day}' < valid_to"
    rows = answer(ask, NEW_FIRE, "query", f"SELECT * {view}")
    assert [(row["phase"], row["certainty"], sorted(json.loads(row["possibly"]))) for row in rows] == [
        (phase, certainty, possibly)
    ] * len(on_board)
    for row in rows:
        assert (row["basis"], json.loads(row["entries"])) == (state["basis"], why["entries"] and behind(why))
    before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    differences = answer(ask, NEW_FIRE, "diff", body, f"{before}..{day}")["differences"]
    changed = [row for row in differences if row["subject"] == "monitoring" and row["field"] is None]
    told = [(row["to"], sorted(row["to_possibly"])) for row in changed]
    days = [row[0] for row in PHASES[body]]
    is_first = day in days and day not in ("2020-06-30", "2020-12-31", "2021-01-31", "2021-02-27", "2021-06-29")
    assert told == [(phase, possibly)] * (is_first and day != "2021-12-31")


def behind(why: Json) -> list[int]:
    return [entry["position"] for entry in why["entries"]]


def test_no_reader_presumes_scan_before_a_body_is_established(ask: Ask) -> None:
    line = answer(ask, NEW_FIRE, "timeline", "old-fire")
    told = [(row["date"], row["from"], row["from_possibly"], row["to"], row["words"]) for row in line]
    assert told == [("2021-02", "none", [], "scan", f"monitoring: {NO_PHASE} -> Scan (presumed)")]
    line = answer(ask, NEW_FIRE, "timeline", "new-fire")
    assert [(row["date"], row["certainty"], row["words"]) for row in line] == [
        ("2020-07-01/2021-06-30", "certain", f"monitoring: Scan (presumed) or {NO_PHASE} -> Engage"),
        ("2021", "possible", f"monitoring: {NO_PHASE} -> Scan (presumed)"),
    ]
    words = ask(NEW_FIRE, "diff", "new-fire", "2020-01-01..2022-01-01").splitlines()[0]
    assert words == f"monitoring: {NO_PHASE} -> Engage (entered between 1 July 2020 and 30 June 2021)"


# What only another source claims


BEGUN = """
- {kind: concern.issued, concern: c1, title: T, recommendations: [{id: 1, deadline: immediate}]}
- {kind: finding.recorded, finding: f1, title: T, type: strength}
- {kind: review.scheduled, review: r1, title: T, due: 2022-05}
- {kind: plan.announced, plan: p1, title: T, planned_for: 2022-05}
- {kind: recommendation.issued, recommendation: x1, title: T}
- {kind: statistic.reported, statistic: n1, metric: thefts, value: 24.5, unit: offences}
- {kind: statement.made, statement: s1, title: T, stance: accepts, decided_by: force}
- {kind: body.territory_changed, territory: A}
- {kind: body.oversight_changed, name: A, office: mayor, decided_by: electorate}
- {kind: inspection.published, inspection: i, framework: peel-2021-22}
- {kind: judgement.given, inspection: i, framework: peel-2021-22, grade: good, area: investigating-crime}
- {kind: tally.given, inspection: i, framework: peel-2021-22, counts: {good: 2}}
- {kind: monitoring.engaged}
- {kind: body.merged, into: surrey, decided_by: parliament, effective: 2022-05-01, handovers: [
   {matter: concern/c1, fate: transferred}, {matter: finding/f1, fate: ended}, {matter: review/r1, fate: ended},
   {matter: plan/p1, fate: ended}, {matter: recommendation/x1, fate: ended}]}
"""
"""Of each subject, what begins it; all by one letter and of one day, and the merger a month later."""


def facts(begun: str = BEGUN, cited: str = "letter") -> list[str]:
    one_by_one = begun.strip().replace("\n   ", " ").splitlines()
    dated = [one if "effective" in one else f"{one[:-1]}, effective: 2022-04-01}}" for one in one_by_one]
    return [f"{one[:-1]}, label: l{n}, body: kent, documents: [{cited}]}}\n" for n, one in enumerate(dated)]


def amended(number: int, kind: str, more: str) -> str:
    return "".join(f"- {{kind: {kind}, target: l{n}, {more}}}\n" for n in range(number))


def parts_of(told: Any) -> list[Json]:
    """Every part of a state that has a certainty."""
    own = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return [
        *([told] if isinstance(told, dict) and "certainty" in told else []),
        *(p for one in own for p in parts_of(one)),
    ]


def test_what_only_another_source_claims_is_certain_to_no_reader(ask: Ask) -> None:
    batch = (
        PAPERS
        + "".join(facts())
        + amended(14, "entry.contradicted", "claim: So., effective: 2022-03-05, documents: [paper]")
    )
    on = ("kent", "--as-of", "2022-03-10")
    state = answer(ask, batch, "state", *on)
    (monitoring, *others) = parts_of({name: told for name, told in state.items() if name != "registration"})
    assert (monitoring["phase"], monitoring["certainty"]) == ("scan", "presumed")
    assert [part for part in others if part["certainty"] != "possible"] == []
    rows = answer(ask, batch, "why", *on)
    told = {row["subject"]: row["certainty"] for row in rows}
    assert told == {**dict.fromkeys(told, "possible"), "monitoring": "presumed", "name": "certain"}
    assert len(told) > 15
    for view in ("concerns", "findings", "reviews", "plans", "recommendations", "statistics", "statements", "grades",
                 "oversight", "inspections", "tallies"):  # fmt: skip
        rows = answer(ask, batch, "query", f"SELECT * FROM {view} WHERE body = 'kent' AND valid_to = '2022-04-01'")
        assert {row["certainty"] for row in rows} == {"possible"}, view
    differences = answer(ask, batch, "diff", "kent", "2022-03-01..2022-03-10")["differences"]
    told = {row["subject"]: row["to_certainty"] for row in differences}
    assert told == {**dict.fromkeys(told, "possible"), "monitoring": "presumed"}


def test_a_contradiction_of_one_subject_is_none_of_another(ask: Ask) -> None:
    batch = (
        PAPERS
        + "".join(facts())
        + "- {kind: entry.contradicted, target: l8, claim: So., effective: 2022-03-05, documents: [paper]}\n"
    )
    state = answer(ask, batch, "state", "kent", "--as-of", "2022-03-10")
    assert state["merger"] is None
    assert state["oversight"]["sources_differ"]


# Who says so


def test_that_only_the_basis_differs_is_a_difference_of_every_subject(ask: Ask) -> None:
    """The press is the first to say it; then a letter corroborates it, and no value changes."""
    batch, on = PAPERS + "".join(facts(cited="paper")), ("--as-of", "2022-04-15")
    before = answer(ask, batch, "why", "kent", *on)
    last = answer(ask, batch, "log", "-n", "1", "--as-of", "2026-11-21")[0]["position"]
    numbered = range(last - len(facts()) + 1, last + 1)
    later = "".join(f"- {{kind: entry.corroborated, target: '#{n}', documents: [letter]}}\n" for n in numbered)
    now = answer(ask, later, "why", "kent", *on)
    told = {(row["subject"], row["id"]): row["basis"] for row in now if row["basis"] != "official"}
    assert set(told.values()) == {"inspectorate"}
    assert {row["basis"] for row in before if (row["subject"], row["id"]) in told} == {"press"}
    found = answer(ask, later, "diff", "kent", "--known-at", f"#{last}..#{last + len(numbered)}", *on)["differences"]
    assert {(row["from"], row["to"], row["field"].split()[-1]) for row in found} == {("press", "inspectorate", "basis")}
    whole = {row["subject"] for row in found if row["field"] == "basis"}
    parts = {"recommendations issued", "recommendations open", "deadline", "inspected"}
    assert whole == {subject for subject, _ in told} - parts
    assert ("concern", "recommendation 1 basis") in {(row["subject"], row["field"]) for row in found}


def test_that_only_the_entries_behind_a_value_differ_is_a_difference(ask: Ask) -> None:
    batch = PAPERS + "".join(facts())
    state = answer(ask, batch, "state", "kent", "--as-of", "2022-04-15")
    last = answer(ask, batch, "log", "-n", "1", "--as-of", "2026-11-21")[0]["position"]
    ((issued,), (territory,)) = (state["concerns"][0]["entries"], state["territory"]["entries"])
    later = f"""
- {{kind: entry.corrected, target: '#{territory}', type: recording-error, reason: So., replacement: {{kind:
   body.territory_changed, version: 1, data: {{body: kent, effective: 2022-04-01, territory: A, note: Said.,
   documents: [{{document: letter}}]}}}}}}
- {{kind: concern.reaffirmed, body: kent, concern: c1, effective: 2022-04-10, documents: [letter]}}
"""
    found = answer(ask, later, "diff", "kent", "--known-at", f"#{last}..#{last + 2}", "--as-of", "2022-04-15")
    assert [(row["subject"], row["field"], row["from"], row["to"]) for row in found["differences"]] == [
        ("concern", "last known open", "2022-04-01", "2022-04-10"),
        ("territory", "entries", f"#{territory}", f"#{territory} #{last + 1}"),
    ]
    assert (issued, last + 2) == tuple(found["differences"][0]["entries"])


def test_the_view_of_citations_says_what_cite_says(ask: Ask) -> None:
    begun = [
        *facts(BEGUN.split("- {kind: body.merged")[0], cited="{document: paper, locator: p. 1}, {document: paper}")
    ]
    first = answer(ask, PAPERS + "".join(begun), "log", "-n", "1", "--as-of", "2026-11-21")[0]["position"] + 1
    numbers = range(first - len(begun), first)
    said = "type: {type}, reason: So., documents: [{cited}], replacement: {{kind: {kind}, version: 1, data: {data}}}"

    def corrected(n: int, type: str, cited: str, **fields: str) -> str:
        shown = json.loads(ask(PAPERS + "".join(begun), "show", f"#{n}", "--json"))
        data = json.dumps(shown["data"] | fields)
        told = said.format(type=type, cited=cited, kind=shown["kind"], data=data)
        return f"- {{kind: entry.corrected, target: '#{n}', {told}}}\n"

    concern, finding, review, plan, recommendation, statistic, statement, territory, oversight, *_ = numbers
    more = [
        corrected(concern, "source-erratum", "report", title="U"),
        corrected(finding, "recording-error", "report", title="U"),
        corrected(review, "recording-error", "", title="U"),
        f"- {{kind: entry.contradicted, target: '#{plan}', claim: No., documents: [notice]}}\n",
        f"- {{kind: entry.contradicted, target: '#{recommendation}', claim: No., documents: [notice]}}\n",
        f"- {{kind: entry.corroborated, target: '#{statistic}', documents: [report]}}\n",
        f"- {{kind: entry.retracted, target: '#{statement}', reason: So., documents: [report]}}\n",
        corrected(territory, "source-erratum", "report", territory="B"),
        f"- {{kind: entry.corroborated, target: '#{oversight}', documents: [notice]}}\n",
    ]
    for one in more:
        last = answer(ask, one, "log", "-n", "1", "--as-of", "2026-11-21")[0]["position"]
    later = [
        f"- {{kind: entry.retracted, target: '#{first + 4}', reason: So.}}\n",
        corrected(oversight, "source-erratum", "report", name="B"),
        corrected(plan, "conflict-resolved", "notice", title="U"),
        corrected(statistic, "source-erratum", "notice", value="25"),
    ]
    for one in later:
        last = answer(ask, one, "log", "-n", "1", "--as-of", "2026-11-21")[0]["position"]
    assert last == first + len(more) + len(later) - 1
    seen = set()
    for n in range(numbers[0], last + 1):
        (entry,) = answer(ask, later[-1], "cite", f"#{n}")["citations"]
        fields = ("document", "says", "basis", "title", "quote")
        cited = [[one[of] for of in fields] + [one["locator"]] for one in entry["documents"]]
        rows = answer(ask, later[-1], "query", f"SELECT * FROM citations WHERE position = {n}")
        viewed = [[row[of] for of in fields] + [row["locator"] or "not-recorded"] for row in rows]
        assert sorted(viewed, key=str) == sorted(cited, key=str), n
        assert {bool(row["in_force"]) for row in rows} <= {entry["in_force"]}
        seen |= {one["says"] for one in entry["documents"]}
    assert seen == {"so", "otherwise", "before"}


# What is due


OWED = (
    PAPERS.replace("published: 2022-04-01", "published: 2022-04")
    + """
- {kind: inspection.published, body: kent, inspection: i, framework: peel-2021-22, effective: 2022-04,
   documents: [report]}
- {kind: plan.announced, body: kent, plan: p1, title: P, planned_for: 2022-09, effective: 2022-03/2022-05,
   documents: [letter]}
- {kind: plan.revoked, body: kent, plan: p1, effective: 2022-08/2022-10, documents: [letter]}
- {kind: review.scheduled, body: kent, review: r1, title: P, due: 2022-09, effective: 2022, documents: [letter]}
- {kind: statement.made, body: kent, statement: s1, stance: undertakes, decided_by: force, title: P, due: 2022-09,
   effective: 2022-02, documents: [letter]}
- {kind: statement.kept, body: kent, statement: s1, effective: 2022-06/2022-12, documents: [letter]}
- {kind: recommendation.issued, body: kent, recommendation: x1, title: P, deadline: by 2022-05-31,
   effective: 2022-02/2022-03, documents: [letter]}
- {kind: concern.issued, body: kent, concern: c1, title: T, effective: 2022-02/2022-03, documents: [letter],
   recommendations: [{id: 1, deadline: by 2022-05-31}, {id: 2, deadline: within 3 months}, {id: 3}]}
- {kind: recommendation.closed, body: kent, concern: c1, number: 1, effective: 2022-06/2022-08, documents: [letter]}
- {kind: recommendation.closed, body: kent, concern: c1, recommendations: [1], effective: 2022-10/2022-11,
   documents: [letter]}
- {kind: response.published, body: kent, responds_to: report, decided_by: local-policing-body,
   effective: 2022-08, documents: [letter]}
"""
)
MERGED = (
    PAPERS.replace("published: 2022-04-01", "published: 2022-04, bodies: [kent, surrey]")
    + """
- {kind: review.scheduled, body: kent, review: r1, title: P, due: 2022-09, effective: 2022-03-01, documents: [letter]}
- {kind: concern.issued, body: kent, concern: c1, title: T, effective: 2022-02/2022-03, documents: [letter],
   recommendations: [{id: 1, deadline: by 2022-05-31}, {id: 2, deadline: within 3 months}, {id: 3}]}
- {kind: body.merged, body: kent, into: surrey, decided_by: parliament, effective: 2022-05/2022-07, documents: [letter],
   handovers: [{matter: review/r1, fate: ended}, {matter: concern/c1, fate: transferred}]}
- {kind: response.published, body: kent, responds_to: report, decided_by: local-policing-body,
   effective: 2022-05/2022-06, documents: [letter]}
- {kind: response.published, body: surrey, responds_to: report, decided_by: local-policing-body, effective: 2022-09,
   documents: [letter], label: surreys}
- {kind: entry.contradicted, target: surreys, claim: August, effective: 2022-08-05, documents: [paper]}
"""
)
DUE_ON = [
    *("2022-01-31", "2022-02-01", "2022-02-27", "2022-03-01", "2022-03-31", "2022-04-01", "2022-04-29", "2022-04-30"),
    *("2022-05-31", "2022-06-01", "2022-07-31", "2022-08-01", "2022-08-31", "2022-10-01", "2022-12-31", "2024-02-29"),
]


@pytest.mark.parametrize(
    ("batch", "possible"),
    [
        (OWED, {"not-yet", "not-yet-owed", "revoked", "published", "kept"}),
        (MERGED, {"not-yet-owed", "transferred", "ended"}),
    ],
)
def test_the_view_of_what_is_due_lists_what_the_command_lists(ask: Ask, batch: str, possible: set[str]) -> None:
    seen = set[str]()
    for day in DUE_ON:
        for body in ("kent", "surrey"):
            listed = answer(ask, batch, "due", body, "--as-of", day)
            on = f"body = '{body}' AND valid_from <= '{day}' AND '{day}' < valid_to"
            rows = [
                row | {name: json.loads(row[name]) for name in ("possibly", "entries", "sources_differ")}
                for row in answer(ask, batch, "query", f"SELECT * FROM due WHERE {on}")
            ]
            for row in listed:
                row["possibly"] = sorted(other["value"] for other in row["possibly"])
            same = ("subject", "id", "due", "title", "report_on", "certainty", "possibly", "entries", "sources_differ")
            told, viewed = (sorted(([row[name] for name in same] for row in of), key=str) for of in (listed, rows))
            assert viewed == told, (body, day)
            overdue = [row for row in rows if row["due"] < day and row["certainty"] == "certain"]
            assert len(overdue) == sum(row["overdue_since"] is not None for row in listed), (body, day)
            seen.update(value for row in listed for value in row["possibly"])
    assert seen >= possible


# What has ended


ENDED = """
- {kind: concern.closed, concern: c1, as_a_whole: true}
- {kind: finding.closed, finding: f1}
- {kind: review.held, review: r1}
- {kind: plan.fulfilled, plan: p1}
- {kind: recommendation.ended, recommendation: x1, outcome: superseded}
- {kind: statement.withdrawn, statement: s1}
- {kind: recommendation.closed, concern: c2, recommendations: [1], outcome: completed}
- {kind: recommendation.closed, concern: c2, recommendations: [2], outcome: no-longer-applicable}
- {kind: inspection.published, inspection: j, framework: peel-2023-25}
- {kind: concern.superseded, concern: c3, superseded_by: c2}
"""


@pytest.mark.parametrize("until", ["2022-06-01", "2022-05/2022-06"])
def test_what_has_ended_has_its_end_in_every_form(ask: Ask, until: str) -> None:
    batch = PAPERS + "".join(facts(BEGUN.split("- {kind: body.merged")[0]))
    two = "[{id: 1}, {id: 2}, {id: 3}]"
    for id in ("c2", "c3"):
        batch += f"""- {{kind: concern.issued, body: kent, concern: {id}, title: T, effective: 2022-04-02,
   documents: [letter], recommendations: {two}}}\n"""
    said = f"body: kent, effective: {until}, documents: [letter]"
    batch += "".join(f"{one[:-1]}, {said}}}\n" for one in ENDED.strip().splitlines())
    span = until if "/" not in until else "2022-05-01/2022-06-30"
    text = ask(batch, "state", "kent", "--all", "--csv", "--as-of", "2022-07-01")
    csv_rows = [*csv.DictReader(text.splitlines())]
    ended = {(row["subject"], row["id"]) for row in csv_rows if row["until"]}
    assert {row["until"] for row in csv_rows if row["until"]} == {span}
    assert ended == {
        ("concern", "c1"), ("concern", "c3"), *(("recommendation", id) for id in ("c1/1", "c2/1", "c2/2", "x1")),
        *(("recommendation", f"c3/{n}") for n in (1, 2, 3)), ("finding", "f1"), ("review", "r1"), ("plan", "p1"),
        ("statement", "s1"), ("judgement", "peel-2021-22/investigating-crime"), ("tally", "peel-2021-22/good"),
        ("inspected", "peel-2021-22/investigating-crime"),
    }  # fmt: skip
    why = answer(ask, batch, "why", "kent", "--as-of", "2022-07-01")
    assert {(row["subject"], row["id"]) for row in why if row["until"]} == ended
    views = {"concerns": "concern", "recommendations": "recommendation", "findings": "finding", "reviews": "review",
             "plans": "plan", "statements": "statement"}  # fmt: skip
    viewed = {
        (subject, row["id"])
        for view, subject in views.items()
        for row in answer(
            ask, batch, "query", f"SELECT {subject} AS id, until FROM {view} WHERE valid_to > '2022-07-01'"
        )
        if row["until"] == span
    }
    assert viewed == {one for one in ended if one[0] in views.values()}


# A name that is changed on a day that no source gives


RENAMED = """
- {kind: body.renamed, body: kent, name: Kent Constabulary, effective: 2024-01-15/2024-02, decided_by: parliament,
   documents: [letter]}
"""


@pytest.mark.parametrize(
    ("day", "name", "possibly"),
    [
        ("2024-01-14", "Kent Police", []),
        ("2024-01-15", "Kent Police", ["Kent Constabulary"]),
        ("2024-02-28", "Kent Police", ["Kent Constabulary"]),
        ("2024-02-29", "Kent Constabulary", []),
    ],
)
def test_a_name_is_told_by_the_day_and_only_possible_while_its_day_is_open(
    ask: Ask, day: str, name: str, possibly: list[str]
) -> None:
    on, certainty = ("--as-of", day), "possible" if possibly else "certain"
    state = answer(ask, RENAMED, "state", "kent", *on)
    told = state["registration"]
    assert (state["name"], told["name"], told["certainty"]) == (name, name, certainty)
    assert [other["value"] for other in told.get("alternatives", ())] == possibly
    assert (f"possibly {possibly[0]}" in ask(RENAMED, "state", "kent", *on)) if possibly else True
    (why,) = answer(ask, RENAMED, "why", "kent", "name", *on)
    assert (why["value"], why["certainty"], why["possibly"]) == (name, certainty, possibly)
    for row in answer(ask, RENAMED, "board", *on):
        assert row["body"] != "kent" or row["name"] == name
    assert answer(ask, RENAMED, "forces", "show", "kent", *on)["name"] == name
    assert {row["name"] for row in answer(ask, RENAMED, "forces", "list", *on) if row["body"] == "kent"} == {name}
    view = f"FROM bodies WHERE body = 'kent' AND valid_from <= '{day}' AND '{day}' < valid_to"
    (row,) = answer(ask, RENAMED, "query", f"SELECT * {view}")
    assert (row["name"], row["certainty"], json.loads(row["possibly"])) == (name, certainty, possibly)
    differences = answer(ask, RENAMED, "diff", "kent", f"2024-01-01..{day}")["differences"]
    changed = [(row["from"], row["to"], row["to_possibly"]) for row in differences if row["subject"] == "name"]
    assert changed == [("Kent Police", name, possibly)] * (day > "2024-01-14")


@pytest.mark.parametrize(
    ("day", "certainty"), [("2022-11-30", None), ("2022-12-01", "possible"), ("2022-12-31", "certain")]
)
def test_a_figure_is_told_from_the_first_day_on_which_it_can_be_reported(
    ask: Ask, day: str, certainty: str | None
) -> None:
    batch = """
- {kind: statistic.reported, body: kent, statistic: n1, metric: thefts, value: 24.5, unit: offences, effective: 2022-12,
   documents: [letter]}
"""
    told = [row["certainty"] for row in answer(ask, batch, "statistics", "kent", "--as-of", day)]
    state = [item["certainty"] for item in answer(ask, batch, "state", "kent", "--as-of", day)["statistics"]]
    assert told == state == ([certainty] if certainty else [])
    words = ask(batch, "statistics", "--as-of", day)
    assert ("possibly not yet on record" in words) is (certainty == "possible")
