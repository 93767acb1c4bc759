"""What is owed, by whom, until when; and that silence is told as silence."""

from datetime import date

import pytest

from events.dates import PartialDate
from ledger.cli import run
from ledger.errors import Refused
from ledger.query.context import QueryContext
from ledger.store.store import Store
from projections.due import Due
from projections.searches import Search, last_search
from projections.state import OUTSTANDING, body_state
from tests.conftest import address, record_yaml

REPORT, LETTER = "inspectorate-report", "inspectorate-letter"
SERVICE = """
- kind: body.registered
  body: example-fire
  type: fire-and-rescue-service
  name: Example Fire and Rescue Service
  nation: England
  documents: [report]
"""


def document(published: str, *, type: str = REPORT, id: str = "report", body: str = "kent") -> str:
    return f"""
- kind: document.registered
  document: {id}
  type: {type}
  title: A document, {id}
  publisher: HMICFRS
  published: {published}
  bodies: [{body}]
"""


def holder(name: str, since: str) -> str:
    return f"""
- kind: body.oversight_changed
  body: kent
  effective: {since}
  decided_by: electorate
  office: police-and-crime-commissioner
  name: Police and Crime Commissioner for Kent
  holder: {name}
  documents: [report]
"""


def response(effective: str) -> str:
    return f"""
- kind: response.published
  body: kent
  effective: {effective}
  responds_to: report
  documents: [report]
"""


def search(effective: str, sought: str = "response/report") -> str:
    return f"""
- kind: document.sought
  body: kent
  sought: {sought}
  effective: {effective}
  places: [the commissioner's site]
"""


def review(due: str = "2024", *, promised: str = "2024-03-01", body: str = "kent") -> str:
    return f"""
- kind: review.scheduled
  body: {body}
  review: progress-2024
  effective: {promised}
  title: Progress on investigations
  due: {due}
  documents: [report]
"""


def concern(*recommendations: str, issued: str = "2023-11-30") -> str:
    return f"""
- kind: concern.issued
  body: kent
  concern: investigations-2023
  effective: {issued}
  title: Investigations
  recommendations: [{", ".join(recommendations)}]
  documents: [report]
"""


def owed(ledger: Store, day: str, body: str = "kent") -> list[Due]:
    """What is due; the state of the body says of the same items that they are overdue."""
    with ledger.reading() as reader:
        context = QueryContext.of(reader, date.fromisoformat(day))
        found, state = context.due([body])[0], context.state(body)
    items = {(f"{of}/{item['id']}"): item for of in OUTSTANDING for item in state[f"{of}s"]}
    items |= {f"{own['id']}/{item['id']}": item for own in state["concerns"] for item in own["recommendations"]}
    said = {id: item["overdue_since"] for id, item in items.items() if "overdue_since" in item}
    rows = [item.to_json() for item in found if item.subject != "response"]
    ids = {row["id"] if row["matter"].startswith("concern/") else row["matter"]: row["overdue_since"] for row in rows}
    assert said == {id: since for id, since in ids.items() if since}
    return found


def told(ledger: Store, day: str, body: str = "kent") -> dict[str, tuple[str, str]]:
    """When each matter is due, and what is said of it."""
    return {item.matter: (item.due.isoformat(), item.state.words) for item in owed(ledger, day, body)}


def status(ledger: Store, day: str = "2026-01-01") -> str:
    with ledger.reading() as reader:
        responses = body_state(QueryContext.of(reader, date.fromisoformat(day)).on_day("kent"))["responses"]
    told_of = {response["id"]: str(response["timeliness"]) for response in responses}
    return told_of.get("report", "nothing-recorded")


# Responses under section 55


