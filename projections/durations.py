"""How long a body was in Engage, and how long its causes of concern were open.

Where dates are imprecise, or the order of facts is open, the minimum and the maximum are over all lawful histories.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from events import Entry
from projections.body import BodySpells
from projections.concern import OPEN
from projections.days import Days, span
from projections.monitoring import IN_ENGAGE
from projections.spell import Spells, rests_on
from projections.summary import entries_of


@dataclass(frozen=True, slots=True)
class Duration:
    """A time in Engage, or with a concern open: the days on which it can have begun, and ended (None: it lasts on the
    day of the question), and the minimum and maximum of days (None: no maximum). The day of the end is not counted.
    ``certain`` is whether every lawful history has it on one day at least, ``happened`` whether every one has it;
    ``over`` is whether it has ended in every one; ``counted_to`` is the day up to which it is counted otherwise, and
    ``last_known`` when the latest evidence of it is from. ``differ`` are the positions of what contradicts its days.
    """

    body: str
    subject: str
    id: str
    began: Days
    ended: Days | None
    at_least: int
    at_most: int | None
    certain: bool
    happened: bool
    over: bool
    counted_to: date
    last_known: Days
    entries: tuple[Entry, ...]
    differ: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """As the `durations` document lists it."""
        return {
            "body": self.body,
            "subject": self.subject,
            "id": self.id,
            "since": span(*self.began),
            "until": span(*self.ended) if self.ended else None,
            "certainty": "certain" if self.certain else "possible",
            "happened": "certain" if self.happened else "possible",
            "ended": ("certain" if self.over else "possible") if self.ended else None,
            "days_at_least": self.at_least,
            "days_at_most": self.at_most,
            "counted_to": self.counted_to.isoformat() if not self.over else None,
            "last_known": span(*self.last_known) or None,
            **rests_on(self.entries, self.differ),
        }


def durations(body: BodySpells, as_of: date) -> list[Duration]:
    """The times of a body in Engage, and those of its open concerns, up to a day, the earliest first. Give no day after
    today: nothing is counted into the future."""
    found = [*_times(body, "engage", "", body.monitoring, lambda state: state.phase == "engage", as_of)]
    for id, spells in body.concerns.items():
        if any(spell.state.status != "none" for spell in spells if spell.earliest <= as_of):
            spells = body.before.get(("concern", id), spells)  # one that a merger handed over counts from its issue
        found += _times(body, "concern", id, spells, lambda state: state.status == "open", as_of)
    return sorted(found, key=lambda time: (time.began, time.subject, time.id))


def _times(
    body: BodySpells,
    subject: str,
    id: str,
    spells: Spells[Any],
    holds: Callable[[Any], bool],
    as_of: date,
) -> Iterator[Duration]:
    for stay in spells.stays(holds):
        began = stay.began_by(as_of)
        if not stay.value or began is None:
            continue
        at_least, at_most = stay.lasted(as_of)
        happened = [entry for spell in stay.spells if spell.earliest <= as_of for entry in entries_of(spell.state)]
        evidence = [entry for entry in happened if entry.kind in (*IN_ENGAGE, *OPEN)]
        yield Duration(
            body.body, subject, id,
            began=began,
            ended=stay.ended.by(as_of) if stay.ended.earliest <= as_of else None,
            at_least=at_least,
            at_most=at_most,
            certain=stay.certain and stay.began.latest <= as_of,
            happened=stay.happened and stay.began.latest <= as_of,
            over=stay.ended.latest <= as_of,
            counted_to=as_of,
            last_known=max((body.days(entry).by(as_of) for entry in evidence), key=itemgetter(1), default=began),
            entries=tuple(dict.fromkeys(happened or stay.entries)),
            differ=tuple(position for days, position in stay.disputes if days.earliest <= as_of),
        )  # fmt: skip
