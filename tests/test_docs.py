"""The pages that are made from the code, and the links between pages."""

import configparser
import json
import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import click
import pytest

from ledger.cli import config, run
from ledger.cli.group import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted(p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")))


def script(name: str) -> Any:
    """A script of the folder docs, as a module."""
    spec = spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_rules_is_what_the_rules_say() -> None:
    written = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert written == script("make_rules").rules_page(), "run `make docs`"


def test_the_page_of_commands_is_what_their_help_says() -> None:
    written = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert written == script("make_commands").commands_page(), "run `make docs`"


def test_the_picture_is_what_the_record_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_LEDGER", "")  # which the script sets, and this restores
    monkeypatch.setenv("FORCE_LEDGER_KEYS", "")
    assert (ROOT / "docs" / "west-midlands.svg").read_text("utf-8") == script("make_timeline").draw(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_test_files_that_there_are(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", page.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_page_of_the_audit_names_tests_that_there_are() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "audit.md").read_text("utf-8")))
    tests = "".join(file.read_text("utf-8") for file in ROOT.glob("tests/**/test_*.py"))
    assert len(named) > 40
    assert {name for name in named if f"def {name}(" not in tests} == set()


def test_the_page_of_the_house_names_modules_and_functions_that_there_are() -> None:
    page = (ROOT / "docs" / "design.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z/]+/)` \|.*\|([^|]+)\|$", page, re.MULTILINE)
    assert len(rows) > 10
    named = {f"{room}{module}" for room, modules in rows for module in re.findall(r"`(\w+\.py)`", modules)}
    walk = set(re.findall(r"`((?:\w+/)*\w+\.py)`", page[page.index("Beside them") :]))
    missing = {path for path in named | walk if not ((ROOT / path).exists() or (ROOT / "ledger" / path).exists())}
    assert missing == set()
    code = "".join(file.read_text("utf-8") for room in ("ledger", "events") for file in (ROOT / room).rglob("*.py"))
    defined = set(re.findall(r"(?:def|class) (\w+)", code))
    assert set(re.findall(r"`([A-Z]\w+|[a-z]+(?:_[a-z]+)+)`", page)) <= defined


def blocks(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page, each with its language."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_a_page_is_run_or_read(page: Path) -> None:
    for language, block in blocks(page):
        match language:
            case "toml":
                assert set(tomllib.loads(block)) <= set(config.SETTINGS)
            case "ini":
                configparser.ConfigParser(strict=False).read_string(block)
            case "sql":
                by_whom = "tests/test_readme.py runs a SELECT, tests/store/test_postgres.py the roles of that page"
                assert block.startswith("SELECT") or page.name == "operations.md", by_whom
            case "python":
                assert page.name == "python.md", "tests/test_python_api.py runs only that page"
            case _:
                assert language == "console", "tests/test_readme.py runs only these"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_call_that_is_shown_has_a_command_with_these_options(page: Path) -> None:
    for line in re.findall(r"^(?:    |ExecStart=)force-ledger (.*)$", page.read_text("utf-8"), re.MULTILINE):
        command: click.Command = cli
        options, words = {"--help", "--ledger", "--today"}, re.split(r" [|>&]|   ", line)[0].split()
        for word in words:
            if word.startswith("-"):
                options |= {name for param in command.params for name in param.opts}
                assert word.partition("=")[0] in options, line
            elif isinstance(command, click.Group) and (
                found := command.get_command(click.Context(command), word.strip("'"))
            ):
                command = found
        assert command is not cli, line


def keys(document: Any) -> set[str]:
    """Every key in a document, but those of counts and of recorded events."""
    if isinstance(document, list):
        return {key for item in document for key in keys(item)}
    if not isinstance(document, dict):
        return set()
    apart = ("counts", "ended", "data", "events", "evidence")
    within = {key for name, value in document.items() if name not in apart for key in keys(value)}
    return set(document) | within


QUESTIONS = [
    ["state", "WMP", "--as-of", "2023-12-15"],
    ["state", "WMP", "--all"],
    ["board"],
    ["timeline", "WMP"],
    ["log"],
    ["show", "#60"],
    ["show", "west-midlands/monitoring"],
    ["due"],
    ["threads", "WMP"],
    ["why", "WMP"],
    ["diff", "WMP", "2023..2024"],
    ["statistics"],
    ["forces", "show", "WMP"],
    ["evidence", "list"],
    ["evidence", "check"],
    ["verify"],
]


def test_the_page_of_documents_names_every_key_that_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    for batch in sorted((ROOT / "examples" / "west-midlands-press").glob("*.yaml")):
        capsys.readouterr()
        assert run(["append", str(batch), "--json"]) == 0
    printed = keys(json.loads(capsys.readouterr().out))
    for question in QUESTIONS:
        assert run([*question, "--json"]) == 0
        printed |= keys(json.loads(capsys.readouterr().out))
    page = set(re.findall(r"[a-z_0-9]+", (ROOT / "docs" / "json.md").read_text("utf-8")))
    assert printed - page == set()
