"""The Python API: docs/python.md shows what happens, and what is public is listed and typed."""

import doctest
import inspect
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import ledger
from ledger import Ledger, LedgerError
from ledger.cli import run

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "python.md"


def test_the_page_shows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 5
    page = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    result = doctest.DocTestRunner().run(page, out=told.append)
    assert result.attempted > 20
    assert not result.failed, "".join(told)


def test_what_is_shown_takes_ten_lines_at_most() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert [block for block in blocks if block.count("\n") > 12] == []


def test_what_is_public_is_there_typed_and_nothing_else() -> None:
    assert sorted(ledger.__all__) == ledger.__all__ == sorted(ledger._PUBLIC)
    for name in ledger.__all__:
        assert inspect.getdoc(getattr(ledger, name))
    for package in ("events", "projections", "ledger"):
        assert (ROOT / package / "py.typed").is_file()
    with pytest.raises(AttributeError, match="no attribute 'Book'"):
        _ = ledger.Book


@pytest.mark.in_a_file
def test_it_answers_as_the_command_line_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    made = Ledger.create("ledger.db", origin="example.org/api")
    capsys.readouterr()
    with made:
        assert run(["forces", "show", "WMP"]) == 0
        assert "West Midlands" in capsys.readouterr().out
        assert run(["checkpoint", "print"]) == 6  # nothing was appended since, so nothing was signed
        named = {"title": "A", "publisher": "B"}
        made.append([{"kind": "document.registered", "document": "a", "type": "dataset", **named}])
        assert run(["checkpoint", "print"]) == 0
        assert made.verify().ok


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "document.registered"},
        {"kind": "nothing.known"},
        {"document": "a"},
        {"kind": "document.registered", "document": None},
    ],
)
def test_a_refusal_writes_nothing(tmp_path: Path, event: dict[str, object]) -> None:
    with Ledger.create(tmp_path / "ledger.db") as made:
        with pytest.raises(LedgerError):
            made.append([event])
        assert made.verify().size == 45 + 1


@pytest.mark.parametrize("clock", ["as_of", "known_at", "public_at"])
def test_a_clock_that_is_none_is_refused(tmp_path: Path, clock: str) -> None:
    with Ledger.create(tmp_path / "ledger.db") as made, pytest.raises(LedgerError, match="'tomorrow' is"):
        made.board(**{clock: "tomorrow"})


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([{"kind": "document.registered", "document": "d", "title": object()}], "event 1: a object has no place"),
        ([{"kind": "document.registered", "document": "d", "publisher": {1}}], "event 1: a set has no place"),
        ([{"kind": "document.registered", "document": b"d"}], "event 1: a bytes has no place"),
        ([None], "event 1: "),
        (["abc"], "event 1: "),
    ],
)
def test_what_is_no_event_is_refused_and_never_made_a_text(tmp_path: Path, events: list[Any], message: str) -> None:
    with Ledger.create(tmp_path / "ledger.db", keys=str(tmp_path / "keys")) as made:
        with pytest.raises(LedgerError, match=re.escape(message)):
            made.append(events)
        assert made.verify().size == 45 + 1


def test_a_clock_out_of_range_and_a_closed_ledger_are_errors_of_the_ledger(tmp_path: Path) -> None:
    made = Ledger.create(tmp_path / "ledger.db", keys=tmp_path / "keys")
    for known_at in (-1, 46, date.max):
        with pytest.raises(LedgerError, match=r"\w"):
            made.state("WMP", known_at=known_at)
    made.close()
    for ask in (made.board, lambda: made.append([]), made.verify):
        with pytest.raises(LedgerError, match="the ledger is closed"):
            ask()


@pytest.mark.in_a_file
def test_answers_are_those_of_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    report = {"kind": "document.registered", "document": "a", "type": "inspectorate-report", "title": "A"}
    move = {"kind": "monitoring.engaged", "body": "kent", "effective": "2023-06/2023-09", "documents": ["a"]}

    def printed(*words: str) -> Any:
        assert run([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    with Ledger.create("ledger.db", origin="example.org/api") as made:
        made.append([report | {"publisher": "HMICFRS", "published": "2024-01-01"}, move])
        capsys.readouterr()
        for day, moment, public in (("2023-07", "#46", "2024"), ("2024-01-01", "#47", "2023"), ("2024", "#47", "2024")):
            given = ("--as-of", day, "--known-at", moment, "--public-at", public)
            clocks: dict[str, Any] = {"as_of": day, "known_at": moment, "public_at": public}
            assert made.state("Kent", ended=True, **clocks) == printed("state", "Kent", "--all", *given)
            assert made.state("Kent", **clocks) == printed("state", "Kent", *given)
            assert made.board(**clocks) == printed("board", *given)
            assert made.timeline("Kent", **clocks) == printed("timeline", "Kent", *given)
