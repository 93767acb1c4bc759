"""A machine that stops: from the n-th thing that is done to the disk on, nothing is done any more."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

STEPS = ("open", "fsync", "chmod", "replace", "unlink", "mkdir", "rmdir")


class Stopped(BaseException):
    """The machine stopped; no handler of errors sees that."""


@contextmanager
def stopping_at(step: int) -> Iterator[None]:
    """Stop at a step, counted from 0; raises Stopped where it came to that."""
    done = count()

    def stop(real: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*args: Any, **kwargs: Any) -> Any:
            if next(done) >= step:
                raise Stopped
            return real(*args, **kwargs)

        return instead

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, stop(getattr(os, name)))
        yield


def stops(act: Callable[[], object]) -> Iterator[int]:
    """Do something again and again, each time stopping a step later, until it comes through; the step each time."""
    for step in count():
        try:
            with stopping_at(step):
                act()
        except Stopped:
            yield step
        else:
            assert step > 3, "nothing was done to the disk"
            return
