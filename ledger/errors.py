"""The errors, each with its problems, exit code and JSON code (docs/json.md). `ledger.cli` prints them."""

import errno
import re
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from events.characters import visible

_PASSWORD = r"(?i)(?<=:/)(/?[^\s/:@]*):\S*@|\b(password\s*=\s*)('[^']*'|[^\s&]+)"
"""Finds ``//user:password@`` and ``password=…``."""
MOST_SHOWN = 50
_LONGEST_REMEDY = 100_000  # characters: more than a batch to record instead


def shortened(text: str, most: int = 1000) -> str:
    """A text without the password of an address, and without its middle, if it is longer than that."""
    text = re.sub(_PASSWORD, lambda found: f"{found[1]}:…@" if found[2] is None else f"{found[2]}…", text)
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def like(text: str, words: Iterable[str], otherwise: str, most: int = 3) -> str:
    """What to do where there is no such word: take one that is like it; if there is none, do otherwise."""
    from difflib import get_close_matches  # slow to load, and rarely needed

    near = get_close_matches(text, [*words], most)
    return f"did you mean {' or '.join(near)}?" if near else otherwise


class Place(NamedTuple):
    """A place in the input. Lines and columns count from 1; ``cell`` names one of a table."""

    file: str = ""
    line: int | None = None
    column: int | None = None
    cell: str = ""

    def __str__(self) -> str:
        place = ":".join(str(value) for value in self[:3] if value not in (None, ""))
        return " ".join(filter(None, (place, self.cell)))


class Places(dict[str, Place]):
    """The places of the fields of one event, by field (``documents.0.quote``); ``""`` is the event itself."""

    def of(self, field: str) -> Place:
        """The place of a field, or of the nearest field that contains it."""
        while field and field not in self:
            field = field.rpartition(".")[0]
        return self.get(field, Place())


class Problem(NamedTuple):
    """What is wrong, what to do about it, and where: the field and its place. A warning has the same form.

    As text it has no hidden characters. What is wrong is one line of bounded length, whatever it quotes; a remedy may
    be a batch to record instead, line by line.
    """

    message: str
    hint: str = ""
    field: str = ""
    place: Place = Place()

    def __str__(self) -> str:
        field = "" if self.place.file.startswith("--") else self.field  # an option names its field already
        where = "".join(f"{shortened(text)}: " for text in (str(self.place), field) if text)
        wrong = (where + shortened(self.message)).replace("\n", "\\n")
        return visible(f"{wrong}; {shortened(self.hint, _LONGEST_REMEDY)}" if self.hint else wrong)


def install_extra(extra: str) -> str:
    """The command that installs what an extra needs into this very environment, from wherever the program came."""
    from importlib.metadata import requires
    from importlib.util import find_spec

    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    wanted = (found.partition(";") for found in requires("force-ledger") or ())
    names = " ".join(f"'{name.strip()}'" for name, _, marker in wanted if extra in marker.split("extra")[-1])
    pip = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
    return f"`{pip} {names}`"


def in_words(problems: Sequence[Problem]) -> list[str]:
    """The first problems, one text each, and how many more there are. Documents in JSON have all of them."""
    more = len(problems) - MOST_SHOWN
    return [*map(str, problems[:MOST_SHOWN]), *([f"and {more:,} more; --json gives them all"] if more > 0 else [])]


class LedgerError(Exception):
    """An error that a person can do something about: ``problems`` say what and where."""

    exit_code = 1
    code = "failure"

    def __init__(self, *problems: Problem | str, hint: str = "") -> None:
        self.problems: Sequence[Problem] = [Problem(p, hint) if isinstance(p, str) else p for p in problems]
        super().__init__("\n".join(in_words(self.problems)))


class Refused(LedgerError):
    """The content is wrong, or a rule forbids it. Nothing was written."""

    exit_code, code = 3, "refused"


class HeadMoved(LedgerError):
    """The ledger is not at the expected size: somebody else has appended."""

    exit_code, code = 4, "conflict"


class NotVerified(LedgerError):
    """A file, an entry, a proof or a signature failed verification."""

    exit_code, code = 5, "verification"


class NotFound(LedgerError):
    """There is no such ledger, body, entry or id."""

    exit_code, code = 6, "not-found"


class LaterVersion(LedgerError):
    """A later version of this program wrote something that this one does not know. Nothing is wrong with it."""

    exit_code, code = 7, "later-version"

    def __init__(self, what: str) -> None:
        super().__init__(what, hint="use a newer force-ledger; see `force-ledger help operations`")


class AlreadyThere(LedgerError):
    """A ledger cannot be created where one exists."""

    code = "already-there"


class Busy(LedgerError):
    """Another process has the lock for too long."""

    code = "busy"


class Damaged(LedgerError):
    """The database cannot be read or written."""

    code = "damaged"


class Unusable(Damaged):
    """The database cannot be opened or written now, which says nothing of what is in it."""


class DiskFull(LedgerError):
    """There is no room on a disk. That says nothing about the ledger."""

    code = "disk-full"

    def __init__(self, where: object, more: str = "") -> None:
        what = "nothing that was acknowledged is lost, and nothing half-written counts"
        super().__init__(f"there is no room left for {where}", hint=f"make room{more}, and run it again: {what}")


def is_full(error: BaseException) -> bool:
    """Whether an error of the system, or of SQLite, says that a disk or a quota is full.

    SQLite has an error of its own where it cannot enlarge the index of a WAL, which it does even to read.
    """
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in str(error)
    code = getattr(error.__cause__ or error, "sqlite_errorname", "")
    return full or code == "SQLITE_IOERR_SHMSIZE" or isinstance(error, DiskFull)


def check_room(error: Exception) -> None:
    """Raise DiskFull if an error in writing temporary files says that there is no room for them."""
    if is_full(error):
        from tempfile import gettempdir

        raise DiskFull(f"temporary files in {gettempdir()}", ", or name another folder in TMPDIR") from None


def as_ledger_error(error: OSError) -> LedgerError:
    """The LedgerError for an error of the operating system: a full disk, a file that may not be read or written."""
    if is_full(error):
        return DiskFull(error.filename or "what this command writes")
    return LedgerError(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error))


class Unreachable(LedgerError):
    """A server, of a database or of a published log, cannot be reached, or does not allow this."""

    code = "unreachable"


class KeyTrouble(LedgerError):
    """There is no key to sign with, or it cannot be used safely."""

    code = "key"


class RolledBack(LedgerError):
    """The ledger has fewer or other entries than were signed. Another checkpoint would contradict the signed one."""

    code = "rolled-back"


class WitnessTrouble(LedgerError):
    """A witness cannot be reached, does not speak the protocol, or does not cosign."""

    code = "witness"


class ClockTrouble(LedgerError):
    """The clock is behind the last entry; or so far ahead that a person has to confirm it."""

    code = "clock"
