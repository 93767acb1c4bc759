"""What can go wrong, in one tree. Errors carry objects; one place (ledger.cli) turns them into words and an exit code.

LedgerError                 exit  code
├── Refused                    3  refused       bad content, or against a rule; carries every problem
├── HeadMoved                  4  conflict      --expect-head named another head
├── NotVerified                5  verification  what is kept, or what is on record, does not bear checking
├── NotFound                   6  not-found     no such ledger, body, entry or id
├── AlreadyThere               1  already-there a ledger exists where one was to be created
├── Busy                       1  busy          another writer held the lock for too long
├── Damaged                    1  damaged       the database cannot be read or written
├── Unreachable                1  unreachable   a server cannot be reached, or does not allow this
├── KeyTrouble                 1  key           no usable key for signing
├── RolledBack                 1  rolled-back   the ledger is not what was signed: a backup took its place
├── WitnessTrouble             1  witness       a witness cannot be reached, or does not cosign
└── ClockBehind                1  clock         the clock is behind the last entry
"""

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """Where in the input something stands; lines and columns count from 1."""

    file: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part not in (None, ""))


NOWHERE = Place()


class Problem(NamedTuple):
    """One thing that is wrong: in which field, what, and what to do about it. A warning has the same form."""

    message: str
    hint: str = ""
    field: str = ""
    place: Place = NOWHERE

    def at(self, place: Place) -> "Problem":
        """The same problem, at a place."""
        return self._replace(place=place)

    def __str__(self) -> str:
        given_as_option = self.place.file.startswith("--")
        where = ": ".join(part for part in (str(self.place), "" if given_as_option else self.field) if part)
        return (f"{where}: " if where else "") + self.message + (f"; {self.hint}" if self.hint else "")


class LedgerError(Exception):
    """Something that a person can do something about; ``problems`` say what and where."""

    exit_code = 1
    code = "failure"

    def __init__(self, *problems: Problem | str, hint: str = "") -> None:
        self.problems: Sequence[Problem] = [Problem(p, hint) if isinstance(p, str) else p for p in problems]
        super().__init__("\n".join(map(str, self.problems)))


class Refused(LedgerError):
    """Bad content, or against a rule: nothing was written."""

    exit_code = 3
    code = "refused"


class HeadMoved(LedgerError):
    """Somebody else appended since."""

    exit_code = 4
    code = "conflict"


class NotVerified(LedgerError):
    """What is kept, or what is on record, does not bear checking."""

    exit_code = 5
    code = "verification"


class NotFound(LedgerError):
    """No such ledger, body, entry or id."""

    exit_code = 6
    code = "not-found"


class AlreadyThere(LedgerError):
    """A ledger stands where one was to be created."""

    code = "already-there"


class Busy(LedgerError):
    """Another writer held the lock for longer than we wait."""

    code = "busy"


class Damaged(LedgerError):
    """The database cannot be read or written."""

    code = "damaged"


class Unreachable(LedgerError):
    """A server, of a database or of a published log, cannot be reached, or does not allow this."""

    code = "unreachable"


class KeyTrouble(LedgerError):
    """There is no key to sign with, or it is not safe to use."""

    code = "key"


class RolledBack(LedgerError):
    """The ledger holds less than was signed, or something else: another checkpoint would show two histories."""

    code = "rolled-back"


class WitnessTrouble(LedgerError):
    """A witness cannot be reached, does not speak the protocol, or does not cosign."""

    code = "witness"


class ClockBehind(LedgerError):
    """The clock of this machine is behind the last entry by more than five minutes."""

    code = "clock"
