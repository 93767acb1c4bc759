"""Who may record what, with whose approval, and by which position it holds; what becomes of keys that are stolen,
lost or replaced."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import Entry, Event, kinds
from events.amendment import EntryCorrected, EntryRetracted, Replacement
from events.body import BodyRegistered
from events.document import DocumentRegistered
from events.recorder import LedgerOpened, PolicySet, RecorderAuthorised, RecorderRecovered, RecorderRevoked, covers
from events.terms import DocumentType
from events.values import Citation
from ledger.errors import KeyTrouble, LedgerError, Refused
from ledger.log.key import Signer
from ledger.record import rotate as rotation
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.record import Draft, Receipt, approve, record
from ledger.replay import authority_of
from ledger.rules import wrongly_signed
from ledger.rules.context import RuleContext
from ledger.rules.recorders import ROLES, may_record
from ledger.statements import Approval, Submission
from ledger.store.store import Store
from projections.authority import END_OF_LOG, Authority, Recorder
from tests.conftest import NOW, ORIGIN, now

WORLD = [k for k in kinds() if k.partition(".")[0] not in ("ledger", "recorder") and k != "entry.withheld"]
OWN = [kind for kind in kinds() if kind not in WORLD]


def document(name: str) -> DocumentRegistered:
    """A document to register."""
    return DocumentRegistered(
        document=name, type=DocumentType.INSPECTORATE_LETTER, title=f"The letter {name}", publisher="HMICFRS"
    )


def authorised(signer: Signer, role: Any, *only: str) -> RecorderAuthorised:
    """The authorisation of a key."""
    return RecorderAuthorised(recorder=signer.verifier.id, key=str(signer.verifier), role=role, kinds=only)


def revoked(signer: Signer) -> RecorderRevoked:
    """The revocation of a key."""
    return RecorderRevoked(recorder=signer.verifier.id, reason="It was stolen.")


@dataclass
class Office:
    """A ledger, and who may record in it."""

    ledger: Store
    keeper: Signer

    def says(self, *events: Event, by: Signer | None = None, approval: Approval | None = None) -> Receipt:
        """Record events."""
        return record(self.ledger, drafts(*events), by or self.keeper, approval=approval, clock=now)

    def hires(self, role: str, *only: str, name: str | None = None) -> Signer:
        """A new recorder."""
        signer = Signer.generate(name or role)
        self.says(authorised(signer, role, *only))
        return signer

    def approval(self, *events: Event, by: Signer) -> Approval:
        """A second recorder's approval."""
        return approve(self.ledger, drafts(*events), by, clock=now)[1]

    @property
    def authority(self) -> Authority:
        with self.ledger.reading() as reader:
            return authority_of(reader)

    @property
    def entries(self) -> list[Entry]:
        with self.ledger.reading() as reader:
            return reader.entries_at(range(reader.head().size))


def drafts(*events: Event) -> list[Draft]:
    """Events as drafts."""
    return [Draft(event) for event in events]


@pytest.fixture
def office(ledger: Store, keeper: Signer) -> Office:
    """A ledger with its keeper."""
    return Office(ledger, keeper)


@pytest.fixture
def ring(ledger: Store) -> KeyRing:
    """The keys of the ledger on this machine."""
    return KeyRing(ORIGIN)


# Roles and kinds


def test_a_kind_or_its_subject_covers_it() -> None:
    assert covers(("concern",), "concern.closed")
    assert covers(("concern.closed",), "concern.closed")
    assert not covers(("concern.closed",), "concern.issued")
    assert not covers(("closed", "con"), "concern.closed")


def test_a_keeper_records_everything_others_all_but_the_ledgers_own() -> None:
    for role in ROLES:
        recorder = Recorder(key="a+00000000+AA", role=role, since=0)
        assert all(may_record(recorder, kind) for kind in WORLD)
        assert {may_record(recorder, kind) for kind in OWN} == {role == "keeper"}


@given(st.sampled_from(sorted(ROLES)), st.lists(st.sampled_from(kinds())), st.sampled_from(kinds()))
def test_kinds_only_ever_narrow_a_role(role: Any, only: list[str], kind: str) -> None:
    wide = Recorder(key="a+00000000+AA", role=role, since=0)
    narrow = replace(wide, kinds=tuple(only))
    assert may_record(narrow, kind) == (may_record(wide, kind) and (not only or kind in only))


