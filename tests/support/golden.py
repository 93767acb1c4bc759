"""Write the golden files that are missing: ``python -m tests.support.golden``. It only ever adds.

A golden file holds the canonical payload of an event with every field filled: bytes as ledgers out there have them.
So that a new kind or version has one, give it a sample below. The samples of old versions are in their files alone.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from events import Entry, Event, canonical
from events.body import BodyRegistered
from events.document import DocumentRegistered
from events.event import REGISTER, latest
from events.recorder import LedgerOpened, RecorderAuthorised
from ledger.log.key import Signer
from ledger.record.record import Draft, record
from ledger.store.store import Store, Where

FOLDER = Path(__file__).parents[1] / "events" / "golden"
ORIGIN = "example.org/golden"
MOMENT = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
LOG_KEY = Signer(ORIGIN, bytes(range(32)))
KEEPER = Signer("keeper", bytes(range(32, 64)))
SALT = bytes(range(16))

_ENTRY = "5f" * 32
_SHA256 = "0a" * 32
_CITATION = {
    "document": "report-2023",
    "locator": "page 12, paragraph 3",
    "quote": "We found that “risk” isn’t managed – café",
}
_WORLD: dict[str, Any] = {
    "body": "west-midlands",
    "effective": "2023-12-22",
    "decided_by": "hmci",
    "decided_by_name": "Andy Cooke",
    "documents": [_CITATION, {"document": "letter-2023"}],
    "because": [_ENTRY],
    "about": ["area/investigating-crime", "concern/investigations-2023"],
    "order": 2,
    "note": "First line.\nSecond line: £5, naïve, 警察.",
}
_CONCERN: dict[str, Any] = {**_WORLD, "concern": "investigations-2023"}
_INSPECTION: dict[str, Any] = {**_WORLD, "inspection": "peel-2023-25", "framework": "peel-2023-25"}
_MOVE: dict[str, Any] = {**_WORLD, "reason": "Sustained improvement."}
_AMENDMENT: dict[str, Any] = {
    "target": _ENTRY,
    "stream": "west-midlands/concern/investigations-2023",
    "documents": [_CITATION, {"document": "letter-2023"}],
    "note": "First line.\nSecond line: £5, naïve, 警察.",
}

SAMPLES: dict[str, dict[str, Any]] = {
    "body.registered": {
        "body": "west-midlands", "type": "police-force", "name": "West Midlands Police", "code": "E23000014",
        "nation": "England", "region": "West Midlands", "aliases": ["WMP", "West Mids"], "established": "1974-04-01",
        "documents": [_CITATION],
        "note": "A note.",
    },
    "body.renamed": {**_WORLD, "name": "West Midlands Constabulary"},
    "concern.announced": {**_CONCERN, "title": "How the force investigates crime"},
    "concern.issued": {
        **_CONCERN, "title": "How the force investigates crime", "description": "Supervision is too weak.",
        "recommendations": [
            {"id": "1", "text": "Make sure that supervision is effective.", "deadline": "within 3 months"},
            {"id": "2", "text": "Tell victims.", "deadline": "by 2024-03-31"},
            {"id": "3"},
        ],
        "recommendations_issued": 4, "counted_with": ["missing-people-2023"], "programme": "child-protection",
        "accelerated": True, "recurrence_of": "investigations-2018", "escalated_from": "afi-investigations",
    },
    "concern.reaffirmed": {**_CONCERN, "progress": "worse"},
    "recommendation.closed": {**_CONCERN, "recommendations": ["1", "2"], "outcome": "no-longer-applicable"},
    "concern.closed": {
        **_CONCERN, "reason": "All of it was done.", "remaining": ["Backlogs.", "Training."], "as_a_whole": True,
    },
    "concern.superseded": {**_CONCERN, "reason": "It was widened.", "superseded_by": "investigations-2024"},
    "concern.rescinded": {**_CONCERN, "reason": "The data were wrong."},
    "document.registered": {
        "document": "report-2023", "type": "inspectorate-report", "title": "PEEL 2023–25: West Midlands Police",
        "publisher": "HMICFRS", "published": "2023-12-22", "dated": "2023-12", "retrieved": "2024-01-10",
        "addresses": ["https://example.org/report", "https://example.org/report.pdf"], "copied_by": "A trade paper",
        "sha256": _SHA256, "bodies": ["west-midlands"], "note": "A note.",
    },
    "document.revised": {
        "document": "report-2023", "effective": "2024-05/2024-06", "change": "A figure was corrected.",
        "addresses": ["https://example.org/report-2"], "sha256": _SHA256,
    },
    "inspection.published": {
        **_INSPECTION, "scope": "reinspection", "covers": ["investigating-crime"],
        "fieldwork": "2023-06/2023-09",
        "areas_inspected": 10, "areas_graded": 9,
    },
    "judgement.given": {**_INSPECTION, "area": "investigating-crime", "grade": "requires-improvement"},
    "concern.partly_ended": {
        **_CONCERN, "element": "The training of new staff", "outcome": "rescinded", "reason": "A law was changed.",
    },
    "concern.left_unclear": {**_CONCERN, "reason": "The letter on the exit does not name it."},
    "recommendation.issued": {
        **_WORLD, "recommendation": "vetting-2022-3", "title": "Vet everybody again", "text": "Within ten years.",
        "deadline": "by 2023-10-31",
    },
    "recommendation.ended": {
        **_WORLD, "recommendation": "vetting-2022-3", "outcome": "completed", "reason": "All were vetted.",
    },
    "inspection.programme_ended": {**_WORLD, "programme": "crime-data-integrity"},
    "judgement.regraded": {
        **_INSPECTION, "area": "investigating-crime", "grade": "inadequate", "reason": "The force's data were wrong.",
    },
    "judgement.carried_forward": {**_INSPECTION, "area": "investigating-crime", "grade": "good"},
    "tally.given": {
        **_INSPECTION,
        "counts": {"outstanding": 0, "good": 1, "adequate": 2, "requires-improvement": 3, "inadequate": 3},
        "areas_graded": 10,
    },
    "monitoring.move_decided": {**_MOVE, "phase": "scan", "takes_effect": "2024-09"},
    "monitoring.engaged": {**_MOVE, "concerns": ["investigations-2023", "missing-people-2023"]},
    "monitoring.continued": _MOVE,
    "monitoring.concern_added": {**_MOVE, "concerns": ["missing-people-2023"]},
    "monitoring.returned": {**_WORLD, "not_stated": ["reason"]},
    "body.oversight_changed": {
        **_WORLD, "office": "police-and-crime-commissioner",
        "name": "West Midlands Police and Crime Commissioner", "holder": "Simon Foster",
    },
    "body.territory_changed": {**_WORLD, "territory": "The seven metropolitan boroughs of the West Midlands."},
    "body.merged": {
        **_WORLD, "into": "warwickshire",
        "handovers": [
            {"matter": "concern/investigations-2023", "fate": "transferred", "becomes": "investigations-west"},
            {"matter": "review/review-2024", "fate": "ended"},
        ],
    },
    "document.sought": {
        "body": "west-midlands", "sought": "response/report-2023", "effective": "2024-03-01",
        "places": ["The commissioner's site", "https://example.org/responses"], "note": "Searched by title.",
    },
    "finding.recorded": {
        **_WORLD, "finding": "backlogs-2023", "type": "area-for-improvement", "title": "Backlogs in digital forensics",
        "text": "Some devices wait for a year.", "inspection": "peel-2023-25",
    },
    "finding.closed": {**_WORLD, "finding": "backlogs-2023", "reason": "The backlog is gone."},
    "plan.announced": {**_WORLD, "plan": "mayor-2024", "title": "Transfer to the mayor", "planned_for": "2024-05-07"},
    "plan.revoked": {**_WORLD, "plan": "mayor-2024", "reason": "A court quashed it."},
    "plan.fulfilled": {**_WORLD, "plan": "mayor-2024", "reason": "It has happened."},
    "response.published": {
        **_WORLD, "responds_to": "report-2023",
        "replies": [
            {"concern": "investigations-2023", "recommendation": "1", "action": "Supervisors were trained."},
            {"concern": "investigations-2023", "none_because": "It was done before."},
        ],
    },
    "review.scheduled": {**_WORLD, "review": "review-2024", "title": "Progress on it", "due": "2024-07/2024-12"},
    "review.held": {**_WORLD, "review": "review-2024", "outcome": "Some progress."},
    "review.cancelled": {**_WORLD, "review": "review-2024", "outcome": "Overtaken by the next inspection."},
    "statement.kept": {**_WORLD, "statement": "chief-constable-2023", "reason": "The team is at work."},
    "statement.withdrawn": {**_WORLD, "statement": "chief-constable-2023", "reason": "There was no money."},
    "statement.made": {
        **_WORLD, "statement": "chief-constable-2023", "stance": "undertakes", "title": "A new team by the spring",
        "text": "Progress had been made by then.", "due": "2024-03",
    },
    "statistic.reported": {
        **_WORLD, "statistic": "firearms-offences-2021", "metric": "firearms-offences", "value": "24.5",
        "unit": "offences", "per": 100000, "per_what": "people", "geography": "West Midlands",
        "period": "2020-04/2021-03", "claim": "rank", "ranked": 1, "among": "forces in England and Wales",
        "comparator": {"name": "the average of forces in England and Wales", "value": "10.0"},
    },
    "entry.corrected": {
        **_AMENDMENT, "type": "precision-refined", "reason": "The letter gives the day.",
        "replacement": {"kind": "concern.reaffirmed", "version": 1, "data": {**_CONCERN, "progress": "worse"}},
    },
    "entry.retracted": {**_AMENDMENT, "reason": "It was about another force."},
    "entry.corroborated": _AMENDMENT,
    "entry.contradicted": {
        **_AMENDMENT, "claim": "There were five recommendations, not four.", "effective": "2023-12-22",
    },
    "entry.withheld": {**_AMENDMENT, "ground": "personal-data", "reason": "It named a private person."},
    "ledger.opened": {"log_key": str(LOG_KEY.verifier)},
    "recorder.authorised": {
        "recorder": KEEPER.verifier.id, "key": str(KEEPER.verifier), "role": "keeper",
        "kinds": ["concern", "monitoring.engaged"], "name": "The keeper's office",
    },
    "recorder.recovered": {
        "recorder": KEEPER.verifier.id, "key": str(KEEPER.verifier), "reason": "The safe burnt out.",
        "name": "The keeper's office",
    },
    "ledger.log_key_rotated": {
        "log_key": str(Signer(ORIGIN, bytes(range(64, 96))).verifier), "signed_by_old": "A" * 86 + "==",
        "signed_by_new": "B" * 85 + "A==",
    },
    "ledger.clock_corrected": {"since": 12, "reason": "The battery of the office computer had failed."},
    "ledger.policy_set": {"four_eyes": ["concern.closed", "monitoring"], "reason": "Two people sign what ends."},
    "recorder.revoked": {"recorder": KEEPER.verifier.id, "reason": "The key was lost."},
}  # fmt: skip
"""An event of each kind in its latest version."""


def data_of(class_: type[Event]) -> dict[str, Any]:
    """The data in the golden file of a class."""
    data: dict[str, Any] = canonical.decode((FOLDER / f"{class_.kind}@{class_.version}.json").read_bytes())["data"]
    return data


def bytes_of(event: Event) -> bytes:
    """What a golden file has: the ledger, kind, version and data of an event."""
    said = {"ledger": ORIGIN, "kind": event.kind, "version": event.version, "data": event.data()}
    return canonical.encode(said)


def event_id(data: bytes) -> str:
    """The event id of what a golden file has, with a fixed salt."""
    said = canonical.decode(data)
    event = REGISTER[said["kind"], said["version"]].model_validate(said["data"])
    return Entry.unwritten(
        event, ledger=ORIGIN, position=0, sequence=0, recorded_at=MOMENT, recorded_by="x", salts=lambda: SALT
    ).event_id


def submissions(where: Where) -> tuple[list[Entry], bytes]:
    """The entries of a ledger of two signed submissions of two events each, and its root: always the same bytes."""
    key = KEEPER.verifier
    opening = [
        LedgerOpened(log_key=str(LOG_KEY.verifier)),
        RecorderAuthorised(recorder=key.id, key=str(key), role="keeper"),
    ]
    body = BodyRegistered.model_validate(SAMPLES["body.registered"])
    document = DocumentRegistered.model_validate(SAMPLES["document.registered"])
    fixed: dict[str, Any] = {"clock": lambda: MOMENT, "salts": lambda: SALT}
    with Store.create(where) as ledger:
        written = record(ledger, [Draft(event) for event in opening], KEEPER, **fixed).appended
        again = record(ledger, [Draft(_citing(body)), Draft(document)], KEEPER, **fixed)
    return [*written, *again.appended], again.head.root


def _citing(body: BodyRegistered) -> BodyRegistered:
    return BodyRegistered.model_validate({**body.data(), "documents": ["report-2023"]})


def missing(folder: Path = FOLDER) -> dict[str, bytes]:
    """The golden files that are not there, with their contents. Raises KeyError for a kind without a sample."""
    found: dict[str, bytes] = {}
    for kind, version in REGISTER:
        name = f"{kind}@{version}.json"
        if not (folder / name).exists():
            if latest(kind).version != version:
                raise KeyError(f"{name} was never written, and {kind} has a newer version")
            found[name] = bytes_of(latest(kind).model_validate(SAMPLES[kind]))
    if not (folder / "submissions.jsonl").exists():
        with TemporaryDirectory() as temporary:
            entries, root = submissions(Path(temporary) / "golden.db")
        found["submissions.jsonl"] = b"".join(entry.envelope + b"\n" for entry in entries)
        found["submissions.data"] = "".join(f"{(entry.salted or b'').hex()}\n" for entry in entries).encode()
        found["submissions.root"] = root.hex().encode() + b"\n"
    return found


def write(folder: Path = FOLDER) -> list[str]:
    """Write what is missing, and return the names; what is there stays as it is."""
    written = missing(folder)
    for name, data in written.items():
        with (folder / name).open("xb") as file:
            file.write(data)
    with (folder / "event-ids.txt").open("a", encoding="ascii", newline="\n") as ids:
        for name, data in written.items():
            if name.endswith(".json"):
                ids.write(f"{name.removesuffix('.json')} {event_id(data)}\n")
    return list(written)


if __name__ == "__main__":
    sys.stdout.writelines(f"written: tests/golden/{name}\n" for name in write())
