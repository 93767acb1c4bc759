"""What a subject amounts to: on a day, and over the longest intervals in which it says the same."""

from datetime import date, timedelta
from itertools import pairwise

from projections.concern import CONCERN
from projections.days import LAST_DAY
from projections.monitoring import MONITORING
from projections.solver import Solver
from projections.summary import intervals, summary_on
from tests.projections.test_solver import INVESTIGATIONS, ISSUED, entry

ENGAGED, RETURNED = entry("monitoring.engaged", "2023-11"), entry("monitoring.returned", "2024-09-18", 2)


def test_each_interval_says_what_every_day_of_it_says() -> None:
    spells = Solver(MONITORING, [ENGAGED, RETURNED]).spells
    found = list(intervals(spells))
    assert [(state.first.isoformat(), state.summary, state.data["certainty"]) for state in found] == [
        ("2023-11-01", "Scan (presumed)", "possible"),
        ("2023-11-30", "Engage", "certain"),
        ("2024-09-18", "Scan", "certain"),
    ]
    assert [state.until for state in found] == [*(state.first for state in found[1:]), LAST_DAY]
    for state in found:
        for day in (state.first, min(state.until, date(2030, 1, 1)) - timedelta(days=1)):
            on_the_day = summary_on(spells, day)
            assert on_the_day == state
            assert state.first <= on_the_day.first <= day < on_the_day.until <= state.until
    assert summary_on(spells, date(2023, 10, 31)) is None


def test_two_intervals_on_end_say_different_things() -> None:
    # From the first day of the month a reaffirmation is possible, which changes nothing that is said.
    issued = entry("concern.issued", "2024-01-01", 1, **ISSUED, recommendations=["1", "2"])
    facts = [issued, *(entry("concern.reaffirmed", f"2024-0{n}", n, **INVESTIGATIONS) for n in (2, 3))]
    found = list(intervals(Solver(CONCERN, facts).spells))
    assert all(state != following for state, following in pairwise(found))
    assert all(state.until == following.first for state, following in pairwise(found))


def test_the_last_known_open_is_the_last_fact_of_the_history() -> None:
    facts = [
        entry("concern.issued", "2024", 1, **ISSUED),
        entry("concern.reaffirmed", "2024-03-01", 2, **INVESTIGATIONS),
    ]
    state = summary_on(Solver(CONCERN, facts).spells, date(2024, 6, 1))
    assert state is not None
    assert state.data["last_known_open"] == "2024-03-01"  # the issue came first, so it is of that day at the latest


def test_recommendations_that_were_closed_unnamed_are_closed_once_as_many_as_there_are() -> None:
    issued = entry("concern.issued", "2024-01-01", 1, **ISSUED, recommendations=["1", "2"])
    facts = [issued, *(entry("recommendation.closed", f"2024-0{n}-01", n, **INVESTIGATIONS, number=1) for n in (2, 3))]
    for day, status in (("2024-02-01", "not-stated"), ("2024-03-01", "closed")):
        state = summary_on(Solver(CONCERN, facts).spells, date.fromisoformat(day))
        assert state is not None
        assert [item["status"] for item in state.data["recommendations"]] == [status, status]
