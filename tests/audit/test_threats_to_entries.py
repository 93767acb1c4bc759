"""The threats of docs/audit.md: entries that cannot have been recorded here, and what is withheld.

What the rules refuse is refused when it is appended, and found when somebody who has the file puts it there.
"""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from events import Entry, Event
from events.amendment import (
    EntryContradicted,
    EntryCorrected,
    EntryCorroborated,
    EntryRetracted,
    EntryWithheld,
    Replacement,
)
from events.entry import commitment
from events.values import Citation
from ledger.errors import Refused
from ledger.rules import RULES
from tests.audit.forging import (
    SALT,
    Stored,
    found,
    payload_of,
    put,
    rewritten,
    signed,
    signed_payloads,
    verified,
    with_data,
    with_entry,
)
from tests.audit.small import SECRET, Small, document, force, revoked
from tests.conftest import ORIGIN

Step = Callable[[list[Stored]], Event]
"""What is said next, given the entries so far."""

# What cannot have been recorded


def test_an_entry_copied_from_another_ledger(small: Small) -> None:
    entries = small.entries
    foreign = signed(document("other"), by=small.clerk, onto=entries, ledger="example.org/another-ledger")
    assert found(put(small.path, entries + foreign))["matters"] == [12]
    alien = put(small.path, with_entry(entries, 5, rewritten(entries[5], event__ledger="example.org/another-ledger")))
    assert found(alien)["matters"] == [5]


def test_an_entry_copied_from_another_ledger_is_refused_at_append(small: Small) -> None:
    """The ledger's name is in the event, and so in its id and in what is signed; it is never taken from a batch."""
    small.append(document("other"), by=small.clerk)
    assert small.last.ledger == ORIGIN


def test_the_same_event_twice(small: Small) -> None:
    size = len(small.entries)
    small.append(document("report"), by=small.clerk)
    assert len(small.entries) == size, "what is on record is not recorded again"
    assert small.forced(document("report"), by=small.clerk) == {"rules": [12]}
    assert small.forced(document("twin"), document("twin"), by=small.clerk) == {"rules": [12, 13]}


def test_the_same_fact_in_other_words(small: Small) -> None:
    other = document("report").model_copy(update={"title": "Something else"})
    with pytest.raises(Refused, match="records this fact already"):
        small.append(other, by=small.clerk)
    assert small.forced(other, by=small.clerk) == {"rules": [12]}


def test_the_register_of_forces_changed(small: Small) -> None:
    entries = small.entries
    renamed = with_data(entries[5], name="Greater Kent Police")
    assert found(put(small.path, with_entry(entries, 5, renamed))) == {"form": [5]}
    (anew,) = signed(force("kent").model_copy(update={"name": "Greater Kent Police"}), by=small.clerk, onto=entries[:5])
    assert found(put(small.path, with_entry(entries, 5, anew)))["submissions"][0] == 4


def test_a_force_of_anothers_name(small: Small) -> None:
    other = force("surrey").model_copy(update={"name": "Kent Police"})
    with pytest.raises(Refused, match="is known as kent"):
        small.append(other, by=small.keeper)
    assert small.forced(other, by=small.clerk, approved_by=small.reviewer) == {"rules": [12]}


@pytest.mark.parametrize("number", [RULES + 1, 99])
def test_a_set_of_rules_that_nobody_knows(small: Small, number: int) -> None:
    """It may be of a later version. Nothing is called wrong, and nothing verified."""
    assert small.forced(document("other"), by=small.clerk, rules=number) == {}
    report = verified(small.path.with_name("forced.db"))
    assert (report.ok, report.later is not None) == (False, True)


def test_a_set_of_rules_earlier_than_that_of_the_entry_before(small: Small) -> None:
    assert small.forced(document("other"), by=small.clerk, rules=RULES - 1) == {"submissions": [12]}


