"""A cause of concern and its recommendations."""

from dataclasses import dataclass, field, replace
from typing import Literal

from events import Entry, Event
from events.concern import (
    ConcernAnnounced,
    ConcernClosed,
    ConcernIssued,
    ConcernPartlyEnded,
    RecommendationClosed,
)
from events.values import Recommendation
from projections import handover
from projections.fact import day_and_source, label
from projections.handover import HandedOver
from projections.machine import StateMachine, Violation

Status = Literal["none", "announced", "open", "unknown", "closed", "superseded", "rescinded", "transferred", "ended"]
ENDS: dict[str, Status] = {
    "concern.closed": "closed",
    "concern.superseded": "superseded",
    "concern.rescinded": "rescinded",
}
"""The kinds of event that end a concern, and its status then."""
OPEN = ("concern.issued", "concern.reaffirmed", "concern.partly_ended", "recommendation.closed")
"""The kinds of event that are evidence that a concern is open."""
OVER = frozenset({*ENDS.values(), *handover.OVER})
"""The statuses of a concern that is no longer open with this body."""
OUTSTANDING = ("not-yet", "open", "not-stated", "unknown")
"""The statuses of its recommendations that have not ended, as far as is known; the others say how they ended."""


@dataclass(frozen=True, slots=True)
class Concern:
    """The state of a concern.

    ``issued`` is the number of its recommendations (None: not stated, or only with those of others). ``ended`` has the
    outcome of each that is known to have ended; ``closed_unnamed`` is how many others were closed by a source that does
    not say which, and ``known_open`` those that it names as open still. ``parts_ended`` are the parts of it that were
    closed or rescinded. The status is ``unknown`` if a document leaves it unclear whether it is open.
    """

    status: Status = "none"
    title: str = field(default="", compare=False)
    recommendations: tuple[Recommendation, ...] = ()
    issued: int | None = None
    ended: tuple[tuple[str, str], ...] = ()
    closed_unnamed: int = 0
    known_open: tuple[str, ...] = ()
    parts_ended: tuple[tuple[str, str], ...] = ()
    issued_by: Entry | None = field(default=None, compare=False)
    entries: tuple[Entry, ...] = field(default=(), compare=False)

    @property
    def recommendations_open(self) -> int | None:
        """How many recommendations are open; None where it is not stated how many there were."""
        last = self.entries[-1].event if self.entries else None
        if self.status in OVER:
            counted = self.issued is not None or not isinstance(last, ConcernClosed) or last.as_a_whole
            return 0 if counted else None
        if self.issued is None or self.status == "unknown":
            return None
        return self.issued - len(self.ended) - self.closed_unnamed


def recommendation_status(state: Concern, id: str) -> str:
    """The status of a recommendation: ``not-yet`` if it is not issued, ``not-stated`` if some were closed by a source
    that does not say which, ``unknown`` if it is not known whether the concern is open; as the concern was ended
    otherwise, ``superseded``, ``rescinded``, ``transferred`` or ``ended`` with it."""
    if all(item.id != id for item in state.recommendations):
        return "not-yet"
    if (outcome := dict(state.ended).get(id)) is not None:
        return outcome
    if state.status == "unknown":
        return "unknown"
    if id in state.known_open and state.status not in OVER:
        return "open"
    if state.status in OVER:
        return state.status  # only a closure of the concern closes them
    if state.closed_unnamed and state.recommendations_open == 0:
        return "closed"
    return "not-stated" if state.closed_unnamed else "open"


def says_status(state: Concern) -> tuple[Entry, ...]:
    """The entries that say the status: of a concern that has ended, or is left unclear, the last one; else all."""
    return state.entries[-1:] if state.status in (*OVER, "unknown") else state.entries


def says_open(state: Concern) -> tuple[Entry, ...]:
    """The entries that say how many recommendations are open: those that closed some, or what ended all of them."""
    closing = () if state.status in OVER else tuple(e for e in state.entries if e.kind == "recommendation.closed")
    return closing or says_status(state)


