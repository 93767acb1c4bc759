"""From the rows of a table to events: which columns give which fields of which kinds.

Each row gives one event of each kind. Equal events of several rows are one event. Rows that differ only in the items of
a list (`recommendations.id`, `recommendations.text`) are one event with all these items.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass, field
from functools import cache
from typing import get_origin

from events import latest
from events.frameworks import Framework, frameworks
from events.terms import as_id, as_word, folded
from ledger.errors import Place, Places, Problem, like
from ledger.intake.raw import RawBatch, RawEvent
from ledger.intake.table import Cell, Table
from ledger.intake.template import is_number, words_of

_SYNONYMS = {"force": "body", "service": "body", "body slug": "body", "date": "effective", "document": "documents"}
"""Headers that people use, and the fields that they mean."""
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_IN_BRACES = re.compile(r"\{([^{}]+?)(:id)?\}")


@dataclass(frozen=True)
class Mapping:
    """How rows become events."""

    kinds: tuple[str, ...]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The fields of a column, none to leave it out; ``kind.field`` is of one kind alone. Columns that are not here give
    the field that their header names."""
    values: dict[str, str] = field(default_factory=dict)
    """Fields with the same value in all rows, or one made of cells: ``{Column}``, or ``{Column:id}`` as an id."""
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    """By column: what is meant by a cell."""
    where: dict[str, str] = field(default_factory=dict)
    """Only rows with these cells are taken."""


def batch_of(
    table: Table, mapping: Mapping, place: Place, *, whole: bool = True, body: Callable[[str], str] = str
) -> RawBatch:
    """The events of a table. What is left out is a notice; what is wrong with the table or the mapping a problem, and,
    unless the events need not be ``whole``, that nothing gives a field which every event has. ``body`` tells whose name
    a text is: rows may name one body differently."""
    batch = RawBatch(problems=list(table.problems), notices=list(table.notices))
    named = [*filter(None, table.columns)]
    if len({*named}) < len(named):
        return batch  # which columns there are shows when each has a name of its own
    if not table.rows and not batch.problems:
        batch.refuse(place, "there are no rows here", "write a header, and a row for each event")
    used = {*mapping.where, *(column for text in mapping.values.values() for column, _ in _IN_BRACES.findall(text))}
    for column in dict.fromkeys([*mapping.columns, *mapping.words, *used]):
        if column not in table.columns:
            hint = f"there are {', '.join(filter(None, table.columns))}"
            batch.refuse(place, f"there is no column '{column}'", hint)
    fields = dict(_fields(table, mapping))
    unknown = [f for names in (*mapping.columns.values(), mapping.values) for f in names if not _kinds_of(f, mapping)]
    for name in dict.fromkeys(unknown):
        known = [own for kind in mapping.kinds for own in latest(kind).model_fields]
        see = " or ".join(f"`template {kind}`" for kind in mapping.kinds)
        hint = like(name, known, f"see {see}", 1)
        batch.refuse(place, f"no event of {' or '.join(mapping.kinds)} has a field '{name}'", hint)
    left = [c for c in table.columns if c and not fields[c] and c not in used and mapping.columns.get(c) != ()]
    for kind in mapping.kinds:
        all_given = _given(kind, fields, mapping)
        for name, given in all_given.items():
            if len(given) > 1:
                hint = f'leave one out, as with --map "{given[-1]}="'
                batch.refuse(place, f"{' and '.join(given)} both give {name}", hint, name)
        needed = [name for name, info in latest(kind).model_fields.items() if info.is_required()]
        missing = [name for name in needed if name not in {given.partition(".")[0] for given in all_given}]
        if whole and table.rows and missing and not unknown:
            mapped = (
                f'map the columns that do ({", ".join(left)}), as with --map "{left[0]}=FIELD", or ' if left else ""
            )
            hint = f"{mapped}give all rows the same, as with --set {missing[-1]}=VALUE"
            batch.refuse(place, f"no column gives {', '.join(missing)} of {kind}", hint)
    if batch.problems:
        return batch
    if left:
        hint = f'map them, --map "{left[0]}=FIELD", or leave them out with --map "{left[0]}="'
        batch.notices.append(Problem(f"left out: the columns {', '.join(left)}", hint, place=place))
    rows = [row for row in table.rows if all(_text(row, c) == text for c, text in mapping.where.items())]
    if len(rows) < len(table.rows):
        batch.notices.append(Problem(f"left out: {len(table.rows) - len(rows)} rows by --where", place=place))
    for kind in mapping.kinds:
        batch.events += _joined((_event(kind, row, fields, mapping, batch, place) for row in rows), cache(body))
    return batch


