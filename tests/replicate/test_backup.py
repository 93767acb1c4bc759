"""Backups: all of it but the private keys, whoever writes meanwhile and wherever it stops; what a second one changes;
what is not restored, and what restoring leaves.
"""

import base64
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from events import Entry
from ledger.audit.sign import sign
from ledger.cli import run
from ledger.errors import NotFound, NotVerified, Refused, RolledBack
from ledger.evidence.folder import Evidence
from ledger.log.encoding import to_base64
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.replicate import copy as copying
from ledger.replicate.backup import Manifest, backup, restore
from ledger.store.database import Head
from ledger.store.reader import Writer
from ledger.store.store import Store, database_of
from tests.conftest import ORIGIN, address, now, path_of, record_yaml
from tests.replicate.test_copy import LETTER, rows
from tests.support import server
from tests.support.crashing import stops

ROOT = Path(__file__).parents[2]
SECRET = "- {kind: document.registered, document: named, type: dataset, title: Jane Unnamed, publisher: Nobody}"
WITHHOLDING = """
- {kind: entry.retracted, target: '#46', reason: A slip.}
- {kind: entry.withheld, target: '#46', ground: court-order, reason: Ordered.}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "backup"


@pytest.fixture(params=["to a file", "to a server"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where to restore to."""
    return tmp_path / "restored" / "ledger.db" if request.param == "to a file" else server.new_schema()


@pytest.fixture
def source(ledger: Store, tmp_path: Path) -> Store:
    """A signed ledger that keeps a document."""
    record_yaml(ledger, SECRET)
    record_yaml(ledger, "".join(LETTER.format(n=n) for n in range(300)))
    sign(ledger, KeyRing(ORIGIN))
    keep(ledger, tmp_path, "A letter.")
    return ledger


def keep(ledger: Store, tmp_path: Path, text: str) -> str:
    """Keep a document for a ledger; its SHA-256."""
    (tmp_path / "letter.txt").write_text(text)
    return Evidence(ledger.database.evidence_folder).add(tmp_path / "letter.txt")


def backed_up(ledger: Store, folder: Path) -> Manifest:
    """Back up what there is now."""
    return backup(ledger, KeyRing(ORIGIN), folder, clock=now)


def restored(folder: Path, target: Path | str) -> list[str]:
    """Restore to a place, on this machine; the documents that are lost."""
    return restore(folder, database_of(target), KeyRing).missing_documents


