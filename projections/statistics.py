"""Statistics in groups that may be compared: same metric, unit, denominator and stated period. A figure with another
denominator is converted only on request.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from events import Entry
from events.statistic import StatisticReported
from events.terms import NOT_RECORDED, NOT_STATED
from projections.fact import rests_on


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as a source quotes it, or converted to another denominator."""

    entry: Entry
    value: str
    per: int | None
    converted: bool = False
    certain: bool = True
    """Whether it was certainly reported by the day of the question."""

    @property
    def event(self) -> StatisticReported:
        """The event that reports it."""
        assert isinstance(self.entry.event, StatisticReported)
        return self.entry.event

    @property
    def comparable(self) -> tuple[str, str, str, str]:
        """Metric, unit, denominator, period: two figures may be compared if these are equal."""
        event = self.event
        by = f"per {self.per:,} {event.stated('per_what')}" if self.per else "none"
        return event.metric, event.unit, by, event.stated("period")

    def to_json(self) -> dict[str, Any]:
        """As the `statistics` document lists it."""
        event, (metric, unit, by, period) = self.event, self.comparable
        other = event.comparator
        return {
            "metric": metric,
            "body": event.body,
            "value": self.value,
            "unit": unit,
            "denominator": by,
            "period": period,
            "geography": event.stated("geography"),
            "claim": (event.claim or "value") if event.ranked is None else f"rank {event.ranked}",
            "among": event.stated("among"),
            "comparator": other.name if other else event.stated("comparator"),
            "comparator_value": _scaled(other.stated("value"), event.per, self.per) if other else None,
            "converted": self.converted,
            "certainty": "certain" if self.certain else "possible",
            "id": event.statistic,
            **rests_on([self.entry]),
        }


def figures(entries: Iterable[Entry], *, per: int | None = None, possible: Container[str] = ()) -> list[Figure]:
    """The figures of these entries; with ``per``, those that have a denominator converted to that one. ``possible`` are
    the event ids of those that are only possible."""
    found = []
    for entry in entries:
        event = entry.event
        if isinstance(event, StatisticReported):
            convert = per is not None and event.per is not None and per != event.per
            denominator = per if convert else event.per
            value = _scaled(event.stated("value"), event.per, denominator)
            found.append(Figure(entry, value, denominator, convert, entry.event_id not in possible))
    return found


def side_by_side(found: Iterable[Figure]) -> list[list[Figure]]:
    """The figures in groups that may be compared. A figure without a stated period has a group of its own."""
    groups: dict[tuple[object, ...], list[Figure]] = {}
    for figure in found:
        alone = (figure.entry.position,) if figure.event.period is None else ()
        groups.setdefault((*figure.comparable, *alone), []).append(figure)
    return [groups[key] for key in sorted(groups, key=str)]


def _scaled(value: str, per: int | None, to: int | None) -> str:
    """Convert a figure from one denominator to another, exactly, in decimal. A word for a missing one stays."""
    if value in (NOT_STATED, NOT_RECORDED) or not per or not to or per == to:
        return value
    with localcontext(prec=60):  # more digits than any figure has, so every finite result is exact
        return f"{(Decimal(value) * to / per).normalize():f}"
