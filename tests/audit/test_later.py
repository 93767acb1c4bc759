"""An entry that a later version of this program wrote: readers leave out what they do not know, and say so; what writes
refuses; an audit checks what it can, and calls nothing wrong."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from events import Entry
from events.entry import is_in_full
from events.rules import RULES
from ledger.cli import run
from ledger.log.key import Signer
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.store.schema import SCHEMA_VERSION
from ledger.store.store import Store
from tests.audit.forging import Stored, entries_of, put, rewritten, signed
from tests.audit.small import authorised, document, revoked
from tests.cli.test_damaged import READERS
from tests.conftest import ORIGIN, key_of, now, record_story
from tests.support.later import later_version, record_anew

Json = dict[str, Any]
KEY = str(Signer("clerk", bytes(32)).verifier)
STRANGER = Signer.generate("stranger")
Forge = Callable[[list[Stored], Signer], list[Stored]]
AS_EVER = {"help", "checkpoint print", "checkpoint vkey"}
"""What does not depend on the kinds of event that are known."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A folder with the press story, and what a later version recorded after it; and how many entries it had."""
    folder = tmp_path_factory.mktemp("later")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "ledger.db", origin=ORIGIN, clock=now)
        with Store(folder / "ledger.db") as ledger:
            record_story(ledger)
            with ledger.reading() as reader:
                size = reader.head().size
                entries = [stored.read() for stored in reader.entries()]
            assert run(["publish", "out"]) == run(["backup", "backup"]) == 0
            with later_version():
                record_anew(ledger, _one_of_each_kind(entries), key_of(ledger), now)
        Path("batch.jsonl").write_text('{"kind": "document.registered", "document": "d"}')
        yield folder, size


def _one_of_each_kind(entries: list[Entry]) -> list[Entry]:
    return list({entry.kind: entry for entry in entries if not is_in_full(entry.kind)}.values())