def texts(folder: Path) -> bytes:
    """Every byte of every file in a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_backup_has_every_row_the_documents_and_what_was_signed(source: Store, folder: Path) -> None:
    contents = backed_up(source, folder)
    with Store(folder / "ledger.db") as copied, source.reading() as reader:
        assert rows(copied) == rows(source)
        head = reader.head()
    kept = Evidence(folder / "ledger.evidence")
    assert [kept.read(sha256) for sha256 in kept] == [b"A letter."]
    assert (folder / "checkpoint").read_bytes() == KeyRing(ORIGIN).last_checkpoint()
    keys = {file: str(verifier) for file, verifier in KeyRing(ORIGIN).verifiers().items()}
    assert contents == Manifest(
        ledger=ORIGIN, size=head.size, root=to_base64(head.root), made_at="2026-11-21T09:30:00.000000Z",
        evidence=list(kept), keys=keys,
    )  # fmt: skip
    assert set(keys) == {"keeper", "log"}
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock", "backup.json", "checkpoint", "ledger.db", "ledger.evidence",
    ]  # fmt: skip
    assert run(["--ledger", str(folder / "ledger.db"), "verify"]) == 0


def test_no_private_key_is_in_it(source: Store, folder: Path) -> None:
    backed_up(source, folder)
    written = texts(folder)
    ring = KeyRing(ORIGIN)
    for file, verifier in ring.verifiers().items():
        seed = ring.read(file).secret_text().split("+", 4)[4]
        assert str(verifier).encode() in written, "we look in the right place"
        for secret in (b"PRIVATE", seed.encode(), base64.b64decode(seed)[1:]):
            assert secret not in written


def test_a_second_backup_brings_it_up_to_date(source: Store, folder: Path, tmp_path: Path) -> None:
    backed_up(source, folder)
    record_yaml(source, LETTER.format(n="new"))
    sign(source, KeyRing(ORIGIN))
    new = keep(source, tmp_path, "Another.")
    contents = backed_up(source, folder)
    with Store(folder / "ledger.db") as copied:
        assert rows(copied) == rows(source)
        assert contents.size == len(rows(source)["entries"])
    assert new in contents.evidence
    assert (folder / "checkpoint").read_bytes() == KeyRing(ORIGIN).last_checkpoint()
    before = texts(folder)
    assert backed_up(source, folder) == contents
    assert texts(folder) == before


def test_what_was_withheld_after_a_backup_leaves_it_with_the_next(
    source: Store, folder: Path, target: Path | str
) -> None:
    backed_up(source, folder)
    assert b"Jane Unnamed" in texts(folder)
    record_yaml(source, WITHHOLDING)
    backed_up(source, folder)
    assert b"Jane Unnamed" not in texts(folder)
    restored(folder, target)
    with Store(target) as there:
        assert rows(there) == rows(source)
    assert run(["--ledger", str(target), "verify"]) == 0


def test_a_document_that_is_no_longer_kept_stays_in_the_backup(source: Store, folder: Path) -> None:
    (sha256,) = backed_up(source, folder).evidence
    Evidence(source.database.evidence_folder).path(sha256).unlink()
    assert backed_up(source, folder).evidence == [sha256]


def test_a_folder_with_something_else_is_left_alone(source: Store, folder: Path, tmp_path: Path) -> None:
    create_ledger(folder / "ledger.db", origin="example.org/another")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "checkpoint").write_text("published")
    for taken, why in ((folder, "the target is another ledger"), (tmp_path / "log", "holds other files")):
        before = texts(taken)
        with pytest.raises(Refused, match=why):
            backed_up(source, taken)
        assert texts(taken) == before


@pytest.mark.in_a_file
def test_a_ledger_is_not_backed_up_to_where_it_is(source: Store) -> None:
    with pytest.raises(Refused, match="is where the ledger itself is"):
        backed_up(source, path_of(source).parent)


def test_a_ledger_that_was_rolled_back_is_not_backed_up(source: Store, folder: Path, tmp_path: Path) -> None:
    backed_up(source, tmp_path / "old")
    record_yaml(source, LETTER.format(n="signed"))
    sign(source, KeyRing(ORIGIN))
    backed_up(source, folder)
    before = texts(folder)
    with Store(tmp_path / "old" / "ledger.db") as rolled_back, pytest.raises(RolledBack, match=r"has 347 .* 348 were"):
        backed_up(rolled_back, folder)
    assert texts(folder) == before


def test_a_kept_file_that_has_changed_is_told_of(source: Store, folder: Path) -> None:
    kept = Evidence(source.database.evidence_folder)
    (sha256,) = kept
    kept.path(sha256).write_text("A lettre.")
    with pytest.raises(NotVerified, match=r"the file .* has changed"):
        backed_up(source, folder)
    with pytest.raises(NotFound, match="has no complete backup"):
        restored(folder, folder.parent / "restored.db")


# While others write, and wherever it stops

APPENDER = """
import sys
from itertools import count
from ledger.cli import run
for n in count():
    assert run(["--ledger", sys.argv[1], "document", "register", "--document", f"d-{n}", "--type", "dataset",
                "--title", f"D {n}", "--publisher", "P"]) == 0
"""
BACKER = """
import sys
from pathlib import Path
from ledger.replicate import backup
from ledger.replicate import copy as copying
from ledger import atomic
from ledger.evidence.folder import Evidence
from ledger.record.keys import KeyRing
from ledger.store.store import Store
from ledger.store.reader import Writer

def told(real):
    def instead(*args):
        print(real.__name__, flush=True)
        done = real(*args)
        print(real.__name__, flush=True)
        return done
    return instead

copying._AT_ONCE = 40
Writer.append, Evidence.add, atomic.write = map(told, (Writer.append, Evidence.add, atomic.write))
with Store(sys.argv[1]) as ledger:
    backup.backup(ledger, KeyRing(sys.argv[3]), Path(sys.argv[2]))