def test_a_set_of_rules_that_was_not_signed(small: Small) -> None:
    """Nor are other times, or other rules for the entries of one submission, what was signed."""
    two = document("other"), document("another")
    entries = small.entries
    first, second = signed(*two, by=small.clerk, onto=entries)
    for changed in (
        [rewritten(first, submission__rules=99), rewritten(second, submission__rules=99)],
        [first, rewritten(second, submission__rules=99)],
        [rewritten(first, recorded_at="2026-11-22T09:30:00.000000Z"), second],
        [rewritten(one, recorded_at="2026-11-22T09:30:00.000000Z") for one in (first, second)],
    ):
        assert 12 in found(put(small.path, [*entries, *changed]))["signatures"]


def test_the_signature_of_a_submission_stands_in_its_first_entry_alone(small: Small) -> None:
    """Else anybody could change the bytes of the others without a key."""
    entries = small.entries
    first, second = signed(document("other"), document("another"), by=small.clerk, onto=entries)
    again = rewritten(second, submission=orjson.loads(first.envelope)["submission"])
    assert found(put(small.path, [*entries, first, second])) == {}
    assert found(put(small.path, [*entries, first, again]))["submissions"] == [len(entries) + 1]


def test_a_kind_that_nobody_knows(small: Small) -> None:
    unknown = {"kind": "force.abolished", "version": 1, "data": {"body": "kent"}, "matter": "body/kent"}
    newer = {"kind": "document.registered", "version": 99, "data": {}, "matter": "document/x"}
    entries = small.entries
    for said in (unknown, newer):
        report = put(small.path, entries + signed(said, by=small.clerk, onto=entries))
        assert found(report) == {"form": [12]}
        assert f"no event {said['kind']} version {said['version']}" in report.checks["form"].detail


def respelt(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """The same bytes, in which something is spelt otherwise."""
    return lambda data: data.replace(old, new)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data + b"\n", id="a newline"),
        pytest.param(lambda data: data[:-1], id="cut off"),
        pytest.param(lambda data: b" " + data, id="a space"),
        pytest.param(respelt(b'"sequence":0', b'"sequence":0.0'), id="a float"),
        pytest.param(respelt(b'"sequence":0', b'"sequence":-0'), id="minus nought"),
        pytest.param(respelt(b'"sequence":0', b'"sequence":true'), id="a truth for a number"),
        pytest.param(respelt(b'"sequence":0', b'"sequence":0,"sequence":0'), id="a key twice"),
        pytest.param(respelt(b"document/other", b"document/oth\xe9r"), id="not UTF-8"),
        pytest.param(respelt(b"document/other", b"document/o\\u0074her"), id="an escape that is not needed"),
        pytest.param(respelt(b'"version":1', b'"version":1,"x":null'), id="a null"),
        pytest.param(respelt(b'"matter":"document/other"', b'"matter":"document/another"'), id="another matter"),
        pytest.param(respelt(b".000000Z", b"Z"), id="a time of another form"),
        pytest.param(respelt(b"document/other", b"x" * 66_000), id="too long"),
        pytest.param(respelt(b'{"event":{', b'{"event":{"amends":{"target":"%s"},' % (b"ab" * 32)), id="an amendment"),
        pytest.param(respelt(b'{"event":{', b'{"event":{"data":{},'), id="data in the envelope too"),
        pytest.param(lambda _: b"[" * 60_000, id="deep"),
        pytest.param(lambda _: b"", id="nothing"),
    ],
)  # fmt: skip
def test_bytes_that_nobody_writes(small: Small, change: Callable[[bytes], bytes]) -> None:
    entries = small.entries
    (stored,) = signed(document("other"), by=small.clerk, onto=entries)
    assert change(stored.envelope) != stored.envelope
    report = put(small.path, [*entries, stored._replace(envelope=change(stored.envelope))])
    assert found(report) == {"form": [12]}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data + b" ", id="a space"),
        pytest.param(respelt(b"The other", b"The other cafe\xcc\x81"), id="not NFC"),
        pytest.param(respelt(b"The other", b"The o\\u0074her"), id="an escape that is not needed"),
        pytest.param(respelt(b"The other", b"The other\\u0007"), id="a control character"),
        pytest.param(respelt(b"The other", "The \u200bother".encode()), id="a zero-width space"),
        pytest.param(respelt(b"The other", "The \u202eother".encode()), id="an override of the writing direction"),
        pytest.param(respelt(b"The other", "The other\U000e0041".encode()), id="a tag"),
        pytest.param(respelt(b'"title":"The other"', b'"title":" The other"'), id="not as we write it"),
        pytest.param(respelt(b"The other", b"x" * 66_000), id="too long"),
        pytest.param(respelt(b'"document":"other"', b'"document":"another"'), id="another matter"),
        pytest.param(lambda _: b"{}", id="no fields"),
        pytest.param(lambda _: b"", id="nothing"),
    ],
)  # fmt: skip
def test_data_that_nobody_writes(small: Small, change: Callable[[bytes], bytes]) -> None:
    """Also if the recorder signs a commitment to these very bytes."""
    entries = small.entries
    payload, salted = payload_of(document("other"), ORIGIN, SALT)
    assert salted
    changed = SALT + change(salted[len(SALT) :])
    stored = signed_payloads([payload | {"commitment": commitment(changed)}], [changed], by=small.clerk, onto=entries)
    assert found(put(small.path, [*entries, *stored])) == {"form": [12]}


