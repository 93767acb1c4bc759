"""Three ways to say one thing: options, YAML and JSON lines give the same canonical bytes, for every kind."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml as pyyaml
from pydantic.fields import FieldInfo

from events import canonical, kinds, latest
from ledger.cli import record as writing
from ledger.cli import run
from ledger.errors import Refused
from ledger.intake import jsonl, yaml
from ledger.intake.draft import Names, drafts_of
from ledger.intake.raw import RawBatch
from tests.support.golden import FOLDER, bytes_of

Json = dict[str, Any]
WITH_COMMAND = [kind for kind in kinds() if latest(kind).command]


def golden(kind: str) -> Json:
    """The golden data of a kind in its latest version."""
    data: Json = canonical.decode((FOLDER / f"{kind}@{latest(kind).version}.json").read_bytes())["data"]
    return data


def payloads(plains: RawBatch) -> list[bytes]:
    """What would be recorded."""
    assert plains.problems == []
    return [bytes_of(draft.event) for draft in drafts_of(plains, Names(None))]


@pytest.fixture
def by_options(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Says an event by the options of its command, as far as recording it."""
    said: list[RawBatch] = []
    monkeypatch.setattr(writing, "submit", lambda where, plains, **_: said.append(plains))

    def say(kind: str, data: Json) -> RawBatch:
        command = latest(kind).command
        assert command is not None
        code = run([*command.split(), *options(kind, data)])
        assert (code, len(said)) == (0, 1)
        return said.pop()

    yield say
    assert said == []


def options(kind: str, data: Json) -> list[str]:
    """The options that say what the data says."""
    given = []
    for name, value in data.items():
        option = _option(name, latest(kind).model_fields[name])
        if value is True:
            given.append(option)
        elif value is False:
            given.append(option.replace("--", "--no-"))
        else:
            given += [f"{option}={_written(item)}" for item in (value if isinstance(value, list) else [value])]
    return given


def _option(name: str, info: FieldInfo) -> str:
    (option,) = writing.option_of(name, info).opts
    return option


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return pyyaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6).strip()
    return str(value)


def by_yaml(kind: str, data: Json) -> RawBatch:
    text = pyyaml.safe_dump([{"kind": kind, **data}], allow_unicode=True, sort_keys=False)
    return yaml.read(text, "batch.yaml")


def by_jsonl(kind: str, data: Json) -> RawBatch:
    return jsonl.read(json.dumps({"kind": kind, **data}, ensure_ascii=False) + "\n", "batch.jsonl")


def test_every_kind_that_has_a_command_has_data_to_try() -> None:
    assert [kind for kind in WITH_COMMAND if not (FOLDER / f"{kind}@{latest(kind).version}.json").exists()] == []


@pytest.mark.parametrize("kind", WITH_COMMAND)
def test_options_yaml_and_jsonl_say_the_same(kind: str, by_options: Any) -> None:
    data = golden(kind)
    expected = [bytes_of(latest(kind).model_validate(data))]
    assert payloads(by_yaml(kind, data)) == expected
    assert payloads(by_jsonl(kind, data)) == expected
    assert payloads(by_options(kind, data)) == expected


@pytest.mark.parametrize("kind", WITH_COMMAND)
def test_each_field_alone_is_said_the_same(kind: str, by_options: Any) -> None:
    data, class_ = golden(kind), latest(kind)
    least = {name: value for name, value in data.items() if class_.model_fields[name].is_required()}
    for name in data:
        one = {**least, name: data[name]}
        outcomes = [_outcome(say(kind, one)) for say in (by_yaml, by_jsonl, by_options)]
        assert outcomes[0] == outcomes[1] == outcomes[2], name


def _outcome(plains: RawBatch) -> Any:
    """What would be recorded, or what is wrong."""
    try:
        return payloads(plains)
    except Refused as refused:
        return {(problem.field, problem.message) for problem in refused.problems}


ODD = [
    "2023", "1e3", "0x10", "yes", "No", "true", "null", "~", "#12", "a: b # c", "- item", "--body", "'quoted'", '"',
    "@", "%", "*", "&a", "!", "|", "a\\n", "First.\n\nSecond: line", "  with spaces around  ", "cafe\u0301",
    "naïve – “quoted”", "\U0001f46e",
]  # fmt: skip
BRACKETED = ["[sic] as printed", "{not} a mapping", "[1, 2]"]


@pytest.mark.parametrize(
    "text",
    [
        *ODD,
        *BRACKETED,
    ],
)
def test_an_odd_text_is_said_the_same(text: str, by_options: Any) -> None:
    data = {**golden("concern.reaffirmed"), "note": text}
    (by_line,) = payloads(by_jsonl("concern.reaffirmed", data))
    assert payloads(by_yaml("concern.reaffirmed", data)) == [by_line]
    assert payloads(by_options("concern.reaffirmed", data)) == [by_line]


def test_one_item_may_stand_for_a_list(by_options: Any) -> None:
    data = {**golden("concern.closed"), "documents": "report-2023", "remaining": "Backlogs."}
    whole = {**data, "documents": [{"document": "report-2023"}], "remaining": ["Backlogs."]}
    expected = payloads(by_jsonl("concern.closed", whole))
    assert payloads(by_yaml("concern.closed", data)) == expected
    assert payloads(by_jsonl("concern.closed", data)) == expected
    assert payloads(by_options("concern.closed", data)) == expected


@pytest.mark.parametrize("said", [True, False])
def test_a_flag_is_the_same_in_all_three(by_options: Any, said: bool) -> None:
    data = {**golden("concern.closed"), "as_a_whole": said}
    (expected,) = payloads(by_yaml("concern.closed", data))
    assert canonical.decode(expected)["data"]["as_a_whole"] is said
    assert payloads(by_jsonl("concern.closed", data)) == payloads(by_options("concern.closed", data)) == [expected]


def test_what_is_not_stated_is_the_same_in_all_three(by_options: Any) -> None:
    data = {**golden("review.scheduled"), "due": "not-stated"}
    (expected,) = payloads(by_yaml("review.scheduled", data))
    assert canonical.decode(expected)["data"]["not_stated"] == ["due"]
    assert payloads(by_jsonl("review.scheduled", data)) == payloads(by_options("review.scheduled", data)) == [expected]
