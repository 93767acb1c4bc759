"""The checkpoint that follows what was written."""

import click

from ledger.cli.config import Config
from ledger.errors import LedgerError
from ledger.publish import checkpoints
from ledger.record.keys import LOG_KEY, KeyRing, given_passphrase
from ledger.store.store import Store


def sign_after(where: Config, ledger: Store, passphrase: str | None = None) -> None:
    """Sign what was just written, where the log key is here and nobody has to be asked for its passphrase.

    What was written is durable: a checkpoint that cannot be signed now is a warning, and is signed next time.
    """
    try:
        with ledger.reading() as reader:
            ring = KeyRing(reader.origin(), where.keys, lambda file: passphrase or given_passphrase(file))
        if passphrase or ring.is_at_hand(LOG_KEY):
            checkpoints.sign(ledger, ring)
    except (LedgerError, OSError) as error:
        click.echo(f"Warning: no checkpoint was signed: {error}", err=True)
