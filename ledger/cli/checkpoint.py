"""checkpoint: sign the size and root of the log, compare checkpoints, have them cosigned by witnesses."""

import time
from pathlib import Path
from urllib.parse import quote

import click

from ledger import files
from ledger.audit.sign import sign as audit_and_sign
from ledger.cli.config import config_of, warn_of_unsigned
from ledger.cli.output import Group, output_file, progress, write
from ledger.cli.trust import keys_of, policy_of, trust_options
from ledger.errors import HeadMoved, LedgerError, NotFound, NotVerified, Place, Problem, Refused
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.key import KeyType
from ledger.log.note import Signature
from ledger.log.proof_file import ConsistencyFile, ForkFile
from ledger.log.witness import CosignRefused
from ledger.publish import checkpoints, consistency
from ledger.record.keys import WITNESSES
from ledger.replay import log_keys as log_keys_of

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
_WITNESS_KEY = click.option(
    "--witness-key", "witness_keys", multiple=True, required=True, metavar="VKEY", help="The witness's key."
)


@click.group(cls=Group)
def checkpoint() -> None:
    """The size and root of the log, signed: print, sign, compare, cosign (C2SP tlog-checkpoint)."""


@checkpoint.command("print")
@click.option("--since", type=click.IntRange(min=0), metavar="SIZE", help="With the consistency proof from SIZE.")
def print_(since: int | None) -> None:
    """Print the last signed checkpoint.

    With --since, print a request for a witness that last saw SIZE entries.
    """
    with config_of().reading() as reader:
        warn_of_unsigned(reader)
        note = checkpoints.last_signed(reader)
        data = note.to_bytes() if since is None else consistency.consistency_file(reader, since, note).to_bytes()
    click.echo(data, nl=False)


@checkpoint.command()
@click.option("--full", is_flag=True, help="Audit all entries before, not only what is new.")
def sign(full: bool) -> None:
    """Sign the size and root of the ledger with the log key, and print the checkpoint.

    Every command that writes does this too, if the log key is here. What others have recorded since the last
    checkpoint is audited before, as by `verify --since`: only what is sound is signed.
    """
    with config_of().ledger_and_keys() as (ledger, ring):
        signed = audit_and_sign(ledger, ring, full=full, tell=progress())
    click.echo(signed.to_bytes(), nl=False)


@checkpoint.command()
@click.option("--rotated", is_flag=True, help="The earlier keys too, the first one first.")
def vkey(rotated: bool) -> None:
    """Print the log's verifier key, for auditors and witnesses. Have it confirmed by another channel."""
    with config_of().reading() as reader:
        keys = log_keys_of(reader)
    for key in keys if rotated else keys[-1:]:
        click.echo(str(key))


@checkpoint.command()
@click.argument("one", type=_FILE, metavar="A")
@click.argument("other", type=_FILE, required=False, metavar="[B]")
@trust_options
@output_file("Write the proof to a file.")
def compare(one: str, other: str | None, policy: Path | None, log_keys: tuple[str, ...], output: Path | None) -> None:
    """Say whether the checkpoints A and B are of one history. Without B, compare A with the last one here.

    If the log has signed two histories, exit 5; FILE then proves it to anybody. If not, FILE is the consistency proof,
    which needs a copy of the ledger.
    """
    where, first = config_of(), _note(one)
    if other and not where.database.exists():
        found = consistency.compare(first, _note(other), policy_of(policy, log_keys).logs, None)
    else:
        with where.reading() as reader:
            then = _note(other) if other else checkpoints.last_signed(reader)
            keys = policy_of(policy, log_keys).logs if policy or log_keys else log_keys_of(reader)
            found = consistency.compare(first, then, keys, reader.tree())
    if output:
        write(found.to_bytes(), output)
    _print_finding(found, output)


@checkpoint.command()
@click.argument("files", type=_FILE, nargs=-1, required=True, metavar="CHECKPOINT…")
def reconcile(files: tuple[str, ...]) -> None:
    """Allow signing again after `restore`. The ledger must have all that these CHECKPOINTs signed.

    Give the latest checkpoint that was published, and those of witnesses and auditors. Ask all who may have one.
    """
    from ledger.replicate.backup import reconcile as reconciled

    with config_of().ledger_and_keys() as (ledger, ring):
        last = reconciled(ledger, ring, map(_note, files))
    click.echo(f"Reconciled: the ledger has the {last.size} entries that were signed last, and can be signed again.")


