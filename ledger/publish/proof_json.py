"""The JSON form of a proof file: `force-ledger/proof/v1`.

    {"schema": "force-ledger/proof/v1",
     "checkpoint": "<a signed checkpoint>",
     "entries": [{"position": 57, "entry": "<bytes>", "salted": "<bytes>", "inclusion": ["<hash>", …],
                  "submission": […]}, …],
     "extract": {"says": {"body", "ledger", "matters": {matter: [<last sequence>, "<leaf>"]}, "root", "size"},
                 "signature": "<the log key's>"}}

docs/format.md ("Proof files") says what each field means.
"""

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError

from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import from_base64, to_base64


def _bytes(value: Any) -> Any:
    return from_base64(value) if isinstance(value, str) else value


def _checkpoint(value: Any) -> SignedCheckpoint:
    return value if isinstance(value, SignedCheckpoint) else SignedCheckpoint.parse(str(value).encode())


def _text(note: SignedCheckpoint) -> str:
    return note.to_bytes().decode()


Data = Annotated[bytes, BeforeValidator(_bytes), PlainSerializer(to_base64)]
"""Bytes, in JSON as base64."""
Note = Annotated[SignedCheckpoint, PlainValidator(_checkpoint), PlainSerializer(_text)]
"""A signed checkpoint, in JSON as its text."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ProvenEntry(_Strict):
    """An entry with its data and its proofs. The file is about those that have ``submission``; the others are
    evidence."""

    position: int
    entry: Data
    salted: Data | None = None
    inclusion: tuple[Data, ...]
    submission: tuple[Data, ...] | None = None


class Extract(_Strict):
    """The log's statement that these are all entries of whole matters, and its signature."""

    says: dict[str, Any]
    signature: str


class ProofFile(_Strict):
    """Entries of a log, with the signed checkpoint that proves them."""

    schema_: Literal["force-ledger/proof/v1"] = Field("force-ledger/proof/v1", alias="schema")
    checkpoint: Note
    entries: tuple[ProvenEntry, ...]
    extract: Extract | None = None

    @classmethod
    def parse(cls, data: bytes) -> "ProofFile":
        """Read a file. Raises LogError for bytes that `to_bytes` does not write."""
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
        fields = self.model_dump(by_alias=True, exclude_none=True)
        return orjson.dumps(fields, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
