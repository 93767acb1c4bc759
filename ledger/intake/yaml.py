"""Batches in YAML: a list of events, or ``common:`` fields that all share and the list of ``events:``.

Nodes are composed but not constructed, so that every scalar stays text: ``no`` is not false, ``2023-12`` not a number.
"""

from typing import Any

import yaml

from ledger.errors import Place, Places
from ledger.intake.raw import RawBatch, RawEvent, below

_BLANK = ("", "~", "null", "Null", "NULL")
_FORM = "write a list of events, each with `kind:`; or `common:` and `events:`"


def read(text: str, file: str) -> RawBatch:
    """The events of a text in YAML, with the place of every value."""
    batch = RawBatch()
    try:
        _Reader(file, batch).read(yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        batch.refuse(place, f"broken YAML: {error.problem or error.context}", "correct it")
    except yaml.reader.ReaderError as error:
        place = Place(file, text.count("\n", 0, error.position) + 1)
        batch.refuse(place, f"broken YAML: {error.reason}", "remove the character")
    except ValueError:  # an escape such as "\\U00110000"
        batch.refuse(Place(file), "broken YAML: an escape is no character", "correct it")
    except RecursionError:
        batch.refuse(Place(file), "broken YAML: nested too deeply", _FORM)
    return batch


def read_value(text: str) -> Any:
    """The value of an option: ``{good: 5}`` and ``[a, b]`` are read as YAML, all else is the text itself.

    Raises ValueError where such a value is broken.
    """
    if text[:1] not in ("{", "["):
        return text
    batch = _AsWritten()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = _Reader("", batch).value(node, "", Places()) if node else ""
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "this cannot be read"
        raise ValueError(f"broken YAML: {why}; write it like {{good: 5, adequate: 3}}") from None
    if batch.problems:
        raise ValueError(batch.problems[0].message)
    return value


class _AsWritten(RawBatch):
    def text(self, value: str, place: Place, field: str = "") -> str:
        return value


class _Reader:
    def __init__(self, file: str, batch: RawBatch) -> None:
        self._file = file
        self._batch = batch
        self._seen: set[int] = set()

    def read(self, node: yaml.Node | None) -> None:
        common = Places()
        shared: Any = {}
        if isinstance(node, yaml.MappingNode):
            top = self._items(node, "")
            if set(top) <= {"common", "events"}:
                node = top.get("events")
                shared = self.value(top["common"], "", common) if "common" in top else {}
        if not isinstance(node, yaml.SequenceNode) or not isinstance(shared, dict):
            self._batch.refuse(self._place(node), "this is not a batch of events", _FORM)
            return
        for item in node.value:
            places = Places(common)
            tree = self.value(item, "", places)
            if isinstance(tree, dict):
                self._batch.events.append(RawEvent(tree, places, shared))
            else:
                hint = "write a mapping with `kind:` and the fields of the kind"
                self._batch.refuse(self._place(item), "this is not an event", hint)

    def value(self, node: yaml.Node, field: str, places: Places) -> Any:
        """The texts, lists and mappings of a node; their places are added to ``places``."""
        place = places[field] = self._place(node)
        if id(node) in self._seen:
            hint = "write the value out, or put it under `common:`"
            self._batch.refuse(place, "aliases are not read here", hint)
            return ""
        self._seen.add(id(node))
        match node:
            case yaml.SequenceNode():
                return [self.value(item, below(field, number), places) for number, item in enumerate(node.value)]
            case yaml.MappingNode():
                items = self._items(node, field).items()
                return {name: self.value(item, below(field, name), places) for name, item in items}
        assert isinstance(node, yaml.ScalarNode)
        if node.style is None and node.value in _BLANK:
            self._batch.refuse_blank(place, field)
        return self._batch.text(node.value, place, field)

    def _items(self, node: yaml.MappingNode, field: str) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._batch.refuse(self._place(key), "a key is a name", "write `name: value`", field)
            elif key.value in found:
                self._batch.refuse(self._place(key), f"'{key.value}' is given twice", "leave one out", field)
            else:
                found[key.value] = item
        return found

    def _place(self, node: yaml.Node | None) -> Place:
        mark = node.start_mark if node else None
        return Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file, 1, 1)
