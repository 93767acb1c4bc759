"""What people are shown: no text, whatever its source, commands their terminal, turns its direction or fills it."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import click
import pytest

from events.characters import HIDDEN, visible
from ledger.cli import run
from ledger.intake import yaml
from ledger.intake.draft import Names, drafts_of
from ledger.intake.raw import RawBatch, RawEvent
from ledger.record.record import record
from ledger.store.store import Store
from tests.conftest import MENDED, Told, address, key_of, now
from tests.support.command_tree import commands

HOSTILE = "\x1b[31m\x1b]0;t\x07\x9b2J\r\u202e\u2067\u200b\ufeff\u00ad\U000e0041\u3164x"
"""Text that would colour and name a terminal, go back in its line, turn round and hide."""
HUGE = "9" * 100_000
COMMANDS = dict(commands())
FORMS: tuple[list[str], ...] = ([], ["--json"], ["--nl"], ["--csv"], ["--tsv"], ["-t"], ["--fmt", "html"])

pytestmark = pytest.mark.in_a_file


def shown(told: tuple[int, str, str]) -> str:
    """What a call printed; its exit code is a documented one."""
    code, out, err = told
    assert code in (0, 1, 2, 3, 4, 5, 6)
    return out + err


def hidden(text: str) -> list[str]:
    return re.findall(HIDDEN, text)


def test_hidden_characters_are_shown_as_escapes() -> None:
    assert visible("a\tb\n\x1b[31m\u202eé\U000e0041\ud800") == "a\tb\n\\x1b[31m\\u202eé\\U000e0041\\ud800"
    assert hidden(visible(HOSTILE)) == []
    assert visible(visible(HOSTILE)) == visible(HOSTILE)


# Every parameter of every command


def stand_in(param: click.Parameter, folder: Path) -> str:
    """A value that a parameter may have."""
    match param.type:
        case click.Choice(choices=choices):
            return str(choices[0])
        case click.IntRange() | click.FloatRange():
            return "1"
        case click.Path(file_okay=True):
            return str(folder / "batch.jsonl")
    return "x"


def calls(command: click.Command, value: str, folder: Path) -> Iterator[list[str]]:
    """Calls of a command with a value in one parameter after the other, and a stand-in in the others that it needs."""
    takes = [p for p in command.params if not (isinstance(p, click.Option) and (p.is_flag or p.is_eager))]
    for param in takes:
        call = []
        for other in takes:
            if other is param or other.required:
                given = value if other is param else stand_in(other, folder)
                call += [other.opts[0], given] if isinstance(other, click.Option) else [given]
        yield call + (["--once"] if command.name == "follow" else [])


@pytest.mark.parametrize("value", [HOSTILE, HUGE], ids=["hostile", "huge"])
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_parameter_of_a_command_reaches_the_terminal_as_it_is(
    told: Told, tmp_path: Path, path: tuple[str, ...], value: str
) -> None:
    (tmp_path / "batch.jsonl").write_text("{}")
    for call in calls(COMMANDS[path], value, tmp_path):
        for options in ([], ["--json"]):
            text = shown(told(*path, *call, *options))
            assert hidden(text) == [], call
            assert len(text) < 20_000, call


# Every place of a batch


def anywhere(tree: Any, value: str) -> Iterator[Any]:
    """The tree with a value in place of one text or key after the other."""
    match tree:
        case dict():
            for key, item in tree.items():
                yield {value if k == key else k: v for k, v in tree.items()}
                yield from ({**tree, key: other} for other in anywhere(item, value))
        case list():
            for number, item in enumerate(tree):
                yield from ([*tree[:number], other, *tree[number + 1 :]] for other in anywhere(item, value))
        case _:
            yield value


BATCH = {
    "kind": "concern.issued",
    "label": "first",
    "body": "kent",
    "concern": "custody",
    "title": "Custody",
    "effective": "2024-05-01",
    "accelerated": "true",
    "recommendations_issued": "1",
    "recommendations": [{"id": "1", "text": "Do it", "deadline": "within 3 months"}],
    "documents": [{"document": "letter", "locator": "page 1", "quote": "so"}],
    "because": ["#1"],
    "about": ["area/custody"],
}


@pytest.mark.parametrize(
    ("value", "name"),
    [(HOSTILE, "batch.jsonl"), (HOSTILE, "batch.yaml"), (HUGE, "batch.jsonl"), ("\ud800", "batch.yaml")],
)
def test_no_place_of_a_batch_reaches_the_terminal_as_it_is(told: Told, tmp_path: Path, value: str, name: str) -> None:
    for tree in anywhere(BATCH, value):
        (tmp_path / name).write_text(json.dumps([tree] if "yaml" in name else tree), "utf-8")
        for command in (["check", name], ["append", name, "--json"], ["append", name, "--dry-run"]):
            text = shown(told(*command))
            assert hidden(text) == [], tree
            assert len(text) < 20_000, tree


@pytest.mark.parametrize("text", [f"{HOSTILE}: [", f"'{HOSTILE}", f"- !{HOSTILE} x", HUGE, f"[{HUGE}: ", f"%{HUGE}"])
@pytest.mark.parametrize("name", ["batch.jsonl", "batch.yaml", f"{HOSTILE}.yaml", "force-ledger.toml"])
def test_no_broken_file_reaches_the_terminal_as_it_is(told: Told, tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "replace"))
    text = shown(told("check", name))
    assert hidden(text) == []
    assert len(text) < 20_000


@pytest.mark.parametrize(
    "setting", [f'"{HUGE}" = 1', f'"{json.dumps(HOSTILE)[1:-1]}" = 1', f"ledger = {json.dumps(HOSTILE)}"]
)
def test_no_setting_reaches_the_terminal_as_it_is(told: Told, tmp_path: Path, setting: str) -> None:
    (tmp_path / "force-ledger.toml").write_text(setting, "utf-8")
    text = shown(told("board"))
    assert hidden(text) == []
    assert len(text) < 20_000


# Every text on record, from when nothing refused it

WRITTEN = {"action", "aliases", "among", "change", "decided_by_name", "geography", "holder", "locator", "name"} | {
    "none_because", "note", "per_what", "places", "publisher", "reason", "remaining", "text", "title", "unit",
}  # fmt: skip
"""The fields that a clerk fills with words."""
QUESTIONS = [
    *(["state", "WMP", "--all"], ["timeline", "WMP"], ["why", "WMP"], ["log", "WMP"], ["threads", "WMP"], ["board"]),
    *(
        ["due"],
        ["durations"],
        ["statistics"],
        ["forces", "show", "WMP"],
        ["search", "x"],
        ["diff", "WMP", "2018..2025"],
    ),
    *(["show", f"#{number}"] for number in range(46, 140, 9)),
    ["show", "west-midlands/concern/investigations-2023"],
    ["evidence", "check"],
    ["keys", "list"],
    ["verify"],
]


def with_texts(value: Any, key: str = "") -> Any:
    match value:
        case dict():
            return {name: with_texts(item, name) for name, item in value.items()}
        case list():
            return [with_texts(item, key) for item in value]
        case str() if key in WRITTEN:
            return value + HOSTILE
    return value


@pytest.fixture
def hostile(ledger: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The press story with hostile characters in every text, and a program that does not refuse them."""
    monkeypatch.setattr("events.values._HIDDEN", re.compile("(?!)"))
    for batch in MENDED:
        events = yaml.read(batch.read_text("utf-8"), batch.name).events
        raw = [RawEvent(with_texts(event.tree), event.places, with_texts(event.shared)) for event in events]
        with ledger.reading() as reader:
            drafts = drafts_of(RawBatch(raw), Names(reader))
        record(ledger, drafts, key_of(ledger), clock=now)
    return ledger


