"""A practice copy says what the ledger says, and cannot be mistaken for it; a copied file is a fork."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import MENDED, Told

DOCUMENT = "- {kind: document.registered, document: d, type: dataset, title: A, publisher: P}\n"


def test_a_practice_copy_says_the_same_and_is_another_ledger(
    told_of_forces: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = told_of_forces
    assert told("append", *map(str, MENDED))[0] == 0
    before = Path("ledger.db").read_bytes()
    question = ("timeline", "WMP", "--json")
    said = [(row["date"], row["words"]) for row in json.loads(told(*question)[1])]
    monkeypatch.setenv("FORCE_LEDGER", "ledger.db")
    code, out, err = told("practice")
    assert (code, "the ledger practice.invalid/ledger.example.org/forces, with" in out) == (0, True)
    assert "Go on from here: unset FORCE_LEDGER FORCE_LEDGER_KEYS; cd practice\n" in out
    assert "FORCE_LEDGER is set, and goes before the settings of the copy: commands in its folder would still" in err
    assert "FORCE_LEDGER_KEYS is set, and goes before the settings of the copy: nothing could be recorded" in err
    assert "left out" not in err
    monkeypatch.delenv("FORCE_LEDGER")
    Path("d.yaml").write_text(DOCUMENT)
    with monkeypatch.context() as patch:
        patch.chdir("practice")
        assert "`unset FORCE_LEDGER_KEYS`, or set FORCE_LEDGER_KEYS to the folder" in told("append", "../d.yaml")[2]
    monkeypatch.delenv("FORCE_LEDGER_KEYS")
    with monkeypatch.context() as patch:
        patch.chdir("practice")
        assert [(row["date"], row["words"]) for row in json.loads(told(*question)[1])] == said
        code, out, err = told("append", "../d.yaml")
        assert (code, out.startswith("Appended 1")) == (0, True)
        assert "This is a practice copy: nothing reaches ledger.example.org/forces." in err
        assert told("verify")[0] == 0
    assert Path("ledger.db").read_bytes() == before
    assert told("practice")[0] == 1, "it is there already"


def test_a_successor_goes_on_with_what_the_other_ledger_says(told_of_forces: Told) -> None:
    told, question = told_of_forces, ("timeline", "WMP", "--json")
    assert told("append", *map(str, MENDED))[0] == 0
    Path("letter.txt").write_text("A letter")
    assert told("evidence", "add", "letter.txt")[0] == 0
    said = [(row["date"], row["words"]) for row in json.loads(told(*question)[1])]
    next(Path(os.environ["FORCE_LEDGER_KEYS"]).glob("*/log.key")).unlink()
    assert told("--ledger", "next.db", "init", "--successor-of", "ledger.db", "--record")[0] == 2
    origin = "ledger.example.org/forces-2"
    code, out, err = told("--ledger", "next.db", "init", "--origin", origin, "--successor-of", "ledger.db")
    assert (code, f"the ledger {origin}, with" in out, "left out" in err) == (0, True, False)
    assert [(row["date"], row["words"]) for row in json.loads(told("--ledger", "next.db", *question)[1])] == said
    assert [path.read_text() for path in Path("next.evidence").rglob("*") if path.is_file()] == ["A letter"]
    Path("d.yaml").write_text(DOCUMENT)
    assert told("--ledger", "next.db", "append", "d.yaml")[0] == 0
    assert told("--ledger", "next.db", "checkpoint", "sign")[0] == told("--ledger", "next.db", "verify")[0] == 0


CORRECTED = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}
- {kind: concern.issued, body: kent, concern: a, title: A, recommendations_issued: 1, effective: 2024-01-10,
   documents: [letter]}
- {kind: concern.issued, body: kent, concern: b, title: B, recommendations_issued: 1, effective: 2024-01-10,
   documents: [letter]}
- {kind: monitoring.engaged, body: kent, concerns: [a, b], effective: 2024-02-01, documents: [letter]}
"""


def test_what_was_corrected_and_then_retracted_is_so_in_the_copy_too(told_of_forces: Told) -> None:
    """Together these would be refused: one entry rests on what a later one retracts."""
    told, reason = told_of_forces, ("--reason", "It was another force.", "--yes")
    Path("d.yaml").write_text(CORRECTED)
    assert told("append", "d.yaml")[0] == 0
    assert told("correct", "kent/monitoring engaged", "concerns=[a]", "--type", "recording-error", *reason)[0] == 0
    assert told("retract", "kent/concern/b issued", *reason)[0] == 0
    said = told("state", "kent", "--json")[1]
    code, _, err = told("practice")
    assert (code, "left out" in err) == (0, False)
    copied = told("--ledger", "practice/ledger.db", "state", "kent", "--json")[1]
    assert json.loads(copied)["monitoring"] == json.loads(said)["monitoring"]


def test_what_was_retracted_or_withheld_is_not_in_the_way(told: Told) -> None:
    Path("d.yaml").write_text(DOCUMENT)
    told("append", "d.yaml")
    told("retract", "#2", "--reason", "No.")
    told("document", "register", "--document", "d", "--type", "dataset", "--title", "B", "--publisher", "P")
    told("redact", "#4", "title=C", "--ground", "personal-data", "--reason", "A name.", "--yes")
    code, _, err = told("practice")
    assert (code, "an entry may have another number in the copy" in err) == (0, True)
    assert "title                C" in told("--ledger", "practice/ledger.db", "show", "d")[1]


def test_the_file_that_falls_behind_its_copy_is_not_written(told: Told) -> None:
    Path("d.yaml").write_text(DOCUMENT)
    shutil.copy("ledger.db", "copy.db")
    code, _, err = told("--ledger", "copy.db", "append", "d.yaml")
    ledger = Path("ledger.db").absolute()
    assert f"Warning: these keys signed last in {ledger}, and copy.db is another file: what is recorded in both" in err
    assert (code, err.index("use `force-ledger practice`") < err.index("document registered")) == (0, True)
    assert "is another file" not in told("--ledger", "copy.db", "append", "d.yaml")[2]
    before = Path("ledger.db").read_bytes()
    code, _, err = told("append", "d.yaml")
    assert (code, "these keys recorded in a copy of its file" in err) == (1, True)
    assert Path("ledger.db").read_bytes() == before


def test_a_file_that_was_moved_or_linked_is_no_copy(told: Told) -> None:
    Path("d.yaml").write_text(DOCUMENT)
    assert told("append", "d.yaml")[0] == 0
    Path("linked.db").symlink_to("ledger.db")
    assert "is another file" not in told("--ledger", "linked.db", "append", "d.yaml")[2]
    Path("ledger.db").rename("moved.db")
    Path("d.yaml").write_text(DOCUMENT.replace("document: d", "document: e"))
    code, _, err = told("--ledger", "moved.db", "append", "d.yaml")
    assert (code, "is another file" in err) == (0, False), err
