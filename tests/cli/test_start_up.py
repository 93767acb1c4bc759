"""Start-up is quick: what needs no ledger loads none of the heavy libraries, what needs one only its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cli import run
from ledger.cli.group import NOUNS, nouns
from ledger.readmodel.follow import followed
from ledger.readmodel.place import model_beside
from ledger.store.store import Store
from tests.conftest import address

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {
    "pydantic",
    "pydantic_core",
    "eventsourcing",
    "sqlite_utils",
    "cryptography",
    "orjson",
    "yaml",
    "tabulate",
    "rich",
}
DOCUMENT = (
    '{"kind": "document.registered", "document": "one", "type": "dataset", "title": "Bodies", "publisher": "ONS"}'
)
HEAVY = LIBRARIES | {"events.event", "events.values", "projections", "json", "pathlib"}


def loaded(*args: str, **environment: str) -> tuple[set[str], str]:
    """The modules that a command line imports, and what it prints."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ledger", *args],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    names = re.findall(r"^import time:.*\| *(\S+)$", done.stderr, re.MULTILINE)
    return set(names), done.stdout


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a new ledger, to be in, and a batch in JSON lines."""
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    capsys.readouterr()
    batch = tmp_path / "batch.jsonl"
    batch.write_text(DOCUMENT + "\n", "utf-8")
    return batch


@pytest.mark.parametrize(
    ("args", "printed"), [("--version", "force-ledger "), ("--help", "monitoring"), ("-h", "demo")]
)
def test_version_and_help_load_nothing_heavy(args: str, printed: str) -> None:
    packages, out = loaded(args)
    assert printed in out
    assert "click" in packages
    assert packages & HEAVY == set()


@pytest.mark.parametrize(
    ("words", "at", "shell", "offered"),
    [
        ("force-ledger ", 1, "bash", "plain,state"),
        ("force-ledger mon", 1, "bash", "plain,monitoring"),
        ("force-ledger mon", 1, "zsh", "monitoring"),
        ("force-ledger --", 1, "bash", "plain,--ledger"),
    ],
)
def test_completion_of_commands_loads_nothing_heavy(words: str, at: int, shell: str, offered: str) -> None:
    asked = {"_FORCE_LEDGER_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
    packages, out = loaded(**asked)
    assert offered in out.splitlines()
    assert packages & HEAVY == set()


def test_the_line_in_the_tour_turns_completion_on() -> None:
    (line,) = re.findall(r"`(eval .*)`", (ROOT / "docs" / "tour.md").read_text("utf-8"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"{line}; complete -p force-ledger"],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert "_force_ledger_completion" in done.stdout


def test_the_test_sees_what_a_reader_loads(tmp_path: Path) -> None:
    packages, _ = loaded("demo", "--small", str(tmp_path / "demo"))
    assert {"pydantic", "eventsourcing", "events"} <= packages


@pytest.mark.in_a_file
@pytest.mark.parametrize("question", [("state", "WMP"), ("board",), ("due",), ("due", "WMP"), ("forces", "list")])
@pytest.mark.parametrize("form", ["--json", "--csv", None])
def test_a_model_that_holds_the_ledger_answers_with_nothing_heavy(
    story: Store, question: tuple[str, ...], form: str | None
) -> None:
    with story.reading() as reader:
        followed(story.database.cache_path, reader)
    packages, out = loaded(*question, *filter(None, [form]), FORCE_LEDGER=address(story))
    assert out
    assert packages & LIBRARIES == set()


@pytest.mark.in_a_file
@pytest.mark.parametrize("question", ["timeline", "threads", "statistics"])
def test_a_replay_of_one_body_makes_no_read_model(
    story: Store, question: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--ledger", address(story), question, "WMP"]) == 0
    assert capsys.readouterr().out
    assert not model_beside(story.database.cache_path).exists()


@pytest.mark.in_a_file
def test_it_completes_a_body_with_nothing_heavy(story: Store) -> None:
    with story.reading() as reader:
        followed(story.database.cache_path, reader)
    asked = {"_FORCE_LEDGER_COMPLETE": "bash_complete", "COMP_WORDS": "force-ledger state west-m", "COMP_CWORD": "2"}
    packages, out = loaded(FORCE_LEDGER=address(story), **asked)
    assert "plain,west-midlands" in out.splitlines()
    assert packages & LIBRARIES == set()


def test_an_append_of_json_lines_loads_what_records_it(begun: Path) -> None:
    modules, out = loaded("append", str(begun), "--json")
    assert len(json.loads(out)["appended"]) == 1
    assert {"ledger.rules", "ledger.record.keys", "ledger.intake.jsonl", "cryptography"} <= modules
    assert modules & {"yaml", "sqlite_utils", "platformdirs", "difflib"} == set()
    assert (
        modules & {"ledger.intake.yaml", "ledger.query.context", "ledger.cli.effects", "ledger.readmodel.follow"}
        == set()
    )
    assert modules & {"ledger.log.proof_file", "ledger.log.policy", "projections.state", "projections.tables"} == set()


@pytest.mark.parametrize("question", [("state", "kent"), ("board",)])
def test_a_model_that_is_brought_up_to_the_ledger_needs_neither_rules_nor_keys(
    begun: Path, question: tuple[str, ...]
) -> None:
    assert run([*question]) == run(["append", str(begun)]) == 0
    modules, out = loaded(*question, "--json")
    assert out
    assert {"ledger.readmodel.follow", "pydantic", "eventsourcing"} <= modules
    assert modules & {"yaml", "cryptography", "tabulate", "platformdirs"} == set()
    assert modules & {"ledger.rules", "ledger.record.keys", "ledger.record.record", "ledger.intake.yaml"} == set()


def test_the_index_of_nouns_is_that_of_the_register() -> None:
    listed = {noun: verbs.split() for noun, verbs in NOUNS.items()}
    assert "events.event" in sys.modules
    assert listed == nouns(), "list it in ledger.cli.group"
