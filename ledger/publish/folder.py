"""A folder for others to read, such as that of a web server: every file is whole or as it was before.

No link in the folder is followed, and nothing outside it is written.
"""

from pathlib import Path

from ledger import atomic
from ledger.errors import Refused
from ledger.files import read

FILE_MODE, _FOLDER_MODE = 0o644, 0o755  # so that a web server can read it


class PublicFolder:
    """Writes files below a folder, each atomically; their names are durable after `sync`. A file that already has
    the same bytes is left alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = self.removed = 0
        self._unsynced: set[Path] = set()
        self._checked = {""}

    def make(self, folder: Path) -> None:
        """Make a folder and those above it. Raises Refused where something else is in its place."""
        if not folder.is_dir():
            if folder.is_symlink() or folder.exists():
                what = "a link that leads nowhere" if folder.is_symlink() else "a file"
                raise Refused(f"{folder} is {what}, and no folder", hint="remove it, or write to another folder")
            self.make(folder.parent)
            folder.mkdir(exist_ok=True)
            folder.chmod(_FOLDER_MODE)  # despite the umask
            self._unsynced.add(folder.parent)

    def path(self, name: str) -> Path:
        """Where a file is, or would be. Raises Refused if it is not below the folder, or it or a folder between is a
        link."""
        above, _, own = name.rpartition("/")
        if above not in self._checked:
            self.path(above)
            self._checked.add(above)
        path = self.folder / name
        if own in ("", ".", "..") or name.startswith("/"):
            raise Refused(f"{name} is no file below {self.folder}", hint="write to another folder")
        if path.is_symlink():
            raise Refused(f"{path} is a link: it is not followed", hint="remove it, or write to another folder")
        return path

    def read(self, name: str) -> bytes:
        return read(self.path(name))

    def replace(self, name: str, data: bytes) -> None:
        path = self.path(name)
        if not path.exists() or self.read(name) != data:
            self.make(path.parent)
            atomic.place(path, data, self.folder / ".new", FILE_MODE)
            self._unsynced.add(path.parent)
            self.written += 1

    def sync(self) -> None:
        for folder in filter(Path.is_dir, self._unsynced):
            atomic.sync(folder)
        self._unsynced.clear()
