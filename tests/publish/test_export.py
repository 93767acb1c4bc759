"""`export` writes the read model for other programs: described, valid, complete, and twice the same bytes."""

import csv
import hashlib
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from events import kinds
from ledger.cli import run
from ledger.cli.answers import ANSWERS
from ledger.readmodel.description import describe
from ledger.store.store import Store
from tests.conftest import address, record_yaml
from tests.support.feeds import calendar_faults

PROFILE = Path(__file__).with_name("datapackage-2.0.json")
"""The JSON Schema at datapackage.org/profiles/2.0/datapackage.json, without its descriptions and examples."""
Json = dict[str, Any]
Export = Callable[..., Path]
READ: dict[str, Callable[[str], Any]] = {
    "string": str, "any": str, "integer": int, "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat, "datetime": datetime.fromisoformat, "array": json.loads, "object": json.loads,
}  # fmt: skip
PYTHON: dict[str, type | tuple[type, ...]] = {
    "string": str, "any": (str, int), "integer": int, "boolean": bool, "date": str, "datetime": str, "array": list,
    "object": dict,
}  # fmt: skip
LONG = "Überprüfung der Vermögensabschöpfung; \\ with commas, semicolons: 'and more', line after line after line"
DUE = f"""
- {{kind: document.registered, document: letter, type: inspectorate-letter, title: "=1+1", publisher: HMICFRS,
   published: 2024-09-30}}
- {{kind: recommendation.issued, body: kent, recommendation: vetting, effective: 2024-01-02, title: "{LONG}",
   deadline: by 2024-03, documents: [letter]}}
""".replace("\\", "\\\\")


