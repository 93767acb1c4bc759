"""doctor: what is wrong with this installation, its settings, the ledger, the keys, the clock or the disk."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import click

import ledger
from events.dates import london_day
from ledger.cli.config import Config, config_of, configuration, settings, unsigned_entries
from ledger.cli.output import Answer, Command, Form, output_options
from ledger.errors import Damaged, LedgerError, install_extra
from ledger.query.clocks import is_ahead
from ledger.readmodel.place import model_beside
from ledger.readmodel.query import open_model, up_to_date_model
from ledger.record.clock import differing_clock
from ledger.record.keys import KeyRing, keys_folder
from ledger.replay import authority_of
from ledger.rules.signed import check_version
from ledger.store.reader import Reader
from projections.authority import AuthorisedKey, Recorder

_OURS = ("events", "projections", "ledger")
_EXTRAS = {"excel": "openpyxl", "pdf": "pypdf", "postgres": "psycopg"}
_FULL, _LITTLE = 10 << 20, 200 << 20  # bytes that are left on a disk


class Diagnosis(NamedTuple):
    """What was looked at, and what was found: ``ok``, something to know (``note``), or ``wrong``, with what to do."""

    check: str
    status: str
    detail: str
    remedy: str = ""

    def in_words(self) -> Iterator[str]:
        mark = self.status.upper() if self.status == "wrong" else self.status
        yield f"{mark:<5}  {self.check:<10}  {self.detail}"
        if self.remedy:
            yield f"       {self.remedy}"


Diagnoses = Iterator[Diagnosis]


@click.command(cls=Command)
@output_options
def doctor(form: Form) -> None:
    """Look for what is wrong with this installation: Python, packages, settings, ledger, read model, keys, clock, disk.

    It changes nothing, and says where each setting comes from, and what to do. Exit 0 if nothing is wrong, else 1.
    Whether the ledger itself is whole, `force-ledger verify` says.
    """
    found = [*_found("python", _python), *_found("packages", _packages), *_found("settings", _settings)]
    if all(one.status != "wrong" for one in found if one.check == "settings"):
        found += _found("ledger", partial(_ledger, config_of()))
    rows = [one._asdict() for one in found]
    wrong = [row for row in rows if row["status"] == "wrong"]
    document = {"schema": "force-ledger/doctor/v1", "ok": not wrong, "checks": rows}
    text = [line for one in found for line in one.in_words()]
    form.print(Answer(document, rows, text), f"{len(wrong)} wrong" if wrong else "Nothing is wrong.")
    click.get_current_context().exit(1 if wrong else 0)


def _found(check: str, look: Callable[[], Diagnoses]) -> list[Diagnosis]:
    """What a check finds; an error is something wrong."""
    found = list[Diagnosis]()
    try:
        found += look()
    except LedgerError as error:
        found += (Diagnosis(check, "wrong", problem.message, problem.hint) for problem in error.problems)
    except (OSError, sqlite3.Error) as error:
        found.append(Diagnosis(check, "wrong", str(error)))
    return found


def _python() -> Diagnoses:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Diagnosis("python", "ok", f"Python {version} ({sys.executable}), SQLite {sqlite3.sqlite_version}")
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        yield Diagnosis(
            "python", "note", f"output is in {sys.stdout.encoding}", "set PYTHONUTF8=1 to see every character"
        )


def _packages() -> Diagnoses:
    root = Path(ledger.__file__).parents[1]
    yield Diagnosis("packages", "ok", f"force-ledger {ledger.__version__} in {root}")
    remedy = "install force-ledger in an environment of its own: `uv tool install` or `pipx install`"
    installed = packages_distributions()
    for name in _OURS:
        spec = find_spec(name)
        places = {*(spec.submodule_search_locations or ())} if spec else set()
        others = {*installed.get(name, ())} - {"force-ledger"}
        if places != {str(root / name)}:
            found = ", ".join(sorted(places))
            yield Diagnosis("packages", "wrong", f"another package of the name {name} is in the way: {found}", remedy)
        elif others:
            yield Diagnosis(
                "packages", "wrong", f"{', '.join(others)} is installed into the package {name} too", remedy
            )
    for extra, package in _EXTRAS.items():
        if find_spec(package) is None:
            yield Diagnosis("packages", "note", f"the extra {extra} is not installed", install_extra(extra))


def _settings() -> Diagnoses:
    params = click.get_current_context().find_root().params
    for name, (value, source) in settings(params, *configuration()).items():
        if name == "keys":
            value = keys_folder() if source in ("default", "FORCE_LEDGER_KEYS") else value
        yield Diagnosis("settings", "ok", f"{name}: {'not set' if value is None else value} ({source})")
    known = ("", "_KEYS", "_RECORDER", "_GAP_DAYS", "_PASSPHRASE", "_TRACEBACK")
    for name in os.environ:
        if name.startswith("FORCE_LEDGER") and name.removeprefix("FORCE_LEDGER") not in known:
            yield Diagnosis("settings", "note", f"the variable {name} means nothing to this program", "check its name")
    config_of()  # which raises


def _ledger(where: Config) -> Diagnoses:
    """The ledger, and what only a ledger has."""
    with where.reading() as reader:
        head = reader.head()
        yield Diagnosis("ledger", "ok", f"{where.database}: {reader.origin()}, {head.size:,} entries")
        if problem := unsigned_entries(reader):
            yield Diagnosis("ledger", "note", problem.message, problem.hint)
        if isinstance(where.place, Path) and not os.access(where.place, os.W_OK):
            yield Diagnosis(
                "ledger", "note", f"{where.place} can be read, but not written", "to record, change its permissions"
            )
        yield from _found("read model", partial(_model, where))
        yield from _found("keys", partial(_keys, where, reader))
        yield from _found("clock", partial(_clock, where, reader))
        yield from _found("disk", partial(_disk, where))
        check_version(reader)  # which raises


def _model(where: Config) -> Diagnoses:
    path = model_beside(where.database.cache_path)
    if not path.exists():
        yield Diagnosis("read model", "ok", "not made yet: the first question makes it")
        return
    with up_to_date_model(where.database.cache_path) as model:
        if model:
            yield Diagnosis("read model", "ok", f"{path} is up to date")
            return
    try:
        with open_model(path) as connection:
            (covered,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    except (Damaged, sqlite3.Error) as error:
        yield Diagnosis("read model", "wrong", f"{path} cannot be read: {error}", "run `force-ledger rebuild`")
        return
    yield Diagnosis("read model", "ok", f"{path} covers {covered:,} entries: the next question brings it up to date")


def _keys(where: Config, reader: Reader) -> Diagnoses:
    ring, authority = where.ring(reader.origin()), authority_of(reader)
    if ring.restored.exists():
        yield Diagnosis("keys", "wrong", "the ledger was restored from a backup: nothing is signed yet",
                      "give the last checkpoint that anybody has to `force-ledger checkpoint reconcile`")  # fmt: skip
    yield from _found("keys", partial(_signed, ring, reader))
    if not ring.files():
        yield Diagnosis("keys", "note", f"there are no keys for this ledger in {ring.folder}: it can only be read",
                      "set FORCE_LEDGER_KEYS, or see `force-ledger keys create --help`")  # fmt: skip
    keys = {key.id: key for key in (*authority.log_keys, *authority.recorders)}
    for file in ring.files():
        yield from _found("keys", partial(_key, ring, file, keys))
    if len(ring.recorders()) > 1 and not where.recorder:
        yield Diagnosis(
            "keys", "note", "there are several recorders' keys", "say which signs: --sign-as, or FORCE_LEDGER_RECORDER"
        )


def _signed(ring: KeyRing, reader: Reader) -> Diagnoses:
    """No finding, unless what was signed, or the key that signed it, is gone: that is raised."""
    ring.check_has_what_was_signed(reader)
    ring.check_log_key_is_not_lost()
    return iter(())


def _key(ring: KeyRing, file: str, keys: Mapping[str, AuthorisedKey]) -> Diagnoses:
    id = ring.verifier(file).id
    what = f"{id}, {'with' if ring.is_encrypted(file) else 'without'} a passphrase"
    if (key := keys.get(id)) is None:
        yield Diagnosis(
            "keys", "note", f"{what}: it is not on record", f"a keeper runs `force-ledger keys authorise {file}`"
        )
    elif key.until is not None:
        yield Diagnosis("keys", "note", f"{what}: revoked or replaced by #{key.until}", "it signs nothing any more")
    else:
        yield Diagnosis(
            "keys", "ok", f"{what}: {key.role if isinstance(key, Recorder) else 'log key'} since #{key.since}"
        )


def _clock(where: Config, reader: Reader) -> Diagnoses:
    now, last = datetime.now(UTC), reader.recorded_at(reader.head().size - 1)
    told = f"it is {now:%Y-%m-%d %H:%M} UTC; the last entry is of {last:%Y-%m-%d %H:%M}"
    if problem := differing_clock(reader):
        yield Diagnosis("clock", "wrong", problem.message, problem.hint)
    elif is_ahead(last):
        yield Diagnosis("clock", "wrong", f"{told}, which is ahead of this clock",
                      "set this clock; if it is right, see `force-ledger clock correct --help`")  # fmt: skip
    elif now - last > timedelta(days=where.gap_days) and isinstance(where.place, Path):
        yield Diagnosis(
            "clock", "note", f"{told}, over {where.gap_days} days ago", f"record with --today {london_day(now)}"
        )
    else:
        yield Diagnosis("clock", "ok", told)


def _disk(where: Config) -> Diagnoses:
    folder, keys = where.database.cache_path.absolute().parent, (where.keys or keys_folder()).absolute()
    size = where.place.stat().st_size if isinstance(where.place, Path) else 0
    needed_in = {_existing(keys): _FULL, _existing(folder): _LITTLE, Path(tempfile.gettempdir()): size + _LITTLE}
    for place, needed in needed_in.items():
        free = shutil.disk_usage(place).free
        told = f"{free / 1e9:,.1f} GB are free in {place}"
        if free < _FULL:
            yield Diagnosis("disk", "wrong", told, "make room: nothing can be recorded or signed")
        elif free < needed:
            yield Diagnosis("disk", "note", told, "make room: `verify` builds the ledger again in the temporary folder")
        else:
            yield Diagnosis("disk", "ok", told)


def _existing(folder: Path) -> Path:
    """A folder, or the nearest one above it that exists."""
    return folder if folder.exists() else _existing(folder.parent)
