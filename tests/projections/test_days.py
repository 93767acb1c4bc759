"""How days and entries are ordered and written."""

from datetime import date

import pytest

from projections.days import FIRST_DAY, span
from projections.fact import by_date
from tests.projections.test_solver import good, inadequate


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        ("2024-01-01", "2024-01-01", "2024-01-01"),
        ("2024-02-01", "2024-02-29", "2024-02"),
        ("2024-01-01", "2024-12-31", "2024"),
        ("2024-01-01", "2024-01-15", "2024-01-01/2024-01-15"),
        ("2024-01-02", "2024-01-31", "2024-01-02/2024-01-31"),
        ("2024-01-01", "2024-03-31", "2024-01-01/2024-03-31"),
        ("2023-01-01", "2024-12-31", "2023-01-01/2024-12-31"),
    ],
)
def test_a_span_is_written_as_the_shortest_partial_date(first: str, last: str, written: str) -> None:
    assert span(date.fromisoformat(first), date.fromisoformat(last)) == written


def test_what_was_so_from_the_first_day_has_no_date() -> None:
    assert span(FIRST_DAY, FIRST_DAY) == ""


def test_facts_of_one_day_are_read_in_their_declared_order() -> None:
    first, second = good("2021-11-24", order=2), inadequate("2021-11-24", 2, order=1)
    assert sorted([first, second], key=by_date) == [second, first]
    swapped = good("2021-11-24", order=1), inadequate("2021-11-24", 2, order=2)
    assert sorted(swapped, key=by_date) == [*swapped]
