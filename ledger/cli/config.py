"""The configuration: where the ledger and the keys are, and the recorder's name.

The ledger is the path of a file, or the URL of a database on a PostgreSQL server. The first of these that is given
counts: `--ledger`; FORCE_LEDGER; `ledger` in the nearest force-ledger.toml upwards; ./ledger.db. That file may also
give `keys` (a folder), `recorder`, and `gap_days`: after so many days without an entry (31 by default) a person has to
confirm what day it is. `licence` is the licence of what is published. `site` is a table with what the public site says
of itself: `publisher`, `contact`, and `base_url`, its future address. Paths in the file are relative to it.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from events.characters import visible
from ledger import files
from ledger.errors import ClockTrouble, NotFound, Problem, Refused
from ledger.store.database import place_of

if TYPE_CHECKING:  # so that a command loads only what it uses
    from ledger.evidence.folder import Evidence
    from ledger.record.keys import KeyRing
    from ledger.store.database import Database
    from ledger.store.reader import Reader
    from ledger.store.store import Store

SETTINGS = {
    "ledger": str, "keys": str, "recorder": str, "gap_days": int, "licence": str, "import": dict, "site": dict,
}  # fmt: skip
_SITE = ("publisher", "contact", "base_url")
CONFIG = "force-ledger.toml"
_HELP = "Encrypt new keys with a passphrase: asked for, or FORCE_LEDGER_PASSPHRASE."
ENCRYPT = click.option("--passphrase", "encrypt", is_flag=True, help=_HELP)
SIGN_AS = click.option("--sign-as", metavar="NAME", help="Whose key signs; needed where there are several.")


class Folder(click.Path):
    """A folder. An address is refused, so that it does not become one."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(place_of(Path(value)), param, ctx)
        except NotFound:
            self.fail("a folder on this machine is needed here, not an address", param, ctx)


@dataclass(frozen=True)
class Config:
    """The path or URL of the ledger, the folder of the keys, the name of the recorder, and the day that a person says
    it is, which is asked for after so many days without an entry; what the public site says of itself, and the licence
    of what is published."""

    place: Path | str
    keys: Path | None = None
    recorder: str | None = None
    today: date | None = None
    gap_days: int = 31
    site: dict[str, str] = field(default_factory=dict)
    licence: str = ""

    @cached_property
    def database(self) -> "Database":
        from ledger.store.store import database_of

        return database_of(self.place)

    @contextmanager
    def ledger(self) -> "Iterator[Store]":
        """The open ledger. Raises NotFound where there is none."""
        from ledger.store.store import Store

        with Store(self.database) as ledger:
            yield ledger

    @contextmanager
    def reading(self) -> "Iterator[Reader]":
        with self.ledger() as ledger, ledger.reading() as reader:
            yield reader

    @property
    def evidence(self) -> "Evidence":
        from ledger.evidence.folder import Evidence

        return Evidence(self.database.evidence_folder)

    @contextmanager
    def ledger_and_keys(self) -> "Iterator[tuple[Store, KeyRing]]":
        with self.ledger() as ledger:
            with ledger.reading() as reader:
                ring = self.ring(reader.origin())
            yield ledger, ring

    def check_before_writing(self, reader: "Reader") -> None:
        """Warn if this may be a copy of the file that was written last, and have a person confirm the day if the last
        entry of a file is old. Raises ClockTrouble where nobody does."""
        from ledger.record.clock import check_today

        here, there = Path(str(self.database)), Path(self.ring(reader.origin()).signed_in())
        if here.is_file() and there.is_file() and not here.samefile(there):
            problem = Problem(
                f"these keys signed last in {there}, and {here} is another file: what is recorded in both makes two "
                "histories of one ledger, of which one is lost",
                "to try things, use `force-ledger practice`; if the ledger has moved here, delete the other file",
            )
            click.echo(f"Warning: {problem}", err=True)
        try:
            check_today(reader, self.today, timedelta(days=self.gap_days))
        except ClockTrouble as error:
            if self.today or not sys.stdin.isatty():
                raise
            click.confirm(f"{error.problems[0].message}. Is that right?", abort=True, err=True)

    def sign_after(self, store: "Store", origin: str, passphrase: str | None = None) -> None:
        """Sign a checkpoint after a write, if the log key is here and needs no passphrase. A failure only warns."""
        from ledger.audit.sign import sign_after_write
        from ledger.cli.output import progress
        from ledger.record.keys import KeyRing, given_passphrase

        ring = KeyRing(origin, self.keys, lambda file: passphrase or given_passphrase(file))
        if trouble := sign_after_write(store, ring, ask=bool(passphrase), tell=progress()):
            click.echo(f"Warning: no checkpoint was signed: {trouble}", err=True)

    @contextmanager
    def signed_ledger(self) -> "Iterator[tuple[Store, KeyRing]]":
        """The open ledger, for a command that is about what is signed. What is not signed yet is signed first if the
        log key is here and needs no passphrase; else a warning says how much that is."""
        from ledger.publish.checkpoints import unsigned

        with self.ledger_and_keys() as (ledger, ring):
            with ledger.reading() as reader:
                signed = not unsigned(reader)
            if not signed:
                self.sign_after(ledger, ring.origin)
                with ledger.reading() as reader:
                    warn_of_unsigned(reader)
            yield ledger, ring

    def ring(self, origin: str, passphrase: str | None = None) -> "KeyRing":
        """The keys for the ledger of that origin. The passphrase of an encrypted one is asked for, if not given."""
        from ledger.record.keys import KeyRing

        return KeyRing(origin, self.keys, lambda file: passphrase or _passphrase(f"Passphrase of the key {file}"))


