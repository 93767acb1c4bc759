"""The plain tree: mappings, lists and texts, with the place where each stands. No type is ever guessed."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ledger.errors import Place, Problem

Path = tuple[str | int, ...]
"""Where in a tree a value stands: the keys and numbers that lead to it."""


@dataclass
class RawEvent:
    """One event as somebody wrote it: its tree, the place of every value in it, and what its whole batch shares."""

    tree: dict[str, Any]
    place: Place
    places: dict[Path, Place] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)

    def place_of(self, path: Path) -> Place:
        """The place of a value, or of what it should stand in."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, self.place)


@dataclass
class RawBatch:
    """The events of a file, what is wrong with it, and what was put right without asking."""

    events: list[RawEvent] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    def text(self, value: str, place: Place) -> str:
        """A text in Unicode NFC, with a notice where it was not; the ledger stores no other form."""
        normal = unicodedata.normalize("NFC", value)
        if normal != value:
            self.notices.append(Problem("written in Unicode form NFC, which the ledger stores", place=place))
        return normal


def decoded(data: bytes, file: str) -> str | Problem:
    """The text of a file in UTF-8, or what is wrong with it."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        return Problem("this is not UTF-8 text", "save the file as UTF-8", place=Place(file, line, column))


def walk(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in a tree with its path."""
    yield path, tree
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from walk(value, (*path, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from walk(value, (*path, number))
