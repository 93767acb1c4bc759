"""The register: a closed list of kinds, each written once, described, frozen and closed to other fields."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import category, name

import pytest
from pydantic import ValidationError

import events
import events.event as register
from events import Entry, canonical
from events.entry import commitment
from events.event import REGISTER, Event, event, kinds, latest, lift, restore
from events.values import Value, printable
from tests.support.golden import FOLDER, SAMPLES, data_of

classes = {f"{kind}@{version}": class_ for (kind, version), class_ in REGISTER.items()}
written = {name: class_ for name, class_ in classes.items() if (FOLDER / f"{name}.json").exists()}
each_class = pytest.mark.parametrize("class_", classes.values(), ids=classes)
each_with_golden_data = pytest.mark.parametrize("class_", written.values(), ids=written)  # test_golden names the others


@pytest.fixture
def throwaway() -> Iterator[str]:
    """A kind in two versions, the first lifted to the second; gone again after the test."""
    kind = "test.thrown_away"

    @event(kind, version=1, command="test throw-away")
    class First(Event):
        """The old form."""

        name: str

        @property
        def matter(self) -> str:
            return f"test/{self.name}"

    @event(kind, version=2, command="test throw-away")
    class Second(Event):
        """The new form."""

        title: str

        @property
        def matter(self) -> str:
            return f"test/{self.title}"

    @lift(kind, version=1)
    def _(data: dict[str, Any]) -> dict[str, Any]:
        return {"title": data["name"]}

    yield kind
    for version in (1, 2):
        del REGISTER[kind, version]
    del register._LATEST[kind], register._LIFTS[kind, 1]


def golden(class_: type[Event]) -> Event:
    """The event of a golden file."""
    return class_.model_validate(data_of(class_))


def test_a_kind_and_version_is_registered_once() -> None:
    with pytest.raises(ValueError, match=r"body\.renamed version 1 is registered twice"):
        event("body.renamed", version=1, command="body rename")(Event)
    assert not hasattr(Event, "kind")
    assert latest("body.renamed") is events.body.BodyRenamed


def test_old_data_are_lifted_to_the_latest_version(throwaway: str) -> None:
    lifted = restore(throwaway, 1, {"name": "x"})
    assert type(lifted) is latest(throwaway) is REGISTER[throwaway, 2]
    assert lifted == restore(throwaway, 2, {"title": "x"})
    assert kinds().count(throwaway) == 1


def test_lifting_changes_no_stored_bytes(throwaway: str) -> None:
    old = REGISTER[throwaway, 1].model_validate({"name": "x"})
    salted = bytes(16) + canonical.encode(old.data())
    event = {"ledger": "x", "kind": throwaway, "version": 1, "matter": "x", "commitment": commitment(salted)}
    times = {"recorded_at": "2026-11-21T09:30:00.000000Z", "recorded_by": "x", "sequence": 0, "submission": {}}
    entry = Entry.read(0, canonical.encode({"event": event, **times}), salted)
    assert (entry.version, entry.data, entry.event.version) == (1, b'{"name":"x"}', 2)
    assert entry.event == restore(throwaway, 2, {"title": "x"})


def test_the_throwaway_kind_is_gone() -> None:
    assert not [kind for kind in kinds() if kind.startswith("test.")]


def test_an_unknown_kind_or_version_is_a_key_error() -> None:
    with pytest.raises(KeyError, match=r"no event body\.no_progress version 1"):
        restore("body.no_progress", 1, {})
    with pytest.raises(KeyError, match=r"no event body\.renamed version 99"):
        restore("body.renamed", 99, {})
    with pytest.raises(KeyError):
        latest("os.system")


@each_with_golden_data
def test_an_event_is_frozen(class_: type[Event]) -> None:
    found = golden(class_)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(found, next(iter(class_.model_fields)), "x")


@each_with_golden_data
def test_an_event_takes_no_other_field(class_: type[Event]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        class_.model_validate({**golden(class_).data(), "kind": class_.kind})


@each_with_golden_data
def test_the_matter_of_an_event_is_a_function_of_its_data(class_: type[Event]) -> None:
    found = golden(class_)
    again = class_.model_validate(found.data())
    assert found.matter == again.matter
    assert list(found.refers_to()) == list(again.refers_to())
    assert (found.fact is not None, found.fact) == (class_.identity is not None, again.fact)
    assert not any(part == "" for part in found.matter.split("/"))


@each_class
def test_the_identity_fields_of_a_kind_are_fields_of_it(class_: type[Event]) -> None:
    assert set(class_.identity or ()) <= set(class_.model_fields)


@each_class
def test_the_class_of_a_kind_says_what_it_means(class_: type[Event]) -> None:
    assert class_.__doc__ is not None
    assert class_.__doc__ != Event.__doc__
    assert class_.__doc__.rstrip().endswith(".")


@each_class
def test_every_field_says_what_it_means(class_: type[Event]) -> None:
    assert [name for name, field in class_.model_fields.items() if not field.description] == []


def test_every_field_of_a_value_says_what_it_means() -> None:
    for value in Value.__subclasses__():
        assert [name for name, field in value.model_fields.items() if not field.description] == []


def test_every_command_belongs_to_one_kind() -> None:
    commands = [command for kind in kinds() if (command := latest(kind).command) is not None]
    assert len(set(commands)) == len(commands)
    assert all(len(command.split()) == 2 for command in commands)


def test_the_name_of_every_kind_is_written_once_in_events() -> None:
    texts = [
        node.value
        for file in Path(events.__path__[0]).glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert {kind: texts.count(kind) for kind in kinds()} == dict.fromkeys(kinds(), 1)


def test_every_kind_has_a_sample_for_its_golden_file() -> None:
    assert set(SAMPLES) == set(kinds())


def test_what_a_person_may_write_for_a_list_is_not_what_is_stored() -> None:
    issued = SAMPLES["concern.issued"]
    with pytest.raises(ValidationError, match="documents"):
        restore("concern.issued", 1, {**issued, "documents": "report-2023"})


def test_a_list_where_a_flag_is_meant_is_refused() -> None:
    with pytest.raises(ValidationError):
        restore("concern.issued", 1, {**SAMPLES["concern.issued"], "accelerated": []})


def test_a_line_has_no_line_feed() -> None:
    with pytest.raises(ValidationError):
        restore("body.renamed", 1, {**SAMPLES["body.renamed"], "name": "West\nMidlands"})


@pytest.mark.parametrize("address", ["https://example.org/cafe\u0301", "https://example.org/\x1b[2J"])
def test_an_address_holds_no_control_character_and_is_in_nfc(address: str) -> None:
    with pytest.raises(ValidationError):
        restore("document.registered", 1, {**SAMPLES["document.registered"], "addresses": [address]})


def test_a_text_holds_no_character_that_shows_nothing_or_turns_its_direction() -> None:
    refused = set()
    for number in range(0x110000):
        try:
            printable(chr(number))
        except ValueError as error:
            refused |= {chr(number)} if "invisible characters" in str(error) else set()
    by_category = {chr(n) for n in range(0x110000) if category(chr(n)) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}
    seen = {c for c in by_category - refused if name(c).startswith(("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN"))}
    assert by_category - refused == seen, "marks that are seen, of scripts"
    others = {c for c in refused - by_category if category(c) != "Cn"}
    assert {name(c).split(" SELECTOR")[0] for c in others} == {
        "COMBINING GRAPHEME JOINER", "VARIATION", "MONGOLIAN FREE VARIATION", "HANGUL CHOSEONG FILLER",
        "HANGUL JUNGSEONG FILLER", "HANGUL FILLER", "HALFWIDTH HANGUL FILLER", "KHMER VOWEL INHERENT AQ",
        "KHMER VOWEL INHERENT AA",
    }  # fmt: skip


def test_digits_in_deadlines_are_those_of_ascii() -> None:
    recommendation = {"id": "1", "deadline": "within ３ months"}
    with pytest.raises(ValidationError):
        restore("concern.issued", 1, {**SAMPLES["concern.issued"], "recommendations": [recommendation]})


@pytest.mark.parametrize("class_", [*classes.values(), *Value.__subclasses__()])
def test_every_default_is_empty_and_so_never_stored(class_: type[Event | Value]) -> None:
    optional = [info for info in class_.model_fields.values() if not info.is_required()]
    defaults = [info.get_default(call_default_factory=True) for info in optional]
    assert all(default in (None, (), {}) for default in defaults)
