"""Answers that were once wrong: what readers said of small histories with vague dates, and what is right."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Ask

REPORT = """
- {kind: document.registered, document: report, type: inspectorate-report, title: A, publisher: HMICFRS,
   published: 2023-08-01}
- {kind: document.registered, document: paper, type: press-report, title: C, publisher: BBC, published: 2024-02-01}
"""


def concern(id: str, effective: str, recommendations: str, kind: str = "concern.issued") -> str:
    says = f"kind: {kind}, body: kent, concern: {id}, title: T, effective: {effective}, documents: [letter]"
    return f"- {{{says}{f', recommendations: {recommendations}' if recommendations else ''}}}\n"


TWO = "[{id: 1, deadline: by 2022-03-31}, {id: 2}]"
POSSIBLY_CLOSED = (
    concern("c2", "2022-01-01", TWO)
    + """
- {kind: recommendation.closed, body: kent, concern: c2, number: 1, effective: 2022-06/2022-08, documents: [letter]}
"""
)
ANNOUNCED = concern("c1", "2022-01-01", "", "concern.announced") + concern("c1", "2022-01/2022-12", TWO)
TRANSFERRED = (
    concern("c1", "2023-08-01", TWO)
    + """
- {kind: body.merged, body: kent, into: surrey, effective: 2024-01-01, decided_by: parliament, documents: [letter],
   handovers: [{matter: concern/c1, fate: transferred}]}
"""
)
RESCINDED = (
    concern("c1", "2023-08-01", TWO)
    + """
- {kind: concern.rescinded, body: kent, concern: c1, effective: 2024-01-01, documents: [letter]}
"""
)


def answer(ask: Ask, *call: str) -> Any:
    return json.loads(ask(*call, "--json"))


@pytest.mark.parametrize(("batch", "status"), [(TRANSFERRED, "transferred"), (RESCINDED, "rescinded")])
def test_recommendations_end_with_their_concern_and_are_not_closed(ask: Ask, batch: str, status: str) -> None:
    rows = answer(ask, batch, "why", "Kent", "recommendation", "--as-of", "2024-02-01")
    assert {row["value"] for row in rows} == {status}
    query = "SELECT status FROM recommendations WHERE body = 'kent' AND valid_to > '2024-02-01'"
    assert {row["status"] for row in answer(ask, batch, "query", query)} == {status}


def test_what_is_possibly_closed_is_not_certainly_overdue(ask: Ask) -> None:
    (row,) = (r for r in answer(ask, POSSIBLY_CLOSED, "due", "Kent", "--as-of", "2022-07-01") if r["id"] == "c2/1")
    assert (row["certainty"], row["overdue_since"]) == ("possible", None)
    assert answer(ask, POSSIBLY_CLOSED, "due", "Kent", "--overdue", "--as-of", "2022-07-01") == []
    (row,) = (r for r in answer(ask, POSSIBLY_CLOSED, "due", "Kent", "--as-of", "2022-05-01") if r["id"] == "c2/1")
    assert (row["certainty"], row["overdue_since"]) == ("certain", "2022-04-01")


def test_an_announced_concern_that_is_possibly_issued_has_its_recommendations(ask: Ask) -> None:
    state = answer(ask, ANNOUNCED, "state", "Kent", "--as-of", "2022-05-01")
    (told,) = state["concerns"]
    assert [item["id"] for item in told["recommendations"]] == ["1", "2"]
    assert {item["status"] for item in told["recommendations"]} == {"not-yet"}
    (row,) = (row for row in answer(ask, ANNOUNCED, "board", "--as-of", "2022-05-01") if row["body"] == "kent")
    assert row["possibly_overdue"] == 1


def test_an_alternative_lasts_as_long_as_its_value_may(ask: Ask) -> None:
    batch = (
        concern("c1", "2022-03/2022-06", "[{id: 1}]")
        + """