def test_no_text_on_record_reaches_the_terminal_as_it_is(
    hostile: Store, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    where = ["--ledger", address(hostile)]
    tables = ("entries", "spells", "documents", "concerns", "phases")
    for question in [*QUESTIONS, *(["query", f"SELECT * FROM {table}"] for table in tables)]:
        for form in FORMS:
            assert run([*where, *question, *form]) in (0, 5)
            out, err = capsys.readouterr()
            assert hidden(out + err) == [], question
            if form == ["--json"]:
                assert json.loads(out) is not None
    assert run([*where, "show", "#46", "--json"]) == 0
    assert HOSTILE in json.loads(capsys.readouterr().out)["data"]["title"], "JSON keeps what it escapes"


def test_bytes_for_a_program_are_shown_as_text_on_a_terminal(
    hostile: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = ["--ledger", address(hostile), "prove", "#46", "--data-bytes"]
    assert run([*command, "-o", str(tmp_path / "data")]) == 0
    assert "\u202e".encode() in (tmp_path / "data").read_bytes(), "a file that is proved keeps its bytes"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(command) == 0
    out = capsys.readouterr().out
    assert "\\u202e" in out
    assert hidden(out) == []


# What other people send: proofs, notes, the answers of servers


def test_no_proof_reaches_the_terminal_as_it_is(told: Told, tmp_path: Path) -> None:
    key = told("checkpoint", "vkey")[1].strip()
    assert told("prove", "#1", "-o", "proof.json")[0] == 0
    proof = json.loads((tmp_path / "proof.json").read_text("utf-8"))
    for value in (HOSTILE, HUGE):
        for changed in anywhere(proof, value):
            (tmp_path / "changed.json").write_text(json.dumps(changed))
            for form in ([], ["--json"]):
                text = shown(told("verify", "changed.json", "--log-key", key, *form))
                assert hidden(text) == []
                assert len(text) < 20_000


@pytest.mark.parametrize("option", [["--tlog"], []], ids=["tlog-proof", "checkpoint"])
def test_no_note_reaches_the_terminal_as_it_is(told: Told, tmp_path: Path, option: list[str]) -> None:
    key = told("checkpoint", "vkey")[1].strip()
    made = ["prove", "#1", *option] if option else ["checkpoint", "print"]
    lines = told(*made)[1].split("\n")
    for number, line in enumerate(lines):
        for other in (HOSTILE, line + HOSTILE, f"— {HOSTILE} AAAAAAAA", f"— {'x' * 60_000} AAAAAAAA"):
            (tmp_path / "note").write_text("\n".join([*lines[:number], other, *lines[number + 1 :]]), "utf-8")
            for command in (["verify"], ["checkpoint", "compare"], ["checkpoint", "cosign"]):
                text = shown(told(*command, "note", "--log-key", key))
                assert hidden(text) == []
                assert len(text) < 20_000
            for command in (["checkpoint", "reconcile", "note"], ["checkpoint", "add", "note", "--witness-key", key]):
                assert hidden(shown(told(*command))) == []


@pytest.fixture
def server() -> Iterator[str]:
    """A server that answers every request with a hostile reason, header and body."""
    answer = f"HTTP/1.1 500 {HOSTILE}\r\nLocation: {HOSTILE}\r\nContent-Length: 99\r\n\r\n{HOSTILE * 9}".encode()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.connection.recv(65_536)
            self.connection.sendall(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as serving:
        Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()


def test_no_answer_of_a_server_reaches_the_terminal_as_it_is(told: Told, server: str) -> None:
    assert told("keys", "create", "w.example.org", "--witness")[0] == 0
    key = told("keys", "create", "v.example.org", "--witness")[1].strip()
    for call in (
        ["copy", server, "copy.db"],
        ["follow", server, "copy.db", "--once"],
        ["checkpoint", "witness", server, "--witness-key", key],
    ):
        code, out, err = told(*call)
        assert (code, out) == (1, "")
        assert hidden(err) == []


# CSV for spreadsheets

CELLS = {
    "=1+1": "'=1+1",
    "+44 20": "'+44 20",
    "-cmd|' /C calc'!A0": "'-cmd|' /C calc'!A0",
    "@SUM(1)": "'@SUM(1)",
    "\t=1": "'\t=1",
    "\n=1": "'\n=1",
    "＝1+1": "'＝1+1",
    "-24.5": "-24.5",
    "+3": "+3",
    "-1e-7": "-1e-7",
    "a=1": "a=1",
    "": "",
}


@pytest.mark.parametrize("form", ["--csv", "--tsv"])
def test_a_cell_that_a_spreadsheet_would_run_is_guarded(told: Told, form: str) -> None:
    values = " UNION ALL ".join(f"SELECT {n}, '{cell.replace(chr(39), chr(39) * 2)}'" for n, cell in enumerate(CELLS))
    sql = f'WITH cells(n, "=h") AS ({values}) SELECT "=h" FROM cells ORDER BY n'
    for options, expected in (([], ["'=h", *CELLS.values()]), (["--no-guard"], ["=h", *CELLS])):
        code, out, _ = told("query", sql, form, *options)
        assert code == 0
        rows = csv.reader(io.StringIO(out, newline=""), delimiter="\t" if form == "--tsv" else ",")
        assert ["".join(row) for row in rows] == expected
    assert told("query", "SELECT -5, -2.5", form, "--no-headers")[1].split() in (["-5,-2.5"], ["-5", "-2.5"])


def test_no_cell_begins_at_a_semicolon(told: Told) -> None:
    assert told("query", "SELECT 'a;=1+1' AS x, 'b' AS y", "--csv")[1] == 'x,y\n"a;=1+1","b"\n'


def test_a_carriage_return_reaches_no_cell(told: Told) -> None:
    assert told("query", "SELECT char(13) || '=1'", "--csv", "--no-headers")[1] == "'\\r=1\n"


@pytest.mark.parametrize("output", [[], ["-o", "found.csv"]], ids=["stdout", "file"])
@pytest.mark.parametrize("bom", [[], ["--bom"]], ids=["without", "with"])
def test_csv_is_utf8_with_a_mark_by_choice(told: Told, tmp_path: Path, output: list[str], bom: list[str]) -> None:
    code, out, _ = told("query", "SELECT 'Ŵyn'", "--csv", "--no-headers", *bom, *output)
    data = (tmp_path / "found.csv").read_bytes() if output else out.encode()
    assert (code, data) == (0, (b"\xef\xbb\xbf" if bom else b"") + "Ŵyn\n".encode())
