"""The tree and the proofs of RFC 6962, section 2.1, word for word and slow: what the log is held against."""

from functools import cache
from hashlib import sha256

LEAVES = [sha256(b"\x00%d" % i).digest() for i in range(1101)]


@cache
def mth(start: int, end: int) -> bytes:
    """MTH(D[start:end]) over LEAVES."""
    n = end - start
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return LEAVES[start]
    k = split(n)
    return sha256(b"\x01" + mth(start, start + k) + mth(start + k, end)).digest()


@cache
def path(m: int, start: int, end: int) -> tuple[bytes, ...]:
    """PATH(m, D[start:end]), with m counted from start."""
    n = end - start
    if n == 1:
        return ()
    k = split(n)
    if m < k:
        return (*path(m, start, start + k), mth(start + k, end))
    return (*path(m - k, start + k, end), mth(start, start + k))


def proof(m: int, n: int) -> tuple[bytes, ...]:
    """PROOF(m, D[0:n]), for 0 < m < n."""
    return subproof(m, 0, n, True)


@cache
def subproof(m: int, start: int, end: int, whole: bool) -> tuple[bytes, ...]:
    """SUBPROOF(m, D[start:end], whole), with m counted from start."""
    n = end - start
    if m == n:
        return () if whole else (mth(start, end),)
    k = split(n)
    if m <= k:
        return (*subproof(m, start, start + k, whole), mth(start + k, end))
    return (*subproof(m - k, start + k, end, False), mth(start, start + k))


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k
