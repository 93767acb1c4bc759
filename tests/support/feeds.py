"""What RFC 4287 asks of an Atom feed, and RFC 5545 of a calendar: the faults of a document, in words.

Stricter than they are in two things: what these RFCs do not define is a fault, and so is what they only advise against.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import icalendar
from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_ONE, _MAYBE, _SOME, _ANY = (1, 1), (0, 1), (1, 1000), (0, 1000)
_PERSON = {"name": _ONE, "uri": _MAYBE, "email": _MAYBE}
_COMMON = {
    "id": _ONE, "title": _ONE, "updated": _ONE, "author": _ANY, "link": _SOME, "category": _ANY, "contributor": _ANY,
    "rights": _MAYBE,
}  # fmt: skip
_ELEMENTS = {
    "feed": {**_COMMON, "entry": _ANY, "subtitle": _MAYBE, "generator": _MAYBE, "icon": _MAYBE, "logo": _MAYBE},
    "entry": {**_COMMON, "summary": _MAYBE, "published": _MAYBE, "content": _MAYBE, "source": _MAYBE},
    "author": _PERSON,
    "contributor": _PERSON,
}
"""The elements that each element may have, and how many of them (sections 3.2, 4.1.1 and 4.1.2)."""
_ATTRIBUTES = {"link": {"rel", "href", "type", "hreflang", "title", "length"}}
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
)  # section 3.3: with T and Z as capitals
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|[\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef]|%[0-9A-Fa-f]{2})"
_TAG = rf"tag:[A-Za-z0-9.-]+,\d{{4}}-\d\d-\d\d:(?:{_PCHAR}|[/?])*"  # RFC 4151
_WEB = rf"https?://[^/?#\s]+(?:/{_PCHAR}*)*"
_ID = re.compile(rf"(?:{_TAG}|{_WEB})(?:#(?:{_PCHAR}|[/?])*)?")
_REFERENCE = re.compile(rf"(?:https?://[^/?#\s]+/)?{_PCHAR}*(?:/{_PCHAR}*)*(?:#(?:{_PCHAR}|[/?])*)?")


def feed_faults(data: bytes) -> list[str]:
    """What is wrong with an Atom feed."""
    feed = etree.fromstring(data)
    entries = feed.findall(f"{_ATOM}entry")
    return [*_element(feed, "feed"), *(fault for own in (feed, *entries) for fault in _links(own)), *_whole(feed)]


def _whole(feed: etree._Element) -> Iterator[str]:
    entries = feed.findall(f"{_ATOM}entry")
    if feed.find(f"{_ATOM}author") is None and any(entry.find(f"{_ATOM}author") is None for entry in entries):
        yield "neither the feed nor each entry has an author"
    if len([link for link in feed.findall(f"{_ATOM}link") if link.get("rel") == "self"]) != 1:
        yield "the feed has not one link to itself"
    ids = Counter(
        one.text for one in (feed.find(f"{_ATOM}id"), *(e.find(f"{_ATOM}id") for e in entries)) if one is not None
    )
    yield from (f"{id} is the id of {number}" for id, number in ids.items() if number > 1)


def _element(element: etree._Element, name: str) -> Iterator[str]:
    if element.tag != f"{_ATOM}{name}":
        yield f"{element.tag} is not {name} of Atom"
    for attribute in {*map(str, element.attrib)} - _ATTRIBUTES.get(
        name, {"type"} if name in ("title", "summary") else set()
    ):
        yield f"{name} has the attribute {attribute}"
    allowed = _ELEMENTS.get(name, {})
    counted = Counter(str(part.tag).removeprefix(_ATOM) for part in element)
    yield from (f"{name} has {part}" for part in counted.keys() - allowed.keys())
    for part, (least, most) in allowed.items():
        if not least <= counted[part] <= most:
            yield f"{name} has {counted[part]} of {part}"
    for child in element:
        yield from _element(child, str(child.tag).removeprefix(_ATOM))
    yield from _text(name, "".join([element.text or "", *(child.tail or "" for child in element)]))


def _text(name: str, text: str) -> Iterator[str]:
    if name in _ELEMENTS or name == "link":
        if text.strip():
            yield f"{name} has a text"
    elif not text.strip():
        yield f"{name} is empty"
    elif name == "id" and not _ID.fullmatch(text):
        yield f"{text} is not an absolute IRI"
    elif name in ("updated", "published"):
        if not _INSTANT.fullmatch(text):
            yield f"{text} is not an instant"
        else:
            datetime.fromisoformat(text)


def _links(own: etree._Element) -> Iterator[str]:
    links = own.findall(f"{_ATOM}link")
    for link in links:
        if not _REFERENCE.fullmatch(link.get("href") or "a b"):
            yield f"{link.get('href')} is not an IRI reference"
    told = Counter(
        (link.get("type"), link.get("hreflang")) for link in links if link.get("rel", "alternate") == "alternate"
    )
    yield from (f"{number} links to the same in another form" for number in told.values() if number > 1)
    if own.tag == f"{_ATOM}entry" and own.find(f"{_ATOM}content") is None and not told:
        yield "an entry without content has no link to it"


def calendar_faults(data: bytes) -> list[str]:
    """What is wrong with a calendar."""
    return [*_lines(data), *_components(icalendar.Calendar.from_ical(data))]


def _lines(data: bytes) -> Iterator[str]:
    """Section 3.1."""
    *lines, last = data.split(b"\r\n")
    yield from (f"{line!r} is longer than 75 bytes" for line in lines if len(line) > 75)
    if last or b"\n" in b"".join(lines) or b"\r" in b"".join(lines):
        yield "a line does not end in CRLF"


def _components(calendar: Any) -> Iterator[str]:
    """Sections 3.4 and 3.6."""
    if str(calendar.get("VERSION")) != "2.0":
        yield "the version is not 2.0"
    events = calendar.walk("VEVENT")
    for part in (calendar, *events):
        yield from (f"{part.name} lacks {name}" for name in part.required if name not in part)
        yield from (f"{part.name} has {name} twice" for name in part.singletons if isinstance(part.get(name), list))
        yield from (f"{part.name}: {name}: {error}" for name, error in part.errors)
        if len([name for name in part.exclusive if name in part]) > 1:
            yield f"{part.name} has both of {part.exclusive}"
    for event in events:
        if "DTSTART" not in event:
            yield "an event has no day"
        elif "DTEND" in event and type(event["DTSTART"].dt) is not type(event["DTEND"].dt):
            yield "an event ends in another kind of time than it begins"
        elif "DTEND" in event and event["DTEND"].dt <= event["DTSTART"].dt:
            yield "an event ends before it begins"
        if event.get("STATUS") not in (None, "TENTATIVE", "CONFIRMED", "CANCELLED"):
            yield f"{event['STATUS']} is no status of an event"
    uids = Counter(str(event.get("UID")) for event in events)
    yield from (f"{uid} is the UID of {number}" for uid, number in uids.items() if number > 1)
