"""The evidence folder: copies of documents, named by the SHA-256 of their bytes in hex. See docs/evidence.md.

<ledger>.evidence/9f/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

import re
import secrets
from collections.abc import Iterator
from hashlib import file_digest
from hashlib import sha256 as hashed
from io import BufferedReader
from pathlib import Path

from ledger import atomic, files
from ledger.errors import NotFound, NotVerified
from ledger.evidence.text import NoText, Text, TooSlow, read_text

_IN_MEMORY = 64 << 20  # characters of texts
_REMEDY = "restore it from a backup, or remove it and add the document again"
_SHA256 = re.compile("[0-9a-f]{64}")


class Evidence:
    """The evidence folder of a ledger. Texts that were read are cached in memory, and whether they have a quote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._texts: dict[str, Text | NoText] = {}
        self._found: dict[tuple[str, str], str | NoText] = {}

    def __iter__(self) -> Iterator[str]:
        """The SHA-256 of each document, in order."""
        names = (path.name for path in sorted(self.folder.glob("??/*")) if path == self.path(path.name))
        return (name for name in names if _SHA256.fullmatch(name))

    def __contains__(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def path(self, sha256: str) -> Path:
        """Where a document is, or would be."""
        return self.folder / sha256[:2] / sha256

    def add(self, file: Path) -> str:
        """Copy a file into the folder, and return its SHA-256. The copy is complete and durable, or absent.

        A document that is there already is only checked. Raises NotVerified where it has changed, Refused for more
        than 256 MiB.
        """
        data = files.read(file)
        sha256 = hashed(data).hexdigest()
        if sha256 in self:
            self.check(sha256)
        else:
            path = self.path(sha256)
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic.place(path, data, self.folder / f".{secrets.token_hex(8)}.new", 0o644)
            for folder in (path.parent, self.folder, self.folder.parent):
                atomic.sync(folder)
        return sha256

    def add_all(self, other: "Evidence") -> None:
        """Copy every document of another folder. Raises NotVerified where a document has changed, here or there."""
        for sha256 in other:
            if sha256 in self:
                self.check(sha256)
            else:
                other.check(sha256)
                self.add(other.path(sha256))

    def check(self, sha256: str) -> None:
        """Raises NotFound where a document is not in the folder, NotVerified where it has changed or is no file."""
        with self._opened(sha256) as file:
            self._compare(sha256, file_digest(file, "sha256").hexdigest())

    def read(self, sha256: str) -> bytes:
        """The bytes of a document. Raises what `check` raises, and NoText if they are too many."""
        with self._opened(sha256) as file:
            data = file.read(files.LARGEST + 1)
        if len(data) > files.LARGEST:
            raise NoText(f"it is larger than {files.LARGEST >> 20} MiB")
        self._compare(sha256, hashed(data).hexdigest())
        return data

    def _opened(self, sha256: str) -> BufferedReader:
        path = self.path(sha256)
        if path.is_file():
            return path.open("rb")
        if path.exists():  # to read a pipe or a device might never end
            raise NotVerified(f"{path} is no file", hint=_REMEDY)
        raise NotFound(f"{sha256[:12]}… is not in the evidence folder", hint="use `evidence add FILE`")

    def _compare(self, sha256: str, found: str) -> None:
        if found != sha256:
            raise NotVerified(f"the file {self.path(sha256)} has changed", hint=_REMEDY)

    def text(self, sha256: str) -> Text:
        """The text of a document. Raises what `read` raises, and NoText if it has no readable text."""
        text = self._texts.pop(sha256, None) or self._read_text(sha256)
        self._texts[sha256] = text  # the one that was used last is last
        while len(self._texts) > 1 and sum(map(_size, self._texts.values())) > _IN_MEMORY:
            del self._texts[next(iter(self._texts))]
        if isinstance(text, NoText):
            raise text
        return text

    def holds(self, sha256: str, quote: str) -> str:
        """The extractor of the text in which a quote was found; empty if it is not in it. Raises what `text` raises."""
        asked = (sha256, quote)
        if asked not in self._found:
            self._found[asked] = self._look_up(sha256, quote)
        if isinstance(found := self._found[asked], NoText):
            raise found
        return found

    def _look_up(self, sha256: str, quote: str) -> str | NoText:
        text = self.text(sha256)
        try:
            return text.extractor if text.holds(quote) else ""
        except TooSlow as error:
            return error

    def _read_text(self, sha256: str) -> Text | NoText:
        try:
            return read_text(self.read(sha256))
        except NoText as error:
            return error


def _size(text: Text | NoText) -> int:
    return len(text.folded) + len(text.joined) if isinstance(text, Text) else 0
