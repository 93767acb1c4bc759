"""Write the ledger of today's rules, if it is missing: ``python -m tests.support.corpus``; with ``anew``, once more.

For each number of the rules `tests/ledgers` has a ledger that was recorded by them. Every later version must open,
verify, follow and continue it. Until the national record is in the project, that of number 1 is made anew whenever
stored bytes change; then it is frozen.
"""

import sys
from collections.abc import Iterator
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
from tests.support.golden import KEEPER, LOG_KEY, MOMENT

FOLDER = Path(__file__).parents[1] / "ledgers"
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


if __name__ == "__main__":
    if "anew" in sys.argv:
        newest().unlink(missing_ok=True)
    if not newest().exists():
        print(newest(), write(newest()), "entries")