def _fields(table: Table, mapping: Mapping) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields of each column. What is said goes before what a header seems to mean."""
    said = {name for names in (*mapping.columns.values(), mapping.values) for name in names}
    for column in filter(None, table.columns):
        if column in mapping.columns:
            yield column, mapping.columns[column]
        else:
            yield column, tuple(name for name in _guess(column, mapping) if name not in said)


def _given(kind: str, fields: Mapping_[str, tuple[str, ...]], mapping: Mapping) -> dict[str, list[str]]:
    """What gives each field of a kind: columns, or --set."""
    found: dict[str, list[str]] = {}
    for column, names in fields.items():
        for name in filter(None, (_in_kind(name, kind) for name in names)):
            found.setdefault(name, []).append(column)
    for name in filter(None, (_in_kind(name, kind) for name in mapping.values)):
        found.setdefault(name, []).append("--set")
    return found


def _guess(column: str, mapping: Mapping) -> tuple[str, ...]:
    header = " ".join(re.split(r"[^0-9a-z.]+", folded(column))).strip()
    names = (header.replace(" ", "_"), _SYNONYMS.get(header, ""))
    return tuple(name for name in names if name and _kinds_of(name, mapping))


def _kinds_of(name: str, mapping: Mapping) -> list[str]:
    """The kinds whose field this is."""
    return [kind for kind in mapping.kinds if _in_kind(name, kind)]


@cache
def _in_kind(name: str, kind: str) -> str:
    """The name of a field within a kind; empty if it is of another kind."""
    name = name.removeprefix(f"{kind}.")
    return name if name.partition(".")[0] in latest(kind).model_fields else ""


def _text(row: dict[str, Cell], column: str) -> str:
    return row[column].text if column in row else ""


def _event(
    kind: str, row: dict[str, Cell], fields: dict[str, tuple[str, ...]], mapping: Mapping, batch: RawBatch, file: Place
) -> RawEvent:
    place = next((place_of_row(cell.place) for cell in row.values()), file)
    row = {column: cell._replace(text=_meant(cell, column, mapping)) for column, cell in row.items()}
    found = {name: (text, at or place) for name, text, at in _values(kind, row, mapping)}
    for column, cell in row.items():
        names = filter(None, (_in_kind(own, kind) for own in fields.get(column, ())))
        found |= {name: (cell.text, cell.place) for name in names if cell.text}
    raw = RawEvent({"kind": kind}, Places({"": place}))
    for column in fields.keys() - row.keys():
        empty = place._replace(cell=f'{place.cell} column "{column}"'.strip())
        raw.places.update((name, empty) for own in fields[column] if (name := _in_kind(own, kind)))
    framework = frameworks().get(_fitted(kind, "framework", found.get("framework", ("", place))[0], None))
    for name, (text, at) in found.items():
        fitted = _fitted(kind, name, text, framework)
        if name == "area" and framework and fitted != as_id(fitted):
            remedy = f"see `force-ledger frameworks {framework.framework}`"
            batch.refuse(at, f"'{text}' is no area of {framework.title}", remedy, name)
        _put(raw, kind, name, batch.text(fitted, at, name), at)
    return raw


def place_of_row(cell: Place) -> Place:
    """The place of the row of a cell: of ``[Sheet] D7`` row 7."""
    return cell._replace(cell=re.sub(r"\] [A-Z]+", "] row ", cell.cell.partition(' "')[0]) if cell.line is None else "")


def _meant(cell: Cell, column: str, mapping: Mapping) -> str:
    return mapping.words.get(column, {}).get(cell.text, cell.text)


def _values(kind: str, row: dict[str, Cell], mapping: Mapping) -> Iterator[tuple[str, str, Place | None]]:
    """The fields that are set; with the place of the cell that each is made of, if it is made of one."""
    for own, text in mapping.values.items():
        if name := _in_kind(own, kind):
            made = _IN_BRACES.sub(lambda found: (as_id if found[2] else str)(_text(row, found[1])), text)
            cells = [row[column] for column, _ in _IN_BRACES.findall(text) if column in row]
            yield name, made, cells[0].place if len(cells) == 1 else None


def _fitted(kind: str, name: str, text: str, framework: Framework | None) -> str:
    """The text as the field has it: a closed word, an area or a framework by its title, a number without separators."""
    number, words = _form(kind, name)
    if name == "framework":
        return _framework_ids().get(folded(text), text)
    if name == "area" and framework:
        return _area(framework.framework, text) or text
    if number and _THOUSANDS.fullmatch(text):
        return text.replace(",", "")
    return as_word(text) if as_word(text) in words else text


@cache
def _area(framework: str, text: str) -> str | None:
    return frameworks()[framework].find(text)


@cache
def _framework_ids() -> dict[str, str]:
    return {folded(one.title): id for id, one in frameworks().items()}


@cache
def _form(kind: str, name: str) -> tuple[bool, frozenset[str]]:
    """Whether a field is a number, and the words that it accepts, if they are a closed list."""
    info = latest(kind).model_fields.get(name)
    return (is_number(info), frozenset(words_of(info))) if info else (False, frozenset())


@cache
def _is_list(kind: str, name: str) -> bool:
    return get_origin(latest(kind).model_fields[name].annotation) is tuple


def _put(raw: RawEvent, kind: str, name: str, text: str, place: Place) -> None:
    """Put a value into an event: a text, a list of texts, or a field of an item of a list."""
    own, _, inner = name.partition(".")
    raw.places.setdefault(own, place)
    if inner:
        items = raw.tree.setdefault(own, [{}] if _is_list(kind, own) else {})
        (items[0] if isinstance(items, list) else items)[inner] = text
        raw.places[f"{own}.0.{inner}" if isinstance(items, list) else name] = place
    elif _is_list(kind, own):
        raw.tree[own] = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    else:
        raw.tree[own] = text


def _joined(events: Iterable[RawEvent], body: Callable[[str], str]) -> list[RawEvent]:
    """The events without those that say the same again; the items of lists are joined."""
    found: dict[str, RawEvent] = {}
    for raw in events:
        items = {
            name: value for name, value in raw.tree.items() if isinstance(value, list) and isinstance(value[0], dict)
        }
        same = {name: value for name, value in raw.tree.items() if name not in items}
        same |= {"body": body(raw.tree["body"])} if "body" in same else {}
        key = json.dumps(same, sort_keys=True)
        first = found.setdefault(key, raw)
        if first is not raw:
            for name, (item,) in items.items():
                if item not in first.tree[name]:
                    first.tree[name].append(item)
                    n = len(first.tree[name]) - 1
                    first.places.update({f"{name}.{n}.{of}": raw.places.of(f"{name}.0.{of}") for of in item})
    return list(found.values())