def test_a_key_records_only_the_kinds_that_it_was_authorised_for(office: Office) -> None:
    clerk = office.hires("clerk", "monitoring", "document.registered")
    assert office.says(document("a"), by=clerk).appended
    gotham = BodyRegistered(
        body="gotham",
        type="police-force",
        name="Gotham City Police",
        nation="England",
        documents=(Citation(document="a"),),
    )
    with pytest.raises(Refused, match=r"is a clerk, only monitoring, document\.registered, and may not record body\."):
        office.says(gotham, by=clerk)


def test_a_correction_takes_the_right_to_record_what_it_puts_in_place(office: Office) -> None:
    (entry,) = office.says(document("a")).appended
    better = document("a").model_copy(update={"title": "A better title"})
    correction = EntryCorrected(
        target=entry.event_id, stream=entry.matter, type="recording-error", reason="A slip.",
        replacement=Replacement(kind=better.kind, version=better.version, data=better.data()),
    )  # fmt: skip
    with pytest.raises(Refused, match=r"may not record document\.registered"):
        office.says(correction, by=office.hires("clerk", "entry"))
    assert office.says(correction, by=office.hires("clerk", "entry", "document", name="editor")).appended


@pytest.mark.parametrize("name", ["concrn", "closed", "concern.", "Concern", ""])
def test_a_recorder_is_authorised_for_known_kinds_alone(name: str) -> None:
    with pytest.raises(ValueError, match="neither a kind nor a subject"):
        authorised(Signer.generate("clerk"), "clerk", name)


# By position


def test_a_key_that_was_stolen_and_revoked_signs_nothing_more(office: Office) -> None:
    clerk = office.hires("clerk")
    office.says(document("a"), by=clerk)
    office.says(revoked(clerk))
    with pytest.raises(Refused, match=r"the key clerk\+[0-9a-f]{8} has been revoked \(#48\)"):
        office.says(document("b"), by=clerk)
    with pytest.raises(Refused, match="has been revoked"):
        office.says(authorised(Signer.generate("clerk"), "clerk"), revoked(clerk), by=clerk)
    with pytest.raises(Refused, match="#46 authorised this key, and it was revoked"):
        office.says(authorised(clerk, "clerk"))


def test_another_key_of_the_same_name_and_hash_is_not_the_one_on_record(office: Office) -> None:
    entry = office.entries[2]
    forger = str(office.keeper.verifier)[:-4] + "AAA="
    (found,) = wrongly_signed(Submission([replace(entry, position=46)], key=forger), knowing(office.authority))
    assert "is not authorised here" in found[1].message


def test_authority_holds_between_two_positions(office: Office) -> None:
    clerk = office.hires("clerk")  # 46
    office.says(document("a"), by=clerk)  # 47
    office.says(revoked(clerk))  # 48
    authority, id = office.authority, clerk.verifier.id
    assert [at for at in range(60) if authority.recorder(id, at)] == [47, 48]
    assert [at for at in range(60) if authority.recorder(office.keeper.verifier.id, at)] == list(range(60))


def test_what_is_on_record_is_judged_as_it_was_before_it(office: Office, ring: KeyRing) -> None:
    clerk, reviewer = office.hires("clerk"), office.hires("reviewer")
    office.says(document("a"), by=clerk)
    office.says(PolicySet(four_eyes=("document",), reason="Two see more."))
    office.says(document("b"), by=clerk, approval=office.approval(document("b"), by=reviewer))
    office.says(revoked(reviewer), PolicySet(reason="One is enough."))
    rotation.rotate(office.ledger, ring, "keeper", clock=now)
    rotation.rotate_log_key(office.ledger, ring, "keeper", clock=now)
    rotation.recover(office.ledger, ring, "second", "Burnt.", clock=now)
    found = [wrongly_signed(submission, knowing(office.authority)) for submission in submissions(office.entries)]
    assert found == [[]] * 10
    for at, entry in enumerate(office.entries):
        if "cosigned" in entry.submission:
            forged = {**entry.submission, "cosigned": {**entry.submission["cosigned"], "by": clerk.verifier.id}}
            changed = [*office.entries[:at], replace(entry, submission=forged), *office.entries[at + 1 :]]
            assert sum(bool(wrongly_signed(s, knowing(office.authority))) for s in submissions(changed)) == 1


