"""Write the ledger of today's rules, if it is missing: ``python -m tests.support.corpus``; with ``anew``, once more.

For each number of the rules `tests/ledgers` has a ledger that was recorded by them. Every later version must open,
verify, follow and continue it. It is made anew whenever stored bytes change, until it is frozen (`make freeze`): then
`tests/frozen.sha256` lists it, with the golden files, and a test sees that none of them ever changes. Beside it,
`frameworks-1.json` says what its rules read of the frameworks; that stays so for its number.
"""

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count, product
from pathlib import Path
from shutil import move
from tempfile import TemporaryDirectory
from typing import Any

from events import Event, latest
from events.frameworks import frameworks
from events.recorder import (
    ClockCorrected,
    LedgerOpened,
    LogKeyRotated,
    PolicySet,
    RecorderAuthorised,
    RecorderRecovered,
    RecorderRevoked,
)
from events.rules import RULES
from ledger.errors import Refused
from ledger.intake import draft as drafting
from ledger.intake import yaml
from ledger.log.key import Signer
from ledger.record.create import the_forces
from ledger.record.record import Draft, record
from ledger.statements import rotation_statement
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from tests.support.clerk import AMENDMENTS, BODY, DATES, FACTS, PUBLISHED, Saying
from tests.support.golden import FOLDER as GOLDEN
from tests.support.golden import KEEPER, LOG_KEY, MOMENT

Json = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "ledgers"
FROZEN = Path(__file__).parents[1] / "frozen.sha256"
_STORY = Path(__file__).parents[2] / "examples" / "west-midlands-press"
_OTHERS = Path(__file__).with_name("every_kind.yaml")
_CLERK, _SECOND = (Signer(name, bytes([number]) * 32).verifier for number, name in enumerate(("clerk", "second")))


def newest() -> Path:
    """The ledger of today's rules."""
    return FOLDER / f"rules-{RULES}.db"


def write(path: Path) -> int:
    """Write the ledger; returns how many entries it has."""
    with SQLiteFile(path).creating() as building, Store.create(building) as ledger:
        salts = (number.to_bytes(16) for number in count(1))

        def recorded(drafts: list[Draft], signer: Signer = KEEPER, at: datetime = MOMENT) -> bool:
            try:
                record(ledger, drafts, signer, clock=lambda: at, salts=lambda: next(salts))
            except Refused:
                return False
            return True

        opening: list[Event] = [
            LedgerOpened(log_key=str(LOG_KEY.verifier)),
            RecorderAuthorised(recorder=KEEPER.verifier.id, key=str(KEEPER.verifier), role="keeper"),
        ]
        assert recorded([Draft(event) for event in (*opening, *the_forces())])

        def enter(batch: Path) -> None:
            with ledger.reading() as reader:
                found = yaml.read(batch.read_text("utf-8"), batch.name)
                drafts = drafting.drafts_of(found, drafting.Names(reader))
            record(ledger, drafts, KEEPER, clock=lambda: MOMENT, salts=lambda: next(salts))

        for batch in sorted(_STORY.glob("*.yaml")):
            enter(batch)
        for event in (*_documents(), *_facts()):
            recorded([Draft(event)])
        for which, name in enumerate(AMENDMENTS):
            with ledger.reading() as reader:
                entries = [entry for entry in (stored.read() for stored in reader.entries()) if entry.content]
            about = [entry for entry in entries if entry.matter.startswith(f"{BODY}/") and not entry.amends]
            saying = Saying(5 * which, DATES[which % len(DATES)], ("report",), which % 2, which)
            if amendment := saying.amendment(name, about):
                recorded([Draft(amendment)])
        enter(_OTHERS)
        with ledger.reading() as reader:
            (*_, target), size = reader.entries_under("essex/statement/"), reader.head().size
        removed = {"target": target.event_id, "stream": target.matter, "reason": "It named a private person."}
        acts: list[tuple[Event, Signer, datetime]] = [
            (latest("entry.retracted").model_validate(removed), KEEPER, MOMENT),
            (latest("entry.withheld").model_validate(removed | {"ground": "personal-data"}), KEEPER, MOMENT),
            (
                RecorderAuthorised(
                    recorder=_CLERK.id, key=str(_CLERK), role="clerk", kinds=("concern",), name="A clerk"
                ),
                KEEPER,
                MOMENT,
            ),
            (RecorderRevoked(recorder=_CLERK.id, reason="The key was lost."), KEEPER, MOMENT),
            (
                RecorderRecovered(recorder=_SECOND.id, key=str(_SECOND), name="B", reason="The safe burnt out."),
                LOG_KEY,
                MOMENT,
            ),
            (_rotation(), KEEPER, MOMENT + timedelta(hours=1)),
            (ClockCorrected(since=size + 5, reason="The battery had failed."), KEEPER, MOMENT + timedelta(minutes=1)),
            (PolicySet(four_eyes=("concern.rescinded",), reason="Two people."), KEEPER, MOMENT + timedelta(minutes=2)),
        ]
        for event, signer, at in acts:
            assert recorded([Draft(event)], signer, at), event
        with ledger.reading() as reader:
            return reader.head().size


