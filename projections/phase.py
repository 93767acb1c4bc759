"""The phase of a body: what is recorded of it; else Scan is presumed, or, before the body is established, none. This
module imports little, so that a query need not load the kinds of event.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

from projections.days import ALWAYS, FIRST_DAY, LAST_DAY, Days, span
from projections.subject import BEHIND, NOT_ESTABLISHED, PRESUMED, SubjectState

Json = dict[str, Any]


def phase_on(day: date, recorded: SubjectState | None, name: SubjectState | None) -> SubjectState:
    """The phase of a body on a day, from what is recorded of that, and of its name. Between the first and the last day
    on which it can have been established, Scan is possible."""
    phase = recorded or _presumed()
    if name is None or day >= (begun := established(name.data)).latest or not phase.data["presumed"]:
        return phase
    behind, others = {of: name.data[of] for of in BEHIND}, [*phase.data.get("alternatives", ())]
    if begun.earliest <= day:
        days = {"since": span(*begun), "from": begun.earliest.isoformat(), "to": begun.latest.isoformat()}
        others.append({"value": "scan", **days, "cites": [*name.cites], **behind})
    told = {**phase.data, **behind, "phase": "none", "presumed": False, "certainty": "certain"}
    told |= {"certainty": "possible", "alternatives": others} if others else {}
    return SubjectState("none", NOT_ESTABLISHED, told, cites=name.cites)


def phases(recorded: Iterable[SubjectState], names: Iterable[SubjectState]) -> Iterator[SubjectState]:
    """The phases on all days, the earliest first."""
    recorded, names = [*recorded], [*names]
    begun = [day for name in names for day in established(name.data)]
    bounds = {FIRST_DAY, LAST_DAY, *begun, *(day for one in (*recorded, *names) for day in (one.first, one.until))}
    for first, until in pairwise(sorted(bounds)):
        phase, name = (next((one for one in of if one.first <= first < one.until), None) for of in (recorded, names))
        yield replace(phase_on(first, phase, name), first=first, until=until)


def established(registered: Json) -> Days:
    """The days on one of which a body came into being; ALWAYS if it was there before all that is recorded."""
    text = registered.get("established")
    return Days.parse(text) if text else ALWAYS


def _presumed() -> SubjectState:
    """The phase of a body of which nothing is recorded."""
    known: Json = {"phase": "scan", "since": None, "certainty": "presumed", "presumed": True, "last_known": None}
    known |= {"concerns": [], "entries": [], "sources_differ": [], "evidence": [], "pending": None}
    return SubjectState("scan", PRESUMED, known)
