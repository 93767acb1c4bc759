"""Statistics side by side, and only where they may be compared: the same metric and unit, the same denominator, and the
same stated period. A figure by another denominator is converted when that is asked for, and never silently."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from events import Entry
from events.statistic import StatisticReported

NOT_STATED = "not-stated"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as a source quotes it, or converted to the denominator that was asked for."""

    entry: Entry
    value: str
    per: int | None
    converted: bool = False

    @property
    def event(self) -> StatisticReported:
        """The event that reports it."""
        assert isinstance(self.entry.event, StatisticReported)
        return self.entry.event

    @property
    def comparable(self) -> tuple[str, str, str, str]:
        """What two figures must have in common to be set side by side: metric, unit, denominator, period."""
        said = self.event
        by = f"per {self.per:,} {said.per_what or NOT_STATED}" if self.per else "as a count"
        period = said.period.text if said.period else NOT_STATED
        return said.metric, said.unit, by, period

    def to_json(self) -> dict[str, Any]:
        """As the `statistics` document lists it."""
        said, (metric, unit, by, period) = self.event, self.comparable
        other = said.comparator
        return {
            "metric": metric,
            "body": said.body,
            "value": self.value,
            "unit": unit,
            "denominator": by,
            "period": period,
            "geography": said.geography or NOT_STATED,
            "claim": said.claim if said.ranked is None else f"rank {said.ranked}",
            "among": said.among or NOT_STATED,
            "comparator": other.name if other else "none",
            "comparator_value": _scaled(other.value, said.per, self.per) if other and other.value else NOT_STATED,
            "converted": self.converted,
            "id": said.statistic,
            "entries": [self.entry.position],
        }


def figures(entries: Iterable[Entry], *, per: int | None = None) -> list[Figure]:
    """The figures of these entries; with ``per``, those that have a denominator converted to that one."""
    found = []
    for entry in entries:
        said = entry.event
        if isinstance(said, StatisticReported):
            convert = per is not None and said.per is not None and per != said.per
            value = said.value or NOT_STATED
            scaled = _scaled(value, said.per, per) if convert and said.value else value
            found.append(Figure(entry, scaled, per if convert else said.per, convert))
    return found


def side_by_side(found: Iterable[Figure]) -> list[list[Figure]]:
    """The figures in groups within which they may be compared. One without a stated period stands alone."""
    groups: dict[tuple[object, ...], list[Figure]] = {}
    for figure in found:
        alone = (figure.entry.position,) if figure.event.period is None else ()
        groups.setdefault((*figure.comparable, *alone), []).append(figure)
    return [groups[key] for key in sorted(groups, key=str)]


def _scaled(value: str, per: int | None, to: int | None) -> str:
    """A figure by one denominator as a figure by another: exact, in decimal."""
    if not per or not to or per == to:
        return value
    with localcontext(prec=60):  # more digits than any figure has, so that what has an end is exact
        return f"{(Decimal(value) * to / per).normalize():f}"
