"""verify: check a ledger, or a published log, from its bytes alone."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from ledger.audit.audit import Asked, audit
from ledger.audit.report import Check, Report
from ledger.audit.source import LedgerFile, PublishedLog
from ledger.cli.output import Answer, Form, output_options
from ledger.cli.setting import setting
from ledger.errors import NotFound, Refused
from ledger.evidence.kept import Evidence
from ledger.log import LogError
from ledger.log.encoding import to_base64
from ledger.log.policy import Policy
from ledger.model import ReadModel

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_QUIET = 1.0  # seconds before progress is shown


@click.command()
@click.argument("what", required=False, type=click.Path(path_type=Path), metavar="[FOLDER]")
@click.option(
    "--checkpoint", "checkpoints", multiple=True, type=_FILE, metavar="FILE", help="One that you kept earlier."
)
@click.option("--policy", type=_FILE, metavar="FILE", help="Whose signatures the last checkpoint must bear.")
@click.option(
    "--since", type=_FILE, metavar="FILE", help="Only what was added after this checkpoint, verified earlier."
)
@click.option("--full", is_flag=True, help="From the first entry on, also with --since.")
@output_options
@click.pass_context
def verify(
    ctx: click.Context,
    /,
    what: Path | None,
    checkpoints: tuple[Path, ...],
    policy: Path | None,
    since: Path | None,
    full: bool,
    form: Form,
) -> None:
    """Check the ledger from its bytes alone: nothing was changed, dropped, back-dated or slipped in, every recorder was
    authorised, and all else that it holds is what its entries make. With FOLDER, a published log.

    Exit 5 where anything is wrong. What this proves, and what it cannot: docs/audit.md.
    """
    earlier = {str(path): path.read_bytes() for path in (*checkpoints, *((since,) if since else ()))}
    asked = Asked(earlier, _policy(policy), since.read_bytes() if since and not full else None)
    report = _of_a_folder(what, asked) if what else _of_the_ledger(setting(ctx).path, asked)
    checks = [check.to_json() for check in report.checks.values()]
    root = to_base64(report.root) if report.root else None
    document = {
        "schema": "force-ledger/verify/v1", "ok": report.ok, "size": report.size, "root": root, "checks": checks,
    }  # fmt: skip
    form.print(Answer(document, checks, _in_words(report), _verdict(report)))
    if not report.ok:
        ctx.exit(5)


def _of_the_ledger(path: Path, asked: Asked) -> Report:
    brought = Asked(
        asked.checkpoints, asked.policy, asked.since, evidence=Evidence.beside(path), model=ReadModel.beside(path)
    )
    with LedgerFile(path) as source:
        report = audit(source, brought, _progress())
        if report.ok or not source.moved:
            return report
    with LedgerFile(path, still=False) as source:  # somebody wrote to it meanwhile
        return audit(source, brought, _progress())


def _of_a_folder(path: Path, asked: Asked) -> Report:
    if not path.is_dir():
        raise NotFound(
            f"there is no folder {path}", hint="name the folder that `publish` wrote; a ledger with --ledger"
        )
    if asked.since:
        raise click.UsageError("A published log is verified whole: leave --since out.")
    with PublishedLog(path) as source:
        return audit(source, asked, _progress())


def _policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    try:
        return Policy.parse(path.read_text("utf-8"))
    except (LogError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: {error}", hint="write it as docs/audit.md shows") from None


def _progress() -> Any:
    """A line on stderr that says how far it is, once it takes long."""
    begun = last = time.monotonic()

    def tell(done: int, size: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - begun > _QUIET and (now - last > _QUIET / 4 or done == size) and sys.stderr.isatty():
            last = now
            click.echo(f"\r{done:,} of {size:,} entries" + ("\n" if done == size else ""), nl=False, err=True)

    return tell


def _in_words(report: Report) -> str:
    width = max(len(name) for name in report.checks)
    return "\n".join(f"{_mark(check)}  {name:<{width}}  {check.detail}" for name, check in report.checks.items())


def _mark(check: Check) -> str:
    return "WRONG" if check.found else "ok   " if check.done else "-    "


def _verdict(report: Report) -> str:
    if report.ok:
        return f"Verified: {report.size:,} entries, root {to_base64(report.root)}"
    where = "" if report.first_bad is None else f"; the first bad entry is #{report.first_bad}"
    return f"NOT VERIFIED{where}"