- {kind: concern.reaffirmed, body: kent, concern: c1, effective: 2023-02-01, documents: [letter]}
"""
    )
    (told,) = answer(ask, batch, "state", "Kent", "--as-of", "2022-04-15")["concerns"]
    assert [(other["value"], other["to"]) for other in told["alternatives"]] == [("open", "9999-12-31")]


def test_a_possible_number_of_open_recommendations_is_in_the_difference(ask: Ask) -> None:
    batch = concern("c1", "2022-01/2022-12", "[{id: 1}]")
    told = ask(batch, "diff", "Kent", "2021-12-01..2022-12-01")
    possibly = "possibly 1 from some day in 2022, by 1 December 2022"
    assert f"recommendations open c1: nothing recorded -> nothing recorded ({possibly})" in told


@pytest.mark.parametrize("subject", [[], ["inspection"], ["judgement"]])
def test_on_a_day_that_only_the_other_source_gives_nothing_is_inspected(ask: Ask, subject: list[str]) -> None:
    batch = (
        REPORT
        + """
- {kind: inspection.published, body: kent, inspection: peel-2021-22, framework: peel-2021-22, effective: 2022-04,
   documents: [report]}
- {kind: judgement.given, body: kent, inspection: peel-2021-22, framework: peel-2021-22, grade: good,
   area: investigating-crime, effective: 2022-04, documents: [report], label: given}
- {kind: entry.contradicted, target: given, claim: March, effective: 2022-03-05, documents: [paper]}
"""
    )
    told = ask(batch, "why", "Kent", *subject, "--as-of", "2022-03-10")
    assert "sources differ" in told or subject == ["inspection"]
    assert "possibly  " not in told
    for row in answer(ask, batch, "state", "Kent", "--as-of", "2022-03-10")["judgements"]:
        assert (row["grade"], row["inspected"], row["inspected_since"]) == ("not-yet", "not-yet", None)


def test_a_tally_that_is_only_possible_has_its_framework(ask: Ask) -> None:
    batch = """
- {kind: inspection.published, body: kent, inspection: peel-2021-22, framework: peel-2021-22, effective: 2023,
   documents: [letter]}
- {kind: tally.given, body: kent, inspection: peel-2021-22, framework: peel-2021-22, effective: 2023,
   counts: {good: 5}, documents: [letter]}
"""
    assert "tally not yet on record" in ask(batch, "state", "Kent", "--as-of", "2023-06-01")
    (row,) = (row for row in answer(ask, batch, "why", "Kent", "--as-of", "2023-06-01") if row["subject"] == "tally")
    assert (row["value"], row["certainty"], row["possibly"]) == ("not-yet", "possible", ["5 good"])


@pytest.mark.parametrize(
    ("given", "since"),
    [
        ("../2024-04-14", "2023-08-01/2024-04-14"),
        ("2023", "2023-08-01/2023-12-31"),
        ("2023-05/2023-10", "2023-08-01/2023-10-31"),
        ("2023-08-01/2023-09", "2023-08-01/2023-09-30"),
    ],
)
def test_a_response_is_not_before_the_report_that_it_answers(ask: Ask, given: str, since: str) -> None:
    batch = (
        REPORT
        + concern("c1", "2023-08-01", TWO).replace("[letter]", "[report]")
        + """
- {kind: response.published, body: kent, responds_to: report, decided_by: local-policing-body, effective: GIVEN,
   documents: [letter]}
""".replace("GIVEN", given)
    )
    (response,) = answer(ask, batch, "state", "Kent", "--as-of", "2024-05-01")["responses"]
    assert response["since"] == since
    query = "SELECT min(valid_from) AS since FROM due WHERE subject = 'response' AND body = 'kent'"
    (row,) = answer(ask, batch, "query", query)
    assert row["since"] >= "2023-08-01"
    assert answer(ask, batch, "due", "Kent", "--as-of", "2021-12-31") == []


def test_words_stand_apart_from_what_follows(ask: Ask) -> None:
    batch = (
        REPORT
        + concern("c1", "2022-04", TWO).replace("documents", "label: issued, documents")
        + """
