"""Whose signatures are trusted: a policy file, or keys on the command line."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from ledger import files
from ledger.errors import Place, Problem, Refused
from ledger.log import LogError
from ledger.log.key import KeyType, Verifier
from ledger.log.policy import Policy


def trust_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say whose checkpoints are trusted; `policy_of` turns them into a policy."""
    for option in (
        click.option(
            "--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
            help="Logs, witnesses and quorum, as in C2SP tlog-policy.",
        ),
        click.option("--log-key", "log_keys", multiple=True, metavar="VKEY", help="A log's key, as `vkey` prints it."),
    ):  # fmt: skip
        command = option(command)
    return command


def policy_of(policy: Path | None, log_keys: Sequence[str]) -> Policy:
    """The policy of a file, or one that trusts these log keys and needs no witness. Raises Refused for a bad one."""
    if policy and log_keys:
        raise click.UsageError("Give --policy or --log-key, not both.")
    if not (policy or log_keys):
        raise click.UsageError("Say whose checkpoints you trust: give --log-key VKEY, or --policy FILE.")
    if not policy:
        return Policy(tuple(keys_of(log_keys)))
    try:
        return Policy.parse(files.read(policy).decode("utf-8", "replace"))
    except LogError as error:
        raise Refused(Problem(str(error), "correct the policy", place=Place(str(policy)))) from None


def keys_of(texts: Sequence[str], type: KeyType = KeyType.ED25519, option: str = "--log-key") -> list[Verifier]:
    """The verifier keys in an option. Raises Refused with a problem for each text that is not a key."""
    found, problems = [], []
    for text in texts:
        try:
            found.append(Verifier.parse(text, type))
        except LogError as error:
            problems.append(Problem(str(error), "copy it as it was printed", place=Place(option)))
    if problems:
        raise Refused(*problems)
    return found