def knowing(authority: Authority) -> RuleContext:
    """As much of what is on record as these rules ask about submissions without corrections."""
    return cast(RuleContext, SimpleNamespace(authority=authority))


def submissions(entries: list[Entry]) -> list[Submission]:
    """The submissions of a ledger's entries."""
    firsts = [entry.submission for entry in entries if "signature" in entry.submission]
    return [Submission.of(entries[of["first"] : of["first"] + of["size"]]) for of in firsts]


def test_the_last_keeper_is_not_revoked(office: Office) -> None:
    with pytest.raises(Refused, match="no keeper would be left; authorise another first"):
        office.says(revoked(office.keeper))
    office.hires("keeper", "concern", name="half")
    with pytest.raises(Refused, match="no keeper would be left"):
        office.says(revoked(office.keeper))
    other = Signer.generate("other")
    office.says(authorised(other, "keeper"), revoked(office.keeper))
    assert office.says(document("a"), by=other).appended


def test_a_log_key_is_no_recorders_key(office: Office, ring: KeyRing) -> None:
    log_key = ring.read(LOG_KEY)
    borrowed = Signer("clerk", base64.b64decode(log_key.secret_text().split("+", 4)[4])[1:])
    with pytest.raises(Refused, match=rf"this key is on record already \(#0\), as {ORIGIN}"):
        office.says(authorised(borrowed, "clerk"))


# Four eyes


@pytest.fixture
def guarded(office: Office) -> Office:
    """An office where registering a document needs four eyes."""
    office.says(authorised(REVIEWER, "reviewer"), PolicySet(four_eyes=("document",), reason="Two see more."))
    return office


REVIEWER = Signer.generate("reviewer")


def test_what_needs_four_eyes_carries_the_approval(guarded: Office) -> None:
    approval = guarded.approval(document("a"), document("b"), by=REVIEWER)
    first, second = guarded.says(document("a"), document("b"), approval=approval).appended
    assert first.submission["cosigned"] == {"by": REVIEWER.verifier.id, "signature": approval.signature}
    assert set(second.submission) == {"first", "size", "rules"}


def test_an_approval_is_read_back_from_its_text(guarded: Office) -> None:
    approval = guarded.approval(document("a"), by=REVIEWER)
    assert Approval.parse(approval.text(), "a.json") == approval


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"ledger": 1}', "[" * 100_000])
def test_another_file_is_no_approval(text: str) -> None:
    with pytest.raises(Refused, match=r"a\.json: this is no approval; make one with `force-ledger approve`"):
        Approval.parse(text, "a.json")


def refusals() -> dict[str, tuple[str, Callable[[Office], Approval | None]]]:
    """What is wrong with an approval of the document a, in the words of the refusal, and how it comes about."""

    def by(signer: Signer) -> Callable[[Office], Approval]:
        def forged(office: Office) -> Approval:
            genuine = office.approval(document("a"), by=REVIEWER)
            statement = Submission(unrecorded(office, document("a"))).approval_statement
            return genuine.model_copy(update={"by": signer.verifier.id, "signature": statement.signed_by(signer)})

        return forged

    def changed(**update: Any) -> Callable[[Office], Approval]:
        return lambda office: office.approval(document("a"), by=REVIEWER).model_copy(update=update)

    return {
        "none": ("document.registered needs a second recorder's approval", lambda _: None),
        "another batch": ("is of another batch", lambda office: office.approval(document("b"), by=REVIEWER)),
        "more than the batch": (
            "is of another batch",
            lambda office: office.approval(document("a"), document("b"), by=REVIEWER),
        ),
        "another ledger": ("is of another batch", changed(ledger="example.org/other")),
        "another size": ("is of another batch", changed(size=2)),
        "a broken signature": ("is not signed by", changed(signature="A" * 86 + "==")),
        "no signature": ("is not signed by", changed(signature="?")),
        "an unknown key": (r"the key stranger\+\w+ that approves is not authorised", by(Signer.generate("stranger"))),
    }


