"""The subjects of a body, and the state of each, which `projections.summary` derives from the entries. This module
imports little, so that a query need not load the kinds of event.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

SubjectKey = tuple[str, str]
"""One subject of a body: the subject and its id, ``("concern", "investigations-2023")``. The id is empty where a body
has only one, ``("monitoring", "")``."""
ITEM_SUBJECTS = ("inspection", "finding", "recommendation", "review", "plan", "statement", "statistic", "response")
"""The subjects with a machine of `projections.items`: each is recorded once, and ends at most once."""
_OF_MATTERS = ("monitoring", "concern", "judgement", "tally", *ITEM_SUBJECTS, "sought", "withheld", "unknown")
SUBJECTS = (*_OF_MATTERS, "oversight", "territory", "merger", "name", "document")
"""All subjects, in the order in which readers see them. A document is a subject too; it belongs to no body."""
BEHIND = ("entries", "sources_differ")
"""The fields with the positions behind a value: of the entries that say so, and of what contradicts them."""
PRESUMED = "Scan (presumed)"
"""Every body is presumed in Scan until something is recorded."""
NOT_ESTABLISHED = "no phase: not established yet"
"""A body is in none before it came into being."""
NOTHING, NONE_IN_FORCE = "nothing recorded", "none in force"
Value = str | int | None
"""What a subject is on a day; None if nothing is recorded, or no judgement or tally is in force."""


@dataclass(slots=True)  # not frozen: a board creates thousands, and frozen ones take four times as long
class SubjectState:
    """The state of a subject on the days from ``first`` up to, not including, ``until``: its ``value``; ``summary``,
    which is that in a few words; ``data`` as JSON; ``over`` is whether it has certainly ended; ``cites`` are the
    documents that it rests on. Two are equal if all but their days is equal.
    """

    value: Value
    summary: str
    data: dict[str, Any]
    over: bool = False
    cites: tuple[str, ...] = ()
    first: date = field(default=date.min, compare=False)
    until: date = field(default=date.max, compare=False)


def matter_of(body: str, key: SubjectKey) -> str:
    """The matter of a subject that has one of its own."""
    return "/".join(filter(None, (body, *key)))


def name_of_matter(subject: str) -> str:
    """What stands after the body in the matters with a subject. All inspections of a body are in one matter, with their
    grades."""
    return "inspection" if subject in ("judgement", "tally") else subject


def has_any(matter: str, subjects: Collection[str]) -> bool:
    """Whether a matter can have one of these subjects. What is recorded of a body itself always can: its identity is
    part of every answer."""
    of, name, *_ = matter.split("/")
    return of == "body" or any(name == name_of_matter(subject) for subject in subjects)


def tell_evidence(data: dict[str, Any], told: Mapping[int, dict[str, Any]]) -> None:
    """Put what each entry records in place of its position, in the evidence of a phase or a concern, and of a pending
    move."""
    for part in (data, data.get("pending")):
        if part and "evidence" in part:
            part["evidence"] = [told[position] for position in part["evidence"]]


def nothing_in_words(subject: str) -> str:
    """What is said of a subject without a value."""
    return NONE_IN_FORCE if subject in ("judgement", "tally") else NOTHING


def subject_in_words(key: SubjectKey) -> str:
    """A subject in words: "concern investigations-2023", "judgement Investigating crime"."""
    subject, id = key
    if subject in ("judgement", "inspected", "tally") and id:
        from events.frameworks import title_of  # not needed for a body without grades

        id = title_of(*id.split("/"))
    return f"{subject} {id}".rstrip()


def kind_in_words(kind: str) -> str:
    """A kind of event in words: "concern issued"."""
    return kind.replace(".", " ").replace("_", " ")


def numbers(positions: Iterable[int]) -> str:
    """Positions as people write them: #12 #15."""
    return " ".join(f"#{position}" for position in positions)


def differ_in_words(positions: Iterable[int]) -> str:
    """That these entries contradict what is told: "sources differ: #12 #15"; empty if there are none."""
    return f"sources differ: {found}" if (found := numbers(positions)) else ""


def sources_differ(*told: Any) -> list[int]:
    """The positions of all entries that contradict what is told, or a part of it."""
    found, todo = set[int](), [*told]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            found.update(part.get("sources_differ", ()))
            part = part.values()
        todo += [one for one in part if isinstance(one, dict | list)]
    return sorted(found)
