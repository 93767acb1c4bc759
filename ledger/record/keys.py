"""The keys on this machine: one folder for each ledger in the user's own folder, readable by nobody else.

<config folder>/force-ledger/keys/<origin, / as %2F>/log.key              the log key
                                                        /<recorder>.key        a recorder's key
                                                        /<either>+<hash>.key   its successor, until the rotation is done
                                                        /checkpoint            what the log key signed last
                                                        /place                 in which file, or on which server
                                                        /restored              disables the keys: see `restored`

A file holds a signer key as C2SP signed-note writes it. A key that is encrypted with a passphrase has the verifier key
on a line, and below it the private key in PKCS #8 (PEM).
"""

import os
import re
import stat
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.recorder import RECORDER_NAME
from ledger import atomic, files
from ledger.errors import KeyTrouble, Place, Problem, Refused, RolledBack
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import from_base64, to_base64
from ledger.log.key import Signer, Verifier

if TYPE_CHECKING:  # so that looking for keys loads little
    from ledger.store.reader import Reader

LOG_KEY = "log"
WITNESSES = "_witnesses"
"""The folder of witnesses' keys, each in a file of its name, / as %2F. No origin begins with an underscore."""

WITHOUT_LOG_KEY = (
    "sign on the machine that has it, or put it back from its copy; if it is lost, see `force-ledger help operations`"
)
"""What to do where the log key is needed, and not there."""

Ask = Callable[[str], str | None]
"""Returns the passphrase of the key in a file; None if there is nobody to ask."""


def check_recorders_name(name: str, option: str) -> None:
    """Raise Refused unless a recorder may have that name: letters, digits, ``._@-``, and not the log key's name."""
    if name == LOG_KEY or not re.fullmatch(RECORDER_NAME, name):
        remedy = "write it like keeper or j.clerk"
        raise Refused(Problem(f"'{name}' cannot be a name here", remedy, place=Place(option)))


def given_passphrase(file: str = "") -> str | None:
    """The passphrase in FORCE_LEDGER_PASSPHRASE."""
    return os.environ.get("FORCE_LEDGER_PASSPHRASE") or None