# What the bytes of an entry commit to: no key is needed to see these


@pytest.mark.parametrize("position", [10, 11])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda own, other: own._replace(salted=other.salted), id="the data of another entry"),
        pytest.param(lambda own, _: with_data(own, note="It is so."), id="other data"),
        pytest.param(lambda own, _: own._replace(salted=bytes(16) + own.salted[16:]), id="another salt"),
        pytest.param(lambda own, _: rewritten(own, event__kind="document.revised"), id="another kind"),
        pytest.param(lambda own, _: rewritten(own, event__matter="document/x"), id="another matter"),
        pytest.param(lambda own, _: rewritten(own, event__commitment="A" * 43 + "="), id="another commitment"),
        pytest.param(lambda own, _: rewritten(own, event__amends={"target": "ab" * 32}), id="an amendment"),
    ],
)
def test_data_kind_or_matter_changed_in_the_last_submission(
    small: Small, position: int, change: Callable[[Stored, Stored], Stored]
) -> None:
    entries = small.entries
    changed = change(entries[position], entries[21 - position])
    assert position in found(put(small.path, with_entry(entries, position, changed)))["form"]


def test_the_target_of_an_amendment_changed_in_the_last_submission(small: Small) -> None:
    small.append(EntryRetracted(target=small.last.event_id, stream=small.last.matter, reason="A slip."), by=small.clerk)
    entries = small.entries
    other = rewritten(entries[-1], event__amends__target=entries[10].read(10).event_id)
    assert found(put(small.path, with_entry(entries, 12, other))) == {"form": [12]}
    gone = other._replace(salted=None)
    assert found(put(small.path, with_entry(entries, 12, gone)))["submissions"] == [12], "it is in the event id"


# What is withheld: with every key at hand


def retraction(entry: Entry) -> EntryRetracted:
    return EntryRetracted(target=entry.event_id, stream=entry.matter, reason="A name.")


def withholding(entry: Entry, *cited: str) -> EntryWithheld:
    documents = tuple(Citation(document=document) for document in cited)
    return EntryWithheld(
        target=entry.event_id, stream=entry.matter, ground="court-order", reason="Ordered.", documents=documents
    )


def without(entries: list[Stored], *positions: int) -> list[Stored]:
    """These entries without the data of some."""
    return [stored._replace(salted=None) if n in positions else stored for n, stored in enumerate(entries)]


def test_an_entry_withheld_without_a_decision(small: Small) -> None:
    assert found(put(small.path, without(small.entries, 11))) == {"withheld": [11]}


def test_data_that_are_still_there_although_they_are_withheld(small: Small) -> None:
    entries = small.entries
    (stored,) = signed(document("gone"), by=small.clerk, onto=entries)
    entries.append(stored)
    entries += signed(retraction(stored.read(12)), by=small.clerk, onto=entries)
    entries += signed(withholding(stored.read(12)), by=small.keeper, onto=entries)
    assert found(put(small.path, without(entries, 12))) == {}
    assert set(found(put(small.path, entries))) == {"withheld", "stored"}


