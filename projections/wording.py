"""A state in a few words, for people: a phase, a grade, "open, recommendations open: 3"."""

from functools import singledispatch
from typing import Any

from projections.concern import Concern
from projections.documents import Document
from projections.identity import Merger, Name, Oversight, Territory
from projections.inspection import AreaState, TallyState
from projections.items import Item
from projections.monitoring import Monitoring
from projections.subject import NOTHING

PRESUMED = "Scan (presumed)"
"""Every body is presumed in Scan until something is recorded."""


@singledispatch
def in_words(state: Any) -> str:
    """A state in a few words."""
    raise TypeError(f"no words for {type(state).__name__}")


@in_words.register
def _standing(state: Item) -> str:
    if state.status == "none":
        return "not on record"
    title = getattr(state.entries[0].event, "title", None)
    return f"{state.status}: {title}" if title else state.status


@in_words.register
def _oversight(state: Oversight) -> str:
    return f"{state.name} ({state.holder})" if state.holder else state.name or NOTHING


@in_words.register
def _phase(state: Monitoring) -> str:
    phase = PRESUMED if state.presumed else state.phase.capitalize()
    return f"{phase}, move to {state.pending.capitalize()} pending" if state.pending else phase


@in_words.register
def _concern(state: Concern) -> str:
    if state.status != "open":
        return {"none": "not on record"}.get(state.status, state.status)
    number = state.recommendations_open
    return f"open, recommendations open: {'not stated' if number is None else number}"


@in_words.register
def _grade(state: AreaState) -> str:
    return f"{state.current.grade} ({state.current.framework})" if state.current else "none known"


@in_words.register
def _tally(state: TallyState) -> str:
    counted = ", ".join(f"{number} {grade}" for grade, number in state.counts)
    return f"{counted} ({state.framework})" if counted else "none known"


@in_words.register
def _territory(state: Territory) -> str:
    return state.territory or NOTHING


@in_words.register
def _merger(state: Merger) -> str:
    return state.into or "a body of its own"


@in_words.register
def _name(state: Name) -> str:
    return state.name


@in_words.register
def _document(state: Document) -> str:
    return state.title
