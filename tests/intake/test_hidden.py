"""Characters that nobody sees are removed from what people give, and refused in what is stored."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from events import canonical, restore
from ledger.api import Ledger
from ledger.intake.jsonl import read
from tests.conftest import Told
from tests.events.test_golden import each_file

UNSEEN = "\u200b\u200d\u2060\ufeff\u202e\u2069\u00ad\U000e0041\ufe0f"
LETTER = {"kind": "document.registered", "document": "letter", "type": "dataset", "publisher": "P"}
NOTICE = "invisible characters were removed: U+00AD, U+200B, U+200D, U+202E, U+2060, U+2069, U+E0041, U+FE0F, U+FEFF"

pytestmark = pytest.mark.in_a_file


def test_the_notice_names_the_place_in_each_form_of_input(told: Told, tmp_path: Path) -> None:
    title = {"title": f"A{UNSEEN} letter"}
    (tmp_path / "a.jsonl").write_text(json.dumps(LETTER | title), "utf-8")
    (tmp_path / "a.yaml").write_text(f"- {json.dumps(LETTER | title, ensure_ascii=False)}", "utf-8")
    options = ["--document", "letter", "--type", "dataset", "--publisher", "P", "--title", title["title"]]
    for call, place in (
        (["append", "a.jsonl"], "a.jsonl:1: title: "),
        (["append", "a.yaml"], "a.yaml:1:103: title: "),
        (["document", "register", *options], "--title: "),
    ):
        assert told(*call, "--dry-run")[2].splitlines()[0] == f"Warning: {place}{NOTICE}"
        code, out, _ = told(*call, "--json", "--dry-run")
        assert (code, json.loads(out)["warnings"]) == (0, [f"{place}{NOTICE}"])
    assert told("append", "a.yaml")[0] == 0
    assert "A letter\n" in told("show", "letter")[1]
    code, out, _ = told("correct", "#2", f"title=Another{UNSEEN} letter", "--reason", "r", "--json", "--type",
                        "recording-error")  # fmt: skip
    assert (code, json.loads(out)["warnings"]) == (0, [f"replacement.title: {NOTICE}"])


def test_python_is_told_too(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "own.db", forces=False) as ledger:
        (warning,) = ledger.append([LETTER | {"title": f"A{UNSEEN} letter"}]).warnings
        assert str(warning) == f"events:1: title: {NOTICE}"


def test_what_is_removed_leaves_the_normal_form() -> None:
    batch = read(json.dumps(LETTER | {"title": "Mo\u200b\u0302n"}), "a.jsonl")
    assert batch.events[0].tree["title"] == "Môn"
    assert len(batch.notices) == 2


def _texts(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    match value:
        case dict():
            return [found for key, item in value.items() for found in _texts(item, (*path, key))]
        case list():
            return [found for number, item in enumerate(value) for found in _texts(item, (*path, number))]
    return [path] if isinstance(value, str) else []


@each_file
def test_no_text_of_a_stored_event_has_a_hidden_character(file: Path) -> None:
    stored = canonical.decode(file.read_bytes())
    for path in _texts(stored["data"]):
        for character in ("\u200b", "\u202e", "\u00ad", "\U000e0041", "\x1b", "\x9b", "\t", "\u2028"):
            data = json.loads(json.dumps(stored["data"]))
            *way, last = path
            place = data
            for step in way:
                place = place[step]
            place[last] = place[last][:1] + character + place[last][1:]
            with pytest.raises((ValidationError, KeyError)):
                restore(stored["kind"], stored["version"], data)
