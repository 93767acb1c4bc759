"""copy, follow, backup, restore: copies of a ledger in other places."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from ledger.cli.config import Folder, config_of
from ledger.cli.output import Command, progress
from ledger.cli.trust import keys_of
from ledger.errors import LedgerError, NotVerified
from ledger.evidence.folder import Evidence
from ledger.log.encoding import to_base64
from ledger.log.key import Verifier
from ledger.replicate import backup as backups
from ledger.replicate.copy import CopyResult, open_or_create
from ledger.replicate.copy import copy as copy_ledger
from ledger.replicate.source import DatabaseSource, source_of
from ledger.store.store import database_of


def _key(ctx: click.Context, option: click.Parameter, text: str | None) -> Verifier | None:
    return keys_of([text], option="--trust")[0] if text else None


_trust = click.option(
    "--trust", metavar="VKEY", callback=_key, help="The log key that must have signed the first checkpoint."
)


@click.command(cls=Command)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@_trust
def copy(source: str, target: str, trust: Verifier | None) -> None:
    """Copy the ledger SOURCE to TARGET with its evidence. Each is a path or a URL.

    SOURCE may also be a published log: a folder or its https:// address. Run it again to resume an interrupted copy, or
    to update a complete one. Keys are not copied. Append to one of the two only.
    """
    there = database_of(target)
    with closing(source_of(source)) as from_, from_.snapshot() as snapshot, open_or_create(there) as to:
        copied = copy_ledger(snapshot, to, trusted=trust, tell=progress())
        root = to_base64(snapshot.head().root)
    if isinstance(from_, DatabaseSource):
        Evidence(there.evidence_folder).add_all(Evidence(from_.database.evidence_folder))
    else:
        _print_trust(copied, trust)
    _print_left_behind(copied)
    number = copied.size - copied.first
    click.echo(f"Copied {number} entries to {there}, which now has {copied.size}, root {root}.")


@click.command(cls=Command)
@click.argument("source", metavar="SOURCE")
@click.argument("replica", metavar="REPLICA")
@click.option("--once", is_flag=True, help="Bring it up to date and stop.")
@_trust
@click.option(
    "--every", type=click.FloatRange(min=0.05), default=60.0, show_default=True, metavar="SECONDS",
    help="How often to look for new entries of a published log on the web.",
)  # fmt: skip
def follow(source: str, replica: str, once: bool, trust: Verifier | None, every: float) -> None:
    """Keep REPLICA, a ledger file of its own, up to date with SOURCE: a ledger or a published log, by path or URL.

    New entries are verified against the signed checkpoints before they are stored; exit 5 if that fails. It runs until
    you stop it, and resumes where it stopped. Ask the replica with --ledger REPLICA.
    """
    from ledger.replicate.follow import Follower

    with closing(source_of(source)) as from_:
        follower = Follower(from_, database_of(replica), trust, every, progress())
        report = _reporter(trust)
        if once:
            report(follower.step())
            return
        with _stopped_by_signals():
            follower.run(report, _print_outage)


@click.command(cls=Command)
@click.argument("folder", type=Folder(), metavar="FOLDER")
def backup(folder: Path) -> None:
    """Back the ledger up to FOLDER: entries, checkpoints and evidence, but no private keys. Copy these yourself.

    Others may write meanwhile. Run it again to update the backup, or to resume an interrupted one. All of it is checked
    each time.
    """
    with config_of().signed_ledger() as (ledger, ring):
        done = backups.backup(ledger, ring, folder)
    documents = f" and {len(done.evidence)} documents" if done.evidence else ""
    click.echo(f"{folder} has the {done.size} entries of {done.ledger}{documents}, root {done.root}.")


@click.command(cls=Command)
@click.argument("folder", type=Folder(), metavar="FOLDER")
def restore(folder: Path) -> None:
    """Check the backup in FOLDER, and restore it to --ledger: a path or URL where nothing is yet.

    Do this on the machine with the log key. If this machine does not know what was signed last, nothing can be signed
    before `checkpoint reconcile`.
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
            hint="add them again with `evidence add FILE`",
        )


def _reporter(trust: Verifier | None) -> Callable[[CopyResult], None]:
    """A function that prints the first step, and each later step with something new."""
    first = True

    def report(copied: CopyResult) -> None:
        nonlocal first
        _print_trust(copied, trust)
        _print_left_behind(copied)
        if first or copied.first < copied.size or copied.checkpoints:
            click.echo(f"{_copied(copied)}; {_signed(copied)}", err=True)
        first = False

    return report


def _print_outage(error: LedgerError) -> None:
    click.echo(f"{error.problems[0].message}; trying again until that works", err=True)


def _print_trust(copied: CopyResult, trust: Verifier | None) -> None:
    if copied.first == 0 and not trust:
        click.echo(f"Trusted on first use: {copied.log_key}; have it confirmed, or give --trust", err=True)


def _print_left_behind(copied: CopyResult) -> None:
    if copied.left_behind:
        click.echo(f"Warning: {copied.left_behind}", err=True)


def _copied(copied: CopyResult) -> str:
    if copied.first == copied.size:
        return f"#{copied.size - 1} is the last"
    return f"#{copied.first} … #{copied.size - 1} taken"


def _signed(copied: CopyResult) -> str:
    if copied.signed == copied.size:
        return "all signed"
    return f"signed up to #{copied.signed - 1}" if copied.signed else "not signed yet"


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """End quietly on Ctrl-C or SIGTERM."""
    before: Any = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped; run it again to resume.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)