def says_status_of(state: Concern, id: str) -> tuple[Entry, ...]:
    """The entries that say the status of a recommendation: what closed it, or some of them; else those that say that
    the concern is open, and that the recommendation is."""
    if id in dict(state.ended):
        return (_closed_by(state, id),)
    if state.status in (*OVER, "unknown"):
        return says_status(state)
    closings = [(one, one.event) for one in state.entries if isinstance(one.event, RecommendationClosed)]
    if recommendation_status(state, id) == "open":
        others = [one for one, event in closings if id not in event.still_open]
        return tuple(one for one in state.entries if one not in others)
    return tuple(one for one, event in closings if event.number) or state.entries


CONCERN: StateMachine[Concern] = StateMachine(Concern())


@CONCERN.step("concern.announced")
def _announced(state: Concern, event: ConcernAnnounced, entry: Entry) -> Concern:
    return replace(state, status="announced", title=event.title, entries=(*state.entries, entry))


@CONCERN.step("concern.issued")
def _issued(state: Concern, event: ConcernIssued, entry: Entry) -> Concern:
    return replace(
        state,
        status="open",
        title=event.title,
        recommendations=event.recommendations,
        issued=None if event.counted_with else event.recommendations_issued or len(event.recommendations) or None,
        issued_by=entry,
        entries=(*state.entries, entry),
    )


@CONCERN.step("concern.reaffirmed")
def _reaffirmed(state: Concern, event: Event, entry: Entry) -> Concern:
    return replace(state, status=_if_issued(state, "open"), entries=(*state.entries, entry))


@CONCERN.step("concern.partly_ended")
def _partly_ended(state: Concern, event: ConcernPartlyEnded, entry: Entry) -> Concern:
    parts = tuple(sorted((*state.parts_ended, (event.element, event.outcome))))
    return replace(state, parts_ended=parts, entries=(*state.entries, entry))


@CONCERN.step("concern.left_unclear")
def _left_unclear(state: Concern, event: Event, entry: Entry) -> Concern:
    return replace(state, status=_if_issued(state, "unknown"), entries=(*state.entries, entry))


def _if_issued(state: Concern, status: Status) -> Status:
    return status if state.status in ("open", "unknown") else state.status


@CONCERN.step("recommendation.closed")
def _recommendation_closed(state: Concern, event: RecommendationClosed, entry: Entry) -> Concern:
    closed, unnamed = event.recommendations, event.number or 0
    if event.still_open and _others(state, event) and len(_others(state, event)) == unnamed:
        closed, unnamed = _others(state, event), 0
    ended = (*state.ended, *((id, event.outcome.value if event.outcome else "closed") for id in closed))
    return replace(
        state,
        ended=tuple(sorted(ended)),
        closed_unnamed=state.closed_unnamed + unnamed,
        known_open=event.still_open,
        recommendations=state.recommendations or tuple(Recommendation(id=id) for id in event.still_open),
        entries=(*state.entries, entry),
    )


def _others(state: Concern, event: RecommendationClosed) -> tuple[str, ...]:
    """The recommendations listed that are not known to have ended, and do not remain."""
    ended = dict(state.ended)
    return tuple(one.id for one in state.recommendations if one.id not in ended and one.id not in event.still_open)


@CONCERN.step(*ENDS)
def _ended(state: Concern, event: Event, entry: Entry) -> Concern:
    return replace(state, status=ENDS[entry.kind], entries=(*state.entries, entry))


@CONCERN.step(HandedOver.kind)
def _handed_over(state: Concern, event: HandedOver, entry: Entry) -> Concern:
    if state.status == "none" or state.status in OVER:
        return state
    return replace(state, status=event.fate, entries=(*state.entries, entry))


@CONCERN.guard("concern.announced", "concern.issued")
def a_concern_begins_once(state: Concern, event: Event, entry: Entry) -> Violation | None:
    """A cause of concern is announced at most once, then issued once. If the problem comes back after the closure, that
    is a new concern, linked to the old one. (Domain rule 2.)
    """
    if state.status == "none" or (state.status == "announced" and entry.kind == "concern.issued"):
        return None
    return Violation(
        "concern",
        f"this concern {_status_in_words(state)}",
        "record what came back as a new concern with its own id, and `recurrence_of`"
        if state.status in OVER
        else "if it is still open use `concern reaffirm`; if it is another concern give it another id",
    )


