"""Concerns that end in part, or of which nobody says whether they ended; letters that close five of six."""

from datetime import date
from typing import Any

import pytest

from ledger.cli import run
from ledger.cli.words import cited_in_words, duration_in_words, state_in_words
from ledger.errors import Refused
from ledger.query.citations import Citations
from ledger.query.context import QueryContext
from ledger.store.store import Store
from projections.concern import CONCERN, recommendation_status, says_status_of
from projections.solver import Solver
from tests.conftest import address, record_yaml
from tests.projections.test_solver import INVESTIGATIONS, ISSUED, entry

GIVEN = """
common: {body: cleveland, documents: [letter]}
events:
- kind: document.registered
  document: letter
  type: inspectorate-letter
  title: A letter
  publisher: HMICFRS
  published: 2024-01-01
- kind: concern.issued
  concern: custody
  effective: 2019-09-27
  title: Custody
  recommendations: ISSUED
"""
LISTED = "[{id: 1, deadline: by 2020-03-31}, {id: 2, deadline: by 2020-03-31}, 3]"


def given(ledger: Store, issued: str = LISTED) -> None:
    text = GIVEN.replace("recommendations: ISSUED", f"recommendations: {issued}")
    record_yaml(ledger, text if issued[0] == "[" else text.replace("recommendations:", "recommendations_issued:"))


def then(ledger: Store, kind: str, effective: str, **says: str) -> None:
    fields = "".join(f", {name}: {value}" for name, value in says.items())
    head = f"kind: {kind}, body: cleveland, concern: custody, effective: {effective}, documents: [letter]"
    record_yaml(ledger, f"- {{{head}{fields}}}")


def concern(ledger: Store, day: str) -> dict[str, Any]:
    with ledger.reading() as reader:
        as_of = date.fromisoformat(day)
        (found,) = QueryContext.of(reader, as_of).state("cleveland", ended=True)["concerns"]
        by_model = QueryContext.of(reader, as_of, ledger=ledger.database.cache_path).state("cleveland", ended=True)
        assert by_model["concerns"] == [found]
    return dict(found)


def board(ledger: Store, day: str) -> dict[str, Any]:
    with ledger.reading() as reader:
        return next(r for r in QueryContext.of(reader, date.fromisoformat(day)).board() if r["body"] == "cleveland")


def owed(ledger: Store, day: str) -> list[tuple[str, str]]:
    with ledger.reading() as reader:
        found = QueryContext.of(reader, date.fromisoformat(day)).due(["cleveland"])[0]
    return [(item.id.split("/")[1], item.state.words) for item in found if item.subject == "recommendation"]


def test_a_concern_of_which_a_part_is_rescinded_stays_open(ledger: Store) -> None:
    given(ledger)
    then(ledger, "concern.partly_ended", "2021-05-01", element="Strip searches", outcome="rescinded")
    assert "parts_ended" not in concern(ledger, "2021-04-30")
    found = concern(ledger, "2021-05-01")
    assert (found["status"], found["recommendations_open"]) == ("open", 3)
    assert found["parts_ended"] == [{"element": "Strip searches", "outcome": "rescinded"}]
    assert found["last_known_open"] == "2021-05-01"