@pytest.mark.parametrize("case", refusals())
def test_a_bad_approval_is_refused(guarded: Office, case: str) -> None:
    words, make = refusals()[case]
    approval, before = make(guarded), len(guarded.entries)
    with pytest.raises(Refused, match=words) as refused:
        guarded.says(document("a"), approval=approval)
    assert refused.value.exit_code == 3
    assert len(guarded.entries) == before


def unrecorded(office: Office, *events_: Event) -> list[Entry]:
    """The entries that would be."""
    size = len(office.entries)
    return [
        Entry.unwritten(e, ledger=ORIGIN, position=size + n, sequence=0, recorded_at=NOW, recorded_by="x").written({})
        for n, e in enumerate(events_)
    ]


def test_who_may_not_approve_is_told_at_once(guarded: Office) -> None:
    clerk = guarded.hires("clerk")
    with pytest.raises(Refused, match=r"is a clerk, and may not approve; ask a reviewer or keeper"):
        guarded.approval(document("a"), by=clerk)
    narrow = guarded.hires("reviewer", "monitoring", name="narrow")
    with pytest.raises(Refused, match=r"narrow\+\w+ may not approve document.registered"):
        guarded.approval(document("a"), by=narrow)
    with pytest.raises(Refused, match="is not authorised here"):
        guarded.approval(document("a"), by=Signer.generate("reviewer"))


def test_a_keeper_who_records_does_not_approve_too(guarded: Office) -> None:
    approval = guarded.approval(document("a"), by=guarded.keeper)
    with pytest.raises(Refused, match=r"keeper\+\w+ approves what it records itself"):
        guarded.says(document("a"), approval=approval)
    assert guarded.says(document("a"), by=guarded.hires("clerk"), approval=approval).appended


def test_an_approval_of_a_reviewer_who_was_revoked_since_is_refused(guarded: Office) -> None:
    approval = guarded.approval(document("a"), by=REVIEWER)
    guarded.hires("reviewer", name="other")
    guarded.says(revoked(REVIEWER))
    with pytest.raises(Refused, match=r"the key reviewer\+\w+ that approves has been revoked \(#49\)"):
        guarded.says(document("a"), approval=approval)


def test_what_was_recorded_meanwhile_takes_another_approval(guarded: Office) -> None:
    both = guarded.approval(document("a"), document("b"), by=REVIEWER)
    guarded.says(document("a"), approval=guarded.approval(document("a"), by=REVIEWER))
    with pytest.raises(Refused, match="is of another batch"):
        guarded.says(document("a"), document("b"), approval=both)


def test_a_retraction_is_also_of_the_kind_that_it_amends(guarded: Office) -> None:
    clerk, limited = guarded.hires("clerk"), guarded.hires("clerk", "entry", "concern", name="limited")
    reviewed = guarded.approval(document("a"), by=REVIEWER)
    (stored,) = guarded.says(document("a"), by=clerk, approval=reviewed).appended
    retraction = EntryRetracted(target=stored.event_id, stream=stored.matter, reason="Not ours.")
    with pytest.raises(Refused, match=r"entry\.retracted of document\.registered needs a second recorder's approval"):
        guarded.says(retraction, by=clerk)
    with pytest.raises(Refused, match=r"limited.* may not record document\.registered"):
        guarded.says(retraction, by=limited, approval=guarded.approval(retraction, by=REVIEWER))
    (gone,) = guarded.says(retraction, by=clerk, approval=guarded.approval(retraction, by=REVIEWER)).appended
    back = EntryRetracted(target=gone.event_id, stream=gone.matter, reason="It is.")
    with pytest.raises(Refused, match=r"entry\.retracted of document\.registered needs a second recorder's approval"):
        guarded.says(back, by=clerk)


