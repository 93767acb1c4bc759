"""What the sources leave open is told as possible by every reader, in every form, by replay and by read model."""

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.cli import run
from tests.cli.conftest import Ask

Json = dict[str, Any]
CLEVELAND = """
- {kind: monitoring.engaged, body: cleveland, effective: 2019, documents: [letter]}
- {kind: monitoring.continued, body: cleveland, effective: 2019-09-27, documents: [letter]}
- {kind: monitoring.returned, body: cleveland, effective: 2023-09, documents: [letter]}
"""
OVERLAPPING = """
- {kind: monitoring.engaged, body: kent, effective: 2022-06, documents: [letter]}
- {kind: monitoring.returned, body: kent, effective: 2022-06, documents: [letter]}
- {kind: concern.issued, body: kent, concern: custody, effective: 2024, title: Custody, documents: [letter],
   recommendations: [{id: "1", deadline: within 1 months}]}
- {kind: concern.closed, body: kent, concern: custody, effective: 2024-09-26, as_a_whole: true, documents: [letter]}
"""


def rows(printed: str) -> list[Json]:
    return list(csv.DictReader(io.StringIO(printed)))


# A bound is no date


def test_a_bound_is_no_date_in_the_state(ask: Ask) -> None:
    asked = "state", "cleveland", "--as-of", "2020-01-01"
    monitoring = json.loads(ask(CLEVELAND, *asked, "--json"))["monitoring"]
    assert [monitoring[key] for key in ("phase", "since", "certainty")] == [
        "engage",
        "2019-01-01/2019-09-27",
        "certain",
    ]
    assert "Engage (special measures), entered in 2019, by 27 September 2019" in ask(CLEVELAND, *asked)
    (row,) = (row for row in rows(ask(CLEVELAND, *asked, "--csv")) if row["subject"] == "monitoring")
    assert row["since"] == "2019-01-01/2019-09-27"


def test_no_text_tells_a_bound_as_the_day_of_the_latest_evidence(ask: Ask) -> None:
    batch = """
- {kind: monitoring.engaged, body: kent, effective: ../2019-09-27, documents: [letter]}
- {kind: concern.issued, body: kent, concern: custody, effective: 2022-06, title: Custody, documents: [letter]}
"""
    told = ask(batch, "durations", "kent") + ask(batch, "state", "kent")
    assert "last known in Engage by 27 September 2019" in told
    assert told.count("last known open in June 2022") == 2


def test_a_view_names_the_entries_behind_what_is_only_possible(ask: Ask) -> None:
    day = "2022-06-15"
    for view, subject in (("phases", "monitoring"), ("concerns", "concern"), ("due", "recommendation")):
        batch = OVERLAPPING.replace("effective: 2024,", "effective: 2022,").replace("within 1 months", "immediate")
        sql = f"SELECT entries FROM {view} WHERE body = 'kent' AND valid_from <= '{day}' AND valid_to > '{day}'"
        (found,) = {row["entries"] for row in json.loads(ask(batch, "query", sql, "--json"))}
        answer = ("due", "kent") if view == "due" else ("why", "kent")
        told = json.loads(ask(batch, *answer, "--as-of", day, "--json"))
        (row,) = (row for row in told if (row["subject"] == subject and "/" not in row["id"]) or view == "due")
        entries = [entry if view == "due" else entry["position"] for entry in row["entries"]]
        assert json.loads(found) == entries != []


def test_a_difference_names_the_entries_of_a_number_that_is_only_possible(ask: Ask) -> None:
    batch = OVERLAPPING.replace("effective: 2024,", "effective: 2022,")
    told = json.loads(ask(batch, "diff", "kent", "2021-12-31..2022-06-15", "--json"))["differences"]
    entries = {row["subject"]: row["entries"] for row in told}
    assert entries["recommendations open"] == entries["concern"] != []


