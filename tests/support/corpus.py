"""Write the ledger of today's rules, if it is missing: ``python -m tests.support.corpus``; with ``anew``, once more.

For each number of the rules `tests/ledgers` has a ledger that was recorded by them. Every later version must open,
verify, follow and continue it. It is made anew whenever stored bytes change, until it is frozen (`make freeze`): then
`tests/frozen.sha256` lists it, with the golden files, and a test sees that none of them ever changes.
"""

import sys
from collections.abc import Iterator
from hashlib import sha256
from itertools import count, product
from pathlib import Path

from events import Event, latest
from events.recorder import LedgerOpened, RecorderAuthorised
from events.rules import RULES
from ledger.errors import Refused
from ledger.intake import draft as drafting
from ledger.intake import yaml
from ledger.record.create import the_forces
from ledger.record.record import Draft, record
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from tests.support.clerk import AMENDMENTS, BODY, DATES, FACTS, PUBLISHED, Saying
from tests.support.golden import FOLDER as GOLDEN
from tests.support.golden import KEEPER, LOG_KEY, MOMENT

FOLDER = Path(__file__).parents[1] / "ledgers"
FROZEN = Path(__file__).parents[1] / "frozen.sha256"
_STORY = Path(__file__).parents[2] / "examples" / "west-midlands-press"


def newest() -> Path:
    """The ledger of today's rules."""
    return FOLDER / f"rules-{RULES}.db"


def write(path: Path) -> int:
    """Write the ledger; returns how many entries it has."""
    with SQLiteFile(path).creating() as building, Store.create(building) as ledger:
        salts = (number.to_bytes(16) for number in count(1))

        def recorded(drafts: list[Draft]) -> bool:
            try:
                record(ledger, drafts, KEEPER, clock=lambda: MOMENT, salts=lambda: next(salts))
            except Refused:
                return False
            return True

        opening: list[Event] = [
            LedgerOpened(log_key=str(LOG_KEY.verifier)),
            RecorderAuthorised(recorder=KEEPER.verifier.id, key=str(KEEPER.verifier), role="keeper"),
        ]
        assert recorded([Draft(event) for event in (*opening, *the_forces())])
        for batch in sorted(_STORY.glob("*.yaml")):
            with ledger.reading() as reader:
                found = yaml.read(batch.read_text("utf-8"), batch.name)
                drafts = drafting.drafts_of(found, drafting.Names(reader))
            assert recorded(drafts), batch
        for event in (*_documents(), *_facts()):
            recorded([Draft(event)])
        for which, name in enumerate(AMENDMENTS):
            with ledger.reading() as reader:
                entries = [entry for entry in (stored.read() for stored in reader.entries()) if entry.content]
            about = [entry for entry in entries if entry.matter.startswith(f"{BODY}/") and not entry.amends]
            saying = Saying(5 * which, DATES[which % len(DATES)], ("report",), which % 2, which)
            if amendment := saying.amendment(name, about):
                recorded([Draft(amendment)])
        with ledger.reading() as reader:
            return reader.head().size


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
        print(newest(), write(newest()), "entries")
    if "freeze" in sys.argv:
        print(FROZEN, freeze(), "files")
