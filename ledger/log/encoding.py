"""Numbers, bytes and hashes in the texts of the log. Each has one form.

a number    decimal, no sign and no leading zero, below 2^63      1234
bytes       standard base64, as `to_base64` writes it, only   gy5gl3aksFyiCO95a/1vLXz88A3dRq+0l9Sxte8ZqZQ=
a hash      the base64 of 32 bytes
"""

import base64
import re
import reprlib

from ledger.log import LogError
from ledger.log.tree import HASH_SIZE

_NUMBER = re.compile("0|[1-9][0-9]{0,18}")


class NotCanonical(LogError):
    """Base64 in another form than the one that is written here."""


def read_number(text: str) -> int:
    """Raises LogError for any other text."""
    if not _NUMBER.fullmatch(text) or (number := int(text)) >= 2**63:
        raise LogError(f"{reprlib.repr(text)} is not a number, or one with a leading zero, or too large")
    return number


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Raises LogError for a text that is not base64, NotCanonical for another form of the same bytes than `to_base64`
    writes."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:  # also for text that is not ASCII
        raise LogError(f"{reprlib.repr(text)} is not base64") from None
    if to_base64(data) != text:
        raise NotCanonical(f"{reprlib.repr(text)} is not base64 as it is written here")
    return data


def read_hash(text: str) -> bytes:
    """Raises LogError for anything but the base64 of 32 bytes."""
    data = from_base64(text)
    if len(data) != HASH_SIZE:
        raise LogError(f"{reprlib.repr(text)} is not the base64 of {HASH_SIZE} bytes")
    return data
