"""What somebody wrote past every rule at the end of a ledger's file: the log key signs nothing with it, and no copy or
backup loses data for it. `verify` finds it too, but only once somebody runs that."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from events.amendment import EntryCorroborated, EntryWithheld
from events.recorder import LogKeyRotated
from events.values import Citation
from ledger.audit.sign import sign
from ledger.errors import NotVerified
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.publish.proof_json import Extract
from ledger.publish.prove import extract
from ledger.publish.publish import publish
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.replicate.backup import backup, reconcile
from ledger.replicate.copy import copy
from ledger.store.store import Store
from tests.audit.forging import Stored, checkpoint, entries_of, notes_of, put, signed, tampering
from tests.audit.small import SIZE, Small, authorised, document, force, revoked
from tests.audit.test_threats_to_entries import retraction, without
from tests.conftest import ORIGIN

STRANGER = Signer.generate("stranger")
NO_SIGNATURE = to_base64(bytes(64))
REPORT = 11  # the registration of a document, in force
Tail = Callable[[Small], list[Stored]]


def withholding(small: Small, **others: str) -> EntryWithheld:
    report = small.entries[REPORT].read(REPORT)
    fields = {"target": report.event_id, "stream": report.matter, "ground": "court-order", "reason": "So it is."}
    return EntryWithheld.model_validate(fields | others)


def by_a_clerk_after_its_retraction(small: Small) -> list[Stored]:
    entries = small.entries + signed(retraction(small.entries[REPORT].read(REPORT)), by=small.clerk, onto=small.entries)
    return entries + signed(withholding(small), by=small.clerk, onto=entries)


def end(make: Callable[[Small], EntryWithheld], by: Callable[[Small], Signer], **claims: Any) -> Tail:
    return lambda small: small.entries + signed(make(small), by=by(small), onto=small.entries, **claims)


DECISIONS: dict[str, Tail] = {
    "signed by nobody": end(withholding, lambda small: small.keeper, signature="A" * 86 + "=="),
    "signed by a stranger": end(withholding, lambda _: STRANGER),
    "signed by a clerk": by_a_clerk_after_its_retraction,
    "about what is in force": end(withholding, lambda small: small.keeper),
    "in another matter": end(lambda small: withholding(small, stream="document/letter"), lambda small: small.keeper),
}


@pytest.mark.parametrize("tail", DECISIONS.values(), ids=DECISIONS)
def test_a_copy_loses_nothing_for_a_decision_that_is_none(small: Small, tail: Tail, tmp_path: Path) -> None:
    forged = small.path.with_name("forged.db")
    put(forged, without(tail(small), REPORT), notes_of(small.path))
    with Store.create(tmp_path / "copy.db") as target, Store(small.path) as source, Store(forged) as false:
        with source.reading() as reader:
            copy(reader, target)
        with false.reading() as reader, pytest.raises(NotVerified):
            copy(reader, target)
    assert entries_of(tmp_path / "copy.db") == small.entries


def test_a_backup_loses_nothing_for_it(small: Small, tmp_path: Path) -> None:
    before, ring = small.entries, KeyRing(ORIGIN, small.path.parent / "keys")
    with Store(small.path) as ledger:
        backup(ledger, ring, tmp_path / "backup")
    put(small.path, without(DECISIONS["signed by a stranger"](small), REPORT), notes_of(small.path))
    with (
        Store(small.path) as ledger,
        pytest.raises(NotVerified, match="the signature is not that of stranger"),
    ):
        backup(ledger, ring, tmp_path / "backup")
    assert entries_of(tmp_path / "backup" / "ledger.db") == before


UNSIGNED: dict[str, tuple[Tail, str]] = {
    "by nobody": (
        lambda small: small.entries + signed(document("x"), by=small.clerk, onto=small.entries, signature=""),
        rf"#{SIZE}: the signature is not that of clerk\+",
    ),
    "by a stranger": (
        lambda small: small.entries + signed(document("x"), by=STRANGER, onto=small.entries),
        rf"#{SIZE}: the signature is not that of stranger\+",
    ),
    "by a clerk who authorises": (
        lambda small: small.entries + signed(authorised(STRANGER, "keeper"), by=small.clerk, onto=small.entries),
        rf"#{SIZE}: clerk\S+ is a clerk, and may not record recorder.authorised",
    ),
    "as if earlier": (
        lambda small: small.entries + signed(revoked(small.clerk), by=small.keeper, onto=small.entries[: SIZE - 1]),
        rf"submissions: #{SIZE}: the beginning of its submission is missing",
    ),
    "in part": (
        lambda small: small.entries + signed(document("x"), document("y"), by=small.clerk, onto=small.entries)[:1],
        rf"submissions: #{SIZE}: of its 2 entries only 1 are there",
    ),
    "against the rules": (
        lambda small: small.entries + signed(document("letter"), by=small.clerk, onto=small.entries, salt=bytes(16)),
        rf"rules: #{SIZE}: ",
    ),
}


@pytest.fixture
def ring(small: Small) -> KeyRing:
    """The keys of a machine that has the log key alone, and has signed nothing yet."""
    ring = KeyRing(ORIGIN)
    ring.make_folder()
    key = ring.folder / f"{LOG_KEY}.key"
    key.touch(0o600)
    key.write_text(small.log_key.secret_text())
    return ring


def refused(small: Small, ring: KeyRing, why: str) -> None:
    """Fail unless the log key signs nothing, for that reason."""
    before = notes_of(small.path)
    with Store(small.path) as ledger:
        for full in (False, True):
            with pytest.raises(NotVerified, match=why):
                sign(ledger, ring, full=full)
    assert notes_of(small.path) == before
    assert ring.last_checkpoint() is None


@pytest.mark.parametrize(("tail", "why"), UNSIGNED.values(), ids=UNSIGNED)
def test_the_log_key_signs_only_what_a_recorder_has_signed_by_the_rules(
    small: Small, ring: KeyRing, tail: Tail, why: str
) -> None:
    put(small.path, tail(small), notes_of(small.path))
    refused(small, ring, why)


def test_it_signs_what_others_have_recorded_by_the_rules(small: Small, ring: KeyRing) -> None:
    put(small.path, small.entries + signed(document("x"), by=small.clerk, onto=small.entries), notes_of(small.path))
    with Store(small.path) as ledger:
        assert sign(ledger, ring).size == SIZE + 1


def test_no_checkpoint_of_a_made_up_log_key_excuses_what_is_before_it(small: Small, ring: KeyRing) -> None:
    """Who writes to the database can rotate the log key there and back, signed by nobody."""
    made_up = Signer.generate(ORIGIN)
    entries = small.entries
    for key in (made_up, small.log_key):
        rotated = LogKeyRotated(log_key=str(key.verifier), signed_by_old=NO_SIGNATURE, signed_by_new=NO_SIGNATURE)
        entries += signed(rotated, by=STRANGER, onto=entries)
    note = checkpoint(entries, made_up)
    put(small.path, entries, [*notes_of(small.path), note])
    refused(small, ring, why := rf"signatures: #{SIZE}, #{SIZE + 1}: the signature is not that of stranger\+")
    with Store(small.path) as ledger:
        reconcile(ledger, ring, [SignedCheckpoint.parse(note)])  # as of a backup that somebody made up
        with pytest.raises(NotVerified, match=why):
            sign(ledger, ring)


def test_a_revocation_that_its_columns_hide_is_in_force(small: Small, ring: KeyRing) -> None:
    """The column of matters, by which entries are found, is not signed; the envelope is."""
    small.append(revoked(small.clerk), by=small.keeper)
    entries = small.entries + signed(document("x"), by=small.clerk, onto=small.entries)
    put(small.path, entries, [*notes_of(small.path), checkpoint(small.entries, small.log_key)])
    with tampering(small.path) as connection:
        connection.execute(f"UPDATE entries SET matter = 'hidden' WHERE position = {SIZE}")
    refused(small, ring, f"stored: #{SIZE}: its columns")


def test_what_is_published_loses_nothing_for_a_decision_that_only_a_column_names(small: Small, tmp_path: Path) -> None:
    """The column of kinds is not signed; the envelope is."""
    report = small.entries[REPORT].read(REPORT)
    cited = (Citation(document="letter"),)
    small.append(EntryCorroborated(target=report.event_id, stream=report.matter, documents=cited), by=small.clerk)
    put(small.path, small.entries, [checkpoint(small.entries, small.log_key)])
    with Store(small.path) as ledger:
        publish(ledger, tmp_path / "public")
    data = tmp_path / "public" / "data" / "000.p" / f"{SIZE + 1}"
    before = data.read_bytes()
    with tampering(small.path) as connection:
        connection.execute(f"UPDATE entries SET topic = 'entry.withheld@1' WHERE position = {SIZE}")
        connection.execute(f"DELETE FROM data WHERE position = {REPORT}")
    for full in (False, True):
        with Store(small.path) as ledger, pytest.raises(NotVerified, match=f"the data of #{REPORT} are missing"):
            publish(ledger, tmp_path / "public", full=full)
    assert data.read_bytes() == before


def test_an_index_that_hides_what_is_on_record_answers_no_rule(small: Small, ring: KeyRing) -> None:
    """Nobody has signed the index of references, by which rules find who has a name."""
    again = force("kent").model_copy(update={"body": "kent-again"})
    put(
        small.path,
        small.entries + signed(again, by=small.clerk, approved_by=small.reviewer, onto=small.entries),
        notes_of(small.path),
    )
    with tampering(small.path) as connection:
        connection.execute(f"DELETE FROM refs WHERE target LIKE 'name:%' AND position < {SIZE}")
    refused(small, ring, rf"rules: #{SIZE}: .*Kent Police")


def test_the_log_key_states_what_it_signed_and_not_what_columns_say(small: Small, ring: KeyRing) -> None:
    """Else whoever writes to the database could have the log state that these are all entries, where one is missing."""

    def stated() -> Extract | None:
        with Store(small.path) as ledger, ledger.reading() as reader:
            return extract(reader, ring, matter="document/secret").extract

    before, last = stated(), 8
    assert small.entries[last].read(last).matter == "document/secret"
    with tampering(small.path) as connection:
        connection.execute(f"UPDATE entries SET matter = 'hidden' WHERE position = {last}")
    assert stated() == before
    with tampering(small.path) as connection:
        connection.execute(f"UPDATE entries SET entry = x'7b7d' WHERE position = {last}")
    with pytest.raises(NotVerified, match="do not lead to the signed checkpoint"):
        stated()


def test_it_states_nothing_of_a_checkpoint_that_it_did_not_sign(small: Small, ring: KeyRing) -> None:
    entries = small.entries + signed(document("x"), by=STRANGER, onto=small.entries)
    put(small.path, entries, [*notes_of(small.path), checkpoint(entries, Signer.generate(ORIGIN))])
    with Store(small.path) as ledger, ledger.reading() as reader, pytest.raises(NotVerified, match="checkpoint sign"):
        extract(reader, ring, matter="document/x")