"""


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by a signal")
def test_a_backup_is_of_one_moment_while_another_process_writes(
    ledger: Store, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", APPENDER, address(ledger)]
    sizes, written = [46], 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as appender:
        assert appender.stdout is not None
        try:
            for _ in range(4):
                while 46 + written <= sizes[-1]:
                    assert appender.stdout.readline()
                    written += 1
                sizes.append(backed_up(ledger, folder).size)
                with monkeypatch.context() as elsewhere:  # where nobody knows that more was signed since
                    elsewhere.setenv("FORCE_LEDGER_KEYS", str(tmp_path / "elsewhere"))
                    assert run(["--ledger", str(folder / "ledger.db"), "verify"]) == 0
        finally:
            appender.kill()
    assert sizes == sorted(set(sizes))
    with ledger.reading() as reader:
        size = reader.head().size
    assert backed_up(ledger, folder).size == size


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by a signal")
def test_killed_at_any_moment_it_is_gone_on_with(source: Store, folder: Path, tmp_path: Path) -> None:
    chance = Random()
    command = [sys.executable, "-c", BACKER, address(source), str(folder), ORIGIN]
    for times in range(6):
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as backer:
            assert backer.stdout is not None
            read = [backer.stdout.readline() for _ in range(chance.randrange(1, 14))]
            backer.send_signal(signal.SIGKILL)
        assert read[0]  # it was at work
        if (folder / "backup.json").exists():
            assert restored(folder, tmp_path / f"restored-{times}.db") == []
        else:
            with pytest.raises(NotFound, match="has no complete backup"):
                restored(folder, tmp_path / "not-restored.db")
            assert not (tmp_path / "not-restored.db").exists()
    backed_up(source, folder)
    with Store(folder / "ledger.db") as copied:
        assert rows(copied) == rows(source)
    assert list(folder.rglob("*.new*")) == []


def test_wherever_a_second_backup_stops_the_first_still_counts(source: Store, folder: Path, tmp_path: Path) -> None:
    first = backed_up(source, folder)
    record_yaml(source, LETTER.format(n="new"))
    sign(source, KeyRing(ORIGIN))
    keep(source, tmp_path, "Another.")
    for step in stops(lambda: backed_up(source, folder)):
        assert restored(folder, tmp_path / f"restored-{step}.db") == []
        with Store(tmp_path / f"restored-{step}.db") as there, there.reading() as reader:
            assert reader.head().size >= first.size
    assert json.loads((folder / "backup.json").read_text())["size"] == first.size + 1


# What is restored, and what is not


def test_a_restored_ledger_is_the_one_that_was_backed_up(source: Store, folder: Path, target: Path | str) -> None:
    contents = backed_up(source, folder)
    assert restored(folder, target) == []
    with Store(target) as there:
        assert rows(there) == rows(source)
        kept = Evidence(there.database.evidence_folder)
        assert [kept.read(sha256) for sha256 in contents.evidence] == [b"A letter."]
    assert run(["--ledger", str(target), "verify"]) == 0


def test_a_restoration_that_was_broken_off_goes_on(
    source: Store, folder: Path, target: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Writer.append

    def breaks_off(writer: Writer, entries: Sequence[Entry]) -> Head:
        if entries[0].position:
            raise OSError("broken off")
        return append(writer, entries)

    backed_up(source, folder)
    monkeypatch.setattr(copying, "_AT_ONCE", 10)
    with monkeypatch.context() as patch:
        patch.setattr(Writer, "append", breaks_off)
        with pytest.raises(OSError, match="broken off"):
            restored(folder, target)
    restored(folder, target)
    with Store(target) as there:
        assert rows(there) == rows(source)


def test_nothing_is_restored_over_a_ledger_that_has_gone_on(source: Store, folder: Path) -> None:
    backed_up(source, folder)
    record_yaml(source, LETTER.format(n="new"))
    (KeyRing(ORIGIN).checkpoint).unlink()
    before = rows(source)
    with pytest.raises(Refused, match="is another ledger, or has later entries; restore to an empty place"):
        restored(folder, address(source))
    assert rows(source) == before
    assert not KeyRing(ORIGIN).restored.exists()


CHANGED = "UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), 'document', 'documents') AS BLOB)"
ROTTED = "UPDATE data SET salted = CAST('0123456789abcdef' || '{\"document\":\"x\"}' AS BLOB)"


def damaged(folder: Path, statement: str) -> None:
    """Change the ledger of a backup as only somebody with its file can."""
    with closing(sqlite3.connect(folder / "ledger.db")) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)


@pytest.mark.in_a_file
@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (CHANGED, "failed verification: the first 347 entries are not those that were signed"),
        (ROTTED, "the data of #2 are not those that its envelope commits to"),
        ("DELETE FROM data WHERE position = 90", "failed verification: the data of #90 are missing"),
        ("UPDATE head SET root = zeroblob(32)", "the entries do not lead to the head"),
        ("UPDATE checkpoints SET note = x'6e6f'", "a stored note is no checkpoint"),
        ("DELETE FROM entries WHERE position > 200", "failed verification: an entry from #"),
    ],
)
def test_a_damaged_ledger_is_not_restored(
    source: Store, folder: Path, tmp_path: Path, statement: str, why: str
) -> None:
    backed_up(source, folder)
    damaged(folder, statement)
    with pytest.raises(NotVerified, match=why):
        restored(folder, tmp_path / "restored.db")
    assert not (tmp_path / "restored.db").exists()


@pytest.mark.in_a_file
@pytest.mark.parametrize("what", [CHANGED, ROTTED])
def test_an_old_part_of_a_backup_that_has_rotted_is_found_by_the_next(source: Store, folder: Path, what: str) -> None:
    backed_up(source, folder)
    damaged(folder, what + " WHERE position = 90")
    with pytest.raises(NotVerified, match=r"failed verification: .*; take another backup, to another folder"):
        backed_up(source, folder)


@pytest.mark.in_a_file
@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("backup.json", "{}", "cannot be read"),
        ("backup.json", None, "lacks the 9999 entries"),
        ("checkpoint", "nonsense", "not a signed note"),
        (
            "checkpoint",
            "example.org/another\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— a AAAAAAA=\n",
            "is not this ledger's",
        ),
    ],
)
def test_nor_is_one_whose_papers_are_wrong(
    source: Store, folder: Path, tmp_path: Path, file: str, text: str | None, why: str
) -> None:
    backed_up(source, folder)
    more = {**json.loads((folder / "backup.json").read_text()), "size": 9999}
    (folder / file).write_text(json.dumps(more) if text is None else text)
    with pytest.raises(NotVerified, match=why):
        restored(folder, tmp_path / "restored.db")
    assert not (tmp_path / "restored.db").exists()


def test_a_document_that_a_backup_has_lost_is_told_of_and_the_rest_is_restored(
    source: Store, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = keep(source, tmp_path, "Another.")
    backed_up(source, folder)
    (lost,) = {*Evidence(folder / "ledger.evidence")} - {other}
    Evidence(folder / "ledger.evidence").path(lost).write_text("rotten")
    assert run(["--ledger", str(tmp_path / "restored.db"), "restore", str(folder)]) == 5
    assert f"the backup has lost these documents, or they have changed: {lost}; all else is" in capsys.readouterr().err
    assert list(Evidence(tmp_path / "restored.evidence")) == [other]
    with Store(tmp_path / "restored.db") as there:
        assert rows(there) == rows(source)


def test_the_commands_say_what_they_did(
    source: Store, folder: Path, target: Path | str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--ledger", address(source), "backup", str(folder)]) == 0
    assert f"has the 347 entries of {ORIGIN} and 1 documents, root " in capsys.readouterr().out
    assert run(["--ledger", str(target), "restore", str(folder)]) == 0
    said = capsys.readouterr()
    assert f"Restored the 347 entries of {ORIGIN} to " in said.out
    assert "Reconciled: it has the 347 entries that were signed last on this machine." in said.out
    assert said.err == ""
    assert run(["--ledger", str(target), "restore", str(folder)]) == 0
    assert "Restored the 347 entries of" in capsys.readouterr().out
    shutil.rmtree(folder)
    assert run(["--ledger", str(target), "restore", str(folder)]) == 6


@pytest.mark.in_a_file
def test_a_list_that_names_another_ledger_or_files_elsewhere_is_refused(
    source: Store, folder: Path, tmp_path: Path, keys: Path
) -> None:
    """Otherwise signing would be disabled for that other ledger, and not for the one that is restored."""
    backed_up(source, folder)
    listed = json.loads((folder / "backup.json").read_text("utf-8"))
    for changed, why in (
        ({"ledger": "example.org/another"}, "is of another ledger, example.org/another"),
        ({"ledger": "x" * 5_000}, "is of another ledger"),
        ({"evidence": ["../../../etc/passwd"]}, "cannot be read"),
        ({"evidence": ["a" * 5_000]}, "cannot be read"),
    ):
        (folder / "backup.json").write_text(json.dumps(listed | changed), "utf-8")
        with pytest.raises(NotVerified, match=why):
            restored(folder, tmp_path / "restored.db")
        assert not (tmp_path / "restored.db").exists()
        assert [path.name for path in keys.iterdir() if path.is_dir()] == ["example.org%2Ftest-ledger"]
