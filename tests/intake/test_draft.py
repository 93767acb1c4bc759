"""Drafts: the bodies and entries that a batch names, what has to be read for them, and where its fields are."""

from collections.abc import Sequence
from typing import Any

import pytest

from events.amendment import EntryRetracted
from ledger.errors import Place, Places, Refused
from ledger.intake import yaml
from ledger.intake.draft import Names, drafts_of
from ledger.intake.raw import RawBatch, RawEvent
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
        (kent,) = reader.matter("body/kent")
        assert Names(reader).body("kent") == "kent"
    record_yaml(ledger, f"- {{kind: entry.retracted, target: '#{kent.position}', reason: Not inspected.}}")
    with ledger.reading() as reader, pytest.raises(ValueError, match="no body is known as 'kent'"):
        Names(reader).body("kent")


@pytest.mark.parametrize("text", ["#99", "#" + "9" * 18, "#" + "9" * 19, "#" + "9" * 40])
def test_a_position_without_an_entry_is_refused_however_large_it_is(ledger: Store, text: str) -> None:
    with ledger.reading() as reader, pytest.raises(ValueError, match=f"there is no entry {text}; see"):
        Names(reader).entry(text)


REAFFIRMED = {"kind": "concern.reaffirmed", "body": "kent", "concern": "custody", "effective": "2024-01"}


def test_what_an_event_gives_goes_before_what_its_batch_shares() -> None:
    raw = RawEvent({**REAFFIRMED, "note": "Its own."}, shared={"note": "Shared.", "documents": "letter"})
    (draft,) = drafts_of(RawBatch([raw]), Names(None))
    assert draft.event.data()["note"] == "Its own."
    assert draft.event.data()["documents"] == [{"document": "letter"}]


def test_a_problem_with_a_shared_field_is_at_the_event_and_of_an_own_one_at_the_field() -> None:
    places = {name: Place("a.yaml", line) for line, name in enumerate(("", "body", "documents", "documents.0"), 1)}
    raw = RawEvent(dict(REAFFIRMED), Places(places), {"documents": ["letter"]})
    (draft,) = drafts_of(RawBatch([raw]), Names(None))
    assert draft.places.of("body") == Place("a.yaml", 2)
    assert draft.places.of("documents.0.quote") == Place("a.yaml", 1)


def test_a_field_without_a_place_has_that_of_the_nearest_field_around_it() -> None:
    places = Places({"": Place("a.yaml", 1), "documents": Place("a.yaml", 2)})
    assert places.of("documents.0.quote") == places.of("documents") == Place("a.yaml", 2)
    assert places.of("note") == Place("a.yaml", 1)
    assert Places().of("note") == Place()


def test_an_event_may_name_a_body_that_the_batch_registers_after_it(ledger: Store) -> None:
    batch = yaml.read(
        "- {kind: concern.reaffirmed, body: gotham, concern: custody, effective: 2024-01, documents: [letter]}\n"
        "- {kind: body.registered, body: gotham, type: police-force, name: G, nation: England, documents: [letter]}",
        "a.yaml",
    )
    alone = RawBatch(batch.events[:1])
    with ledger.reading() as reader:
        assert len(drafts_of(batch, Names(reader))) == 2
        assert batch.events == []
        with pytest.raises(Refused, match="no body is known as 'gotham'"):
            drafts_of(alone, Names(reader))


def test_an_amendment_of_a_labelled_event_is_in_its_matter(ledger: Store) -> None:
    batch = yaml.read(
        "- {kind: concern.reaffirmed, label: slip, body: kent, concern: x, effective: 2024, documents: [letter]}\n"
        "- {kind: entry.retracted, target: slip, reason: A slip.}",
        "a.yaml",
    )
    with ledger.reading() as reader:
        first, second = drafts_of(batch, Names(reader))
        assert isinstance(second.event, EntryRetracted)
        assert second.event.matter == first.event.matter == "kent/concern/x"


def test_what_an_entry_says_is_no_event_id_though_it_is_as_long_as_one(ledger: Store) -> None:
    target = f"kent/concern/{'x' * 40} reaffirmed"
    assert len(target) == 64
    batch = yaml.read(
        f"- {{kind: concern.reaffirmed, body: kent, concern: {'x' * 40}, effective: 2024, documents: [letter]}}\n"
        f"- {{kind: entry.retracted, target: {target}, reason: A slip.}}",
        "a.yaml",
    )
    with ledger.reading() as reader:
        first, second = drafts_of(batch, Names(reader))
        assert second.event.matter == first.event.matter