def test_a_decision_to_withhold_of_the_same_submission(small: Small) -> None:
    entries = small.entries
    (stored,) = signed(document("gone"), by=small.clerk, onto=entries)
    gone = stored.read(12)
    said = document("gone"), retraction(gone), withholding(gone)
    assert small.forced(*said, by=small.keeper) == {"rules": [14], "withheld": [12], "stored": [12]}


def test_the_ledgers_own_record_is_never_withheld(small: Small) -> None:
    """A revocation that is withheld would let the revoked key sign on."""
    small.append(revoked(small.clerk), by=small.keeper)
    for target in (small.last, small.entries[9].read(9)):
        with pytest.raises(Refused, match="own record is not amended"):
            small.append(withholding(target), by=small.keeper)
        assert small.forced(withholding(target), by=small.keeper)["rules"] == [13]
    gone = rewritten(small.entries[12], event__data={})
    assert found(put(small.path, with_entry(small.entries, 12, gone)))["form"] == [12]


def erased(small: Small) -> list[Stored]:
    """A live report (#11) is withheld by a decision that cites a document, which is then corrected and withheld
    itself: so that the decision cannot be checked."""
    live = small.entries[11].read(11)
    small.append(document("order"), by=small.keeper)  # 12
    order, entries = small.last, small.entries
    entries += signed(withholding(live, "order"), by=small.keeper, onto=entries)  # 13
    entries += signed(retitled(order, "order", "Another"), by=small.keeper, onto=entries)  # 14
    entries += signed(withholding(order), by=small.keeper, onto=entries)  # 15
    return without(entries, 11, 12)


def test_a_live_entry_erased_behind_a_document_that_is_withheld(small: Small) -> None:
    report = put(small.path, erased(small))
    assert found(report)["rules"] == [13]
    assert "#11 is in force" in report.checks["rules"].detail


def test_a_live_entry_erased_behind_its_own_decision(small: Small) -> None:
    """A decision to withhold is never itself withheld."""
    live, entries = small.entries[11].read(11), small.entries
    entries += signed(withholding(live), by=small.keeper, onto=entries)  # 12
    entries += signed(withholding(entries[12].read(12)), by=small.keeper, onto=entries)
    assert found(put(small.path, without(entries, 11, 12)))["rules"] == [12, 13]


def test_a_live_entry_erased_by_its_own_retraction_undone(small: Small) -> None:
    """It is withheld while it is retracted; then the retraction is retracted, and withheld."""
    live, entries = small.entries[11].read(11), small.entries
    entries += signed(retraction(live), by=small.clerk, onto=entries)  # 12
    entries += signed(withholding(live), by=small.keeper, onto=entries)  # 13
    entries += signed(retraction(entries[12].read(12)), by=small.clerk, onto=entries)  # 14
    entries += signed(withholding(entries[12].read(12)), by=small.keeper, onto=entries)  # 15
    report = put(small.path, without(entries, 11, 12))
    assert found(report)["rules"] == [14]
    entries += signed(withholding(entries[14].read(14)), by=small.keeper, onto=entries)  # 16
    assert found(put(small.path, without(entries, 11, 12, 14)))["rules"] == [14]


def test_a_fact_that_nobody_may_record_behind_what_is_withheld(small: Small) -> None:
    """A rule is excused only if it asks for what is withheld: that another rule asked excuses nothing."""
    entries = small.entries
    entries += signed(document("gone"), by=small.clerk, onto=entries)  # 12
    gone = entries[12].read(12)
    twin = force("surrey").model_copy(update={"name": "Kent Police", "documents": (Citation(document="gone"),)})
    entries += signed(twin, by=small.clerk, approved_by=small.reviewer, onto=entries)  # 13: a name that Kent has
    entries += signed(retitled(gone, "gone", "No name"), by=small.clerk, onto=entries)
    entries += signed(withholding(gone), by=small.keeper, onto=entries)
    assert found(put(small.path, without(entries, 12)))["rules"][0] == 13


