"""How far long work has come, for whoever waits."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Hears how much is done, of how much."""


def unheard(done: int, of: int) -> None:
    """Nobody waits."""
