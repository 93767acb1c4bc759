"""Where a rule draws its line: the cases just beside what the transcripts show."""

from dataclasses import replace
from datetime import timedelta

import pytest

from events.entry import LONGEST
from ledger.errors import Refused
from ledger.rules import too_long
from ledger.store.store import Store
from tests.conftest import NOW, record_yaml
from tests.projections.test_solver import entry

REPORT = """
- kind: document.registered
  document: report
  type: inspectorate-report
  title: A report
  publisher: HMICFRS
  published: {published}
"""
PUBLISHED = """
- kind: inspection.published
  body: kent
  inspection: peel-2021-22
  framework: peel-2021-22
  effective: 2022-05-01
  documents: [report]
"""
ENGAGED = "- {kind: monitoring.engaged, body: kent, effective: 2024-06-01, documents: [report]}"


def warnings(ledger: Store, batch: str) -> list[str]:
    """What a clerk is warned of, as far as it is about dates, titles or phases."""
    return [warning.message for warning in record_yaml(ledger, batch).warnings]


@pytest.mark.in_a_file
def test_a_merger_hands_over_a_plan(ledger: Store) -> None:
    record_yaml(ledger, REPORT.format(published="2024-01-01"))
    plan = "- {kind: plan.announced, body: kent, plan: merger, title: A merger, decided_by: home-secretary, "
    plan += "effective: 2024-02-01, documents: [report]}"
    record_yaml(ledger, plan)
    merged = "- {kind: body.merged, body: kent, into: essex, decided_by: home-secretary, effective: 2025-04-01, "
    with pytest.raises(Refused, match="plan/merger is open; say in `handovers`"):
        record_yaml(ledger, f"{merged} documents: [report]}}")
    record_yaml(ledger, f"{merged} documents: [report], handovers: [{{matter: plan/merger, fate: ended}}]}}")


@pytest.mark.in_a_file
def test_a_document_of_the_year_of_the_fact_may_be_later(ledger: Store) -> None:
    record_yaml(ledger, REPORT.format(published="2024"))
    assert not any("was published before" in message for message in warnings(ledger, ENGAGED))


@pytest.mark.in_a_file
def test_of_two_documents_of_one_title_in_a_batch_the_later_is_warned_of(ledger: Store) -> None:
    report = REPORT.format(published="2024-01-01")
    told = warnings(ledger, report + report.replace("document: report", "document: same"))
    assert told == ["#46 is a document of the same title and date, 'report'"]


@pytest.mark.in_a_file
def test_a_new_entry_that_a_retraction_of_the_batch_breaks_is_refused_once(ledger: Store) -> None:
    position = record_yaml(ledger, REPORT.format(published="2024-01-01")).appended[0].position
    with pytest.raises(Refused) as refused:
        record_yaml(ledger, f"- {{kind: entry.retracted, target: '#{position}', reason: Not ours.}}\n{ENGAGED}")
    assert [problem.message for problem in refused.value.problems] == ["no document 'report' is registered"]


@pytest.mark.in_a_file
def test_a_response_of_a_month_may_follow_a_report_of_that_month(ledger: Store) -> None:
    record_yaml(ledger, REPORT.format(published="2024-05-10"))
    response = "- {kind: response.published, body: kent, responds_to: report, effective: %s, documents: [report]}"
    with pytest.raises(Refused, match="it is earlier than the report"):
        record_yaml(ledger, response % "2024-04")
    assert record_yaml(ledger, response % "2024-05").appended


@pytest.mark.in_a_file
def test_an_inadequate_grade_warns_only_where_scan_is_on_record(ledger: Store) -> None:
    record_yaml(ledger, REPORT.format(published="2022-05-01") + PUBLISHED)
    judgement = PUBLISHED.replace("inspection.published", "judgement.given").rstrip()
    told = warnings(ledger, judgement + "\n  area: supporting-victims\n  grade: inadequate\n")
    assert not any("in Scan" in message for message in told), "it is only presumed"


def test_an_entry_may_have_as_many_bytes_as_a_tile_can_count() -> None:
    written = entry("monitoring.engaged", "2024-06-01")
    for longer, refused in ((0, False), (1, True)):
        of_envelope = replace(written, envelope=bytes(LONGEST + longer))
        of_data = replace(written, data=bytes(LONGEST - len(written.salt) + longer))
        assert [too_long(one) is not None for one in (of_envelope, of_data)] == [refused, refused]


CONCERN = """
- {{kind: concern.issued, body: kent, concern: custody, title: Custody, effective: 2024-06-01, documents: [report],
   recommendations: [{{id: 1, deadline: by {deadline}}}]}}
"""