def test_four_eyes_on_a_correction_that_is_withheld(small: Small) -> None:
    """The policy asks for a second recorder on a body: also on a correction or retraction of one, and of a correction,
    whether or not that is withheld."""
    entries = small.entries
    essex = entries[10].read(10)
    data = {**force("essex").data(), "aliases": ["The force"]}
    replacement = Replacement(kind=essex.kind, version=1, data=data)
    correction = EntryCorrected(
        target=essex.event_id, stream=essex.matter, type="recording-error", reason="x", replacement=replacement
    )
    entries += signed(correction, by=small.clerk, onto=entries)  # 12
    entries += signed(retraction(entries[12].read(12)), by=small.clerk, onto=entries)
    entries += signed(withholding(entries[12].read(12)), by=small.keeper, onto=entries)
    assert found(put(small.path, without(entries, 12))) == {"authority": [12, 13]}


def test_a_decision_to_withhold_what_is_in_force(small: Small) -> None:
    act = withholding(small.last)
    with pytest.raises(Refused, match="#11 is in force; retract or correct it first"):
        small.append(act, by=small.keeper)
    entries = without(small.entries, 11)
    assert found(put(small.path, entries + signed(act, by=small.keeper, onto=entries))) == {"rules": [12]}


def test_a_decision_that_is_taken_twice(small: Small) -> None:
    act = withholding(small.entries[SECRET].read(SECRET)).model_copy(update={"reason": "Again."})
    with pytest.raises(Refused, match="#6 is withheld already"):
        small.append(act, by=small.keeper)
    assert small.forced(act, by=small.keeper) == {"rules": [12]}


def test_what_is_withheld_and_restored_in_one_batch(small: Small) -> None:
    small.append(document("gone"), by=small.clerk)
    said = small.last
    small.append(retraction(said), by=small.clerk)
    undone = retraction(small.last)
    with pytest.raises(Refused, match="would be in force again, which is withheld"):
        small.append(withholding(said), undone, by=small.keeper)
    small.append(withholding(said), by=small.keeper)
    assert found(verified(small.path)) == {}


def test_a_line_of_corrections_of_which_some_are_withheld(small: Small) -> None:
    """Lawful: what was checked then against what is gone now is told in a note, and what is in force is checked."""
    targets = [small.last]
    for title in ("Another name", "A name", "No name"):
        small.append(retitled(targets[-1], "report", title), by=small.clerk)
        targets.append(small.last)
    *gone, last = targets
    small.append(*map(withholding, reversed(gone)), by=small.keeper)
    small.append(retitled(last, "report", "No name at all"), by=small.clerk)
    report = verified(small.path)
    assert found(report) == {}
    assert report.checks["rules"].notes
    assert [note for note in report.checks["rules"].notes if "was checked in part" not in note] == []
    assert small.forced(retitled(gone[0], "report", "Another fork"), by=small.clerk) == {"rules": [19]}


def test_a_correction_to_another_kind_whose_target_is_withheld(small: Small) -> None:
    """The kind is in the envelope: it is compared although what was corrected is gone."""
    report, entries = small.last, small.entries
    revised = {"document": "report", "effective": "2024", "change": "A figure."}
    replacement = Replacement(kind="document.revised", version=1, data=revised)
    correction = EntryCorrected(
        target=report.event_id, stream=report.matter, type="recording-error", reason="x", replacement=replacement
    )
    entries += signed(correction, by=small.clerk, onto=entries)
    entries += signed(withholding(report), by=small.keeper, onto=entries)
    assert found(put(small.path, without(entries, 11)))["rules"] == [12, 13]


def retitled(entry: Entry, name: str, title: str) -> EntryCorrected:
    """A correction of the title of a document."""
    better = document(name).model_copy(update={"title": title})
    replacement = Replacement(kind=better.kind, version=better.version, data=better.data())
    return EntryCorrected(
        target=entry.event_id, stream=entry.matter, type="recording-error", reason="A name.", replacement=replacement
    )


