"""The values that events are made of: identifiers, texts, citations, deadlines, recommendations.

Every value has one text form, the same on a command line, in YAML and in a JSON line.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from events.characters import HIDDEN
from events.dates import PartialDate
from events.terms import NOT_RECORDED, NOT_STATED


class Resolver(Protocol):
    """Turns names that a clerk writes into stored forms. It is given to pydantic as validation context.

    Without one, only stored forms are valid; stored entries are read so. Each method raises ValueError, with the
    remedy, if it finds nothing.
    """

    def body(self, text: str) -> str:
        """The slug of the body with this slug, code, name or alias."""

    def entry(self, text: str) -> str:
        """The event id of ``#12`` or of a label given earlier in the batch."""

    def stream(self, text: str) -> str:
        """The matter of the entry that such a text names."""


def _resolved(how: Callable[[Resolver, str], str]) -> BeforeValidator:
    def resolve(value: Any, info: ValidationInfo) -> Any:
        return value if info.context is None or not isinstance(value, str) else how(info.context, value)

    return BeforeValidator(resolve)


_HIDDEN = re.compile(rf"\t|{HIDDEN}")


def printable(value: str) -> str:
    """The text, unless it is not in Unicode NFC or has tabs or hidden characters."""
    if found := _HIDDEN.search(value):
        where = f"U+{ord(found[0]):04X}, character {found.start() + 1} of the text"
        raise ValueError(f"control and invisible characters have no place in a record ({where}); remove them")
    if not unicodedata.is_normalized("NFC", value):
        raise ValueError("not in Unicode normalisation form NFC")
    return value


def _one_line(value: str) -> str:
    if "\n" in value:
        raise ValueError("is one line; write it without line breaks")
    return printable(value)


ID = "[a-z0-9]+([.-][a-z0-9]+)*"
"""The pattern of an id."""


def _not_none(value: str) -> str:
    if value == "none":
        raise ValueError("'none' is no id; leave the field out (in `correct`: FIELD= removes it)")
    return value


Slug = Annotated[str, StringConstraints(pattern=f"^{ID}$", max_length=80), AfterValidator(_not_none)]
"""An id in small letters, digits, and hyphens or dots between them: ``investigations-2023``, ``1.1``."""
RESERVED_NAMES = ("body", "document", "ledger", "recorder")
"""The first words of the matters that are about no body. No body may have one of them as its id."""


def not_reserved(value: str) -> str:
    if value in RESERVED_NAMES:
        raise ValueError(f"'{value}' is a word of the ledger's own")
    return value


_BODY = StringConstraints(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)
BodyId = Annotated[str, _BODY, AfterValidator(not_reserved), _resolved(lambda names, text: names.body(text))]
"""The slug of an inspected body, which never changes: ``west-midlands``. People may write its code or a name."""
EventId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), _resolved(lambda names, text: names.entry(text))]
"""The SHA-256 of an event's canonical payload, in hex. People write ``#12`` or a label of the batch."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_one_line)]
"""One line of text, 300 characters at most."""
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(printable)
]
"""Some sentences, 4,000 characters at most."""

TIES = "ties:"
"""The keys under which the index of references lists the events that tie matters together begin like this: one matter's
facts are then made from the entries of another too (`projections.handover`)."""
ABOUT = ("area", "concern", "finding", "plan", "recommendation", "review", "statement", "statistic")
Subject = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(ABOUT)})/{ID}$", max_length=100)]
"""What an event concerns, of the same body: ``area/managing-offenders``, ``concern/investigations-2023``,
``finding/…``, ``recommendation/…``, ``statement/…``, ``review/…``, ``plan/…``, ``statistic/…``. These links make
threads."""
Decimal = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,10})?$")]
"""A decimal number with the digits that the source gives: ``24.5``. It is stored as text."""


class Value(BaseModel):
    """A value that has fields of its own. A text alone gives the field ``text_is``, where the class names one."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    text_is: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {cls.text_is: value} if isinstance(value, str) and cls.text_is else value


_NOT_OF_A_SOURCE = frozenset(("about", "because", "bodies", "note", "not_stated", "order", "retrieved", "sha256"))
NotStated = Annotated[tuple[str, ...], AfterValidator(lambda names: tuple(sorted(set(names))))]
"""The fields that a source leaves open. A clerk writes `due: not-stated`."""


def not_stated_field() -> Any:
    """The field `not_stated` of a class that is `Sourced`."""
    return Field((), description="the fields that the source leaves open; `due: not-stated` says the same of `due`")