@pytest.mark.parametrize(
    ("day", "phase", "certainty", "possible"),
    [
        ("2018-12-31", "scan", "presumed", []),
        ("2019-01-01", "scan", "possible", [("engage", "2019-01-01")]),
        ("2019-05-31", "scan", "possible", [("engage", "2019-01-01/2019-05-31")]),
        ("2019-09-26", "scan", "possible", [("engage", "2019-01-01/2019-09-26")]),
        ("2019-09-27", "engage", "certain", []),
        ("2023-09-01", "engage", "possible", [("scan", "2023-09-01")]),
        ("2023-09-30", "scan", "certain", []),
    ],
)
def test_what_is_certain_and_what_is_possible_on_a_day(
    ask: Ask, day: str, phase: str, certainty: str, possible: list[tuple[str, str]]
) -> None:
    monitoring = json.loads(ask(CLEVELAND, "state", "cleveland", "--as-of", day, "--json"))["monitoring"]
    (row,) = (
        row for row in json.loads(ask(CLEVELAND, "board", "--as-of", day, "--json")) if row["body"] == "cleveland"
    )
    for told in (monitoring, row):
        assert (told["phase"], told["certainty"]) == (phase, certainty)
        assert [(other["value"], other["since"]) for other in told.get("alternatives", ())] == possible


def test_a_bound_is_no_date_on_the_board(ask: Ask) -> None:
    engaged, _, _ = ask(CLEVELAND, "board", "--as-of", "2020-01-01").partition("In Scan")
    assert "Cleveland Police  in 2019, by 27 September 2019  none recorded" in engaged
    board = ask(CLEVELAND, "board", "--as-of", "2019-03-05")
    engaged, _, rest = board.partition("In Scan")
    assert "possibly Engage, entered in 2019, by 5 March 2019" in engaged
    assert "Cleveland" not in rest


def test_a_time_in_engage_is_as_long_as_the_sources_allow(ask: Ask) -> None:
    asked = "durations", "cleveland", "--as-of", "2024-01-01"
    (time,) = json.loads(ask(CLEVELAND, *asked, "--json"))
    assert (time["days_at_least"], time["days_at_most"]) == (1435, 1733)
    assert (time["since"], time["until"], time["ended"]) == ("2019-01-01/2019-09-27", "2023-09", "certain")
    told = "in Engage  entered in 2019, by 27 September 2019, ended in September 2023: 1435 to 1733 days"
    assert told in ask(CLEVELAND, *asked)


def test_a_bound_is_no_date_in_the_timeline_diff_and_why(ask: Ask) -> None:
    dates = [row["date"] for row in json.loads(ask(CLEVELAND, "timeline", "cleveland", "--json"))]
    assert dates == ["2019-01-01/2019-09-27", "2019-09-27", "2023-09"]
    assert "\nin 2019, by 27 September 2019\n" in ask(CLEVELAND, "timeline", "cleveland")
    told = ask(CLEVELAND, "diff", "cleveland", "2018-12-31..2019-09-27")
    assert "monitoring: Scan (presumed) -> Engage (entered in 2019, by 27 September 2019)\n" in told
    assert "possibly Engage entered in 2019, by 5 March 2019" in ask(CLEVELAND, "diff", "cleveland", "2018..2019-03-05")
    told = ask(CLEVELAND, "why", "cleveland", "--as-of", "2019-10-01")
    assert "monitoring: engage, entered in 2019, by 27 September 2019\n" in told
    assert "monitoring: scan, possibly engage\n" in ask(CLEVELAND, "why", "cleveland", "--as-of", "2019-03-05")


def test_a_bound_is_no_date_in_a_view(ask: Ask) -> None:
    query = "SELECT phase, since, certainty, possibly FROM phases WHERE body = 'cleveland' ORDER BY valid_from"
    assert [tuple(row.values()) for row in json.loads(ask(CLEVELAND, "query", query, "--json"))] == [
        ("scan", None, "presumed", "[]"),
        ("scan", None, "possible", '["engage"]'),
        ("engage", "2019-01-01/2019-09-27", "certain", "[]"),
        ("engage", "2019-01-01/2019-09-27", "possible", '["scan"]'),
        ("scan", "2023-09", "certain", "[]"),
    ]


# Nothing vanishes because dates overlap


