"""The text of a PDF, read by pypdf in a process of its own, as a hostile file can take any time and all memory.

python -m ledger.evidence.pdf reads a PDF from stdin, and prints {"pages": [...]} or {"error": "..."}; with the argument
`metadata` {"title": "...", "dated": "..."}.
"""

import json
import subprocess
import sys
from io import BytesIO
from typing import Any

_LONGEST = 16 << 20  # characters
_PATIENCE = 120  # seconds; a report of 200 pages takes ten
_MEMORY = 4 << 30  # bytes


class CannotRead(ValueError):
    """A PDF without text that can be read; the message says why."""


def pages_of(data: bytes, patience: float = _PATIENCE) -> list[str]:
    """The text of each page. Raises CannotRead."""
    return list(_read_apart(data, patience)["pages"])


def metadata_of(data: bytes) -> dict[str, str]:
    """The ``title`` and the day on which it was made (``dated``), as far as a PDF gives them. Raises CannotRead."""
    return dict(_read_apart(data, _PATIENCE, "metadata"))


def _read_apart(data: bytes, patience: float, *what: str) -> dict[str, Any]:
    try:  # with -P no folder of the user's is searched for modules
        program = [sys.executable, "-P", "-m", __name__, *what]
        done = subprocess.run(program, input=data, capture_output=True, timeout=patience, check=True)
    except subprocess.TimeoutExpired:
        raise CannotRead(f"that takes longer than {patience:g} seconds") from None
    except subprocess.CalledProcessError:
        raise CannotRead("that takes too much memory, or ends pypdf") from None
    read = json.loads(done.stdout)
    if "error" in read:
        raise CannotRead(read["error"])
    return dict(read)


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


def metadata_here(data: bytes) -> dict[str, str]:
    """What `metadata_of` returns, read in this process."""
    import pypdf

    try:
        told = pypdf.PdfReader(BytesIO(data)).metadata
        made = told.creation_date if told else None
        found = {"title": str(told.title or "").strip() if told else "", "dated": f"{made:%Y-%m-%d}" if made else ""}
    except Exception as error:  # as above
        raise CannotRead(str(error) or type(error).__name__) from error
    return {name: text for name, text in found.items() if text}


def _main() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        data = sys.stdin.buffer.read()
        answer: dict[str, Any] = metadata_here(data) if sys.argv[1:] else {"pages": read_here(data)}
    except CannotRead as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _main()