class Sourced(BaseModel):
    """What a source says, as far as it says it. A field that may be left out may also be ``not-stated``: then the class
    lists its name in `not_stated`. No field has a default that is stored: see `stated`."""

    if TYPE_CHECKING:  # each class has it as its last field but the note
        not_stated: NotStated

    @model_validator(mode="before")
    @classmethod
    def _read_not_stated(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not (NOT_STATED in value.values() or "not_stated" in value):
            return value
        named = value.get("not_stated") or []
        named = [*named] if isinstance(named, list | tuple) else [named]
        named += [name for name, given in value.items() if given == NOT_STATED]
        given = {name: item for name, item in value.items() if item != NOT_STATED}
        for name in named:
            if name not in cls.may_be_not_stated():
                info = cls.model_fields.get(str(name))  # a clerk may have written anything
                needed = f"write {info.description}" if info and info.is_required() else ""
                remedy = needed or "say it in your own words, or leave it out"
                raise ValueError(f"`{name}` cannot be {NOT_STATED}; {remedy}")
            if given.get(name) not in (None, (), []):
                raise ValueError(f"`{name}` is given, so it is stated; leave it out of not_stated")
        return given | {"not_stated": named}

    @classmethod
    def may_be_not_stated(cls) -> list[str]:
        """The fields that may be ``not-stated``."""
        return [n for n, info in cls.model_fields.items() if not info.is_required() and n not in _NOT_OF_A_SOURCE]

    def stated(self, name: str) -> Any:
        """A field as JSON: ``not-stated`` if the source leaves it open, ``not-recorded`` if the clerk gave nothing."""
        value = getattr(self, name)
        if value is None or value == ():
            return NOT_STATED if name in self.not_stated else NOT_RECORDED
        return value.text if isinstance(value, PartialDate) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        found = handler(schema)
        properties = handler.resolve_ref_schema(found)["properties"]
        for name in cls.may_be_not_stated():
            own = properties[name]
            kinds = own.pop("anyOf", None) or [{key: own.pop(key) for key in ("type", "items") if key in own}]
            own["anyOf"] = [*kinds, {"const": NOT_STATED}]
        return found


class Citation(Value):
    """A document that an event cites, and where in it. A text alone is the id of the document."""

    text_is = "document"

    document: Slug = Field(description="the id under which the document is registered")
    locator: Line | None = Field(None, description="where in the document: a page, a section, a paragraph")
    quote: Line | None = Field(None, description="a short quotation from the document's text")


_DEADLINE = re.compile(r"immediate|none|within [0-9]{1,3} (day|week|month)s?|by \S+")

_WORDS = "one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {"a": 1} | {word: number for number, word in enumerate(_WORDS.split(), 1)}


def _deadline(value: str) -> str:
    value = " ".join(value.split())
    words = re.sub(r"(?i)^immediately$", "immediate", value)
    number = "|".join(_NUMBERS)
    words = re.sub(rf"(?i)^(?:(?:with)?in )?({number}|[0-9]+) (day|week|month|year)(s?)$", _within, words)
    by = r"(?i)^(?:by |at |before )?(?:the )?end of |^in (?=(?:[a-z]{3,9} )?[0-9]{4}$)|^by "
    words = re.sub(by, "by ", words)
    if _DEADLINE.fullmatch(words.lower()) and not words.startswith("by "):
        return words.lower()
    if not re.match(r"by |[0-9]|[a-z]{3,9} [0-9]{4}$", words, re.IGNORECASE):
        raise ValueError(f"'{value}' is not a deadline; write immediate, within 3 months, by 2024-03-31, or none")
    return f"by {PartialDate.parse(words.removeprefix('by '))}"


def _within(found: re.Match[str]) -> str:
    text, unit, plural = (part.lower() for part in found.groups())
    number = _NUMBERS.get(text, text)
    return f"within {12 * int(number)} months" if unit == "year" else f"within {number} {unit}{plural}"


Deadline = Annotated[
    str,
    AfterValidator(_deadline),
    WithJsonSchema({"type": "string", "pattern": f"^({_DEADLINE.pattern})$"}),
]
"""``immediate``, ``within N days|weeks|months`` of publication, ``by DATE``, or ``none``."""


def due_on(deadline: str, published: date) -> date | None:
    """The last day of a deadline, counted from the latest possible day of publication; None for ``none``."""
    match deadline.split():
        case ["immediate"]:
            return published
        case ["by", day]:
            return PartialDate.parse(day).latest
        case ["within", count, "day" | "days"]:
            return published + timedelta(days=int(count))
        case ["within", count, "week" | "weeks"]:
            return published + timedelta(weeks=int(count))
        case ["within", count, "month" | "months"]:
            months = published.year * 12 + published.month - 1 + int(count)
            month = PartialDate.parse(f"{months // 12:04}-{months % 12 + 1:02}")
            return min(month.latest, month.earliest + timedelta(days=published.day - 1))
        case _:
            return None


class Recommendation(Value, Sourced):
    """One recommendation of a cause of concern. A text alone is its id."""

    text_is = "id"

    id: Slug = Field(description="its number or name within the concern, such as 1")
    text: Text | None = Field(None, description="what it asks for, in one's own words; or not-stated")
    deadline: Deadline | None = Field(None, description="its own deadline; or not-stated")
    not_stated: NotStated = not_stated_field()


class Outcome(StrEnum):
    """How a recommendation ended."""

    COMPLETED = "completed"
    SUPERSEDED = "superseded"
    NO_LONGER_APPLICABLE = "no-longer-applicable"
    WITHDRAWN = "withdrawn"


def _flag(value: Any) -> Any:
    words = {"true": True, "yes": True, "false": False, "no": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


Flag = Annotated[Literal[True, False] | None, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""True or false; left out if the clerk says neither."""

Phase = Literal["scan", "engage"]
"""The two phases of monitoring: Scan (default) and Engage ("special measures" in the press)."""
