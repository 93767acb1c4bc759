"""copy, follow, backup, restore: a ledger in another place."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from ledger.cli.config import config_of
from ledger.cli.output import progress
from ledger.cli.trust import keys_of
from ledger.errors import LedgerError, NotVerified
from ledger.evidence.folder import Evidence
from ledger.log.key import Verifier
from ledger.replicate import backup as backups
from ledger.replicate.copy import CopyResult, open_or_create
from ledger.replicate.copy import copy as copy_ledger
from ledger.replicate.source import DatabaseSource, source_of
from ledger.store.store import database_of


def _key(ctx: click.Context, option: click.Parameter, text: str | None) -> Verifier | None:
    return keys_of([text], option="--trust")[0] if text else None


_FOLDER = click.Path(file_okay=False, path_type=Path)
_trust = click.option(
    "--trust", metavar="VKEY", callback=_key, help="The log's key, by which the first checkpoint must be signed."
)


@click.command()
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@_trust
def copy(source: str, target: str, trust: Verifier | None) -> None:
    """Copy the ledger SOURCE to TARGET, each a PATH or URL: every byte, the same root, and the evidence kept for it.
    SOURCE may also be a published log, a folder or its https:// address: what was signed can be had back from it.

    A copy that was broken off goes on where it stopped; one that was complete is brought up to date. Keys are not
    copied. Append to one of the two only.
    """
    there = database_of(target)
    with closing(source_of(source)) as from_, from_.snapshot() as snapshot, open_or_create(there) as to:
        copied = copy_ledger(snapshot, to, trusted=trust, tell=progress())
        root = snapshot.head().root
    if isinstance(from_, DatabaseSource):
        Evidence(there.evidence_folder).add_all(Evidence(from_.database.evidence_folder))
    else:
        _tell_trust(copied, trust)
    number = copied.size - copied.first
    click.echo(f"Copied {number} entries to {there}, which now has {copied.size}, root {root.hex()}.")


@click.command()
@click.argument("source", metavar="SOURCE")
@click.argument("replica", metavar="REPLICA")
@click.option("--once", is_flag=True, help="Bring it up to date and end.")
@_trust
@click.option(
    "--every", type=click.FloatRange(min=0.05), default=60.0, show_default=True, metavar="SECONDS",
    help="How often to look where nothing says that there is more: at a published log on the web.",
)  # fmt: skip
def follow(source: str, replica: str, once: bool, trust: Verifier | None, every: float) -> None:
    """Keep REPLICA, a ledger in a file of its own, up to date with SOURCE, and its read model: every reader, `verify`
    and `prove` work on it with --ledger. SOURCE is the PATH or URL of a ledger, or of a published log.

    What arrives is verified against the signed checkpoints before it is kept; exit 5 where it does not bear that. It
    goes on until it is stopped, and then goes on where it stopped.
    """
    from ledger.replicate.follow import Follower

    with closing(source_of(source)) as from_:
        follower = Follower(from_, database_of(replica), trust, every, progress())
        told = _reporter(trust)
        if once:
            told(follower.step())
            return
        with _stopped_by_signals():
            follower.run(
                told, lambda error: click.echo(f"{error.problems[0].message}; trying again until it can", err=True)
            )


@click.command()
@click.argument("folder", type=_FOLDER, metavar="FOLDER")
def backup(folder: Path) -> None:
    """Bring the backup of the ledger in FOLDER up to date: entries, checkpoints, the evidence that is kept here, what
    was signed last. Private keys are not in it: keep a copy of them elsewhere.

    Others may write meanwhile. A backup that was broken off is gone on with. All of it is checked, each time.
    """
    where = config_of()
    with where.ledger() as ledger:
        with ledger.reading() as reader:
            ring = where.ring(reader.origin())
        done = backups.backup(ledger, ring, folder)
    kept = f" and {len(done.evidence)} documents" if done.evidence else ""
    click.echo(f"{folder} has the {done.size} entries of {done.ledger}{kept}, root {done.root}.")


@click.command()
@click.argument("folder", type=_FOLDER, metavar="FOLDER")
def restore(folder: Path) -> None:
    """Check the backup in FOLDER, and put it where --ledger says: a path, or a URL, where nothing is yet.

    Do this on the machine where the log key is, or will be. Where nobody knows here what was signed last, nothing is
    signed before `checkpoint reconcile`.
    """
    where = config_of()
    done = backups.restore(folder, where.database, where.ring)
    click.echo(f"Restored the {done.size} entries of {done.manifest.ledger} to {where.database}.")
    if done.missing_keys:
        click.echo(f"Warning: these keys are not on this machine: {', '.join(done.missing_keys)}.", err=True)
    try:
        with where.ledger() as ledger:
            last = backups.reconcile(ledger, where.ring(done.manifest.ledger), [])
        click.echo(f"Reconciled: it has the {last.size} entries that were signed last on this machine.")
    except LedgerError as error:
        click.echo(f"Warning: nothing can be signed yet: {error}", err=True)
    if done.missing_documents:
        raise NotVerified(
            f"the backup has lost these documents, or they have changed: {', '.join(done.missing_documents)}; "
            "all else is restored",
            hint="keep them again with `evidence add FILE`",
        )


def _reporter(trust: Verifier | None) -> Callable[[CopyResult], None]:
    """Tells of every step on stderr; of the first also where nothing was new."""
    first = True

    def tell(copied: CopyResult) -> None:
        nonlocal first
        _tell_trust(copied, trust)
        if first or copied.first < copied.size or copied.checkpoints:
            click.echo(f"{_taken(copied)}; {_signed(copied)}", err=True)
        first = False

    return tell


def _tell_trust(copied: CopyResult, trust: Verifier | None) -> None:
    if copied.first == 0 and not trust:
        click.echo(f"Trusted on first use: {copied.log_key}; have it confirmed, or give --trust", err=True)


def _taken(copied: CopyResult) -> str:
    if copied.first == copied.size:
        return f"#{copied.size - 1} is the last"
    return f"#{copied.first} … #{copied.size - 1} taken"


def _signed(copied: CopyResult) -> str:
    if copied.signed == copied.size:
        return "all signed"
    return f"signed up to #{copied.signed - 1}" if copied.signed else "not signed yet"


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """End quietly by Ctrl-C or SIGTERM: what was taken is kept, and the rest is taken next time."""
    before: Any = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped; it goes on from here the next time.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)
