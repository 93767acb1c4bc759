"""The one way out: while a command runs, sys.stdout and sys.stderr are Screens."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO, cast

from events.characters import visible


class Screen:
    """A text stream that shows hidden characters, and those that its encoding lacks, as `visible` does; messages are
    wrapped to the width of a terminal.

    Bytes, which are data for a program, pass through ``buffer`` as they are; on a terminal they are shown like text.
    There is no ``fileno``: click would write to the console of Windows instead.
    """

    encoding, errors = "utf-8", "backslashreplace"  # so that click writes any text to it

    def __init__(self, stream: TextIO, *, messages: bool = False) -> None:
        self.stream = stream
        self._wraps = messages and stream.isatty()
        self.isatty, self.flush = stream.isatty, stream.flush
        self.buffer = _Bytes(self) if stream.isatty() else getattr(stream, "buffer", _Bytes(self))

    def write(self, text: str) -> int:
        shown = visible(text)
        self.show(_wrapped(shown) if self._wraps else shown)
        return len(text)

    def show(self, text: str) -> None:
        """Write a text as it is, as far as the encoding has its characters."""
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


class _Bytes:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.flush = screen.flush

    def write(self, data: bytes) -> int:
        self._screen.show(visible(data.decode("utf-8", "replace")))
        return len(data)


def _wrapped(text: str) -> str:
    """A text with its long lines wrapped between words, the rest of each indented."""
    import shutil  # slow to load, and only needed on a terminal

    width, lines = shutil.get_terminal_size().columns, text.split("\n")
    for n, line in enumerate(lines):
        if len(line) > width:
            import textwrap  # rarely needed

            indent = " " * (len(line) - len(line.lstrip()) + 4)
            lines[n] = textwrap.fill(
                line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
    return "\n".join(lines)


@contextmanager
def screens() -> Iterator[None]:
    """Make Screens of sys.stdout and sys.stderr, unless they are closed."""
    out = sys.stdout and cast(TextIO, Screen(sys.stdout))
    err = sys.stderr and cast(TextIO, Screen(sys.stderr, messages=True))
    with redirect_stdout(out), redirect_stderr(err):
        yield
