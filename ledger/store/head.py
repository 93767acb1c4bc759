"""The head of a ledger."""

from typing import NamedTuple


class Head(NamedTuple):
    """How far a ledger has come: the number of its entries, and the root of the tree over them."""

    size: int
    root: bytes
