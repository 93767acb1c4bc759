"""How readers show a subject on a day, as a value and in words; and the differences between two such answers.

Most subjects have one value. Beside its phase a body has the move that is pending; beside its status a concern has the
number of its recommendations that are open. This module imports little, so that a query need not load the kinds of
event.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Any, NamedTuple

from projections.days import FROM_SOME_DAY, Days, began
from projections.subject import (
    BEHIND,
    ITEM_SUBJECTS,
    NOTHING,
    SUBJECTS,
    SubjectKey,
    SubjectState,
    Value,
    differ_in_words,
    kind_in_words,
    nothing_in_words,
    numbers,
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

_VALUES = ("phase", "status", "grade", "counts", "value", "pending", "issued", "recommendations_issued")
"""The fields of a subject that are its value, or that are told beside it."""
_OF_THE_REPORT = ("framework", "inspection", "area", "areas", "areas_graded", "inspected")
"""The fields of a grade or tally that say of which report it is."""
_IN_WORDS = {**dict.fromkeys(("judgement", "tally"), _OF_THE_REPORT), **dict.fromkeys(ITEM_SUBJECTS, ("title",))}
"""By subject: the fields that its value is told with."""
_WITH_THEIR_VALUE = frozenset({
    "since", "certainty", "alternatives", "until", "entries", "sources_differ", "cites", "said_by", "earlier",
    "inspected_since", "date", "recommendations_open", "recommendations_open_since", "recommendations_open_possibly",
    "presumed",
})  # fmt: skip
"""The fields that are told with a value, or say only what it rests on."""
_NOT_OF_AN_ITEM = _WITH_THEIR_VALUE | {"id", "basis", "overdue_since"}
"""The fields that are left out where an item is told as a whole."""


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
States = Mapping[SubjectKey, SubjectState]


def shown_of(states: States) -> dict[SubjectKey, Shown]:
    """What is told of these subjects, and of what some have beside their value."""
    return {key: told for of, state in states.items() for key, told in _each(of, state)}


def differences(before: States, after: States) -> Iterator[Json]:
    """The differences between two states of these subjects, as rows of `diff`: of what is told of each, and where its
    value is the same, of each field of its data, such as when a recommendation is due, or on whose word it rests; or of
    the entries behind it, if nothing else differs."""
    was, now = shown_of(before), shown_of(after)
    for key in sorted({*was, *now}, key=_order):
        first, second = was.get(key, _ABSENT), now.get(key, _ABSENT)
        if differ := first.differs_from(second):
            yield _difference(key, None, first, second)
        if key in before and key in after and first.value == second.value:
            told = _IN_WORDS.get(key[0], ()) if differ else ()
            fields = [*_fields(before[key].data, after[key].data, told=told)]
            if not (differ or fields) and first.entries != second.entries:
                fields = [("entries", numbers(first.entries), numbers(second.entries))]
            for field, *values in fields:
                one, other = (
                    Shown(text or None, None, "certain", (), text or NOTHING, shown.entries, shown.sources_differ)
                    for shown, text in zip((first, second), map(_text, values), strict=True)
                )
                yield _difference(key, field, one, other)


def _difference(key: SubjectKey, field: str | None, first: Shown, second: Shown) -> Json:
    words = f"{subject_in_words(key)}{f', {field}' if field else ''}: {first.words} -> {second.words}"
    values = {**first.to_json("from"), **second.to_json("to")}
    behind = {of: sorted({*getattr(first, of), *getattr(second, of)}) for of in BEHIND}
    return {"subject": key[0], "id": key[1], "field": field, **values, "words": words, **behind}


def _fields(was: Json, now: Json, within: str = "", told: Container[str] = ()) -> Iterator[tuple[str, Any, Any]]:
    """The fields in which two data differ, with both values; those that are told with the value are left out, and those
    that only repeat since when it is so."""
    since = was.get("since"), now.get("since")
    for name in dict.fromkeys((*was, *now)):
        first, second = was.get(name), now.get(name)
        if first == second or name in _WITH_THEIR_VALUE or name in told or (not within and name in _VALUES):
            continue
        if (first, second) == since:
            continue
        named = name.replace("_", " ")
        if isinstance(first, dict) and isinstance(second, dict):
            yield from _fields(first, second, f"{within}{named} ")
        elif any(isinstance(of, list) and any(isinstance(item, dict) for item in of) for of in (first, second)):
            yield from _items(named, first or [], second or [])
        else:
            yield within + named, first, second


def _items(name: str, was: list[Json], now: list[Json]) -> Iterator[tuple[str, Any, Any]]:
    """The same of two lists: of evidence only where both have as much, as more of it is told otherwise."""
    named = [[item.get("id", f"({n})") for n, item in enumerate(items, 1)] for items in (was, now)]
    first, second = (dict(zip(ids, items, strict=True)) for ids, items in zip(named, (was, now), strict=True))
    for id in dict.fromkeys((*first, *second)):
        one, other = first.get(id), second.get(id)
        if one and other:
            label = f"{kind_in_words(one['kind'])} " if name == "evidence" else f"{name.removesuffix('s')} {id} "
            yield from _fields(one, other, label) if len(was) == len(now) or name != "evidence" else ()
        elif name != "evidence":
            yield f"{name.removesuffix('s')} {id}", one, other


def _text(value: Any) -> str:
    """A field's value in words."""
    if isinstance(value, dict):
        told = {name: _text(item) for name, item in value.items() if name not in _NOT_OF_AN_ITEM}
        return ", ".join(f"{name} {text}" for name, text in told.items() if text)
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _order(key: SubjectKey) -> tuple[int, str, str]:
    subject = {PENDING: "monitoring", RECOMMENDATIONS: "concern"}.get(key[0], key[0])
    return SUBJECTS.index(subject), key[1], key[0]