def unsigned_entries(reader: "Reader") -> Problem | None:
    """What is wrong if no checkpoint covers the last entries yet."""
    from ledger.publish.checkpoints import unsigned

    if not (number := unsigned(reader)):
        return None
    what = "the last entry is" if number == 1 else f"the last {number:,} entries are"
    return Problem(f"{what} not signed yet", "run `force-ledger checkpoint sign` on the machine with the log key")


def warn_of_unsigned(reader: "Reader") -> None:
    """Say how many of the last entries no checkpoint covers yet, if there are any."""
    if problem := unsigned_entries(reader):
        click.echo(f"Warning: {problem}", err=True)


class FoundSetting(NamedTuple):
    """The value of a setting, and where it was found: an option, a variable, a file, or "default"."""

    value: Any
    source: str


def settings(given: Mapping[str, Any], folder: Path, config: Mapping[str, Any]) -> dict[str, FoundSetting]:
    """The settings: as options gave them, else variables, else the configuration of that folder, else by default."""
    found = dict[str, FoundSetting]()
    for name, default in {"ledger": "ledger.db", "keys": None, "recorder": None, "gap_days": Config.gap_days}.items():
        variable = "FORCE_LEDGER" if name == "ledger" else f"FORCE_LEDGER_{name.upper()}"
        if given.get(name):
            found[name] = FoundSetting(given[name], "--sign-as" if name == "recorder" else f"--{name}")
        elif os.environ.get(variable):
            found[name] = FoundSetting(os.environ[variable], variable)
        else:
            value = config.get(name, default)
            if isinstance(value, str) and name in ("ledger", "keys") and isinstance(place_of(value), Path):
                value = folder / value
            found[name] = FoundSetting(value, str(folder / CONFIG) if name in config else "default")
    return found


def config_of(recorder: str | None = None, ctx: click.Context | None = None) -> Config:
    """The configuration of this call. Raises Refused if its file is not valid."""
    params = (ctx or click.get_current_context()).find_root().params
    folder, config = configuration()
    found = settings({"ledger": params.get("ledger"), "recorder": recorder}, folder, config)
    keys, (gap, source) = found["keys"], found["gap_days"]
    if not str(gap).isdecimal():
        raise Refused(f"{source}: `gap_days` is '{gap}', and not a number of days", hint="correct it, or remove it")
    where = found["ledger"].value
    return Config(
        where if isinstance(where, Path) else place_of(where),
        None if keys.source == "FORCE_LEDGER_KEYS" else keys.value,
        found["recorder"].value,
        _day(params.get("today")),
        int(gap),
        _site(folder / CONFIG, config.get("site", {})),
        config.get("licence", ""),
    )


def _site(file: Path, given: dict[str, Any]) -> dict[str, str]:
    """What the public site says of itself. Raises Refused for any other setting."""
    for name, value in given.items():
        if name not in _SITE or not isinstance(value, str):
            there_are = f"there are {', '.join(_SITE)}, each a text"
            raise Refused(f"{file}: `site.{name}` cannot be set to {value!r}", hint=there_are)
    url = given.get("base_url", "https:///")
    if not (url.startswith(("https://", "http://")) and url.endswith("/")):
        raise Refused(f"{file}: `site.base_url` is '{url}'", hint="write it like https://example.org/ledger/")
    return given


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise click.BadParameter(f"'{text}' is not a day like 2026-11-21", param_hint="--today") from None


def new_passphrase(encrypt: bool) -> str | None:
    """The passphrase of a new key that is to be encrypted: that of the environment, or typed twice."""
    if not encrypt:
        return None
    passphrase = _passphrase("New passphrase", twice=True)
    if passphrase is None:
        raise click.UsageError("There is no terminal to ask for a passphrase: give it in FORCE_LEDGER_PASSPHRASE.")
    return passphrase


def _passphrase(prompt: str, *, twice: bool = False) -> str | None:
    """The passphrase of the environment, else one that a person types; None where there is no terminal."""
    from ledger.record.keys import given_passphrase

    if (given := given_passphrase()) is not None or not sys.stdin.isatty():
        return given
    return str(click.prompt(visible(prompt), hide_input=True, confirmation_prompt=twice, err=True))


def configuration() -> tuple[Path, dict[str, Any]]:
    """The nearest configuration, from this folder upwards, and its folder; an empty one where there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        file = folder / CONFIG
        if file.is_file():
            import tomllib

            try:
                config = tomllib.loads(files.read(file).decode())
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise Refused(f"{file}: {error}", hint="correct it, or remove it") from None
            for name, value in config.items():
                if name not in SETTINGS:
                    raise Refused(f"{file}: there is no setting `{name}`", hint=f"it is one of {', '.join(SETTINGS)}")
                if type(value) is not SETTINGS[name]:
                    kind = {str: "text", int: "number"}.get(SETTINGS[name], "table")
                    raise Refused(f"{file}: `{name}` is not a {kind}", hint="correct it, or remove it")
            return folder, config
    return Path(), {}
