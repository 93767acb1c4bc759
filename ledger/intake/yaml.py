"""Batches in YAML: a list of events, or ``common:`` fields that all share and the list of ``events:``. A file may have
several such documents, with ``---`` between them.

Nodes are composed but not constructed, so that every scalar stays text: ``no`` is not false, ``2023-12`` not a number.
What YAML would drop without a word is refused: a comment behind a text, a tag, an anchor.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from sys import intern
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

from ledger.errors import Place, Places, Problem
from ledger.intake.raw import RawBatch, RawEvent, below
from ledger.intake.template import free_texts

try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML was built without LibYAML
    _FastLoader: Any = yaml.SafeLoader
else:

    class _FastLoader(Composer, CParser, Resolver):  # type: ignore[no-redef]  # if there is LibYAML
        """LibYAML's parser with PyYAML's composer: LibYAML's own would crash on what is nested too deeply."""

        def __init__(self, stream: str) -> None:
            CParser.__init__(self, stream)
            Composer.__init__(self)
            Resolver.__init__(self)


_BLANK = ("", "~", "null", "Null", "NULL")
_COMMENT, _POSITION = re.compile(r"[ \t]+#.*"), re.compile(r"[ \t]*#[0-9]+")
_FORM = "write a list of events, each with `kind:`; or `common:` and `events:`"
_CURLY, _STRAIGHT = re.compile("[:-] [“„‘]"), 'write straight quotation marks, "…": YAML takes “…” for text'
_QUOTES = 'put the text in quotes: "…"'
_REMEDIES = (
    ("YAML ends the text", f"{_QUOTES}, or put the comment on a line of its own"),
    ("'\\t'", "write spaces, not tabs"),
    ("cannot start any token", _QUOTES),
    ("mapping values are not allowed", f"{_QUOTES}, if the colon belongs to it"),
    ("expected ',' or '}'", f"{_QUOTES}, if a colon or a comma belongs to it"),
    ("expected ',' or ']'", 'close the list; write an entry in quotes: "#12"'),
    ("sequence entries are not allowed", f"{_QUOTES}, or begin the list on a line of its own"),
    ("undefined alias", f"{_QUOTES}, if the * belongs to it"),
    ("found '<scalar>'", "put the whole text in double quotes; an apostrophe ends a text in single quotes"),
    ("unexpected end of stream", "close the quotation mark, or write an apostrophe in double quotes"),
    ("mapping keys are not allowed", f"{_QUOTES}, if the ? belongs to it"),
    ("a comment or a line break", f"{_QUOTES}, if the > or | belongs to it"),
    ("alphabetic or numeric character", f"{_QUOTES}, if the & or * belongs to it"),
    ("escape", "write two backslashes for one, or use single quotes"),
    ("expected the node content", 'close the list; write an entry in quotes: "#12"'),
    ("but found", "indent the fields of an event alike"),
)
"""What to do, by a part of PyYAML's message."""


def read(text: str, file: str) -> RawBatch:
    """The events of a text in YAML, with the place of every value."""
    broken = RawBatch(is_whole=False)
    try:
        batch = _read(text, file)
    except yaml.MarkedYAMLError as error:
        mark, problem = _fault(text, error)
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        remedy = next((remedy for part, remedy in _REMEDIES if part in problem), _QUOTES)
        if mark and _CURLY.search("".join(text.splitlines()[mark.line : mark.line + 1])):
            remedy = _STRAIGHT
        broken.refuse(place, f"broken YAML: {problem}", remedy)
    except yaml.reader.ReaderError as error:
        place = Place(file, text.count("\n", 0, error.position) + 1)
        broken.refuse(place, f"broken YAML: {error.reason}", "remove the character")
    except ValueError:  # an escape such as "\\U00110000"
        broken.refuse(Place(file), "broken YAML: an escape is no character", "correct it")
    except RecursionError:
        broken.refuse(Place(file), "broken YAML: nested too deeply", _FORM)
    else:
        if not batch.events and not batch.problems:
            batch.refuse(Place(file, 1, 1), "there are no events here", _FORM)
        return batch
    return broken


