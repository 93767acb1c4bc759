"""How long: in Engage, and concerns open; at the least and at the most where dates are imprecise."""

from datetime import date

import pytest

from ledger.query.context import QueryContext
from ledger.store.store import Store
from tests.conftest import record_yaml

LETTER = (
    "- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, "
    "publisher: HMICFRS, published: 2023-01-01}\n"
)
ENGAGED = "- {{kind: monitoring.engaged, body: kent, effective: {when}, documents: [letter]}}\n"
RETURNED = "- {{kind: monitoring.returned, body: kent, effective: {when}, documents: [letter]}}\n"


@pytest.mark.parametrize(
    ("begun", "ended", "asked", "expected"),
    [
        ("2023-03-01", "2023-03-11", "2024-01-01", ("2023-03-01", "2023-03-11", 10, 10)),
        ("2023-03-01", "2023-03-11", "2023-03-05", ("2023-03-01", None, 4, 4)),
        ("2023-03", "2023-05", "2024-01-01", ("2023-03", "2023-05", 31, 91)),
        ("2023-03-01", "2023-05", "2023-05-15", ("2023-03-01", "2023-05-01/2023-05-15", 61, 75)),
        ("2023-03-01", None, "2023-04-01", ("2023-03-01", None, 31, 31)),
    ],
)
def test_a_time_in_engage(
    ledger: Store, begun: str, ended: str | None, asked: str, expected: tuple[str, str | None, int, int]
) -> None:
    record_yaml(ledger, LETTER + ENGAGED.format(when=begun) + (RETURNED.format(when=ended) if ended else ""))
    with ledger.reading() as reader:
        (time,) = QueryContext.of(reader).durations(["kent"], date.fromisoformat(asked))
    told = time.to_json()
    assert (told["since"], told["until"], time.at_least, time.at_most) == expected
    assert (time.over, told["certainty"]) == (asked == "2024-01-01" and ended is not None, "certain")


def test_a_time_that_may_have_been_no_day_lasted_none_at_least(ledger: Store) -> None:
    record_yaml(ledger, LETTER + ENGAGED.format(when="2023") + RETURNED.format(when="2023"))
    with ledger.reading() as reader:
        (time,) = QueryContext.of(reader).durations(["kent"], date(2024, 1, 1))
    assert (time.at_least, time.at_most, time.certain) == (0, 364, False)


def test_what_happened_after_the_day_is_not_behind_it(ledger: Store) -> None:
    days = ("2023-03-01", "2023-05")
    engaged = record_yaml(ledger, LETTER + ENGAGED.format(when=days[0])).appended[-1].position
    returned = record_yaml(ledger, RETURNED.format(when=days[1])).appended[0].position
    with ledger.reading() as reader:
        told = [QueryContext.of(reader).durations(["kent"], date(2023, *day))[0] for day in ((4, 30), (5, 1))]
    entries = [time.to_json()["entries"] for time in told]
    assert entries == [[engaged], [engaged, returned]]


def test_an_end_that_was_recorded_later_is_not_known_before(ledger: Store) -> None:
    """The read model has the times that are known now: of an earlier position a replay is asked."""
    engaged = record_yaml(ledger, LETTER + ENGAGED.format(when="2023-03-01")).appended[-1].position
    record_yaml(ledger, RETURNED.format(when="2023-03-11"))
    with ledger.reading() as reader:
        for known_at, over in ((engaged, False), (None, True)):
            context = QueryContext.of(reader, known_at=known_at, ledger=ledger.database.cache_path)
            assert [time.over for time in context.durations(["kent"], date(2024, 1, 1))] == [over]


def test_before_it_began_and_where_nothing_began_there_is_none(ledger: Store) -> None:
    record_yaml(ledger, LETTER + ENGAGED.format(when="2023-03-01"))
    with ledger.reading() as reader:
        assert QueryContext.of(reader).durations(["kent"], date(2023, 2, 28)) == []
        assert QueryContext.of(reader).durations(["essex"], date(2023, 4, 1)) == []


def test_a_second_time_is_another(ledger: Store) -> None:
    days = ("2023-03-01", "2023-03-11", "2023-06-01")
    record_yaml(ledger, LETTER + ENGAGED.format(when=days[0]) + RETURNED.format(when=days[1]))
    record_yaml(ledger, ENGAGED.format(when=days[2]))
    with ledger.reading() as reader:
        found = QueryContext.of(reader).durations(["kent"], date(2023, 6, 3))
    assert [(f"{time.began.latest}", time.at_least) for time in found] == [("2023-03-01", 10), ("2023-06-01", 2)]