def test_the_last_day_for_comments_is_the_56th_counting_the_day_of_publication(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22"))
    assert told(ledger, "2023-12-22") == {"response/report": ("2024-02-15", "not yet due")}
    assert told(ledger, "2024-02-15") == {"response/report": ("2024-02-15", "not yet due")}
    assert told(ledger, "2024-02-16") == {"response/report": ("2024-02-15", "nothing recorded by 2024-02-15")}


def test_before_its_publication_a_report_calls_for_nothing(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22"))
    assert owed(ledger, "2023-12-21") == []


@pytest.mark.parametrize(
    ("published", "matters"),
    [("2014-11-27", []), ("2016-12-31", []), ("2017-01-01", ["response/report"])],
)
def test_reports_before_2017_are_never_called_overdue(ledger: Store, published: str, matters: list[str]) -> None:
    record_yaml(ledger, document(published))
    assert list(told(ledger, "2026-01-01")) == matters


@pytest.mark.parametrize("type", [LETTER, "inspectorate-announcement", "press-report", "official-statement"])
def test_only_a_report_calls_for_a_response(ledger: Store, type: str) -> None:
    record_yaml(ledger, document("2023-12-22", type=type))
    assert owed(ledger, "2026-01-01") == []


def test_a_report_without_a_day_of_publication_sets_no_last_day(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22").replace("  published: 2023-12-22\n", ""))
    assert owed(ledger, "2026-01-01") == []


def test_a_fire_and_rescue_service_owes_none_but_its_review_is_listed(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22", body="example-fire") + SERVICE + review(body="example-fire"))
    assert told(ledger, "2025-01-01", "example-fire") == {
        "review/progress-2024": ("2024-12-31", "nothing recorded by 2024-12-31")
    }


@pytest.mark.parametrize(
    ("published", "responded", "expected"),
    [
        ("2023-12-22", "2023-12-22", "in-time"),
        ("2023-12-22", "2024-02-15", "in-time"),
        ("2023-12-22", "2024-02-16", "late"),
        ("2023-12-22", "2024-01", "in-time"),
        ("2023-12-22", "2024-03", "late"),
        ("2023-12-22", "2024-02", "unknown"),
        ("2023-12-22", "2024", "unknown"),
        ("2023-12", "2024-01-25", "in-time"),  # even if it came out on the 1st
        ("2023-12", "2024-02-25", "late"),  # even if it came out on the 31st
        ("2023-12", "2024-02-20", "unknown"),
    ],
)
def test_a_response_is_in_time_or_late_or_it_cannot_be_told(
    ledger: Store, published: str, responded: str, expected: str
) -> None:
    record_yaml(ledger, document(published) + response(responded))
    assert status(ledger) == expected
    assert owed(ledger, "2026-01-01") == []  # whether in time or late: it is on record


def test_a_response_counts_from_its_latest_possible_day(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22") + response("2024-02"))
    assert status(ledger, "2024-02-28") == "unknown"
    assert status(ledger, "2024-02-29") == "unknown"


CITING = """
- {kind: inspection.published, body: kent, effective: 2023-12-22, inspection: peel, framework: peel-2023-25, DOCUMENTS}
- {kind: concern.issued, body: kent, effective: 2023-12-22, concern: custody, title: Custody, DOCUMENTS}
"""


@pytest.mark.parametrize("line", CITING.strip().splitlines(), ids=["inspection", "concern"])
@pytest.mark.parametrize(
    ("of", "matters"), [("", ["response/report"]), ("[essex]", []), ("[kent]", ["response/report"])]
)
def test_a_report_that_an_inspection_or_a_concern_cites_calls_for_one(
    ledger: Store, line: str, of: str, matters: list[str]
) -> None:
    bodies = f"  bodies: {of}\n" if of else ""
    record_yaml(ledger, document("2023-12-22").replace("  bodies: [kent]\n", bodies))
    title = ", recommendations_issued: 1" if "concern" in line else ""
    record_yaml(ledger, line.replace(", DOCUMENTS", f"{title}, documents: [report]"))
    assert [item.matter for item in owed(ledger, "2026-01-01")] == matters


def test_a_report_that_only_a_statement_cites_calls_for_none(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22").replace("  bodies: [kent]\n", ""))
    record_yaml(
        ledger,
        "- {kind: statement.made, body: kent, effective: 2024-01-05, statement: one, decided_by: force, "
        "stance: accepts, title: Accepts it, documents: [report]}",
    )
    assert owed(ledger, "2026-01-01") == []


# Who owed it


def test_who_held_the_office_on_the_day_of_publication_owes_the_response(ledger: Store) -> None:
    record_yaml(
        ledger,
        document("2023-12-22")
        + document("2024-05-09", id="report-on-the-day")
        + holder("First Holder", "2021-05-13")
        + holder("Second Holder", "2024-05-09"),
    )
    assert {item.matter: item.owed_by for item in owed(ledger, "2024-06-01")} == {
        "response/report": "Police and Crime Commissioner for Kent (First Holder)",
        "response/report-on-the-day": "Police and Crime Commissioner for Kent (Second Holder)",
    }


def test_where_no_oversight_is_recorded_that_is_what_is_said(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22"))
    assert [item.owed_by for item in owed(ledger, "2024-06-01")] == [
        "the local policing body (which: nothing recorded)"
    ]


# Searches


def test_only_a_search_makes_silence_sought_and_not_found(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22"))
    record_yaml(ledger, search("2024-04-02") + search("2024-03-01"))
    assert told(ledger, "2024-02-29")["response/report"][1] == "nothing recorded by 2024-02-15"
    assert told(ledger, "2024-03-01")["response/report"][1] == "sought and not found on 2024-03-01"
    assert told(ledger, "2026-01-01")["response/report"][1] == "sought and not found on 2024-04-02"


def test_a_search_for_one_thing_says_nothing_of_another(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22") + review())
    record_yaml(ledger, search("2025-03-01", "review/progress-2024"))
    assert told(ledger, "2026-01-01") == {
        "response/report": ("2024-02-15", "nothing recorded by 2024-02-15"),
        "review/progress-2024": ("2024-12-31", "sought and not found on 2025-03-01"),
    }


def test_a_search_before_the_last_day_finds_no_fault(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22"))
    record_yaml(ledger, search("2024-01-10"))
    assert told(ledger, "2024-01-31")["response/report"][1] == "not yet due"
    assert told(ledger, "2024-02-16")["response/report"][1] == "nothing recorded by 2024-02-15"


# Reviews


def test_a_review_is_due_by_its_last_possible_day(ledger: Store) -> None:
    record_yaml(ledger, document("2024-03-01", type=LETTER) + review("2024-07/2024-12"))
    assert owed(ledger, "2024-02-29") == []
    assert told(ledger, "2024-12-31") == {"review/progress-2024": ("2024-12-31", "not yet due")}
    assert told(ledger, "2025-01-01") == {"review/progress-2024": ("2024-12-31", "nothing recorded by 2024-12-31")}


@pytest.mark.parametrize("end", ["held", "cancelled"])
def test_a_review_that_was_held_or_called_off_is_no_longer_due(ledger: Store, end: str) -> None:
    ended = f"""
- kind: review.{end}
  body: kent
  review: progress-2024
  effective: 2024-09-18
  documents: [report]
"""
    record_yaml(ledger, document("2024-03-01", type=LETTER) + review() + ended)
    assert list(told(ledger, "2024-09-17")) == ["review/progress-2024"]
    assert owed(ledger, "2025-06-01") == []


def test_a_review_promised_for_no_time_is_never_due(ledger: Store) -> None:
    record_yaml(ledger, document("2024-03-01", type=LETTER) + review().replace("  due: 2024\n", ""))
    assert owed(ledger, "2026-01-01") == []


def test_a_review_promised_some_time_in_a_year_is_listed_in_that_year(ledger: Store) -> None:
    record_yaml(ledger, document("2024-12-31", type=LETTER) + review(promised="2024"))
    assert list(told(ledger, "2024-10-01")) == ["review/progress-2024"]


# Recommendations


def test_each_recommendation_has_its_own_deadline_or_none(ledger: Store) -> None:
    issued = concern(
        "{id: at-once, deadline: immediate}",
        "{id: in-three-months, deadline: within 3 months}",
        "{id: in-two-weeks, deadline: within 2 weeks}",
        "{id: by-a-month, deadline: by 2024-05}",
        "{id: no-deadline, deadline: none}",
        "{id: left-out}",
    )
    record_yaml(ledger, document("2023-11-30", type=LETTER) + issued)
    assert [(item.id, item.due.isoformat(), item.state.words) for item in owed(ledger, "2024-02-29")] == [
        ("investigations-2023/at-once", "2023-11-30", "nothing recorded by 2023-11-30"),
        ("investigations-2023/in-two-weeks", "2023-12-14", "nothing recorded by 2023-12-14"),
        ("investigations-2023/in-three-months", "2024-02-29", "not yet due"),  # there is no 30 February
        ("investigations-2023/by-a-month", "2024-05-31", "not yet due"),
    ]


def test_the_state_says_what_is_overdue(ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    one = concern("{id: 1, deadline: within 3 months}", "{id: 2, deadline: by 2025}", issued="2024-01-01")
    record_yaml(ledger, document("2024-01-01") + one + review("2024-03"))
    state = ["--ledger", address(ledger), "state", "kent", "--as-of", "2024-06-01"]
    capsys.readouterr()
    assert run(state) == run([*state, "--section", "concerns"]) == run([*state, "--section", "reviews"]) == 0
    out = capsys.readouterr().out
    assert out.count("recommendation 1: open, deadline within 3 months, overdue since 2024-04-02\n") == 2
    assert out.count("recommendation 2: open, deadline by 2025\n") == 2
    assert out.count("Progress on investigations, due 2024-03, overdue since 2024-04-01 ") == 2


def test_a_deadline_counts_from_the_latest_possible_day_of_issue(ledger: Store) -> None:
    issued = concern("{id: one, deadline: within 3 months}", issued="2023-12")
    record_yaml(ledger, document("2023-12", type=LETTER) + issued)
    assert [item.due for item in owed(ledger, "2024-01-01")] == [date(2024, 3, 31)]


def test_a_closed_recommendation_is_no_longer_due(ledger: Store) -> None:
    closed = """
- kind: recommendation.closed
  body: kent
  concern: investigations-2023
  effective: 2024-02-01
  recommendations: [one]
  documents: [report]
"""
    issued = concern("{id: one, deadline: within 3 months}", "{id: two, deadline: within 3 months}")
    record_yaml(ledger, document("2024-02-01", type=LETTER) + issued + closed)
    assert [(item.id.split("/")[1], item.title) for item in owed(ledger, "2024-03-01")] == [("two", "not-recorded")]


RECOMMENDED = """
common: {effective: 2022-11-02, recommendation: vetting-3, title: Vet everybody again, documents: [report]}
events:
- {kind: recommendation.issued, body: kent, deadline: within 12 months}
- {kind: recommendation.issued, body: essex}
"""
ENDED = """
- {kind: recommendation.ended, body: kent, recommendation: vetting-3, effective: 2024-05-01, documents: [report]}
"""


def test_a_recommendation_without_a_concern_has_a_deadline_and_a_status_for_each_force(ledger: Store) -> None:
    record_yaml(ledger, document("2022-11-02", type=LETTER).replace("  bodies: [kent]\n", ""))
    record_yaml(ledger, RECOMMENDED)
    assert told(ledger, "2023-11-02") == {"recommendation/vetting-3": ("2023-11-02", "not yet due")}
    assert told(ledger, "2023-11-03") == {"recommendation/vetting-3": ("2023-11-02", "nothing recorded by 2023-11-02")}
    assert told(ledger, "2023-11-03", "essex") == {}, "it has no deadline there"
    record_yaml(ledger, ENDED.replace("kent,", "kent, outcome: completed,"))
    with ledger.reading() as reader:
        context = QueryContext.of(reader, date(2024, 5, 1), ledger=ledger.database.cache_path)
        (ended,) = context.state("kent", ended=True)["recommendations"]
        counts = {"concerns": {}, "judgements": {}, "recommendations": {"closed": 1}, "sources_differ": {}}
        assert context.state("kent")["ended"] == counts
        (still_open,) = context.state("essex")["recommendations"]
        overdue = {row["body"]: row["overdue"] for row in context.at(date(2024, 4, 30)).board()}
    assert (ended["status"], ended["outcome"], ended["until"]) == ("closed", "completed", "2024-05-01")
    assert (ended["deadline"], ended["due"]) == ("within 12 months", "2023-11-02")
    assert (still_open["status"], still_open["deadline"], still_open["due"]) == ("open", "not-recorded", None)
    assert (overdue["kent"], overdue["essex"]) == (1, 0)
    assert told(ledger, "2024-05-01") == {}


def test_a_response_may_reply_to_a_recommendation_without_a_concern(ledger: Store) -> None:
    record_yaml(ledger, document("2022-11-02"))
    record_yaml(ledger, RECOMMENDED)
    reply = response("2022-12-01") + "  replies: [{recommendation: ID, action: All are being vetted.}]\n"
    with pytest.raises(Refused, match="no recommendation 'vetting-4' of this body is on record"):
        record_yaml(ledger, reply.replace("ID", "vetting-4"))
    record_yaml(ledger, reply.replace("ID", "vetting-3"))
    assert told(ledger, "2022-12-01") == {"recommendation/vetting-3": ("2023-11-02", "not yet due")}


UNDERTAKES = """
- {kind: statement.made, body: kent, statement: team, stance: undertakes, title: A new team, decided_by: chief-officer,
   effective: 2024-01-10, due: 2024-03, documents: [report]}
- {kind: plan.announced, body: kent, plan: transfer, title: Functions go to the mayor, decided_by: home-secretary,
   effective: 2024-01-10, planned_for: 2024-05-07, documents: [report]}
"""


def test_an_undertaking_and_a_plan_with_a_date_are_due_by_it(ledger: Store) -> None:
    record_yaml(ledger, document("2024-01-10", type=LETTER) + UNDERTAKES)
    assert [(item.matter, item.owed_by, item.state.words) for item in owed(ledger, "2024-04-01")] == [
        ("statement/team", "Kent Police", "nothing recorded by 2024-03-31"),
        ("plan/transfer", "home secretary", "not yet due"),
    ]
    assert told(ledger, "2024-05-08")["plan/transfer"] == ("2024-05-07", "nothing recorded by 2024-05-07")
    record_yaml(ledger, search("2024-06-01", "statement/team") + search("2024-06-01", "plan/transfer"))
    assert {status for _, status in told(ledger, "2024-06-01").values()} == {"sought and not found on 2024-06-01"}


@pytest.mark.parametrize("end", ["kept", "withdrawn"])
def test_an_undertaking_that_was_kept_or_withdrawn_is_no_longer_due(ledger: Store, end: str) -> None:
    record_yaml(ledger, document("2024-01-10", type=LETTER) + UNDERTAKES)
    ended = f"kind: statement.{end}, body: kent, statement: team, decided_by: force, effective: 2024-04-02"
    record_yaml(ledger, f"- {{{ended}, documents: [report]}}")
    assert list(told(ledger, "2024-04-01")) == ["statement/team", "plan/transfer"]
    assert list(told(ledger, "2024-04-02")) == ["plan/transfer"]


def test_only_an_undertaking_has_a_date(ledger: Store) -> None:
    record_yaml(ledger, document("2024-01-10", type=LETTER))
    with pytest.raises(Refused, match="only what somebody undertakes has a date"):
        record_yaml(ledger, UNDERTAKES.replace("undertakes", "claims-done"))


@pytest.mark.parametrize(
    "sought", ["monitoring/exit", "plan/transfer", "statement/team", "finding/records", "inspection/peel-2023-25"]
)
def test_any_subject_can_be_sought(ledger: Store, sought: str) -> None:
    record_yaml(ledger, document("2024-01-10", type=LETTER))
    assert record_yaml(ledger, search("2024-06-01", sought)).warnings == ()


def test_an_exit_that_is_on_record_was_found(ledger: Store) -> None:
    record_yaml(ledger, document("2024-01-10", type=LETTER))
    moves = "".join(
        f"- {{kind: monitoring.{move}, body: kent, effective: {day}, documents: [report]}}\n"
        for move, day in (("engaged", "2023-01-10"), ("returned", "2024-01-10"))
    )
    record_yaml(ledger, moves)
    assert record_yaml(ledger, search("2024-01-09", "monitoring/exit")).warnings == ()
    (warning,) = record_yaml(ledger, search("2024-02-01", "monitoring/exit")).warnings
    assert "it is on record" in warning.message


def test_what_is_due_first_is_told_first(ledger: Store) -> None:
    issued = concern("{id: one, deadline: by 2024-02-10}", issued="2023-12-22")
    record_yaml(ledger, document("2023-12-22") + issued + review())
    days = [item.due for item in owed(ledger, "2025-06-01")]
    assert days == sorted(days) == [date(2024, 2, 10), date(2024, 2, 15), date(2024, 12, 31)]


def test_the_state_tells_whether_a_response_came_in_time_and_who_owed_it(ledger: Store) -> None:
    record_yaml(ledger, document("2023-12-22"))
    record_yaml(ledger, holder("A. Commissioner", "2021-05-13") + holder("B. Commissioner", "2024-05-09"))
    record_yaml(ledger, response("2024-06-01"))
    with ledger.reading() as reader:
        (told_of,) = body_state(QueryContext.of(reader, date(2024, 12, 31)).on_day("kent"))["responses"]
    assert (told_of["timeliness"], told_of["id"]) == ("late", "report")
    assert told_of["owed_by"] == "Police and Crime Commissioner for Kent (A. Commissioner)"


def test_a_recommendation_that_may_be_closed_is_listed_with_that_said(ledger: Store) -> None:
    record_yaml(ledger, document("2023-11-30", type="inspectorate-letter"))
    record_yaml(ledger, concern("{id: 1, deadline: immediate}", "{id: 2, deadline: immediate}"))
    record_yaml(
        ledger,
        """
- kind: recommendation.closed
  body: kent
  concern: investigations-2023
  effective: 2024-05-01
  number: 1
  documents: [report]
""",
    )
    assert {item.state.words for item in owed(ledger, "2024-06-01")} == {
        "nothing recorded by 2023-11-30 (1 of 2 closed, which: not stated)"
    }


def test_the_list_says_for_which_cycles_reports_are_on_record(
    ledger: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    undated = document("not-stated", id="page").replace("bodies: [kent]", "bodies: []")
    inspections = """
- {kind: inspection.published, body: kent, inspection: peel-2018-19, framework: peel-2018-19, effective: 2019-05-02,
   documents: [report, page]}
"""
    record_yaml(ledger, document("2019-05-02") + undated + document("2020-01-01", id="other") + inspections)
    assert run(["--ledger", address(ledger), "due", "kent", "--as-of", "2020-02-01"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if line.startswith("  ") and ": " in line and "comments on" not in line] == [
        "  PEEL 2018/19: 1; 1 more without a date, for which nothing is listed",
        "  no inspection that is on record: 1",
    ]
    (none,) = (line for line in told if line.startswith("None is on record of PEEL 2014, PEEL 2015, "))
    assert "PEEL 2018/19" not in none


@pytest.mark.parametrize(("after", "by", "counts"), [
    ("2024-02-29", "2024-03-02", True), ("2024-03-01", "2024-03-02", False), ("2024-02-29", "2024-03-01", True),
    ("2024-02-28", "2024-02-29", False),
])  # fmt: skip
def test_a_search_counts_after_the_last_day_and_by_the_day_of_the_question(
    after: str, by: str, *, counts: bool
) -> None:
    search = Search("response/report", PartialDate.parse("2024-03-01"), (1,))
    days = date.fromisoformat(after), date.fromisoformat(by)
    assert last_search([search], "response/report", *days) is (search if counts else None)
    assert last_search([search], "response/other", *days) is None
