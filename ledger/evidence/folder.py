"""The evidence folder: copies of documents, named by the SHA-256 of their bytes in hex. See docs/evidence.md.

<ledger>.evidence/9f/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

A file is written under another name, brought to disk and renamed, so it is there whole or not at all. Every read hashes
the file again.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ledger import atomic
from ledger.errors import NotFound, NotVerified
from ledger.evidence.text import Text, read_text

_AT_ONCE = 1 << 20  # bytes
_SHA256 = re.compile("[0-9a-f]{64}")


class Evidence:
    """The evidence folder of a ledger. It remembers every text that was read."""

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
        """Where the document of that SHA-256 is, if the folder has it."""
        return self.folder / sha256[:2] / sha256

    def add(self, file: Path) -> str:
        """Copy a file into the folder, durably; its SHA-256.

        A document that is there already is only checked. Raises NotVerified where it has changed.
        """
        with file.open("rb") as source:
            self.folder.mkdir(parents=True, exist_ok=True)
            copy = self.folder / f".{secrets.token_hex(8)}.new"
            try:
                sha256 = _copied(source, copy)
                if sha256 in self:
                    self.read(sha256)
                else:
                    path = self.path(sha256)
                    path.parent.mkdir(exist_ok=True)
                    copy.replace(path)
                    for folder in (path.parent, self.folder, self.folder.parent):
                        atomic.sync(folder)
            finally:
                copy.unlink(missing_ok=True)
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
        if sha256 not in self:  # a pipe or a device in its place would be read for ever
            raise NotFound(f"{sha256[:12]}… is not kept", hint="`evidence add FILE`")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise NotVerified(
                f"the kept file {path} has changed",
                hint="restore it from a backup, or remove it and add the document again",
            )
        return data

    def text(self, sha256: str) -> Text:
        """The text of a document. Raises as `read`, and NoText where it has none that can be read."""
        if sha256 not in self._texts:
            self._texts[sha256] = read_text(self.read(sha256))
        return self._texts[sha256]


def _copied(source: BinaryIO, copy: Path) -> str:
    digest = hashlib.sha256()
    with copy.open("xb") as file:
        while block := source.read(_AT_ONCE):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
