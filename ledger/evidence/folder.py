"""The evidence folder: copies of documents, named by the SHA-256 of their bytes in hex. See docs/evidence.md.

<ledger>.evidence/9f/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

import re
import secrets
from collections.abc import Iterator
from hashlib import sha256 as hashed
from pathlib import Path

from ledger import atomic
from ledger.errors import NotFound, NotVerified
from ledger.evidence.text import Text, read_text

_SHA256 = re.compile("[0-9a-f]{64}")


class Evidence:
    """The evidence folder of a ledger. Texts that were read are cached in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._texts: dict[str, Text] = {}

    def __iter__(self) -> Iterator[str]:
        """The SHA-256 of each document, in order."""
        names = (path.name for path in sorted(self.folder.glob("??/*")) if path == self.path(path.name))
        return filter(_SHA256.fullmatch, names)

    def __contains__(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def path(self, sha256: str) -> Path:
        """Where a document is, or would be."""
        return self.folder / sha256[:2] / sha256

    def add(self, file: Path) -> str:
        """Copy a file into the folder, and return its SHA-256. The copy is complete and durable, or absent.

        A document that is there already is only checked. Raises NotVerified where it has changed.
        """
        data = file.read_bytes()
        sha256 = hashed(data).hexdigest()
        if sha256 in self:
            self.read(sha256)
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
                self.read(sha256)
            else:
                other.read(sha256)
                self.add(other.path(sha256))

    def read(self, sha256: str) -> bytes:
        """The bytes of a document. Raises NotFound where it is not in the folder, NotVerified where it has changed."""
        path = self.path(sha256)
        if sha256 not in self:  # reading a pipe or a device instead might never end
            raise NotFound(f"{sha256[:12]}… is not in the evidence folder", hint="use `evidence add FILE`")
        data = path.read_bytes()
        if hashed(data).hexdigest() != sha256:
            raise NotVerified(
                f"the file {path} has changed",
                hint="restore it from a backup, or remove it and add the document again",
            )
        return data

    def text(self, sha256: str) -> Text:
        """The text of a document. Raises what `read` raises, and NoText if it has no readable text."""
        if sha256 not in self._texts:
            self._texts[sha256] = read_text(self.read(sha256))
        return self._texts[sha256]