- {kind: entry.contradicted, target: issued, claim: March, effective: 2022-03-05, documents: [paper]}
"""
    )
    told = ask(batch, "state", "Kent", "--as-of", "2022-03-10")
    assert "not yet on record  sources differ" in told


def test_that_sources_differ_about_who_owes_a_response_is_told_beside_it(ask: Ask) -> None:
    batch = (
        REPORT
        + concern("c1", "2023-08-01", TWO).replace("[letter]", "[report]")
        + """
- {label: office, kind: body.oversight_changed, body: kent, effective: 2021-05-13, name: Kent PCC, documents: [letter],
   office: police-and-crime-commissioner, decided_by: electorate}
- {kind: entry.contradicted, target: office, claim: Another., documents: [paper]}
"""
    )
    responded = """
- {kind: response.published, body: kent, responds_to: report, decided_by: local-policing-body, effective: 2023-09-01,
   documents: [letter]}
"""
    (row,) = (r for r in answer(ask, batch, "due", "Kent", "--as-of", "2024-01-01") if r["subject"] == "response")
    assert (row["owed_by"], len(row["sources_differ"])) == ("Kent PCC", 1)
    ask(responded, "board")
    (response,) = answer(ask, batch, "state", "Kent", "--as-of", "2024-01-01")["responses"]
    assert (response["owed_by"], response["sources_differ"]) == ("Kent PCC", row["sources_differ"])


def test_a_concern_about_an_earlier_one_came_back(ask: Ask) -> None:
    batch = (
        concern("c1", "2018-05-01", "")
        + concern("c2", "2021-05-07", "").replace("documents", "about: [concern/c1], documents")
        + concern("c3", "2023-05-07", "").replace("documents", "about: [concern/c1], recurrence_of: c1, documents")
    )
    (thread,) = answer(ask, batch, "threads", "Kent")
    told = [(one["reason"], one["matter"], one["earlier"], one["words"]) for one in thread["came_back"]]
    assert [(reason, matter, earlier) for reason, matter, earlier, _ in told] == [
        ("about", "concern/c2", "concern/c1"),
        ("recurrence", "concern/c3", "concern/c1"),
    ]
    assert told[0][3].startswith("c2 is about the earlier c1 (#")


def test_grades_of_a_cycle_without_a_later_report_may_have_ended(ask: Ask) -> None:
    peel = "body: kent, inspection: i, framework: peel-2018-19, effective: 2019-05-02, documents: [letter]"
    batch = f"""
- {{kind: inspection.published, {peel}}}
- {{kind: judgement.given, {peel}, area: effectiveness, grade: good}}
"""
    for day, later in (("2020-01-01", []), ("2024-06-01", ["peel-2021-22", "peel-2021-22-revised", "peel-2023-25"])):
        (graded,) = answer(ask, batch, "state", "Kent", "--as-of", day)["graded"]
        assert graded["later_not_on_record"] == later
        told = ask(batch, "state", "Kent", "--as-of", day)
        assert "Effectiveness: good since 2019-05-02" in told
        assert ("PEEL 2023-25 is on record: what is in force may have ended" in told) is bool(later)


def test_that_days_pass_on_which_something_may_have_happened_is_no_difference(ask: Ask) -> None:
    batch = concern("c1", "2022-01/2022-12", "[{id: 1}]")
    assert ask(batch, "diff", "Kent", "2022-02-01..2022-12-01").startswith("Nothing is different.")
    assert "concern c1: nothing recorded (possibly open" in ask(batch, "diff", "Kent", "2022-02-01..2022-12-31")


def test_a_board_of_some_phase_counts_no_others(ask: Ask) -> None:
    batch = "- {kind: monitoring.engaged, body: kent, effective: 2022-06-01, documents: [letter]}"
    assert "other bod" not in ask(batch, "board", "--phase", "engage")
    assert "42 other bodies" in ask(batch, "board")


@pytest.mark.parametrize(
    ("day", "value"),
    [("2022-03-01", "not-yet"), ("2022-12-31", "undertakes"), ("2024-01-01", "withdrawn"), ("2024-01-01", "kept")],
)
def test_rows_tell_a_statement_by_its_stance_only_while_it_stands(ask: Ask, day: str, value: str) -> None:
    end = value if value in ("withdrawn", "kept") else "withdrawn"
    batch = f"""
