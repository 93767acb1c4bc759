"""`cite` and `why`: who says so, with a link; and what is no longer in force, or is contradicted, is marked."""

import csv
import io
import json
from typing import Any

import pytest

from ledger.cli import run
from tests.cli.conftest import Ask

Json = dict[str, Any]
DOCUMENTS = """
- {kind: document.registered, document: report, type: inspectorate-report, title: The report, publisher: HMICFRS,
   published: 2024-05-01, addresses: ["https://example.org/report", "https://example.com/report"]}
- {kind: document.registered, document: article, type: press-report, title: An article, publisher: The paper}
- {kind: document.registered, document: notice, type: official-statement, title: A notice, publisher: Kent Police,
   published: 2024-06-01, addresses: "https://example.org/notice"}
"""
FACTS = """
common: {body: kent}
events:
  - {label: issue, kind: concern.issued, concern: custody, title: Custody, effective: 2024-05-01, documents: [report]}
  - {kind: monitoring.engaged, effective: 2024-05-02, concerns: [custody], because: issue,
     reason: It was not safe., documents: [{document: article, locator: page 3, quote: It is not safe}, report]}
  - {kind: monitoring.returned, effective: 2024-08-01, documents: [notice]}
"""
ISSUED, ENGAGED, RETURNED = 50, 51, 52
LATER = "2024-12-31"


def engaged(effective: str, documents: str) -> str:
    said = (
        f"kind: monitoring.engaged, body: kent, effective: {effective}, concerns: [custody], documents: [{documents}]"
    )
    return f"replacement: {{{said}}}, reason: The notice has the day., documents: [{documents}]"


@pytest.fixture
def asked(ask: Ask) -> Ask:
    ask(DOCUMENTS, "board")
    ask(FACTS, "board")
    return ask


def entries(asked: Ask, *words: str, day: str = "2024-07-01") -> dict[int, Json]:
    (part, *_) = json.loads(asked(FACTS, "why", "kent", *words, "--as-of", day, "--json"))
    return {entry["position"]: entry for entry in part["entries"]}


def says(entry: Json) -> dict[str, str]:
    return {document["document"]: document["says"] for document in entry["documents"]}


def test_why_has_the_reason_the_concerns_and_each_document_whole(asked: Ask) -> None:
    entry = entries(asked, "monitoring")[ENGAGED]
    assert (entry["reason"], entry["because"], entry["in_force"]) == ("It was not safe.", [ISSUED], True)
    assert entry["concerns"] == [{"id": "custody", "title": "Custody"}]
    assert entry["documents"][0] == {
        "document": "article", "type": "press-report", "basis": "press", "title": "An article",
        "publisher": "The paper", "published": "not-recorded", "dated": "not-recorded", "retrieved": "not-recorded",
        "addresses": [], "copied_by": None, "note": None, "locator": "page 3", "quote": "It is not safe", "says": "so",
    }  # fmt: skip
    told = asked(FACTS, "why", "kent", "monitoring", "--as-of", "2024-07-01")
    for line in (
        "      because: It was not safe.",
        "      rests on the concern custody: Custody",
        f"      rests on #{ISSUED}",
        "      The paper, “An article”, date of publication not recorded, address not recorded, page 3, "
        "“It is not safe” (reported by the press, not established)",
        "      HMICFRS, “The report”, 2024-05-01, https://example.org/report https://example.com/report, "
        "place in it not recorded (says the inspectorate)",
    ):
        assert f"{line}\n" in told
    rows = csv.DictReader(io.StringIO(asked(FACTS, "why", "kent", "monitoring", "--as-of", "2024-07-01", "--csv")))
    assert [(row["document"], row["addresses"]) for row in rows] == [
        ("article", ""),
        ("report", "https://example.org/report https://example.com/report"),
    ]


@pytest.mark.parametrize(
    ("words", "subjects"),
    [
        (("monitoring",), {"monitoring"}),
        (("concern",), {"concern", "recommendations issued", "recommendations open"}),
        (("concern", "custody"), {"concern", "recommendations issued", "recommendations open"}),
        (("concern/custody",), {"concern", "recommendations issued", "recommendations open"}),
        (("custody",), {"concern", "recommendations issued", "recommendations open"}),
        (("recommendations-open", "custody"), {"recommendations open"}),
        (("recommendations open/custody",), {"recommendations open"}),
        (("name",), {"name"}),
    ],
)
def test_why_can_be_narrowed(asked: Ask, words: tuple[str, ...], subjects: set[str]) -> None:
    parts = json.loads(asked(FACTS, "why", "kent", *words, "--as-of", LATER, "--json"))
    assert {part["subject"] for part in parts} == subjects


