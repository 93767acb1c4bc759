"""What an audit found: checks, each with what is wrong and where."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 20  # in words; the positions are all there
_NOT_DONE = "not looked at, for what is wrong elsewhere"


@dataclass
class Check:
    """One thing to look at. It is well if that was done and nothing was found; notes take nothing from it."""

    name: str
    done: str = ""
    found: list[tuple[int | None, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether it was done, and nothing was found."""
        return bool(self.done) and not self.found

    @property
    def positions(self) -> list[int]:
        """The entries in which something was found."""
        return sorted({position for position, _ in self.found if position is not None})

    @property
    def detail(self) -> str:
        """What was found, or what was done; and the notes."""
        where: dict[str, list[int]] = {}
        for position, what in self.found:
            where.setdefault(what, []).extend([] if position is None else [position])
        told = [": ".join(filter(None, (_numbers(positions), what))) for what, positions in where.items()]
        more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
        return "; ".join([*(told[:_SHOWN] or [self.done or _NOT_DONE]), *more, *self.notes])

    def to_json(self) -> dict[str, Any]:
        """As the `verify` document has it."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail, "positions": self.positions}


def _numbers(positions: list[int]) -> str:
    shown = [f"#{position}" for position in positions[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(positions) - _SHOWN} more" if len(positions) > _SHOWN else "")


def _shown(what: str) -> str:
    """What is said, without what would command a terminal: a file can call things by any name."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in what)


class Report:
    """The checks of an audit, in their order, with the size and root that the bytes have."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}
        self.size = 0
        self.root = b""

    def check(self, name: str, done: str = "") -> Check:
        """The check of that name; ``done`` says what it amounts to where nothing is found, once it is done."""
        check = self.checks.setdefault(name, Check(name))
        check.done = done or check.done
        return check

    def wrong(self, name: str, what: str, position: int | None = None) -> None:
        """Something that is wrong, at a position where it has one."""
        self.check(name).found.append((position, _shown(what)))

    def note(self, name: str, what: str) -> None:
        """Something that a reader should know, and that is not wrong."""
        notes = self.check(name).notes
        if what not in notes:
            notes.append(what)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.ok for check in self.checks.values())

    def sound(self, names: Iterable[str]) -> bool:
        """Whether nothing was found in these checks so far, so that others can go on from there."""
        return not any(self.checks[name].found for name in names if name in self.checks)

    @property
    def first_bad(self) -> int | None:
        """The first entry in which something is wrong; None where nothing is, or nothing that has a position."""
        return min((position for check in self.checks.values() for position in check.positions), default=None)
