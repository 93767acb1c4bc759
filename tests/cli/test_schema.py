"""The JSON Schema of each answer: `tests.support.answers` validates every answer that any test prints against it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from events import kinds, latest
from ledger.cli import run
from ledger.cli.answers import ANSWERS, answer_schema
from tests.support import answers
from tests.support.command_tree import commands

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text("utf-8")


def objects(schema: Any) -> list[dict[str, Any]]:
    below = schema if isinstance(schema, list) else schema.values() if isinstance(schema, dict) else ()
    own = [schema] if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) else []
    return own + [found for part in below for found in objects(part)]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_schema_is_valid_tight_and_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", *name.split()]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == answer_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert all(one["additionalProperties"] is False for one in objects(schema))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_page_names_every_key_of_every_answer(name: str) -> None:
    schema = answer_schema(name)
    of_events = {field for kind in kinds() for field in latest(kind).model_fields}
    schema["$defs"] = {of: shape for of, shape in schema.get("$defs", {}).items() if not of.startswith("Said")}
    keys = {key for one in objects(schema) for key in one["properties"]} - of_events
    assert keys - set(re.findall(r"[a-z_0-9]+", PAGE)) == set()


def test_every_reader_has_a_schema() -> None:
    readers = {" ".join(path) for path, command in commands() if any(option.name == "nl" for option in command.params)}
    assert readers <= set(ANSWERS)


def test_an_answer_that_is_not_as_its_schema_says_fails_the_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    row = {**json.loads(_board(capsys))[0], "more": 1}
    faults = [*answers.validator("board").iter_errors([row])]
    assert [error.message for error in faults] == ["Additional properties are not allowed ('more' was unexpected)"]
    monkeypatch.setattr("ledger.cli.answers._ANSWERS", {"board": list[int]})
    answers.validator.cache_clear()
    with pytest.raises(AssertionError, match="`board --json` is not as"):
        run(["board", "--json"])
    answers.validator.cache_clear()


def _board(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(["board", "--json"]) == 0
    return capsys.readouterr().out
