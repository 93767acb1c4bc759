"""Every reader, against an oracle that tries every history of a few facts with vague dates.

What all lawful histories say on a day is told as certain, what one says as possible, and nothing else is told.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import Entry
from events.amendment import EntryContradicted
from events.dates import OpenDate
from ledger.cli.state import state_rows
from projections.body import BodySpells
from projections.days import span
from projections.due import BodyWithReports, due
from projections.durations import durations, stays_in
from projections.shown import beside_in_words, shown_of
from projections.state import board_row, body_state
from projections.subject import SubjectKey, sources_differ
from projections.summary import beside, intervals, value_of
from projections.timeline import timeline
from tests.projections.test_solver import DAYS, MATTERS, days_to_ask, entries_of, some_facts
from tests.support import oracle
from tests.support.oracle import Fact

BODY = "west-midlands"
Json = dict[str, Any]
bounded = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Case:
    """Facts of one matter, every lawful history of them, and what the readers answer from the same facts."""

    of: str
    facts: Sequence[Fact]
    whole: bool = False
    """Whether the histories tell the whole state of the oracle's machine."""

    @cached_property
    def histories(self) -> list[oracle.Solver]:
        rules = MATTERS[self.of].rules
        facts = [fact for fact in self.facts if not any(_gave(fact, other) for other in self.facts)]
        return oracle.histories(replace(rules, tell=lambda state: state) if self.whole else rules, facts)

    @cached_property
    def entries(self) -> list[Entry]:
        return [_with_deadlines(entry) for entry in entries_of(self.facts)]

    @cached_property
    def body(self) -> BodySpells:
        return BodySpells.of(BODY, self.entries)

    @property
    def counted(self) -> list[oracle.Solver]:
        """The histories whose times are counted: of what was handed over, with those before."""
        return self.histories

    @property
    def known(self) -> date:
        """The day from which these times are told."""
        return date.min

    def state(self, day: date) -> Json:
        return body_state(self.body.on_day(day, {}), ended=True)

    def possible(self, of: Callable[[Any], Hashable], day: date) -> set[Hashable]:
        return {of(value) for value in oracle.possible(self.histories, day)}

    def fact(self, entry: Entry) -> int:
        return id(self.facts[self.entries.index(entry)])


def _with_deadlines(entry: Entry) -> Entry:
    recommendations = entry.event.data().get("recommendations", ())
    if entry.kind != "concern.issued" or not recommendations:
        return entry
    listed = [{"id": item["id"], "deadline": "immediate"} for item in recommendations]
    said = type(entry.event).model_validate(entry.event.data() | {"recommendations": listed})
    return replace(entry, content=said)


def phase(told: Any) -> str:
    return str(told[0]).removeprefix("presumed ")


def status(told: Any) -> str:
    return "not-yet" if told[0] == "none" else str(told[0])


def _gave(report: Fact, judgement: Fact) -> bool:
    """Whether a report gave this judgement on its day, whichever that was, and so does nothing else to the area."""
    return (
        report.kind == "inspection.published"
        and judgement.kind in ("judgement.given", "judgement.carried_forward")
        and (report.says["inspection"], report.days) == (judgement.says["inspection"], judgement.days)
        and not report.documents.isdisjoint(judgement.documents)
    )


def cases(of: str, *, whole: bool = False) -> st.SearchStrategy[Case]:
    return some_facts(MATTERS[of], (DAYS,)).map(lambda facts: Case(of, facts, whole))


def check(part: Json, value: Hashable, case: Case, of: Callable[[Any], Hashable], day: date) -> None:
    """A part of a state: its value, the alternatives, how certain it is, and since when each is so."""
    others = {other["value"]: other["since"] for other in part.get("alternatives", ())}
    possible = case.possible(of, day)
    assert {value, *others} == possible
    assert (part["certainty"] == "possible") is (len(possible) > 1)
    for told, since in ((value, part["since"]), *others.items()):
        began = oracle.since(case.histories, of, told, day)
        dates = [one for one in began if one]
        assert since == (None if None in began else span(min(dates), max(dates))), (told, day)