def test_whether_a_concern_is_still_open_may_not_be_known(ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    given(ledger)
    then(ledger, "concern.reaffirmed", "2023-03-17")
    then(ledger, "concern.left_unclear", "2023-09-14", reason="The exit letter does not name it.")
    assert concern(ledger, "2023-09-13")["status"] == "open"
    found = concern(ledger, "2023-09-14")
    assert (found["status"], found["recommendations_open"], found["last_known_open"]) == (
        "unknown", "unknown", "2023-03-17",
    )  # fmt: skip
    assert {item["status"] for item in found["recommendations"]} == {"unknown"}
    assert [board(ledger, day)["open_concerns"] for day in ("2023-09-13", "2023-09-14")] == [1, 0]
    assert board(ledger, "2023-09-14")["unknown_concerns"] == 1
    assert owed(ledger, "2023-09-14") == []
    assert run(["--ledger", address(ledger), "state", "cleveland", "--as-of", "2023-10-01"]) == 0
    assert "not known whether it is still open" in capsys.readouterr().out
    assert run(["--ledger", address(ledger), "board", "--as-of", "2023-10-01"]) == 0
    cells = capsys.readouterr().out.partition("  Cleveland Police  ")[2].splitlines()[0].split(maxsplit=3)
    assert cells == ["presumed", "0", "-", "1 not known to be open still"]


@pytest.mark.parametrize("kind", ["concern.reaffirmed", "concern.closed", "concern.rescinded"])
def test_what_was_unclear_is_cleared_up_by_a_later_document(ledger: Store, kind: str) -> None:
    given(ledger)
    then(ledger, "concern.left_unclear", "2023-09-14")
    then(ledger, kind, "2024-02-01", **({"as_a_whole": "true"} if kind == "concern.closed" else {}))
    assert concern(ledger, "2024-02-01")["status"] == (
        "open" if kind == "concern.reaffirmed" else kind.removeprefix("concern.")
    )


def test_a_letter_closes_all_but_the_one_that_it_names(ledger: Store) -> None:
    given(ledger)
    then(ledger, "recommendation.closed", "2020-02-01", number="2", still_open="[2]")
    found = concern(ledger, "2020-02-01")
    assert [(item["id"], item["status"]) for item in found["recommendations"]] == [
        ("1", "closed"), ("2", "open"), ("3", "closed"),
    ]  # fmt: skip
    assert found["recommendations_open"] == 1
    assert owed(ledger, "2020-05-01") == [("2", "nothing recorded by 2020-03-31")]


def test_where_the_others_are_not_all_closed_only_the_one_that_is_named_is_known(ledger: Store) -> None:
    given(ledger)
    then(ledger, "recommendation.closed", "2020-02-01", number="1", still_open="[2]")
    found = concern(ledger, "2020-02-01")
    assert [item["status"] for item in found["recommendations"]] == ["not-stated", "open", "not-stated"]


def test_one_that_remains_is_named_of_a_number_that_were_issued(ledger: Store) -> None:
    given(ledger, "6")
    then(ledger, "recommendation.closed", "2020-02-01", number="5", still_open="[custody-records]")
    found = concern(ledger, "2020-02-01")
    assert found["recommendations_open"] == 1
    assert [(item["id"], item["status"]) for item in found["recommendations"]] == [("custody-records", "open")]


def test_more_cannot_be_closed_and_remain_than_there_are(ledger: Store) -> None:
    given(ledger)
    with pytest.raises(Refused, match=r"3 cannot be closed while 1 stay open: 3 of 3 are open"):
        then(ledger, "recommendation.closed", "2020-02-01", number="3", still_open="[2]")
    with pytest.raises(Refused, match="the concern has no recommendation 9"):
        then(ledger, "recommendation.closed", "2020-02-01", number="1", still_open="[9]")


@pytest.mark.parametrize("kind", ["concern.reaffirmed", "concern.left_unclear"])
def test_what_the_public_hears_of_a_concern_that_was_not_published_does_not_open_it(ledger: Store, kind: str) -> None:
    given(ledger)
    record_yaml(
        ledger,
        "- {kind: document.registered, document: news, type: press-report, title: News, publisher: P, "
        "published: 2021-02-01}",
    )
    head = f"kind: {kind}, body: cleveland, concern: custody, effective: 2021-02-01"
    record_yaml(ledger, f"- {{{head}, documents: [news]}}")
    with ledger.reading() as reader:
        told = QueryContext.of(reader, date(2021, 3, 1), None, date(2021, 3, 1)).state("cleveland")["concerns"]
    assert [one["status"] for one in told] in ([], ["not-yet"])


def test_two_concerns_can_have_one_number_of_recommendations_together(ledger: Store) -> None:
    both = """
common: {body: cleveland, documents: [letter], effective: 2025-12-19, recommendations_issued: 9}
events:
- {kind: document.registered, document: letter, type: inspectorate-announcement, title: A letter, publisher: HMICFRS,
   copied_by: A news service, addresses: ["https://news.example.org/1"]}
- {kind: concern.issued, concern: exploitation, title: Exploitation, accelerated: true, programme: child-protection,
   counted_with: investigators}
- {kind: concern.issued, concern: investigators, title: Too few investigators, counted_with: exploitation}
"""
    with pytest.raises(Refused, match="no programme 'child-care' is known"):
        record_yaml(ledger, both.replace("child-protection", "child-care"))
    with pytest.raises(Refused, match="no concern 'investigator' of this body is on record"):
        record_yaml(ledger, both.replace("counted_with: investigators", "counted_with: investigator"))
    with pytest.raises(Refused, match="say how many recommendations there are together"):
        record_yaml(ledger, both.replace(", recommendations_issued: 9", ""))
    record_yaml(ledger, both)
    with ledger.reading() as reader:
        state = QueryContext.of(reader, date(2026, 1, 1)).state("cleveland")
        (issued,) = reader.matter("cleveland/concern/exploitation")
        (document,) = Citations(QueryContext.of(reader), [issued]).of(issued)["documents"]
    first, _ = state["concerns"]
    assert (first["recommendations_issued"], first["recommendations_open"]) == (9, "unknown")
    assert first["counted_with"] == ["investigators"]
    assert "9 recommendations together with investigators; how many of each: not stated" in state_in_words(state)
    assert "https://news.example.org/1 (read in a copy by A news service)" in cited_in_words(document)


def test_a_concern_that_is_left_unclear_is_not_said_to_have_ended(ledger: Store) -> None:
    given(ledger)
    then(ledger, "concern.left_unclear", "2021-03-19")
    with ledger.reading() as reader:
        (row,) = QueryContext.of(reader).durations(["cleveland"], date(2022, 1, 1))
    told = row.to_json()
    assert (told["until"], told["ended"], told["days_at_most"]) == ("2021-03-19", "unclear", 539)
    assert "since 2019-09-27, left unclear on 2021-03-19: 539 days" in duration_in_words(told)


def test_of_a_recommendation_that_may_be_one_of_those_closed_their_closure_says_so() -> None:
    issued = entry("concern.issued", "2024-01-01", 1, **ISSUED, recommendations=["1", "2"])
    closed = entry("recommendation.closed", "2024-02-01", 2, **INVESTIGATIONS, number=1)
    state = Solver(CONCERN, [issued, closed]).spells.on(date(2024, 3, 1))
    assert recommendation_status(state, "1") == "not-stated"
    assert says_status_of(state, "1") == (closed,)
