"""How readers show a subject on a day, as a value and in words; and the differences between two such answers.

Most subjects have one value. Beside its phase a body has the move that is pending; beside its status a concern has the
number of its recommendations that are open. This module imports little, so that a query need not load the kinds of
event.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from projections.days import Days, began
from projections.subject import (
    NONE_KNOWN,
    NOTHING,
    PRESUMED,
    SUBJECTS,
    SubjectKey,
    SubjectState,
    differ_in_words,
    sources_differ,
    subject_in_words,
)

Json = dict[str, Any]
Value = str | int | None
PENDING, RECOMMENDATIONS = "pending move", "recommendations open"
"""What a body in a phase, and a concern, have beside their value."""
_FIELDS = {"monitoring": "phase", "concern": "status", "grade": "grade", "territory": "territory", "merger": "into"}
"""The field with the value of a subject; of an item it is its status."""
_IN_WORDS = ("tally", "oversight", "name")
"""Subjects whose value is their summary."""
PHASES = {"scan": "Scan", "engage": "Engage"}


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
        if first.words != second.words or first.value != second.value:
            words = f"{subject_in_words(key)}: {first.words} -> {second.words}"
            values = {**first.to_json("from"), **second.to_json("to")}
            behind = {of: sorted({*getattr(first, of), *getattr(second, of)}) for of in ("entries", "sources_differ")}
            yield {"subject": key[0], "id": key[1], **values, "words": words, **behind}


def _order(key: SubjectKey) -> tuple[int, str, str]:
    subject = {PENDING: "monitoring", RECOMMENDATIONS: "concern"}.get(key[0], key[0])
    return SUBJECTS.index(subject), key[1], key[0]


def _each(key: SubjectKey, state: SubjectState) -> Iterator[tuple[SubjectKey, Shown]]:
    subject, data = key[0], state.data
    value = state.summary if subject in _IN_WORDS else data[_FIELDS.get(subject, "status")]
    if data.get("status") == "lapsed":
        value = None
    own = {**data, "pending": None}
    yield key, _of(value, state.summary, own, "entered" if subject == "monitoring" else "begun")
    if pending := data.get("pending"):
        phase = pending["phase"]
        yield (PENDING, ""), _of(phase, f"to {PHASES[phase]}" if phase else "none", pending)
    others = data.get("recommendations_open_possibly", [])
    if subject == "concern" and ((number := data["recommendations_open"]) is not None or others):
        told = {"certainty": "possible" if others else "certain", "alternatives": [{"value": n} for n in others]}
        words = {"unknown": "not known", None: NOTHING}.get(number) or str(number)
        yield (
            (RECOMMENDATIONS, key[1]),
            _of(number, words, {**told, **{name: data[name] for name in ("entries", "sources_differ")}}),
        )


def _of(value: Value, words: str, data: Json, verb: str = "begun") -> Shown:
    others = data.get("alternatives", [])
    since, certainty = data.get("until") or data.get("since"), data.get("certainty", "certain")
    qualities = [_began(since, verb)] if since else []
    if certainty == "presumed" and "presumed" not in words:
        qualities.append("presumed")
    for other in others:
        named, began_on = other["value"], other.get("since")
        told = NONE_KNOWN if named is None else PHASES.get(named, named)
        qualities.append(" ".join(filter(None, ("possibly", str(told), began_on and _began(began_on, verb)))))
    if differ := sources_differ(data):
        qualities.append(differ_in_words(differ))
    qualified = f"{words} ({', '.join(qualities)})" if qualities else words
    possibly = tuple(other["value"] for other in others)
    return Shown(value, since, certainty, possibly, qualified, tuple(data["entries"]), tuple(differ))


def _began(since: str, verb: str) -> str:
    return began(Days.parse(since), verb)
