"""The form of a proof file: JSON, `force-ledger/proof/v1`.

    {"schema": "force-ledger/proof/v1",
     "checkpoint": "<a signed checkpoint>",
     "entries": [{"position": 57, "entry": "<bytes>", "inclusion": ["<hash>", …], "submission": […]}, …],
     "extract": {"says": {"body", "ledger", "matters": {matter: [<last sequence>, "<leaf>"]}, "root", "size"},
                 "signature": "<the log key's>"}}

Bytes and hashes are in base64. ``inclusion`` proves that an entry is in the tree of the checkpoint. ``submission``
proves that its event id is in the tree over the event ids of its submission; the recorder signed that root. The file is
about the entries that have ``submission``. The others are their evidence: the first entry of each submission, which has
the signature; the entry that authorised the key; and the decision that withheld an entry. ``extract`` is present if the
file is about whole matters.
"""

from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import from_base64, read_hash, to_base64

Hashes = tuple[str, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Proven(_Strict):
    """An entry, and where it stands."""

    position: int
    entry: str
    inclusion: Hashes
    submission: Hashes | None = None

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return from_base64(self.entry)


class Extract(_Strict):
    """The log's statement that these are all entries of whole matters, and its signature."""

    says: dict[str, Any]
    signature: str


class ProofFile(_Strict):
    """A proof file."""

    schema_: Literal["force-ledger/proof/v1"] = Field("force-ledger/proof/v1", alias="schema")
    checkpoint: str
    entries: tuple[Proven, ...]
    extract: Extract | None = None

    @classmethod
    def parse(cls, data: bytes) -> "ProofFile":
        """Read a file. Raises LogError for bytes that `to_bytes` does not give."""
        try:
            found = cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise LogError(f"not a proof file: {where or 'it'}: {first['msg']}") from None
        if found.to_bytes() != data:
            raise LogError("not a proof file as it is written here: to write it again gives other bytes")
        return found

    def to_bytes(self) -> bytes:
        """The file."""
        fields = self.model_dump(by_alias=True, exclude_none=True)
        return orjson.dumps(fields, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    @property
    def note(self) -> SignedCheckpoint:
        """Its checkpoint. Raises LogError where that is none."""
        return SignedCheckpoint.parse(self.checkpoint.encode())


def written(hashes: "list[bytes]") -> Hashes:
    """The hashes of a proof, as they stand in a file."""
    return tuple(map(to_base64, hashes))


def read(hashes: Hashes) -> list[bytes]:
    """The hashes of a proof. Raises LogError for what is none."""
    return list(map(read_hash, hashes))
