"""Ed25519 keys that are weak, and signatures that hold for them: what a forger needs no private key for.

A key of small order makes `[S]B = R + [k]A` easy: with R = [S]B it holds whenever [k]A is nothing, which is so for one
message in eight at least (RFC 8032, section 5.1.7). A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z.
"""

import base64
from hashlib import sha256, sha512
from itertools import count

Point = tuple[int, int, int, int]

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, P) % P
_EIGHT = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL = (0, 1, P - 1, _EIGHT, P - _EIGHT)
"""The y of the eight points of small order: order 4, 1, 2, 8 and 8. Two points share each of the y of order 4 and 8."""


def _encodings(y: int) -> list[bytes]:
    """A y with each sign of x; as it is, and again with p added where that fits."""
    return [(form | sign << 255).to_bytes(32, "little") for form in (y, y + P) if form < 2**255 for sign in (0, 1)]


WEAK = {data.hex(): data for y in SMALL for data in _encodings(y)}
"""All 14 encodings of the points of small order, those that RFC 8032 does not decode included."""
NOT_CANONICAL = {data.hex(): data for y in (3, 4, 5, 6, 9, 10, 14, 15, 16, 18) for data in _encodings(y)[2:]}
"""All encodings of other points that RFC 8032 does not decode: their y is p or more."""
TWINS = {
    name: (one.to_bytes(32, "big"), other.to_bytes(32, "big"))
    for name, one, other in (("clerk", 3619, 51960), ("example.org/test-ledger", 15779, 127365))
}
"""The seeds of two keys that have one hash under a name (C2SP signed-note): some 2^16 tries find such a pair."""


def decoded(data: bytes) -> Point:
    """The point of an encoding, also where RFC 8032 decodes none."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number % 2**255 % P
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square, "no such point"
    x = x if x & 1 == sign else -x % P
    return x, y, 1, x * y % P


def encoded(point: Point) -> bytes:
    x, y, z, _ = point
    x, y = (c * pow(z, -1, P) % P for c in (x, y))
    return (y | (x & 1) << 255).to_bytes(32, "little")


def add(one: Point, other: Point) -> Point:
    """RFC 8032, section 5.1.4."""
    a, b = (one[1] - one[0]) * (other[1] - other[0]), (one[1] + one[0]) * (other[1] + other[0])
    c, d = 2 * one[3] * other[3] * _D, 2 * one[2] * other[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    found = (0, 1, 1, 0)
    for bit in f"{scalar:b}":
        found = add(found, found)
        found = add(found, point) if bit == "1" else found
    return found


BASE = decoded(bytes.fromhex("58" + "66" * 31))


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    """k of RFC 8032, section 5.1.7."""
    return int.from_bytes(sha512(r + public + message).digest(), "little") % L


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether [S]B = R + [k]A, and nothing else: what a careless verifier asks."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    right = add(decoded(r), times(challenge(r, public, message), decoded(public)))
    return encoded(times(s, BASE)) == encoded(right)


def forged(public: bytes, message: bytes) -> bytes:
    """A signature of a key of small order, made without any private key."""
    for s in count(1):
        signature = encoded(times(s, BASE)) + s.to_bytes(32, "little")
        if holds(public, message, signature):
            return signature
    raise AssertionError


def vkey(name: str, public: bytes, type: int = 1) -> str:
    """The verifier key of a public key, whatever it is."""
    key = bytes([type]) + public
    hash_ = sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    return f"{name}+{hash_}+{base64.b64encode(key).decode()}"
