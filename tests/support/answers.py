"""Every answer that a command prints as JSON while a test runs is validated against its schema."""

from functools import cache
from typing import Any

import click
from jsonschema import Draft202012Validator

from events import kinds
from ledger.cli import output
from ledger.cli.answers import ANSWERS, RECEIPT, answer_schema
from ledger.forms import json_bytes

_NO_ANSWERS = ("schema", "template")


@cache
def validator(name: str, known: tuple[str, ...] = ()) -> Draft202012Validator:
    """The validator of an answer, with the fields of the kinds that are ``known``; a test may add one."""
    return Draft202012Validator(answer_schema(name))


def check(document: Any) -> None:
    """Raise AssertionError unless a document is what the command that runs answers by its schema."""
    if isinstance(document, dict) and "error" in document:
        words = ["error"]
    else:
        words = click.get_current_context().command_path.split()[1:]
    if words[0] in _NO_ANSWERS or (words[0] == "query" and isinstance(document, dict)):  # a description of the tables
        return
    name = " ".join(words) if " ".join(words) in ANSWERS else RECEIPT
    faults = [
        f"{error.json_path}: {error.message[:300]}" for error in validator(name, tuple(kinds())).iter_errors(document)
    ]
    assert not faults, f"`{' '.join(words)} --json` is not as ledger/cli/answers.py says: {faults[:5]}"


def _checked(document: Any, indent: int | None = 2) -> bytes:
    if indent is not None or "error" in document:  # else it is a single row
        check(document)
    return json_bytes(document, indent)


def install() -> None:
    """Let the command line validate what it prints."""
    output.json_bytes = _checked  # type: ignore[attr-defined]
