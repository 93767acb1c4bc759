"""The head of a ledger."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """How far a ledger has come: the number of its entries, and the root of the tree over them."""

    size: int
    root: bytes
