"""The documentation is installed with the program, and messages name its pages by the command that prints them."""

import ast
import re
import sys
from pathlib import Path

import click
import pytest

from ledger.cli import run
from ledger.errors import install_extra
from tests.support.command_tree import commands

ROOT = Path(__file__).parents[2]
PAGES = {page.stem for page in (ROOT / "docs").glob("*.md")}


def said() -> list[str]:
    """Every text in the code that a person may be shown: all but docstrings; and the help of every command."""
    texts = [command.help or "" for _, command in commands()]
    for file in (ROOT / "ledger").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        shown = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings are expressions
        constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in shown)
        texts += [node.value for node in constants if isinstance(node.value, str)]
    return texts


def test_messages_name_only_pages_that_are_installed() -> None:
    texts = said()
    assert [text for text in texts if re.search(r"docs/\w+\.md", text)] == []
    named = {page for text in texts for page in re.findall(r"force-ledger help ([a-z]+)", text)}
    assert named <= PAGES
    assert {"operations", "model", "audit"} <= named


def test_help_prints_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == PAGES
    for name in ("operations", "docs/operations.md"):
        assert run(["help", name]) == 0
        assert capsys.readouterr().out == (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert run(["help", "xyzzy"]) == 6
    assert "there is no page xyzzy; it is one of audit, clerk, commands, concepts" in capsys.readouterr().err
    assert run(["help", "clark"]) == 6
    assert "there is no page clark; did you mean clerk?" in capsys.readouterr().err


def test_an_extra_is_installed_where_the_program_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.fullmatch(r"`\S+python\S* -m pip install 'pypdf>=[\d.]+'`|`uv pip .*`", install_extra("pdf"))
    assert "'psycopg[binary,pool]>=3.2'" in install_extra("postgres")
    monkeypatch.setattr(sys, "executable", "/home/a person/bin/python")
    assert '"/home/a person/bin/python"' in install_extra("pdf")


def test_the_help_of_a_command_groups_its_options() -> None:
    shared = {"--known-at WHEN", "--csv", "--dry-run"}
    for path, command in commands():
        said = command.get_help(click.Context(command, info_name=" ".join(path)))
        own = said.split("Options:\n")[-1].split("\n\n")[0]
        assert shared.isdisjoint(re.findall(r"^  (-.*?)  ", own, re.MULTILINE)), path
        assert "--quiet" in said or path == ("completion",), path
