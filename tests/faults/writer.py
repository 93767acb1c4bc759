"""A writer that does all that a writer does, by turns, until it is killed; it says what it begins and what is done."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from events.document import DocumentRegistered
from events.terms import DocumentType
from ledger.audit.sign import sign
from ledger.errors import AlreadyThere, Unreachable
from ledger.publish.publish import publish
from ledger.readmodel.follow import followed, rebuild
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, record
from ledger.store.postgres import PostgresDatabase  # loaded before the fork
from ledger.store.store import Store, Where

__all__ = ["PostgresDatabase"]

Work = Callable[[Store, list[str], Path], list[str]]
"""What a writer does with its ledger, the documents that it is to register, and a folder; what is acknowledged."""


def append(ledger: Store, documents: list[str], _: Path) -> list[str]:
    """Record a batch; the event ids."""
    with ledger.reading() as reader:
        signer = KeyRing(reader.origin()).recorder(None)
    receipt = record(ledger, [Draft(letter(document)) for document in documents], signer)
    return [entry.event_id for entry in (*receipt.already, *receipt.appended)]


def sign_head(ledger: Store, _: list[str], __: Path) -> list[str]:
    """Sign a checkpoint."""
    with ledger.reading() as reader:
        ring = KeyRing(reader.origin())
    return [f"checkpoint {sign(ledger, ring).size}"]


def follow(ledger: Store, _: list[str], __: Path) -> list[str]:
    """Bring the read model up to the ledger."""
    with ledger.reading() as reader:
        followed(ledger.database.cache_path, reader)
    return []


def replay(ledger: Store, _: list[str], __: Path) -> list[str]:
    """Make the read model anew."""
    with ledger.reading() as reader:
        rebuild(ledger.database.cache_path, reader)
    return []


def put_out(ledger: Store, _: list[str], folder: Path) -> list[str]:
    """Publish what is signed."""
    signed = sign_head(ledger, [], folder)
    publish(ledger, folder)
    return signed


WORK: dict[str, Work] = {
    "append": append, "sign": sign_head, "follow": follow, "rebuild": replay, "publish": put_out,
}  # fmt: skip


def write(where: Where, folder: Path, life: int, unanswered: list[str], tell: Connection) -> None:
    """Found the ledger if nobody has, record again what was not answered, then work on until killed.

    A writer whose connection is cut ends by itself, as a command does.
    """
    chance = Random(life)
    try:
        tell.send(("init", []))
        with suppress(AlreadyThere):
            create_ledger(where, forces=False)
        tell.send([])
        with Store(where) as ledger:
            for work, documents in _turns(chance, life, unanswered):
                tell.send((work, documents))
                tell.send(WORK[work](ledger, documents, folder))
    except Unreachable as error:
        tell.send(error)


def _turns(chance: Random, life: int, unanswered: list[str]) -> Iterator[tuple[str, list[str]]]:
    """What to do, again and again: each work as often as the others, in any order."""
    if unanswered:
        yield "append", unanswered
    numbers = count()
    while True:
        for work in chance.sample([*WORK], len(WORK)):
            size = chance.choice([1, 1, 2, 20, 60]) if work == "append" else 0
            yield work, [f"letter-{life}-{next(numbers)}" for _ in range(size)]


def letter(document: str) -> DocumentRegistered:
    """A document that can be registered."""
    return DocumentRegistered(
        document=document, type=DocumentType.INSPECTORATE_LETTER, title=f"Letter {document}", publisher="HMICFRS"
    )