@pytest.mark.in_a_file
@pytest.mark.parametrize(("deadline", "warned"), [("2024-05-31", True), ("2024-06-01", False)])
def test_a_deadline_may_be_the_day_of_the_issue(ledger: Store, deadline: str, *, warned: bool) -> None:
    record_yaml(ledger, REPORT.format(published="2024-06-01"))
    told = warnings(ledger, CONCERN.format(deadline=deadline))
    assert ("the deadline is before the concern was issued" in told) is warned


@pytest.mark.in_a_file
@pytest.mark.parametrize(("published", "refused"), [("2024-05-31", True), ("2024-06-01", False)])
def test_a_document_of_the_day_of_the_issue_may_close(ledger: Store, published: str, *, refused: bool) -> None:
    record_yaml(ledger, REPORT.format(published="2024-06-01") + CONCERN.format(deadline="2024-12-31"))
    letter = REPORT.format(published=published).replace("document: report", "document: letter")
    closed = "- {kind: concern.closed, body: kent, concern: custody, effective: 2024-07-01, as_a_whole: true, "
    batch = f"{letter}{closed} documents: [letter]}}"
    if not refused:
        assert record_yaml(ledger, batch).appended
        return
    with pytest.raises(Refused, match="every document cited is older than what is closed"):
        record_yaml(ledger, batch)


@pytest.mark.in_a_file
def test_a_merger_hands_over_a_concern_of_which_nobody_says_whether_it_is_open(ledger: Store) -> None:
    record_yaml(ledger, REPORT.format(published="2024-06-01") + CONCERN.format(deadline="2024-12-31"))
    unclear = "- {kind: concern.left_unclear, body: kent, concern: custody, effective: 2024-07-01, documents: [report]}"
    record_yaml(ledger, unclear)
    merged = "- {kind: body.merged, body: kent, into: essex, effective: 2025-04-01, documents: [report]}"
    with pytest.raises(Refused, match="concern/custody is open; say in `handovers`"):
        record_yaml(ledger, merged)


@pytest.mark.in_a_file
def test_a_fact_may_be_of_the_day_of_its_recording(ledger: Store) -> None:
    record_yaml(ledger, REPORT.format(published="2024-06-01"))
    today, tomorrow = (f"{NOW + timedelta(days=n):%Y-%m-%d}" for n in (0, 1))
    with pytest.raises(Refused, match=f"{tomorrow} is after today, {today}"):
        record_yaml(ledger, ENGAGED.replace("2024-06-01", tomorrow))
    assert record_yaml(ledger, ENGAGED.replace("2024-06-01", today)).appended


@pytest.mark.in_a_file
@pytest.mark.parametrize(("day", "warned"), [("2024-08-01", True), ("2024-07-31", False)])
def test_what_is_sought_on_the_day_on_which_it_came_was_found(ledger: Store, day: str, *, warned: bool) -> None:
    record_yaml(ledger, REPORT.format(published="2024-06-01"))
    came = "- {kind: response.published, body: kent, responds_to: report, effective: 2024-08-01, documents: [report]}"
    (response,) = record_yaml(ledger, came).appended
    sought = f"- {{kind: document.sought, body: kent, sought: response/report, effective: {day}, places: [the web]}}"
    told = [warning.message for warning in record_yaml(ledger, sought).warnings]
    assert (f"it is on record (#{response.position})" in told) is warned


JUDGED = """
- {kind: inspection.published, inspection: peel, COMMON}
- {kind: judgement.given, area: custody, inspection: peel, grade: good, COMMON}
- {kind: judgement.given, area: custody, inspection: again, grade: adequate, label: x, COMMON}
""".replace("COMMON", "body: kent, framework: peel-2021-22, effective: 2024-06-01, documents: [report]")
RETURNED = "- {kind: monitoring.returned, body: essex, effective: 2024-07-01, documents: [report], label: x}"


@pytest.mark.in_a_file
@pytest.mark.parametrize("amendment", ["entry.contradicted, claim: Not so.", "entry.corroborated"])
@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (ENGAGED.replace("06-01", "07-01, label: x"), "already in Engage"),
        (RETURNED, "not in Engage then"),
        (JUDGED, "the state depends on which was first"),
    ],
)
def test_what_its_own_batch_amends_is_checked_too(batch: str, message: str, amendment: str, ledger: Store) -> None:
    other = REPORT.replace("document: report", "document: other").format(published="2024-08-01")
    record_yaml(ledger, REPORT.format(published="2024-06-01") + other + ENGAGED)
    amended = f"{batch}\n- {{kind: {amendment}, target: x, documents: [other]}}"
    for refused in (batch, amended):
        with pytest.raises(Refused, match=message):
            record_yaml(ledger, refused)