@checkpoint.command()
@click.argument("file", type=_FILE)
@_WITNESS_KEY
def add(file: str, witness_keys: tuple[str, ...]) -> None:
    """Store the cosignature in FILE with its checkpoint. FILE is what `checkpoint cosign` printed."""
    try:
        signatures = Signature.parse_all(files.read_named(file).decode("utf-8", "replace"))
    except LogError as error:
        raise Refused(Problem(str(error), "give what `checkpoint cosign` printed", place=Place(file))) from None
    with config_of().ledger() as ledger:
        keys = keys_of(witness_keys, KeyType.COSIGNATURE, "--witness-key")
        note = checkpoints.keep_cosignatures(ledger, signatures, keys)
    click.echo(note.to_bytes(), nl=False)


@checkpoint.command()
@click.argument("url")
@_WITNESS_KEY
def witness(url: str, witness_keys: tuple[str, ...]) -> None:
    """Ask the witness at URL to cosign the last checkpoint. The result is stored and printed (C2SP tlog-witness).

    If the log key is here, what is new is signed first; else it says how much is not signed.
    """
    from ledger.publish import witness as witnesses

    keys = keys_of(witness_keys, KeyType.COSIGNATURE, "--witness-key")
    if len(keys) != 1:
        raise click.UsageError("Give one --witness-key, that of the witness at URL.")
    with config_of().signed_ledger() as (ledger, _):
        click.echo(witnesses.ask(ledger, url, keys[0]).to_bytes(), nl=False)


@checkpoint.command()
@click.argument("file", type=_FILE)
@trust_options
@click.option("--sign-as", metavar="NAME", help="Which witness's key signs; needed where there are several.")
@click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), metavar="STATE",
    help="The file of what this witness cosigned last; by default beside its key.",
)  # fmt: skip
def cosign(file: str, policy: Path | None, log_keys: tuple[str, ...], sign_as: str | None, state: Path) -> None:
    """Cosign the checkpoint in FILE as a witness. It must continue what you cosigned before.

    FILE is what the log printed with `checkpoint print --since SIZE`. Send the result back, for `checkpoint add`.
    Make the key with `keys create NAME --witness`. No ledger is needed.
    """
    from ledger.publish import witness as witnesses

    logs, ring = policy_of(policy, log_keys).logs, config_of().ring(WITNESSES)
    key = ring.chosen(quote(sign_as, safe="") if sign_as else None)
    body = files.read_named(file)
    try:
        signature = witnesses.cosign_offline(
            state or ring.folder / f"{key}.state", body, logs, ring.read(key), int(time.time())
        )
    except CosignRefused as refused:
        raise _refusal(refused, file) from None
    click.echo(str(signature))


def _print_finding(found: ConsistencyFile | ForkFile, output: Path | None) -> None:
    if isinstance(found, ForkFile):
        one, other = found.earlier.checkpoint, found.later.checkpoint
        sizes = f"{one.size} entries" if one.size == other.size else f"{one.size} and {other.size} entries"
        raise NotVerified(
            f"FORK: {one.origin} has signed two histories, of {sizes}",
            hint=f"{output} proves it to anybody: publish it" if output else "-o FILE writes the proof of it",
        )
    then = found.checkpoint
    if found.number == then.size:
        click.echo(f"The same: {then.size} entries with one root.")
    else:
        click.echo(f"One history: the {then.size} entries continue the {found.number}.")


_REFUSALS: dict[int, tuple[type[LedgerError], str]] = {
    400: (Refused, "give what `checkpoint print --since SIZE` printed"),
    403: (NotVerified, "check the key of the log; after a rotation, get the new one"),
    404: (NotFound, "give the key of the log with --log-key, or a policy"),
    409: (HeadMoved, "ask the log for `checkpoint print --since {recorded}`"),
    422: (NotVerified, "store the file: with the checkpoint cosigned before, it may prove a second history"),
}
"""The error and the remedy for each status that a witness refuses with (C2SP tlog-witness)."""


def _refusal(refused: CosignRefused, file: str) -> LedgerError:
    error, hint = _REFUSALS[refused.status]
    return error(f"{file}: {refused.status}: {refused}", hint=hint.format(recorded=refused.recorded))


def _note(file: str) -> SignedCheckpoint:
    try:
        return SignedCheckpoint.parse(files.read_named(file))
    except LogError as error:
        raise Refused(Problem(str(error), "give a signed checkpoint", place=Place(file))) from None