def test_why_says_what_there_is_where_nothing_is_found(asked: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", "kent", "weather"]) == 6
    assert "there are monitoring, concern, recommendations issued" in capsys.readouterr().err
    assert run(["why", "kent", "concern", "stop"]) == 6
    assert "there are custody" in capsys.readouterr().err
    assert run(["why", "kent", "--phase", "engage"]) == 2
    assert "Give BODY or --phase, not both." in capsys.readouterr().err
    assert run(["why"]) == 2
    assert "Give BODY, or --phase." in capsys.readouterr().err


def test_what_corroborates_and_contradicts_is_part_of_why(asked: Ask) -> None:
    beside = f"""
- {{kind: entry.corroborated, target: '#{ENGAGED}', documents: [notice]}}
- {{kind: entry.contradicted, target: '#{ENGAGED}', documents: [letter], claim: It was the third.}}
"""
    asked(beside, "board")
    found = entries(asked, "monitoring")
    assert [*found] == [ENGAGED, 53, 54]
    assert (says(found[53]), says(found[54])) == ({"notice": "so"}, {"letter": "otherwise"})
    assert found[54]["claim"] == "It was the third."
    told = asked(FACTS, "why", "kent", "monitoring", "--as-of", "2024-07-01")
    assert "monitoring: engage since 2024-05-02  sources differ: #54\n" in told
    assert "      it says: It was the third.\n      says otherwise: HMICFRS, “A letter”" in told
    cited = json.loads(asked(FACTS, "cite", f"#{ENGAGED}", "--json"))["citations"]
    assert [entry["sources_differ"] for entry in cited] == [[54]]
    assert "Sources differ: #54\n" in asked(FACTS, "cite", f"#{ENGAGED}")


@pytest.mark.parametrize("type", ["source-erratum", "conflict-resolved", "precision-refined"])
def test_after_a_correction_by_documents_these_say_so_and_the_old_ones_said_it_before(asked: Ask, type: str) -> None:
    state = "state", "kent", "--as-of", "2024-07-01", "--json"
    asked(f"- {{kind: entry.corroborated, target: '#{ENGAGED}', documents: [letter]}}", "board")
    assert json.loads(asked(FACTS, *state))["monitoring"]["basis"] == "inspectorate"
    day = "2024-05-02" if type == "precision-refined" else "2024-05-03"
    note = "note: It was so., " if type == "precision-refined" else ""
    said = engaged(day, "notice").replace("concerns", f"{note}concerns")
    asked(f"- {{kind: entry.corrected, target: '#{ENGAGED}', type: {type}, {said}}}", "board")
    assert json.loads(asked(FACTS, *state))["monitoring"]["basis"] == "official"
    found = entries(asked, "monitoring")
    assert says(found[ENGAGED]) == {"article": "before", "report": "before"}
    assert (says(found[53]), says(found[54])) == ({"letter": "before"}, {"notice": "so"})
    assert found[ENGAGED]["words"] == "no longer in force: corrected by #54, because: The notice has the day."
    assert (found[ENGAGED]["ended_by"], found[54]["ended_by"]) == (54, None)
    asked("- {kind: entry.corroborated, target: '#54', documents: [report]}", "board")
    assert says(entries(asked, "monitoring")[55]) == {"report": "so"}
    assert json.loads(asked(FACTS, *state))["monitoring"]["basis"] == "inspectorate"
    asked("- {kind: entry.retracted, target: '#54', reason: It was the second.}", "board")
    found = entries(asked, "monitoring")
    assert says(found[ENGAGED]) == {"article": "so", "report": "so"}
    assert says(found[53]) == {"letter": "so"}


def test_an_error_of_ours_was_in_no_document(asked: Ask) -> None:
    said = engaged("2024-05-03", "article, report").replace(", documents: [article, report]", "", 2)
    said = said.replace("concerns: [custody]", "concerns: [custody], documents: [article, report]")
    asked(f"- {{kind: entry.corrected, target: '#{ENGAGED}', type: recording-error, {said}}}", "board")
    found = entries(asked, "monitoring")
    assert [says(found[n]) for n in (ENGAGED, 53)] == [{"article": "so", "report": "so"}] * 2


def test_what_was_retracted_explains_the_value(asked: Ask) -> None:
    batch = f"""
- {{kind: entry.retracted, target: '#{RETURNED}', reason: It was Essex.}}
- {{kind: entry.retracted, target: '#{ENGAGED}', reason: It was Essex.}}
"""
    asked(batch, "board")
    found = entries(asked, "monitoring")
    assert [*found] == [ENGAGED, 54]
    assert found[ENGAGED]["words"] == "no longer in force: retracted by #54, because: It was Essex."
    assert says(found[ENGAGED]) == {"article": "before", "report": "before"}
    told = asked(FACTS, "why", "kent", "monitoring", "--as-of", "2024-07-01")
    assert told.startswith("monitoring: scan (presumed)\n  monitoring.engaged of 2024-05-02, recorded 2026-11-21  #51")


def test_what_was_retracted_as_a_whole_is_still_explained(asked: Ask) -> None:
    batch = f"""
- {{kind: entry.retracted, target: '#{RETURNED}', reason: It was Essex.}}
- {{kind: entry.retracted, target: '#{ENGAGED}', reason: It was Essex.}}
- {{kind: entry.retracted, target: '#{ISSUED}', reason: It was Essex.}}
"""
    asked(batch, "board")
    told = asked(FACTS, "why", "kent", "concern", "custody", "--as-of", LATER)
    assert told.startswith(
        "concern custody: nothing-recorded\n  concern.issued of 2024-05-01, recorded 2026-11-21  #50\n"
        "      no longer in force: retracted by #55, because: It was Essex.\n"
    )


def test_a_citation_in_words_and_as_data(asked: Ask) -> None:
    told = asked(FACTS, "cite", f"#{RETURNED}")
    document = json.loads(asked(FACTS, "cite", f"#{RETURNED}", "--json"))
    assert told.startswith(
        "Kent Police, “A notice”, 2024-06-01, https://example.org/notice, place in it not recorded "
        "(says another authority).\n"
        f"Entry #{RETURNED}, monitoring.returned of 2024-08-01, in kent/monitoring, recorded "
        "2026-11-21T09:30:00.000000Z: "
        f"in force\n\nLog example.org/test-ledger, as known at #{RETURNED}; size 53, root {document['head']['root']}\n"
    )
    (entry,) = document["citations"]
    (cited,) = entry["documents"]
    assert (entry["position"], entry["matter"], document["log"]) == (
        RETURNED,
        "kent/monitoring",
        "example.org/test-ledger",
    )
    assert (cited["addresses"], cited["locator"]) == (["https://example.org/notice"], "not-recorded")
    (row,) = csv.DictReader(io.StringIO(asked(FACTS, "cite", f"#{RETURNED}", "--csv")))
    assert (row["position"], row["addresses"]) == (f"{RETURNED}", "https://example.org/notice")


def test_a_document_some_documents_and_a_range_of_entries_are_cited(asked: Ask) -> None:
    (report,) = json.loads(asked(FACTS, "cite", "report", "--json"))["citations"]
    assert [document["document"] for document in report["documents"]] == ["report"]
    assert (report["position"], report["documents"][0]["locator"]) == (47, None)
    (entry,) = json.loads(asked(FACTS, "cite", f"#{ENGAGED}", "--document", "report", "--json"))["citations"]
    assert [document["document"] for document in entry["documents"]] == ["report"]
    several = json.loads(asked(FACTS, "cite", f"#{ISSUED}..#{RETURNED}", "--json"))["citations"]
    assert [entry["position"] for entry in several] == [ISSUED, ENGAGED, RETURNED]
    of_matter = json.loads(asked(FACTS, "cite", "kent/monitoring", "--json"))["citations"]
    assert [entry["position"] for entry in of_matter] == [ENGAGED, RETURNED]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("#99",), "there is no entry #99"),
        (("nothing",), "nothing is on record as 'nothing'"),
        (("#51", "--document", "notice"), "#51 cites no notice; it cites article, report"),
        (("#51", "--as-of", "2024-01-01"), "nothing of #51 had happened by then, or was public"),
        (("#60..#70",), "nothing of #60..#70"),
    ],
)
def test_what_is_not_there_is_not_cited(
    asked: Ask, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert run(["cite", *words]) == 6
    assert told in capsys.readouterr().err


def test_a_citation_of_what_was_withheld_says_so(asked: Ask) -> None:
    batch = f"- {{kind: entry.retracted, target: '#{RETURNED}', reason: It was Essex.}}"
    asked(batch, "board")
    asked(f"- {{kind: entry.withheld, target: '#{RETURNED}', reason: A person., ground: personal-data}}", "board")
    told = asked(FACTS, "cite", f"#{RETURNED}")
    assert told.startswith("What it cites was withheld.\n")
    assert "retracted by #53, because: It was Essex.; its data were withheld by #54\n" in told


def test_the_words_and_the_flag_of_what_is_in_force_agree(asked: Ask) -> None:
    """A retraction of a correction is carried out, and not in force (docs/format.md): nothing can take it back."""
    data = "{body: kent, effective: 2024-08-01, note: Slip, documents: [notice]}"
    asked(f"- {{kind: entry.corrected, target: '#{RETURNED}', type: recording-error, reason: A slip, "
          f"replacement: {{kind: monitoring.returned, version: 1, data: {data}}}}}", "board")  # fmt: skip
    asked(f"- {{kind: entry.retracted, target: '#{RETURNED + 1}', reason: It was none.}}", "board")
    told = json.loads(asked(FACTS, "cite", f"#{RETURNED}..#{RETURNED + 2}", "--json"))["citations"]
    assert [one["in_force"] for one in told] == [True, False, False]
    assert told[2]["words"] == "carried out, and final"
    assert all((one["words"] == "in force") is one["in_force"] for one in told)
