"""The command line as whoever types it sees it: answers in every form, writes, places, interruptions."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any
from unittest.mock import Mock

import click
import pytest
from jsonschema import Draft202012Validator

from events import canonical, kinds, latest
from ledger.cli import doctor, run
from ledger.cli.template import starter_files, text_to_fill_in
from ledger.errors import DiskFull
from ledger.intake import yaml
from ledger.intake.draft import Names, drafts_of
from ledger.intake.template import template_of
from tests.events.test_golden import EXCLUSIVE
from tests.support import server
from tests.support.command_tree import commands
from tests.support.golden import FOLDER as GOLDEN

ROOT = Path(__file__).resolve().parents[2]
BATCHES = sorted((ROOT / "examples" / "west-midlands").glob("*.yaml"))
JULY = str(next(batch for batch in BATCHES if batch.name.startswith("07")))
CLOCKS = re.compile(
    r"as of \d{4}-\d\d-\d\d · known at #\d+ \(\d{4}-\d\d-\d\d \d\d:\d\d UTC\) · head \d+ [0-9a-f]{12}\n"
)
COUNTS = re.compile(r"(?:Appended|Would append) (\d+)(?: \(#(\d+)(?:-#(\d+))?\))?, (\d+) already recorded")
KEPT = ("document", "register", "--document", "kept", "--type", "dataset", "--title", "Kept", "--publisher", "P")
ARGUMENTS = {
    "document": "kept",
    "body": "WMP",
    "bodies": "WMP",
    "id": "#60",
    "entries": "#60",
    "framework": "peel-2023-25",
    "asked": "WMP 2023-11-23..2024",
    "words": "MARACs",
    "sql": "SELECT * FROM phases",
    "files": "more.yaml",
}
"""What to ask for where a reader wants an argument of that name."""
MORE = """
common:
  body: west-midlands
  effective: 2025-03-01
  documents: [hmicfrs-2024-09-18-west-midlands-letter]
events:
  - kind: concern.announced
    concern: a-test
    title: A test
  - kind: concern.issued
    concern: online-child-abuse-2025
    title: It came back, for a test
    recommendations_issued: 1
    recurrence_of: online-child-abuse-2023
  - kind: review.scheduled
    review: a-review
    title: A review, for a test
    due: 2025-06
  - kind: statistic.reported
    statistic: offences-2025
    metric: offences
    value: 24.5
    unit: offences
    documents: [{document: hmicfrs-2024-09-18-west-midlands-letter, quote: A quote for a test}]
"""
"""Facts that were not, so that every reader has something to tell; of 2025, after all that was."""
SEEN_FROM_OUTSIDE = {
    "file": "its tables and triggers are those of this version, and the database is sound",
    "server": "its columns and triggers are those of this version; the server itself must check its pages",
}
"""What `verify` says of the database itself, and of nothing else alike."""
WITHOUT_CLOCKS = {"doctor", "frameworks", "verify"}


@dataclass(frozen=True)
class Done:
    """What a command did: its exit code, and what it printed where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out)))


Command = Callable[..., Done]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all batches in ledger.db, and those before July 2024 in june.db; only ever copied."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        patch.chdir(folder)
        assert run(["init", "--origin", "example.org/cli"]) == 0
        assert run(["append", *(str(batch) for batch in BATCHES if str(batch) < JULY)]) == 0
        (folder / "june.db").write_bytes((folder / "ledger.db").read_bytes())
        (folder / "more.yaml").write_text(MORE, "utf-8")
        assert run(["append", *(str(batch) for batch in BATCHES if str(batch) >= JULY), "more.yaml"]) == 0
        (folder / "kept.txt").write_text("It rests on MARACs.\n", "utf-8")
        assert run([*KEPT, "--file", "kept.txt"]) == 0
    return folder


