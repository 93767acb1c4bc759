"""The threats of docs/audit.md: keys that are stolen, forged, rotated, or used for what they may not.

What the rules refuse is refused when it is appended, and found when somebody who has the file puts it there.
"""

from typing import Any

import pytest

from events.recorder import LogKeyRotated, RecorderAuthorised
from ledger.errors import NotVerified, Refused
from ledger.log.checkpoint import Checkpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.replay import log_keys
from ledger.statements import rotation_statement
from ledger.store.store import Store
from tests.audit.forging import (
    checkpoint,
    found,
    notes_of,
    put,
    resigned,
    rewritten,
    root_over,
    signed,
)
from tests.audit.small import SIZE, Small, authorised, document, force, revoked
from tests.conftest import ORIGIN
from tests.support.ed25519 import WEAK, forged, vkey


def test_a_stolen_key_used_after_it_was_revoked(small: Small) -> None:
    small.append(revoked(small.clerk), by=small.keeper)
    with pytest.raises(Refused, match=r"has been revoked \(#12\)"):
        small.append(document("other"), by=small.clerk)
    assert small.forced(document("other"), by=small.clerk) == {"authority": [13]}


def test_a_stolen_key_used_as_if_before_it_was_revoked(small: Small) -> None:
    """The submission must say what it saw, so it fits in no other place than the end."""
    entries = small.entries
    small.append(revoked(small.clerk), by=small.keeper)
    with_revocation = small.entries
    early = signed(document("other"), by=small.clerk, onto=entries)
    assert found(put(small.path, [*with_revocation, *early]))["submissions"] == [13]


def test_a_key_that_nobody_authorised(small: Small) -> None:
    stranger = Signer.generate("stranger")
    with pytest.raises(Refused, match="is not authorised here"):
        small.append(document("other"), by=stranger)
    assert small.forced(document("other"), by=stranger) == {"signatures": [12], "authority": [12]}
    own = authorised(stranger, "keeper")
    assert small.forced(own, document("another"), by=stranger) == {"authority": [12]}


def test_a_key_used_for_a_kind_that_it_may_not_record(small: Small) -> None:
    other = authorised(Signer.generate("other"), "keeper")
    with pytest.raises(Refused, match=r"is a clerk, and may not record recorder\.authorised"):
        small.append(document("other"), other, by=small.clerk)
    assert small.forced(document("other"), other, by=small.clerk) == {"authority": [13]}
    narrow = Signer.generate("narrow")
    small.append(authorised(narrow, "clerk", "monitoring"), by=small.keeper)
    with pytest.raises(Refused, match=r"only monitoring, and may not record document\.registered"):
        small.append(document("other"), by=narrow)
    assert small.forced(document("other"), by=narrow) == {"authority": [13]}


def test_a_signature_that_is_anothers(small: Small) -> None:
    entries = small.entries
    forged = signed(document("other"), by=small.clerk, onto=entries)
    as_keeper = [rewritten(data, recorded_by=small.keeper.verifier.id) for data in forged]
    assert found(put(small.path, entries + as_keeper)) == {"signatures": [12]}
    several = signed(document("other"), document("another"), by=small.clerk, onto=entries)
    several[1] = rewritten(several[1], recorded_by=small.keeper.verifier.id)
    assert found(put(small.path, entries + several)) == {"signatures": [12]}


def test_four_eyes_missing_or_forged(small: Small) -> None:
    with pytest.raises(Refused, match="needs a second recorder's approval"):
        small.append(force("surrey"), by=small.clerk)
    surrey = force("surrey")
    assert small.forced(surrey, by=small.clerk) == {"authority": [12]}
    forged = {"by": small.reviewer.verifier.id, "signature": "A" * 86 + "=="}
    entries = small.entries[:SIZE]
    for wrong in (
        signed(surrey, by=small.clerk, onto=entries, cosigned=forged),
        signed(surrey, by=small.clerk, onto=entries, approved_by=small.clerk),
        signed(surrey, by=small.clerk, onto=entries, approved_by=Signer.generate("stranger")),
    ):
        assert found(put(small.path, entries + wrong)) == {"authority": [12]}


