"""Witnesses: who sees to it that a log shows everybody the same, as in C2SP tlog-witness.

A log sends a witness its newest checkpoint, with the proof that it grew out of the last one that this witness saw:
the body of ``add-checkpoint``, which is a consistency proof file (see ledger.log.prooffile). The answer is a
cosignature, or one of the refusals of the protocol:

    400   the body is not one, or its old size is beyond that of the checkpoint
    403   none of the log's keys has signed the checkpoint, or a signature is bad
    404   the log is not known here
    409   the old size is not what this witness last saw; ``recorded`` is
    422   the proof does not hold, or another root has been seen at this size: the log may show two faces
"""

from collections.abc import Iterable, Mapping

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.key import Signer, Verifier
from ledger.log.note import Signature
from ledger.log.proof import check_consistency
from ledger.log.prooffile import ConsistencyFile
from ledger.log.tree import EMPTY_ROOT

State = Mapping[str, Checkpoint]
"""The last checkpoint that was cosigned, by origin."""


class CosignRefused(LogError):
    """A witness does not cosign: the status of the protocol, and with 409 the size that it last saw."""

    def __init__(self, status: int, message: str, recorded: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.recorded = recorded


def cosign(
    state: State, body: bytes, logs: Iterable[Verifier], witness: Signer, now: int
) -> tuple[dict[str, Checkpoint], Signature]:
    """The state after cosigning the checkpoint of a body, and the cosignature, of a time in seconds since 1970.

    Whoever calls this saves the new state before giving the cosignature away, in one step with the reading of the
    old: else two requests could both be granted. Raises CosignRefused.
    """
    try:
        asked = ConsistencyFile.parse(body)
    except LogError as error:
        raise CosignRefused(400, str(error)) from None
    new = asked.checkpoint.checkpoint
    keys = [key for key in logs if key.name == new.origin]
    if not keys:
        raise CosignRefused(404, f"the log {new.origin} is not known here")
    try:
        asked.checkpoint.verify(keys)
    except LogError as error:
        raise CosignRefused(403, str(error)) from None
    if asked.old > new.size:
        raise CosignRefused(400, f"the old size {asked.old} is beyond the checkpoint, of {new.size}")
    last = state.get(new.origin) or Checkpoint(new.origin, 0, EMPTY_ROOT)
    if asked.old != last.size:
        raise CosignRefused(409, f"the last checkpoint seen here was of {last.size}, not {asked.old}", last.size)
    try:
        check_consistency(asked.proof, last.size, new.size, last.root, new.root)
    except LogError as error:
        raise CosignRefused(422, str(error)) from None
    return {**state, new.origin: new}, asked.checkpoint.cosign(witness, now)