@pytest.fixture
def home(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the filled folder, to be in."""
    folder = copytree(filled, tmp_path / "home")
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def time_and_disk_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """`doctor` tells both, and is asked several times in a test."""
    now, usage = datetime.now(UTC), shutil.disk_usage("/")
    monkeypatch.setattr(doctor, "datetime", Mock(now=lambda zone: now))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)


@pytest.fixture
def on_a_server(home: Path) -> str:
    """The URL of a copy of the filled ledger on a server."""
    url = server.new_schema()
    assert run(["copy", str(home / "ledger.db"), url]) == 0
    return url


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without anything, to be in."""
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def force_ledger(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line."""

    def do(*args: str) -> Done:
        capsys.readouterr()
        code = run(list(args))
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return do


def readers() -> Iterator[tuple[str, ...]]:
    """The calls of every command that has the output options, with an argument for each that it takes."""
    for words, command in commands():
        if any(option.name == "nl" for option in command.params):
            named = [p.name or "" for p in command.params if isinstance(p, click.Argument) and p.name in ARGUMENTS]
            yield (*words, *(word for name in named for word in _words_of(name)))


def _words_of(name: str) -> list[str]:
    return ARGUMENTS[name].split() if name == "asked" else [ARGUMENTS[name]]


each_reader = pytest.mark.parametrize("reader", list(readers()), ids=" ".join)


@pytest.mark.parametrize("reader", [reader for reader in readers() if reader != ("doctor",)], ids=" ".join)
def test_a_ledger_on_a_server_answers_as_its_file_does(
    home: Path, force_ledger: Command, on_a_server: str, reader: tuple[str, ...]
) -> None:
    there = force_ledger("--ledger", on_a_server, *reader, "--json")
    assert there.out.replace(SEEN_FROM_OUTSIDE["server"], SEEN_FROM_OUTSIDE["file"]) == (
        force_ledger(*reader, "--json").out
    )


# Forms


@each_reader
def test_text_ends_with_the_clocks(home: Path, force_ledger: Command, reader: tuple[str, ...]) -> None:
    done = force_ledger(*reader)
    assert (done.code, done.err) == (0, "")
    assert reader[0] in WITHOUT_CLOCKS or CLOCKS.fullmatch(done.out.splitlines(keepends=True)[-1])


@each_reader
def test_json_is_one_document_that_says_its_clocks(home: Path, force_ledger: Command, reader: tuple[str, ...]) -> None:
    done = force_ledger(*reader, "--json")
    assert done.code == 0
    if isinstance(done.json, dict):
        assert done.json["schema"].startswith("force-ledger/")
        assert reader[0] in WITHOUT_CLOCKS or {"as_of", "known_at", "head", "public_at"} <= set(done.json)
        assert done.err == ""
    else:
        assert all(isinstance(row, dict) for row in done.json)
        assert reader[0] in WITHOUT_CLOCKS or CLOCKS.fullmatch(done.err)


@each_reader
def test_the_other_forms_hold_the_same_rows(home: Path, force_ledger: Command, reader: tuple[str, ...]) -> None:
    lines = force_ledger(*reader, "--nl")
    rows = [json.loads(line) for line in lines.out.splitlines()]
    assert rows
    names = list(dict.fromkeys(name for row in rows for name in row))
    assert reader[0] in WITHOUT_CLOCKS or CLOCKS.fullmatch(lines.err)

    assert force_ledger(*reader, "--csv").rows == [{name: _cell(row.get(name)) for name in names} for row in rows]
    tabs = list(csv.reader(io.StringIO(force_ledger(*reader, "--tsv").out), delimiter="\t"))
    assert tabs == list(csv.reader(io.StringIO(force_ledger(*reader, "--csv").out)))
    for table in ("-t", "--table"):
        drawn = force_ledger(*reader, table).out.splitlines()
        assert drawn[0].split()[0] == names[0]
        assert set(drawn[1]) == {"-", " "}
    assert force_ledger(*reader, "--fmt", "github").out.splitlines()[0].strip("| ").split()[0] == names[0]


@each_reader
def test_headers_can_be_left_out_and_columns_chosen(home: Path, force_ledger: Command, reader: tuple[str, ...]) -> None:
    with_headers = force_ledger(*reader, "--csv").out
    names = next(csv.reader([with_headers.splitlines()[0]]))
    assert force_ledger(*reader, "--csv", "--no-headers").out == with_headers.partition("\n")[2]
    chosen = [names[-1], names[0]]
    done = force_ledger(*reader, "--csv", "-c", chosen[0], "--column", chosen[1])
    assert done.out.splitlines()[0] == ",".join(chosen)
    wrong = force_ledger(*reader, "--csv", "-c", "no-such-column")
    assert (wrong.code, wrong.out) == (2, "")
    assert names[0] in wrong.err


@each_reader
def test_an_answer_goes_to_a_file_instead(home: Path, force_ledger: Command, reader: tuple[str, ...]) -> None:
    printed = force_ledger(*reader, "--csv").out
    assert force_ledger(*reader, "--csv", "-o", "answer.csv").out == ""
    assert (home / "answer.csv").read_text("utf-8") == printed


def test_two_forms_at_once_and_an_unknown_one_are_usage_errors(home: Path, force_ledger: Command) -> None:
    assert force_ledger("board", "--json", "--csv").code == 2
    unknown = force_ledger("board", "--fmt", "papyrus")
    assert unknown.code == 2
    assert "github" in unknown.err


def test_a_file_that_cannot_be_written_is_a_usage_error(home: Path, force_ledger: Command) -> None:
    done = force_ledger("board", "--csv", "-o", "no-such-folder/answer.csv")
    assert (done.code, done.out) == (2, "")


def test_a_column_of_a_text_is_a_usage_error(home: Path, force_ledger: Command) -> None:
    assert force_ledger("board", "-c", "no-such-column").code == 2


def _cell(value: Any) -> str:
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


# Documents


CONCERN = {
    "id", "title", "status", "since", "certainty", "last_known_open", "recommendations", "recommendations_open",
    "entries",
}  # fmt: skip
STATE = {
    "schema", "body", "name", "as_of", "known_at", "head", "public_at", "monitoring", "concerns", "judgements",
    "tallies", "findings", "reviews", "responses", "statements", "plans", "statistics", "oversight", "territory",
    "merger", "registration", "ended", "recommendations", "graded", "inspections",
}  # fmt: skip


def test_the_state_document_has_the_keys_that_scripts_build_on(home: Path, force_ledger: Command) -> None:
    state = force_ledger("state", "west midlands police", "--as-of", "2023-12-31", "--json").json
    assert set(state) == STATE
    assert (state["schema"], state["body"], state["name"], state["as_of"], state["public_at"]) == (
        "force-ledger/state/v1", "west-midlands", "West Midlands Police", "2023-12-31", None,
    )  # fmt: skip
    assert set(state["known_at"]) == {"position", "recorded_at"}
    assert set(state["head"]) == {"size", "root"}
    assert state["known_at"]["position"] == state["head"]["size"] - 1


def test_the_parts_of_the_state_document_have_their_keys(home: Path, force_ledger: Command) -> None:
    state = force_ledger("state", "WMP", "--as-of", "2023-12-31", "--json").json
    keys = {"phase", "since", "certainty", "presumed", "basis", "pending", "entries", "sources_differ"}
    keys |= {"last_known", "concerns", "evidence"}
    assert set(state["monitoring"]) == keys
    assert (state["monitoring"]["phase"], state["monitoring"]["since"]) == ("engage", "2023-11-24")
    assert len(state["concerns"]) == 4
    assert all(set(concern) >= CONCERN for concern in state["concerns"])
    assert all(set(j) >= {"framework", "area", "grade", "since", "entries"} for j in state["judgements"])
    assert all(set(t) >= {"framework", "counts", "since", "entries"} for t in state["tallies"])
    pending = force_ledger("state", "WMP", "--as-of", "2023-11-23", "--json").json["monitoring"]["pending"]
    keys = {"phase", "takes_effect", "since", "certainty", "basis", "evidence", "entries", "sources_differ"}
    assert set(pending) == keys


def test_a_recommendation_is_listed_with_its_status_and_day(home: Path, force_ledger: Command) -> None:
    letter = "hmicfrs-2023-12-22-west-midlands-peel"
    issued = force_ledger(
        "concern", "issue", "--body", "WMP", "--concern", "another", "--title", "A test", "--effective", "22 Dec 2023",
        "--document", letter, "--recommendation", "{id: 1, deadline: within 3 months}", "--recommendation", "second",
    )  # fmt: skip
    assert issued.code == 0
    state = force_ledger("state", "WMP", "--as-of", "2024-01", "--json").json
    listed = next(concern for concern in state["concerns"] if concern["id"] == "another")["recommendations"]
    assert [(item["id"], item["status"], item["due"]) for item in listed] == [
        ("1", "open", "2024-03-22"), ("second", "open", None),
    ]  # fmt: skip


def test_what_no_longer_holds_is_counted_and_listed_when_asked_for(home: Path, force_ledger: Command) -> None:
    state = force_ledger("state", "WMP", "--as-of", "2024-12-31", "--json").json
    assert (len(state["concerns"]), state["ended"]["concerns"]) == (1, {"closed": 3})
    whole = force_ledger("state", "WMP", "--as-of", "2024-12-31", "--json", "--all").json
    closed = [concern for concern in whole["concerns"] if concern["status"] == "closed"]
    assert [concern["until"] for concern in closed] == ["2024-07-23"] * 3


def test_the_board_is_a_list_with_a_row_for_each_body(home: Path, force_ledger: Command) -> None:
    rows = force_ledger("board", "--as-of", "2023-12", "--json").json
    assert len(rows) == 43
    keys = "body name type region phase since certainty alternatives basis pending possibly_pending open_concerns"
    keys += (
        " possibly_open announced possibly_announced unknown_concerns overdue possibly_overdue last_known"
        " last_known_open open_within_a_year sought withheld sources_differ unknown"
    )
    assert {" ".join(row) for row in rows} == {keys}
    (engaged,) = [row for row in rows if row["phase"] == "engage"]
    said: dict[str, Any] = {
        "body": "west-midlands",
        "name": "West Midlands Police",
        "type": "police-force",
        "since": "2023-11-24",
    }
    said |= {"certainty": "certain", "pending": None, "open_concerns": 4, "announced": 0, "overdue": 0, "withheld": 0}
    assert {name: engaged[name] for name in said} == said


def test_an_empty_ledger_has_an_empty_board(empty: Path, force_ledger: Command) -> None:
    assert force_ledger("init", "--empty").code == 0
    for reader in (["board"], ["forces", "list"]):
        assert force_ledger(*reader, "--json").json == []
        assert force_ledger(*reader, "--nl").out == ""
        assert force_ledger(*reader).code == 0


@pytest.mark.parametrize("day", ["2023", "2023-12", "2023-12-31", "31 Dec 2023", "December 2023", "2023-12/2023-12"])
def test_a_partial_day_means_its_last(home: Path, force_ledger: Command, day: str) -> None:
    assert force_ledger("state", "WMP", "--as-of", day, "--json").json["as_of"] == "2023-12-31"


def test_a_day_that_two_readers_would_read_differently_is_a_usage_error(home: Path, force_ledger: Command) -> None:
    assert force_ledger("state", "WMP", "--as-of", "03/04/2023").code == 2


def test_the_timeline_goes_forward_up_to_a_day(home: Path, force_ledger: Command) -> None:
    rows = force_ledger("timeline", "WMP", "--as-of", "2023-12-21", "--json").json
    days = [row["date"] for row in rows]
    assert days == sorted(days)
    keys = {"date", "subject", "id", "from", "from_possibly", "to", "certainty", "happened"}
    keys |= {"days_at_least", "days_at_most"}
    assert all(set(row) == {*keys, "words", "entries", "sources_differ", "events"} for row in rows)
    assert (rows[-1]["date"], {row["to"] for row in rows if row["subject"] == "pending move"}) == (
        "2023-11-24", {"engage"},
    )  # fmt: skip


def test_the_log_begins_with_the_newest_and_ends_at_its_limit(home: Path, force_ledger: Command) -> None:
    size = force_ledger("state", "WMP", "--json").json["head"]["size"]
    whole = force_ledger("log", "-n", "1000", "--json").json
    assert [row["position"] for row in whole] == list(range(size - 1, -1, -1))
    assert force_ledger("log", "--limit", "3", "--json").json == whole[:3]
    assert len(force_ledger("log", "--json").json) == 50
    of_body = force_ledger("log", "WMP", "-n", "1000", "--json").json
    assert of_body == [row for row in whole if "west-midlands" in row["matter"].split("/")[:2]]
    assert force_ledger("log", "WMP", "-n", "2", "--json").json == of_body[:2]
    assert force_ledger("log", "-n", "0").code == 2


@pytest.mark.parametrize("name", ["west-midlands", "E23000014", "West Midlands Police", "WMP", "wmp", "West  midlands"])
def test_a_body_is_found_by_any_of_its_names(home: Path, force_ledger: Command, name: str) -> None:
    shown = force_ledger("forces", "show", name, "--json").json
    assert (shown["body"], shown["code"], "WMP" in shown["aliases"]) == ("west-midlands", "E23000014", True)


def test_what_is_not_there_is_told_with_what_is_near(home: Path, force_ledger: Command) -> None:
    for missing in (["forces", "show", "west-midland"], ["state", "west-midland"], ["log", "west-midland"]):
        done = force_ledger(*missing)
        assert (done.code, done.out) == (6, "")
        assert "did you mean west-midlands" in done.err
    for missing in (["show", "#100000"], ["show", "no-such-thing"], ["show", "f" * 64], ["show", "9" * 30]):
        assert force_ledger(*missing).code == 6


def test_an_entry_is_shown_by_number_and_by_event_id(home: Path, force_ledger: Command) -> None:
    entry = force_ledger("show", "#60", "--json").json
    assert (entry["schema"], entry["position"], entry["kind"]) == ("force-ledger/entry/v1", 60, "judgement.given")
    for id in ("60", entry["event_id"]):
        assert force_ledger("show", id, "--json").json == entry
    assert {"data", "version", "submission", "referred_to_by", "recorded_at", "recorded_by"} <= set(entry)


@pytest.mark.parametrize("id", ["west-midlands/concern/marac-2023", "WMP/concern/marac-2023"])
def test_a_concern_is_shown_whole(home: Path, force_ledger: Command, id: str) -> None:
    shown = force_ledger("show", id, "--json").json
    assert (shown["schema"], shown["matter"]) == ("force-ledger/matter/v1", "west-midlands/concern/marac-2023")
    assert [e["kind"] for e in shown["entries"]] == ["concern.announced", "concern.issued", "concern.closed"]
    (engaged,) = shown["referred_to_by"]
    assert force_ledger("show", str(engaged), "--json").json["kind"] == "monitoring.engaged"


def test_a_document_and_a_body_are_shown_by_their_ids(home: Path, force_ledger: Command) -> None:
    letter = "hmicfrs-2024-07-23-west-midlands-letter"
    shown = force_ledger("show", letter, "--json").json
    assert shown["matter"] == f"document/{letter}"
    assert len(shown["referred_to_by"]) == 4
    assert force_ledger("show", "west-midlands", "--json").json["matter"] == "body/west-midlands"


# Writing


def test_a_batch_is_counted_and_a_second_time_it_is_already_recorded(home: Path, force_ledger: Command) -> None:
    for signed in home.glob("keys/*/checkpoint"):  # of ledger.db, which has more
        signed.unlink()
    first = force_ledger("--ledger", "june.db", "append", JULY)
    size = force_ledger("--ledger", "june.db", "state", "WMP", "--json").json["head"]["size"]
    assert (first.code, first.out) == (0, f"Appended 6 (#{size - 6}-#{size - 1}), 0 already recorded\n")
    again = force_ledger("--ledger", "june.db", "append", JULY)
    assert (again.code, again.out) == (0, "Appended 0, 6 already recorded\n")


def test_one_entry_is_counted_by_its_number(home: Path, force_ledger: Command) -> None:
    done = force_ledger(*RENAMED)
    counted = COUNTS.fullmatch(done.out.strip())
    assert counted is not None
    assert counted.groups() == ("1", str(force_ledger("log", "-n", "1", "--json").json[0]["position"]), None, "0")


RENAMED = (
    "body", "rename", "--body", "WMP", "--name", "West Midlands Constabulary", "--effective", "2025-01-01",
    "--decided-by", "home-secretary", "--document", "hmicfrs-2024-09-18-west-midlands-letter",
)  # fmt: skip


def test_a_dry_run_tells_what_would_change_and_writes_nothing(home: Path, force_ledger: Command) -> None:
    before = (home / "june.db").read_bytes()
    done = force_ledger("--ledger", "june.db", "append", "--dry-run", JULY)
    assert done.code == 0
    told = "from 2024-07-23 on: concern marac-2023: open (since 2023-12-22) -> closed (since 2024-07-23)"
    assert f"    changes              {told}" in done.out.splitlines()
    counted = COUNTS.fullmatch(done.out.splitlines()[-1])
    assert counted is not None
    assert (counted[1], counted[4]) == ("6", "0")
    assert "Dry run: nothing was written.\n" in done.err
    assert (home / "june.db").read_bytes() == before
    assert force_ledger("--ledger", "june.db", "show", counted[2]).code == 6


def test_a_dry_run_tells_of_a_move_out_of_a_presumed_phase(empty: Path, force_ledger: Command) -> None:
    force_ledger("init")
    force_ledger("append", *map(str, BATCHES[:3]))
    done = force_ledger("append", "--dry-run", str(BATCHES[4]))
    assert done.code == 0
    told = "from 2023-11-24 on: monitoring: Scan (presumed) -> Engage (since 2023-11-24)"
    assert f"    changes              {told}" in done.out.splitlines()


def test_a_dry_run_as_json_lists_the_changes(home: Path, force_ledger: Command) -> None:
    done = force_ledger("--ledger", "june.db", "append", "--dry-run", "--json", JULY)
    assert (done.json["schema"], done.json["dry_run"], len(done.json["appended"])) == (
        "force-ledger/receipt/v1", True, 6,
    )  # fmt: skip
    (change,) = (c for c in done.json["changes"] if (c["subject"], c["id"]) == ("concern", "marac-2023"))
    assert [change[name] for name in ("body", "first_day", "last_day", "from", "to", "to_since")] == [
        "west-midlands", "2024-07-23", None, "open", "closed", "2024-07-23",
    ]  # fmt: skip


def test_a_receipt_as_json_is_all_that_is_printed(home: Path, force_ledger: Command) -> None:
    receipt = force_ledger(*RENAMED, "--json").json
    assert (len(receipt["appended"]), receipt["already_recorded"], receipt["dry_run"]) == (1, [], False)
    assert receipt["head"]["size"] == receipt["appended"][0] + 1
    assert force_ledger(*RENAMED, "--json").json["already_recorded"] == receipt["appended"]


def test_warnings_go_to_stderr_with_their_place(home: Path, force_ledger: Command) -> None:
    engage = str(BATCHES[4])
    force_ledger("--ledger", "new.db", "init", "--origin", "example.org/another")
    force_ledger("--ledger", "new.db", "append", *map(str, BATCHES[:4]))
    done = force_ledger("--ledger", "new.db", "append", engage)
    assert COUNTS.fullmatch(done.out.strip())
    assert re.search(rf"^Warning: {re.escape(engage)}:33:15: concerns: .*\bmarac-2023\b", done.err, re.MULTILINE)


def test_a_batch_is_read_from_standard_input(
    home: Path, force_ledger: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {"kind": "body.renamed", "body": "WMP", "name": "West Midlands Constabulary", "effective": "2025-01-01"}
    line = json.dumps({**event, "decided_by": "home-secretary", "documents": "hmicfrs-2024-09-18-west-midlands-letter"})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line.encode())))
    assert COUNTS.match(force_ledger("append", "-").out)
    assert force_ledger(*RENAMED).out == "Appended 0, 1 already recorded\n"  # an option says what a line says


def test_a_ledger_that_has_grown_is_a_conflict(home: Path, force_ledger: Command) -> None:
    done = force_ledger(*RENAMED, "--expect-head", "3")
    assert (done.code, done.out) == (4, "")
    size = force_ledger("state", "WMP", "--json").json["head"]["size"]
    assert force_ledger(*RENAMED, "--expect-head", str(size)).code == 0


def test_a_file_is_checked_by_the_rules_where_there_is_a_ledger(home: Path, force_ledger: Command) -> None:
    done = force_ledger("--ledger", "june.db", "check", JULY)
    assert done.code == 0
    assert done.out.endswith("\n6 events can be recorded; 0 of them are on record already.\n")
    assert force_ledger("check", JULY).out == "6 events can be recorded; 6 of them are on record already.\n"
    Path("wrong.yaml").write_text(Path(JULY).read_text("utf-8").replace("marac-2023", "marac-2022"), "utf-8")
    refused = force_ledger("--ledger", "june.db", "check", "wrong.yaml")
    assert (refused.code, refused.out) == (3, "")
    assert "wrong.yaml:" in refused.err


def test_a_file_is_checked_by_its_form_where_there_is_no_ledger(empty: Path, force_ledger: Command) -> None:
    for batch in BATCHES:
        done = force_ledger("check", str(batch))
        assert done.code == 0
        assert "Rules were not checked" in done.out
    assert list(empty.iterdir()) == []
    Path("wrong.yaml").write_text("- kind: concern.closde\n", "utf-8")
    refused = force_ledger("check", "wrong.yaml")
    assert refused.code == 3
    assert "wrong.yaml:1:9: kind: there is no kind 'concern.closde'; did you mean concern.closed" in refused.err


@pytest.mark.parametrize(
    ("body", "named"), [("WMP", "West Midlands Police"), ("kent police", "Kent Police"), ("x", "x")]
)
def test_without_a_ledger_the_forces_are_known_by_their_names(
    empty: Path, force_ledger: Command, body: str, named: str
) -> None:
    said = "kind: concern.issued, effective: 2024, concern: custody, title: Custody, documents: [letter]"
    Path("batch.yaml").write_text(f"- {{{said}, body: {body}}}\n", "utf-8")
    done = force_ledger("check", "batch.yaml")
    assert (done.code, done.out.startswith(f"{named}: concern issued\n")) == (0, True)
    assert "The form of 1 event is right." in done.out
    Path("batch.yaml").write_text(f"- {{{said}, body: Kent Constabulary}}\n", "utf-8")
    assert "no body is known as 'Kent Constabulary'; did you mean kent?" in force_ledger("check", "batch.yaml").err


def test_a_file_is_checked_without_a_key(home: Path, force_ledger: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(home / "no-keys"))
    assert force_ledger("check", JULY).code == 0


def test_a_check_as_json_is_json(home: Path, force_ledger: Command) -> None:
    assert force_ledger("check", "--json", JULY).json


def test_a_file_that_is_not_there_is_a_usage_error(home: Path, force_ledger: Command) -> None:
    assert force_ledger("append", "no-such-file.yaml").code == 2
    assert force_ledger("check", "no-such-file.yaml").code == 2


# Shapes


@pytest.mark.parametrize("kind", kinds())
def test_the_template_of_a_kind_passes_the_form_check(force_ledger: Command, kind: str) -> None:
    text = force_ledger("template", kind).out
    assert text == template_of(latest(kind))
    assert f"{latest(kind).kind}" in text
    blanks = yaml.read(text, "template.yaml").problems
    assert len(blanks) >= sum("<" in line and not line.strip().startswith("#") for line in text.splitlines()) > 0
    assert all("is still a blank; fill it in, or take the field out" in str(problem) for problem in blanks)
    plains = yaml.read(without_blanks(text), "template.yaml")
    assert plains.problems == []
    (draft,) = drafts_of(plains, Names(None))
    assert type(draft.event) is latest(kind)


@pytest.mark.parametrize("name", [*starter_files(), *kinds()])
def test_a_comma_may_stand_in_every_text_of_a_template(name: str) -> None:
    text = re.sub(r"<([^<>]* [^<>]*)>", r"<\1, and more>", text_to_fill_in(name))
    problems = yaml.read(text.replace("  # ", "  "), "t.yaml").problems
    assert not [problem for problem in problems if "comma" in problem.message]


def test_a_comma_that_ends_a_text_inside_braces_is_named() -> None:
    problems = yaml.read("- {kind: finding.recorded, title: A, B}\n- {kind: x, title: }", "t.yaml").problems
    assert [(it.message, it.hint) for it in problems] == [
        ("a comma ends a text inside braces", "put the text in quotes"),
        ("the field has no value", "fill it in, or leave it out"),
    ]


@pytest.mark.parametrize("kind", kinds())
def test_the_template_of_a_kind_passes_it_with_every_field(kind: str) -> None:
    lines = template_of(latest(kind)).splitlines()
    wanted = set(latest(kind).model_fields) - EXCLUSIVE.get(kind, set()) - {"ranked"}  # which needs another claim
    wanted -= {"not_stated"}  # which no template has
    wanted -= {"due"} if kind == "statement.made" else set()  # which needs another stance
    for name in wanted:
        at = max(number for number, line in enumerate(lines) if re.match(rf"  (# )?{name}: ", line))
        lines[at] = lines[at].replace("  # ", "  ", 1)
    plains = yaml.read(without_blanks("\n".join(lines)), "template.yaml")
    assert plains.problems == []
    assert set(plains.events[0].tree) - {"kind"} == wanted
    assert drafts_of(plains, AnyEntry(None))


def without_blanks(template: str) -> str:
    """A template whose blanks are filled in with the examples in them."""
    return re.sub(r"<([^<>]*)>", r"\1", template)


class AnyEntry(Names):
    """Takes any number for an entry, as if there were a ledger that has it."""

    def entry(self, text: str) -> str:
        return "5f" * 32


def test_the_kinds_are_listed_with_what_they_mean(force_ledger: Command) -> None:
    lines = force_ledger("template").out.partition("\n\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == kinds()
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.parametrize("kind", kinds())
def test_the_schema_of_a_kind_is_that_of_an_event_in_a_batch(force_ledger: Command, kind: str) -> None:
    schema = force_ledger("schema", kind).json
    Draft202012Validator.check_schema(schema)
    said = canonical.decode((GOLDEN / f"{kind}@{latest(kind).version}.json").read_bytes())
    Draft202012Validator(schema).validate({"kind": kind, "label": "this", **said["data"]})
    assert not Draft202012Validator(schema).is_valid(said["data"])


def test_the_schema_of_a_batch_takes_every_kind(force_ledger: Command) -> None:
    schema = force_ledger("schema").json
    Draft202012Validator.check_schema(schema)
    read = [canonical.decode((GOLDEN / f"{kind}@{latest(kind).version}.json").read_bytes()) for kind in kinds()]
    Draft202012Validator(schema).validate([{"kind": said["kind"], **said["data"]} for said in read])
    assert not Draft202012Validator(schema).is_valid([{"kind": "no.such"}])


def test_an_unknown_kind_or_framework_is_a_usage_error_with_what_is_near(force_ledger: Command) -> None:
    for command in ("template", "schema"):
        done = force_ledger(command, "concern.close")
        assert done.code == 2
        assert "concern.closed" in done.err
    assert force_ledger("frameworks", "peel-2099").code == 2


def test_the_frameworks_are_listed_and_shown(force_ledger: Command) -> None:
    listed = force_ledger("frameworks", "--json").json
    assert {"framework", "title", "bodies", "areas", "complete", "scale", "ended", "suspended", "source"} == set(
        listed[0]
    )
    for framework in listed:
        assert len(force_ledger("frameworks", framework["framework"], "--json").json) == framework["areas"]


@pytest.mark.filterwarnings("ignore:The parameter")
def test_every_command_has_help_and_every_option_says_what_it_is(force_ledger: Command) -> None:
    for words, command in commands():
        done = force_ledger(*words, "--help")
        assert (done.code, done.err) == (0, "")
        assert command.help
        options = [param for param in command.params if isinstance(param, click.Option)]
        assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("words", [[], ["monitoring"], ["forces"]])
def test_a_group_without_a_command_shows_its_help(force_ledger: Command, words: list[str]) -> None:
    done = force_ledger(*words)
    assert done.code == 2
    assert done.err.count("Usage: ") == 1
    assert "Error" not in done.err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("stat", "state"),
        ("concerns", "concern"),
        ("monitoring engaged", "engage"),
        ("board --as-off 2023", "--as-of"),
    ],
)
def test_what_is_mistyped_is_told_what_is_near(force_ledger: Command, typed: str, meant: str) -> None:
    done = force_ledger(*typed.split())
    assert (done.code, done.out) == (2, "")
    (message,) = (line for line in done.err.splitlines() if line.startswith("Error: "))
    assert "Did you mean" in message
    assert f"'{meant}'" in message


def test_no_command_has_an_option_twice() -> None:
    for words, command in commands():
        names = [name for option in command.params if isinstance(option, click.Option) for name in option.opts]
        assert sorted(set(names)) == sorted(names), words


# Places


def test_a_configuration_is_found_upwards(home: Path, force_ledger: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "force-ledger.toml").write_text('ledger = "june.db"\n', "utf-8")
    (home / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(home / "deep" / "down")
    assert force_ledger("state", "WMP", "--json").json["monitoring"]["phase"] == "engage"
    monkeypatch.setenv("FORCE_LEDGER", str(home / "ledger.db"))
    assert force_ledger("state", "WMP", "--json").json["monitoring"]["phase"] == "scan"
    june = str(home / "june.db")
    assert force_ledger("--ledger", june, "state", "WMP", "--json").json["monitoring"]["phase"] == "engage"


def test_a_configuration_may_name_the_keys(home: Path, force_ledger: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_LEDGER_KEYS")
    (home / "force-ledger.toml").write_text('keys = "keys"\n', "utf-8")
    assert force_ledger(*RENAMED).code == 0


def test_a_broken_configuration_is_bad_content(home: Path, force_ledger: Command) -> None:
    (home / "force-ledger.toml").write_text("ledger = \n", "utf-8")
    done = force_ledger("board")
    assert done.code == 3
    assert "force-ledger.toml" in done.err


@pytest.mark.parametrize("line", ["ledger = 5", 'keys = ["a"]', "recorder = 1", 'ledgr = "june.db"'])
def test_a_configuration_that_means_nothing_is_bad_content(home: Path, force_ledger: Command, line: str) -> None:
    (home / "force-ledger.toml").write_text(line + "\n", "utf-8")
    done = force_ledger("board")
    assert (done.code, done.out) == (3, "")
    assert "force-ledger.toml" in done.err


@pytest.mark.parametrize(
    ("words", "code"), [("--ledger taken/ledger.db init", 1), ("demo taken", 2), ("demo taken/demo", 1)]
)
def test_a_place_that_cannot_be_had_is_told(empty: Path, force_ledger: Command, words: str, code: int) -> None:
    (empty / "taken").write_text("a file, not a folder", "utf-8")
    done = force_ledger(*words.split())
    assert (done.code, done.out) == (code, "")
    assert "taken" in done.err


def test_a_dry_run_leaves_out_what_changes_nothing(empty: Path, force_ledger: Command) -> None:
    force_ledger("init")
    done = force_ledger("append", "--dry-run", *map(str, BATCHES))
    assert done.code == 0
    assert [line for line in done.out.splitlines() if "not on record -> none" in line] == []


def test_a_mistyped_path_makes_no_ledger(empty: Path, force_ledger: Command) -> None:
    for command in (["board"], ["append", JULY], ["log"]):
        done = force_ledger("--ledger", "ledgre.db", *command)
        assert done.code == 6
        assert "force-ledger --ledger ledgre.db init" in done.err
    assert list(empty.iterdir()) == []


def test_a_ledger_is_created_once(empty: Path, force_ledger: Command) -> None:
    first = force_ledger("init", "--origin", "example.org/once")
    assert (first.code, first.out) == (0, "Created ledger.db, the ledger example.org/once, with 46 entries.\n")
    assert "safe place" in first.err
    before = (empty / "ledger.db").read_bytes()
    assert force_ledger("init").code == 1
    assert (empty / "ledger.db").read_bytes() == before


def test_what_an_init_leaves_that_cannot_record_is_told(
    empty: Path, force_ledger: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.cli.init.enter", Mock(side_effect=DiskFull("ledger.db")))
    done = force_ledger("init", "--origin", "example.org/cut", "--record")
    assert done.code == 1
    assert "the ledger example.org/cut is made, and the record is not in it; move ledger.db and " in done.err
    assert "example.org%2Fcut away before you run it again" in done.err


def test_the_demo_may_be_run_twice(empty: Path, force_ledger: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    first = force_ledger("demo", "--small")
    assert (first.code, first.err) == (0, "")
    again = force_ledger("demo", "--small")
    assert (again.code, again.err) == (0, "")
    assert "Recorded 57 events; 0 were on record." in first.out
    assert "Recorded 0 events; 57 were on record." in again.out
    told = "What was true of West Midlands Police"
    assert again.out.partition(told)[2] == first.out.partition(told)[2]
    monkeypatch.chdir(empty / "force-ledger-demo")
    assert force_ledger("state", "WMP", "--as-of", "2023-12-31", "--json").json["monitoring"]["phase"] == "engage"


# Interruptions, and what only a process of its own can show


def test_an_interruption_is_130(force_ledger: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def board() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ledger.cli.state.board", board)
    done = force_ledger("board")
    assert (done.code, done.out) == (130, "")
    assert "Interrupted" in done.err


def _process(*args: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ledger", *args]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )


@pytest.mark.parametrize("reader", [["schema"], ["log", "--json"], ["board"]], ids=" ".join)
def test_a_reader_that_has_seen_enough_gets_no_traceback(home: Path, reader: list[str]) -> None:
    with _process(*reader) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert "Traceback" not in told
    assert "Exception" not in told
    assert process.returncode in (0, 1)


def test_a_pipe_into_head_ends_well(home: Path) -> None:
    line = f"'{sys.executable}' -m ledger schema | head -1"
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


def test_a_process_ends_with_the_exit_code(home: Path) -> None:
    for args, code in ((["board"], 0), (["state", "nobody"], 6), (["board", "--no-such-option"], 2)):
        with _process(*args) as process:
            out, err = process.communicate()
        assert process.returncode == code
        assert bool(out) == (code == 0)
        assert bool(err) == (code != 0)


def test_usage_errors_with_json_come_in_an_envelope(home: Path, force_ledger: Command) -> None:
    done = force_ledger("state", "nobody", "--json")
    assert (done.code, done.out) == (6, "")
    error = json.loads(done.err)["error"]
    assert (error["code"], error["exit"]) == ("not-found", 6)
    assert error["problems"][0]["message"]


@pytest.mark.parametrize("form", ["--json", "--nl", "--csv", "--tsv", "-t"])
def test_bytes_are_printed_in_hex_in_every_form(home: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert run(["query", "SELECT x'00ff' AS bytes", form]) == 0
    printed = capsys.readouterr().out
    assert "00ff" in printed
    assert "b'" not in printed


@pytest.mark.parametrize("command", ["state", "timeline", "log", "why", "show", "search"])
def test_an_argument_that_is_not_text_gets_a_message(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "W\udcff"]) == 2
    assert "is not text in this terminal's encoding" in capsys.readouterr().err