@dataclass(frozen=True)
class Merger(Case):
    """A concern of a body that is merged into another: what was recorded of either, and the merger, which is the first
    fact; as one of the two bodies tells it."""

    later: int = 0
    """How many of the last facts are recorded of the successor."""
    by_successor: bool = False

    @cached_property
    def histories(self) -> list[oracle.Solver]:
        if not self.by_successor:
            rules = replace(oracle.LEFT, tell=lambda state: state) if self.whole else oracle.LEFT
            return oracle.histories(rules, self.facts[: len(self.facts) - self.later])
        here = replace(oracle.INHERITED, tell=lambda state: state[1] if state[0] else oracle.Concern())
        return oracle.histories(here if self.whole else oracle.INHERITED, self.facts)

    @cached_property
    def counted(self) -> list[oracle.Solver]:
        own = replace(oracle.INHERITED, tell=lambda state: oracle.CONCERN.tell(state[1]))
        return oracle.histories(own, self.facts) if self.by_successor else self.histories

    @property
    def known(self) -> date:
        on_record = [day for own in self.histories for day in own.days if status(own.on(day)) != "not-yet"]
        return min(on_record, default=date.max) if self.by_successor else date.min

    @cached_property
    def entries(self) -> list[Entry]:
        handed = {"into": "kent", "handovers": [{"matter": "concern/investigations", "fate": "transferred"}]}
        merger, *rest = entries_of([replace(self.facts[0], says=handed), *self.facts[1:]])
        split = len(rest) - self.later
        rest = [_with_deadlines(entry) for entry in rest]
        return [merger, *rest[:split], *(_of_successor(entry) for entry in rest[split:])]

    @cached_property
    def body(self) -> BodySpells:
        return BodySpells.of("kent" if self.by_successor else BODY, self.entries)


def _of_successor(entry: Entry) -> Entry:
    said = type(entry.event).model_validate(entry.event.data() | {"body": "kent"})
    return replace(entry, content=said, matter=said.matter)


@st.composite
def mergers(draw: st.DrawFn, *, whole: bool = False) -> Merger:
    facts = draw(some_facts(MATTERS["concern"], (DAYS,)))[:4]
    first = draw(st.integers(0, 5))
    merged = Fact("body.merged", DAYS[first : first + draw(st.integers(1, 3))], documents=frozenset({"order"}))
    return Merger("concern", [merged, *facts], whole, draw(st.integers(0, len(facts))), draw(st.booleans()))


any_case = pytest.mark.parametrize("of", ["monitoring", "concern", "area"])
CASES = {"monitoring": cases("monitoring"), "concern": cases("concern"), "area": cases("area"), "merger": mergers()}
any_matter = pytest.mark.parametrize("of", CASES)


@bounded
@given(case=cases("monitoring"))
def test_state_board_why_and_diff_of_the_phase(case: Case) -> None:
    for day in days_to_ask(case.facts) if case.histories else ():
        state, row = case.state(day), board_row(case.body.on_day(day, {}))
        monitoring = state["monitoring"]
        check(monitoring, monitoring["phase"], case, phase, day)
        check(row, row["phase"], case, phase, day)
        pending = monitoring["pending"] or {"phase": None, "certainty": "certain", "since": None}
        moves = case.possible(lambda told: told[1], day)
        assert {pending["phase"], *(other["value"] for other in pending.get("alternatives", ()))} == moves
        assert (pending["certainty"] == "possible") is (len(moves) > 1)
        assert {row["pending"], *row["possibly_pending"]} == moves or len(moves) > 1
        (told,) = (row for row in state_rows(state) if row["subject"] == "monitoring")
        assert {told["value"], *told["possibly"]} == case.possible(phase, day)
        compared = shown_of(case.body.on_day(day, {}).states)["monitoring", ""]
        assert {compared.value, *compared.possibly} == case.possible(phase, day)
        assert ("possibly" in compared.words) is (len(case.possible(phase, day)) > 1)