def test_what_may_have_been_is_in_the_timeline(ask: Ask) -> None:
    told = json.loads(ask(OVERLAPPING, "timeline", "kent", "--json"))
    assert [(row["date"], row["subject"], row["from"], row["to"], row["certainty"]) for row in told] == [
        ("2022-06", "monitoring", "scan", "engage", "possible"),
        ("2022-06", "monitoring", "engage", "scan", "certain"),
        ("2024-01-01/2024-09-26", "concern", None, "open", "possible"),
        ("2024-01-01/2024-09-26", "recommendations open", None, 1, "possible"),
        ("2024-09-26", "concern", "open", "closed", "certain"),
        ("2024-09-26", "recommendations open", 1, 0, "certain"),
    ]
    assert [(row["days_at_least"], row["days_at_most"]) for row in told if row["certainty"] == "possible"] == [
        (0, 29),
        (0, 269),
        (0, 269),
    ]
    assert "monitoring: Scan (presumed) -> Engage, for 0 to 29 days" in ask(OVERLAPPING, "timeline", "kent")


def test_what_may_have_been_is_in_the_durations(ask: Ask) -> None:
    told = json.loads(ask(OVERLAPPING, "durations", "kent", "--json"))
    assert [(t["subject"], t["certainty"], t["days_at_least"], t["days_at_most"]) for t in told] == [
        ("engage", "possible", 0, 29),
        ("concern", "possible", 0, 269),
    ]
    assert "kent  in Engage  entered in June 2022, ended in June 2022: 0 to 29 days" in ask(
        OVERLAPPING, "durations", "kent"
    )


def test_what_may_have_been_is_in_the_views(ask: Ask) -> None:
    query = "SELECT status, possibly FROM concerns WHERE body = 'kent' ORDER BY valid_from"
    assert [tuple(row.values()) for row in json.loads(ask(OVERLAPPING, "query", query, "--json"))] == [
        ("not-yet", '["open"]'),
        ("closed", "[]"),
    ]


def test_the_board_counts_apart_what_is_possibly_open_and_never_nothing_as_none(ask: Ask) -> None:
    board = json.loads(ask(OVERLAPPING, "board", "--as-of", "2024-05-05", "--json"))
    counts = {row["body"]: (row["open_concerns"], row["possibly_open"]) for row in board}
    assert (counts["kent"], counts["surrey"]) == ((0, 1), (None, 0))
    text = ask(OVERLAPPING, "board", "--as-of", "2024-05-05")
    assert "  1 possibly open\n" in text
    (kent,) = (row for row in json.loads(ask(OVERLAPPING, "board", "--json")) if row["body"] == "kent")
    assert (kent["open_concerns"], kent["possibly_open"]) == (0, 0)


def test_a_closure_comes_after_its_issue_in_a_thread(ask: Ask) -> None:
    recurrence = """
- {kind: concern.issued, body: kent, concern: custody-2025, effective: 2025-01-01, title: Custody again,
   recurrence_of: custody, documents: [letter]}
"""
    ask(OVERLAPPING, "state", "kent")
    (thread,) = json.loads(ask(recurrence, "threads", "kent", "--json"))
    (came_back,) = thread["came_back"]
    assert [came_back[name] for name in ("reason", "matter", "earlier")] == [
        "recurrence", "concern/custody-2025", "concern/custody",
    ]  # fmt: skip
    assert [(fact["kind"], fact["date"]) for fact in thread["facts"]] == [
        ("concern.issued", "2024-01-01/2024-09-26"),
        ("concern.closed", "2024-09-26"),
        ("concern.issued", "2025-01-01"),
    ]


# The board


def test_the_board_can_be_narrowed(ask: Ask) -> None:
    def bodies(*words: str) -> list[str]:
        return [row["body"] for row in json.loads(ask(CLEVELAND, "board", "--as-of", "2019-05-05", *words, "--json"))]

    assert bodies("--phase", "engage") == ["cleveland"]
    assert "cleveland" in bodies("--phase", "scan", "--region", "north east")
    assert len(bodies("--region", "Wales")) == 4
    assert len(bodies("--type", "police-force")) == 43