def test_an_approval_of_another_batch(small: Small) -> None:
    entries = small.entries
    other = signed(force("sussex"), by=small.clerk, onto=entries, approved_by=small.reviewer)
    approval = other[0].read(12).submission["cosigned"]
    assert small.forced(force("surrey"), by=small.clerk, cosigned=approval) == {"authority": [12]}


def rotated(small: Small) -> tuple[LogKeyRotated, Signer]:
    """The entry that puts a new log key in the place of the old, and the new key."""
    new = Signer.generate(ORIGIN)
    says = rotation_statement(ORIGIN, str(small.log_key.verifier), str(new.verifier))
    signatures = {"signed_by_old": says.signed_by(small.log_key), "signed_by_new": says.signed_by(new)}
    return LogKeyRotated(log_key=str(new.verifier), **signatures), new


def test_the_old_log_key_used_after_its_rotation(small: Small) -> None:
    event, new = rotated(small)
    small.append(event, by=small.keeper)
    entries = small.entries
    assert found(put(small.path, entries, [*notes_of(small.path), checkpoint(entries, new)])) == {}
    report = put(small.path, entries, [checkpoint(entries, small.log_key)])
    assert found(report) == {"checkpoints": []}
    assert "checkpoint 1: no key of example.org/test-ledger that is trusted here" in str(report.checks)


def test_a_log_key_put_in_place_without_the_old_one(small: Small) -> None:
    event, new = rotated(small)
    assert small.forced(event.model_copy(update={"signed_by_old": event.signed_by_new}), by=small.keeper) == {
        "rules": [12]
    }
    entries = small.entries[:SIZE]
    report = put(small.path, entries, [checkpoint(entries, new)])
    assert found(report) == {"checkpoints": []}


def test_a_checkpoint_whose_signature_was_changed(small: Small) -> None:
    good = notes_of(small.path)[0]
    bad = good[:-6] + (b"AAAA" if good[-6:-2] != b"AAAA" else b"BBBB") + good[-2:]
    assert "is not valid" in str(put(small.path, small.entries, [bad]).checks["checkpoints"])


@pytest.mark.parametrize("public", WEAK.values(), ids=WEAK)
def test_a_log_key_or_recorders_key_for_which_anybody_can_sign(small: Small, public: bytes) -> None:
    """Of small order, or in an encoding of its own (tests/log/test_weak_keys.py)."""
    entries, weak = small.entries, vkey("weak", public)
    own = RecorderAuthorised(recorder="+".join(weak.split("+")[:2]), key=weak, role="clerk")
    with pytest.raises(Refused, match="the key of weak is weak: anybody could sign with it"):
        small.append(own, by=small.keeper)
    assert small.forced(own, by=small.keeper) == {"rules": [SIZE]}

    def opened_so(event: dict[str, Any]) -> dict[str, Any]:
        if event["kind"] == "ledger.opened":
            return {**event, "data": {**event["data"], "log_key": vkey(ORIGIN, public)}}
        return event

    anew = resigned(entries[:2], small.keys, opened_so)
    text = Checkpoint(ORIGIN, 2, root_over(anew)).text
    hash_, signature = bytes.fromhex(vkey(ORIGIN, public).split("+")[1]), forged(public, text.encode())
    note = f"{text}\n— {ORIGIN} {to_base64(hash_ + signature)}\n".encode()
    assert found(put(small.path, anew)) == {"matters": [0]}
    assert found(put(small.path, anew, [note])) == {"matters": [0]}
    with Store(small.path) as ledger, ledger.reading() as reader, pytest.raises(NotVerified, match="cannot be used"):
        log_keys(reader)
