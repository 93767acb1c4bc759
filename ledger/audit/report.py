"""The result of an audit: its checks, each with what is wrong and where."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from events import Entry
from events.characters import visible
from ledger.errors import shortened

_SHOWN = 20  # shown in words
_MOST = 100_000  # that a check keeps in memory
_NOT_DONE = "not checked, or not to the end"


@dataclass
class Check:
    """One check. It is ok if it was done and found nothing wrong; notes do not change that."""

    name: str
    done: str = ""
    found: list[tuple[int | None, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return bool(self.done) and not self.found

    @property
    def positions(self) -> list[int]:
        return sorted({position for position, _ in self.found if position is not None})

    @property
    def detail(self) -> str:
        """What was found, else what was done; and the notes."""
        where: dict[str, list[int]] = {}
        for position, what in self.found:
            where.setdefault(what, []).extend([] if position is None else [position])
        texts = [": ".join(filter(None, (_numbers(positions), what))) for what, positions in where.items()]
        more = [f"and {len(texts) - _SHOWN} more"] if len(texts) > _SHOWN else []
        return "; ".join([*(texts[:_SHOWN] or [self.done or _NOT_DONE]), *more, *self.notes])

    def to_json(self) -> dict[str, Any]:
        """As the `verify` document has it."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail, "positions": self.positions}


def _numbers(positions: list[int]) -> str:
    shown = [f"#{position}" for position in positions[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(positions) - _SHOWN} more" if len(positions) > _SHOWN else "")


class Report:
    """The checks of an audit, in their order, and the size and root of the audited entries."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}
        self.size = 0
        self.root = b""
        self.later: Entry | None = None
        """The first entry that a later version of this program wrote, if any: from there on no rules are checked."""

    def check(self, name: str, done: str = "") -> Check:
        """The check of that name. Once it is done, pass in ``done`` what is true if nothing wrong was found."""
        check = self.checks.setdefault(name, Check(name))
        check.done = done or check.done
        return check

    def wrong(self, name: str, what: str, position: int | None = None) -> None:
        if len(found := self.check(name).found) < _MOST:
            found.append((position, visible(shortened(what))))

    def note(self, name: str, what: str) -> None:
        """Report, once, something that a reader should know but that is not wrong."""
        notes = self.check(name).notes
        if what not in notes:
            notes.append(what)

    @property
    def ok(self) -> bool:
        """Whether every check was done, and none found anything."""
        return all(check.ok for check in self.checks.values())

    @property
    def found_nothing(self) -> bool:
        """Whether no check, done or not, found anything."""
        return not any(check.found for check in self.checks.values())

    def sound(self, names: Iterable[str]) -> bool:
        """Whether these checks have found nothing so far."""
        return not any(self.checks[name].found for name in names if name in self.checks)

    @property
    def first_bad(self) -> int | None:
        """The first entry in which something is wrong, if any has a position."""
        return min((position for check in self.checks.values() for position in check.positions), default=None)
