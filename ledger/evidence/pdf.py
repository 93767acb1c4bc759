"""The text of a PDF, read by pypdf in a process of its own, as a hostile file can take any time and all memory.

python -m ledger.evidence.pdf reads a PDF from stdin, and prints {"pages": [...]} or {"error": "..."}.
"""

import json
import subprocess
import sys
from io import BytesIO

_LONGEST = 16 << 20  # characters
_PATIENCE = 120  # seconds; a report of 200 pages takes ten
_MEMORY = 4 << 30  # bytes


class CannotRead(ValueError):
    """A PDF without text that can be read; the message says why."""


def pages_of(data: bytes, patience: float = _PATIENCE) -> list[str]:
    """The text of each page. Raises CannotRead."""
    try:  # with -P no folder of the user's is searched for modules
        program = [sys.executable, "-P", "-m", __name__]
        done = subprocess.run(program, input=data, capture_output=True, timeout=patience, check=True)
    except subprocess.TimeoutExpired:
        raise CannotRead(f"that takes longer than {patience:g} seconds") from None
    except subprocess.CalledProcessError:
        raise CannotRead("that takes too much memory, or ends pypdf") from None
    read = json.loads(done.stdout)
    if "error" in read:
        raise CannotRead(read["error"])
    return list(read["pages"])


def read_here(data: bytes) -> list[str]:
    """The same in this process, which that may end."""
    import logging

    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs a warning for every fault that it repairs
    pages: list[str] = []
    room = _LONGEST
    try:
        for page in pypdf.PdfReader(BytesIO(data)).pages:
            pages.append(page.extract_text())
            room -= len(pages[-1])
            if room < 0:
                raise CannotRead(f"its text is longer than {_LONGEST >> 20} MiB")  # noqa: TRY301
    except Exception as error:  # a damaged, encrypted or hostile file can raise any error
        raise CannotRead(str(error) or type(error).__name__) from error
    return pages


def _main() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        answer: dict[str, object] = {"pages": read_here(sys.stdin.buffer.read())}
    except CannotRead as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _main()
