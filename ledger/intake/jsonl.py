"""Batches in JSON lines: an event a line. It says the same as YAML: numbers are read as text, null is refused."""

import json
from typing import Any

from ledger.errors import Place, Problem
from ledger.intake.raw import Path, RawBatch, RawEvent, walk


def read(text: str, file: str) -> RawBatch:
    """The events of a JSONL text, with the line of each."""
    plains = RawBatch()
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines(): a text may hold U+2028
        place = Place(file, number)
        try:
            if line.strip():
                _read_line(line, place, plains)
        except RecursionError:
            plains.problems.append(Problem("nested too deeply", "write one JSON object a line", place=place))
    if not plains.events and not plains.problems:
        plains.problems.append(
            Problem("there are no events here", "write one JSON object a line", place=Place(file, 1))
        )
    return plains


def _read_line(line: str, place: Place, plains: RawBatch) -> None:
    try:
        tree = json.loads(line, parse_int=str, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        at = Place(place.file, place.line, error.colno)
        plains.problems.append(Problem(f"broken JSON: {error.msg}", "write one JSON object a line", place=at))
        return
    except ValueError as error:
        plains.problems.append(Problem(str(error), "mend the line", place=place))
        return
    if not isinstance(tree, dict):
        plains.problems.append(Problem("this is not an event", "write a JSON object with `kind`", place=place))
        return
    blank = [path for path, value in walk(tree) if value is None]
    for path in blank:
        name = ".".join(map(str, path))
        plains.problems.append(Problem("a blank value says nothing", "leave the field out", name, place))
    places: dict[Path, Place] = {}
    plains.events.append(RawEvent(_texts(tree, plains, place), place, places))


def _texts(value: Any, plains: RawBatch, place: Place) -> Any:
    match value:
        case dict():
            return {key: _texts(item, plains, place) for key, item in value.items()}
        case list():
            return [_texts(item, plains, place) for item in value]
        case bool():
            return str(value).lower()
        case str():
            return plains.text(value, place)
        case _:
            return ""  # a blank: it was reported


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise ValueError(f"'{twice}' is given twice")
    return tree


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a value")