- {{kind: statement.made, body: kent, statement: s, stance: undertakes, title: To act, decided_by: force,
   effective: 2022, documents: [letter]}}
- {{kind: statement.{end}, body: kent, statement: s, effective: 2023-06-01, documents: [letter]}}
- {{kind: statistic.reported, body: kent, statistic: x, metric: thefts, value: 24.5, unit: offences, effective: 2022,
   documents: [letter]}}
"""
    since = {"not-yet": "", "undertakes": "2022"}.get(value, "2023-06-01")
    told = ask(batch, "state", "Kent", "--all", "--as-of", day, "--csv")
    assert f"\nstatement,s,{value},{since}," in told
    assert f"\nstatistic,x,{'not-yet,' if value == 'not-yet' else '24.5,2022'}," in told
    (row,) = (row for row in answer(ask, batch, "why", "Kent", "--as-of", day) if row["subject"] == "statement")
    assert (row["value"], row["since"] or "") == (value, since)


def test_a_difference_has_the_same_fields_in_both_directions(ask: Ask) -> None:
    batch = (
        concern("c1", "2022-01-01", TWO)
        + """
- {kind: concern.partly_ended, body: kent, concern: c1, element: a part, outcome: closed, effective: 2023-01-01,
   documents: [letter]}
- {kind: statement.made, body: kent, statement: s, stance: accepts, title: So it is, decided_by: force,
   effective: 2022-06-01, documents: [letter]}
- {kind: response.published, body: kent, responds_to: letter, effective: 2026-02-01, documents: [letter],
   replies: [{concern: c1, action: We act.}]}
- {kind: entry.contradicted, target: kent/response/letter published, claim: Not so., effective: 2026-03-01,
   documents: [letter]}
"""
    )
    for earlier, later in (("2022-02-01", "2023-02-01"), ("2021-12-31", "2026-02-10"), ("2026-01-31", "2026-03-02")):
        forth, back = (
            {(row["subject"], row["id"], row["field"]): (row[one], row[other]) for row in of["differences"]}
            for one, other, of in (
                ("from", "to", answer(ask, batch, "diff", "Kent", f"{earlier}..{later}")),
                ("to", "from", answer(ask, batch, "diff", "Kent", f"{later}..{earlier}")),
            )
        )
        assert forth
        assert forth == back


def test_a_grade_that_was_possibly_public_and_has_ended_is_not_among_those_in_force(ask: Ask) -> None:
    batch = """
- {kind: document.registered, document: undated, type: press-report, title: C, publisher: BBC}
- {kind: document.registered, document: first, type: inspectorate-report, title: A, publisher: HMICFRS,
   published: 2019-05-02}
- {kind: document.registered, document: second, type: inspectorate-report, title: B, publisher: HMICFRS,
   published: 2022-04-28}
- {kind: inspection.published, body: kent, inspection: one, framework: peel-2018-19, effective: 2019-05-02,
   documents: [first]}
- {kind: judgement.given, body: kent, inspection: one, framework: peel-2018-19, area: effectiveness, grade: good,
   effective: 2019-05-02, documents: [undated]}
- {kind: tally.given, body: kent, inspection: one, framework: peel-2018-19, counts: {good: 2},
   effective: 2019-05-02, documents: [undated]}
- {kind: inspection.published, body: kent, inspection: two, framework: peel-2021-22, effective: 2022-04-28,
   documents: [second]}
