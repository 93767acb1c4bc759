"""The Python API: open a ledger, append events, ask by the three clocks, verify. docs/python.md shows it.

What ``ledger.__all__`` lists is public; everything else may change without notice.
"""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import Any

from events.dates import PartialDate
from ledger.audit.report import Report
from ledger.audit.sign import sign_after_write
from ledger.audit.verify import AuditOptions, audit_ledger
from ledger.errors import LedgerError, Problem, Refused
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import read_ahead
from ledger.intake import jsonl
from ledger.intake.draft import Names, drafts_of
from ledger.query.clocks import day_of, moment_of
from ledger.query.context import QueryContext, query_context
from ledger.record import record as recording
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Receipt
from ledger.store.database import place_of
from ledger.store.store import Store

Json = dict[str, Any]
Day = date | str
"""A day, or a partial date such as ``2023-12``, which means its last day."""
Moment = int | datetime | date | str
"""The position of an entry, an instant, or a day, which means its end in London. Text is read like ``--known-at``."""
_PLACE, _TEXT, _FLAG = ("a path as text or as a Path", (str, PathLike)), ("text", (str,)), ("True or False", (bool,))
_DAY = ("a date, or text such as 2023-12", (date, str, NoneType))
_TAKES: dict[str, tuple[str, tuple[type, ...]]] = {
    "where": _PLACE,
    "keys": (_PLACE[0], (*_PLACE[1], NoneType)),
    "recorder": ("its name as text", (str, NoneType)),
    "origin": ("text such as ledger.example.org/wm", (str, NoneType)),
    "forces": _FLAG,
    "events": ("a list of mappings", (Iterable,)),
    "dry_run": _FLAG,
    "expect_size": ("a number of entries", (int, NoneType)),
    "body": _TEXT,
    "ended": _FLAG,
    "as_of": _DAY,
    "known_at": ("a position as a number, an instant, a date, or text such as #12", (int, date, str, NoneType)),
    "public_at": _DAY,
}
"""What each argument takes, in words, and of which types."""
_BUT = {"events": (str, bytes, Mapping), "as_of": (datetime,), "public_at": (datetime,)}
"""The types that are among those, and are something else."""