@pytest.fixture
def home(written: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A copy of that folder, to be in; how many entries this version recorded."""
    folder, size = written
    monkeypatch.chdir(copytree(folder, tmp_path / "home"))
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(tmp_path / "home" / "keys"))
    return size


def told(capsys: pytest.CaptureFixture[str], *call: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(list(call))
    return code, *capsys.readouterr()


def test_readers_leave_out_what_they_do_not_know_and_say_so(home: int, capsys: pytest.CaptureFixture[str]) -> None:
    silent = set[str]()
    for call in READERS:
        code, out, err = told(capsys, *call)
        assert code in ((1,) if call[0] == "doctor" else (0, 2, 3, 6, 7)), (call, err)
        assert "Traceback" not in out + err, call
        if code == 0 and "a later version of force-ledger recorded" not in err:
            silent.add(" ".join(call))
    assert silent == AS_EVER
    asked = ["state WMP", "board", "timeline WMP", "due", "durations", "why WMP", "threads WMP", "log", "forces list"]
    for question in (*asked, "diff WMP 2018..2025", "show #60"):
        assert "a later version of force-ledger recorded" in told(capsys, *question.split())[2], question
    for question in asked:
        assert "a later version" not in "".join(told(capsys, *question.split(), "--known-at", "#140")[1:]), question


@pytest.mark.parametrize("clock", [[], ["--public-at", "2026-11-21"]], ids=["read model", "replay"])
def test_what_they_know_is_as_before(home: int, capsys: pytest.CaptureFixture[str], clock: list[str]) -> None:
    def state(*known: str) -> Json:
        found: Json = json.loads(
            told(capsys, "state", "WMP", "--all", "--json", "--as-of", "2026-11-21", *clock, *known)[1]
        )
        return {name: value for name, value in found.items() if name not in ("known_at", "head")}

    before, after = state("--known-at", f"#{home - 1}"), state()
    unknown = after.pop("unknown")
    assert after == before
    assert {(int(item["id"]) >= home, item["was"]) for item in unknown} >= {(True, "monitoring.returned_anew")}
    assert "Not known to this version" in told(capsys, "state", "WMP", *clock)[1]
    (row,) = (row for row in json.loads(told(capsys, "board", "--json", *clock)[1]) if row["body"] == "west-midlands")
    assert row["unknown"] == len(unknown)


def test_an_entry_is_shown_as_it_is_stored(home: int, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(told(capsys, "show", f"#{home + 1}", "--json")[1])
    assert shown["data"]["novelty"] == "it tells more"
    (row,) = json.loads(told(capsys, "query", f"SELECT * FROM entries WHERE position = {home + 1}", "--json")[1])
    assert (row["rules"], json.loads(row["data"])["novelty"]) == (RULES + 1, "it tells more")


WRITES = pytest.mark.parametrize(
    "call",
    [
        ["append", "batch.yaml"],
        ["append", "batch.yaml", "--dry-run"],
        ["approve", "batch.yaml"],
        ["retract", "#60", "--reason", "r"],
        ["correct", "#60", "--type", "recording-error", "--reason", "r", "note=x"],
        ["keys", "authorise", KEY, "--role", "clerk"],
        ["checkpoint", "sign"],
        ["repair"],
        ["copy", "ledger.db", "copy.db"],
        ["follow", "ledger.db", "copy.db", "--once"],
        ["restore", "backup-2"],
        ["practice", "practised"],
    ],
    ids=" ".join,
)


@WRITES
def test_what_writes_refuses(home: int, capsys: pytest.CaptureFixture[str], call: list[str]) -> None:
    Path("batch.yaml").write_text("[{kind: document.registered, document: d, type: dataset, title: T, publisher: P}]")
    if call[0] == "restore":
        assert told(capsys, "backup", "backup-2")[0] == 0
        call = ["--ledger", "restored.db", *call]
    before = Path("ledger.db").read_bytes()
    code, _, err = told(capsys, *call)
    assert (code, "a later version of force-ledger recorded #" in err) == (7, True), err
    assert Path("ledger.db").read_bytes() == before


def test_an_audit_checks_what_it_can(home: int, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "verify", "--json")
    report = json.loads(out)
    assert (code, report["ok"], report["later_version"]) == (7, False, True)
    assert [check["name"] for check in report["checks"] if not check["ok"]] == ["authority", "rules"]
    assert all(check["positions"] == [] for check in report["checks"])
    assert "NOT VERIFIED to the end" in told(capsys, "verify")[1]


def test_tampering_with_what_it_does_not_know_is_found(home: int, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect("ledger.db")) as connection, connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        ((salted,),) = connection.execute("SELECT salted FROM data WHERE position = ?", [home + 1])
        changed = salted.replace(b"more", b"less")
        connection.execute("UPDATE data SET salted = ? WHERE position = ?", [changed, home + 1])
    code, out, _ = told(capsys, "verify")
    assert code == 5
    assert f"#{home + 1}" in out


def by_a_revoked_key(entries: list[Stored], keeper: Signer) -> list[Stored]:
    clerk = Signer.generate("clerk")
    for said in (authorised(clerk, "clerk"), revoked(clerk)):
        entries = entries + signed(said, by=keeper, onto=entries)
    return entries + signed(document("x"), by=clerk, onto=entries, rules=RULES + 1)


FORGED: dict[str, Forge] = {
    "signed by nobody": lambda entries, _: (
        entries + signed(document("x"), by=STRANGER, onto=entries, rules=RULES + 1, signature="")
    ),
    "signed by a stranger": lambda entries, _: (
        entries + signed(document("x"), by=STRANGER, onto=entries, rules=RULES + 1)
    ),
    "signed by a revoked key": by_a_revoked_key,
    "a number that was not signed": lambda entries, keeper: (
        [*entries, rewritten(*signed(document("x"), by=keeper, onto=entries), submission__rules=RULES + 1)]
    ),
}


@WRITES
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_no_recorder_has_signed_is_damage_whatever_number_it_names(
    home: int,
    capsys: pytest.CaptureFixture[str],
    call: list[str],
    forge: Callable[[list[Stored], Signer], list[Stored]],
) -> None:
    """Else whoever writes to the database, without a key, could have each writer wait for a version that is not."""
    entries = entries_of(Path("ledger.db"))[:home]
    put(Path("ledger.db"), forge(entries, KeyRing(ORIGIN).recorder(None)))
    Path("batch.yaml").write_text("[{kind: document.registered, document: d, type: dataset, title: T, publisher: P}]")
    if call[0] == "restore":
        shutil.copy("ledger.db", "backup/ledger.db")
        call = ["--ledger", "restored.db", "restore", "backup"]
    before = Path("ledger.db").read_bytes()
    code, _, err = told(capsys, *call)
    assert (code, "later version" in err) == (5, False), err
    assert Path("ledger.db").read_bytes() == before
    assert not Path("restored.db").exists() or not entries_of(Path("restored.db"))
    assert "it is damage: #" in told(capsys, "board")[2]
    assert told(capsys, "verify")[0] == 5


def test_the_later_version_goes_on_with_all_of_it(home: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "backup", "backup-2")[0] == 0
    with later_version():
        assert told(capsys, "verify")[0] == 0
        assert told(capsys, "--ledger", "restored.db", "restore", "backup-2")[0] == 0
        assert told(capsys, "--ledger", "restored.db", "verify")[0] == 0
        with Store("ledger.db") as ledger, ledger.reading() as reader:
            entries = [stored.read() for stored in reader.entries()]
            assert not any(entry.is_unknown for entry in entries)


def test_tables_of_a_later_version_are_refused(home: int, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect("ledger.db")) as connection, connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for call in (["board"], ["verify"], ["retract", "#60", "--reason", "r"]):
        code, _, err = told(capsys, *call)
        assert (code, f"version {SCHEMA_VERSION + 1}" in err) == (7, True), err
