"""The starters: a whole letter or report to fill in. Blanks refuse; filled in, one call records all of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.cli.template import starter_files
from ledger.record.create import create_ledger
from tests.conftest import ORIGIN, now

Json = dict[str, Any]
STARTERS = starter_files()
FILLED = {
    "force": "Kent Police",
    "https address": "https://example.org/letter",
    "when, as precise as the report": "2023-11",
    "finding/id of the finding": "finding/id-of-the-finding",
    "day of the letter": "2024-02-01",
    "day of publication": "2024-02-02",
}
"""What a clerk puts into the blanks; into the others, their own words as an id or a text."""
BEFORE = """
- {kind: document.registered, document: earlier, type: inspectorate-report, title: Earlier, publisher: HMICFRS,
   published: 2023-01-01}
- {kind: concern.issued, body: kent, concern: id-of-the-concern, title: Custody, effective: 2023-01-01,
   documents: [earlier], recommendations: [{id: 1}, {id: 2}]}
- {kind: concern.issued, body: kent, concern: id-of-another-concern, title: Vetting, effective: 2023-01-01,
   documents: [earlier], recommendations: [{id: 1}, {id: 2}]}
- {kind: monitoring.engaged, body: kent, effective: 2023-02-01, documents: [earlier]}
- {kind: review.scheduled, body: kent, review: id-of-the-review, title: A revisit, effective: 2023-01-01,
   documents: [earlier]}
"""
NEEDS_WHAT_WAS_BEFORE = ("letter-exit", "revisit-letter")


@pytest.mark.parametrize("starter", STARTERS)
def test_the_list_of_starters_tells_each_in_a_whole_sentence(starter: str) -> None:
    assert re.fullmatch(r"# [A-Z][^.]+\.", STARTERS[starter].partition("\n")[0])


def filled(starter: str) -> str:
    """A starter with every blank filled in. The name of a force in it is a text of its own."""

    def fill(blank: re.Match[str]) -> str:
        text = blank[1]
        own = FILLED.get(text, text)
        if text.startswith("id of"):
            return text.replace(" ", "-")
        return json.dumps(own) if ":" in own or "," in own else own

    body = re.sub(r"decided_by: <force>", "decided_by: force", starter)
    return re.sub(r"<([^<>]*)>", fill, body)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    create_ledger("ledger.db", origin=ORIGIN, clock=now)
    return tmp_path


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_is_refused_until_it_is_filled_in(home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["template", name]) == 0
    Path("letter.yaml").write_text(capsys.readouterr().out, "utf-8")
    assert run(["append", "letter.yaml"]) == 3
    err = capsys.readouterr().err
    assert err.count("is still a blank; fill it in") >= 8
    assert "Traceback" not in err


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_that_is_filled_in_is_recorded_in_one_call(
    home: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name in NEEDS_WHAT_WAS_BEFORE:
        Path("before.yaml").write_text(BEFORE)
        assert run(["append", "before.yaml"]) == 0, capsys.readouterr().err
    Path("letter.yaml").write_text(filled(STARTERS[name]), "utf-8")
    assert run(["append", "letter.yaml"]) == 0, capsys.readouterr().err
    assert run(["append", "letter.yaml"]) == 0
    assert "already recorded" in capsys.readouterr().out


def test_a_letter_of_two_concerns_is_read_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a newcomer does: a starter, a second block for the second concern, one append."""
    text = filled(STARTERS["letter-entry"])
    start, end = text.index("  - kind: concern.issued"), text.index("  # the move itself")
    second = text[start:end].replace("id-of-the-concern", "vetting-2024")
    text = text[:end] + second + text[end:].replace("[id-of-the-concern]", "[id-of-the-concern, vetting-2024]")
    Path("letter.yaml").write_text(text, "utf-8")
    assert run(["append", "letter.yaml"]) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert run(["state", "Kent", "--json", "--as-of", "2024-02-01"]) == 0
    state: Json = json.loads(capsys.readouterr().out)
    assert (state["monitoring"]["phase"], state["monitoring"]["since"]) == ("engage", "2024-02-01")
    assert [concern["id"] for concern in state["concerns"]] == ["id-of-the-concern", "vetting-2024"]
    assert all(len(concern["recommendations"]) == 1 for concern in state["concerns"])


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_may_be_left_with_its_document_alone(
    home: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    common, document, *_ = re.split(r"\n(?= *- kind: )", filled(STARTERS[name]))
    document = f"{common}\n{document}\n"
    (home / "batch.yaml").write_text(document, "utf-8")
    code, (out, err) = run(["append", "batch.yaml"]), capsys.readouterr()
    assert (code, out) == (0, "Appended 1 (#46), 0 already recorded\n"), err
    (home / "batch.yaml").write_text(document.replace("common:\n", "common:\n  bdy: Kent\n"), "utf-8")
    assert run(["append", "batch.yaml"]) == 3
    assert "bdy: no event of this batch has such a field; did you mean body?" in capsys.readouterr()[1]


def test_starters_and_kinds_are_listed_and_several_kinds_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["template"]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n{name} " in f"\n{listed}" for name in STARTERS)
    assert run(["template", "concern.issued", "monitoring.engaged"]) == 0
    assert capsys.readouterr().out.count("\n- kind: ") == 2
    assert run(["template", "letter-entri"]) == 2
    assert "did you mean letter-entry or" in capsys.readouterr().err
