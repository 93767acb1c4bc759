"""Copying: every byte arrives, and a target that is not the source as it once was is left alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from events import Entry
from ledger.audit.sign import sign
from ledger.cli import run
from ledger.errors import NotVerified, Refused, RolledBack
from ledger.evidence.folder import Evidence
from ledger.log.key import Signer
from ledger.publish.checkpoints import keep_cosignatures, last_signed
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.replicate import copy as copying
from ledger.replicate.copy import copy
from ledger.store.database import Head
from ledger.store.reader import Writer
from ledger.store.store import Store
from tests.conftest import ORIGIN, address, record_yaml
from tests.support import server

TABLES = ("entries", "data", "refs", "tiles", "head", "checkpoints")
LETTER = "- {{kind: document.registered, document: letter-{n}, type: dataset, title: A letter, publisher: Nobody}}\n"


@pytest.fixture(params=["to a file", "to a server"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where to copy to."""
    return tmp_path / "copy.db" if request.param == "to a file" else server.new_schema()


@pytest.fixture
def source(ledger: Store) -> Store:
    """A ledger with something in every table, of which something was withheld."""
    record_yaml(ledger, "".join(LETTER.format(n=n) for n in range(300)))
    record_yaml(ledger, "- {kind: entry.retracted, target: '#60', reason: A slip.}")
    sign(ledger, KeyRing(ORIGIN))
    record_yaml(ledger, "- {kind: entry.withheld, target: '#60', ground: court-order, reason: Ordered.}")
    sign(ledger, KeyRing(ORIGIN))
    return ledger


def rows(ledger: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All that a ledger holds."""
    with ledger.reading() as reader:
        return {t: [tuple(row) for row in reader.rows(f"SELECT * FROM {t} ORDER BY 1, 2")] for t in TABLES}


def copied(source: Store, target: Store) -> int:
    """Copy what there is now."""
    with source.reading() as reader:
        copied = copy(reader, target)
    return copied.size - copied.first


def test_every_row_of_every_table_is_copied(source: Store, target: Path | str) -> None:
    with Store.create(target) as there:
        assert copied(source, there) == len(rows(source)["entries"])
        assert rows(there) == rows(source)
        assert all(rows(there).values())
        assert copied(source, there) == 0


def test_there_and_back_again_it_is_the_same(source: Store, target: Path | str, tmp_path: Path) -> None:
    with Store.create(target) as there, Store.create(tmp_path / "back.db") as back:
        copied(source, there)
        copied(there, back)
        assert rows(back) == rows(source)


def test_a_copy_is_brought_up_to_date(source: Store, target: Path | str) -> None:
    with Store.create(target) as there:
        copied(source, there)
        record_yaml(source, LETTER.format(n="new"))
        sign(source, KeyRing(ORIGIN))
        assert copied(source, there) == 1
        assert rows(there) == rows(source)


@pytest.mark.parametrize(("beyond", "kept"), [(0, 0), (358, 358)])
def test_a_copy_that_was_broken_off_goes_on_from_what_was_signed(
    source: Store, target: Path | str, beyond: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Writer.append

    def breaks_off(writer: Writer, entries: Sequence[Entry]) -> Head:
        head = append(writer, entries)
        if head.size > beyond:
            raise OSError("broken off")
        return head

    monkeypatch.setattr(copying, "_AT_ONCE", 10)
    record_yaml(source, "".join(LETTER.format(n=f"more-{n}") for n in range(10)))
    sign(source, KeyRing(ORIGIN))
    record_yaml(source, "".join(LETTER.format(n=f"most-{n}") for n in range(10)))
    with Store.create(target) as there:
        with monkeypatch.context() as patch:
            patch.setattr(Writer, "append", breaks_off)
            with pytest.raises(OSError, match="broken off"):
                copied(source, there)
        with there.reading() as reader:
            assert reader.head().size == kept
        assert copied(source, there) == 368 - kept
        assert rows(there) == rows(source)


def test_another_ledger_is_not_added_to(source: Store, target: Path | str) -> None:
    create_ledger(target, origin="example.org/another")
    with Store(target) as there:
        before = rows(there)
        with pytest.raises(Refused, match="the target is another ledger"):
            copied(source, there)
        assert rows(there) == before


def test_nor_is_a_copy_that_has_gone_on_by_itself(source: Store, target: Path | str) -> None:
    with Store.create(target) as there:
        copied(source, there)
        record_yaml(there, LETTER.format(n="there"))
        before = rows(there)
        with pytest.raises(RolledBack, match="somebody recorded entries in this copy"):
            copied(source, there)
        record_yaml(source, LETTER.format(n="here") + LETTER.format(n="too"))
        with pytest.raises(NotVerified, match="these are two histories"):
            copied(source, there)
        assert rows(there) == before


def test_what_witnesses_said_of_a_copy_stays_with_it(source: Store, target: Path | str) -> None:
    witness = Signer.generate("example.net/witness")
    with Store.create(target) as there:
        copied(source, there)
        with there.reading() as reader:
            note = last_signed(reader)
        cosigned = keep_cosignatures(there, [note.cosign(witness, 1_700_000_000)], [witness.cosigner])
        record_yaml(source, LETTER.format(n="new"))
        sign(source, KeyRing(ORIGIN))
        assert copied(source, there) == 1
        with there.reading() as reader:
            assert cosigned in list(reader.checkpoints())


@pytest.mark.in_a_file
def test_a_source_that_is_not_sound_is_told_of(source: Store, target: Path | str) -> None:
    data = rows(source)["entries"][90][5]
    with source._datastore.transaction(commit=True) as cursor:
        cursor.execute("DROP TRIGGER entries_are_never_changed")
        cursor.execute(
            "UPDATE entries SET entry = ? WHERE position = 90",
            [data.replace(b'"recorded_by":"keeper', b'"recorded_by":"keepex')],
        )
    with Store.create(target) as there, pytest.raises(NotVerified, match="has another root than the source"):
        copied(source, there)


@pytest.mark.in_a_file
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE data SET salted = zeroblob(40) WHERE position = 90", "the data of #90 are not those"),
        ("DELETE FROM data WHERE position = 90", "the data of #90 are missing, and no entry withholds them"),
        ("INSERT INTO data SELECT 0, salted FROM data WHERE position = 90", "the data of #0 are not those"),
    ],
)
def test_data_of_a_source_that_are_not_sound_are_told_of(
    source: Store, target: Path | str, change: str, why: str
) -> None:
    with source._datastore.transaction(commit=True) as cursor:
        for trigger in ("data_are_never_changed", "data_are_deleted_if_withheld", "data_come_with_their_entries"):
            cursor.execute(f"DROP TRIGGER {trigger}")
        cursor.execute(change)
    with Store.create(target) as there, pytest.raises(NotVerified, match=why):
        copied(source, there)


def test_the_command_takes_the_evidence_along(
    source: Store, target: Path | str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("A letter.")
    sha256 = Evidence(source.database.evidence_folder).add(tmp_path / "letter.txt")
    assert run(["copy", address(source), str(target)]) == 0
    assert "Copied 348 entries to " in capsys.readouterr().out
    assert run(["copy", address(source), str(target)]) == 0
    assert "Copied 0 entries to " in capsys.readouterr().out
    with Store(target) as there:
        assert Evidence(there.database.evidence_folder).read(sha256) == b"A letter."
    assert run(["--ledger", str(target), "verify"]) == 0