class KeyRing:
    """The keys on this machine for the ledger of one origin."""

    def __init__(self, origin: str, folder: Path | None = None, ask: Ask = given_passphrase) -> None:
        self.origin = origin
        self.folder = (folder or keys_folder()) / quote(origin, safe="")
        self._ask = ask

    def create(self, file: str, name: str, passphrase: str | None = None) -> Signer:
        """Make a key and write it to a file. Raises KeyTrouble where there is one of that name already."""
        signer = _generated(name)
        self._write(file, signer, passphrase)
        return signer

    def create_successor(self, file: str, name: str, passphrase: str | None = None) -> tuple[str, Signer]:
        """Make the key that will replace another, in a file of its own; returns the name of that file, and the key."""
        signer = _generated(name)
        successor = f"{file}+{signer.verifier.hash}"
        self._write(successor, signer, passphrase)
        return successor, signer

    def successors(self, file: str) -> list[str]:
        """The files of keys that were made to replace a key, and have not replaced it yet."""
        return self.files(f"{file}+*")

    @property
    def checkpoint(self) -> Path:
        """The file of the checkpoint that the log key signed last."""
        return self.folder / "checkpoint"

    def last_checkpoint(self) -> bytes | None:
        """The checkpoint that the log key signed last; None if it signed nothing on this machine."""
        return files.read(self.checkpoint) if self.checkpoint.exists() else None

    def check_log_key_is_not_lost(self) -> None:
        """Raise KeyTrouble if the log key has signed on this machine, and is gone from it."""
        if self.checkpoint.exists() and not (self.has(LOG_KEY) or self.successors(LOG_KEY)):
            raise KeyTrouble(f"the log key is gone from {self.folder}, where it has signed", hint=WITHOUT_LOG_KEY)

    def check_has_what_was_signed(self, reader: "Reader") -> None:
        """Raise RolledBack where entries are missing that were signed on this machine. Others in their place would bar
        the way to them."""
        if (data := self.last_checkpoint()) is None:
            return
        try:
            known, head = SignedCheckpoint.parse(data).checkpoint, reader.head()
            has = known.size <= head.size and reader.tree(head.size).root(known.size) == known.root
        except LogError:
            return  # signing tells it
        if not has:
            raise RolledBack(
                f"the ledger lacks what was signed on this machine, up to #{known.size - 1}: a backup took its place, "
                "or these keys recorded in a copy of its file",
                hint="record in the file that has them, or bring the missing entries in from there (`force-ledger "
                "copy`); if there is none, create another ledger, so that this one has one history; `force-ledger "
                "practice` makes a copy to try things in",
            )

    def signed_in(self) -> str:
        """Where the ledger was when the log key signed last; empty if that is not known."""
        return os.fsdecode(files.read(self._place)) if self._place.exists() else ""

    def remember_place(self, place: str) -> None:
        """Store where the ledger is that the log key signs."""
        if place != self.signed_in():
            atomic.write(self._place, os.fsencode(place))

    @property
    def _place(self) -> Path:
        return self.folder / "place"

    @property
    def restored(self) -> Path:
        """A file that disables the keys: the ledger was restored from a backup, and newer entries and checkpoints may
        exist."""
        return self.folder / "restored"

    def make_folder(self) -> None:
        """Make the folder, closed to others, if it is not there."""
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def replace(self, file: str, successor: str) -> None:
        """Replace a key by its successor, atomically and durably."""
        self._path(successor).replace(self._path(file))
        atomic.sync(self.folder)

    def discard(self, file: str) -> None:
        self._path(file).unlink(missing_ok=True)

    def recorder(self, name: str | None) -> Signer:
        """The key of the recorder of that name, or of the only one there is. Raises KeyTrouble as `chosen`, `read`."""
        return self.read(self.chosen(name))

    def chosen(self, name: str | None) -> str:
        """The file of the recorder of that name, or of the only one there is. Raises KeyTrouble where there is none, or
        where there are several and no name was given."""
        if name is not None:
            return name
        names = self.recorders()
        if not names:
            remedy = "set FORCE_LEDGER_KEYS to the folder of your keys"
            if os.environ.get("FORCE_LEDGER_KEYS"):
                remedy = (
                    f"FORCE_LEDGER_KEYS is {os.environ['FORCE_LEDGER_KEYS']}: `unset FORCE_LEDGER_KEYS`, or {remedy}"
                )
            raise KeyTrouble(f"there is no key to sign with in {self.folder}", hint=remedy)
        if len(names) > 1:
            several = ", ".join(map(unquote, names))
            raise KeyTrouble(f"there are several keys ({several})", hint="say which with --sign-as")
        return names[0]

    def read(self, file: str) -> Signer:
        """The key in that file. Raises KeyTrouble where it is missing, damaged, encrypted with another passphrase, or
        disabled, or where others can read it or write to its folder."""
        if self.restored.exists():
            raise KeyTrouble(
                "the ledger was restored from a backup, and more may have been recorded and signed since",
                hint="give the last checkpoint that anybody has: `force-ledger checkpoint reconcile CHECKPOINT`; until "
                "then nothing is recorded or signed here, because it would bar the way to the missing entries",
            )
        text = self._text(file)
        try:
            return self._decrypted(file, text) if _is_encrypted(text) else Signer.parse(text)
        except LogError as error:
            raise self._damaged(file, error) from None

    def verifier(self, file: str) -> Verifier:
        """The public half of a key, for which no passphrase is needed. Raises KeyTrouble as `read`."""
        text = self._text(file)
        try:
            return Verifier.parse(text.split("\n")[0]) if _is_encrypted(text) else Signer.parse(text).verifier
        except LogError as error:
            raise self._damaged(file, error) from None

    def is_encrypted(self, file: str) -> bool:
        return _is_encrypted(self._text(file))

    def is_at_hand(self, file: str) -> bool:
        """Whether a key is on this machine and can be read without asking for a passphrase."""
        return self.has(file) and (given_passphrase() is not None or not self.is_encrypted(file))

    def verifiers(self) -> dict[str, Verifier]:
        """The public halves of all keys here that can be read, by file."""
        found = {}
        for file in self.files():
            with suppress(KeyTrouble):
                found[file] = self.verifier(file)
        return found

    def has(self, file: str) -> bool:
        return self._path(file).exists()

    def files(self, pattern: str = "*") -> list[str]:
        """The files of all keys here, or of those whose names are of a pattern."""
        return sorted(path.stem for path in self.folder.glob(f"{pattern}.key"))

    def recorders(self) -> list[str]:
        """The files of recorders' keys, without those of keys that will replace them."""
        return [file for file in self.files() if file != LOG_KEY and "+" not in file]

    def _path(self, file: str) -> Path:
        return self.folder / f"{file}.key"

    def _write(self, file: str, signer: Signer, passphrase: str | None) -> None:
        """Write a key atomically, and never over another."""
        path = self._path(file)
        self.make_folder()
        self._check_folder()
        import tempfile

        handle, building = tempfile.mkstemp(prefix=".", suffix=".new", dir=self.folder)  # of mode 0600
        with ExitStack() as undo:
            undo.callback(Path(building).unlink, missing_ok=True)
            with atomic.naming(path), os.fdopen(handle, "w") as text:
                text.write(f"{signer.secret_text()}\n" if passphrase is None else _encrypted(signer, passphrase))
                text.flush()
                os.fsync(text.fileno())
            try:
                os.link(building, path)
            except FileExistsError:
                remedy = "move it away, or choose another name"
                raise KeyTrouble(f"there is a key {path} already", hint=remedy) from None
            undo.callback(path.unlink, missing_ok=True)  # it may not be durable
            Path(building).unlink()
            atomic.sync(self.folder)
            undo.pop_all()

    def _text(self, file: str) -> str:
        path = self._path(file)
        try:
            self._check_folder()
            if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise KeyTrouble(f"the key {path} can be read by others", hint=f"chmod 600 {path}")
            return files.read(path).decode()
        except FileNotFoundError:
            remedy = WITHOUT_LOG_KEY if file == LOG_KEY else "give another --sign-as"
            raise KeyTrouble(f"there is no key {path}", hint=remedy) from None
        except UnicodeDecodeError as error:
            raise self._damaged(file, error) from None

    def _check_folder(self) -> None:
        """Raise KeyTrouble where others can look into the folder, or put another in its place."""
        for folder, others in (self.folder, 0o077), (self.folder.parent, 0o022):
            mode = folder.stat().st_mode
            sticky = folder != self.folder and mode & stat.S_ISVTX  # in such a folder nobody moves what is another's
            if os.name == "posix" and mode & others and not sticky:
                raise KeyTrouble(f"the folder of keys {folder} is open to others", hint=f"chmod 700 {folder}")

    def _decrypted(self, file: str, text: str) -> Signer:
        path, passphrase = self._path(file), self._ask(file)
        if passphrase is None:
            remedy = "give it in FORCE_LEDGER_PASSPHRASE"
            raise KeyTrouble(f"the key {path} is encrypted with a passphrase", hint=remedy)
        signer = _decrypt(text, passphrase)
        if signer is None:
            lost = "a keeper can revoke the key and authorise another"
            if file.partition("+")[0] == LOG_KEY:
                lost = "see `force-ledger help operations`"
            raise KeyTrouble(
                f"this passphrase does not decrypt the key {path}", hint=f"try again; if it is lost, {lost}"
            )
        return signer

    def _damaged(self, file: str, error: Exception) -> KeyTrouble:
        return KeyTrouble(f"the key {self._path(file)} cannot be used: {error}", hint="restore it from a backup")


