"""Where the keys are: in the user's own folder, one folder for each ledger, readable by nobody else.

<config folder>/force-ledger/keys/<origin, / as %2F>/log.key            the ledger's own key
                                                        /<recorder>.key    a recorder's key
"""

import os
import stat
from pathlib import Path
from urllib.parse import quote

from platformdirs import user_config_path

from ledger.errors import KeyTrouble
from ledger.log import LogError
from ledger.log.key import Signer

LOG_KEY = "log"


class KeyRing:
    """The keys on this machine for the ledger of one origin."""

    def __init__(self, origin: str, folder: Path | None = None) -> None:
        self.folder = (folder or keys_folder()) / quote(origin, safe="")

    def create(self, file: str, name: str) -> Signer:
        """Make a key and keep it. Raises KeyTrouble where there is one of that name already."""
        path = self.folder / f"{file}.key"
        try:
            signer = Signer.generate(name)
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except LogError as error:
            raise KeyTrouble(str(error)) from None
        except FileExistsError:
            raise KeyTrouble(f"there is a key {path} already", hint="move it away, or give another --origin") from None
        with os.fdopen(handle, "w") as file_:
            file_.write(signer.secret_text() + "\n")
            file_.flush()
            os.fsync(file_.fileno())
        return signer

    def recorder(self, name: str | None) -> Signer:
        """The key to sign with: the recorder of that name, or the only one there is.

        Raises KeyTrouble where there is none, or more than one and no name was given.
        """
        names = sorted(path.stem for path in self.folder.glob("*.key") if path.stem != LOG_KEY)
        if name is None and len(names) != 1:
            found = f"several keys ({', '.join(names)})" if names else f"no recorder's key in {self.folder}"
            remedy = "say which with --sign-as" if names else "set FORCE_LEDGER_KEYS to the folder that holds yours"
            raise KeyTrouble(f"there is {found} for this ledger" if not names else f"there are {found}", hint=remedy)
        return self.read(name or names[0])

    def read(self, file: str) -> Signer:
        """The key of that name. Raises KeyTrouble where it is missing, damaged or readable by others."""
        path = self.folder / f"{file}.key"
        try:
            if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise KeyTrouble(f"the key {path} can be read by others", hint=f"chmod 600 {path}")
            return Signer.parse(path.read_text("utf-8"))
        except FileNotFoundError:
            raise KeyTrouble(f"there is no key {path}", hint="give another --sign-as") from None
        except (LogError, UnicodeDecodeError) as error:
            raise KeyTrouble(f"the key {path} cannot be used: {error}", hint="restore it from a backup") from None

    def discard(self, file: str) -> None:
        """Take back a key that `create` has just made, because what it was made for did not come about."""
        (self.folder / f"{file}.key").unlink(missing_ok=True)


def keys_folder() -> Path:
    """The folder of all keys: FORCE_LEDGER_KEYS, or the user's config folder."""
    if given := os.environ.get("FORCE_LEDGER_KEYS"):
        return Path(given)
    return user_config_path("force-ledger", appauthor=False) / "keys"