"""
    while_in_force = answer(ask, batch, "state", "Kent", "--as-of", "2020-01-01", "--public-at", "2023-01-01")
    ended = answer(ask, batch, "state", "Kent", "--all", "--as-of", "2023-01-01", "--public-at", "2023-01-01")
    without = answer(ask, batch, "state", "Kent", "--as-of", "2023-01-01", "--public-at", "2023-01-01")
    for subject in ("judgements", "tallies"):
        (possible,), (over,) = while_in_force[subject], ended[subject]
        assert (possible["status"], possible["certainty"]) == ("in-force", "possible")
        assert (over["status"], over["certainty"], over["until"]) == ("lapsed", "possible", "2022-04-28")
        assert over["since"] == "2019-05-02"
        assert without[subject] == []
    day = ("--as-of", "2023-01-01", "--public-at", "2023-01-01")
    told, why = ask(batch, "state", "Kent", "--all", *day), ask(batch, "why", "Kent", *day)
    assert told.count("good, possibly 2019-05-02 to 2022-04-28, lapsed") == 2
    assert why.count("since 2019-05-02 (possible), until 2022-04-28") >= 2


READERS = ("board", "state kent --all", "due kent", "durations kent", "timeline kent", "why kent", "threads kent")


@pytest.mark.parametrize("reader", READERS)
def test_what_is_public_only_from_its_end_on_is_told(ask: Ask, reader: str) -> None:
    """The end of each item is cited from a document that was public before that of its beginning."""
    batch = """
- {kind: document.registered, document: late, type: inspectorate-report, title: B, publisher: HMICFRS,
   published: 2026-06-01}
"""
    for subject, begun, ended in (
        ("recommendation", "issued", "ended"),
        ("review", "scheduled", "held"),
        ("plan", "announced", "fulfilled"),
        ("statement", "made", "kept"),
        ("finding", "recorded", "closed"),
    ):
        more = {"statement": ", stance: undertakes", "finding": ", type: strength"}.get(subject, "")
        more += ", decided_by: chief-officer" if subject == "statement" else ""
        batch += f"""
- {{kind: {subject}.{begun}, body: kent, {subject}: one, title: T, effective: 2024-01-10, documents: [late]{more}}}
- {{kind: {subject}.{ended}, body: kent, {subject}: one, effective: 2024-05-20, documents: [letter]}}
"""
    assert ask(batch, *reader.split(), "--as-of", "2025-01-01", "--public-at", "2026-02-01")


@pytest.mark.parametrize("established", ["2021-04-01", "2020", "2019-01-01"])
def test_a_recorded_phase_counts_also_before_a_body_is_established(ask: Ask, established: str) -> None:
    batch = f"""
- {{kind: body.registered, body: new-fire, type: fire-and-rescue-service, name: New Fire, nation: England,
   established: {established}, documents: [letter]}}
- {{kind: monitoring.move_decided, body: new-fire, phase: engage, effective: 2020-03-01, documents: [letter]}}
- {{kind: monitoring.engaged, body: new-fire, effective: 2020-06-01, documents: [letter]}}
"""
    is_there = established < "2020"
    for day, phase in (
        ("2020-04-01", "scan" if is_there else "none"),
        ("2020-07-01", "engage"),
        ("2022-01-01", "engage"),
    ):
        told = answer(ask, batch, "state", "new-fire", "--as-of", day)["monitoring"]
        why, *_ = answer(ask, batch, "why", "new-fire", "monitoring", "--as-of", day)
        on_board = [row["phase"] for row in answer(ask, batch, "board", "--as-of", day) if row["body"] == "new-fire"]
        lasted = answer(ask, batch, "durations", "new-fire", "--as-of", day)
        line = answer(ask, batch, "timeline", "new-fire", "--as-of", day)
        changed = [row["to"] for row in line if row["subject"] == "monitoring"]
        assert (told["phase"], why["value"]) == (phase, phase)
        may_be_there = phase != "none" or established == "2020"
        assert on_board == ([phase] if may_be_there else [])
        assert (phase == "engage") is bool(lasted) is ("engage" in changed)
        assert (told["pending"] or {"phase": None})["phase"] == (None if phase == "engage" else "engage")
    assert answer(ask, batch, "diff", "new-fire", "2020-07-01..2022-01-01")["differences"] == []
