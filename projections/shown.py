"""How readers show a subject on a day, as a value and in words; and the differences between two such answers.

Most subjects have one value. Beside its phase a body has the move that is pending; beside its status a concern has the
number of its recommendations that are open. This module imports little, so that a query need not load the kinds of
event.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from projections.days import Days, began
from projections.subject import (
    NOTHING,
    PRESUMED,
    SUBJECTS,
    SubjectKey,
    SubjectState,
    Value,
    differ_in_words,
    nothing_in_words,
    sources_differ,
    subject_in_words,
)

Json = dict[str, Any]
PENDING, RECOMMENDATIONS = "pending move", "recommendations open"
"""What a body in a phase, and a concern, have beside their value."""
PHASES = {"scan": "Scan", "engage": "Engage"}
FULL_PHASES = {**PHASES, "engage": "Engage (special measures)", "none": "in no phase: not a body of its own then"}
STATUSES = {
    "announced": "announced, not yet issued", "not-yet": "not yet on record",
    "unknown": "not known whether it is still open",
}  # fmt: skip
"""Those statuses of a concern that need more than their own word."""
GRADES = {"not-graded": "inspected, not graded", "not-stated": "inspected, the grade is not stated"}
"""What is said where there is no grade."""
BASES = {
    "inspectorate": "says the inspectorate", "announcement": "announced by the inspectorate",
    "official": "says another authority", "press": "reported by the press, not established",
}  # fmt: skip


class Shown(NamedTuple):
    """A value, since when it is so, how certain that is, the other values that are possible; all that in words; and the
    positions of the entries behind it, and of those that contradict them."""

    value: Value
    since: str | None
    certainty: str
    possibly: tuple[Value, ...]
    words: str
    entries: tuple[int, ...] = ()
    sources_differ: tuple[int, ...] = ()

    def differs_from(self, other: "Shown") -> bool:
        """Whether readers are told of a difference: that more days have passed on which it can have begun is none."""
        return self.words != other.words and self._replace(words="", since=None) != other._replace(words="", since=None)

    def to_json(self, prefix: str) -> Json:
        """The value under this name, and the rest under names that begin with it."""
        rest = {"since": self.since, "certainty": self.certainty, "possibly": list(self.possibly)}
        return {prefix: self.value, **{f"{prefix}_{name}": value for name, value in rest.items()}}


_ABSENT = Shown(None, None, "certain", (), NOTHING)
_PRESUMED = Shown("scan", None, "presumed", (), PRESUMED)
States = Mapping[SubjectKey, SubjectState]


def shown_of(states: States) -> dict[SubjectKey, Shown]:
    """What is told of these subjects, and of what some have beside their value."""
    found = {("monitoring", ""): _PRESUMED}
    return found | {key: told for of, state in states.items() for key, told in _each(of, state)}


def differences(before: States, after: States) -> Iterator[Json]:
    """The differences between two states of these subjects, as rows of `diff`."""
    was, now = shown_of(before), shown_of(after)
    for key in sorted({*was, *now}, key=_order):
        first, second = was.get(key, _ABSENT), now.get(key, _ABSENT)
        if first.differs_from(second):
            words = f"{subject_in_words(key)}: {first.words} -> {second.words}"
            values = {**first.to_json("from"), **second.to_json("to")}
            behind = {of: sorted({*getattr(first, of), *getattr(second, of)}) for of in ("entries", "sources_differ")}
            yield {"subject": key[0], "id": key[1], **values, "words": words, **behind}


def _order(key: SubjectKey) -> tuple[int, str, str]:
    subject = {PENDING: "monitoring", RECOMMENDATIONS: "concern"}.get(key[0], key[0])
    return SUBJECTS.index(subject), key[1], key[0]


def beside_in_words(name: str, value: Value) -> str:
    """What a subject has beside its value, in words."""
    if value is None:
        return NOTHING
    return f"to {PHASES[str(value)]}" if name == PENDING else "not known" if value == "unknown" else str(value)


def _each(key: SubjectKey, state: SubjectState) -> Iterator[tuple[SubjectKey, Shown]]:
    data = state.data
    yield key, _of(key[0], state.value, state.summary, {**data, "pending": None})
    if pending := data.get("pending"):
        yield (PENDING, ""), _of(PENDING, pending["phase"], beside_in_words(PENDING, pending["phase"]), pending)
    number, others = data.get("recommendations_open"), data.get("recommendations_open_possibly", [])
    if number is not None or others:
        told = {"certainty": "possible" if others else "certain", "alternatives": [{"value": n} for n in others]}
        behind = {name: data[name] for name in ("entries", "sources_differ")}
        words = beside_in_words(RECOMMENDATIONS, number)
        yield (RECOMMENDATIONS, key[1]), _of(RECOMMENDATIONS, number, words, told | behind)


def _of(subject: str, value: Value, words: str, data: Json) -> Shown:
    verb = "entered" if subject == "monitoring" else "begun"
    others = [{**other, "value": _on_record(other["value"])} for other in data.get("alternatives", ())]
    since, certainty = data.get("until") or data.get("since"), data.get("certainty", "certain")
    qualities = [_began(since, verb)] if since else []
    if certainty == "presumed" and "presumed" not in words:
        qualities.append("presumed")
    for other in others:
        named, began_on = other["value"], other.get("since")
        told = nothing_in_words(subject) if named is None else PHASES.get(named, named)
        told = beside_in_words(subject, named) if subject in (PENDING, RECOMMENDATIONS) else told
        qualities.append(" ".join(filter(None, ("possibly", str(told), began_on and _began(began_on, verb)))))
    if differ := sources_differ(data):
        qualities.append(differ_in_words(differ))
    qualified = f"{words} ({', '.join(qualities)})" if qualities else words
    possibly = tuple(other["value"] for other in others)
    entries = sorted({position for part in (data, *others) for position in part.get("entries", ())})
    return Shown(value, since, certainty, possibly, qualified, tuple(entries), tuple(differ))


def _on_record(value: Value) -> Value:
    return None if value in ("not-yet", "") else value


def _began(since: str, verb: str) -> str:
    return began(Days.parse(since), verb)
