"""Recording: all of a submission or nothing, signed so that an outsider can check it, never at an earlier time."""

import base64
import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from events import Entry
from events.recorder import RecorderAuthorised, RecorderRevoked
from ledger.errors import ClockTrouble, HeadMoved, KeyTrouble, Refused
from ledger.evidence.folder import Evidence
from ledger.log.key import Signer
from ledger.record import record as recording
from ledger.record.create import create_ledger
from ledger.record.record import Receipt, record, validate
from ledger.store.database import Head
from ledger.store.store import Store
from projections.body import BodySpells
from projections.timeline import timeline
from tests.conftest import NOW, ORIGIN, StandingClock, drafts_of, key_of, record_events, record_yaml
from tests.support.golden import SALT

LETTER = "{kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}"
ENGAGED = "{kind: monitoring.engaged, body: west-midlands, effective: 2023-11-24, documents: letter}"
CONTINUED = "{kind: monitoring.continued, body: west-midlands, effective: 2024-05, documents: letter}"
RETURNED = "{kind: monitoring.returned, body: west-midlands, effective: 2024-09-18, documents: letter}"


def batch(*events: str) -> str:
    """A batch in YAML."""
    return "".join(f"- {event}\n" for event in events)


def head(ledger: Store) -> Head:
    """The head of a ledger now."""
    with ledger.reading() as reader:
        return reader.head()


# What an outsider checks, with nothing of ours: a JSON parser, SHA-256 and Ed25519


