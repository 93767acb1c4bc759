"""Canonical JSON: one value, one sequence of bytes.

RFC 8785 (JCS) in a strict profile: no floats, no null, integers within ±(2^53-1), object keys in
ASCII, strings in Unicode normalisation form NFC. Inside the profile any RFC 8785 encoder gives the
same bytes; orjson is used because it is fast, and the tests compare it with another encoder.
"""

import unicodedata
from typing import Any

import orjson

_LARGEST = 2**53 - 1


class CanonicalError(ValueError):
    """A value or bytes outside the profile; the message names the place."""


def encode(value: Any) -> bytes:
    """The canonical bytes of a value made of dict, list, tuple, str, int and bool.

    Raises CanonicalError where the value is outside the profile.
    """
    try:
        _check(value, "$")
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except RecursionError:
        raise CanonicalError("nested too deep") from None
    except TypeError as error:  # lone surrogates: not valid Unicode
        raise CanonicalError(str(error)) from None


def decode(data: bytes) -> Any:
    """The value of canonical bytes.

    Raises CanonicalError unless encoding the value again gives the same bytes: duplicate keys, other
    spellings of a number, spaces and unsorted keys are all caught by that.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CanonicalError(f"not JSON: {error}") from None
    if encode(value) != data:
        raise CanonicalError("not in canonical form (RFC 8785): re-encoding gives other bytes")
    return value


def _check(value: Any, path: str) -> None:
    match value:
        case str():
            if not value.isascii() and not unicodedata.is_normalized("NFC", value):
                raise CanonicalError(f"{path}: text is not in Unicode NFC")
        case bool():
            pass
        case int():
            if abs(value) > _LARGEST:
                raise CanonicalError(f"{path}: integer beyond 2^53-1")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise CanonicalError(f"{path}: key {key!r} is not ASCII text")
                _check(item, f"{path}.{key}")
        case list() | tuple():
            for index, item in enumerate(value):
                _check(item, f"{path}[{index}]")
        case _:
            raise CanonicalError(f"{path}: {type(value).__name__} has no place in canonical JSON here")
