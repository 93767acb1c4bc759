"""Ask a witness over HTTP for its cosignature, or be one offline (C2SP tlog-witness).

The state file of a witness holds the last checkpoint that it cosigned of each log: their texts, with a blank line
between them.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from ledger import atomic, files, web
from ledger.errors import NotVerified, RolledBack, WitnessTrouble
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import read_number
from ledger.log.key import Signer, Verifier
from ledger.log.note import Signature
from ledger.log.witness import State, cosign
from ledger.publish.checkpoints import keep_cosignatures, last_signed
from ledger.publish.consistency import consistency_file
from ledger.store.store import Store

_LONGEST = 65_536
_MEANING = {
    400: "it cannot read what it was sent",
    403: "it does not accept the log's signature; it may have an earlier log key",
    404: "it does not know this log, or this is not its address",
}


def ask(ledger: Store, url: str, witness: Verifier) -> SignedCheckpoint:
    """Have a witness cosign the last signed checkpoint, and store its cosignature; the checkpoint with it.

    Raises WitnessTrouble if it does not; NotVerified if it cosigned another history, or its signature is bad;
    RolledBack if it cosigned more of the log than there is.
    """
    with ledger.reading() as reader:
        note = last_signed(reader)
        size, seen = note.size, _last_cosigned(reader.checkpoints(), witness)
    for _ in range(3):  # the witness reports what it cosigned last; another request at the same time may change that
        with ledger.reading() as reader:
            request = consistency_file(reader, seen, note)
        status, body, headers = _post(url, request.to_bytes())
        match status:
            case 200:
                return keep_cosignatures(ledger, _signatures(body, url), [witness])
            case 409:
                seen = _size(body, url)
                if seen > size:
                    raise RolledBack(
                        f"{url} has cosigned {seen} entries, and {size} are signed here",
                        hint="restore the newest copy of the ledger; if it is, sign a checkpoint",
                    )
            case 422:
                raise NotVerified(
                    f"{url} has cosigned another history: {_words(body)}",
                    hint="get its checkpoint, and see `force-ledger checkpoint compare`",
                )
            case _ if 300 <= status < 400:
                raise _trouble(url, f"it redirects to {headers['Location']}, and that is not followed")
            case _:
                raise _trouble(url, f"{status}: {_MEANING.get(status, _words(body))}")
    raise _trouble(url, "it keeps changing what it has seen")


def cosign_offline(state: Path, body: bytes, logs: Iterable[Verifier], witness: Signer, now: int) -> Signature:
    """The cosignature for the request of a log, at a time in seconds since 1970, once the state file is durable.

    Raises CosignRefused; NotVerified if the state file cannot be read; Busy if another process holds its lock.
    """
    with atomic.locked(state.with_name(f".{state.name}.lock")):
        after, signature = cosign(_state(state), body, logs, witness, now)
        atomic.write(state, "\n".join(checkpoint.text for checkpoint in after.values()).encode())
    return signature


def _state(path: Path) -> State:
    try:
        text = files.read(path).decode()
        found = [Checkpoint.parse(f"{part}\n") for part in text.removesuffix("\n").split("\n\n")]
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise NotVerified(
            f"the state of the witness, {path}, cannot be read: {error}", hint="restore it from a backup"
        ) from None
    return {checkpoint.origin: checkpoint for checkpoint in found}


def _last_cosigned(notes: Iterable[SignedCheckpoint], witness: Verifier) -> int:
    """The size of the last checkpoint that a witness cosigned, as far as is known here."""
    sizes = (note.size for note in notes if any(signature.key_id == witness.id for signature in note.signatures))
    return next(sizes, 0)


def _post(url: str, body: bytes) -> web.HttpResponse:
    """The answer of a witness to a body for `add-checkpoint`."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise WitnessTrouble("the address of the witness names a user", hint="leave the user and the password out")
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            try:
                return web.ask(f"{url.rstrip('/')}/add-checkpoint", _LONGEST, {"Content-Type": "text/plain"}, body)
            except web.NoAnswer as error:
                raise _trouble(url, str(error)) from None
    raise _trouble(url, "that is no address of a witness: it begins with https://")


def _signatures(body: bytes, url: str) -> tuple[Signature, ...]:
    try:
        return Signature.parse_all(body.decode())
    except ValueError as error:
        raise _trouble(url, f"its answer is no cosignature: {error}") from None


def _size(body: bytes, url: str) -> int:
    try:
        return read_number(body.decode().removesuffix("\n"))
    except ValueError:
        raise _trouble(url, "it cosigned another size, and does not say which") from None


def _words(body: bytes) -> str:
    """The body of an answer on one line."""
    return " ".join(body[:300].decode("utf-8", "replace").split()) or "it does not say why"


def _trouble(url: str, what: str) -> WitnessTrouble:
    return WitnessTrouble(f"{url}: {what}", hint="the checkpoint is signed; ask again, or another witness")