def _rotation() -> Event:
    """A new log key, as both sign it."""
    new = Signer(LOG_KEY.verifier.name, bytes(range(64, 96)))
    statement = rotation_statement(LOG_KEY.verifier.name, str(LOG_KEY.verifier), str(new.verifier))
    signed = {"signed_by_old": statement.signed_by(LOG_KEY), "signed_by_new": statement.signed_by(new)}
    return LogKeyRotated(log_key=str(new.verifier), **signed)


def _documents() -> Iterator[Event]:
    for document, (type, published) in PUBLISHED.items():
        says = {"document": document, "type": type, "title": document.title(), "publisher": "A paper"}
        yield latest("document.registered").model_validate(says | ({"published": published} if published else {}))


def _facts() -> Iterator[Event]:
    for note, (effective, which) in enumerate(product(DATES, range(len(FACTS)))):
        yield Saying(which, effective, ("report",), None, note).fact()


def frozen() -> dict[str, str]:
    """The SHA-256 of each file that never changes, by its path below `tests`."""
    lines = FROZEN.read_text("ascii").splitlines() if FROZEN.exists() else []
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def frameworks_by(number: int) -> Json:
    """What rules and guards of that number read of the grading frameworks."""
    return {
        framework.framework: {
            "programme": framework.programme,
            "bodies": framework.bodies,
            "scale": list(framework.scale),
            "lists_all": not framework.has("unlisted", number),
            "areas": {
                area: {
                    "graded": framework.grades(area, number),
                    "part_of": listed.part_of,
                    "replaces": sorted(map(list, framework.judges(area))),
                }
                for area, listed in framework.areas.items()
            },
        }
        for framework in frameworks().values()
    }


def read_by(number: int) -> Path:
    """The file of what rules of that number read of the frameworks."""
    return FOLDER / f"frameworks-{number}.json"


def freeze() -> int:
    """List all golden files and ledgers as frozen; returns how many there are."""
    top = FROZEN.parent
    files = sorted(file for folder in (FOLDER, GOLDEN) for file in folder.iterdir() if file.name != "event-ids.txt")
    listed = {file.relative_to(top).as_posix(): sha256(file.read_bytes()).hexdigest() for file in files}
    FROZEN.write_text("".join(f"{digest}  {path}\n" for path, digest in (listed | frozen()).items()), "ascii")
    return len(listed)


if __name__ == "__main__":
    if {"anew", "freeze"} & {*sys.argv} and newest().relative_to(FROZEN.parent).as_posix() not in frozen():
        newest().unlink(missing_ok=True)
    if not newest().exists():
        read_by(RULES).write_text(json.dumps(frameworks_by(RULES), indent=1) + "\n", "ascii")
        with TemporaryDirectory() as folder:  # so that only the ledger stays
            number = write(Path(folder, newest().name))
            move(Path(folder, newest().name), newest())
        print(newest(), number, "entries")
    if "freeze" in sys.argv:
        print(FROZEN, freeze(), "files")