def opening_of(subject: str) -> str:
    """What stands before the days on which something about a subject began, where they are not one: see `began`."""
    return "entered" if subject == "monitoring" else FROM_SOME_DAY


def worst_in_words(graded: Json) -> str:
    """The worst grade on record of a framework, as `state` counts it, and of how many."""
    of = f" of {graded['areas']}" if graded["areas"] else ""
    source = f"; the source counts {n} graded" if isinstance(n := graded["areas_graded"], int) else ""
    worst = graded["worst"].replace("-", " ")
    return f"worst of {graded['graded']}{of} areas graded on record: {worst} ({graded['worst_areas']} of them{source})"


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
        told = {"certainty": "possible" if others else "certain", "alternatives": others}
        told |= {name: data[name] for name in BEHIND}
        yield (RECOMMENDATIONS, key[1]), _of(RECOMMENDATIONS, number, beside_in_words(RECOMMENDATIONS, number), told)


def _of(subject: str, value: Value, words: str, data: Json) -> Shown:
    opening = opening_of(subject)
    others = [{**other, "value": _on_record(other["value"])} for other in data.get("alternatives", ())]
    since, certainty = data.get("until") or data.get("since"), data.get("certainty", "certain")
    qualities = [_began(since, opening)] if since else []
    if certainty == "presumed" and "presumed" not in words:
        qualities.append("presumed")
    for other in others:
        named, began_on = other["value"], other.get("since")
        told = nothing_in_words(subject) if named is None else PHASES.get(named, named)
        told = beside_in_words(subject, named) if subject in (PENDING, RECOMMENDATIONS) else told
        qualities.append(" ".join(filter(None, ("possibly", str(told), began_on and _began(began_on, opening)))))
    if differ := sources_differ(data):
        qualities.append(differ_in_words(differ))
    qualified = f"{words} ({', '.join(qualities)})" if qualities else words
    possibly = tuple(other["value"] for other in others)
    entries = sorted({position for part in (data, *others) for position in part.get("entries", ())})
    return Shown(value, since, certainty, possibly, qualified, tuple(entries), tuple(differ))


def _on_record(value: Value) -> Value:
    return None if value in ("not-yet", "") else value


def _began(since: str, opening: str) -> str:
    return began(Days.parse(since), opening)
