"""The one way out: while a command runs, sys.stdout and sys.stderr are Screens."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO, cast

from events.characters import visible


class Screen:
    """A text stream that shows hidden characters, and those that its encoding lacks, as `visible` does.

    Bytes, which are data for a program, pass through ``buffer`` as they are; on a terminal they are shown like text.
    There is no ``fileno``: click would write to the console of Windows instead.
    """

    encoding, errors = "utf-8", "backslashreplace"  # so that click writes any text to it

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.isatty, self.flush = stream.isatty, stream.flush
        self.buffer = _Bytes(self) if stream.isatty() else getattr(stream, "buffer", _Bytes(self))

    def write(self, text: str) -> int:
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(visible(text).encode(encoding, "backslashreplace").decode(encoding))
        return len(text)


class _Bytes:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.flush = screen.flush

    def write(self, data: bytes) -> int:
        return self._screen.write(data.decode("utf-8", "replace"))


@contextmanager
def screens() -> Iterator[None]:
    """Make Screens of sys.stdout and sys.stderr, unless they are closed."""
    out, err = (stream and cast(TextIO, Screen(stream)) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(err):
        yield
