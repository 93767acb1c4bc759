"""A later version of this program, for tests of what this one does with a ledger that it has written to."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic._internal._model_construction import ModelMetaclass

import events.entry
import ledger.store.reader
from events import Entry, Event
from events.event import _LATEST, _LIFTS, REGISTER
from events.rules import RULES
from ledger import rules
from ledger.log.key import Signer
from ledger.record.clock import Clock
from ledger.record.record import Draft, record
from ledger.store.store import Store

_READERS_OF_RULES = (events.entry, ledger.store.reader, rules)


@contextmanager
def later_version() -> Iterator[None]:
    """Within this block the program is of a later version: it knows rules of the next number, which forbid nothing, a
    further kind for each form of matter, and the next version of each other kind."""
    ours = dict(REGISTER)
    with pytest.MonkeyPatch.context() as patch:
        for module in _READERS_OF_RULES:
            patch.setattr(module, "RULES", RULES + 1)
        patch.setattr(rules, "refusals", lambda *_: ())
        patch.setattr(rules, "warnings", lambda *_: ())
        patch.setattr(rules, "wrongly_signed", lambda *_: [])
        for (kind, version), model in ours.items():
            if model is not _LATEST[kind]:
                continue
            _add(patch, model, _next_kind(kind), 1)
            _add(patch, model, kind, version + 1)
            patch.setitem(_LIFTS, (kind, version), dict)
        ledger.store.reader._read.cache_clear()
        yield
    ledger.store.reader._read.cache_clear()


def _next_kind(kind: str) -> str:
    return f"{kind}_anew"


def _add(patch: pytest.MonkeyPatch, model: type[Event], kind: str, version: int) -> None:
    known = {"kind": kind, "version": version, "__module__": __name__, "__annotations__": {"novelty": str | None}}
    made: type[Event] = ModelMetaclass(f"Later{model.__name__}", (model,), {**known, "novelty": None})
    patch.setitem(REGISTER, (kind, version), made)
    patch.setitem(_LATEST, kind, made)


def record_anew(ledger: Store, entries: list[Entry], signer: Signer, clock: Clock) -> list[Entry]:
    """Record, as the later version, each of these events again as a further kind, and in a version that is new."""
    anew = []
    for entry in entries:
        for kind in (_next_kind(entry.kind), entry.kind):
            model = _LATEST[kind]
            anew.append(Draft(model.model_validate({**entry.event.data(), "novelty": "it tells more"})))
    return list(record(ledger, anew, signer, clock=clock).appended)
