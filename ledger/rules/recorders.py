"""The ledger's own record: its opening, and who may write in it."""

from collections.abc import Iterator

from events import Entry, Event
from events.recorder import LedgerOpened, RecorderAuthorised, RecorderRevoked
from ledger.book import Book
from ledger.errors import Problem
from ledger.log import LogError
from ledger.log.key import Verifier
from ledger.rules.register import refuses


@refuses(LedgerOpened)
def a_ledger_is_opened_once(entry: Entry, book: Book) -> Iterator[Problem]:
    """The opening is the first entry, and there is only one."""
    if entry.position:
        yield Problem("the ledger is open already", "leave it out", "kind")


@refuses(Event)
def its_recorder_is_authorised(entry: Entry, book: Book) -> Iterator[Problem]:
    """Who may record is itself on record: an entry is signed by a key that was authorised before it and not revoked.
    The first submission authorises the key that signs it. (House plan, section 6.)
    """
    history = book.history(f"recorder/{entry.recorded_by}")
    authorised = [e for e in history if isinstance(e.event, RecorderAuthorised)]
    first = any(e.position <= 1 for e in authorised)
    if not authorised or (book.is_new(authorised[0]) and not first):
        yield Problem(
            f"the key {entry.recorded_by} is not authorised here",
            "ask a keeper for `recorder authorise`",
            "recorded_by",
        )
    elif any(isinstance(e.event, RecorderRevoked) and not book.is_new(e) for e in history):
        yield Problem(
            f"the key {entry.recorded_by} has been revoked", "sign with a key that is authorised", "recorded_by"
        )


@refuses(RecorderAuthorised, RecorderRevoked)
def only_a_keeper_changes_who_may_record(entry: Entry, book: Book) -> Iterator[Problem]:
    """Recorders are authorised and revoked by a keeper. (House plan, section 6.)"""
    history = book.history(f"recorder/{entry.recorded_by}")
    if not any(isinstance(e.event, RecorderAuthorised) and e.event.role == "keeper" for e in history):
        yield Problem(f"the key {entry.recorded_by} is not a keeper's", "ask a keeper", "recorded_by")


@refuses(RecorderAuthorised)
def the_key_is_the_one_that_is_named(entry: Entry, book: Book) -> Iterator[Problem]:
    """An authorisation carries the very key that its recorder is named after. (C2SP signed-note: name and hash.)"""
    assert isinstance(entry.event, RecorderAuthorised)
    try:
        key = Verifier.parse(entry.event.key)
    except LogError as error:
        yield Problem(str(error), "copy the key as `keys` prints it", "key")
        return
    if key.id != entry.event.recorder:
        yield Problem(f"this is the key of {key.id}, not of {entry.event.recorder}", "mend one of the two", "key")
