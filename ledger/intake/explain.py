"""pydantic's errors in plain words: the field, what is wrong with it, and what to write instead."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from events import Event
from events.terms import as_id
from events.values import ID
from ledger.errors import Places, Problem, like, shortened
from ledger.intake.template import choices, classes_in

_PYDANTIC = re.compile(r"[a-z-]*\[.*\]")  # str-enum[Grade], [key], function-before[f(), str]


def explained(error: ValidationError, places: Places, class_: type[Event]) -> Iterator[Problem]:
    """The problems of an event, each at its place."""
    for detail in _one_a_field(error.errors()):
        field = detail.get("ctx", {}).get("field") or ".".join(map(str, detail["loc"]))
        yield Problem(*_in_words(detail, class_), field, places.of(field))


def _one_a_field(details: Iterable[ErrorDetails]) -> list[ErrorDetails]:
    """One error for each field, named as a clerk writes it. Where a field may be of several types, pydantic gives an
    error for each: what they expect is joined."""
    found: dict[tuple[int | str, ...], ErrorDetails] = {}
    for detail in details:
        own = detail["loc"][-1:] if detail["type"] == "extra_forbidden" else ()  # a name that somebody wrote
        within = detail["loc"][: len(detail["loc"]) - len(own)]
        path = (*(part for part in within if not _PYDANTIC.fullmatch(str(part))), *own)
        other = found.setdefault(path, {**detail, "loc": path})
        context, more = other.get("ctx", {}), detail.get("ctx", {})
        if context is not more and "expected" in context and "expected" in more:
            other["ctx"] = {"expected": f"{context['expected']}, {more['expected']}".replace(" or ", ", ")}
    within_it = {path[:1] for path in found if len(path) > 1}
    return [detail for path, detail in found.items() if not (detail["type"] == "too_short" and path in within_it)]


def _in_words(detail: ErrorDetails, class_: type[Event]) -> tuple[str, str]:
    context: dict[str, Any] = detail.get("ctx", {})
    path, given = detail["loc"], shortened(str(detail["input"]), 80)
    info = class_.model_fields.get(str(path[0])) if path else None
    write = f"write {info.description}" if info else "see `force-ledger schema`"
    match detail["type"]:
        case "missing":
            return "is missing", f"give {info.description}{choices(info)}" if info and len(path) == 1 else "give it"
        case "extra_forbidden":
            inner = classes_in(info) if info else []
            names = list(inner[0].model_fields if inner and len(path) > 1 else class_.model_fields)
            some = f"write one of {', '.join(names)}" if inner else f"see `force-ledger template {class_.kind}`"
            return "there is no such field", like(str(path[-1]), names, some, 1)
        case "enum" | "literal_error":
            expected = str(context["expected"]).replace("'", "")
            if "True" in expected:
                return f"'{given}' is neither true nor false", "write true or false, or leave it out"
            words = re.split(", | or ", expected)
            near = get_close_matches(given.lower(), words, n=1, cutoff=0.75)
            near = near or [word for word in words if len(given) > 3 and given.lower() in word]
            hint = f"did you mean {' or '.join(near)}?" if near else f"write one of {expected}"
            return f"'{given}' is not a word of this field", hint
        case "string_pattern_mismatch" if ID in context["pattern"]:
            what = f"'{given}' is no id: it has small letters, digits, and hyphens or dots between them"
            if re.search("[,;]", given):
                return what, "give each id by itself: in a list, as [1, 2], or with the option again"
            if matter := re.fullmatch(rf"(?:{ID}/[a-z]+|{path[0]})/(?P<id>{ID})", given):  # kent/concern/custody-2023
                return what, f"write {matter['id']}"
            return what, f"write {as_id(given)}, or another" if as_id(given) else write
        case "string_pattern_mismatch":
            return f"'{given}' has not the right form", write
        case "string_too_long":
            length, most = len(str(detail["input"])), context["max_length"]
            return f"has {length:,} characters, more than {most:,}", "shorten it; refer to a document by its hash"
        case "string_too_short" | "too_short":
            return "is empty", write if info is None or info.is_required() else "fill it in, or leave it out"
        case "model_type" | "dict_type" | "tuple_type":
            return "has not the right form", write
        case "string_type":
            return "is not a text", write
        case "int_parsing" | "int_parsing_size" | "int_from_float" | "int_type":
            return f"'{given}' is not a whole number", write
        case "greater_than_equal":
            return f"{given} is less than {context['ge']}", write
        case "less_than_equal":
            return f"{given} is more than {context['le']}", write
        case _:
            message, _, hint = str(context.get("error", detail["msg"])).partition("; ")
            return message[:1].lower() + message[1:], hint or write
