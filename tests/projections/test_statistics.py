"""Figures stand side by side only where they may be compared, and are converted exactly, and only when asked."""

import pytest

from ledger.cli import run
from ledger.errors import Refused
from ledger.store.store import Store
from projections.statistics import Figure, figures, side_by_side
from tests.conftest import address, record_yaml

SOURCE = """
- kind: document.registered
  document: source
  type: press-report
  title: A source
  publisher: A newspaper
  published: 2021-11-24
"""
YEAR = "2020-04/2021-03"
Told = tuple[str, str]


def figure(
    id: str, *, body: str = "kent", metric: str = "firearms-offences", unit: str = "offences", **more: str
) -> str:
    lines = {"body": body, "statistic": id, "metric": metric, "unit": unit, "effective": "2021-11-24", **more}
    return "- kind: statistic.reported\n  documents: [source]\n" + "".join(f"  {k}: {v}\n" for k, v in lines.items())


def rate(id: str, value: str, per: int = 1000, **more: str) -> str:
    return figure(id, value=f'"{value}"', per=str(per), **{"per_what": "people", "period": YEAR, **more})


def groups(ledger: Store, *batch: str, per: int | None = None) -> list[list[Told]]:
    """The figures of a batch in groups, each by its id and value."""
    record_yaml(ledger, SOURCE + "".join(batch))
    with ledger.reading() as reader:
        entries = [entry for body in ("kent", "essex") for entry in reader.entries_under(f"{body}/statistic/")]
    return [[told(one) for one in group] for group in side_by_side(figures(entries, per=per))]


def told(figure: Figure) -> Told:
    return figure.event.statistic, figure.value


def test_the_same_metric_unit_denominator_and_period_may_be_compared(ledger: Store) -> None:
    assert groups(ledger, rate("ours", "1.55"), rate("theirs", "0.9", body="essex")) == [
        [("ours", "1.55"), ("theirs", "0.9")]
    ]


@pytest.mark.parametrize(
    "other",
    [
        rate("other", "24.5", per=100_000),
        rate("other", "1.55", period="2019-04/2020-03"),
        rate("other", "1.55", period="2021"),
        rate("other", "1.55", per_what="households"),
        rate("other", "1.55", unit="incidents"),
        rate("other", "1.55", metric="knife-crime"),
        figure("other", value='"155"', period=YEAR),
    ],
    ids=["denominator", "period", "overlapping-period", "denominators-unit", "unit", "metric", "count"],
)
def test_figures_that_differ_in_one_of_them_are_kept_apart(ledger: Store, other: str) -> None:
    found = groups(ledger, rate("one", "1.55"), other)
    assert sorted(group[0][0] for group in found) == ["one", "other"]
    assert [len(group) for group in found] == [1, 1]


def test_a_figure_without_a_stated_period_stands_alone_even_beside_another_such(ledger: Store) -> None:
    undated = [rate(id, "29.8", body=body).replace(f"  period: {YEAR}\n", "") for id, body in
               (("ours", "kent"), ("theirs", "essex"))]  # fmt: skip
    found = groups(ledger, *undated, rate("dated", "29.8"))
    assert sorted(found) == [[("dated", "29.8")], [("ours", "29.8")], [("theirs", "29.8")]]


def test_nothing_is_converted_unless_that_is_asked_for(ledger: Store) -> None:
    found = groups(ledger, rate("firearms", "24.5", per=100_000), rate("of-essex", "0.3", body="essex"))
    assert sorted(found) == [[("firearms", "24.5")], [("of-essex", "0.3")]]


def test_converted_to_one_denominator_they_may_be_compared(ledger: Store) -> None:
    batch = rate("firearms", "24.5", per=100_000), rate("of-essex", "0.3", body="essex")
    assert groups(ledger, *batch, per=1000) == [[("firearms", "0.245"), ("of-essex", "0.3")]]


