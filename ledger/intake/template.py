"""Templates: an event of a kind as commented YAML, made from its class. Its values are blanks, such as
``<2023-12-22>``: they show the form, and are refused until they are filled in.
"""

import inspect
import textwrap
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from events import Event, kinds, latest
from events.amendment import Replacement
from events.body import Handover
from events.dates import OpenDate, PartialDate
from events.response import Reply
from events.values import Citation, Decimal, Line, Recommendation, Text, Value


def template_of(class_: type[Event]) -> str:
    """A batch with one event of the class: the required fields to fill in, and those that have an example in the class;
    the others as comments."""
    lines = [
        "# yaml-language-server: $schema=force-ledger.schema.json",
        *(f"# {line}" for line in textwrap.wrap(inspect.getdoc(class_) or "", 100)),
        f"- kind: {class_.kind}",
    ]
    for name, info in class_.model_fields.items():
        if name == "not_stated":
            continue  # whoever fills in a template writes `field: not-stated`
        lines += [f"  # {line}" for line in textwrap.wrap(f"{name}: {info.description}{choices(info)}", 100)]
        written = f"{name}: {_example(name, info)}"
        lines.append(f"  {written}" if info.is_required() or info.examples else f"  # {written}")
    return "\n".join(lines) + "\n"


@cache
def free_texts() -> frozenset[str]:
    """The fields, of events and of their values, that hold a line or sentences in one's own words."""
    types = {type_ for kind in kinds() for info in latest(kind).model_fields.values() for type_ in classes_in(info)}
    fields = [item for class_ in (*map(latest, kinds()), *types) for item in class_.model_fields.items()]
    return frozenset(name for name, info in fields if _is_text(info))


def classes_in(info: FieldInfo) -> list[type[Value]]:
    return [one for one in _types(info.annotation) if isinstance(one, type) and issubclass(one, Value)]


def _is_text(info: FieldInfo) -> bool:
    texts = [get_args(text)[1:] for text in (Line, Text)]
    return any(type_ in (Line, Text) for type_ in _types(info.annotation)) or tuple(info.metadata) in texts


def is_structured(info: FieldInfo) -> bool:
    """Whether a value of the field is a mapping, or has fields of its own."""
    return bool(classes_in(info)) or any(get_origin(type_) is dict for type_ in _types(info.annotation))


def is_number(info: FieldInfo) -> bool:
    """Whether a value of the field is a number."""
    return not {int, Decimal}.isdisjoint(_types(info.annotation)) or info.metadata == list(get_args(Decimal)[1:])


def choices(info: FieldInfo) -> str:
    """The words that a field accepts, in brackets, if they are a closed list."""
    words = words_of(info)
    return f" (one of {', '.join(words)})" if len(words) > 1 else ""


def _types(annotation: Any) -> list[Any]:
    """The annotation and everything that it is made of."""
    return [annotation, *(type_ for inner in get_args(annotation) for type_ in _types(inner))]


def words_of(info: FieldInfo) -> list[str]:
    """The words that a field accepts, if they are a closed list."""
    words: list[str] = []
    for type_ in _types(info.annotation):
        if get_origin(type_) is Literal:
            words += [str(value).lower() if isinstance(value, bool) else str(value) for value in get_args(type_)]
        elif isinstance(type_, type) and issubclass(type_, Enum):
            words += [str(member.value) for member in type_]
    return list(dict.fromkeys(words))


def _example(name: str, info: FieldInfo) -> str:
    types, words = _types(info.annotation), words_of(info)
    if structured := [example for type_, example in _STRUCTURED.items() if type_ in types]:
        return structured[0]
    if get_origin(info.annotation) is dict:
        return f"{{<{words[0]}>: <1>}}"
    if info.examples:
        example = str(info.examples[0])
    elif PartialDate in types or OpenDate in types:
        example = "2023-12-22"
    elif words:
        example = words[0]
    else:
        example = _EXAMPLES.get(name, "1" if int in types else f"some-{name.replace('_', '-')}")
    blank = f'"<{example}>"' if example[0] == "#" else f"<{example}>"
    return f"[{blank}]" if get_origin(info.annotation) is tuple else blank


_STRUCTURED = {
    Citation: '[{document: <id-of-a-document>, locator: "<page 1>"}]',
    Recommendation: '[{id: <1>, text: "<what it asks for>", deadline: <within 3 months>}]',
    Replacement: (
        "{kind: <document.registered>, document: <some-id>, type: <dataset>, "
        'title: "<title>", publisher: "<publisher>"}'
    ),
    Reply: '[{concern: <some-concern>, recommendation: <1>, action: "<what is done about it>"}]',
    Handover: "[{matter: <concern/some-concern>, fate: <transferred>}]",
}
_EXAMPLES = {
    "about": "area/managing-offenders",
    "addresses": "https://example.org/document",
    "because": "#12",
    "bodies": "west-midlands",
    "body": "west-midlands",
    "code": "E23000014",
    "deadline": "within 3 months",
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
    "target": "#12",
}