def test_a_policy_replaces_the_one_before(guarded: Office) -> None:
    guarded.says(PolicySet(four_eyes=("concern",), reason="Documents need one."))
    assert guarded.says(document("a")).appended
    with pytest.raises(
        Refused, match=r"#47 says this, and was replaced \(#48\); to record it again, give another reason"
    ):
        guarded.says(PolicySet(four_eyes=("document",), reason="Two see more."))
    assert guarded.authority.four_eyes(47) == ()
    assert guarded.authority.four_eyes(48) == ("document",)
    assert guarded.authority.four_eyes(END_OF_LOG) == ("concern",)


def test_a_policy_holds_from_the_next_submission_on(office: Office) -> None:
    office.hires("reviewer")
    policy = PolicySet(four_eyes=("document", "ledger"), reason="Two see more.")
    assert len(office.says(policy, document("a")).appended) == 2
    with pytest.raises(Refused, match=r"ledger\.policy_set needs a second recorder's approval"):
        office.says(PolicySet(reason="One is enough."))


# Rotation and recovery


def test_a_clerk_puts_a_successor_in_the_place_of_its_key(office: Office, ring: KeyRing) -> None:
    old = ring.create("clerk", "clerk")
    office.says(authorised(old, "clerk", "document"))
    office.hires("reviewer")
    office.says(PolicySet(four_eyes=("recorder",), reason="Two see more."))
    id = rotation.rotate(office.ledger, ring, "clerk", clock=now)
    new = ring.read("clerk")
    assert new.verifier.id == id != old.verifier.id
    was, now_ = (next(r for r in office.authority.recorders if r.id == s.verifier.id) for s in (old, new))
    assert (now_.role, now_.kinds, now_.name) == (was.role, was.kinds, was.name)
    with pytest.raises(Refused, match="has been revoked"):
        office.says(document("a"), by=old)
    assert office.says(document("a"), by=new).appended
    assert ring.successors("clerk") == []


def test_nothing_but_a_succession_passes_for_one(office: Office) -> None:
    clerk, new = office.hires("clerk", "document"), Signer.generate("clerk")
    succession = [authorised(new, "clerk", "document"), revoked(clerk)]
    named = Signer.generate("other")
    for events_ in (
        [authorised(new, "keeper", "document"), revoked(clerk)],
        [authorised(new, "clerk"), revoked(clerk)],
        [authorised(new, "clerk", "document", "concern"), revoked(clerk)],
        [authorised(named, "clerk", "document"), revoked(clerk)],
        [authorised(new, "clerk", "document"), revoked(office.keeper)],
        [authorised(new, "clerk", "document")],
        [revoked(clerk)],
        [*succession, document("a")],
        succession[::-1],
    ):
        with pytest.raises(Refused, match=r"may not record recorder\."):
            office.says(*events_, by=clerk)
    assert office.says(*succession, by=clerk).appended


