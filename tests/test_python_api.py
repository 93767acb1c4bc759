"""The Python API: docs/python.md shows what happens, and what is public is listed and typed."""

import doctest
import inspect
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
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


WRONG: dict[str, tuple[Any, ...]] = {
    "where": (True, 5, None, b"ledger.db"),
    "keys": (True, 5, b"keys"),
    "recorder": (True, 5, 1.5),
    "origin": (True, 5, date(2024, 1, 1)),
    "forces": ("no", 0, None),
    "events": (5, True, None, "abc", {"kind": "document.registered"}),
    "dry_run": ("no", 1, None),
    "expect_size": (True, 46.0, "46"),
    "body": (True, 5, None, date(2024, 1, 1)),
    "ended": ("no", 1, None),
    "as_of": (True, 5, 2024.0, datetime(2024, 1, 1, 12, tzinfo=UTC), 0),
    "known_at": (True, False, 46.0, b"#46"),
    "public_at": (False, 5, 2024.0, datetime(2024, 1, 1, tzinfo=UTC)),
}
"""For each argument of the API, values of other types."""


def test_every_argument_is_among_those() -> None:
    made = (getattr(Ledger, name) for name in ("__init__", "create", "append", "state", "board", "timeline", "verify"))
    taken = {name for one in made for name in inspect.signature(one).parameters}
    assert taken - {"self"} == WRONG.keys()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_an_argument_of_another_type_is_refused_by_its_name(tmp_path: Path, name: str, value: Any) -> None:
    place = tmp_path / "ledger.db"
    with Ledger.create(place, keys=tmp_path / "keys", forces=False) as made:
        calls: dict[str, Callable[..., Any]] = {
            "create": partial(Ledger.create, tmp_path / "other.db"),
            "open": partial(Ledger, place),
            "append": partial(made.append, []),
            "state": partial(made.state, "WMP"),
            "board": made.board,
            "timeline": partial(made.timeline, "WMP"),
        }
        if name in ("where", "events", "body"):  # the first argument
            calls = {of: call.func for of, call in calls.items() if isinstance(call, partial)}
        tried = 0
        for call in calls.values():
            parameters = inspect.signature(call).parameters
            if name in parameters:
                tried += 1
                with pytest.raises(LedgerError, match="give ") as refused:
                    call(**{name: value})
                assert [problem.field for problem in refused.value.problems] == [name]
        assert tried
    assert not (tmp_path / "other.db").exists()