def mth(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash of RFC 6962, as it defines it."""
    if len(leaves) < 2:
        return sha256(b"\x00" + leaves[0]).digest() if leaves else sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def canonical_json(value: Any) -> bytes:
    """RFC 8785, for what a submission says."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def check_submission(before: list[bytes], entries: list[bytes], key: str) -> None:
    """Hold a submission against its signature, from bytes alone. Raises InvalidSignature, AssertionError."""
    read = [json.loads(entry) for entry in entries]
    first = read[0]["submission"]
    assert all(entry["submission"]["first"] == len(before) for entry in read)
    assert all(entry["submission"]["size"] == len(read) for entry in read)
    assert all(set(entry["submission"]) == {"first", "size", "rules"} for entry in read[1:])
    event_ids = [sha256(canonical_json(entry["event"])).digest() for entry in read]
    assert first["root"] == base64.b64encode(mth(event_ids)).decode()
    assert first["seen"] == {"size": len(before), "root": base64.b64encode(mth(before)).decode()}
    assert {(entry["recorded_at"], entry["submission"]["rules"]) for entry in read} == {
        (read[0]["recorded_at"], first["rules"])
    }
    said = {name: first[name] for name in ("root", "rules", "seen", "size")}
    said |= {"ledger": ORIGIN, "recorded_at": read[0]["recorded_at"]}
    payload = canonical_json(said)
    type_ = b"application/vnd.force-ledger.submission+json"
    pae = b"DSSEv1 " + b" ".join([b"%d" % len(type_), type_, b"%d" % len(payload), payload])
    name, hash_, public = key.split("+", 2)
    assert all(entry["recorded_by"] == f"{name}+{hash_}" for entry in read)
    raw = base64.b64decode(public)
    assert raw[0] == 1
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(base64.b64decode(first["signature"]), pae)


def ids(entries: Sequence[Entry]) -> list[tuple[int, str]]:
    """What tells entries apart."""
    return [(entry.position, entry.event_id) for entry in entries]


def all_bytes(ledger: Store) -> list[bytes]:
    """The bytes of all entries."""
    with ledger.reading() as reader:
        return [entry.envelope for entry in reader.entries_at(range(reader.head().size))]


def test_an_outsider_can_check_each_submission_from_the_bytes_of_its_entries(ledger: Store, keeper: Signer) -> None:
    opening = all_bytes(ledger)
    key = json.loads(opening[1])["event"]["data"]["key"]
    assert key == str(keeper.verifier)
    check_submission([], opening, key)
    record_yaml(ledger, batch(LETTER, ENGAGED, RETURNED))
    everything = all_bytes(ledger)
    check_submission(opening, everything[len(opening) :], key)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_changed_dropped_or_moved_entry_of_a_submission_shows(ledger: Store, keeper: Signer, number: int) -> None:
    before = all_bytes(ledger)
    record_yaml(ledger, batch(LETTER, ENGAGED, RETURNED))
    entries, key = all_bytes(ledger)[len(before) :], str(keeper.verifier)
    changed = [entry.replace(b'"kind":"', b'"kind":"x', 1) if i == number else entry for i, entry in enumerate(entries)]
    dropped = [entry for i, entry in enumerate(entries) if i != number]
    for forged in (changed, dropped, entries[number:] + entries[:number] if number else entries[::-1]):
        with pytest.raises((AssertionError, KeyError)):
            check_submission(before, forged, key)
    with pytest.raises((InvalidSignature, AssertionError)):
        check_submission(before, entries, str(Signer.generate("keeper").verifier))


def test_a_submission_says_where_it_stands_and_by_which_rules(ledger: Store) -> None:
    size = head(ledger).size
    receipt = record_yaml(ledger, batch(LETTER, ENGAGED))
    first, second = (entry.submission for entry in receipt.appended)
    assert first["rules"] >= 1
    assert second == {"first": size, "size": 2, "rules": first["rules"]}
    assert [entry.position for entry in receipt.appended] == [size, size + 1]
    assert receipt.head == head(ledger)
    assert receipt.head.root == mth(all_bytes(ledger))


# Once


def test_the_same_fact_again_is_already_recorded(ledger: Store) -> None:
    first = record_yaml(ledger, batch(LETTER, ENGAGED))
    before = all_bytes(ledger)
    again = record_yaml(ledger, batch(LETTER, ENGAGED))
    assert (again.appended, ids(again.already)) == ((), ids(first.appended))
    assert again.head == first.head
    assert all_bytes(ledger) == before


def test_what_is_new_in_a_batch_is_recorded_beside_what_is_not(ledger: Store) -> None:
    first = record_yaml(ledger, batch(LETTER, ENGAGED))
    again = record_yaml(ledger, batch(LETTER, ENGAGED, RETURNED))
    assert ids(again.already) == ids(first.appended)
    assert [(entry.kind, entry.sequence, entry.submission["size"]) for entry in again.appended] == [
        ("monitoring.returned", 1, 1)
    ]


def test_the_same_fact_twice_in_one_batch_is_recorded_once(ledger: Store) -> None:
    receipt = record_yaml(ledger, batch(LETTER, LETTER))
    assert len(receipt.appended) == 1


def test_the_same_fact_told_otherwise_is_refused(ledger: Store) -> None:
    position = record_yaml(ledger, batch(LETTER)).appended[0].position
    with pytest.raises(Refused, match=f"#{position} records this fact already, and differs in title"):
        record_yaml(ledger, batch(LETTER.replace("A letter", "Another letter")))


# All or nothing


def test_one_bad_event_keeps_out_the_whole_batch_and_nothing_is_signed(
    ledger: Store, keeper: Signer, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Signer, "sign", lambda *_: pytest.fail("it was signed"))
    before = all_bytes(ledger)
    bad = ENGAGED.replace("letter", "no-such-letter").replace("2023-11-24", "2023-12")
    drafts = drafts_of(ledger, batch(LETTER, ENGAGED, bad, RETURNED))
    with pytest.raises(Refused) as refused:
        record(ledger, drafts, keeper, clock=clock)
    assert any("no document 'no-such-letter' is registered" in problem.message for problem in refused.value.problems)
    assert all(problem.place.line == 3 for problem in refused.value.problems if "letter" in problem.message)
    assert all_bytes(ledger) == before


def test_a_batch_of_nothing_new_signs_nothing(ledger: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    record_yaml(ledger, batch(LETTER))
    monkeypatch.setattr(Signer, "sign", lambda *_: pytest.fail("it was signed"))
    assert record_yaml(ledger, batch(LETTER)).appended == ()


def test_an_entry_that_would_be_too_long_is_refused(ledger: Store) -> None:
    long = ", ".join(f"https://example.org/{'x' * 1900}/{n}" for n in range(40))
    with pytest.raises(Refused, match="more than 65,535"):
        record_yaml(ledger, batch(LETTER[:-1] + f", addresses: [{long}]}}"))
    assert head(ledger).size == 46


def test_to_validate_records_nothing_and_says_what_would_be(
    ledger: Store, keeper: Signer, clock: StandingClock
) -> None:
    before = head(ledger)
    drafts = drafts_of(ledger, batch(LETTER, ENGAGED))
    with ledger.reading() as reader:
        evidence, salts = Evidence(ledger.database.evidence_folder), lambda: SALT
        validated = validate(reader, evidence, drafts, keeper.verifier, clock=clock, salts=salts)
    assert validated.head == head(ledger) == before
    recorded = record(ledger, drafts, keeper, clock=clock, salts=salts)
    assert ids(recorded.appended) == ids(validated.appended)


def test_what_was_validated_just_now_is_signed_as_it_is(
    ledger: Store, keeper: Signer, clock: StandingClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, drafts, evidence = all_bytes(ledger), drafts_of(ledger, batch(LETTER, ENGAGED)), Evidence(tmp_path)
    with ledger.reading() as reader:
        validated = validate(reader, evidence, drafts, keeper.verifier, clock=clock)
    monkeypatch.setattr(recording, "validate", lambda *_, **__: pytest.fail("it was validated twice"))
    clock.move(seconds=59)
    receipt = record(ledger, drafts, keeper, clock=clock, validated=validated)
    assert ids(receipt.appended) == ids(validated.appended)
    assert {entry.recorded_at for entry in receipt.appended} == {NOW}
    check_submission(before, all_bytes(ledger)[len(before) :], str(keeper.verifier))


@pytest.mark.parametrize("since", ["an entry", "five minutes", "a clock that went back"])
def test_what_was_validated_is_validated_again_if_it_may_not_hold(
    since: str, ledger: Store, keeper: Signer, clock: StandingClock, tmp_path: Path
) -> None:
    clock.move(minutes=3)
    drafts = drafts_of(ledger, batch(LETTER, ENGAGED))
    with ledger.reading() as reader:
        validated = validate(reader, Evidence(tmp_path), drafts, keeper.verifier, clock=clock)
    if since == "an entry":
        record_yaml(ledger, batch(LETTER), clock=clock)
    else:
        clock.move(minutes=5 if since == "five minutes" else -1)
    receipt = record(ledger, drafts, keeper, clock=clock, validated=validated)
    appended, already = (1, 1) if since == "an entry" else (2, 0)
    assert (len(receipt.appended), len(receipt.already)) == (appended, already)
    assert receipt.appended[0].recorded_at == clock.now


def test_the_order_of_a_file_does_not_matter(tmp_path: Path, clock: StandingClock) -> None:
    told: list[Any] = []
    for number, order in enumerate(permutations([LETTER, ENGAGED, CONTINUED, RETURNED])):
        create_ledger(tmp_path / f"{number}.db", origin=f"example.org/{number}", forces=True, clock=clock)
        with Store(tmp_path / f"{number}.db") as ledger:
            receipt = record_yaml(ledger, batch(*order))
            assert len(receipt.appended) == 4
            with ledger.reading() as reader:
                history = BodySpells.of("west-midlands", reader.entries_under("west-midlands/"))
        changes = [
            {**change.to_json(), "entries": None, "events": None} for change in timeline(history, date(2026, 1, 1))
        ]
        told.append((changes, sorted(str(warning.message) for warning in receipt.warnings)))
    assert [change["to"] for change in told[0][0]] == ["engage", "engage", "scan"]
    assert all(other == told[0] for other in told)


# The head, the clock


def test_an_expected_head_must_be_the_head(ledger: Store, keeper: Signer, clock: StandingClock) -> None:
    size = head(ledger).size
    drafts = drafts_of(ledger, batch(LETTER))
    for wrong in (0, size - 1, size + 1):
        with pytest.raises(HeadMoved, match=f"has {size} entries, not {wrong}; see `force-ledger log`"):
            record(ledger, drafts, keeper, expect_head=wrong, clock=clock)
    assert record(ledger, drafts, keeper, expect_head=size, clock=clock).head.size == size + 1


def at(ledger: Store, document: str, clock: StandingClock, **moved: float) -> Receipt:
    """Register a document after moving the clock."""
    clock.move(**moved)
    return record_yaml(ledger, batch(LETTER.replace("document: letter", f"document: {document}")), clock=clock)


def test_an_entry_is_recorded_at_the_time_of_the_clock(ledger: Store, clock: StandingClock) -> None:
    assert at(ledger, "a", clock, minutes=3).appended[0].recorded_at == clock.now > NOW


def test_a_clock_slightly_behind_is_held_to_the_last_entry(ledger: Store, clock: StandingClock) -> None:
    for number, minutes in enumerate((-1, -2, -2)):  # at last five minutes behind
        assert at(ledger, f"d-{number}", clock, minutes=minutes).appended[0].recorded_at == NOW


def test_a_clock_more_than_five_minutes_behind_is_refused(ledger: Store, clock: StandingClock) -> None:
    before = head(ledger)
    with pytest.raises(ClockTrouble, match=r"the clock says 2026-11-21 09:24.*09:30"):
        at(ledger, "a", clock, minutes=-5, microseconds=-1)
    assert head(ledger) == before


def test_recorded_at_never_goes_back(ledger: Store, clock: StandingClock) -> None:
    for number, seconds in enumerate((10, -200, 150, -250, 0, 1000, -299)):
        at(ledger, f"d-{number}", clock, seconds=seconds)
    times = [json.loads(entry)["recorded_at"] for entry in all_bytes(ledger)]
    assert times == sorted(times)


# Who


def test_a_key_that_is_not_authorised_is_refused(ledger: Store) -> None:
    before = head(ledger)
    stranger = Signer.generate("keeper")
    with pytest.raises(Refused, match=r"the key keeper\+[0-9a-f]{8} is not authorised here"):
        record_yaml(ledger, batch(LETTER), stranger)
    assert head(ledger) == before


def test_a_key_does_not_authorise_itself(ledger: Store, clerk: Signer) -> None:
    for signer in (Signer.generate("stranger"), clerk):
        key = (signer if signer != clerk else Signer.generate("friend")).verifier
        with pytest.raises(Refused, match=r"not authorised here|is a clerk, and may not record recorder.authorised"):
            record_events(ledger, RecorderAuthorised(recorder=key.id, key=str(key), role="keeper"), signer=signer)


def test_an_authorised_clerk_records_until_the_key_is_revoked(ledger: Store, keeper: Signer, clerk: Signer) -> None:
    receipt = record_yaml(ledger, batch(LETTER), clerk)
    assert receipt.appended[0].recorded_by == clerk.verifier.id
    record_events(ledger, RecorderRevoked(recorder=clerk.verifier.id, reason="Left the office."), signer=keeper)
    with pytest.raises(Refused, match="has been revoked"):
        record_yaml(ledger, batch(ENGAGED), clerk)


def test_an_authorisation_names_the_key_that_it_authorises(ledger: Store, keeper: Signer) -> None:
    one, other = Signer.generate("clerk").verifier, Signer.generate("clerk").verifier
    with pytest.raises(Refused):
        record_events(ledger, RecorderAuthorised(recorder=one.id, key=str(other), role="clerk"), signer=keeper)


# Founding


def test_a_ledger_that_cannot_be_founded_leaves_no_file_and_no_key(tmp_path: Path, keys: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    with pytest.raises(ClockTrouble):
        create_ledger(path, origin="example.org/new", clock=lambda: (_ for _ in ()).throw(ClockTrouble("stopped")))
    assert [p for p in (*tmp_path.rglob("*"), *keys.rglob("*")) if p.is_file()] == []
    create_ledger(path, origin="example.org/new")
    with Store(path) as ledger:
        assert key_of(ledger).name == "keeper"


def test_the_keys_of_another_ledger_of_that_name_are_left_alone(ledger: Store, keys: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in keys.rglob("*.key")}
    with pytest.raises(KeyTrouble):
        create_ledger(tmp_path / "other.db", origin=ORIGIN)
    assert {path: path.read_bytes() for path in keys.rglob("*.key")} == before
    assert not (tmp_path / "other.db").exists()
