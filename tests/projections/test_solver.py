"""The fold, against an oracle that tries every history; and by examples.

Whatever few facts there are, with whatever dates, the fold says on every day what the oracle says.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import Entry, latest
from projections.concern import CONCERN, Concern
from projections.days import FIRST_DAY, LAST_DAY
from projections.inspection import AreaState, area_machine, by_area
from projections.machine import StateMachine
from projections.monitoring import MONITORING, Monitoring
from projections.solver import MOST_FACTS, MOST_OPEN, Solver
from projections.spell import Spells
from tests.support import oracle
from tests.support.oracle import Fact, Rules

A_DAY = timedelta(days=1)
LANE = ("peel", "treating-the-public-fairly")
AREA = area_machine(LANE)
PEEL = {"framework": "peel-2018-19", "inspection": "peel-2018-19"}
JUDGED = {**PEEL, "area": "treating-the-public-fairly"}
INVESTIGATIONS = {"concern": "investigations"}
ISSUED = {**INVESTIGATIONS, "title": "Investigations"}


def entry(kind: str, effective: str, recorded: int = 1, **says: Any) -> Entry:
    """An entry about West Midlands, as it would stand in a ledger; ``recorded`` is its place there."""
    data = {"body": "west-midlands", "effective": effective, "documents": [{"document": "letter"}], **says}
    return Entry.unwritten(
        latest(kind).model_validate(data),
        ledger="example.org/test",
        position=recorded,
        sequence=recorded,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=recorded),
        recorded_by="clerk+00000000",
    ).written({"first": recorded, "size": 1})


# Any few facts


@dataclass(frozen=True)
class Matter:
    """A kind of matter as the project and as the oracle see it, and what can be said in it."""

    machine: StateMachine[Any]
    tell: Callable[[Any], Hashable]
    rules: Rules[Any]
    sayings: tuple[tuple[str, dict[str, Any]], ...]


def tell_phase(state: Monitoring) -> tuple[str, str | None]:
    return "presumed scan" if state.presumed and state.phase == "scan" else state.phase, state.pending


def tell_concern(state: Concern) -> Hashable:
    over = state.status in ("closed", "superseded", "rescinded")  # nothing of it is open then, as readers say
    return state.status, 0 if over else state.recommendations_open


def tell_grade(state: AreaState) -> Hashable:
    return state.current and state.current.grade


MATTERS = {
    "monitoring": Matter(
        MONITORING,
        tell_phase,
        oracle.MONITORING,
        (
            ("monitoring.engaged", {}),
            ("monitoring.returned", {}),
            ("monitoring.continued", {}),
            ("monitoring.concern_added", {"concerns": ["investigations"]}),
            ("monitoring.move_decided", {"phase": "engage"}),
            ("monitoring.move_decided", {"phase": "scan"}),
        ),
    ),
    "concern": Matter(
        CONCERN,
        tell_concern,
        oracle.CONCERN,
        (
            ("concern.announced", ISSUED),
            ("concern.issued", {**ISSUED, "recommendations": ["1", "2"]}),
            ("concern.issued", {**ISSUED, "recommendations_issued": 2}),
            ("concern.issued", ISSUED),
            ("concern.reaffirmed", INVESTIGATIONS),
            ("concern.left_unclear", INVESTIGATIONS),
            ("recommendation.closed", {**INVESTIGATIONS, "recommendations": ["1"]}),
            ("recommendation.closed", {**INVESTIGATIONS, "recommendations": ["1", "2"]}),
            ("recommendation.closed", {**INVESTIGATIONS, "number": 1}),
            ("concern.closed", INVESTIGATIONS),
            ("concern.closed", {**INVESTIGATIONS, "as_a_whole": True}),
            ("concern.superseded", {**INVESTIGATIONS, "superseded_by": "investigations-2024"}),
            ("concern.rescinded", INVESTIGATIONS),
        ),
    ),
    "area": Matter(
        AREA,
        tell_grade,
        oracle.AREA,
        (
            ("judgement.given", {**JUDGED, "grade": "good"}),
            ("judgement.given", {**JUDGED, "grade": "inadequate"}),
            ("judgement.carried_forward", JUDGED),
            ("inspection.published", {**PEEL, "scope": "assessment"}),
            ("inspection.published", {**PEEL, "scope": "reinspection"}),
            ("judgement.given", {**JUDGED, "inspection": "another", "grade": "inadequate"}),
            ("inspection.published", {**PEEL, "inspection": "another", "scope": "assessment"}),
        ),
    ),
}

DAYS = tuple(date(2024, 2, 27) + n * A_DAY for n in range(6))
MONTHS = tuple(date.fromisoformat(f"{m}-{d}") for m, last in (("2023-12", 31), ("2024-01", 31), ("2024-02", 29))
               for d in ("01", last))  # fmt: skip
YEARS = tuple(date.fromisoformat(f"{year}-{d}") for year in (2019, 2020, 2021) for d in ("01-01", "12-31"))

WINDOWS = (DAYS, MONTHS, YEARS)


def written(first: date, last: date) -> str:
    """A range as a clerk would write it: as a year, a month or a day where it is one, else with a slash."""
    if first == last:
        return f"{first}"
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return f"{first:%Y}" if first.year == last.year else f"{first:%Y}/{last:%Y}"
    if first.day == 1 and (last + A_DAY).day == 1:
        return f"{first:%Y-%m}" if first.month == last.month else f"{first:%Y-%m}/{last:%Y-%m}"
    return f"{first}/{last}"


@st.composite
def some_facts(draw: st.DrawFn, matter: Matter, windows: Sequence[Sequence[date]] = WINDOWS) -> list[Fact]:
    """Up to five facts: either any, or those of a lawful history of which we then know less."""
    window = tuple(draw(st.sampled_from(windows)))
    really = draw(st.booleans())
    state, day = matter.rules.start, 0
    facts: list[Fact] = []
    for number in range(draw(st.integers(1, 5))):
        sayings = matter.sayings
        if really:
            may_follow = [
                said for said in sayings if matter.rules.follow(state, Fact(said[0], (), said[1])) is not None
            ]
            if not may_follow:
                break
            sayings = tuple(may_follow)
        kind, says = draw(st.sampled_from(sayings))
        day = min(5, day + draw(st.sampled_from((0, 0, 1, 2)))) if really else draw(st.integers(0, 5))
        first = max(0, day - draw(st.sampled_from((0, 0, 1, 2))))
        last = min(5, first + 3, day + draw(st.sampled_from((0, 0, 1, 2))))
        place = number + 1 if really else 5 * draw(st.integers(0, 4)) + number + 1  # no two have the same
        fact = Fact(
            kind,
            window[first : last + 1],
            says,
            order=draw(st.sampled_from((None, None, place))),
            documents=draw(
                st.sampled_from((frozenset({"letter"}), frozenset({"report"}), frozenset({"letter", "report"})))
            ),
        )
        facts.append(fact)
        state = matter.rules.follow(state, fact) if really else state
    return facts


def entries_of(facts: Sequence[Fact]) -> list[Entry]:
    """The facts as entries. A note tells them apart, for the same fact is never on record twice."""
    return [
        entry(
            fact.kind,
            written(fact.days[0], fact.days[-1]),
            number,
            **{
                **fact.says,
                "documents": [{"document": document} for document in sorted(fact.documents)],
                "order": fact.order,
                "note": f"fact {number}",
            },
        )
        for number, fact in enumerate(facts, 1)
    ]


def days_to_ask(facts: Iterable[Fact]) -> list[date]:
    """Every day on which something may change, and the days before and after."""
    return sorted({day + n * A_DAY for fact in facts for day in fact.days for n in (-1, 0, 1)})


any_matter = pytest.mark.parametrize("of", MATTERS)
bounded = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@any_matter
@bounded
@given(data=st.data())
def test_what_is_certain_is_the_latest_lawful_history(of: str, data: st.DataObject) -> None:
    matter = MATTERS[of]
    facts = data.draw(some_facts(matter))
    if found := oracle.histories(matter.rules, facts):
        spells = Solver(matter.machine, entries_of(facts)).spells
        for day in days_to_ask(facts):
            assert matter.tell(spells.on(day)) in oracle.latest(found, day), day


@any_matter
@bounded
@given(data=st.data())
def test_what_is_possible_is_what_some_lawful_history_has(of: str, data: st.DataObject) -> None:
    matter = MATTERS[of]
    facts = data.draw(some_facts(matter))
    if found := oracle.histories(matter.rules, facts):
        spells = Solver(matter.machine, entries_of(facts)).spells
        for day in days_to_ask(facts):
            told = {matter.tell(spell.state) for spell in spells if spell.earliest <= day < spell.until}
            assert told == oracle.possible(found, day), day


@any_matter
@bounded
@given(data=st.data())
def test_a_fact_is_in_the_way_just_where_there_is_no_lawful_history(of: str, data: st.DataObject) -> None:
    matter = MATTERS[of]
    facts = data.draw(some_facts(matter))
    entries = entries_of(facts)
    first_violation = Solver(matter.machine, entries).first_violation
    assert (first_violation is None) == bool(oracle.histories(matter.rules, facts))
    assert first_violation is None or first_violation[0] in entries


@any_matter
@bounded
@given(data=st.data())
def test_the_order_in_which_entries_are_given_does_not_matter(of: str, data: st.DataObject) -> None:
    matter = MATTERS[of]
    entries = entries_of(data.draw(some_facts(matter)))
    shuffled = data.draw(st.permutations(entries))
    assert Solver(matter.machine, shuffled).spells == Solver(matter.machine, entries).spells
    assert Solver(matter.machine, shuffled).first_violation == Solver(matter.machine, entries).first_violation
    assert Solver(matter.machine, shuffled).undecided == Solver(matter.machine, entries).undecided


@any_matter
@bounded
@given(data=st.data())
def test_the_order_in_which_facts_were_recorded_does_not_matter(of: str, data: st.DataObject) -> None:
    matter = MATTERS[of]
    entries = entries_of(data.draw(some_facts(matter)))
    places = data.draw(st.permutations(range(1, len(entries) + 1)))
    otherwise = [replace(e, position=place, sequence=place) for e, place in zip(entries, places, strict=True)]
    assert Solver(matter.machine, otherwise).spells == Solver(matter.machine, entries).spells


@any_matter
@bounded
@given(data=st.data())
def test_one_state_counts_on_every_day(of: str, data: st.DataObject) -> None:
    matter = MATTERS[of]
    # Lawful or not: a reader of a day always gets one answer.
    spells = Solver(matter.machine, entries_of(data.draw(some_facts(matter)))).spells
    spans = [(spell.since, spell.until) for spell in spells if spell.since < spell.until]
    assert [since for since, _ in spans] == [FIRST_DAY, *(until for _, until in spans[:-1])]
    assert spans[-1][1] == LAST_DAY
    assert all(spell.earliest < spell.until and spell.earliest <= spell.since <= spell.until for spell in spells)


@any_matter
@bounded
@given(data=st.data())
def test_what_the_sources_leave_open_between_known_days_is_undecided(of: str, data: st.DataObject) -> None:
    matter = MATTERS[of]
    facts = [Fact(f.kind, f.days[-1:], f.says, f.order, f.documents) for f in data.draw(some_facts(matter))]
    found = oracle.histories(matter.rules, facts)
    if any(len(oracle.possible(found, day)) > 1 for day in days_to_ask(facts) if found):
        assert Solver(matter.machine, entries_of(facts)).undecided is not None


# Written out


def test_a_later_fact_tightens_an_earlier_range() -> None:
    engaged, continued = entry("monitoring.engaged", "2019"), entry("monitoring.continued", "2019-09-27", 2)
    spells = Solver(MONITORING, [engaged, continued]).spells
    assert told(spells, "2018-12-31") == ("presumed scan", set())
    assert told(spells, "2019-01-01") == ("presumed scan", {"engage"})
    assert told(spells, "2019-09-26") == ("presumed scan", {"engage"})
    assert told(spells, "2019-09-27") == ("engage", set())


def test_an_imprecise_date_counts_from_its_last_day() -> None:
    spells = Solver(MONITORING, [entry("monitoring.engaged", "2023-12")]).spells
    assert told(spells, "2023-11-30") == ("presumed scan", set())
    assert told(spells, "2023-12-01") == ("presumed scan", {"engage"})
    assert told(spells, "2023-12-30") == ("presumed scan", {"engage"})
    assert told(spells, "2023-12-31") == ("engage", set())


def test_an_end_that_is_imprecise_leaves_the_old_state_standing_and_the_new_one_possible() -> None:
    spells = Solver(
        MONITORING, [entry("monitoring.engaged", "2023-11-24"), entry("monitoring.returned", "2024-09", 2)]
    ).spells
    assert told(spells, "2024-08-31") == ("engage", set())
    assert told(spells, "2024-09-01") == ("engage", {"scan"})
    assert told(spells, "2024-09-30") == ("scan", set())


def test_a_fact_between_two_known_days_is_squeezed_between_them() -> None:
    facts = [
        entry("monitoring.engaged", "2019-03-01"),
        entry("monitoring.returned", "2019", 2),
        entry("monitoring.engaged", "2019-10-01", 3),
    ]
    spells = Solver(MONITORING, facts).spells
    assert told(spells, "2019-03-01") == ("engage", {"scan"})
    assert told(spells, "2019-09-30") == ("engage", {"scan"})
    assert told(spells, "2019-10-01") == ("engage", set())


def test_a_spell_lasts_up_to_and_not_including_the_day_of_the_next() -> None:
    spells = Solver(
        MONITORING, [entry("monitoring.engaged", "2023-11-24"), entry("monitoring.returned", "2024-09-18", 2)]
    ).spells
    engage = spells[1]
    assert (engage.since, engage.until) == (date(2023, 11, 24), date(2024, 9, 18))
    assert (engage.until - engage.since).days == 299


def test_a_re_entry_is_a_new_spell() -> None:
    facts = [
        entry("monitoring.engaged", "2019-03-01"),
        entry("monitoring.returned", "2020-06-01", 2),
        entry("monitoring.engaged", "2023-11-24", 3),
    ]
    spells = Solver(MONITORING, facts).spells
    assert [(spell.state.phase, spell.since) for spell in spells] == [
        ("scan", FIRST_DAY),
        ("engage", date(2019, 3, 1)),
        ("scan", date(2020, 6, 1)),
        ("engage", date(2023, 11, 24)),
    ]
    assert spells[3].state.entries == (facts[2],)


def test_a_return_and_a_re_entry_of_one_day_follow_the_declared_order() -> None:
    facts = [
        entry("monitoring.engaged", "2023-11-24"),
        entry("monitoring.engaged", "2024-09-18", 2, order=2),
        entry("monitoring.returned", "2024-09-18", 3, order=1),
    ]
    assert Solver(MONITORING, facts).first_violation is None
    state = Solver(MONITORING, facts).spells.on(date(2024, 9, 18))
    assert (state.phase, state.entries) == ("engage", (facts[1],))


def test_a_declared_order_that_cannot_be_is_in_the_way() -> None:
    facts = [
        entry("monitoring.engaged", "2023-11-24"),
        entry("monitoring.engaged", "2024-09-18", 2, order=1),
        entry("monitoring.returned", "2024-09-18", 3, order=2),
    ]
    first_violation = Solver(MONITORING, facts).first_violation
    assert first_violation is not None
    assert first_violation[0] == facts[1]
    assert "already in Engage since 2023-11-24" in first_violation[1].message


def test_orders_declared_in_different_documents_say_nothing() -> None:
    facts = [
        entry("monitoring.engaged", "2023-11-24"),
        entry("monitoring.engaged", "2024-09-18", 2, order=1, documents=[{"document": "report"}]),
        entry("monitoring.returned", "2024-09-18", 3, order=2),
    ]
    assert Solver(MONITORING, facts).first_violation is None


def test_a_fact_that_is_recorded_late_takes_its_place_in_the_world() -> None:
    spells = Solver(
        MONITORING, [entry("monitoring.returned", "2024-09-18", 1), entry("monitoring.engaged", "2023-11-24", 2)]
    ).spells
    assert [(spell.state.phase, spell.since) for spell in spells] == [
        ("scan", FIRST_DAY),
        ("engage", date(2023, 11, 24)),
        ("scan", date(2024, 9, 18)),
    ]


def test_a_return_without_an_entry_is_in_the_way() -> None:
    returned = entry("monitoring.returned", "2024-09-18")
    first_violation = Solver(MONITORING, [returned]).first_violation
    assert first_violation is not None
    assert first_violation[0] == returned


def test_a_concern_that_is_added_joins_those_that_the_engage_process_names() -> None:
    engaged = entry("monitoring.engaged", "2024-01-01", 1, concerns=["custody"])
    added = entry("monitoring.concern_added", "2024-02-01", 2, concerns=["investigations"])
    assert Solver(MONITORING, [engaged, added]).spells.on(date(2024, 2, 1)).concerns == ("custody", "investigations")


def test_all_decisions_on_a_pending_move_are_behind_it() -> None:
    first, second = (entry("monitoring.move_decided", f"2024-0{n}-01", n, phase="engage") for n in (1, 2))
    state = Solver(MONITORING, [first, second]).spells.on(date(2024, 2, 1))
    assert (state.pending, state.pending_entries) == ("engage", (first, second))


def test_what_is_carried_forward_needs_a_judgement_of_its_own_area_only() -> None:
    carried = entry("judgement.carried_forward", "2021-11-24", 1, **JUDGED)
    assert Solver(AREA, [carried]).first_violation is not None
    assert Solver(area_machine(("peel", "its-earlier-name")), [carried]).first_violation is None


def test_a_publication_comes_before_its_judgements_by_rank() -> None:
    facts = [good("2021-11-24"), entry("inspection.published", "2021-11-24", 2, **PEEL)]
    assert Solver(AREA, facts).undecided is None
    assert tell_grade(Solver(AREA, facts).spells.on(date(2021, 11, 24))) == "good"


def test_a_declared_order_goes_before_the_rank() -> None:
    facts = [good("2021-11-24", order=1), entry("inspection.published", "2021-11-24", 2, order=2, **PEEL)]
    assert Solver(AREA, facts).undecided is None
    assert tell_grade(Solver(AREA, facts).spells.on(date(2021, 11, 24))) is None


def test_two_judgements_of_one_area_on_one_day_are_undecided_without_an_order() -> None:
    facts = [good("2021-11-24"), inadequate("2021-11-24", 2)]
    found = Solver(AREA, facts).undecided
    assert found is not None
    assert sorted(entry.position for entry in found) == [1, 2]


def test_two_judgements_of_one_area_on_one_day_are_decided_by_an_order() -> None:
    facts = [good("2021-11-24", order=2), inadequate("2021-11-24", 2, order=1)]
    assert Solver(AREA, facts).undecided is None
    assert tell_grade(Solver(AREA, facts).spells.on(date(2021, 11, 24))) == "good"


def test_a_declared_order_holds_between_imprecise_dates_too() -> None:
    spells = Solver(AREA, [good("2021-11", order=2), inadequate("2021-11", 2, order=1)]).spells
    assert {tell_grade(spell.state) for spell in spells if spell.possible_on(date(2021, 12, 1))} == set()
    assert tell_grade(spells.on(date(2021, 12, 1))) == "good"


def test_what_is_undecided_is_possible_either_way() -> None:
    spells = Solver(AREA, [good("2021-11-24"), inadequate("2021-11-24", 2)]).spells
    day = date(2021, 11, 24)
    assert {tell_grade(s.state) for s in spells if s.earliest <= day < s.until} == {"good", "inadequate"}


def test_what_is_undecided_after_a_fact_of_the_same_day_is_possible_either_way() -> None:
    published = entry("inspection.published", "2021-11-24", 3, **PEEL, scope="assessment")
    spells = Solver(AREA, [published, good("2021-11-24"), inadequate("2021-11-24", 2)]).spells
    day = date(2021, 11, 24)
    assert {tell_grade(s.state) for s in spells if s.earliest <= day < s.until} == {"good", "inadequate"}


def test_a_turn_that_asks_for_another_turn_later_is_possible_too() -> None:
    # A report comes before its judgements: if the judgements are turned round, so must be the reports.
    another = {**PEEL, "inspection": "another"}
    facts = [
        good("2021-01-10"),
        entry("judgement.given", "2021-01-10", 2, **{**JUDGED, "inspection": "another"}, grade="inadequate"),
        entry("inspection.published", "2021-03-10", 3, **PEEL, scope="assessment"),
        entry("inspection.published", "2021-03-10", 4, **another, scope="assessment"),
    ]
    spells = Solver(AREA, facts).spells
    day = date(2021, 1, 10)
    assert {tell_grade(s.state) for s in spells if s.earliest <= day < s.until} == {"good", "inadequate"}
    assert set(Solver(AREA, facts).undecided or ()) == {facts[0], facts[1]}
    harmless = [good("2020-01-01", 5), good("2020-01-01", 6)]  # whichever came first, the grade is the same
    assert set(Solver(AREA, [*harmless, *facts]).undecided or ()) == {facts[0], facts[1]}


def test_two_facts_stay_undecided_with_a_third_between_them() -> None:
    another = {**PEEL, "inspection": "another"}
    facts = [
        good("2021-11-24", order=1),
        entry("inspection.published", "2021-11-22/2021-11-24", 2, order=2, scope="reinspection", **another),
        inadequate(
            "2021-11-24", 3, order=3, documents=[{"document": "report"}]
        ),  # the letter's order says nothing of it
    ]
    assert Solver(AREA, facts).undecided is not None


def test_facts_that_contradict_each_other_still_leave_one_state_for_each_day() -> None:
    # Both cannot be, and the declared order puts the later latest day first.
    facts = [
        entry("monitoring.engaged", "2024-02-27/2024-02-28", order=1),
        entry("monitoring.engaged", "2024-02-27", 2, order=2),
    ]
    assert Solver(MONITORING, facts).first_violation is not None
    spells = Solver(MONITORING, facts).spells
    for day in (date(2024, 2, 26), date(2024, 2, 27), date(2024, 2, 28)):
        assert len([spell for spell in spells if spell.since <= day < spell.until]) == 1, day


def test_a_matter_runs_in_one_lane_for_each_area() -> None:
    facts = [
        good("2019-05-02"),
        entry("judgement.given", "2019-05-02", 2, **{**JUDGED, "area": "investigating-crime"}, grade="good"),
        entry("inspection.published", "2021-11-24", 3, framework="peel-2021-22", inspection="peel-2021-22"),
    ]
    assert by_area(facts) == {LANE: [facts[0], facts[2]], ("peel", "investigating-crime"): [facts[1], facts[2]]}
    assert tell_grade(Solver(AREA, by_area(facts)[LANE]).spells.on(date(2021, 11, 23))) == "good"
    assert tell_grade(Solver(AREA, by_area(facts)[LANE]).spells.on(date(2021, 11, 24))) is None


def told(spells: Spells[Monitoring], day: str) -> tuple[str, set[str]]:
    """The phase that counts on a day, and those that are possible beside it."""
    asked = date.fromisoformat(day)
    beside = {tell_phase(spell.state)[0] for spell in spells if spell.possible_on(asked)}
    return tell_phase(spells.on(asked))[0], beside


def good(effective: str, recorded: int = 1, **says: Any) -> Entry:
    return entry("judgement.given", effective, recorded, **JUDGED, grade="good", **says)


def inadequate(effective: str, recorded: int = 1, **says: Any) -> Entry:
    return entry("judgement.given", effective, recorded, **JUDGED, grade="inadequate", **says)


def test_a_grade_that_is_not_stated_is_not_the_one_that_lapsed() -> None:
    facts = [
        entry("judgement.given", "2017-05-02", 1, **JUDGED, grade="good"),
        entry("inspection.published", "2018-05-02", 2, **{**PEEL, "inspection": "next"}),
        entry("judgement.carried_forward", "2018-05-02", 3, **{**JUDGED, "inspection": "other"}, grade="not-stated"),
    ]
    assert tell_grade(Solver(AREA, facts[:2]).spells.on(date(2019, 1, 1))) is None
    assert tell_grade(Solver(AREA, facts).spells.on(date(2019, 1, 1))) == "not-stated"


# Bounds


def closures(number: int, effective: str) -> list[Entry]:
    issued = entry("concern.issued", "2019-01-01", 0, **ISSUED, recommendations_issued=90)
    return [
        issued,
        *(
            entry("recommendation.closed", effective, n, **INVESTIGATIONS, number=1, note=f"closure {n}")
            for n in range(1, number + 1)
        ),
    ]


def test_more_open_orders_than_a_walk_can_end_are_refused_at_once() -> None:
    assert Solver(CONCERN, closures(MOST_OPEN, "2020")).first_violation is None
    found = Solver(CONCERN, closures(40, "2020")).first_violation
    assert found is not None
    assert found[0].position == 40
    assert "the order of more than 10 facts is open" in found[1].message
    assert Solver(CONCERN, closures(40, "2020")).spells.on(date(2021, 1, 1)).recommendations_open == 50


def test_facts_that_are_open_among_themselves_are_counted_whatever_came_before_them() -> None:
    found = Solver(
        CONCERN, closures(40, "2019-01-01")
    ).first_violation  # all on the day of the first, which ranks before them
    assert found is not None
    assert "the order of more than 10 facts is open" in found[1].message


def test_so_many_facts_are_searched_where_a_day_is_open_and_no_more() -> None:
    facts = [entry("monitoring.engaged", "2000-01-01", 0), entry("monitoring.continued", "2020", 1)]
    days = (date(2000, 1, 2) + timedelta(days=n) for n in range(MOST_FACTS))
    facts += [entry("monitoring.continued", str(day), n) for n, day in enumerate(days, 2)]
    assert not Solver(MONITORING, facts[:MOST_FACTS]).too_open
    assert Solver(MONITORING, facts[: MOST_FACTS + 1]).too_open


@pytest.mark.parametrize(("engaged", "could"), [("2024-03-01", False), ("2024-03-02", True)])
def test_a_fact_could_follow_only_one_that_is_dated_later(engaged: str, could: bool) -> None:
    decided = entry("monitoring.move_decided", "2024-03-01", 1, phase="scan")
    facts = [decided, entry("monitoring.engaged", engaged, 2)]
    assert Solver(MONITORING, facts).could_follow(decided) is (facts[1] if could else None)


def test_any_number_of_facts_of_known_days_is_no_trouble() -> None:
    facts = [entry("monitoring.engaged", "2000-01-01", 0)]
    days = (date(2000, 1, 2) + timedelta(days=n) for n in range(600))
    facts += [entry("monitoring.continued", str(day), n) for n, day in enumerate(days, 1)]
    assert Solver(MONITORING, facts).first_violation is None
    assert Solver(MONITORING, facts).spells.on(date(2002, 1, 1)).phase == "engage"