def _read(text: str, file: str) -> RawBatch:
    """LibYAML is faster, but reads tabs and marks of byte order otherwise, and places a value that is missing at the
    end elsewhere. What is wrong PyYAML says."""
    if text.endswith("\n") and "\t" not in text and "\ufeff" not in text:
        with suppress(yaml.YAMLError, ValueError):
            return _Reader(file, text).read(_FastLoader(text))
    return _Reader(file, text).read(yaml.SafeLoader(text))


def _fault(text: str, error: yaml.MarkedYAMLError) -> tuple[yaml.Mark | None, str]:
    """Where a text is broken, and why. A comment that cuts braces short is the fault, not the line below it."""
    mark = error.problem_mark or error.context_mark
    before = None
    with suppress(yaml.YAMLError, ValueError, RecursionError):
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if not mark or token.start_mark.index >= mark.index:
                break
            before = token
    if isinstance(error, yaml.parser.ParserError) and isinstance(before, yaml.ScalarToken) and before.plain:
        comment, start = _COMMENT.match(text, before.end_mark.index), before.start_mark
        return (start, _cut_short(comment)) if comment else (mark, error.problem or "")
    return mark, error.problem or error.context or ""


def _cut_short(comment: re.Match[str]) -> str:
    return f"YAML ends the text before `{comment[0].strip()}`"


def read_value(text: str) -> Any:
    """The value of an option: ``{good: 5}`` and ``[a, b]`` are read as YAML, all else is the text itself.

    Raises ValueError where such a value is broken.
    """
    if text[:1] not in ("{", "["):
        return text
    batch = _AsWritten()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = _Reader("", text, batch).value(node, "", Places()) if node else ""
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        marked = isinstance(error, yaml.MarkedYAMLError) and _fault(text, error)[1]
        why = marked or getattr(error, "reason", None) or "this cannot be read"
        raise ValueError(
            f"broken YAML: {why}; write it like {{good: 5}} or [a, b], a text with : , or # in quotes"
        ) from None
    if batch.problems:
        raise ValueError(batch.problems[0].message)
    return value


def value_text(value: Any) -> str:
    """A value of stored data as `read_value` reads it, quoted where needed; items with fields each on a line."""
    match value:
        case {"document": name, **others} | {"id": name, **others} if not others:
            return value_text(name)  # a name alone says the same
        case dict():
            return f"{{{', '.join(f'{name}: {value_text(item)}' for name, item in value.items())}}}"
        case list():
            items = [value_text(item) for item in value]
            between = ",\n " if any(item.startswith("{") for item in items) else ", "
            return f"[{between.join(items)}]"
        case str() if value == value.strip():
            with suppress(ValueError):
                if read_value(f"[{{it: {value}}}]") == [{"it": value}]:
                    return value
    return json.dumps(value, ensure_ascii=False)


class _AsWritten(RawBatch):
    def text(self, value: str, place: Place, field: str = "") -> str:
        return value


