"""The state of a body on a day, and its line on the board, as the JSON documents that scripts build on.

A state joins the parts of a body, which come from a replay or from the read model: on what basis each rests
follows from the documents that it cites; whether a response came in time, from the report that it answers; what
became of a matter, from a merger.

``phase`` and ``status`` are the values that count on the day; ``certainty`` is ``certain``, ``possible`` (the
sources leave another value open, listed under ``alternatives``) or ``presumed`` (nothing is recorded);
``nothing-recorded`` stands where the ledger has no such entry.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Any

from events.dates import PartialDate
from events.terms import Basis
from projections.section55 import owed_by, timeliness
from projections.subject import ITEM_SUBJECTS, SubjectKey, SubjectState

Json = dict[str, Any]
_PRESUMED: Json = {"phase": "scan", "since": None, "certainty": "presumed", "presumed": True}
_PRESUMED |= {"basis": None, "entries": [], "pending": None}
_LEVELS = tuple(level.value for level in Basis)


@dataclass(frozen=True)
class BodyOnDay:
    """The parts of a body that are on record on a day, the documents that they cite or answer, and who oversaw the
    body on any day, in a few words."""

    body: str
    as_of: date
    by_key: Mapping[SubjectKey, SubjectState]
    documents: Mapping[str, SubjectState]
    overseen: Callable[[date], str]

    def each(self, part: str) -> Iterator[tuple[str, SubjectState]]:
        """The parts of one kind with their ids, in the order of the ids."""
        return iter(self._by_part.get(part, ()))

    def one(self, part: str) -> SubjectState | None:
        """The part of which a body has only one."""
        return self.by_key.get((part, ""))

    @cached_property
    def _by_part(self) -> dict[str, list[tuple[str, SubjectState]]]:
        found: dict[str, list[tuple[str, SubjectState]]] = {}
        for (part, id), of in sorted(self.by_key.items(), key=itemgetter(0)):
            found.setdefault(part, []).append((id, of))
        return found


def body_state(parts: BodyOnDay, *, ended: bool = False) -> Json:
    """What is true of a body on a day. With ``ended`` what no longer holds is listed too, not only counted."""
    concerns = [{"id": id, **_based(part, parts)} for id, part in parts.each("concern")]
    grades = sorted((_based(part, parts) for _, part in parts.each("grade")), key=_by_area)
    lapsed = [grade for grade in grades if _is_over(grade)]
    listed = {f"{subject}s": _in_order(parts, subject) for subject in ITEM_SUBJECTS}
    for response in listed["responses"]:
        _tell_timeliness(response, parts)
    matters = {"concerns": concerns, **listed}
    _hand_over(matters, parts)
    over = {subject: Counter(item["status"] for item in items if _is_over(item)) for subject, items in matters.items()}
    shown = {subject: [i for i in items if ended or not _is_over(i)] for subject, items in matters.items()}
    oversight, territory, merger = parts.one("oversight"), parts.one("territory"), parts.one("merger")
    return {
        "body": parts.body,
        "name": _name(parts),
        "monitoring": _monitoring(parts),
        "concerns": shown.pop("concerns"),
        "judgements": [grade for grade in grades if not _is_over(grade)] + (lapsed if ended else []),
        "tallies": [_based(part, parts) for _, part in parts.each("tally") if not part.over],
        **shown,
        **({"withheld": withheld} if (withheld := _in_order(parts, "withheld")) else {}),
        "oversight": _based(oversight, parts) if oversight else {"status": "nothing-recorded"},
        "territory": territory.data["territory"] if territory else "nothing-recorded",
        "merged_into": merger.data["into"] if merger else None,
        "ended": {
            "concerns": dict(over.pop("concerns")),
            "judgements": len(lapsed),
            **{subject: dict(counts) for subject, counts in over.items() if counts},
        },
    }


def board_row(parts: BodyOnDay) -> Json:
    """A body's line on the board."""
    monitoring = _monitoring(parts)
    concerns = [{"id": id, **part.data} for id, part in parts.each("concern")]
    _hand_over({"concerns": concerns}, parts)
    still_open = [concern for concern in concerns if concern["status"] == "open"]
    return {
        "body": parts.body,
        "name": _name(parts),
        **{field: monitoring[field] for field in ("phase", "since", "certainty")},
        "pending": monitoring["pending"] and monitoring["pending"]["phase"],
        "open_concerns": len(still_open),
        "announced": sum(concern["status"] == "announced" for concern in concerns),
        "overdue": sum(
            item["status"] == "open" and (item["due"] or "9999") < parts.as_of.isoformat()
            for concern in still_open
            for item in concern["recommendations"]
        ),
    }


def _name(parts: BodyOnDay) -> str:
    name = parts.one("name")
    return name.summary if name else ""


def _monitoring(parts: BodyOnDay) -> Json:
    phase = parts.one("monitoring")
    return _based(phase, parts) if phase else dict(_PRESUMED)


def _based(part: SubjectState, parts: BodyOnDay) -> Json:
    """What a part says, and before its entries the strongest basis of the documents that it cites."""
    bases = {parts.documents[document].data["basis"] for document in part.cites if document in parts.documents}
    said: Json = {}
    for field, value in part.data.items():
        if field == "entries":
            said["basis"] = next((level for level in _LEVELS if level in bases), None)
        said[field] = value
    return said


def _in_order(parts: BodyOnDay, subject: str) -> list[Json]:
    found = ({"id": id, **_based(part, parts)} for id, part in parts.each(subject))
    return sorted(found, key=lambda item: (item["since"] or "9999", item["id"]))


def _is_over(item: Json) -> bool:
    return "until" in item


def _tell_timeliness(response: Json, parts: BodyOnDay) -> None:
    """Add to a response whether it came in time, and who owed it."""
    report = parts.documents.get(response["id"])
    if report and "published" in report.data:
        published = PartialDate.parse(report.data["published"])
        came = PartialDate.parse(response["since"]) if response["status"] == "published" else None
        response["timeliness"] = timeliness(came, published)
        response["owed_by"] = owed_by(parts.overseen(published.latest))


def _hand_over(items: Mapping[str, Iterable[Json]], parts: BodyOnDay) -> None:
    """Where the body was merged into another, say what became of each open matter."""
    merger = parts.one("merger")
    for matter, fate in (merger.data["fates"] if merger else {}).items():
        subject, id = matter.split("/")
        for item in items.get(f"{subject}s", ()):
            if item["id"] == id and merger:
                item |= {"status": fate, "since": merger.data["since"], "until": merger.data["since"]}
                item["entries"] = sorted({*item["entries"], *merger.data["entries"]})


def _by_area(judgement: Json) -> tuple[str, str]:
    return judgement["framework"], judgement["area"]