def test_a_region_that_no_body_has_is_a_usage_error(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    ask(CLEVELAND, "board")
    assert run(["board", "--region", "Atlantis"]) == 2
    assert "no body is of the region 'Atlantis'; there are East" in capsys.readouterr().err


# A decision whose day is vague


def test_a_vague_decision_is_possibly_pending(ask: Ask) -> None:
    decided = """
- {kind: monitoring.move_decided, body: kent, effective: 2024-12-02/2024-12-05, phase: engage, documents: [letter]}
"""
    pending = json.loads(ask(decided, "state", "kent", "--as-of", "2024-12-04", "--json"))["monitoring"]["pending"]
    assert (pending["phase"], pending["certainty"]) == (None, "possible")
    assert [(other["value"], other["since"]) for other in pending["alternatives"]] == [
        ("engage", "2024-12-02/2024-12-04")
    ]
    told = ask(decided, "state", "kent", "--as-of", "2024-12-04")
    assert "possibly a move to Engage is pending, decided between 2 December 2024 and 4 December 2024" in told
    assert "no move is recorded" not in told
    assert "possibly a move to Engage pending" in ask(decided, "board", "--as-of", "2024-12-04")
    assert "move to Engage decided, not yet in effect" in ask(decided, "state", "kent", "--as-of", "2024-12-05")


# What may have been done is not overdue

OWED = """
- {kind: document.registered, document: report, type: inspectorate-report, title: A report, publisher: HMICFRS,
   published: 2024-05-20, bodies: [kent]}
- {kind: body.oversight_changed, body: kent, effective: 2020-01-01, decided_by: electorate, name: Kent PCC,
   office: police-and-crime-commissioner, holder: A. Person, documents: [letter]}
- {kind: body.oversight_changed, body: kent, effective: 2024-05, decided_by: electorate, name: Kent PCC,
   office: police-and-crime-commissioner, holder: B. Person, documents: [letter]}
- {kind: response.published, body: kent, effective: 2024-08/2024-10, responds_to: report, documents: [letter]}
- {kind: review.scheduled, body: kent, review: revisit, effective: 2024-05-20, title: Revisit, due: 2024-07,
   documents: [letter]}
- {kind: review.held, body: kent, review: revisit, effective: 2024-08/2024-10, documents: [letter]}
- {kind: concern.issued, body: kent, concern: custody, effective: 2024-05-20, title: Custody, documents: [letter],
   recommendations: [{id: "1", deadline: within 2 months}, {id: "2", deadline: within 2 months}]}
- {kind: recommendation.closed, body: kent, concern: custody, effective: 2024-08/2024-10, recommendations: ["1"],
   documents: [letter]}
- {kind: concern.closed, body: kent, concern: custody, effective: 2024-09/2024-10, as_a_whole: true,
   documents: [letter]}
"""


def owed(ask: Ask, day: str) -> dict[str, tuple[str, str]]:
    told = json.loads(ask(OWED, "due", "kent", "--as-of", day, "--json"))
    return {f"{row['subject']} {row['id']}": (row["certainty"], row["words"]) for row in told}


def test_what_is_overdue_and_since_when(ask: Ask) -> None:
    asked = "due", "--overdue", "--json", "--as-of"
    told = [(row["id"], row["status"], row["overdue_since"]) for row in json.loads(ask(OWED, *asked, "2024-07-31"))]
    assert told == [
        ("report", "nothing-recorded", "2024-07-15"),
        ("custody/1", "nothing-recorded", "2024-07-21"),
        ("custody/2", "nothing-recorded", "2024-07-21"),
    ]
    assert json.loads(ask(OWED, *asked, "2024-09-05")) == []
    possible = json.loads(ask(OWED, "due", "kent", "--as-of", "2024-09-05", "--json"))
    assert {(row["status"], row["certainty"], row["overdue_since"]) for row in possible} == {
        ("unknown", "possible", None)
    }


def test_what_may_have_been_done_by_the_day_is_told_as_possibly_done(ask: Ask) -> None:
    silence = "certain", "nothing recorded by 2024-07-31"
    early = owed(ask, "2024-07-31")
    assert early["response report"] == ("certain", "nothing recorded by 2024-07-14")
    assert owed(ask, "2024-08-01")["review revisit"] == ("possible", "possibly held (on 2024-08-01)") != silence
    assert owed(ask, "2024-09-05") == {
        "response report": ("possible", "possibly published (between 1 August 2024 and 5 September 2024)"),
        "review revisit": ("possible", "possibly held (between 1 August 2024 and 5 September 2024)"),
        "recommendation custody/1": ("possible", "possibly closed (between 1 August 2024 and 5 September 2024)"),
        "recommendation custody/2": ("possible", "possibly closed (in September 2024, by 5 September 2024)"),
    }
    assert owed(ask, "2024-10-31") == {}


def test_the_board_and_the_state_say_the_same_of_recommendations(ask: Ask) -> None:
    (kent,) = (r for r in json.loads(ask(OWED, "board", "--as-of", "2024-08-15", "--json")) if r["body"] == "kent")
    assert (kent["overdue"], kent["possibly_overdue"]) == (1, 1)
    state = json.loads(ask(OWED, "state", "kent", "--as-of", "2024-08-15", "--json"))
    (concern,) = state["concerns"]
    told = {item["id"]: (item["status"], item["certainty"]) for item in concern["recommendations"]}
    assert told == {"1": ("open", "possible"), "2": ("open", "certain")}
    others = [(one["value"], one["since"]) for one in concern["recommendations_open_possibly"]]
    assert (concern["recommendations_open"], others) == (2, [(1, "2024-08-01/2024-08-15")])
    text = ask(OWED, "state", "kent", "--as-of", "2024-08-15")
    assert "2 of 2 recommendations open, possibly 1;" in text
    assert "recommendation 1: open, possibly closed, deadline within 2 months" in text
    late = [r for r in json.loads(ask(OWED, "board", "--as-of", "2024-09-15", "--json")) if r["body"] == "kent"]
    assert [(r["open_concerns"], r["possibly_open"], r["overdue"], r["possibly_overdue"]) for r in late] == [
        (0, 1, 0, 2)
    ]


def test_the_office_that_owes_a_response_is_one_of_two_if_it_changed_about_then(ask: Ask) -> None:
    both = "Kent PCC (A. Person) or Kent PCC (B. Person)"
    (due,) = (
        r
        for r in json.loads(ask(OWED, "due", "kent", "--as-of", "2024-06-01", "--json"))
        if r["matter"] == "response/report"
    )
    assert due["owed_by"] == both
    (response,) = json.loads(ask(OWED, "state", "kent", "--json"))["responses"]
    assert (response["owed_by"], response["timeliness"]) == (both, "late")


# Open ranges


def test_some_day_by_a_day_has_no_earliest_day(ask: Ask) -> None:
    batch = """
- {kind: monitoring.engaged, body: kent, effective: ../2019-09-27, documents: [letter]}
- {kind: monitoring.returned, body: kent, effective: 2023-09-01, documents: [letter]}
"""
    monitoring = json.loads(ask(batch, "state", "kent", "--as-of", "2020", "--json"))["monitoring"]
    assert (monitoring["since"], monitoring["certainty"]) == ("../2019-09-27", "certain")
    assert "Engage (special measures), entered by 27 September 2019" in ask(batch, "state", "kent", "--as-of", "2020")
    early = json.loads(ask(batch, "state", "kent", "--as-of", "2001-01-01", "--json"))["monitoring"]
    assert [(o["value"], o["since"], o["from"]) for o in early["alternatives"]] == [("engage", "../2001-01-01", None)]
    (time,) = json.loads(ask(batch, "durations", "kent", "--json"))
    assert (time["days_at_least"], time["days_at_most"]) == (1435, None)
    assert "entered by 27 September 2019, ended on 2023-09-01: 1435 days or more" in ask(batch, "durations", "kent")
    assert "\nby 27 September 2019\n" in ask(batch, "timeline", "kent")


@pytest.mark.parametrize(("published", "until"), [("published: 2024-05-01", "2024-05-01"), ("", "2026-11-21")])
def test_some_day_after_a_day_ends_with_the_publication_else_with_the_recording(
    ask: Ask, published: str, until: str
) -> None:
    batch = f"""
- {{kind: document.registered, document: notice, type: official-statement, title: N, publisher: P, {published}}}
- {{kind: monitoring.engaged, body: kent, effective: 2024-03-12/.., documents: [notice]}}
"""
    asked = "SELECT since FROM phases WHERE body = 'kent' AND phase = 'engage'"
    assert json.loads(ask(batch, "query", asked, "--json")) == [{"since": f"2024-03-12/{until}"}]


# What the public could know, where documents have no date of publication

UNDATED = """
- {{kind: document.registered, document: list, type: dataset, title: The list, publisher: HMICFRS{dates}}}
- {{kind: monitoring.engaged, body: kent, effective: 2023-05-01, documents: [list]}}
"""


@pytest.mark.parametrize(
    ("dates", "possible_from", "certain_from"),
    [
        ("", "2023-05-01", "2026-11-21"),
        (", dated: 2023-06-10", "2023-06-10", "2026-11-21"),
        (", dated: 2023-06-10, retrieved: 2024-01-02", "2023-06-10", "2024-01-02"),
        (", retrieved: 2024-01-02", "2023-05-01", "2024-01-02"),
        (", published: 2023-07", "2023-07-01", "2023-07-31"),
        (", published: 2023-07, retrieved: 2023-07-05", "2023-07-01", "2023-07-05"),
    ],
)
def test_what_an_undated_document_says_is_possibly_public_then_certainly(
    ask: Ask, dates: str, possible_from: str, certain_from: str
) -> None:
    batch = UNDATED.format(dates=dates)

    def phase(day: str, *words: str) -> tuple[str, str, list[str]]:
        told = json.loads(ask(batch, "state", "kent", "--as-of", "2026-01-01", "--public-at", day, "--json"))[
            "monitoring"
        ]
        return told["phase"], told["certainty"], [other["value"] for other in told.get("alternatives", ())]

    def before(day: str) -> str:
        return str(date.fromisoformat(day) - timedelta(days=1))

    assert phase(before(possible_from)) == ("scan", "presumed", [])
    assert phase(possible_from) == ("scan", "possible", ["engage"])
    assert phase(before(certain_from)) == ("scan", "possible", ["engage"])
    assert phase(certain_from) == ("engage", "certain", [])
    told = json.loads(ask(batch, "durations", "kent", "--as-of", "2026-01-01", "--public-at", possible_from, "--json"))
    assert [(time["certainty"], time["since"]) for time in told] == [("possible", "2023-05-01")]
    told = json.loads(ask(batch, "timeline", "kent", "--as-of", "2026-01-01", "--public-at", possible_from, "--json"))
    assert [(row["to"], row["certainty"]) for row in told] == [("engage", "possible")]


# Each possible value has documents, and a basis, of its own

PRESS_ONLY = """
- {kind: document.registered, document: paper, type: press-report, title: Told, publisher: A paper,
   published: 2024-01-02}
- {kind: monitoring.engaged, body: kent, effective: 2024-01, documents: [paper]}
- {kind: concern.issued, body: kent, concern: custody, effective: 2024-01-02, title: Custody, documents: [letter],
   recommendations: [{id: "1"}]}
- {kind: recommendation.closed, body: kent, concern: custody, recommendations: ["1"], effective: 2024-01,
   documents: [paper]}
- {kind: monitoring.move_decided, body: kent, phase: scan, effective: 2024-01-31, takes_effect: 2024-03-01,
   documents: [letter]}
"""


def test_what_is_only_possible_has_the_basis_of_its_own_documents(ask: Ask) -> None:
    asked = "state", "kent", "--as-of", "2024-01-15"
    state = json.loads(ask(PRESS_ONLY, *asked, "--json"))
    (concern,) = state["concerns"]
    parts = state["monitoring"], concern["recommendations"][0]
    for part in (*parts, {"alternatives": concern["recommendations_open_possibly"]}):
        (other,) = part["alternatives"]
        assert (other["basis"], "cites" in other) == ("press", False)
    assert (state["monitoring"]["basis"], concern["basis"]) == (None, "inspectorate")
    assert "entered in January 2024, by 15 January 2024: the sources give no exact day (reported by the press" in ask(
        PRESS_ONLY, *asked
    )
    told = {row["subject"]: (row["basis"], row["possibly_basis"]) for row in rows(ask(PRESS_ONLY, *asked, "--csv"))}
    assert (told["monitoring"], told["concern"]) == (("", "press"), ("inspectorate", ""))
    assert told["recommendation"] == told["recommendations open"] == ("inspectorate", "press")
    (row,) = (row for row in json.loads(ask(PRESS_ONLY, "board", *asked[2:], "--json")) if row["body"] == "kent")
    assert (row["basis"], [other["basis"] for other in row["alternatives"]]) == (None, ["press"])
    assert "possibly Engage, entered in January 2024, by 15 January 2024 (reported by the press" in ask(
        PRESS_ONLY, "board", *asked[2:]
    )
    for view, cites in (("phases", ["paper"]), ("recommendations", ["letter", "paper"])):
        on_day = "valid_from <= '2024-01-15' AND '2024-01-15' < valid_to"
        sql = f"SELECT basis, possibly_basis, cites FROM {view} WHERE body = 'kent' AND {on_day}"
        (row,) = json.loads(ask(PRESS_ONLY, "query", sql, "--json"))
        assert (json.loads(row["possibly_basis"]), json.loads(row["cites"])) == (["press"], cites)


def test_a_pending_move_has_the_basis_of_its_own_documents(ask: Ask) -> None:
    asked = "state", "kent", "--as-of", "2024-02-01"
    monitoring = json.loads(ask(PRESS_ONLY, *asked, "--json"))["monitoring"]
    assert (monitoring["basis"], monitoring["pending"]["basis"]) == ("press", "inspectorate")
    told = {row["subject"]: row["basis"] for row in rows(ask(PRESS_ONLY, *asked, "--csv"))}
    assert (told["monitoring"], told["pending move"]) == ("press", "inspectorate")


def test_what_ended_has_the_basis_of_what_ended_it(ask: Ask) -> None:
    batch = (
        PRESS_ONLY
        + """
- {kind: concern.closed, body: kent, concern: custody, effective: 2024-02-02, documents: [paper]}
- {kind: review.scheduled, body: kent, review: revisit, effective: 2024-01-02, title: Revisit, due: 2024-06,
   documents: [letter]}
- {kind: review.held, body: kent, review: revisit, effective: 2024-05-02, documents: [paper]}
"""
    )
    asked = "state", "kent", "--all", "--as-of", "2024-06-01"
    state = json.loads(ask(batch, *asked, "--json"))
    (concern,), (review,) = state["concerns"], state["reviews"]
    assert [one["basis"] for one in (concern, concern["recommendations"][0], review)] == ["press"] * 3
    assert "closed since 2024-02-02 (reported by the press, not established)" in ask(batch, *asked)
    told = {row["subject"]: row["basis"] for row in rows(ask(batch, *asked, "--csv"))}
    assert told["concern"] == told["recommendation"] == told["review"] == "press"
    for view in ("concerns", "recommendations", "reviews"):
        sql = f"SELECT basis FROM {view} WHERE body = 'kent' AND valid_to = '9999-12-31'"
        assert json.loads(ask(batch, "query", sql, "--json")) == [{"basis": "press"}]


def test_a_deadline_rests_on_the_issue_of_its_concern_alone(ask: Ask) -> None:
    batch = (
        PRESS_ONLY
        + """
- {kind: concern.closed, body: kent, concern: custody, effective: 2024-02-02, documents: [paper]}
"""
    )
    told = rows(ask(batch, "state", "kent", "--all", "--as-of", "2024-06-01", "--csv"))
    by_subject = {row["subject"]: row for row in told}
    for subject in ("recommendations issued", "deadline"):
        row = by_subject[subject]
        assert (row["basis"], row["entries"].count("#")) == ("inspectorate", 1)
    state = json.loads(ask(batch, "state", "kent", "--all", "--as-of", "2024-06-01", "--json"))
    (concern,) = state["concerns"]
    assert {one["kind"]: one["basis"] for one in concern["evidence"]} == {
        "concern.issued": "inspectorate", "recommendation.closed": "press", "concern.closed": "press",
    }  # fmt: skip


def test_a_response_that_is_only_possible_is_told_once(ask: Ask) -> None:
    batch = """
- {kind: document.registered, document: report, type: inspectorate-report, title: A report, publisher: HMICFRS,
   published: 2024-01-02, bodies: [kent]}
- {kind: response.published, body: kent, responds_to: report, effective: 2024-02, documents: [letter]}
"""
    text = ask(batch, "state", "kent", "--as-of", "2024-02-10")
    assert "  not yet on record: to report (says the inspectorate)" in text
    assert "possibly published, from some day in February 2024, by 10 February 2024" in text