class Ledger:
    """An open ledger. Close it, or use it as a context manager.

    Every question may set three clocks: ``as_of`` (what was true on a day), ``known_at`` (as this ledger knew it) and
    ``public_at`` (as the public could know it). Without them the answer is about today, with all that is recorded.
    """

    def __init__(self, where: Path | str, *, keys: Path | str | None = None, recorder: str | None = None) -> None:
        """Open the ledger in a file, or at a postgresql:// URL. Raises NotFound where there is none.

        ``keys`` is the folder of the keys, ``recorder`` whose key signs; the defaults are those of the command line.
        """
        _check(where=where, keys=keys, recorder=recorder)
        self._where = place_of(where)
        self._keys, self._recorder = None if keys is None else Path(keys), recorder
        self._store = Store(self._where)
        self._is_open = True

    @classmethod
    def create(
        cls,
        where: Path | str,
        *,
        origin: str | None = None,
        recorder: str = "keeper",
        keys: Path | str | None = None,
        forces: bool = True,
    ) -> "Ledger":
        """Create a ledger with its keys, and register the 43 forces. ``origin`` is its permanent name.

        Raises AlreadyThere if there is a ledger, KeyTrouble if there are keys for that origin.
        """
        _check(where=where, origin=origin, recorder=recorder, keys=keys, forces=forces)
        keys = None if keys is None else Path(keys)
        create_ledger(where, origin=origin, recorder=recorder, keys=keys, forces=forces)
        return cls(where, keys=keys, recorder=recorder)

    def append(
        self, events: Iterable[Mapping[str, Any]], *, dry_run: bool = False, expect_size: int | None = None
    ) -> Receipt:
        """Record events, each with its ``kind`` and the fields that `force-ledger template KIND` shows: all, or none.

        Raises Refused with every problem, HeadMoved if the ledger does not have the expected size, KeyTrouble without a
        key. A checkpoint is signed if the log key is here; a failure of that is only a warning.
        """
        self._check_open()
        _check(events=events, dry_run=dry_run, expect_size=expect_size)
        batch = jsonl.read("\n".join(_line(number, event) for number, event in enumerate(events, 1)), "events")
        evidence = Evidence(self._store.database.evidence_folder)
        with self._store.reading() as reader:
            ring = KeyRing(reader.origin(), self._keys)
            drafts = drafts_of(batch, Names(reader), evidence)
            if dry_run:
                key = ring.verifier(ring.chosen(self._recorder))
                receipt = recording.validate(reader, evidence, drafts, key, expect_head=expect_size)
                return replace(receipt, warnings=(*batch.notices, *receipt.warnings))
            ring.check_has_what_was_signed(reader)
            read_ahead((draft.event for draft in drafts), reader, evidence)
        signer = ring.recorder(self._recorder)
        receipt = recording.record(self._store, drafts, signer, expect_head=expect_size, evidence=evidence)
        if trouble := sign_after_write(self._store, ring):
            warnings.warn(f"no checkpoint was signed: {trouble}", stacklevel=2)
        return replace(receipt, warnings=(*batch.notices, *receipt.warnings))

    def state(
        self,
        body: str,
        *,
        as_of: Day | None = None,
        known_at: Moment | None = None,
        public_at: Day | None = None,
        ended: bool = False,
    ) -> Json:
        """What is true on a day of a body, given by any of its names: the `state` document of docs/json.md.

        With ``ended``, what has ended is listed too. Raises NotFound for an unknown body.
        """
        _check(body=body, ended=ended)
        with self._query(as_of, known_at, public_at) as context:
            return {"schema": "force-ledger/state/v1", **context.clocks.to_json(), **context.state(body, ended=ended)}

    def board(
        self, *, as_of: Day | None = None, known_at: Moment | None = None, public_at: Day | None = None
    ) -> list[Json]:
        """Every body on one day: phase, since when, open concerns, overdue recommendations."""
        with self._query(as_of, known_at, public_at) as context:
            return context.board()

    def timeline(
        self, body: str, *, as_of: Day | None = None, known_at: Moment | None = None, public_at: Day | None = None
    ) -> list[Json]:
        """What changed when for a body, up to a day. Raises NotFound for an unknown body."""
        _check(body=body)
        with self._query(as_of, known_at, public_at) as context:
            return context.timeline(body)

    def verify(self) -> Report:
        """Check the ledger from its bytes alone, as `force-ledger verify` does. The report's ``ok`` is the verdict."""
        self._check_open()
        return audit_ledger(
            self._store.database, AuditOptions(), lambda origin: KeyRing(origin, self._keys).last_checkpoint()
        )

    def close(self) -> None:
        """Close the ledger."""
        self._is_open = False
        self._store.close()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def _query(self, as_of: Day | None, known_at: Moment | None, public_at: Day | None) -> Iterator[QueryContext]:
        self._check_open()
        _check(as_of=as_of, known_at=known_at, public_at=public_at)
        try:
            clocks = day_of(as_of), moment_of(known_at), day_of(public_at)
        except ValueError as error:
            raise Refused(f"{error}") from None
        with query_context(self._where, *clocks) as context:
            yield context

    def _check_open(self) -> None:
        if not self._is_open:
            raise LedgerError("the ledger is closed", hint="open it again with Ledger(…)")


def _check(**given: object) -> None:
    """Raises Refused for an argument of another type; a bool is no number, and an instant is no day."""
    for name, value in given.items():
        takes, types = _TAKES[name]
        is_other = isinstance(value, _BUT.get(name, ())) or (isinstance(value, bool) and bool not in types)
        if is_other or not isinstance(value, types):
            raise Refused(Problem(f"{value!r} is a {type(value).__name__}", f"give {takes}", name))


def _line(number: int, event: Mapping[str, Any]) -> str:
    """An event as a line of a batch. Raises Refused for what is not a mapping of texts, numbers, dates and lists."""
    try:
        return json.dumps(dict(event), default=_date)
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(
            Problem(f"event {number}: {error}", "give a mapping with texts, numbers, dates and lists")
        ) from None


def _date(value: object) -> str:
    if isinstance(value, date | PartialDate):
        return str(value)
    raise TypeError(f"a {type(value).__name__} has no place in an event")
