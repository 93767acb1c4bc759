"""A restored ledger: its log key is barred until it is known to have everything that was signed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.audit.sign import sign
from ledger.cli import run
from ledger.errors import KeyTrouble, LedgerError, NotFound, NotVerified, RolledBack
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.key import Signer
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.rotate import recover, rotate_log_key
from ledger.replicate.backup import backup, reconcile, restore
from ledger.replicate.copy import copy
from ledger.store.store import Store, database_of
from tests.conftest import ORIGIN, address, record_yaml
from tests.replicate.test_copy import LETTER
from tests.support.crashing import stops

BARRED = "was restored from a backup, and more may have been recorded and signed since; give the last checkpoint"


@pytest.fixture
def elsewhere(tmp_path: Path) -> KeyRing:
    """The keys on another machine, to which none were brought yet."""
    return KeyRing(ORIGIN, tmp_path / "elsewhere")


@pytest.fixture
def old(ledger: Store, tmp_path: Path) -> SignedCheckpoint:
    """What was signed last when the backup was made."""
    record_yaml(ledger, LETTER.format(n="old"))
    note = sign(ledger, KeyRing(ORIGIN))
    backup(ledger, KeyRing(ORIGIN), tmp_path / "backup")
    return note


@pytest.fixture
def new(ledger: Store, old: SignedCheckpoint) -> SignedCheckpoint:
    """What was signed since: two entries more."""
    record_yaml(ledger, LETTER.format(n="new") + LETTER.format(n="newer"))
    return sign(ledger, KeyRing(ORIGIN))


@pytest.fixture
def restored(old: SignedCheckpoint, elsewhere: KeyRing, tmp_path: Path) -> Iterator[Store]:
    """The ledger restored on another machine, to which its keys were brought afterwards."""
    with restored_at(tmp_path, elsewhere) as there:
        bring(KeyRing(ORIGIN), elsewhere)
        yield there


def restored_at(tmp_path: Path, ring: KeyRing) -> Store:
    """The backup, restored where these keys are."""
    restore(tmp_path / "backup", database_of(tmp_path / "restored.db"), lambda _: ring)
    return Store(tmp_path / "restored.db")


def bring(source: KeyRing, target: KeyRing) -> None:
    """Copy the keys, as they are kept in a safe: without what was signed."""
    target.folder.mkdir(parents=True, exist_ok=True)
    for key in source.folder.glob("*.key"):
        shutil.copy2(key, target.folder)


def test_where_nobody_knows_what_was_signed_the_log_key_signs_nothing(restored: Store, elsewhere: KeyRing) -> None:
    before = texts(restored)
    for act in (
        lambda: sign(restored, elsewhere),
        lambda: rotate_log_key(restored, elsewhere, "keeper"),
        lambda: recover(restored, elsewhere, "successor", "The keeper left."),
        lambda: elsewhere.read(LOG_KEY),
    ):
        with pytest.raises(KeyTrouble, match=BARRED):
            act()
    assert texts(restored) == before
    assert elsewhere.last_checkpoint() is None


def texts(ledger: Store) -> list[str]:
    """The checkpoints that a ledger keeps."""
    with ledger.reading() as reader:
        return [note.text for note in reader.checkpoints()]


def test_nothing_is_recorded_before_it_is_reconciled(
    restored: Store, old: SignedCheckpoint, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """It would take the place of entries that were recorded since the backup, and bar the way to them."""
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(tmp_path / "elsewhere"))
    here = ["--ledger", address(restored)]
    letter = ["document", "register", "--document", "l", "--type", "dataset", "--title", "L", "--publisher", "P"]
    for command in (letter, ["keys", "rotate"], ["prove", "--body", "kent", "-o", str(tmp_path / "proof")]):
        assert run([*here, *command]) == 1
        assert "was restored from a backup" in (told := capsys.readouterr().err)
        assert "`force-ledger checkpoint reconcile CHECKPOINT`" in told
    assert not (tmp_path / "proof").exists()
    assert run([*here, *letter, "--dry-run"]) == 0
    assert run([*here, "verify"]) == 0

    assert run([*here, "checkpoint", "reconcile", str(tmp_path / "backup" / "checkpoint")]) == 0
    assert "has the 47 entries that were signed last, and can be signed again" in capsys.readouterr().out
    assert run([*here, *letter]) == 0
    assert capsys.readouterr().err == (
        "document/l: document registered  #47\n    document             l\n    type                 dataset\n"
        "    title                L\n    publisher            P\nThis changes no state, on any day.\n"
    )
    assert Checkpoint.parse(texts(restored)[0]).size == 48
    assert run([*here, "verify"]) == 0


def test_the_last_checkpoint_that_was_seen_frees_the_log_key(
    restored: Store, elsewhere: KeyRing, old: SignedCheckpoint
) -> None:
    assert reconcile(restored, elsewhere, [old]) == old.checkpoint
    assert elsewhere.last_checkpoint() == old.to_bytes()
    assert sign(restored, elsewhere) == old


def test_entries_that_were_signed_and_are_missing_must_be_brought_in_first(
    ledger: Store, restored: Store, elsewhere: KeyRing, old: SignedCheckpoint, new: SignedCheckpoint
) -> None:
    with pytest.raises(RolledBack, match="2 entries are missing: 49 were signed, 47 are here; bring them in"):
        reconcile(restored, elsewhere, [old, new])
    with pytest.raises(KeyTrouble, match=BARRED):
        sign(restored, elsewhere)
    with ledger.reading() as reader:
        copy(reader, restored)
    assert reconcile(restored, elsewhere, [new, old]).size == 49
    assert sign(restored, elsewhere) == new


def test_a_ledger_that_has_gone_on_otherwise_is_not_signed(
    restored: Store, elsewhere: KeyRing, old: SignedCheckpoint, new: SignedCheckpoint
) -> None:
    record_yaml(restored, LETTER.format(n="another") + LETTER.format(n="more"))
    with pytest.raises(NotVerified, match="other entries were signed than the first 49 that are here"):
        reconcile(restored, elsewhere, [old, new])
    assert elsewhere.restored.exists()


def test_only_this_logs_checkpoints_count_and_none_that_is_earlier_than_its_own(
    ledger: Store, restored: Store, elsewhere: KeyRing, old: SignedCheckpoint
) -> None:
    log, root = KeyRing(ORIGIN).read(LOG_KEY), old.checkpoint.root
    with ledger.reading() as reader:
        first = Checkpoint(ORIGIN, 46, reader.tree().root(46)).sign(log)
    wrong: list[tuple[list[SignedCheckpoint], type[LedgerError], str]] = [
        ([], NotFound, "it is not known what was signed last"),
        ([first], NotFound, "it is not known what was signed last"),
        ([Checkpoint(ORIGIN, 47, root).sign(Signer(ORIGIN, bytes(32)))], NotVerified, "is not this ledger's"),
    ]
    for notes, error, why in wrong:
        with pytest.raises(error, match=why):
            reconcile(restored, elsewhere, notes)
    assert elsewhere.restored.exists()
    assert elsewhere.last_checkpoint() is None


def test_wherever_reconciling_stops_nothing_is_free_that_is_not_known(
    restored: Store, elsewhere: KeyRing, old: SignedCheckpoint
) -> None:
    for _ in stops(lambda: reconcile(restored, elsewhere, [old])):
        assert elsewhere.restored.exists() or elsewhere.last_checkpoint() == old.to_bytes()
    assert not elsewhere.restored.exists()


# On a machine that knows something


def test_the_machine_that_signed_reconciles_by_itself(ledger: Store, old: SignedCheckpoint, tmp_path: Path) -> None:
    with restored_at(tmp_path, KeyRing(ORIGIN)) as there:
        assert not KeyRing(ORIGIN).restored.exists()
        assert reconcile(there, KeyRing(ORIGIN), []) == old.checkpoint
        assert sign(there, KeyRing(ORIGIN)) == old


def test_there_a_drill_with_an_old_backup_bars_nothing_but_the_old_ledger(
    ledger: Store, new: SignedCheckpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--ledger", str(tmp_path / "drill.db"), "restore", str(tmp_path / "backup")]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"Restored the 47 entries of {ORIGIN} to ")
    assert "Warning: nothing can be signed yet: 2 entries are missing: 49 were signed, 47 are here" in said.err
    letter = ["document", "register", "--document", "l", "--type", "dataset", "--title", "L", "--publisher", "P"]
    assert run(["--ledger", str(tmp_path / "drill.db"), *letter]) == 1
    assert "the ledger lacks what was signed on this machine, up to #48" in capsys.readouterr().err
    with Store(tmp_path / "drill.db") as drill:
        with pytest.raises(RolledBack, match="has 47 entries, and 49 were signed"):
            sign(drill, KeyRing(ORIGIN))
        assert sign(ledger, KeyRing(ORIGIN)) == new
        with ledger.reading() as reader:
            copy(reader, drill)
        assert sign(drill, KeyRing(ORIGIN)) == new


def test_a_copy_of_the_keys_with_an_older_checkpoint_is_not_believed(
    ledger: Store, elsewhere: KeyRing, tmp_path: Path
) -> None:
    sign(ledger, KeyRing(ORIGIN))
    shutil.copytree(KeyRing(ORIGIN).folder, elsewhere.folder)
    record_yaml(ledger, LETTER.format(n="signed"))
    note = sign(ledger, KeyRing(ORIGIN))
    backup(ledger, KeyRing(ORIGIN), tmp_path / "backup")
    with restored_at(tmp_path, elsewhere) as there:
        with pytest.raises(NotFound, match="it is not known"):
            reconcile(there, elsewhere, [])
        with pytest.raises(KeyTrouble, match=BARRED):
            sign(there, elsewhere)
        assert reconcile(there, elsewhere, [note]).size == 47
        assert sign(there, elsewhere) == note


def test_the_bar_is_there_before_the_first_entry(
    old: SignedCheckpoint, elsewhere: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(*_: object) -> None:
        raise OSError("broken off")

    with monkeypatch.context() as patch:
        patch.setattr("ledger.replicate.backup.copy", breaks_off)
        with pytest.raises(OSError, match="broken off"):
            restored_at(tmp_path, elsewhere)
    assert elsewhere.restored.exists()
    with restored_at(tmp_path, elsewhere), pytest.raises(KeyTrouble, match=BARRED):
        elsewhere.read(LOG_KEY)


def test_the_command_says_which_keys_to_bring(
    old: SignedCheckpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(tmp_path / "elsewhere"))
    assert run(["--ledger", str(tmp_path / "restored.db"), "restore", str(tmp_path / "backup")]) == 0
    said = capsys.readouterr().err
    assert "these keys are not on this machine: keeper, log." in said
    assert (
        "nothing can be signed yet: it is not known what was signed last; give the last checkpoint, as it was published"
        in said
    )
