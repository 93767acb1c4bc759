"""Finding one's way: what people try first works, or says what to type."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.record.create import create_ledger
from tests.conftest import ORIGIN, now


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command line in a folder with a ledger in here.db; the exit code, and what was printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    create_ledger("here.db", origin=ORIGIN, clock=now)

    def do(*args: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return run([*args]), *capsys.readouterr()

    return do


@pytest.mark.parametrize(
    "call",
    [
        ["--ledger", "here.db", "forces", "show", "kent"],
        ["forces", "show", "kent", "--ledger", "here.db"],
        ["forces", "--ledger=here.db", "show", "kent"],
        ["forces", "kent", "--ledger", "here.db"],
        ["forces", "Kent Police", "--ledger", "here.db"],
    ],
)
def test_the_ledger_is_named_before_or_after_the_command(told: Any, call: list[str]) -> None:
    code, out, _ = told(*call)
    assert (code, "E23000032" in out) == (0, True)


def test_what_follows_two_dashes_is_no_option(told: Any) -> None:
    assert told("--ledger", "here.db", "search", "--", "--ledger", "kent")[0] == 0


@pytest.mark.parametrize("id", ["12", "#12"])
def test_an_entry_is_shown_by_its_number_with_or_without_the_sign(told: Any, id: str) -> None:
    assert json.loads(told("show", id, "--json", "--ledger", "here.db")[1])["position"] == 12


@pytest.mark.parametrize(
    "call", [["show"], ["retract", "--reason", "r"], ["cite"], ["board", "--known-at"], ["log", "--since"]]
)
def test_an_unquoted_number_is_explained(told: Any, call: list[str]) -> None:
    """The shell takes #12 for a comment, so the command gets nothing."""
    code, _, err = told("--ledger", "here.db", *call)
    assert (code, "an unquoted #12 is a comment to the shell: write 12, or '#12'" in err) == (2, True), err


@pytest.mark.parametrize(
    "topic", ["dates", "clocks", "exit codes", "exit-codes", "corrections", "conflicts", "versions"]
)
def test_help_finds_the_sections_on_a_topic(told: Any, topic: str) -> None:
    code, out, _ = told("help", *topic.split())
    assert (code, out.startswith("##")) == (0, True)
    assert topic.split("-")[0].split()[0] in out.partition("\n")[0].lower()


def test_the_help_says_special_measures(told: Any) -> None:
    assert "special measures (Engage)" in " ".join(told("--help")[1].split())


def test_an_id_may_have_dots_and_a_wrong_one_is_told_what_it_may_have(told: Any) -> None:
    fields = ["--body", "kent", "--effective", "2024", "--document", "d", "--title", "Vet everybody"]
    issue = ["recommendation", "issue", *fields, "--ledger", "here.db", "--recommendation"]
    assert told("document", "register", "--document", "d", "--type", "dataset", "--title", "D", "--publisher", "P",
                "--ledger", "here.db")[0] == 0  # fmt: skip
    assert told(*issue, "1.1")[0] == 0
    for wrong in ("A B", "a_b", "1..1", ".1", "é"):
        assert "is no id: it has small letters, digits, and hyphens or dots between them" in told(*issue, wrong)[2]
    assert "; write a-b, or another\n" in told(*issue, "A B")[2]
    close = ["recommendation", "close", *fields[:6], "--concern", "c", "--ledger", "here.db", "--recommendation", "1,2"]
    assert "; give each id by itself: in a list, as [1, 2], or with the option again\n" in told(*close)[2]


def test_special_measures_are_found_in_the_help_and_by_a_search(told: Any) -> None:
    for words in (["special", "measures"], ["Special Measures"]):
        assert "domain: Scan, Engage | the two phases of monitoring" in told("help", *words)[1]
    document = ["--document", "d", "--type", "inspectorate-letter", "--title", "A letter", "--publisher", "P"]
    at = ["--ledger", "here.db"]
    assert told("document", "register", *document, *at)[0] == 0
    assert told("monitoring", "engage", "--body", "kent", "--effective", "2024", "--document", "d", *at)[0] == 0
    assert "monitoring.engaged" in told("search", "special", "measures", *at)[1]


@pytest.mark.parametrize("words", [["append"], ["keys", "create"], ["monitoring", "engage"]])
def test_help_of_a_command_is_what_the_command_says_of_itself(told: Any, words: list[str]) -> None:
    assert told("help", *words) == told(*words, "--help")