STEPS = ["create_successor", "record", "replace"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_rotation_that_is_broken_off_leaves_a_key_and_is_finished_by_another(
    office: Office, ring: KeyRing, monkeypatch: pytest.MonkeyPatch, step: str, before: bool
) -> None:
    target: Any = rotation if step == "record" else KeyRing
    done = getattr(target, step)

    def broken_off(*args: Any, **kwargs: Any) -> None:
        if not before:
            done(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(target, step, broken_off)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(office.ledger, ring, "keeper", clock=now)
    able = [file for file in ("keeper", *ring.successors("keeper")) if signs(office, ring.read(file), file)]
    assert len(able) == 1
    assert ring.recorder(None).name == "keeper"
    rotation.rotate(office.ledger, ring, "keeper", clock=now)
    assert office.says(document("after"), by=ring.recorder(None)).appended
    assert ring.successors("keeper") == []


def signs(office: Office, signer: Signer, name: str) -> bool:
    """Whether a key can sign here."""
    try:
        return bool(office.says(document(name.replace("+", "-")), by=signer).appended)
    except LedgerError:
        return False


def test_a_rotation_that_is_refused_leaves_no_new_key(office: Office, ring: KeyRing) -> None:
    ring.create("stranger", "stranger")
    with pytest.raises(Refused, match="is not authorised here"):
        rotation.rotate(office.ledger, ring, "stranger", clock=now)
    with pytest.raises(KeyTrouble, match="there is no key"):
        rotation.rotate(office.ledger, ring, "nobody", clock=now)
    assert sorted(path.name for path in ring.folder.iterdir()) == ["keeper.key", "log.key", "stranger.key"]


def test_the_log_key_is_rotated_under_its_name(office: Office, ring: KeyRing) -> None:
    old = ring.read(LOG_KEY)
    id = rotation.rotate_log_key(office.ledger, ring, "keeper", clock=now)
    first, second = office.authority.log_keys
    assert (first.key, first.since, first.until) == (str(old.verifier), 0, 46)
    assert (second.id, second.since, second.until) == (id, 46, None)
    assert ring.read(LOG_KEY).verifier.id == id
    assert ring.read(LOG_KEY).name == ORIGIN
    assert office.authority.log_key(46) == first
    assert office.authority.log_key(47) == second
    recovered = recovery(Signer.generate("new"))
    with pytest.raises(Refused, match=r"has been revoked \(#46\)"):
        office.says(recovered, by=old)
    assert office.says(recovered, by=ring.read(LOG_KEY)).appended


def test_only_a_keeper_rotates_the_log_key(office: Office, ring: KeyRing) -> None:
    clerk = ring.create("clerk", "clerk")
    office.says(authorised(clerk, "clerk"))
    with pytest.raises(Refused, match=r"may not record ledger\.log_key_rotated"):
        rotation.rotate_log_key(office.ledger, ring, "clerk", clock=now)
    assert ring.successors(LOG_KEY) == []


def recovery(signer: Signer) -> RecorderRecovered:
    """The recovery of a keeper."""
    return RecorderRecovered(recorder=signer.verifier.id, key=str(signer.verifier), reason="The safe burnt out.")


def test_a_lost_keeper_is_recovered_by_the_log_key(office: Office, ring: KeyRing) -> None:
    ring.discard("keeper")
    id = rotation.recover(office.ledger, ring, "second", "The safe burnt out.", clock=now)
    entry = office.entries[-1]
    assert entry.recorded_by == ring.read(LOG_KEY).verifier.id
    assert "/" in entry.recorded_by
    assert entry.matter == f"recorder/{id}"
    keeper = office.authority.recorder(id, END_OF_LOG)
    assert keeper is not None
    assert (keeper.role, keeper.recovered) == ("keeper", True)
    assert office.says(revoked(office.keeper), by=ring.recorder(None)).appended
    with pytest.raises(KeyTrouble, match="there is a key of second"):
        rotation.recover(office.ledger, ring, "second", "Again.", clock=now)


def test_a_recovery_needs_no_second_recorder(office: Office, ring: KeyRing) -> None:
    office.hires("reviewer")
    office.says(PolicySet(four_eyes=("recorder",), reason="Two see more."))
    assert office.says(recovery(Signer.generate("new")), by=ring.read(LOG_KEY)).appended


def test_the_log_key_signs_nothing_but_recoveries(office: Office, ring: KeyRing) -> None:
    log_key, new = ring.read(LOG_KEY), Signer.generate("new")
    for events_ in ([document("a")], [authorised(new, "keeper")], [recovery(new), document("a")]):
        with pytest.raises(Refused, match="the log key signs recoveries, nothing else"):
            office.says(*events_, by=log_key)
    with pytest.raises(Refused, match="the log key signs a recovery; use `force-ledger keys recover`"):
        office.says(recovery(new))


def test_the_first_submission_rests_on_itself() -> None:
    key = Signer.generate("keeper").verifier
    opened = LedgerOpened(log_key=str(Signer.generate(ORIGIN).verifier))
    says: list[Event] = [opened, RecorderAuthorised(recorder=key.id, key=str(key), role="keeper"), document("a")]
    entries = [
        Entry.unwritten(e, ledger=ORIGIN, position=n, sequence=0, recorded_at=NOW, recorded_by=key.id).written({})
        for n, e in enumerate(says)
    ]
    assert wrongly_signed(Submission(entries), knowing(Authority(entries))) == []
    late = [entries[0], entries[2], entries[1]]
    moved = [replace(entry, position=n) for n, entry in enumerate(late)]
    assert wrongly_signed(Submission(moved), knowing(Authority(moved))) != []