@pytest.fixture
def export(story: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Exports the press story to a folder; returns it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORCE_LEDGER", address(story))

    def do(name: str, *words: str) -> Path:
        assert run(["export", name, *words]) == 0
        return tmp_path / name

    return do


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(folder: Path, table: str) -> list[Json]:
    return [json.loads(line) for line in (folder / f"{table}.jsonl").read_text("utf-8").splitlines()]


def test_twice_the_same_ledger_gives_twice_the_same_bytes(story: Store, export: Export) -> None:
    record_yaml(story, DUE)  # which the read model follows by itself
    once = contents(export("one", "--ical", "--as-of", "2024-06-01"))
    assert run(["rebuild"]) == 0
    again = contents(export("two", "--ical", "--as-of", "2024-06-01"))
    assert once == again
    assert {"datapackage.json", "due.ics", "entries.csv", "phases.jsonl", "schema/answers/state.json"} <= set(once)


def test_what_is_there_already_is_not_written_again(export: Export, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    export("one")
    export("one")
    first, second = capsys.readouterr().out.splitlines()
    assert re.search(r": 1\d\d files written\.$", first)
    assert second.endswith(": 0 files written.")


def test_the_description_is_a_valid_data_package(story: Store, export: Export, tmp_path: Path) -> None:
    record_yaml(story, DUE)
    (tmp_path / "force-ledger.toml").write_text('licence = "CC-BY-4.0"\n')
    folder = export("one")
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    profile = json.loads(PROFILE.read_text("utf-8"))
    assert [error.message for error in Draft7Validator(profile).iter_errors(package)] == []
    assert package["licenses"] == [{"name": "CC-BY-4.0", "path": "https://spdx.org/licenses/CC-BY-4.0.html"}]
    with story.reading() as reader:
        assert package["version"] == str(reader.head().size)
    assert re.match(
        r"example\.org/test-ledger: .*entries, the last recorded on \d+ \w+ 2026; root ", package["citation"]
    )
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        assert (resource["bytes"], resource["hash"]) == (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")


def test_every_cell_is_of_the_type_that_its_column_is_said_to_have(story: Store, export: Export) -> None:
    record_yaml(story, DUE)
    folder = export("one")
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        if resource["format"] != "csv":
            continue
        fields = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
        assert all(field["description"] for field in resource["schema"]["fields"])
        found, same = rows(folder, resource["title"]), lines(folder, resource["title"])
        assert len(found) == len(same)
        for row, line in zip(found, same, strict=True):
            assert [*row] == [*line] == [*fields]
            for name, of in fields.items():
                value = READ[of](row[name]) if row[name] else None
                assert line[name] is None or isinstance(line[name], PYTHON[of]), (resource["path"], name, line[name])
                if of in ("integer", "boolean", "array", "object"):
                    assert value == line[name]
        key = resource["schema"].get("primaryKey", [])
        assert not key or len({tuple(row[name] for name in key) for row in found}) == len(found)


def test_every_table_that_is_not_hidden_is_there(export: Export) -> None:
    folder = export("one")
    shown = {table.name for table in describe().tables if not table.shown.get("hidden")}
    assert {file.stem for file in folder.glob("*.csv")} == {file.stem for file in folder.glob("*.jsonl")} == shown
    assert {"entries", "spells", "phases", "concerns", "due", "citations"} <= shown
    assert len(rows(folder, "entries")) > 100


def test_a_formula_is_only_disarmed_where_a_spreadsheet_reads_it(story: Store, export: Export) -> None:
    record_yaml(story, DUE)
    folder = export("one")
    assert "'=1+1" in {row["title"] for row in rows(folder, "documents")}
    assert "=1+1" in {row["title"] for row in lines(folder, "documents")}


def test_every_kind_and_every_answer_has_a_valid_schema(export: Export) -> None:
    schemas = export("one") / "schema"
    assert {file.stem for file in (schemas / "events").iterdir()} == set(kinds())
    assert {file.stem for file in (schemas / "answers").iterdir()} == {name.replace(" ", "-") for name in ANSWERS}
    for file in schemas.rglob("*.json"):
        Draft202012Validator.check_schema(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize("day", ["2023-06-01", "2024-02-01", "2024-06-01"])
def test_the_calendar_has_what_is_due(
    story: Store, export: Export, day: str, capsys: pytest.CaptureFixture[str]
) -> None:
    record_yaml(story, DUE)
    data = (export("one", "--ical", "--as-of", day) / "due.ics").read_bytes()
    assert calendar_faults(data) == []
    events: list[Any] = icalendar.Calendar.from_ical(data).walk("VEVENT")
    capsys.readouterr()
    assert run(["due", "--as-of", day, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = [
        (str(event["UID"]).partition("@")[0], event["DTSTART"].dt.isoformat(), str(event["STATUS"])) for event in events
    ]
    status = {"possible": "TENTATIVE", "certain": "CONFIRMED"}
    assert sorted(found) == sorted(
        (f"{row['body']}/{row['subject']}/{row['id']}", row["due"], status[row["certainty"]]) for row in told
    )
    if day > "2024-01-02":
        assert f"Kent Police, recommendation due: {LONG}" in {str(event["SUMMARY"]) for event in events}


def test_no_link_is_followed(export: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_text("mine")
    folder = export("one")
    before = contents(folder)
    for name, target in (("phases.csv", outside / "mine"), ("schema", outside)):
        (folder / name).rename(folder / "kept")
        (folder / name).symlink_to(target)
        assert run(["export", "one"]) == 3
        assert "is a link: it is not followed" in capsys.readouterr().err
        (folder / name).unlink()
        (folder / "kept").rename(folder / name)
    assert contents(outside) == {"mine": b"mine"}
    assert contents(folder) == before


def test_what_was_withheld_is_not_exported(story: Store, export: Export) -> None:
    record_yaml(story, DUE)
    with story.reading() as reader:
        last = reader.head().size - 1
    assert run(["retract", f"#{last}", "--reason", "A test."]) == 0
    assert LONG in "".join(
        row["data"] and json.loads(row["data"]).get("title", "") for row in rows(export("one"), "entries")
    )
    assert run(["withhold", f"#{last}", "--ground", "personal-data", "--reason", "A test.", "--yes"]) == 0
    assert not [name for name, data in contents(export("one")).items() if "Vermögensabschöpfung".encode() in data]


def test_the_day_is_that_of_the_calendar(export: Export, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "one", "--as-of", "2024-01-01"]) == 2
    assert "give --ical too" in capsys.readouterr().err
