"""Which key may sign, in which role, and what needs a second recorder: from the matters `ledger` and `recorder/…`.

Authority depends on positions in the log, never on a clock. What was on record before the first entry of a submission
decides. So a key may sign its own revocation, but not its own authorisation. Only the first submission authorises
itself: entry 0 opens the ledger, and entry 1 authorises the key that signs both.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from events import Entry
from events.recorder import (
    LedgerOpened,
    LogKeyRotated,
    PolicySet,
    RecorderAuthorised,
    RecorderRecovered,
    RecorderRevoked,
    Role,
    key_id,
)

_FIRST_SUBMISSION = 2
END_OF_LOG = 2**62
"""A position after every entry."""


@dataclass(frozen=True, kw_only=True)
class _Tenure:
    """Valid from the entry at ``since`` to the entry at ``until``, which ends it; None if nothing has ended it."""

    since: int
    until: int | None = None

    def holds(self, at: int) -> bool:
        """Whether it is valid for a submission whose first entry is at that position."""
        return self.since < max(at, _FIRST_SUBMISSION) and (self.until is None or self.until >= at)


@dataclass(frozen=True, kw_only=True)
class AuthorisedKey(_Tenure):
    """A log key: it signs checkpoints, and the recovery of a keeper. A recorder's key: see `Recorder`."""

    key: str

    @property
    def id(self) -> str:
        """Its name and hash: ``clerk+5f2a9c01``."""
        return key_id(self.key)


@dataclass(frozen=True, kw_only=True)
class Recorder(AuthorisedKey):
    """A key that may sign submissions, in a role; if ``kinds`` are given, of these kinds only."""

    role: Role
    kinds: tuple[str, ...] = ()
    name: str | None = None
    recovered: bool = False


@dataclass(frozen=True, kw_only=True)
class FourEyesPolicy(_Tenure):
    """The kinds and subjects that need a second recorder's approval."""

    four_eyes: tuple[str, ...] = ()


T = TypeVar("T", bound=_Tenure)


class Authority:
    """Every key and policy that was ever on record, the earliest first. ``at`` is the position of a submission's first
    entry; use END_OF_LOG for the next submission."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.recorders: list[Recorder] = []
        self.log_keys: list[AuthorisedKey] = []
        self.policies: list[FourEyesPolicy] = []
        for entry in sorted(entries, key=lambda entry: entry.position):
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Add the next entry; entries of other matters change nothing."""
        event, here = entry.content, entry.position
        match event:
            case LedgerOpened():
                self.log_keys.append(AuthorisedKey(key=event.log_key, since=here))
            case LogKeyRotated():
                self.log_keys = [_ended(key, here) for key in self.log_keys]
                self.log_keys.append(AuthorisedKey(key=event.log_key, since=here))
            case PolicySet():
                self.policies = [_ended(policy, here) for policy in self.policies]
                self.policies.append(FourEyesPolicy(four_eyes=event.four_eyes, since=here))
            case RecorderAuthorised():
                self.recorders.append(
                    Recorder(key=event.key, role=event.role, kinds=event.kinds, name=event.name, since=here)
                )
            case RecorderRecovered():
                self.recorders.append(
                    Recorder(key=event.key, role="keeper", name=event.name, recovered=True, since=here)
                )
            case RecorderRevoked():
                self.recorders = [_ended(r, here) if r.id == event.recorder else r for r in self.recorders]
            case _:
                pass

    def key(self, id: str) -> AuthorisedKey | None:
        """The key of that id, whether it is still valid or not; None where there never was one."""
        return next((key for key in (*self.recorders, *self.log_keys) if key.id == id), None)

    def recorder(self, id: str, at: int) -> Recorder | None:
        """The recorder of that key id; None where it is not authorised."""
        return next((recorder for recorder in self.recorders_at(at) if recorder.id == id), None)

    def recorders_at(self, at: int) -> list[Recorder]:
        """The recorders whose keys are authorised."""
        return [recorder for recorder in self.recorders if recorder.holds(at)]

    def log_key(self, at: int) -> AuthorisedKey | None:
        """The key of the log; None before the ledger is opened."""
        return next((key for key in self.log_keys if key.holds(at)), None)

    def four_eyes(self, at: int) -> tuple[str, ...]:
        """The kinds and subjects that need a second recorder's approval."""
        return next((policy.four_eyes for policy in self.policies if policy.holds(at)), ())


def _ended(tenure: T, here: int) -> T:
    return tenure if tenure.until is not None else replace(tenure, until=here)
