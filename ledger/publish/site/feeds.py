"""Atom feeds, and the sitemap."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from xml.etree import ElementTree as Xml

from events.dates import instant
from ledger.publish.site import words
from ledger.publish.site.page import Shell
from ledger.publish.site.record import Record, StoredSpell
from ledger.publish.site.stays import stays

Json = dict[str, Any]
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST = 100  # entries of a feed
CHANGING = ("monitoring", "concern")
"""The subjects whose changes feeds tell."""


class FeedItem(NamedTuple):
    """A change of a body: ``since`` when, as a partial date; in words; the page about it, and what tells it from others
    on that page, the fragment of an IRI; ``data`` with the entries behind it; and the documents that these cite."""

    since: str
    body: str
    name: str
    what: str
    address: str
    fragment: str
    data: Json
    cites: tuple[str, ...] = ()

    @property
    def position(self) -> int:
        """The last entry that it rests on."""
        return int(max(self.data["entries"]))


def changes(record: Record, body: str, spells: Iterable[StoredSpell]) -> list[FeedItem]:
    """The changes of the phase and the concerns of a body up to the day, the latest first."""
    own = [spell for spell in spells if spell.subject in CHANGING]
    titles = {spell.id: spell.data["title"] for spell in own if spell.subject == "concern"}
    found = []
    for stay in stays(own):
        if stay.since and words.latest(stay.since) <= record.as_of and stay.data["entries"]:
            what = words.changed(stay.subject, stay.value, titles.get(stay.id, ""), stay.certain)
            address = f"forces/{body}/{f'concerns/{stay.id}/' if stay.id else ''}"
            fragment = f"#{stay.since}-{stay.value}{'' if stay.certain else '-possibly'}"
            found.append(FeedItem(stay.since, body, record.name(body), what, address, fragment, stay.data, stay.cites))
    return sorted(found, key=latest, reverse=True)


def latest(change: FeedItem) -> tuple[date, str, str]:
    """The sort key of changes: by day, then by name of the body."""
    return words.latest(change.since), change.name, change.what


def atom(record: Record, shell: Shell, title: str, address: str, changes: Iterable[FeedItem]) -> bytes:
    """A feed of changes, the latest first."""
    shown = list(changes)[:_MOST]
    feed = Xml.Element("feed", xmlns=_ATOM)
    last = max((change.position for change in shown), default=0)
    _add(feed, "id", _id(record, shell, f"{address}feed.xml"))
    _add(feed, "title", f"Force ledger: {title}")
    _add(feed, "updated", _moment(record, last))
    _add(_add(feed, "author"), "name", shell.publisher or f"Force ledger {shell.log}")
    _add(feed, "rights", "An independent record, not a publication of HMICFRS or of any force.")
    root = "../" * address.count("/")
    _add(feed, "link", rel="self", href=f"{shell.base_url}{address}feed.xml" if shell.base_url else "feed.xml")
    _add(feed, "link", href=f"{shell.base_url or root}{'' if shell.base_url else 'index.html'}")
    for change in shown:
        entry, told = _add(feed, "entry"), ": ".join(filter(None, (change.name, change.what)))
        _add(entry, "id", _id(record, shell, f"{change.address}{change.fragment}"))
        _add(entry, "title", told)
        _add(entry, "updated", _moment(record, change.position))
        href = f"{shell.base_url}{change.address}" if shell.base_url else f"{root}{change.address}index.html"
        _add(entry, "link", href=href)
        _add(entry, "summary", f"{told}, {words.days(change.since)}")
    return _bytes(feed)


def sitemap(base_url: str, addresses: Sequence[str]) -> bytes:
    """The addresses of all pages."""
    urls = Xml.Element("urlset", xmlns=_SITEMAP)
    for address in addresses:
        _add(_add(urls, "url"), "loc", f"{base_url}{address}")
    return _bytes(urls)


def _moment(record: Record, position: int) -> str:
    return instant(record.log_at(position).known.recorded_at)


def _id(record: Record, shell: Shell, of: str) -> str:
    """An address if the site has one; else a tag: URI (RFC 4151) by the name of the log and the day of its opening."""
    if shell.base_url:
        return f"{shell.base_url}{of}"
    host, _, path = record.origin.partition("/")
    authority = re.sub("[^A-Za-z0-9.-]", "-", host)
    return f"tag:{authority},{record.log_at(0).known.recorded_at:%Y-%m-%d}:{path}/{of}"


def _bytes(root: Xml.Element) -> bytes:
    Xml.indent(root)
    return bytes(Xml.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def _add(parent: Xml.Element, name: str, text: str | None = None, **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, name, attributes)
    element.text = text
    return element
