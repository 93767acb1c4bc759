"""Templates: an event of a kind as commented YAML, made from its class."""

import inspect
import textwrap
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from events import Event
from events.amendment import Replacement
from events.body import Handover
from events.dates import PartialDate
from events.response import Reply
from events.values import Citation, Recommendation, Value


def template_of(class_: type[Event]) -> str:
    """A batch with one event of the class: the required fields to fill in, the others as comments.

    An optional field that gives an example in its class is one that the event is seldom without: it is filled in too.
    """
    lines = [
        "# yaml-language-server: $schema=force-ledger.schema.json",
        *(f"# {line}" for line in textwrap.wrap(inspect.getdoc(class_) or "", 100)),
        f"- kind: {class_.kind}",
    ]
    for name, info in class_.model_fields.items():
        lines += [f"  # {line}" for line in textwrap.wrap(f"{name}: {info.description}{choices(info)}", 100)]
        written = f"{name}: {_example(name, info)}"
        lines.append(f"  {written}" if info.is_required() or info.examples else f"  # {written}")
    return "\n".join(lines) + "\n"


def has_parts(info: FieldInfo) -> bool:
    """Whether a value of the field has parts of its own: a mapping, or an object with fields."""
    parts = _parts(info.annotation)
    return any(
        part is dict or (isinstance(part, type) and issubclass(part, Value))
        for part in (*parts, *map(get_origin, parts))
    )


def _parts(annotation: Any) -> list[Any]:
    """The annotation and everything that it is made of."""
    return [annotation, *(part for inner in get_args(annotation) for part in _parts(inner))]


def _values(info: FieldInfo) -> list[str]:
    """The words that the field may hold, where they are a closed list."""
    words: list[str] = []
    for part in _parts(info.annotation):
        if get_origin(part) is Literal:
            words += ["true" if value is True else str(value) for value in get_args(part)]
        elif isinstance(part, type) and issubclass(part, Enum):
            words += [str(member.value) for member in part]
    return list(dict.fromkeys(words))


def choices(info: FieldInfo) -> str:
    """The words that a field may hold, in brackets, where they are a closed list."""
    values = _values(info)
    return f" (one of {', '.join(values)})" if len(values) > 1 else ""


def _example(name: str, info: FieldInfo) -> str:
    parts = _parts(info.annotation)
    values = _values(info)
    if info.examples:
        first = str(info.examples[0])
        return f"[{first}]" if get_origin(info.annotation) is tuple else first
    if get_origin(info.annotation) is dict:
        return f"{{{values[0]}: 1}}"
    if Citation in parts:
        return "[{document: id-of-a-document, locator: page 1}]"
    if Recommendation in parts:
        return "[{id: 1, text: what it asks for, deadline: within 3 months}]"
    if Replacement in parts:
        return (
            "{kind: document.registered, document: some-id, type: dataset, title: Its title, publisher: Its publisher}"
        )
    if Reply in parts:
        return "[{concern: some-concern, recommendation: 1, action: what is done about it}]"
    if Handover in parts:
        return "[{matter: concern/some-concern, fate: transferred}]"
    if PartialDate in parts:
        return "2023-12-22"
    if values:
        return values[0]
    example = _EXAMPLES.get(name, "1" if int in parts else f"some-{name.replace('_', '-')}")
    return f"[{example}]" if get_origin(info.annotation) is tuple else example


_EXAMPLES = {
    "about": "area/managing-offenders",
    "addresses": "https://example.org/document",
    "because": '"#12"',
    "bodies": "west-midlands",
    "body": "west-midlands",
    "code": "E23000014",
    "framework": "peel-2023-25",
    "four_eyes": "concern.closed",
    "inspection": "peel-2023-25",
    "key": "clerk+5f2a9c01+AQID",
    "kinds": "concern",
    "log_key": "ledger.example.org+5f2a9c01+AQID",
    "recorder": "clerk+5f2a9c01",
    "sha256": "0" * 64,
    "signed_by_new": f"{'A' * 86}==",
    "signed_by_old": f"{'A' * 86}==",
    "sought": "response/some-report",
    "stream": "document/some-id",
    "target": '"#12"',
}