@bounded
@given(case=cases("concern"))
def test_state_board_and_why_of_a_concern(case: Case) -> None:
    for day in days_to_ask(case.facts) if case.histories else ():
        state, row = case.state(day), board_row(case.body.on_day(day, {}))
        possible = case.possible(status, day)
        counts = {"open": ("open_concerns", "possibly_open"), "announced": ("announced", "possibly_announced")}
        for value, (certainly, possibly) in counts.items():
            assert bool(row[certainly]) is (possible == {value})
            assert bool(row[possibly]) is (value in possible and len(possible) > 1)
        if not state["concerns"]:
            assert possible == {"not-yet"}
            continue
        (concern,) = state["concerns"]
        check(concern, concern["status"], case, status, day)
        (told,) = (row for row in state_rows(state) if row["subject"] == "concern")
        assert {told["value"], *told["possibly"]} == possible


@bounded
@given(case=mergers())
def test_a_concern_that_was_handed_over_is_told_by_both_bodies(case: Merger) -> None:
    for day in days_to_ask(case.facts) if case.histories else ():
        state = case.state(day)
        for concern in state["concerns"]:
            check(concern, concern["status"], case, status, day)
        assert state["concerns"] or case.possible(status, day) == {"not-yet"}
        row, open_now = board_row(case.body.on_day(day, {})), case.possible(status, day)
        assert (bool(row["open_concerns"]), bool(row["possibly_open"])) == (
            open_now == {"open"},
            "open" in open_now and len(open_now) > 1,
        )
        for change in timeline(case.body, day):
            if change.key[0] == "concern" and change.certain and change.lasted:
                assert all(_had(history, change.after[0], day) for history in case.histories)


def _had(history: oracle.Solver, value: Any, day: date) -> bool:
    return any(status(history.on(one)) == value for one in history.days if one <= day)


VALUES: dict[str, tuple[SubjectKey, Callable[[Any], Hashable]]] = {
    "monitoring": (("monitoring", ""), phase),
    "concern": (("concern", "investigations"), lambda told: None if told[0] == "none" else told[0]),
    "merger": (("concern", "investigations"), lambda told: None if told[0] == "none" else told[0]),
    "area": (("judgement", "peel/treating-the-public-fairly"), lambda told: told),
}


@any_matter
@bounded
@given(data=st.data())
def test_every_row_of_a_view_and_every_side_of_a_diff_says_what_may_be_so(of: str, data: st.DataObject) -> None:
    case = data.draw(CASES[of])
    key, value = VALUES[of]
    rows = [row for row in intervals(case.body.spells[key]) if row] if key in case.body.spells else []
    for day in days_to_ask(case.facts) if case.histories else ():
        possible = case.possible(value, day)
        found = [row for row in rows if row.first <= day < row.until]
        compared = shown_of(case.body.on_day(day, {}).states).get(key)
        assert len(found) <= 1
        if not found:
            assert possible == ({"scan"} if of == "monitoring" else {None})
            continue
        others = {other["value"] for other in found[0].data.get("alternatives", ())}
        assert {found[0].value, *(None if other == "not-yet" else other for other in others)} == possible
        assert compared
        assert {compared.value, *compared.possibly} == possible
        is_possible = "possibly" in compared.words
        assert is_possible is (found[0].data["certainty"] == "possible")
        assert is_possible is (len(possible) > 1) or of == "area"  # which inspection gave the grade may be open


HOLDS: dict[str, tuple[str, Callable[[Any], Hashable]]] = {
    "monitoring": ("engage", lambda told: told[0] == "engage"),
    "concern": ("concern", lambda told: told[0] == "open"),
    "merger": ("concern", lambda told: told[0] == "open"),
}