def test_conversion_bridges_neither_periods_nor_units_of_the_denominator(ledger: Store) -> None:
    found = groups(
        ledger,
        rate("firearms", "24.5", per=100_000),
        rate("a-year-before", "0.3", period="2019-04/2020-03"),
        rate("of-households", "0.3", per_what="households"),
        per=1000,
    )
    assert [len(group) for group in found] == [1, 1, 1]


@pytest.mark.parametrize(
    ("value", "per", "to", "expected"),
    [
        ("24.5", 100_000, 1_000, "0.245"),
        ("0.245", 1_000, 100_000, "24.5"),
        ("0.1", 1_000, 10_000, "1"),  # 0.1 has no binary fraction
        ("1.10", 1_000, 1_000, "1.10"),  # not converted: the digits of the source
        ("29.8", 1_000, 1_000_000, "29800"),
        ("0", 1_000, 100_000, "0"),
        ("-1.5", 100, 1_000, "-15"),
        ("123456789012345.1234567891", 1_000, 10_000, "1234567890123451.234567891"),
    ],
)
def test_conversion_is_exact_to_the_last_digit(ledger: Store, value: str, per: int, to: int, expected: str) -> None:
    assert groups(ledger, rate("one", value, per=per), per=to) == [[("one", expected)]]


def test_a_count_has_no_denominator_to_convert(ledger: Store) -> None:
    assert groups(ledger, figure("count", value='"155"', period=YEAR), per=1000) == [[("count", "155")]]


def test_the_comparators_value_is_converted_with_the_figure(ledger: Store) -> None:
    comparator = '{name: average of forces, value: "20.4"}'
    record_yaml(ledger, SOURCE + rate("one", "29.8", comparator=comparator))
    with ledger.reading() as reader:
        (one,) = figures(reader.entries_under("kent/statistic/"), per=100_000)
    row = one.to_json()
    assert (row["value"], row["comparator_value"], row["denominator"]) == ("2980", "2040", "per 100,000 people")
    assert row["converted"] is True


def test_a_rank_without_a_figure_stays_without_one(ledger: Store) -> None:
    rank = figure("rank", claim="rank", ranked="3", per="1000", period=YEAR)
    assert groups(ledger, rank, per=100_000) == [[("rank", "not-recorded")]]


@pytest.mark.parametrize("word", ["not-stated", "not-recorded"])
def test_what_the_source_leaves_open_is_told_apart_from_what_the_clerk_left_out(ledger: Store, word: str) -> None:
    said = dict.fromkeys(["value", "period", "geography", "among"], word if word == "not-stated" else None)
    comparator = "{name: average, value: not-stated}" if word == "not-stated" else "{name: average}"
    given = {name: value for name, value in said.items() if value}
    record_yaml(ledger, SOURCE + figure("bare", claim="highest", comparator=comparator, **given))
    with ledger.reading() as reader:
        (one,) = figures(reader.entries_under("kent/statistic/"))
    row = one.to_json()
    assert {name for name, value in row.items() if value == word} == {
        "value",
        "period",
        "geography",
        "among",
        "comparator_value",
    }
    assert (row["comparator"], row["denominator"]) == ("average", "none")


@pytest.mark.parametrize("value", ["24,5", "2.45e1", "24.5 %", "NaN"])
def test_a_value_is_written_in_digits(ledger: Store, value: str) -> None:
    with pytest.raises(Refused):
        record_yaml(ledger, SOURCE + rate("one", value))


@pytest.mark.parametrize("id", ["firearms-offences", "offences"])
def test_a_statistic_may_be_called_what_it_measures(ledger: Store, id: str, capsys: pytest.CaptureFixture[str]) -> None:
    record_yaml(ledger, SOURCE + rate(id, "24.5", per=100_000))
    assert run(["--ledger", address(ledger), "state", "kent"]) == 0
    assert "firearms-offences: 24.5 offences per 100,000 people" in capsys.readouterr().out
