"""edit: write a batch in an editor and record it, as `git commit` does with a message."""

import os
import re
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import click

from ledger import atomic, files
from ledger.cli.config import Config, config_of
from ledger.cli.output import Command
from ledger.cli.submit import read_batches, submit, writing_options
from ledger.cli.template import text_to_fill_in
from ledger.errors import LedgerError, Problem, Refused

_MARK = "#! "
"""Begins the lines at the top that say what is wrong."""
_ANY = "surrogateescape"  # another encoding is refused by `append`, and not lost here
_NOTHING = """\
# Write events here: `force-ledger template` lists starters and kinds. Save the file and close the editor to go on.
"""


@click.command(cls=Command)
@click.argument("what", required=False, metavar="[FILE|STARTER|KIND]")
@writing_options
def edit(what: str | None, sign_as: str | None, **options: Any) -> None:
    """Write a batch in your editor ($VISUAL, else $EDITOR), and record it.

    Begin with a FILE, with a STARTER or KIND that `template` knows, or with nothing. When the editor is closed, what is
    wrong comes back as comments at the top; if nothing is, the events are read back as by `append`. A draft that is not
    recorded is kept.
    """
    if not (os.environ.get("VISUAL") or os.environ.get("EDITOR") or sys.stdin.isatty()):
        raise click.UsageError("There is no terminal and no editor: set $EDITOR, or use `template` and `append`.")
    where, own = config_of(sign_as), Path(what).is_file() if what else False
    draft = Path(what) if what and own else _new_file(what or "batch")
    if not own:
        atomic.write(draft, (text_to_fill_in(what) if what else _NOTHING).encode(), 0o644)
    blank = _text(draft)
    try:
        _record(draft, None if own else blank, where, options)
    except BaseException:
        if own or _text(draft) != blank:
            click.echo(f"The draft is kept: {draft}", err=True)
        else:
            draft.unlink()
        raise
    if not (own or options["dry_run"]):
        draft.unlink()


def _record(draft: Path, before: str | None, where: Config, options: dict[str, Any]) -> None:
    """Record a draft once it is edited; edit it again as long as something is wrong with it. Raises LedgerError where
    the editor leaves it as it was ``before``."""
    while _edited(draft) != before:
        before = _text(draft)
        try:
            return submit(where, read_batches([str(draft)]), **options)
        except Refused as refused:
            atomic.write(draft, _with(refused.problems, before).encode("utf-8", _ANY), 0o644)
    raise LedgerError("nothing was written, as nothing was changed in the editor")


def _new_file(name: str) -> Path:
    names = (Path(f"draft-{name}{f'-{number}' if number else ''}.yaml") for number in count())
    return next(file for file in names if not file.exists())


def _edited(draft: Path) -> str:
    """The text of a draft after it was edited, without the comments on what was wrong with it."""
    click.edit(filename=str(draft))
    text = _text(draft)
    kept = re.sub(rf"^{_MARK}.*\n", "", text, flags=re.MULTILINE)
    if kept != text:
        atomic.write(draft, kept.encode("utf-8", _ANY), 0o644)
    return kept


def _text(draft: Path) -> str:
    return files.read(draft).decode("utf-8", _ANY)


def _with(problems: Sequence[Problem], text: str) -> str:
    """The text with what is wrong at its top, which moves the lines below it down."""
    number = sum(len(str(problem).splitlines()) for problem in problems)
    moved = (it._replace(place=it.place._replace(line=it.place.line and it.place.line + number)) for it in problems)
    return "".join(f"{_MARK}{line}\n" for problem in moved for line in str(problem).splitlines()) + text
