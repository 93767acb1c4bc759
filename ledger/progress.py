"""How far long work has come, for whoever waits."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Hears how much is done, of how much."""


def no_progress(done: int, of: int) -> None:
    """Nobody waits."""
