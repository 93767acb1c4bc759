"""A batch as a person wrote it: mappings, lists and texts, and the place of each. No type is guessed."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from events.characters import UNSEEN
from events.entry import LONGEST
from ledger.errors import Place, Places, Problem


@dataclass(slots=True)
class RawEvent:
    """One event as written: its fields, their places, and the fields that its whole batch shares."""

    tree: dict[str, Any]
    places: Places = field(default_factory=Places)
    shared: dict[str, Any] = field(default_factory=dict)


_BLANK = re.compile(r"<(?!\S+://)[^<>\n]{1,300}>")
"""A value of a template that was not filled in (`ledger.intake.template`)."""
_LONGEST = 1 << 20  # characters; the fields of an event have limits of their own


@dataclass
class RawBatch:
    """The events of a batch, the problems found in it, and notices of changes made while reading."""

    events: list[RawEvent] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    is_whole: bool = True
    """Whether all of it was read: not where its form broke off."""

    def add(self, other: "RawBatch") -> None:
        """Add what another batch has."""
        self.events += other.events
        self.problems += other.problems
        self.notices += other.notices
        self.is_whole &= other.is_whole

    def refuse(self, place: Place, message: str, hint: str, field: str = "") -> None:
        """Add a problem; reading continues."""
        self.problems.append(Problem(message, hint, field, place))

    def text(self, value: str, place: Place, field: str = "") -> str:
        """The text as the ledger stores it: in Unicode NFC, without characters that are not seen. Adds a notice if that
        changed it, and a problem for half a character."""
        if len(value) > _LONGEST:
            what = f"the text has {len(value):,} characters, and an entry holds {LONGEST:,} bytes"
            self.refuse(place, what, "shorten it, and cite the document", field)
            return ""
        if _BLANK.fullmatch(value):
            self.refuse(place, f"{value} is still a blank", "fill it in, or take the field out", field)
        if value.isascii():
            return value
        try:  # YAML does not join the two escapes of one character, as JSON has them
            value = value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self.refuse(place, "has half a character", "write it again", field)
            return ""
        seen = re.sub(UNSEEN, "", value)
        if seen != value:
            removed = ", ".join(sorted({f"U+{ord(character):04X}" for character in re.findall(UNSEEN, value)}))
            self.notices.append(Problem(f"invisible characters were removed: {removed}", "", field, place))
        normal = unicodedata.normalize("NFC", seen)
        if normal != seen:
            self.notices.append(Problem("written in Unicode form NFC, which the ledger stores", "", field, place))
        return normal

    def texts(self, value: Any, place: Place, field: str = "") -> Any:
        """The value with every number and flag as text, and each text as `text` returns it."""
        match value:
            case dict():
                return {key: self.texts(item, place, below(field, key)) for key, item in value.items()}
            case list():
                return [self.texts(item, place, below(field, number)) for number, item in enumerate(value)]
            case bool():
                return str(value).lower()
            case str() | int():
                return self.text(str(value), place, field)
        self.refuse(place, "the field has no value", "fill it in, or leave it out", field)
        return ""


_OFFICE = "a Word document, a workbook or another file of an office program"
_OTHER_KINDS = {b"PK\x03\x04": _OFFICE, b"\xd0\xcf\x11\xe0": _OFFICE, b"%PDF-": "a PDF"}


def other_kind(data: bytes) -> str:
    """What a file is that is no text, by its first bytes; empty for any other."""
    return next((kind for start, kind in _OTHER_KINDS.items() if data.startswith(start)), "")


def decoded(data: bytes, file: str) -> str | Problem:
    """The text of a file in UTF-8, or what is wrong with it."""
    if kind := other_kind(data):
        hint = "`import` records a workbook, `document register --file` a document; else write YAML (`template`)"
        return Problem(f"this is {kind}", hint, place=Place(file))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        return Problem("this is not UTF-8 text", "save the file as UTF-8", place=Place(file, line, column))


def below(field: str, name: str | int) -> str:
    """The field of that name or number within a field: ``documents.0``."""
    return f"{field}.{name}" if field else str(name)
