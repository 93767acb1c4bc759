"""What a submission would change in the states of bodies; see `ledger.cli.readback`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from events import Entry
from ledger.replay import states_of_documents, ties_in
from ledger.store.reader import Reader
from projections.body import BodySpells, body_of
from projections.days import FIRST_DAY, LAST_DAY
from projections.phase import phases
from projections.shown import differences
from projections.state import cited_in, with_basis
from projections.subject import SubjectKey, SubjectState
from projections.summary import intervals

Json = dict[str, Any]
_PHASE: SubjectKey = ("monitoring", "")


def changes(reader: Reader, appended: Sequence[Entry], shown: Sequence[Entry]) -> list[Json]:
    """How these entries would change the state on any day, in the matters of the entries in ``shown`` and in those tied
    to them. Only the entries of these matters are read."""
    ties, matters = ties_in(reader, appended), set[str]()
    for matter in dict.fromkeys(entry.matter for entry in shown):
        body = body_of(matter)
        of_phase = (f"body/{body}", f"{body}/monitoring")  # before a body is established, it is in no phase
        own = of_phase if matter in of_phase else (matter,)
        matters.update(one for matter in own if matter not in matters for one in ties.tied(matter))
    recorded, added = reader.matters(sorted(matters)), dict[str, list[Entry]]()
    for entry in appended:
        if entry.matter in matters:
            added.setdefault(entry.matter, []).append(entry)
    of_body: dict[str, list[str]] = {}
    for matter in recorded:
        of_body.setdefault(body_of(matter) or "", []).append(matter)
    found = list[Json]()
    for body in sorted(of_body):
        needed = dict.fromkeys(one for matter in of_body[body] for one in ties.tied(matter))
        before = [entry for matter in needed for entry in recorded[matter]]
        after = [entry for matter in needed for entry in (*recorded[matter], *added.get(matter, ()))]
        rows = ({"body": body, **change} for change in _changes(reader, appended, body, before, after))
        found += (row for row in rows if body or row["from"] is not None)  # that a document is new, its event says
    return found


def _changes(
    reader: Reader, appended: Sequence[Entry], body: str, before: list[Entry], after: list[Entry]
) -> list[Json]:  # fmt: skip
    """The differences of each subject, with the first and the last day of each; None where it has none."""
    was, now = (
        {key: [*intervals(spells)] for key, spells in BodySpells.of(body, entries).spells.items()}
        for entries in (before, after)
    )
    names = now["name", ""]
    was[_PHASE] = [*phases(was[_PHASE], was["name", ""] or names)]
    now[_PHASE] = [*phases(now[_PHASE], names)]
    cited = [f"document/{id}" for id in cited_in(state for of in (was, now) for own in of.values() for state in own)]
    for states, new in ((was, ()), (now, appended)):
        documents = states_of_documents(reader, cited, new)
        for key, own in states.items():
            states[key] = [replace(state, data=with_basis(state, documents)) for state in own]
    rows = list[Json]()
    for key in dict.fromkeys([*now, *was]):
        both = was.get(key, []), now.get(key, [])
        bounds = sorted({day for states in both for state in states for day in (state.first, state.until)})
        last: dict[tuple[str, str, str | None], Json] = {}
        for first, until in pairwise(bounds):
            for row in differences(*(dict(_on(states, key, first)) for states in both)):
                of = row["subject"], row["id"], row["field"]
                one = last.get(of)
                if one and one["until"] == first and one["row"] == {**row, "entries": one["row"]["entries"]}:
                    one["until"] = until
                else:
                    last[of] = {"first": first, "until": until, "row": row}
                    rows.append(last[of])
    return [{**_days(change["first"], change["until"]), **change["row"]} for change in rows]


def _on(states: Iterable[SubjectState], key: SubjectKey, day: date) -> Iterator[tuple[SubjectKey, SubjectState]]:
    return ((key, state) for state in states if state.first <= day < state.until)


def _days(first: date, until: date) -> Json:
    last = None if until == LAST_DAY else (until - timedelta(days=1)).isoformat()
    return {"first_day": None if first == FIRST_DAY else first.isoformat(), "last_day": last}
