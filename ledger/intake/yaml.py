"""Batches in YAML: a list of events, or ``common:`` fields that all share and the list of ``events:``.

Nodes are composed and taken as text, so that nothing is guessed: ``no`` is not false, ``2023-12`` not a number.
"""

from typing import Any

import yaml

from ledger.errors import Place, Problem
from ledger.intake.raw import Path, RawBatch, RawEvent

_BLANK = ("", "~", "null", "Null", "NULL")
_SHAPE = "write a list of events, each with `kind:`; or `common:` and `events:`"


def read(text: str, file: str) -> RawBatch:
    """The events of a YAML text, with the place of every value."""
    plains = RawBatch()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        plains.problems.append(Problem(f"broken YAML: {error.problem or error.context}", "mend it", place=place))
        return plains
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        plains.problems.append(Problem(f"broken YAML: {error.reason}", "remove the character", place=Place(file, line)))
        return plains
    except ValueError:  # an escape such as "\\U00110000"
        plains.problems.append(Problem("broken YAML: an escape is no character", "mend it", place=Place(file)))
        return plains
    except RecursionError:
        plains.problems.append(Problem("broken YAML: nested too deeply", _SHAPE, place=Place(file)))
        return plains
    _Composer(file, plains).batch(node)
    return plains


def read_value(text: str) -> Any:
    """A value as an option gives it: ``{good: 5}`` and ``[a, b]`` are read as YAML, all else is the text itself.

    Raises ValueError where such a value is broken.
    """
    if text[:1] not in ("{", "["):
        return text
    plains = RawBatch()
    composer = _Composer("", plains)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = composer.value(node, (), {}) if node else ""
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "this cannot be read"
        raise ValueError(f"broken YAML: {why}; write it like {{good: 5, adequate: 3}}") from None
    if plains.problems:
        raise ValueError(plains.problems[0].message)
    return value


class _Composer:
    """Takes composed nodes apart, noting where they stand."""

    def __init__(self, file: str, plains: RawBatch) -> None:
        self.file = file
        self.plains = plains
        self.seen: set[int] = set()

    def batch(self, node: yaml.Node | None) -> None:
        """Take a whole batch apart into its events."""
        common: dict[Path, Place] = {}
        shared: Any = {}
        if isinstance(node, yaml.MappingNode):
            parts = self.named(node, ())
            if set(parts) <= {"common", "events"}:
                node = parts.get("events")
                shared = self.value(parts["common"], (), common) if "common" in parts else {}
        if not isinstance(node, yaml.SequenceNode) or not isinstance(shared, dict):
            self.wrong(node, "this is not a batch of events", _SHAPE)
            return
        for item in node.value:
            places = dict(common)
            tree = self.value(item, (), places)
            if isinstance(tree, dict):
                self.plains.events.append(RawEvent(tree, self.place(item), places, shared))
            else:
                self.wrong(item, "this is not an event", "write a mapping with `kind:` and the fields of the kind")

    def value(self, node: yaml.Node, path: Path, places: dict[Path, Place]) -> Any:
        """The plain value of a node: texts, lists and mappings of them."""
        places[path] = self.place(node)
        if id(node) in self.seen:
            self.wrong(node, "aliases are not read here", "write the value out, or put it under `common:`")
            return ""
        self.seen.add(id(node))
        match node:
            case yaml.ScalarNode():
                if node.style is None and node.value in _BLANK:
                    self.wrong(node, "a blank value says nothing", "leave the field out", path)
                return self.plains.text(node.value, self.place(node))
            case yaml.SequenceNode():
                return [self.value(item, (*path, number), places) for number, item in enumerate(node.value)]
            case yaml.MappingNode():
                return {name: self.value(item, (*path, name), places) for name, item in self.named(node, path).items()}
        raise AssertionError(node)

    def named(self, node: yaml.MappingNode, path: Path) -> dict[str, yaml.Node]:
        """The values of a mapping by their names."""
        found: dict[str, yaml.Node] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.wrong(key, "a key is a name", "write `name: value`", path)
            elif key.value in found:
                self.wrong(key, f"'{key.value}' is given twice", "leave one out", path)
            else:
                found[key.value] = item
        return found

    def place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def wrong(self, node: yaml.Node | None, message: str, hint: str, path: Path = ()) -> None:
        place = self.place(node) if node else Place(self.file, 1, 1)
        self.plains.problems.append(Problem(message, hint, ".".join(map(str, path)), place))
