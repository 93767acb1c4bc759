"""Canonical JSON: every value has exactly one encoding.

RFC 8785 (JCS) in a strict profile: no floats, no null, integers within ±(2^53-1), object keys in ASCII, strings in
Unicode normalisation form NFC. Inside the profile any RFC 8785 encoder gives the same bytes. orjson is used because it
is fast; tests/events/test_canonical.py compares it with another encoder.
"""

import unicodedata
from typing import Any

import orjson

_LARGEST = 2**53 - 1
Encoded = orjson.Fragment
"""Bytes that `encode` returned; within a larger value they are copied as they are."""


class CanonicalError(ValueError):
    """A value or bytes outside the profile. The message names the place."""


def encode(value: Any) -> bytes:
    """The canonical bytes of a value made of dict, list, tuple, str, int, bool and Encoded.

    Raises CanonicalError for any other value.
    """
    try:
        if fault := _fault(value):
            raise CanonicalError(f"${fault}")
        # orjson leaves its bytes in a buffer of 4 KiB; a batch of many events holds three for each
        return bytes(memoryview(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)))
    except RecursionError:
        raise CanonicalError("nested too deep") from None
    except TypeError as error:  # lone surrogates: not valid Unicode
        raise CanonicalError(str(error)) from None


def decode(data: bytes) -> Any:
    """The value of canonical bytes.

    Raises CanonicalError unless encoding the value again gives the same bytes. That refuses duplicate keys, other
    spellings of a number, spaces and unsorted keys.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CanonicalError(f"not JSON: {error}") from None
    if encode(value) != data:
        raise CanonicalError("not in canonical form (RFC 8785): re-encoding gives other bytes")
    return value


def _fault(value: Any) -> str | None:
    """The path to what is outside the profile, and why; None for a value inside it."""
    if isinstance(value, str):
        return None if value.isascii() or unicodedata.is_normalized("NFC", value) else ": text is not in Unicode NFC"
    if isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                return f": key {key!r} is not ASCII text"
            if isinstance(item, str) and item.isascii():  # as most are
                continue
            if fault := _fault(item):
                return f".{key}{fault}"
        return None
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if fault := _fault(item):
                return f"[{index}]{fault}"
        return None
    if isinstance(value, int):
        return None if abs(value) <= _LARGEST else ": integer beyond 2^53-1"
    if isinstance(value, Encoded):
        return None
    return f": {type(value).__name__} has no place in canonical JSON here"
