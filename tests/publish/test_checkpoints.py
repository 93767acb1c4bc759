"""Signing checkpoints: never below, and never beside, what was signed before; and what is kept with them."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from events.document import DocumentRegistered
from events.terms import DocumentType
from ledger.audit.sign import sign
from ledger.errors import Damaged, KeyTrouble, LedgerError, NotFound, NotVerified, Refused, RolledBack
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.key import Signer
from ledger.log.note import SignedNote
from ledger.log.proof import check_consistency
from ledger.log.proof_file import ConsistencyFile, ForkFile
from ledger.publish.checkpoints import keep_cosignatures, last_signed
from ledger.publish.consistency import compare, consistency_file
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.rotate import rotate_log_key
from ledger.replay import log_keys
from ledger.replicate.copy import copy
from ledger.store.reader import Writer
from ledger.store.store import Store
from tests.conftest import ORIGIN, now, path_of, record_events
from tests.support.crashing import stops

WITNESS = Signer("w.example.net", bytes(range(32)))


@pytest.fixture
def ring(ledger: Store) -> KeyRing:
    """The keys of the ledger, its log key among them."""
    return KeyRing(ORIGIN)


def add(ledger: Store, *names: str) -> None:
    """Record a document of each name."""
    letter = DocumentType.INSPECTORATE_LETTER
    record_events(ledger, *(DocumentRegistered(document=n, type=letter, title=n, publisher="HMICFRS") for n in names))


def outside(ring: KeyRing) -> SignedCheckpoint:
    """What is kept outside the ledger."""
    return SignedCheckpoint.parse((ring.folder / "checkpoint").read_bytes())


@pytest.mark.parametrize("full", [False, True])
def test_the_head_is_signed_by_the_log_and_kept_twice(ledger: Store, ring: KeyRing, full: bool) -> None:
    for names in (["a"], ["b", "c"], [f"d{n}" for n in range(300)]):
        add(ledger, *names)
        note = sign(ledger, ring, full=full)
        with ledger.reading() as reader:
            head = reader.head()
            assert reader.checkpoint() == outside(ring) == note
            note.verify(log_keys(reader), reader.tree())
        assert note.checkpoint == Checkpoint(ORIGIN, head.size, head.root)


def test_where_the_log_key_signed_last_is_remembered(ledger: Store, ring: KeyRing) -> None:
    sign(ledger, ring)
    assert ring.signed_in() == str(ledger.database)


def test_the_same_head_gives_the_same_note_with_its_cosignatures(ledger: Store, ring: KeyRing) -> None:
    note = sign(ledger, ring)
    assert sign(ledger, ring) == note
    cosigned = keep_cosignatures(ledger, [note.cosign(WITNESS, 1)], [WITNESS.cosigner])
    assert sign(ledger, ring) == cosigned
    assert rows(ledger) == 2
    assert outside(ring) == note


def rows(ledger: Store) -> int:
    """How many checkpoints the ledger keeps."""
    with ledger.reading() as reader:
        return len(list(reader.checkpoints()))


@pytest.fixture
def backup(ledger: Store, ring: KeyRing, tmp_path: Path) -> Iterator[Store]:
    """The ledger as it was before what is signed: a copy of it."""
    sign(ledger, ring)
    with Store.create(tmp_path / "backup.db") as restored:
        with ledger.reading() as reader:
            copy(reader, restored)
        add(ledger, "signed-after-the-backup")
        sign(ledger, ring)
        yield restored


def test_a_rolled_back_ledger_cannot_sign(backup: Store, ring: KeyRing) -> None:
    with pytest.raises(RolledBack, match="has 46 entries, and 47 were signed: a backup took its place; restore"):
        sign(backup, ring)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("names", [["another"], ["another", "and-another"]])
def test_nor_can_it_when_it_has_grown_otherwise(backup: Store, ring: KeyRing, names: list[str], full: bool) -> None:
    add(backup, *names)
    before = outside(ring)
    with pytest.raises(RolledBack, match="the first 47 entries are not those that were signed"):
        sign(backup, ring, full=full)
    assert outside(ring) == before
    assert rows(backup) == 1


def test_what_is_signed_in_the_ledger_holds_where_the_file_outside_is_lost(ledger: Store, ring: KeyRing) -> None:
    note = sign(ledger, ring)
    (ring.folder / "checkpoint").unlink()
    assert sign(ledger, ring) == note == outside(ring)


def test_a_file_outside_that_is_older_than_the_ledger_is_brought_up(ledger: Store, ring: KeyRing) -> None:
    older = sign(ledger, ring)
    add(ledger, "a")
    sign(ledger, ring)
    (ring.folder / "checkpoint").write_bytes(older.to_bytes())
    assert sign(ledger, ring) == outside(ring)


def test_a_file_outside_that_is_not_this_logs_is_told(ledger: Store, ring: KeyRing) -> None:
    stranger = Signer(ORIGIN, bytes(32))
    for data, why in (
        (b"nonsense", "cannot be read"),
        (sign(ledger, ring).checkpoint.sign(stranger).to_bytes(), "is not this ledger's"),
    ):
        (ring.folder / "checkpoint").write_bytes(data)
        with pytest.raises(NotVerified, match=why):
            sign(ledger, ring)


def changed(ledger: Store, *statements: str) -> None:
    """Change the database as only somebody with its file can, who puts the triggers back afterwards."""
    with closing(sqlite3.connect(path_of(ledger))) as connection, connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *(sql for _, sql in triggers)):
            connection.execute(statement)


TAMPERED = (
    "UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), 'document', 'documents') AS BLOB) WHERE position = "
)


@pytest.mark.in_a_file
def test_an_entry_that_was_changed_since_is_found_before_signing(ledger: Store, ring: KeyRing) -> None:
    sign(ledger, ring)
    add(ledger, "a", "b")
    changed(ledger, f"{TAMPERED} 46")
    with pytest.raises(NotVerified, match="do not lead to the head of the ledger; nothing was signed"):
        sign(ledger, ring)


@pytest.mark.in_a_file
def test_an_earlier_one_is_found_in_full(ledger: Store, ring: KeyRing) -> None:
    add(ledger, *(f"a{n}" for n in range(300)))
    sign(ledger, ring)
    add(ledger, "b")
    changed(ledger, f"{TAMPERED} 47")
    sign(ledger, ring)  # the tree that was signed still stands; `verify` reads it all, as does --full
    with pytest.raises(NotVerified, match=r"#47: .*; nothing was signed"):
        sign(ledger, ring, full=True)


@pytest.mark.in_a_file
@pytest.mark.parametrize(
    ("change", "error", "why"),
    [
        ("UPDATE tiles SET root = zeroblob(32)", RolledBack, "are not those that were signed"),
        ("DELETE FROM tiles", Damaged, r"tile/1/000\.p/1 is missing, or not whole"),
        ("UPDATE checkpoints SET note = x'6e6f'", Damaged, "a stored note is no checkpoint"),
        ("UPDATE head SET root = zeroblob(32)", NotVerified, "do not lead to the head of the ledger"),
    ],
)
def test_a_tree_that_was_changed_is_found(
    ledger: Store, ring: KeyRing, change: str, error: type[LedgerError], why: str
) -> None:
    add(ledger, *(f"a{n}" for n in range(300)))
    sign(ledger, ring)
    changed(ledger, change)
    with pytest.raises(error, match=why):
        sign(ledger, ring)


def test_only_the_log_key_that_is_in_force_signs(ledger: Store, ring: KeyRing) -> None:
    first = sign(ledger, ring)
    old = (ring.folder / "log.key").read_bytes()
    rotate_log_key(ledger, ring, "keeper", clock=now)
    note = sign(ledger, ring)
    with ledger.reading() as reader:
        old_key, new_key = log_keys(reader)
    assert list(note.verify([old_key, new_key])) == [new_key]
    assert list(first.verify([old_key, new_key])) == [old_key]
    (ring.folder / "log.key").write_bytes(old)
    with pytest.raises(KeyTrouble, match=r"the log key .* is not in .*; sign on the machine that has it"):
        sign(ledger, ring)


def test_a_log_key_whose_rotation_was_broken_off_signs(
    ledger: Store, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(KeyRing, "replace", lambda *_: None)
        rotate_log_key(ledger, ring, "keeper", clock=now)
    with ledger.reading() as reader:
        in_force = log_keys(reader)[-1]
    assert ring.verifier(LOG_KEY) != in_force
    assert list(sign(ledger, ring).verify([in_force])) == [in_force]


def test_wherever_signing_stops_what_was_signed_is_kept_and_signing_again_finishes(
    ledger: Store, ring: KeyRing
) -> None:
    before = sign(ledger, ring)
    add(ledger, "a")
    with ledger.reading() as reader:
        head = reader.head()
    after = Checkpoint(ORIGIN, head.size, head.root).sign(ring.read(LOG_KEY))
    for _ in stops(lambda: sign(ledger, ring)):
        assert outside(ring) in (before, after)
        (ring.folder / "checkpoint").write_bytes(before.to_bytes())
        with ledger.reading() as reader:
            assert reader.checkpoint() == before, "the file outside comes first"
    with ledger.reading() as reader:
        assert reader.checkpoint() == outside(ring) == after


def test_what_was_signed_outside_and_not_in_the_ledger_is_signed_alike_again(
    ledger: Store, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Writer, "keep_checkpoint", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sign(ledger, ring)
    kept = outside(ring)
    with ledger.reading() as reader:
        assert reader.checkpoint() is None
    assert sign(ledger, ring) == kept
    with ledger.reading() as reader:
        assert reader.checkpoint() == kept


# Comparing, and cosignatures


@pytest.fixture
def twin(ledger: Store, ring: KeyRing, tmp_path: Path) -> Iterator[Store]:
    """A copy of the ledger that grew otherwise, and whose log key signs what it is told: somebody cheats."""
    with Store.create(tmp_path / "twin.db") as twin:
        with ledger.reading() as reader:
            copy(reader, twin)
        yield twin


def cheated(twin: Store, tmp_path: Path) -> SignedCheckpoint:
    """The head of the twin, signed without what was signed before at hand."""
    shutil.copytree(KeyRing(ORIGIN).folder, tmp_path / "stolen" / KeyRing(ORIGIN).folder.name, dirs_exist_ok=True)
    stolen = KeyRing(ORIGIN, tmp_path / "stolen")
    (stolen.folder / "checkpoint").unlink(missing_ok=True)
    return sign(twin, stolen)


def test_two_checkpoints_are_of_one_history_or_not(ledger: Store, ring: KeyRing, twin: Store, tmp_path: Path) -> None:
    earlier = sign(ledger, ring)
    add(ledger, "a")
    middle = sign(ledger, ring)
    add(ledger, "b")
    later = sign(ledger, ring)
    add(twin, "c")
    lie = cheated(twin, tmp_path)
    with ledger.reading() as reader:
        keys, tree = log_keys(reader), reader.tree()
        assert compare(earlier, earlier, keys, None) == ConsistencyFile(46, (), earlier)
        for pair in ((earlier, later), (later, earlier)):
            grown = compare(*pair, keys, tree)
            assert isinstance(grown, ConsistencyFile)
            check_consistency(grown.proof, 46, 48, earlier.checkpoint.root, later.checkpoint.root)
        for others in ((middle, None), (later, tree)):
            fork = compare(lie, others[0], keys, others[1])
            assert isinstance(fork, ForkFile)
            assert fork.check(keys) == (lie.checkpoint, others[0].checkpoint)
        with pytest.raises(NotFound, match="there is no copy of it here"):
            compare(earlier, later, keys, None)
        with pytest.raises(NotFound, match="the copy here has 46"):
            compare(earlier, later, keys, reader.tree(46))
        with pytest.raises(NotVerified, match="is not of the ledger here"):
            compare(earlier, lie, keys, tree)
        with pytest.raises(NotVerified, match="no key"):
            compare(earlier, later, [Signer(ORIGIN, bytes(32)).verifier], tree)


def test_checkpoints_of_two_logs_are_not_compared(ledger: Store, ring: KeyRing) -> None:
    ours, other = ring.read(LOG_KEY), Signer("example.org/other", bytes(32))
    one, two = (Checkpoint(signer.name, 1, bytes(32)).sign(signer) for signer in (ours, other))
    with pytest.raises(Refused, match="of two logs"):
        compare(one, two, [ours.verifier, other.verifier], None)


def test_a_cosignature_is_kept_with_the_checkpoint_that_it_is_of(ledger: Store, ring: KeyRing) -> None:
    earlier = sign(ledger, ring)
    add(ledger, "a")
    later = sign(ledger, ring)
    for time in (1, 2):  # the second gives way to the first
        kept = keep_cosignatures(ledger, [earlier.cosign(WITNESS, time)], [WITNESS.cosigner])
        assert kept == earlier.with_signatures(earlier.cosign(WITNESS, time))
    with ledger.reading() as reader:
        assert reader.checkpoint() == later
        assert last_signed(reader) == later
        assert [note.text for note in reader.checkpoints()] == [later.text, *[earlier.text] * 3]


def test_a_cosignature_that_is_none_is_not_kept(ledger: Store, ring: KeyRing) -> None:
    note = sign(ledger, ring)
    other = Signer("w.example.net", bytes(32))
    for signature, key in ((note.cosign(other, 1), WITNESS), (SignedNote("x\n", ()).cosign(WITNESS, 1), WITNESS)):
        with pytest.raises(NotVerified, match="no checkpoint of this ledger is cosigned by that"):
            keep_cosignatures(ledger, [signature], [key.cosigner])
    with ledger.reading() as reader:
        assert reader.checkpoint() == note


def test_a_proof_from_beyond_the_checkpoint_is_not_given(ledger: Store, ring: KeyRing) -> None:
    note = sign(ledger, ring)
    with ledger.reading() as reader, pytest.raises(NotFound, match="the checkpoint is of 46 entries, and 47 are more"):
        consistency_file(reader, 47, note)


def test_before_there_is_one_that_is_told(ledger: Store) -> None:
    with ledger.reading() as reader, pytest.raises(NotFound, match="no checkpoint has been signed"):
        last_signed(reader)