def about(target: int, amendment: type[EntryCorroborated] | type[EntryContradicted], *documents: str) -> Step:
    """An amendment that cites documents."""
    says: dict[str, Any] = {"documents": [{"document": name} for name in documents or ("letter",)]}
    says |= {"claim": "Not so."} if amendment is EntryContradicted else {}
    return lambda entries: amendment.model_validate(says | _of(entries[target].read(target)))


def resolved(target: int, name: str, *documents: str) -> Step:
    """A correction that resolves a conflict, by documents."""
    cited = tuple(Citation(document=document) for document in documents or ("letter",))

    def step(entries: list[Stored]) -> EntryCorrected:
        better = retitled(entries[target].read(target), name, f"Title {len(entries)}")
        return better.model_copy(update={"type": "conflict-resolved", "documents": cited})

    return step


def retracted(target: int) -> Step:
    return lambda entries: retraction(entries[target].read(target))


def withheld(target: int) -> Step:
    return lambda entries: withholding(entries[target].read(target))


def _of(target: Entry) -> dict[str, str]:
    return {"target": target.event_id, "stream": target.matter}


def forced_steps(small: Small, *steps: Step, gone: int | None = None) -> list[Stored]:
    """Submissions of the keeper, each past every rule, from #12 on; the data of one are gone."""
    entries = small.entries
    for number, step in enumerate(steps):
        entries += signed(step(entries), by=small.keeper, onto=entries, salt=number.to_bytes(16, "big"))
    return entries if gone is None else without(entries, gone)


@pytest.mark.parametrize("amendment", [EntryCorroborated, EntryContradicted])
def test_a_live_contradiction_erased_while_its_target_is_retracted(
    small: Small, amendment: type[EntryCorroborated] | type[EntryContradicted]
) -> None:
    """It is withheld while it has no target in force; then its target is restored."""
    steps = about(11, amendment), retracted(11), withheld(12), retracted(13)  # 12 to 15
    report = put(small.path.with_name("forced.db"), forced_steps(small, *steps, gone=12))
    assert found(report) == {"rules": [15]}
    assert "without it, #12 would be in force again, which is withheld" in report.checks["rules"].detail
    assert found(put(small.path.with_name("forced.db"), forced_steps(small, *steps[:3], gone=12))) == {}


def test_a_live_contradiction_erased_while_it_is_resolved(small: Small) -> None:
    steps = about(11, EntryContradicted), resolved(11, "report"), withheld(12), retracted(13)  # 12 to 15
    assert found(put(small.path.with_name("forced.db"), forced_steps(small, *steps, gone=12))) == {"rules": [15]}
    assert found(put(small.path.with_name("forced.db"), forced_steps(small, *steps[:3], gone=12))) == {}


@pytest.mark.parametrize(
    "amendment", [about(12, EntryCorroborated), about(12, EntryContradicted), resolved(12, "report")]
)
def test_a_retraction_is_only_retracted(small: Small, amendment: Step) -> None:
    """A correction of it would have no effect; what says the same as it would be beside what it retracts."""
    report = put(small.path.with_name("forced.db"), forced_steps(small, retracted(11), amendment))
    assert found(report) == {"rules": [13]}
    assert "#12 is itself an amendment (entry.retracted)" in report.checks["rules"].detail


@pytest.mark.parametrize("amendment", [about(11, EntryCorroborated, "paper"), about(11, EntryContradicted, "paper")])
def test_what_is_restored_cites_registered_documents(small: Small, amendment: Step) -> None:
    """The document is retracted while what cites it is not in force; then that is restored."""
    steps = lambda _: document("paper"), amendment, retracted(11), retracted(12), retracted(14)  # 12 to 16
    report = put(small.path.with_name("forced.db"), forced_steps(small, *steps))
    assert found(report) == {"rules": [16]}
    assert "no document 'paper' is registered" in report.checks["rules"].detail


def test_a_correction_that_is_restored_cites_registered_documents(small: Small) -> None:
    corrections = resolved(11, "report", "paper"), resolved(13, "report")
    steps = lambda _: document("paper"), *corrections, retracted(12), retracted(14)  # 12 to 16
    assert found(put(small.path.with_name("forced.db"), forced_steps(small, *steps))) == {"rules": [16]}