class _Reader:
    def __init__(self, file: str, text: str, batch: RawBatch | None = None) -> None:
        self._file = file
        self._text = text
        self._batch = batch or RawBatch()
        self._anchored: dict[int, yaml.Node] = {}

    def read(self, loader: Any) -> RawBatch:
        """The events of all documents of a loader. They are composed one by one: nodes take ten times the room of the
        texts in them."""
        while loader.check_node():
            loader.get_event()
            if loader.check_event(yaml.SequenceStartEvent):
                self._batch.events += self._events(loader, {})
            elif loader.check_event(yaml.MappingStartEvent):
                self._batch.events += self._with_common(loader)
            else:
                self._refuse_document(loader.compose_node(None, None))
            loader.get_event()
            loader.anchors = {}
        return self._batch

    def _events(self, loader: Any, shared: dict[str, Any]) -> Iterator[RawEvent]:
        loader.get_event()
        while not loader.check_event(yaml.SequenceEndEvent):
            item, places = loader.compose_node(None, None), Places()
            tree = self.value(item, "", places)
            if isinstance(tree, dict):
                yield RawEvent(tree, places, shared)
            else:
                hint = "write a mapping with `kind:` and the fields of the kind"
                self._batch.refuse(self._place(item), "this is not an event", hint)
        loader.get_event()

    def _with_common(self, loader: Any) -> Sequence[RawEvent]:
        """The events of a mapping with ``events:``, and with the fields that they share, which may also follow."""
        top = yaml.MappingNode("", [], loader.get_event().start_mark)
        events, shared = list[RawEvent](), dict[str, Any]()
        while not loader.check_event(yaml.MappingEndEvent):
            key = loader.compose_node(None, None)
            if key.value == "events" and loader.check_event(yaml.SequenceStartEvent) and not events:
                node = yaml.SequenceNode("", [], loader.peek_event().start_mark)
                events += self._events(loader, shared)
            else:
                node = loader.compose_node(None, None)
            top.value.append((key, node))
        loader.get_event()
        given, common = self._items(top, ""), Places()
        said = self.value(given["common"], "", common) if "common" in given else {}
        listed = given.get("events") if given.keys() <= {"common", "events"} else top
        if not isinstance(listed, yaml.SequenceNode) or not isinstance(said, dict):
            self._refuse_document(listed)
            return []
        shared |= said
        for event in events:
            event.places |= common | event.places
        return events

    def _refuse_document(self, node: yaml.Node | None) -> None:
        self._batch.refuse(self._place(node), "this is not a batch of events", _FORM)

    def value(self, node: yaml.Node, field: str, places: Places) -> Any:
        """The texts, lists and mappings of a node; their places are added to ``places``."""
        place = places[field] = self._place(node)
        if id(node) in self._anchored:
            return ""  # an alias: its anchor is refused
        if self._text[node.start_mark.index : node.start_mark.index + 1] in ("&", "!"):
            self._anchored[id(node)] = node
            hint = f"write values out, or put them under `common:`; {_QUOTES}, if it begins so"
            self._batch.refuse(place, "anchors, aliases and tags are not read here", hint, field)
        match node:
            case yaml.SequenceNode():
                return [self.value(item, below(field, number), places) for number, item in enumerate(node.value)]
            case yaml.MappingNode():
                items = self._items(node, field).items()
                return {name: self.value(item, below(field, name), places) for name, item in items}
        assert isinstance(node, yaml.ScalarNode)
        if not node.style:
            comment = _COMMENT.match(self._text, node.end_mark.index)
            if node.value in _BLANK:
                quoted = _POSITION.match(self._text, node.end_mark.index)
                hint = f'write "{quoted[0].strip()}", in quotes' if quoted else "fill it in, or leave it out"
                what = "the field has no value"
                if not node.value and self._text[: node.start_mark.index].rstrip()[-1:] != ":":  # it is no field at all
                    what, hint = "a comma ends a text inside braces", "put the text in quotes"
                self._batch.refuse(place, what, hint, field)
            elif comment and field.rpartition(".")[2] in free_texts():
                self._batch.refuse(place, _cut_short(comment), _REMEDIES[0][1], field)
            elif node.value[:1] + node.value[-1:] in ("“”", "‘’") and field.rpartition(".")[2] in free_texts():
                what = f"the quotation marks {node.value[0]}…{node.value[-1]} are recorded as part of the text"
                self._batch.notices.append(Problem(what, "if they only mark its ends, leave them out", field, place))
        return self._batch.text(node.value, place, field)

    def _items(self, node: yaml.MappingNode, field: str) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._batch.refuse(self._place(key), "a key is a name", "write `name: value`", field)
            elif key.value in found:
                self._batch.refuse(self._place(key), f"'{key.value}' is given twice", "leave one out", field)
            else:
                found[intern(key.value)] = item
        return found

    def _place(self, node: yaml.Node | None) -> Place:
        mark = node.start_mark if node else None
        return Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file, 1, 1)
