"""Amendment: what was recorded is corrected, retracted, corroborated, contradicted; and what was known before stays."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from events.amendment import EntryCorrected, EntryRetracted
from events.entry import is_in_full
from events.recorder import RecorderRevoked
from ledger.cli import run
from ledger.errors import Refused
from ledger.log.key import Signer
from ledger.record.create import create_ledger
from ledger.record.record import Receipt
from ledger.store.store import Store
from tests.conftest import ORIGIN, StandingClock, address, now, record_events, record_story, record_yaml
from tests.support.transcribe import standing_clock

Json = dict[str, Any]
GIVEN = """
common: {body: kent, effective: 2024-05-01, publisher: HMICFRS, documents: [article]}
events:
  - {kind: document.registered, document: article, type: press-report, title: An article, published: 2024-05-02}
  - {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, published: 2024-06-01}
  - {kind: concern.issued, concern: custody, title: Custody, recommendations_issued: 2}
  - {kind: concern.reaffirmed, concern: custody, effective: 2024-08, progress: worse}
"""
ARTICLE, LETTER, ISSUED, REAFFIRMED = (f"#{46 + n}" for n in range(4))
CONCERN = "kent/concern/custody"


def issued(**says: Any) -> Json:
    """The first fact about the concern, or what it should have been."""
    fact = {"kind": "concern.issued", "body": "kent", "concern": "custody", "title": "Custody"}
    return {**fact, "recommendations_issued": 2, "effective": "2024-05-01", "documents": ["article"], **says}


def reaffirmed(**says: Any) -> Json:
    """The second fact about the concern, or what it should have been."""
    fact = {"kind": "concern.reaffirmed", "body": "kent", "concern": "custody", "effective": "2024-08"}
    return {**fact, "progress": "worse", "documents": ["article"], **says}


def corrected(target: str, replacement: Json, type: str = "recording-error", **says: Any) -> Json:
    return {
        "kind": "entry.corrected",
        "target": target,
        "type": type,
        "reason": "A slip.",
        "replacement": replacement,
        **says,
    }


def retracted(target: str, **says: Any) -> Json:
    return {"kind": "entry.retracted", "target": target, "reason": "It was about Essex.", **says}


def corroborated(target: str, **says: Any) -> Json:
    return {"kind": "entry.corroborated", "target": target, "documents": ["letter"], **says}


def contradicted(target: str, **says: Any) -> Json:
    return {"kind": "entry.contradicted", "target": target, "documents": ["letter"], "claim": "There were 3.", **says}


class Desk:
    """A ledger with a concern on record, and a clerk at it."""

    def __init__(self, ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
        self.ledger, self.capsys = ledger, capsys

    def record(self, *events: Json) -> Receipt:
        """Record events as one batch."""
        return record_yaml(self.ledger, json.dumps(list(events)))

    def refused(self, *events: Json) -> str:
        """What the clerk is told who may not record these; nothing of it is written."""
        before = self.size
        with pytest.raises(Refused) as refused:
            self.record(*events)
        assert self.size == before
        return "\n".join(str(problem) for problem in refused.value.problems)

    @property
    def size(self) -> int:
        """How many entries there are."""
        with self.ledger.reading() as reader:
            return reader.head().size

    def says(self, *args: str, code: int = 0) -> tuple[str, str]:
        """What a command prints, on stdout and on stderr."""
        self.capsys.readouterr()
        with standing_clock():
            assert run(["--ledger", address(self.ledger), *args]) == code, self.capsys.readouterr()
        printed = self.capsys.readouterr()
        return printed.out, printed.err

    def json(self, *args: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.says(*args, "--json")[0])

    def concern(self, **clocks: str) -> Json | None:
        """The concern as readers see it; None where there is none."""
        options = [f"--{clock.replace('_', '-')}={value}" for clock, value in clocks.items()]
        concerns: list[Json] = self.json("state", "kent", "--all", "--as-of=2024-12-31", *options)["concerns"]
        assert len(concerns) < 2
        return concerns[0] if concerns else None

    def title(self, **clocks: str) -> str | None:
        """The title of the concern; None where there is none."""
        concern = self.concern(**clocks)
        return concern["title"] if concern else None


@pytest.fixture
def desk(ledger: Store, capsys: pytest.CaptureFixture[str]) -> Desk:
    record_yaml(ledger, GIVEN)
    return Desk(ledger, capsys)


# What stands


def test_a_correction_replaces_what_stands_and_the_old_is_still_told(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention")))
    assert desk.title() == "Detention"
    assert desk.title(known_at="#49") == "Custody"
    assert desk.title(known_at="#50") == "Detention"
    concern = desk.concern()
    assert concern is not None
    assert concern["entries"] == [48, 49, 50]  # what was corrected, and by what


def test_a_correction_is_corrected(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention")))
    desk.record(corrected("#50", issued(title="Arrest")))
    assert [desk.title(known_at=f"#{k}") for k in (49, 50, 51)] == ["Custody", "Detention", "Arrest"]


def test_to_retract_a_correction_restores_what_it_replaced(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention")))
    desk.record(corrected("#50", issued(title="Arrest")))
    desk.record(retracted("#51"))
    assert desk.title() == "Detention"
    desk.record(retracted("#50"))
    assert desk.title() == "Custody"
    assert [desk.title(known_at=f"#{k}") for k in range(49, 54)] == [
        "Custody", "Detention", "Arrest", "Detention", "Custody",
    ]  # fmt: skip


def test_to_retract_the_first_entry_takes_the_fact_away(desk: Desk) -> None:
    desk.record(retracted(REAFFIRMED))
    concern = desk.concern()
    assert concern is not None
    assert (concern["last_known_open"], concern["entries"]) == ("2024-05-01", [48])
    desk.record(retracted(ISSUED))
    assert desk.concern() is None
    assert desk.title(known_at="#50") == "Custody"


@pytest.mark.parametrize("corrections", [1, 2])
def test_to_retract_the_first_entry_after_corrections_takes_the_fact_away(desk: Desk, corrections: int) -> None:
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-09")))
    if corrections == 2:
        desk.record(corrected("#50", reaffirmed(effective="2024-10")))
    last = desk.size - 1
    desk.record(retracted(REAFFIRMED))
    concern = desk.concern()
    assert concern is not None
    assert concern["last_known_open"] == "2024-05-01"
    assert f"retracted by #{desk.size - 1}" in desk.json("show", REAFFIRMED)["words"]
    assert f"retracted by #{desk.size - 1}" in desk.json("show", f"#{last}")["words"]
    for target in (REAFFIRMED, f"#{last}"):
        said = desk.refused(retracted(target, reason="Once more."))
        assert f"{target} was retracted (#{desk.size - 1}); to restore it, `retract '#{desk.size - 1}'`" in said
    desk.record(retracted(f"#{desk.size - 1}", reason="It was about Kent after all."))
    concern = desk.concern()
    assert concern is not None
    assert concern["last_known_open"] == ("2024-09", "2024-10")[corrections - 1], "with its corrections"


@pytest.mark.parametrize("what", [REAFFIRMED, f"{CONCERN} reaffirmed"])
def test_a_clerk_who_retracts_a_corrected_entry_takes_the_fact_back(desk: Desk, what: str) -> None:
    """By its number and by what it says, by the command and in a file."""
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-09")))
    before = desk.size
    desk.says("retract", what, "--reason", "It was about Essex.")
    desk.record(retracted(what))  # the same again
    assert desk.size == before + 1
    assert desk.json("show", REAFFIRMED)["in_force"] is False
    assert desk.json("show", "#50")["in_force"] is False


def test_what_a_retraction_is_of_is_read_back(desk: Desk) -> None:
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-09")))
    for target, words in (
        (REAFFIRMED, f"{REAFFIRMED} Kent Police: concern reaffirmed"),
        (
            "#50",
            f"#50 (entry corrected) of {REAFFIRMED} Kent Police: concern reaffirmed",
        ),
    ):
        (event,) = desk.json("retract", target, "--reason", "It was about Essex.", "--dry-run")["read_back"]
        assert event["says"]["target"].startswith(words)


def test_what_an_entry_names_is_shown_by_its_number(desk: Desk) -> None:
    desk.record(retracted(REAFFIRMED))
    engaged = {"kind": "monitoring.engaged", "body": "kent", "effective": "2025-03-01", "documents": ["letter"]}
    desk.record({**engaged, "because": ["#50", ISSUED]})
    target, because = f"    target               {REAFFIRMED}\n", f'    because              ["#50", "{ISSUED}"]\n'
    for what, line in (CONCERN, target), ("#50", target[2:]), ("kent/monitoring", because), ("#51", because[2:]):
        assert line in desk.says("show", what)[0]


def test_a_retraction_of_the_first_entry_on_whose_correction_another_rests_is_refused(desk: Desk) -> None:
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-09")))
    engaged = {"kind": "monitoring.engaged", "body": "kent", "effective": "2025-03-01"}
    desk.record({**engaged, "documents": ["letter"], "because": ["#50"]})
    assert "#51 (monitoring.engaged) rests on it; retract #51 too" in desk.refused(retracted(REAFFIRMED))


def test_to_retract_a_retraction_brings_the_fact_back(desk: Desk) -> None:
    desk.record(retracted(REAFFIRMED), retracted(ISSUED))
    assert desk.concern() is None
    desk.record(retracted("#51", reason="It was about Kent after all."))
    assert desk.title() == "Custody"


def test_what_was_brought_back_is_corrected_and_retracted_like_any(desk: Desk) -> None:
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-09")))
    desk.record(retracted("#50"))
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-10")))
    desk.record(retracted("#52", reason="Wrong again."))
    desk.record(retracted(REAFFIRMED))
    concern = desk.concern()
    assert concern is not None
    assert concern["last_known_open"] == "2024-05-01"


def test_within_a_batch_a_label_names_what_is_mended(desk: Desk) -> None:
    desk.record(
        reaffirmed(effective="2024-09", label="september"),
        corrected("september", reaffirmed(effective="2024-10"), label="october"),
        corrected("october", reaffirmed(effective="2024-11")),
    )
    concern = desk.concern()
    assert concern is not None
    assert concern["last_known_open"] == "2024-11"


# What no longer stands


def test_to_correct_what_no_longer_stands_is_refused_and_names_what_does(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention")))
    assert "#48 is no longer in force; name #50" in desk.refused(corrected(ISSUED, issued(title="Arrest")))
    desk.record(corrected("#50", issued(title="Arrest")))
    for target in (ISSUED, "#50"):
        told = desk.refused(corrected(target, issued(title="In custody")))
        assert f"{target} is no longer in force; name #51" in told


@pytest.mark.parametrize("documents", [[], ["letter"]], ids=["without documents", "with a document"])
def test_a_correction_that_was_itself_corrected_is_no_target(desk: Desk, documents: list[str]) -> None:
    type = "source-erratum" if documents else "recording-error"
    desk.record(corrected(ISSUED, issued(title="Detention"), type, documents=documents))
    desk.record(corrected("#50", issued(title="Arrest")))
    targeting: list[Json] = [
        corrected("#50", issued(title="In custody")),
        retracted("#50"),
        corroborated("#50"),
        contradicted("#50"),
    ]
    for event in targeting:
        assert "#50 is no longer in force; name #51" in desk.refused(event)
    assert desk.title() == "Arrest"
    assert desk.json("show", "#50")["words"] == "no longer in force: corrected by #51, because: A slip."


def test_a_batch_is_checked_against_what_its_own_entries_leave_in_force(desk: Desk) -> None:
    first = corrected(ISSUED, issued(title="Detention"), "source-erratum", documents=["letter"], label="first")
    second = corrected("first", issued(title="Arrest"), label="second")
    for event in (corrected("first", issued(title="In custody")), retracted("first")):
        assert "is no longer in force" in desk.refused(first, second, event)
    desk.record(first, second, retracted("second"), retracted("first"))
    assert desk.title() == "Custody"


def test_once_a_correction_was_retracted_what_stands_is_named_by_its_own_position(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention")))
    desk.record(retracted("#50"))
    assert "name #48" in desk.refused(corrected("#50", issued(title="Arrest")))
    desk.record(retracted(REAFFIRMED))
    told = desk.refused(corrected(ISSUED, issued(concern="custody-2")))
    assert "target: '#48'" in told


def test_to_correct_what_was_retracted_is_refused_and_says_by_what(desk: Desk) -> None:
    desk.record(retracted(REAFFIRMED))
    assert "#49 was retracted (#50)" in desk.refused(corrected(REAFFIRMED, reaffirmed(effective="2024-09")))


def test_what_was_retracted_is_not_brought_back_by_naming_itself(desk: Desk) -> None:
    desk.record(retracted(REAFFIRMED))
    told = desk.refused(retracted(REAFFIRMED, reason="Again."))
    assert "#49 was retracted (#50)" in told
    assert "name what stands now" not in told, "nothing stands; the remedy is to retract #50"


# The same again


def test_the_same_event_after_a_retraction_is_refused_with_the_remedy_that_records_it(desk: Desk) -> None:
    desk.record(retracted(REAFFIRMED))
    told = desk.refused(reaffirmed())
    assert "#49 says this, and was retracted (#50)" in told
    assert "record it with `because: '#50'`" in told
    desk.record(reaffirmed(because="#50"))
    concern = desk.concern()
    assert concern is not None
    assert (concern["last_known_open"], concern["entries"]) == ("2024-08", [48, 51])


def test_the_same_event_after_its_correction_is_already_recorded(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention")))
    again = desk.record(issued())
    assert (again.appended, [entry.position for entry in again.already]) == ((), [48])
    assert desk.title() == "Detention"


def test_what_a_correction_says_is_already_recorded(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention")))
    again = desk.record(issued(title="Detention"))
    assert (again.appended, len(again.already)) == ((), 1)


@pytest.mark.parametrize(
    "mending",
    [
        corrected(ISSUED, issued(title="Detention")),
        retracted(REAFFIRMED),
        corroborated(ISSUED),
        contradicted(ISSUED),
    ],
    ids=lambda mending: mending["kind"],
)
def test_the_same_mending_again_is_already_recorded(desk: Desk, mending: Json) -> None:
    desk.record(mending)
    again = desk.record(mending)
    assert (again.appended, [entry.position for entry in again.already]) == ((), [50])


@pytest.mark.parametrize(
    "mending",
    [corrected(ISSUED, issued(title="Detention")), retracted(REAFFIRMED), corroborated(ISSUED), contradicted(ISSUED)],
    ids=lambda mending: mending["kind"],
)
def test_the_same_mending_after_its_retraction_is_not_passed_over_in_silence(desk: Desk, mending: Json) -> None:
    desk.record(mending)
    desk.record(retracted("#50", reason="Not so."))
    assert "#50 says this, and was retracted (#51)" in desk.refused(mending)
    assert desk.record({**mending, "note": "So after all."}).appended


# What a correction may change


def test_a_day_is_corrected(desk: Desk) -> None:
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-10-01")))
    concern, before = desk.concern(), desk.concern(known_at="#49")
    assert concern is not None
    assert before is not None
    assert (before["last_known_open"], concern["last_known_open"]) == ("2024-08", "2024-10-01")


@pytest.mark.parametrize("titles", [["Custody"], ["Custody", "Detention"], ["Custody", "Detention", "Cells"]])
def test_identity_is_not_corrected_and_the_batch_that_is_printed_does_it(
    desk: Desk, tmp_path: Path, titles: list[str]
) -> None:
    """Whatever was corrected before: nothing of the old fact is left."""
    desk.record(retracted(REAFFIRMED))
    for title in titles[1:]:
        desk.record(corrected(ISSUED if title == titles[1] else f"#{desk.size - 1}", issued(title=title)))
    before = desk.size
    options = ("--type", "recording-error", "--reason", "It's “custody” of 2023: not 2024")
    _, told = desk.says("correct", ISSUED, "concern=custody-2023", "note=First: line", *options, code=3)
    assert "concern would change: that is another fact; record this batch instead:" in told
    assert desk.size == before
    batch = re.search(r"^  - kind: entry\.retracted\n(?:    .*\n)*(?:  - .*\n(?:    .*\n)*)*", told, re.MULTILINE)
    assert batch
    (tmp_path / "instead.yaml").write_text(batch[0], "utf-8")
    out, _ = desk.says("append", str(tmp_path / "instead.yaml"))
    assert "Appended 2" in out
    concern = desk.concern()
    assert concern is not None
    assert (concern["id"], concern["title"], concern["since"]) == ("custody-2023", titles[-1], "2024-05-01")


def test_identity_is_not_corrected_in_what_was_corrected_either(desk: Desk) -> None:
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-09")))
    told = desk.refused(corrected("#50", reaffirmed(body="essex")))
    assert "body would change" in told
    assert "target: '#49'" in told


def test_another_kind_is_not_a_correction(desk: Desk) -> None:
    rescinded = {name: value for name, value in reaffirmed().items() if name != "progress"}
    told = desk.refused(corrected(REAFFIRMED, {**rescinded, "kind": "concern.rescinded"}))
    assert "#49 is a concern.reaffirmed, not a concern.rescinded" in told


def test_a_replacement_in_its_stored_form_is_taken_as_it_is_written(desk: Desk) -> None:
    data = {name: value for name, value in issued(title="Detention").items() if name != "kind"}
    stored = {"kind": "concern.issued", "version": 1, "data": {**data, "documents": [{"document": "article"}]}}
    desk.record(corrected(ISSUED, stored))
    assert desk.title() == "Detention"


def test_that_nothing_would_change_is_refused(desk: Desk) -> None:
    assert "nothing would change" in desk.refused(corrected(ISSUED, issued()))


def test_a_date_is_not_refined_to_one_that_it_did_not_hold(desk: Desk) -> None:
    refined: Json = {"type": "precision-refined", "documents": ["letter"]}
    told = desk.refused(corrected(REAFFIRMED, reaffirmed(effective="2024-07-31"), **refined))
    assert "the new date is outside the old one" in told
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-08-31"), **refined))
    assert "the new date is outside" in desk.refused(corrected("#50", reaffirmed(effective="2024-08"), **refined))


def test_a_correction_does_not_make_two_records_of_one_fact(desk: Desk) -> None:
    desk.record(reaffirmed(effective="2024-09"))
    assert "records this fact already" in desk.refused(corrected("#50", reaffirmed(note="The same.")))


def test_a_correction_of_the_earlier_does_not_make_two_records_of_one_fact(desk: Desk) -> None:
    desk.record(reaffirmed(effective="2024-09"))
    told = desk.refused(corrected(REAFFIRMED, reaffirmed(effective="2024-09", note="The same.")))
    assert "records this fact already" in told


def test_a_correction_does_not_say_the_same_as_another_fact(desk: Desk) -> None:
    desk.record(reaffirmed(effective="2024-09"))
    assert "records this fact already" in desk.refused(corrected("#50", reaffirmed()))


# What depends on it


def test_a_correction_that_makes_a_later_fact_unlawful_is_refused_and_names_it(desk: Desk) -> None:
    told = desk.refused(corrected(ISSUED, issued(effective="2024-10-01")))
    assert "with this, #49 (concern.reaffirmed of 2024-08) could not have followed" in told


def test_an_inspection_whose_judgements_stand_is_not_retracted(desk: Desk) -> None:
    inspection = {"body": "kent", "inspection": "peel", "framework": "peel-2023-25", "effective": "2024-05-01"}
    desk.record({**inspection, "kind": "inspection.published", "scope": "assessment", "documents": ["letter"]})
    judged = {**inspection, "area": "investigating-crime", "grade": "good", "documents": ["letter"]}
    desk.record({**judged, "kind": "judgement.given"})
    told = desk.refused(retracted("#50"))
    assert "#51 (judgement.given)" in told


def test_a_retraction_on_which_a_fact_of_the_matter_rests_is_refused_and_names_it(desk: Desk) -> None:
    told = desk.refused(retracted(ISSUED))
    assert "without it, #49 (concern.reaffirmed) would break a rule" in told
    assert "retract #49 too" in told


def test_a_retraction_on_which_another_entry_rests_is_refused_and_names_it(desk: Desk) -> None:
    desk.record(
        {
            "kind": "monitoring.engaged",
            "body": "kent",
            "effective": "2024-09",
            "documents": ["letter"],
            "because": "#49",
        }
    )
    assert "#50 (monitoring.engaged) rests on it; retract #50 too" in desk.refused(retracted(REAFFIRMED))
    desk.record(retracted("#50"), retracted(REAFFIRMED))
    assert desk.json("state", "kent")["monitoring"]["phase"] == "scan"


def test_a_document_whose_revision_stands_is_not_retracted(desk: Desk) -> None:
    desk.record(
        {"kind": "document.revised", "document": "letter", "effective": "2024-07", "change": "A figure was corrected."}
    )
    assert "#50 (document.revised)" in desk.refused(retracted(LETTER))


def test_a_retraction_of_a_document_that_is_cited_is_refused(desk: Desk) -> None:
    told = desk.refused(retracted(ARTICLE))
    assert "#48 (concern.issued) would break a rule: no document 'article' is registered" in told
    assert "#49 (concern.reaffirmed) would break a rule" in told
    desk.record(retracted(LETTER))  # nothing cites it


def test_a_retraction_of_a_document_that_a_mending_cites_is_refused(desk: Desk) -> None:
    desk.record(corroborated(ISSUED))
    assert "#50 (entry.corroborated)" in desk.refused(retracted(LETTER))
    desk.record(retracted("#50"), retracted(LETTER))


def test_what_a_retraction_restores_is_judged_as_if_it_were_recorded_now(desk: Desk) -> None:
    desk.record(corrected(REAFFIRMED, reaffirmed(effective="2024-09")))
    desk.record(reaffirmed(note="There was one in August after all."))
    assert "records this fact already" in desk.refused(retracted("#50"))


def test_what_a_retracted_retraction_brings_back_is_judged_as_if_it_were_recorded_now(desk: Desk) -> None:
    desk.record(retracted(REAFFIRMED))
    desk.record(reaffirmed(note="Recorded anew."))
    assert "records this fact already" in desk.refused(retracted("#50", reason="It was about Kent after all."))


def test_the_same_bytes_are_known_after_their_document_was_corrected(desk: Desk) -> None:
    registered = {"kind": "document.registered", "type": "inspectorate-letter", "publisher": "HMICFRS"}
    hashed = {**registered, "document": "hashed", "title": "A hashed letter", "sha256": "0a" * 32}
    desk.record(hashed)
    desk.record(corrected("#50", {**hashed, "title": "A letter with a hash"}))
    told = desk.refused({**hashed, "document": "again", "title": "The same again"})
    assert "the same bytes are registered as 'hashed' (#50)" in told


def test_a_document_that_was_retracted_no_longer_keeps_its_bytes_from_being_registered(desk: Desk) -> None:
    registered = {"kind": "document.registered", "type": "inspectorate-letter", "publisher": "HMICFRS"}
    hashed = {**registered, "document": "hashed", "title": "A hashed letter", "sha256": "0a" * 32}
    desk.record(hashed)
    desk.record(retracted("#50"))
    assert desk.record({**hashed, "document": "by-its-right-name"}).appended


# Who mends


@pytest.mark.parametrize("position", [0, 1])
def test_the_authority_of_the_ledger_is_not_mended(desk: Desk, clerk: Signer, keeper: Signer, position: int) -> None:
    with desk.ledger.reading() as reader:
        (entry,) = reader.entries_at([position])
    retraction = EntryRetracted(target=entry.event_id, stream=entry.matter, reason="A mutiny.")
    for signer in (clerk, keeper):
        with pytest.raises(Refused, match="the ledger's own record is not amended"):
            record_events(desk.ledger, retraction, signer=signer)


def test_what_a_recorder_recorded_is_mended_after_their_key_was_revoked(
    desk: Desk, clerk: Signer, keeper: Signer
) -> None:
    record_yaml(desk.ledger, json.dumps([reaffirmed(effective="2024-09")]), clerk)
    record_events(desk.ledger, RecorderRevoked(recorder=clerk.verifier.id, reason="has left"), signer=keeper)
    desk.record(corrected("#51", reaffirmed(effective="2024-10")))
    concern = desk.concern()
    assert concern is not None
    assert concern["last_known_open"] == "2024-10"


def test_what_others_recorded_is_no_hindrance_after_their_key_was_revoked(
    desk: Desk, clerk: Signer, keeper: Signer
) -> None:
    engaged = {"kind": "monitoring.engaged", "body": "kent", "effective": "2024-09", "documents": ["letter"]}
    record_yaml(desk.ledger, json.dumps([{**engaged, "concerns": ["custody"]}]), clerk)
    record_events(desk.ledger, RecorderRevoked(recorder=clerk.verifier.id, reason="has left"), signer=keeper)
    desk.record(corrected(ISSUED, issued(title="Detention")))
    assert desk.title() == "Detention"


def test_a_correction_reaches_up_to_the_day_on_which_it_is_recorded(desk: Desk, clock: StandingClock) -> None:
    clock.move(days=30)
    correction = corrected(REAFFIRMED, reaffirmed(effective="2026-12-01"))
    assert record_yaml(desk.ledger, json.dumps([correction]), clock=clock).appended


# Other sources


def test_what_another_document_corroborates_gains_its_basis(desk: Desk) -> None:
    before = desk.concern()
    desk.record(corroborated(ISSUED), corroborated(REAFFIRMED))
    after = desk.concern()
    assert before is not None
    assert after is not None
    assert (before["basis"], after["basis"]) == ("press", "inspectorate")
    desk.record(retracted("#50"), retracted("#51"))
    assert desk.concern() == before


def test_what_another_document_contradicts_is_shown_as_such_until_a_correction_resolves_it(desk: Desk) -> None:
    desk.record(contradicted(ISSUED))
    concern = desk.concern()
    assert concern is not None
    assert (concern["title"], concern["sources_differ"]) == ("Custody", [50])
    assert "sources differ: #50" in desk.says("state", "kent")[0]
    desk.record(corrected(ISSUED, issued(title="Detention")))  # not what they differ in
    concern = desk.concern()
    assert concern is not None
    assert concern["sources_differ"] == [50]
    resolved = issued(title="Detention", recommendations_issued=3)
    desk.record(corrected("#51", resolved, "conflict-resolved", documents=["letter"], reason="The letter is its own."))
    concern = desk.concern()
    assert concern is not None
    assert (concern["recommendations_issued"], concern["sources_differ"]) == (3, [])
    assert "sources differ" not in desk.says("state", "kent")[0]
    assert "sources differ: #50" in desk.says("state", "kent", "--known-at=#51")[0]


def test_a_contradiction_is_retracted(desk: Desk) -> None:
    desk.record(contradicted(ISSUED))
    desk.record(retracted("#50"))
    concern = desk.concern()
    assert concern is not None
    assert concern["sources_differ"] == []


def test_a_resolution_that_is_retracted_leaves_the_sources_differing(desk: Desk) -> None:
    desk.record(contradicted(ISSUED))
    resolved = issued(recommendations_issued=3)
    desk.record(corrected(ISSUED, resolved, "conflict-resolved", documents=["letter"]))
    desk.record(retracted("#51"))
    concern = desk.concern()
    assert concern is not None
    assert (concern["recommendations_issued"], concern.get("sources_differ")) == (2, [50])


def test_a_corroboration_that_was_retracted_stays_away_when_a_later_correction_goes(desk: Desk) -> None:
    desk.record(corroborated(ISSUED))
    desk.record(corrected(ISSUED, issued(title="Detention")))
    desk.record(retracted("#50"))
    before = desk.concern()
    desk.record(retracted("#51", reason="Custody is the word."))
    after = desk.concern()
    assert before is not None
    assert after is not None
    assert (before["basis"], after["basis"]) == ("press", "press")


def test_what_the_public_could_know_leaves_out_what_a_later_document_mended(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention"), "source-erratum", documents=["letter"]))
    assert desk.title(public_at="2024-05-31") == "Custody"
    assert desk.title(public_at="2024-06-01") == "Detention"
    desk.record(corrected("#50", issued(title="Arrest")))  # of what was not yet public
    assert desk.title(public_at="2024-05-31") == "Custody"


def test_our_own_errors_count_as_mended_for_the_public(desk: Desk) -> None:
    desk.record(corrected(ISSUED, issued(title="Detention")))
    assert desk.title(public_at="2024-05-31") == "Detention"


# The command line

SLIP = ("--type", "recording-error", "--reason", "A slip.")


def read_back(text: str, field: str) -> str:
    """What was read back of a field: what it was, and what it becomes."""
    _, _, rest = text.partition(f"    {field} ")
    was, becomes = rest.splitlines()[:2]
    return " ".join([was.strip(), becomes.strip()])


def test_correct_changes_the_fields_that_are_given_and_says_from_what(desk: Desk) -> None:
    out, err = desk.says("correct", ISSUED, "title=Detention", "recommendations_issued=3", *SLIP)
    assert "Appended 1 (#50), 0 already recorded" in out
    assert read_back(err, "title") == "Custody -> Detention"
    assert read_back(err, "recommendations_issued") == "2 -> 3"
    concern = desk.concern()
    assert concern is not None
    assert (concern["title"], concern["recommendations_issued"], concern["since"]) == ("Detention", 3, "2024-05-01")


def test_correct_leaves_out_a_field_that_is_given_without_a_value(desk: Desk) -> None:
    _, err = desk.says("correct", ISSUED, "recommendations_issued=", *SLIP)
    assert read_back(err, "recommendations_issued") == "2 -> (left out)"
    concern = desk.concern()
    assert concern is not None
    assert concern["recommendations_issued"] == "not-recorded"


def test_correct_gives_what_was_not_stated_and_the_other_way_round(desk: Desk) -> None:
    _, err = desk.says("correct", ISSUED, "recommendations_issued=not-stated", *SLIP)
    assert read_back(err, "recommendations_issued") == "2 -> not-stated"
    concern = desk.concern()
    assert concern is not None
    assert concern["recommendations_issued"] == "not-stated"
    _, err = desk.says("correct", ISSUED, "recommendations_issued=3", *SLIP)
    assert read_back(err, "recommendations_issued") == "not-stated -> 3"
    concern = desk.concern()
    assert concern is not None
    assert concern["recommendations_issued"] == 3


def test_correct_corrects_what_now_stands(desk: Desk) -> None:
    desk.says("correct", ISSUED, "title=Detention", *SLIP)
    desk.says("correct", ISSUED, "title=Arrest", *SLIP)
    assert desk.title() == "Arrest"
    assert desk.json("show", "#51")["data"]["target"] == desk.json("show", "#50")["event_id"]


def test_the_commands_of_mending_print_receipts_as_json(desk: Desk) -> None:
    calls = [
        ("correct", ISSUED, "title=Detention", *SLIP),
        ("corroborate", ISSUED, "--document", "letter"),
        ("contradict", ISSUED, "--document", "letter", "--claim", "There were 3."),
        ("retract", REAFFIRMED, "--reason", "It was about Essex.", "--note", "Page 2.", "--document", "letter"),
    ]
    for number, call in enumerate(calls, 50):
        receipt = desk.json(*call)
        assert (receipt["schema"], receipt["appended"], receipt["dry_run"]) == (
            "force-ledger/receipt/v1", [number], False,
        )  # fmt: skip
        assert receipt["head"]["size"] == number + 1
    assert desk.json("show", "#53")["data"]["documents"] == [{"document": "letter"}]


def test_to_retract_twice_by_the_command_is_already_recorded(desk: Desk) -> None:
    desk.says("retract", REAFFIRMED, "--reason", "It was about Essex.")
    receipt = desk.json("retract", REAFFIRMED, "--reason", "It was about Essex.")
    assert (receipt["appended"], receipt["already_recorded"]) == ([], [50])


def test_a_correction_by_the_command_is_retracted_by_its_own_number(desk: Desk) -> None:
    desk.says("correct", ISSUED, "title=Detention", *SLIP)
    desk.says("retract", "#50", "--reason", "Custody is the word.")
    assert desk.title() == "Custody"


@pytest.mark.parametrize("corrections", [0, 1, 2])
def test_a_whole_matter_is_retracted_by_the_command(desk: Desk, corrections: int) -> None:
    for number in range(corrections):
        desk.says("correct", ISSUED, f"title=Title {number}", *SLIP)
    desk.says("retract", CONCERN, "--reason", "It was about Essex.")
    assert desk.concern() is None
    _, told = desk.says("retract", CONCERN, "--reason", "It was about Essex.", code=6)
    assert f"nothing of {CONCERN} is in force" in told


def test_a_dry_run_says_what_would_change_and_writes_nothing(desk: Desk) -> None:
    for call, change in (
        (("correct", ISSUED, "title=Detention", *SLIP), ""),
        (
            ("retract", CONCERN, "--reason", "It was about Essex."),
            ": concern custody: open (since 2024-05-01) -> nothing recorded",
        ),
        (("corroborate", ISSUED, "--document", "letter"), "concern issued basis: press -> inspectorate"),
        (
            ("contradict", ISSUED, "--document", "letter", "--claim", "Three."),
            "-> open (since 2024-05-01, sources differ: #50)",
        ),
    ):
        out, err = desk.says(*call, "--dry-run")
        assert "Dry run: nothing was written." in err
        assert "Would append" in out
        assert change in out
        assert desk.size == 50


@pytest.mark.parametrize(
    ("call", "code", "told"),
    [
        (("correct", "#99", "title=x", *SLIP), 6, "there is no entry #99"),
        (("retract", "#99", "--reason", "x"), 6, "there is no entry #99"),
        (("retract", "kent/concern/none", "--reason", "x"), 6, "nothing is on record as 'kent/concern/none'"),
        (("corroborate", "#99", "--document", "letter"), 6, "there is no entry #99"),
        (("contradict", "#99", "--document", "letter", "--claim", "x"), 6, "there is no entry #99"),
        (("correct", ISSUED, "title", *SLIP), 2, "'title' is not FIELD=VALUE"),
        (("correct", ISSUED, *SLIP), 2, "FIELD=VALUE"),
        (("correct", ISSUED, "title=x", "--reason", "x"), 3, "--type: is missing; give "),
        (("retract", ISSUED), 3, "--reason: is missing; give why"),
        (("contradict", ISSUED, "--document", "letter"), 3, "--claim: is missing; give what they say"),
        (
            ("correct", ISSUED, "title=x", "--type", "slip", "--reason", "x"),
            3,
            "type: 'slip' is not a word of this field",
        ),
        (("correct", ISSUED, "titel=x", *SLIP), 3, "titel"),
        (("correct", ISSUED, "effective=31.12.2024", *SLIP), 3, "effective"),
        (("correct", ISSUED, "title=Custody", *SLIP), 3, "nothing would change"),
        (("corroborate", ISSUED), 3, "documents"),
        (("corroborate", ISSUED, "--document", "no-such"), 3, "no document 'no-such' is registered"),
        (("retract", ISSUED, "--reason", "x"), 3, "retract #49 too"),
        (("retract", "#1", "--reason", "x"), 3, ""),
        (("retract", ISSUED, "--reason", "x", "--expect-head", "3"), 4, "the ledger has 50 entries, not 3"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_that_fails_says_why(desk: Desk, call: tuple[str, ...], code: int, told: str) -> None:
    _, err = desk.says(*call, code=code)
    assert told in err
    assert "Traceback" not in err
    assert "pydantic" not in err
    assert desk.size == 50


def test_a_correction_of_another_kind_is_refused_in_words(in_a_file_story: Store) -> None:
    """A clerk who mistypes #12 may name any entry, and put anything in its place."""
    with in_a_file_story.reading() as reader:
        kinds = {entry.kind: entry for entry in (stored.read() for stored in reader.entries())}
    for kind, entry in kinds.items():
        if entry.amends or is_in_full(kind):
            continue
        for other in kinds.values():
            if other.kind == kind or other.amends or is_in_full(other.kind):
                continue
            replacement = {"kind": other.kind, "version": other.version, "data": other.event.data()}
            says = {"target": entry.event_id, "stream": entry.matter, "type": "recording-error", "reason": "A slip."}
            correction = EntryCorrected.model_validate({**says, "replacement": replacement})
            with pytest.raises(Refused, match="retract it, and record the other"):
                record_events(in_a_file_story, correction, other.event.model_copy(update={"note": "Again."}))


@pytest.fixture
def in_a_file_story(tmp_path: Path) -> Iterator[Store]:
    """The press story, in a file."""
    create_ledger(tmp_path / "story.db", origin=ORIGIN, clock=now)
    with Store(tmp_path / "story.db") as opened:
        record_story(opened)
        yield opened
