"""Names: whom and what a batch means, and what has to be read for it."""

from collections.abc import Sequence
from typing import Any

import pytest

from ledger.intake.draft import Names
from ledger.store.reader import Reader
from ledger.store.store import Store
from tests.conftest import record_yaml


def test_a_body_is_known_by_its_slug_from_its_own_matter_and_by_a_name_from_the_register(
    ledger: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[Any, ...]] = []
    rows_of = Reader.rows

    def rows(reader: Reader, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found = rows_of(reader, query, params)
        read.extend(found)
        return found

    with ledger.reading() as reader:
        names = Names(reader)
        monkeypatch.setattr(Reader, "rows", rows)
        assert [names.body("kent"), names.body("kent")] == ["kent", "kent"]
        assert len(read) == 1
        assert names.body("Kent Police") == "kent"
        assert len(read) > 43


@pytest.mark.parametrize("text", ["gotham", "", "kent/", "k\0ent", "\ud800", "Кент"])
def test_nobody_is_known_by_any_other_text(ledger: Store, text: str) -> None:
    with ledger.reading() as reader, pytest.raises(ValueError, match="no body is known as"):
        Names(reader).body(text)


def test_a_body_whose_registration_was_retracted_is_not_known(ledger: Store) -> None:
    with ledger.reading() as reader:
        (kent,) = reader.matters(["body/kent"])["body/kent"]
        assert Names(reader).body("kent") == "kent"
    record_yaml(ledger, f"- {{kind: entry.retracted, target: '#{kent.position}', reason: Not inspected.}}")
    with ledger.reading() as reader, pytest.raises(ValueError, match="no body is known as 'kent'"):
        Names(reader).body("kent")
