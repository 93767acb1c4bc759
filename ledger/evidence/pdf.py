"""The text of a PDF, read by pypdf in a process of its own (`ledger.apart`).

python -m ledger.evidence.pdf reads a PDF from stdin, and prints its pages; with the argument `metadata` its title and
date.
"""

from io import BytesIO
from typing import Any

from ledger import apart
from ledger.apart import CannotRead

_LONGEST = 16 << 20  # characters
_MEMORY = 4 << 30  # bytes


def pages_of(data: bytes, patience: float = apart.PATIENCE) -> list[str]:
    """The text of each page. Raises CannotRead."""
    return list(apart.ask(__name__, data, patience=patience))


def metadata_of(data: bytes) -> dict[str, str]:
    """The ``title`` and the day on which it was made (``dated``), as far as a PDF gives them. Raises CannotRead."""
    return dict(apart.ask(__name__, data, "metadata"))


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


def _read(data: bytes, what: str = "") -> Any:
    return metadata_here(data) if what else read_here(data)


if __name__ == "__main__":
    apart.serve(_read, _MEMORY)