@pytest.mark.parametrize("of", HOLDS)
@bounded
@given(data=st.data())
def test_durations_are_the_least_and_the_most_of_all_histories(of: str, data: st.DataObject) -> None:
    case = data.draw(CASES[of])
    subject, holds = HOLDS[of]
    for day in days_to_ask(case.facts) if case.histories else ():
        found: dict[int, list[oracle.Held]] = {}
        for history in case.counted if case.known <= day else ():
            for run in oracle.runs(history, holds):
                if run.value:
                    found.setdefault(run.opened_by, []).append(run)
        begun = {fact: own for fact, own in found.items() if min(run.began for run in own) <= day}
        told = durations(stays_in(case.body), BODY, day)
        expected = []
        for own in begun.values():
            lasted = [(min(run.ended or day, day) - min(run.began, day)).days for run in own]
            ends = [run.ended or date.max for run in own]
            certain = len(own) == len(case.histories) and all(run.began < (run.ended or date.max) for run in own)
            certain = certain and max(run.began for run in own) <= day
            dates = span(min(run.began for run in own), min(max(run.began for run in own), day))
            expected.append((subject, dates, min(lasted), max(lasted), certain, max(ends) <= day))
        rows = [
            (t.subject, span(*t.began), t.at_least, t.at_most, t.certain, t.ended is not None and t.over) for t in told
        ]
        assert sorted(rows) == sorted(expected), day


@any_case
@bounded
@given(data=st.data())
def test_the_timeline_has_whatever_may_have_been_and_calls_certain_what_was(of: str, data: st.DataObject) -> None:
    case = data.draw(CASES[of])
    changing = [own for key, own in case.body.spells.items() if len(own.states) > 1 and key[0] != "inspection"]
    if not case.histories or not changing:  # an area has no state before its first judgement
        return
    (spells,) = changing
    told = {MATTERS[of].tell(spell.state): _all_told(spell.state) for spell in spells.states}
    days = days_to_ask(case.facts)
    for day in days:
        rows = [row for row in timeline(case.body, day) if row.key[0] != "inspection" and row.after[0] != "recorded"]
        had = [set[Any]().union(*(told[history.on(one)] for one in days if one <= day)) for history in case.histories]
        initial = _all_told(spells.states[0].state)
        assert {row.after for row in rows} | initial >= set.union(*had)
        for row in rows:
            assert not row.certain or all(row.after in own for own in had), (row, day)
            span_of_days = OpenDate.parse(span(*row.days))
            assert span_of_days.latest <= day


def _all_told(state: Any) -> set[Any]:
    others = {(value, beside_in_words(name, value)) for name, value in beside(state).items() if value is not None}
    return {value_of(state), *others}


@pytest.mark.parametrize("of", ["concern", "merger"])
@bounded
@given(data=st.data())
def test_what_is_due_is_what_may_be_outstanding(of: str, data: st.DataObject) -> None:
    case = data.draw(mergers(whole=True) if of == "merger" else cases("concern", whole=True))
    for day in days_to_ask(case.facts) if case.histories else ():
        told = {
            item.id.split("/")[1]: item for item in due(BodyWithReports(case.body.on_day(day, {})), kind="police-force")
        }
        states = [history.on(day) for history in case.histories]
        for id in _listed(case.facts):
            outstanding = {_outstanding(state, id) for state in states}
            assert (id in told) is (outstanding != {None}), (id, day)
            if id in told:
                assert (not told[id].possibly) is (len(outstanding) == 1), (id, day)
                silent = told[id].state.status in ("nothing-recorded", "not-due")
                assert silent is (len(outstanding) == 1)
        row = board_row(case.body.on_day(day, {}))
        assert row["overdue"] <= sum(all(_outstanding(s, id) for s in states) for id in _listed(case.facts))