def keys_folder() -> Path:
    """The folder of all keys: FORCE_LEDGER_KEYS, or the user's config folder."""
    if given := os.environ.get("FORCE_LEDGER_KEYS"):
        return Path(given)
    from platformdirs import user_config_path

    return user_config_path("force-ledger", appauthor=False) / "keys"


def _generated(name: str) -> Signer:
    try:
        return Signer.generate(name)
    except LogError as error:
        raise KeyTrouble(str(error)) from None


def _is_encrypted(text: str) -> bool:
    return "\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n" in text


def _encrypted(signer: Signer, passphrase: str) -> str:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    key = Ed25519PrivateKey.from_private_bytes(from_base64(signer.secret_text().split("+", 4)[4])[1:])
    encryption = BestAvailableEncryption(passphrase.encode())
    return f"{signer.verifier}\n{key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()}"


def _decrypt(text: str, passphrase: str) -> Signer | None:
    """The key in an encrypted text; None for another passphrase. Raises LogError where it is not the key that the first
    line names."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    verifier, _, pem = text.partition("\n")
    try:
        key = load_pem_private_key(pem.encode(), passphrase.encode())
    except ValueError:
        return None
    if not isinstance(key, Ed25519PrivateKey):
        raise LogError("not an Ed25519 key")
    seed = to_base64(b"\x01" + key.private_bytes_raw())
    return Signer.parse(f"PRIVATE+KEY+{Verifier.parse(verifier).id}+{seed}")
