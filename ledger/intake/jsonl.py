"""Batches in JSON lines: one event a line. Numbers are read as texts and null is refused, as in YAML."""

import json
from sys import intern
from typing import Any

from ledger.errors import Place, Places
from ledger.intake.raw import RawBatch, RawEvent

_FORM = "write one JSON object a line"


def read(text: str, file: str) -> RawBatch:
    """The events of a text in JSON lines, each with the number of its line."""
    batch = RawBatch()
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines(): a text may hold U+2028
        if line.strip():
            _read_line(line, Place(file, number), batch)
    if not batch.events and not batch.problems:
        batch.refuse(Place(file, 1), "there are no events here", _FORM)
    return batch


def _read_line(line: str, place: Place, batch: RawBatch) -> None:
    try:
        tree = _DECODER.decode(line)
        if isinstance(tree, dict):
            batch.events.append(RawEvent(batch.texts(tree, place), Places({"": place})))
        else:
            batch.refuse(place, "this is not an event", "write a JSON object with `kind`")
    except json.JSONDecodeError as error:
        batch.refuse(place._replace(column=error.colno), f"broken JSON: {error.msg}", _FORM)
    except ValueError as error:
        batch.refuse(place, str(error), "correct the line")
    except RecursionError:
        batch.refuse(place, "nested too deeply", _FORM)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in pairs:
        if key in tree:
            raise ValueError(f"'{key}' is given twice")
        tree[intern(key)] = value  # the same few in every line
    return tree


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a value")


_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_unique)
