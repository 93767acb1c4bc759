"""Witnesses: each cosigns one history of a log only, so that the log must show everybody the same (C2SP tlog-witness).

A log sends a witness its newest checkpoint, with the consistency proof from the last one that this witness cosigned:
a consistency file (ledger.log.proof_file), the body of ``add-checkpoint``. The witness answers with a cosignature, or
refuses with a status of the protocol:

    400   the body is malformed, or its old size is larger than the checkpoint
    403   the log has not signed the checkpoint, or a signature is bad or in base64 that is not canonical
    404   the log is unknown to this witness
    409   this witness cosigned another size last, ``recorded``
    422   the proof is wrong, or another root was cosigned at this size: the log may have two histories
"""

from collections.abc import Iterable, Mapping

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.key import Signer, Verifier
from ledger.log.note import BadSignature, Signature
from ledger.log.proof import check_consistency
from ledger.log.proof_file import ConsistencyFile
from ledger.log.tree import EMPTY_ROOT

State = Mapping[str, Checkpoint]
"""The last checkpoint that the witness cosigned, by origin."""


class CosignRefused(LogError):
    """A witness does not cosign. ``status`` is the protocol's; with 409, ``recorded`` is the size it cosigned last."""

    def __init__(self, status: int, message: str, recorded: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.recorded = recorded


def cosign(
    state: State, body: bytes, logs: Iterable[Verifier], witness: Signer, now: int
) -> tuple[dict[str, Checkpoint], Signature]:
    """Cosign the checkpoint of a body, at a time in seconds since 1970: the new state, and the cosignature.

    The caller must read the old state and save the new one in one atomic step, before it answers: otherwise two
    requests could both succeed. Raises CosignRefused.
    """
    logs = list(logs)
    try:
        asked = ConsistencyFile.parse(body)
    except BadSignature as error:
        origin = body.partition(b"\n\n")[2].partition(b"\n")[0]
        known = origin in [key.name.encode() for key in logs]
        raise CosignRefused(403 if known else 404, str(error)) from None
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
    if asked.number > new.size:
        raise CosignRefused(400, f"the old size {asked.number} is beyond the checkpoint, of {new.size}")
    last = state.get(new.origin) or Checkpoint(new.origin, 0, EMPTY_ROOT)
    if asked.number != last.size:
        raise CosignRefused(409, f"the last checkpoint seen here was of {last.size}, not {asked.number}", last.size)
    try:
        check_consistency(asked.proof, last.size, new.size, last.root, new.root)
    except LogError as error:
        raise CosignRefused(422, str(error)) from None
    return {**state, new.origin: new}, asked.checkpoint.cosign(witness, now)
