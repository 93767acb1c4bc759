"""What is not there has six different words, and none of them turns into another, or into nothing, on its way out."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.store.store import Store
from tests.conftest import address, record_yaml

BATCH = """
common: {body: kent, publisher: HMICFRS, documents: [letter]}
events:
  - {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter}
  - {kind: inspection.published, inspection: peel-2016, framework: peel-2016, effective: 2017-03-01}
  - kind: judgement.given
    inspection: peel-2016
    framework: peel-2016
    area: efficiency
    grade: good
    effective: 2017-03-01
  - {kind: inspection.published, inspection: peel-2017, framework: peel-2017, effective: 2018-03-01}
  - kind: judgement.carried_forward
    inspection: peel-2017
    framework: peel-2017
    area: efficiency
    effective: 2018-03-01
  - kind: concern.issued
    concern: counted
    title: A concern whose recommendations are stated
    effective: 2018-03-01
    recommendations:
      - {id: without-deadline, deadline: none}
      - {id: deadline-left-out}
  - {kind: concern.issued, concern: uncounted, title: A concern without them, effective: 2018-03-01}
  - kind: concern.issued
    concern: left-open
    title: A concern whose recommendations the letter leaves open
    effective: 2018-03-01
    recommendations_issued: not-stated
"""
JSON = {
    "unknown": ("concerns", "uncounted", "recommendations_open"),
    "none": ("concerns", "counted", "recommendations", "without-deadline", "deadline"),
    "not-inspected": ("judgements", "efficiency", "inspected"),
    "not-stated": ("concerns", "left-open", "recommendations_issued"),
    "not-recorded": ("concerns", "uncounted", "recommendations_issued"),
    "nothing-recorded": ("oversight", "status"),
}
"""Where each word stands in the document: names, and the ids of items."""
CSV = {
    "unknown": ("recommendations open", "uncounted"),
    "none": ("deadline", "counted/without-deadline"),
    "not-inspected": ("inspected", "peel-2016/efficiency"),
    "not-stated": ("recommendations issued", "left-open"),
    "not-recorded": ("recommendations issued", "uncounted"),
    "nothing-recorded": ("oversight", ""),
}
"""The subject and the id of the row that has each word as its value."""
TEXT = {
    "unknown": "number of recommendations: not recorded; open: unknown; ",
    "none": "recommendation without-deadline: open, deadline none",
    "not-inspected": ", not inspected, earlier judgement carried forward ",
    "not-stated": "number of recommendations: not stated; open: unknown; ",
    "not-recorded": "recommendation deadline-left-out: open, deadline not recorded",
    "nothing-recorded": "Oversight\n  nothing recorded\n",
}
each_word = pytest.mark.parametrize("word", JSON)


@pytest.fixture
def printed(ledger: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The state of a body of which little is known, in each form."""
    record_yaml(ledger, BATCH)
    found = {}
    for form in ("--json", "--csv", ""):
        assert run(["--ledger", address(ledger), "state", "kent", *filter(None, [form])]) == 0
        found[form or "text"] = capsys.readouterr().out
    return found


def at(document: Any, path: tuple[str, ...]) -> Any:
    """What stands at a place in a document; an item of a list goes by its id, a judgement by its area."""
    for step in path:
        if isinstance(document, list):
            document = next(item for item in document if step in (item.get("id"), item.get("area")))
        else:
            document = document[step]
    return document


@each_word
def test_each_word_stands_in_the_json_document(printed: dict[str, str], word: str) -> None:
    assert at(json.loads(printed["--json"]), JSON[word]) == word


@each_word
def test_each_word_has_a_row_of_the_csv(printed: dict[str, str], word: str) -> None:
    rows = {(row["subject"], row["id"]): row["value"] for row in csv.DictReader(io.StringIO(printed["--csv"]))}
    assert rows.get(CSV[word]) == word


@each_word
def test_each_word_is_told_to_a_person(printed: dict[str, str], word: str) -> None:
    assert TEXT[word] in printed["text"]


def test_the_words_are_six_and_none_stands_for_two_things(printed: dict[str, str]) -> None:
    document = json.loads(printed["--json"])
    assert sorted(at(document, path) for path in JSON.values()) == sorted(JSON)
    assert at(document, ("concerns", "counted", "recommendations", "deadline-left-out", "deadline")) == "not-recorded"


def test_a_number_that_is_known_is_a_number(printed: dict[str, str]) -> None:
    counted = at(json.loads(printed["--json"]), ("concerns", "counted"))
    assert (counted["recommendations_issued"], counted["recommendations_open"]) == (2, 2)


def test_a_closed_concern_without_known_recommendations_has_an_unknown_number_open(
    ledger: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = "  - {kind: concern.closed, concern: uncounted, effective: 2019-03-01}\n"
    record_yaml(ledger, BATCH + closed)
    assert run(["--ledger", address(ledger), "state", "kent", "--all", "--json"]) == 0
    concern = at(json.loads(capsys.readouterr().out), ("concerns", "uncounted"))
    assert (concern["status"], concern["recommendations_open"]) == ("closed", "unknown")
