"""verify: check a ledger, a published log or a proof, from the bytes alone."""

from dataclasses import replace
from pathlib import Path

import click

from ledger import files
from ledger.audit.repair import repair as repair_ledger
from ledger.audit.report import Check, Report
from ledger.audit.verify import AuditOptions, audit_ledger, audit_published
from ledger.cli.config import config_of
from ledger.cli.output import Answer, Command, Form, output_options, progress
from ledger.cli.trust import policy_of, trust_options
from ledger.errors import LaterVersion, NotVerified
from ledger.log.encoding import to_base64
from ledger.publish.check_proof import check
from ledger.store.reader import of_later_version
from ledger.store.sqlite import is_ledger

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=Command)
@click.argument("what", required=False, type=click.Path(exists=True, path_type=Path), metavar="[FOLDER|FILE]")
@click.option("--checkpoint", type=_FILE, metavar="FILE", help="A checkpoint that you stored earlier.")
@click.option(
    "--since", type=_FILE, metavar="FILE", help="A checkpoint verified earlier: check only what was added after it."
)
@click.option("--full", is_flag=True, help="Check from the first entry on, also with --since.")
@click.option("--entry", type=_FILE, metavar="FILE", help="The envelope of the entry, with a .tlog-proof.")
@trust_options
@output_options
def verify(
    what: Path | None,
    checkpoint: Path | None,
    since: Path | None,
    full: bool,
    entry: Path | None,
    policy: Path | None,
    log_keys: tuple[str, ...],
    form: Form,
) -> None:
    """Check from the bytes alone that nothing in the ledger was changed, dropped, back-dated or slipped in.

    It also checks that every recorder was authorised, and all tables that are made from the entries. With FOLDER it
    checks a published log; with FILE a ledger, or, without any ledger, a proof or extract that `prove` wrote.

    Exit 5 if anything is wrong; 7 if nothing is, but a later version of force-ledger wrote a part of it, whose rules
    only that version can check. What this proves, and what it cannot: `force-ledger help audit`.
    """
    where = config_of()
    if what and is_ledger(what):
        where, what = replace(where, place=what), None
    if what and not what.is_dir():
        beside = entry or checkpoint or _envelope_beside(what)
        findings = check(files.read(what), policy_of(policy, log_keys), files.read(beside) if beside else None)
        shown = {"schema": "force-ledger/verify-proof/v1", "ok": True, "shows": findings}
        form.print(Answer(shown, [{"shows": finding} for finding in findings], "\n".join(findings)))
        return
    if what and since:
        raise click.UsageError("A published log is verified whole: leave --since out.")
    options = AuditOptions(
        {str(path): files.read(path) for path in (checkpoint, since) if path},
        policy_of(policy, log_keys) if policy or log_keys else None,
        files.read(since) if since and not full else None,
    )
    if what:
        report = audit_published(what, options, progress())
    else:
        report = audit_ledger(where.database, options, lambda origin: where.ring(origin).last_checkpoint(), progress())
    checks = [found.to_json() for found in report.checks.values()]
    root = to_base64(report.root) if report.root else None
    document = {
        "schema": "force-ledger/verify/v1", "ok": report.ok, "later_version": report.later is not None,
        "size": report.size, "root": root, "checks": checks,
    }  # fmt: skip
    form.print(Answer(document, checks, _in_words(report)), _verdict(report))
    click.get_current_context().exit(_exit_code(report))


def _envelope_beside(proof: Path) -> Path | None:
    """The envelope that `prove --entry-bytes` wrote beside a .tlog-proof, by its name (docs/format.md)."""
    envelope = proof.with_suffix("")
    return envelope if proof.suffix == ".tlog-proof" and envelope.is_file() else None


@click.command(cls=Command)
def repair() -> None:
    """Make the tree, its head and the index again from the entries, if `verify` finds only these wrong.

    Exit 5, and nothing is changed, if the entries themselves are not whole. On a server only the owner of the tables
    can do this.
    """
    where = config_of()
    done, report = repair_ledger(where.database, lambda origin: where.ring(origin).last_checkpoint(), progress())
    click.echo("Made the index, the tiles and the head again from the entries." if done else "Nothing to repair.")
    click.echo(f"{_in_words(report)}\n{_verdict(report)}")
    click.get_current_context().exit(_exit_code(report))


def _exit_code(report: Report) -> int:
    if report.later and report.found_nothing:
        return LaterVersion.exit_code
    return 0 if report.ok else NotVerified.exit_code


def _in_words(report: Report) -> str:
    width = max(len(name) for name in report.checks)
    return "\n".join(f"{_mark(check)}  {name:<{width}}  {check.detail}" for name, check in report.checks.items())


def _mark(check: Check) -> str:
    return "WRONG" if check.found else "ok   " if check.done else "-    "


def _verdict(report: Report) -> str:
    if report.ok:
        return f"Verified: {report.size:,} entries, root {to_base64(report.root)}"
    if report.later and report.found_nothing:
        return f"NOT VERIFIED to the end: {of_later_version(report.later)}"
    where = "" if report.first_bad is None else f"; the first bad entry is #{report.first_bad}"
    return f"NOT VERIFIED{where}; see “When `verify` fails” in `force-ledger help operations`"