@CONCERN.guard(
    "concern.reaffirmed", "concern.closed", "concern.partly_ended", "concern.left_unclear", "recommendation.closed"
)
def only_an_open_concern_moves_on(state: Concern, event: Event, entry: Entry) -> Violation | None:
    """A concern is reaffirmed or closed, whole or in part, and its recommendations are closed, while it is open, or
    while it is not known whether it is: issued, and not yet closed, superseded or rescinded. Closed is final. (Domain
    rules 2 and 3.)
    """
    if state.status in ("open", "unknown"):
        return None
    return Violation(
        "concern",
        f"this concern {_status_in_words(state)}",
        "record `concern issue` first, or check the concern's id"
        if state.status in ("none", "announced")
        else _record_it_for_the_successor(state)
        or "closed is final: check the day and the id, or correct the closure; "
        "what came back is a new concern (`concern issue` with `recurrence_of`)",
    )


@CONCERN.guard("concern.superseded", "concern.rescinded")
def only_a_concern_in_force_is_taken_away(state: Concern, event: Event, entry: Entry) -> Violation | None:
    """A concern is superseded or rescinded while it is announced or open, or while it is not known whether it is open.
    (Domain rule 2.)
    """
    if state.status in ("announced", "open", "unknown"):
        return None
    return Violation("concern", f"this concern {_status_in_words(state)}", "check the concern's id or the date")


@CONCERN.guard("recommendation.closed")
def only_an_open_recommendation_is_closed(
    state: Concern, event: RecommendationClosed, entry: Entry
) -> Violation | None:
    """Only a recommendation that the concern has, and that is still open, can be closed; a letter that closes some
    without saying which closes no more than are open. (Domain rule 3.)
    """
    ended, known = dict(state.ended), {item.id for item in state.recommendations}
    named = [("recommendations", id) for id in event.recommendations]
    for where, id in [*named, *(("still_open", id) for id in event.still_open if known)]:
        if id in ended:
            what = f"recommendation {id} was {ended[id]} {day_and_source(_closed_by(state, id))}"
            return Violation(where, what, "leave it out, or check the id")
        if id not in known:
            listed = ", ".join(sorted(known)) or "none by id; say how many with `number`"
            return Violation(where, f"the concern has no recommendation {id}", f"it has {listed}")
    open_now = state.recommendations_open
    closing, still_open = len(event.recommendations) + (event.number or 0), len(event.still_open)
    if open_now is not None and closing + still_open > open_now:
        return Violation(
            "number" if event.number else "recommendations",
            f"{closing} cannot be closed{f' while {still_open} stay open' if still_open else ''}: "
            f"{open_now} of {state.issued} are open",
            "check the number, or the date",
        )
    return None


@CONCERN.guard("concern.closed")
def open_recommendations_are_closed_first(state: Concern, event: ConcernClosed, entry: Entry) -> Violation | None:
    """A concern with open recommendations is closed only by a document that closes it as a whole, which closes them
    too. The reverse does not hold: when all are closed, the concern is still open. (Domain rule 3.)
    """
    if event.as_a_whole or not state.recommendations_open:
        return None
    return Violation(
        "as_a_whole",
        f"{state.recommendations_open} of {state.issued} recommendations are open on that date",
        "record `recommendation close` first, or give `as_a_whole: true` if the document closes the concern with all "
        "of them",
    )


def _closed_by(state: Concern, id: str) -> Entry:
    """What closed a recommendation that is known to have ended: by its id, or as none of those still open."""
    closings = [(one, one.event) for one in state.entries if isinstance(one.event, RecommendationClosed)]
    named = (one for one, event in closings if id in event.recommendations)
    return next(named, None) or next(one for one, event in closings if event.still_open and id not in event.still_open)


def _record_it_for_the_successor(state: Concern) -> str:
    last = state.entries[-1].event
    return f"record it for {last.into}" if isinstance(last, HandedOver) else ""


def _status_in_words(state: Concern) -> str:
    if state.status == "none":
        return "is not on record on that date"
    if state.status == "announced":
        return f"is announced, not issued ({label(state.entries[-1])})"
    last = state.entries[-1] if state.status in OVER else state.issued_by
    assert last is not None
    word = "issued" if state.status in ("open", "unknown") else state.status
    return f"was {word} {day_and_source(last)}"
