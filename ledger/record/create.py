"""Create a ledger: the database, its keys, and the first entries.

Either everything is created or nothing: the database, the keys, the opening, the first recorder and the register of
forces.
"""

import csv
import re
import secrets
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

from events.body import BodyRegistered
from events.document import DocumentRegistered
from events.recorder import LedgerOpened, RecorderAuthorised
from events.terms import DocumentType
from events.values import Citation
from ledger.errors import AlreadyThere, HeadMoved, Place, Problem, Refused, Unreachable
from ledger.record.clock import Clock
from ledger.record.keys import LOG_KEY, KeyRing, check_recorders_name
from ledger.record.record import Draft, Receipt, record
from ledger.store.database import Database
from ledger.store.store import Store, Where, database_of

_ORIGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:/-]{0,199}")
_FORCES_LIST = "force-ledger-forces"


def create_ledger(
    where: Where,
    *,
    origin: str | None = None,
    recorder: str = "keeper",
    keys: Path | None = None,
    forces: bool = True,
    passphrase: str | None = None,
    clock: Clock | None = None,
) -> Receipt:
    """Create a ledger in a new file or on a server, with its log key and the key of its first recorder, a keeper.

    ``origin`` is the permanent name of the ledger; use a web address of yours without the scheme. By default it is
    random. Both keys are encrypted with the ``passphrase``, if one is given. Raises AlreadyThere where there is a
    ledger, KeyTrouble where there are keys for that origin.
    """
    origin = origin or f"force-ledger.local/{secrets.token_hex(4)}"
    if not _ORIGIN.fullmatch(origin):
        remedy = "write it like ledger.example.org/wm, 200 characters at most"
        raise Refused(Problem(f"'{origin}' cannot be a name here", remedy, place=Place("--origin")))
    check_recorders_name(recorder, "--recorder")
    ring = KeyRing(origin, keys)
    with ExitStack() as undo:
        with database_of(where).creating() as place:
            log_key = ring.create(LOG_KEY, origin, passphrase)
            undo.callback(ring.discard, LOG_KEY)
            keeper = ring.create(recorder, recorder, passphrase)
            undo.callback(ring.discard, recorder)
            opening = [
                LedgerOpened(log_key=str(log_key.verifier)),
                RecorderAuthorised(recorder=keeper.verifier.id, key=str(keeper.verifier), role="keeper"),
            ]
            with Store.create(place) as ledger:
                drafts = [Draft(event) for event in [*opening, *(the_forces() if forces else ())]]
                try:
                    receipt = record(ledger, drafts, keeper, expect_head=0, clock=clock)
                except HeadMoved:  # on a server, somebody else created it first
                    remedy = "use it, or name another with --ledger"
                    raise AlreadyThere(f"there is a ledger at {place} already", hint=remedy) from None
                except Unreachable:
                    if _may_exist(place):
                        undo.pop_all()
                    raise
        undo.pop_all()  # the ledger exists: do not delete its keys
    return receipt


def _may_exist(place: Database) -> bool:
    """Whether the ledger may exist: the server may have failed after it committed."""
    try:
        return place.exists()
    except Unreachable:
        return True


def the_forces() -> list[DocumentRegistered | BodyRegistered]:
    """The registration of the 43 territorial police forces of England and Wales, and of the list they come from."""
    source = DocumentRegistered(
        document=_FORCES_LIST,
        type=DocumentType.DATASET,
        title="The 43 territorial police forces of England and Wales, as listed by force-ledger",
        publisher="force-ledger",
        addresses=(
            "https://data.police.uk/docs/method/forces/",
            "https://geoportal.statistics.gov.uk/search?q=NAC_PFA",
        ),
        note="Slugs are those of data.police.uk, codes those of the ONS; regions are general knowledge.",
    )
    text = files("ledger").joinpath("data/forces.csv").read_text("utf-8")
    return [source, *(_force(row) for row in csv.DictReader(text.splitlines()))]


def _force(row: dict[str, str]) -> BodyRegistered:
    aliases = tuple(alias for alias in row.pop("aliases").split("|") if alias)
    cited = (Citation(document=_FORCES_LIST),)
    return BodyRegistered.model_validate({**row, "type": "police-force", "aliases": aliases, "documents": cited})
