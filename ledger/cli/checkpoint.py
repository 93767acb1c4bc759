"""checkpoint: what the log says it holds, signed; and what others say of that."""

import sys
import time
from pathlib import Path
from urllib.parse import quote

import click

from ledger.cli.config import config_of
from ledger.cli.trust import keys_of, policy_of, trust_options
from ledger.errors import HeadMoved, LedgerError, NotFound, NotVerified, Place, Problem, Refused
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.key import KeyType, Verifier
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


@click.group()
def checkpoint() -> None:
    """Checkpoints: the size and root of the log, signed by its key (C2SP tlog-checkpoint), and who cosigned them."""


@checkpoint.command("print")
@click.option("--since", type=click.IntRange(min=0), metavar="SIZE", help="With the consistency proof from SIZE.")
def print_(since: int | None) -> None:
    """Print the last signed checkpoint; with --since, what a witness that last saw SIZE entries is asked to cosign."""
    with config_of().reading() as reader:
        note = checkpoints.last_signed(reader)
        data = note.to_bytes() if since is None else consistency.consistency_file(reader, since, note).to_bytes()
    click.echo(data, nl=False)


@checkpoint.command()
@click.option("--full", is_flag=True, help="Derive the root from all entries, not from what was signed last on.")
def sign(full: bool) -> None:
    """Sign the head of the ledger with the log key, and print it. Every command that writes does so where it can."""
    where = config_of()
    with where.ledger() as ledger:
        with ledger.reading() as reader:
            ring = where.ring(reader.origin())
        click.echo(checkpoints.sign(ledger, ring, full=full).to_bytes(), nl=False)


@checkpoint.command()
@click.option("--rotated", is_flag=True, help="The earlier keys too, the first one first.")
def vkey(rotated: bool) -> None:
    """Print the log's verifier key, for auditors and witnesses. Have it confirmed on another way than this one."""
    with config_of().reading() as reader:
        keys = log_keys_of(reader)
    for key in keys if rotated else keys[-1:]:
        click.echo(str(key))


@checkpoint.command()
@click.argument("one", type=_FILE, metavar="A")
@click.argument("other", type=_FILE, required=False, metavar="[B]")
@trust_options
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where the proof goes."
)
def compare(one: str, other: str | None, policy: Path | None, log_keys: tuple[str, ...], output: Path) -> None:
    """Say whether the checkpoints A and B are of one history; without B, A and the last one of this ledger.

    Where the log has shown two histories this ends with 5, and -o FILE has the proof that anybody can check. Where they
    are of one history, it has the consistency proof; that takes a copy of the ledger.
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
        output.write_bytes(found.to_bytes())
    _tell(found, output)


@checkpoint.command()
@click.argument("files", type=_FILE, nargs=-1, required=True, metavar="CHECKPOINT…")
def reconcile(files: tuple[str, ...]) -> None:
    """Let a restored ledger be signed again: each CHECKPOINT is a last one, as it was published, or a witness or an
    auditor has it, and the ledger must have all that was signed.

    Ask everybody who may have one: of a checkpoint that nobody shows nobody can know.
    """
    from ledger.replicate.backup import reconcile as reconciled

    where = config_of()
    with where.ledger() as ledger:
        with ledger.reading() as reader:
            ring = where.ring(reader.origin())
        last = reconciled(ledger, ring, map(_note, files))
    click.echo(f"Reconciled: the ledger has the {last.size} entries that were signed last, and can be signed again.")


@checkpoint.command()
@click.argument("file", type=_FILE)
@_WITNESS_KEY
def add(file: str, witness_keys: tuple[str, ...]) -> None:
    """Keep the cosignature in FILE, as a witness gave it out, with the checkpoint that it cosigned."""
    try:
        lines = _bytes(file).decode("utf-8", "replace").removesuffix("\n").split("\n")
        signatures = [Signature.parse(line) for line in lines]
    except LogError as error:
        raise Refused(Problem(str(error), "give what `checkpoint cosign` printed", place=Place(file))) from None
    with config_of().ledger() as ledger:
        note = checkpoints.keep_cosignatures(
            ledger, signatures, keys_of(witness_keys, KeyType.COSIGNATURE, "--witness-key")
        )
    click.echo(note.to_bytes(), nl=False)


@checkpoint.command()
@click.argument("url")
@_WITNESS_KEY
def witness(url: str, witness_keys: tuple[str, ...]) -> None:
    """Have the witness at URL cosign the last checkpoint (C2SP tlog-witness), keep its cosignature, print the note."""
    from ledger.publish import witness as witnesses

    keys = _witness_keys(witness_keys)
    if len(keys) != 1:
        raise click.UsageError("Give one --witness-key, that of the witness at URL.")
    with config_of().ledger() as ledger:
        click.echo(witnesses.ask(ledger, url, keys[0]).to_bytes(), nl=False)


@checkpoint.command()
@click.argument("file", type=_FILE)
@trust_options
@click.option("--sign-as", metavar="NAME", help="Which witness's key signs; needed where there are several.")
@click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), metavar="STATE",
    help="What this witness cosigned last; a file beside its key if it is not given.",
)  # fmt: skip
def cosign(file: str, policy: Path | None, log_keys: tuple[str, ...], sign_as: str | None, state: Path) -> None:
    """Be a witness, without a server: cosign the checkpoint in FILE if it continues what was cosigned before.

    FILE is what `checkpoint print --since SIZE` of the log gave out; the cosignature goes back to it, for `add`. The
    key is made with `keys create NAME --witness`. No ledger is needed.
    """
    from ledger.publish import witness as witnesses

    logs, ring = policy_of(policy, log_keys).logs, config_of().ring(WITNESSES)
    key = ring.chosen(quote(sign_as, safe="") if sign_as else None)
    body = _bytes(file)
    try:
        signature = witnesses.cosign_offline(
            state or ring.folder / f"{key}.state", body, logs, ring.read(key), int(time.time())
        )
    except CosignRefused as refused:
        raise _refusal(refused, file) from None
    click.echo(str(signature))


def _tell(found: ConsistencyFile | ForkFile, output: Path | None) -> None:
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
        click.echo(f"One history: {then.size} entries, which began as the {found.number} did.")


def _witness_keys(texts: tuple[str, ...]) -> list[Verifier]:
    return keys_of(texts, KeyType.COSIGNATURE, "--witness-key")


def _refusal(refused: CosignRefused, file: str) -> LedgerError:
    """How a witness's refusal ends: as the protocol has it, with what to do."""
    what = f"{file}: {refused.status}: {refused}"
    match refused.status:
        case 400:
            return Refused(what, hint="give what `checkpoint print --since SIZE` printed")
        case 404:
            return NotFound(what, hint="give the key of the log with --log-key, or a policy")
        case 409:
            return HeadMoved(what, hint=f"ask the log for `checkpoint print --since {refused.recorded}`")
        case 403:
            return NotVerified(what, hint="check the key of the log; after a rotation, get the new one")
    return NotVerified(what, hint="keep the file: with what was cosigned before it may show a second history")


def _note(file: str) -> SignedCheckpoint:
    try:
        return SignedCheckpoint.parse(_bytes(file))
    except LogError as error:
        raise Refused(Problem(str(error), "give a signed checkpoint", place=Place(file))) from None


def _bytes(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