def _listed(facts: Iterable[Fact]) -> set[str]:
    return {id for fact in facts if fact.kind == "concern.issued" for id in fact.says.get("recommendations", ())}


def _outstanding(state: Any, id: str) -> str | None:
    """``open``, or ``not-stated`` if some were closed by a source that does not say which; None if it is neither."""
    if state.status != "open" or id not in state.ids or state.open == 0:
        return None
    return "open" if state.open in (None, len(state.ids)) else "not-stated"


# Sources differ


def parts_of(told: Any) -> Iterator[Json]:
    """Every part of an answer that names the entries behind it."""
    if isinstance(told, dict):
        yield from [told] if "entries" in told else []
        told = [*told.values()]
    if isinstance(told, list):
        for part in told:
            yield from parts_of(part)


CLAIM = 1000
"""What contradicts the entry at a position is at that position and so many more."""


def contradicted(entries: Iterable[Entry], which: Iterable[int], day: date | None = None) -> list[Entry]:
    claim = EntryContradicted.model_validate(
        {"target": "0" * 64, "stream": "kent", "documents": ["d"], "claim": "Not so.", "effective": day and str(day)}
    )
    return [
        replace(entry, contradicted=(replace(entry, position=CLAIM + entry.position, content=claim),))
        if entry.position in which
        else entry
        for entry in entries
    ]


@any_matter
@bounded
@given(data=st.data())
def test_what_rests_on_a_contradicted_entry_says_so_and_nothing_else_does(of: str, data: st.DataObject) -> None:
    case = data.draw(CASES[of])
    which = data.draw(st.sets(st.sampled_from([entry.position for entry in case.entries] or [0])))
    body = BodySpells.of(case.body.body, contradicted(case.entries, which))
    for day in days_to_ask(case.facts):
        on_day = body.on_day(day, {})
        state = body_state(on_day, ended=True)
        rows = [row.to_json() for row in timeline(body, day)]
        rows += [row.to_json() for row in durations(stays_in(body), BODY, day)]
        rows += [row.to_json() for row in due(BodyWithReports(on_day), kind="police-force")]
        for part in parts_of([state, rows, state_rows(state)]):
            assert part["sources_differ"] == [CLAIM + n for n in part["entries"] if n in which], (part, day)
        told = sources_differ(*(state[part] for part in ("monitoring", "concerns")))
        assert board_row(on_day)["sources_differ"] == told


@any_case
@bounded
@given(data=st.data())
def test_between_the_days_that_sources_give_a_reader_says_that_they_differ(of: str, data: st.DataObject) -> None:
    case = data.draw(CASES[of])
    entries = [entry for entry in case.entries if of != "area" or entry.kind == "judgement.given"]
    if not case.histories or not entries:
        return
    entry, claimed = data.draw(st.sampled_from(entries)), data.draw(st.sampled_from(DAYS))
    body = BodySpells.of(BODY, contradicted(case.entries, [entry.position], claimed))
    told = [row for row in durations(stays_in(body), BODY, date.max) if CLAIM + entry.position in row.differ]
    for day in days_to_ask(case.facts):
        state = body_state(body.on_day(day, {}), ended=True)
        days = body.days(entry)
        if min(days.earliest, claimed) <= day <= max(days.latest, claimed):
            assert CLAIM + entry.position in sources_differ({**state, "ended": None}), day
            assert CLAIM + entry.position in sources_differ([row.to_json() for row in timeline(body, day)]), day
            ends = ("monitoring.engaged", "monitoring.returned", "concern.issued", "concern.closed")
            if entry.kind in ends and all(one.kind != "concern.left_unclear" for one in case.entries):
                lasted = durations(stays_in(body), BODY, day)
                assert told
                if any(row.began.earliest <= day for row in told):  # an end that is claimed earlier is of no time yet
                    assert CLAIM + entry.position in sources_differ([row.to_json() for row in lasted]), day
