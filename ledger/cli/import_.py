"""import: the rows of a spreadsheet as events."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import click

from events import kinds, latest
from ledger import atomic, files
from ledger.cli.completion import offered
from ledger.cli.config import CONFIG, config_of, configuration
from ledger.cli.output import Command
from ledger.cli.submit import SKIP_RETRACTED, read_file, submit, writing_options
from ledger.errors import Place, Problem, Refused, like
from ledger.intake.draft import Names
from ledger.intake.mapping import Mapping, batch_of, place_of_row
from ledger.intake.raw import RawBatch
from ledger.intake.table import Table, read

_KIND = "The kind of event that a row gives; may be repeated: a row gives one of each."
_MAP = "The field that a column gives; with nothing after =, the column is left out."
_SET = "The same in all rows; {Column} is the row's cell, {Column:id} that as an id."
_PROFILE = "A saved set of these options: its name in force-ledger.toml, or a TOML file."
_TO_YAML = "Write the events to a file for `append`, and record nothing."


@click.command("import", cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--kind", "kinds_", multiple=True, metavar="KIND", shell_complete=offered, help=_KIND)
@click.option("--map", "maps", multiple=True, metavar="COLUMN=FIELD", help=_MAP)
@click.option("--set", "values", multiple=True, metavar="FIELD=VALUE", help=_SET)
@click.option("--word", "words", multiple=True, metavar="COLUMN:CELL=VALUE", help="What a cell of a column means.")
@click.option("--where", "where", multiple=True, metavar="COLUMN=CELL", help="Only rows with this cell.")
@click.option("--profile", metavar="NAME|FILE", help=_PROFILE)
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook.")
@click.option("--encoding", metavar="NAME", help="The encoding of a text file, if it is not UTF-8: cp1252.")
@click.option("--to-yaml", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help=_TO_YAML)
@SKIP_RETRACTED
@writing_options
def import_(
    file: str,
    kinds_: tuple[str, ...],
    maps: tuple[str, ...],
    values: tuple[str, ...],
    words: tuple[str, ...],
    where: tuple[str, ...],
    profile: str | None,
    sheet: str | None,
    encoding: str | None,
    to_yaml: Path | None,
    sign_as: str | None,
    **options: Any,
) -> None:
    """Record the rows of a table: CSV, TSV, Excel (.xlsx), or rows in JSON.

    The header of a column names a field of the kind (see `template KIND`), or --map does. Forces may be written by any
    of their names, grades and areas as the inspectorate writes them. Equal events of several rows are recorded once, so
    a row may give a document, an inspection and a grade; rows that differ only in items of a list
    (recommendations.id) make one event.

    All rows are recorded, or none. A row that is on record already is skipped.
    """
    given = Mapping(
        kinds_,
        _columns(maps),
        dict(map(_pair, values)),
        _words(words),
        dict(map(_pair, where)),
    )
    mapping = _joined(read_profile(profile), given) if profile else given
    if not mapping.kinds:
        raise click.UsageError("Give the --kind of event that a row gives; see `force-ledger template`.")
    for kind in mapping.kinds:
        if kind not in kinds():
            remedy = like(kind, kinds(), "see `force-ledger template`")
            raise click.BadParameter(f"there is no kind '{kind}'; {remedy}", param_hint="--kind")
    table = partial(read, file, read_file(file), sheet=sheet, encoding=encoding)
    config = config_of(sign_as)
    with config.reading() if config.database.exists() else nullcontext() as reader:
        batch = batch_of(table(), mapping, Place(file), whole=not to_yaml, body=partial(_body, Names(reader)))
    if to_yaml:
        if batch.problems:
            raise Refused(*batch.problems)
        atomic.write(to_yaml, _yaml(batch), 0o644)
        click.echo(f"Wrote {len(batch.events)} events to {to_yaml}; nothing was recorded.")
        return
    try:
        submit(config, batch, **options)
    except Refused as refused:
        raise Refused(*_with_words(refused.problems, table())) from None  # read again: a long one takes room


def _body(names: Names, text: str) -> str:
    try:
        return names.body(text)
    except ValueError:
        return text  # `drafts_of` says what is wrong with it


def _with_words(problems: Iterable[Problem], table: Table) -> Iterator[Problem]:
    """The problems, of cells of one column that say the same only the first; the first of each column also with the
    option that says what a cell means, or makes an id of it."""
    cells = {cell.place: (column, cell.text) for row in table.rows for column, cell in row.items()}
    alike: dict[object, list[Problem]] = {}
    for problem in problems:
        column, text = cells.get(problem.place, ("", ""))
        of_cell = column and f"'{text}'".casefold() in problem.message.casefold()
        alike.setdefault((column, problem.message) if of_cell else problem, []).append(problem)
    told = set()
    for key, (first, *others) in alike.items():
        column, text = cells.get(first.place, ("", ""))
        more = ""
        if not isinstance(key, Problem) and column not in told:
            told.add(column)
            more = f'; what a cell means can be said, as with --word "{column}:{text}=VALUE"'
            if "is no id" in first.message and "." not in first.field:
                more = f'; to make ids of the cells, --set "{first.field}={{{column}:id}}"'
        rows = len({place_of_row(problem.place) for problem in others} - {place_of_row(first.place)})
        count = f" (in {rows:,} more row{'s'[: rows - 1]} too)" if rows else ""
        yield first._replace(message=first.message + count, hint=first.hint + more)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals):
        raise click.UsageError(f"'{text}' is not of the form NAME=VALUE.")
    return name.strip(), value.strip()


def _columns(maps: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for column, field in map(_pair, maps):
        found[column] = (*found.get(column, ()), *([field] if field else []))
    return found


def _words(given: tuple[str, ...]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in given:
        where, value = _pair(text)
        column, colon, cell = where.partition(":")
        if not colon:
            raise click.UsageError(f"'{text}' is not of the form COLUMN:CELL=VALUE.")
        found.setdefault(column.strip(), {})[cell.strip()] = value
    return found


def _joined(profile: Mapping, given: Mapping) -> Mapping:
    """The profile, with what was given on the command line instead of the same in it."""
    return Mapping(
        given.kinds or profile.kinds,
        profile.columns | given.columns,
        profile.values | given.values,
        {column: profile.words.get(column, {}) | given.words.get(column, {}) for column in profile.words | given.words},
        profile.where | given.where,
    )


def read_profile(name: str) -> Mapping:
    """The profile in a TOML file, or of that name in the configuration."""
    import tomllib

    place = Place(name if name.endswith(".toml") else CONFIG)
    try:
        if name.endswith(".toml"):
            found = tomllib.loads(files.read(Path(name)).decode())
        else:
            found = dict(configuration()[1]["import"][name])
        kinds_ = found.pop("kind")
        mapping = Mapping(
            (kinds_,) if isinstance(kinds_, str) else tuple(kinds_),
            {column: _fields(value) for column, value in found.pop("map", {}).items()},
            found.pop("set", {}),
            found.pop("word", {}),
            found.pop("where", {}),
        )
    except (OSError, KeyError, AttributeError, TypeError, ValueError) as error:
        hint = "write kind, and the tables map, set, word and where, as in `force-ledger help import`"
        raise Refused(Problem(f"no profile can be read from it: {error}", hint, place=place)) from None
    if found:
        raise Refused(Problem(f"a profile has no '{min(found)}'", "write kind, map, set, word, where", place=place))
    return mapping


def _fields(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,) if value else ()


def _yaml(batch: RawBatch) -> bytes:
    """The events as a batch in YAML, in which every value is a text."""
    import yaml

    trees = [
        {name: raw.tree[name] for name in ("kind", *latest(raw.tree["kind"]).model_fields) if name in raw.tree}
        for raw in batch.events
    ]
    return yaml.safe_dump(trees, sort_keys=False, allow_unicode=True, width=120).encode()
