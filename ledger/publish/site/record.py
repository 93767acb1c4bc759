"""What pages ask of the ledger: its read model on one day, queried for a body or a document at a time.

Each page cites the last entry that bears on it, and the size and root of the log then. So an entry about one body does
not change the pages of another.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import zip_longest
from typing import Any, NamedTuple

from markupsafe import Markup

from events.dates import london_day
from events.frameworks import title_of
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.publish.prove import Prover
from ledger.publish.site import words
from ledger.publish.site.page import Page, joined
from ledger.query.clocks import Clocks, Known
from ledger.query.context import QueryContext
from ledger.replay import log_keys
from ledger.store.database import Head
from projections.days import FIRST_DAY, Days, span
from projections.lookup import board_of, evidence_told
from projections.state import BodyOnDay, board_row, body_state, dates_in, is_there
from projections.subject import matter_of, tell_evidence

Json = dict[str, Any]
_NOW = "known_to IS NULL"
_LAST = "max(known_from, coalesce(known_to, 0))"
"""The last position that changed a spell."""


class StoredSpell(NamedTuple):
    """A state of a subject, on the days from ``first`` up to, not including, ``until``."""

    subject: str
    id: str
    value: Any
    first: date
    until: date
    known_from: int
    known_to: int | None
    data: Json
    cites: list[str]


class PageDay(NamedTuple):
    """A day, or a span of days on one of which something changed; and the last day before the next change, if there
    is one."""

    days: Days
    until: date | None

    @property
    def name(self) -> str:
        """In an address: 2023-11-24, 2023-12, 2019-01-01--2019-09-27, by-2019-09-27."""
        return span(*self.days).replace("../", "by-").replace("/", "--")

    @property
    def day(self) -> date:
        """The day whose state the page shows: a span counts from its latest day."""
        return self.days.latest


class Record:
    """A ledger on a day, as known now."""

    def __init__(self, context: QueryContext, model: sqlite3.Connection) -> None:
        self.context, self.reader, self.model = context, context.reader, model
        self.as_of, self.size = context.clocks.as_of, context.clocks.head.size
        self.last, self.origin = self.size - 1, self.reader.origin()
        self.bodies = context.bodies.registered
        self.log_at = lru_cache(maxsize=None)(self._log_at)
        self._tree = self.reader.tree(self.size)

    def query(self, sql: str, *values: Any, **named: Any) -> list[tuple[Any, ...]]:
        return self.model.execute(sql, named or values).fetchall()

    def _log_at(self, position: int) -> Clocks:
        """The ledger as it was when an entry had just been recorded, on that day."""
        head = Head(position + 1, self._tree.root(position + 1))
        recorded_at = self.reader.recorded_at(position)
        return Clocks(london_day(recorded_at), Known(position, recorded_at), None, head)

    def root_at(self, size: int) -> str:
        """The root of the log at a size, as text."""
        return to_base64(self._tree.root(size))

    def name(self, body: str) -> str:
        return str(self.bodies[body]["name"]) if body in self.bodies else body

    def forces(self, kind: str = "police-force") -> list[str]:
        """The bodies of a type, by name."""
        return sorted((body for body, data in self.bodies.items() if data["type"] == kind), key=self.name)

    @cached_property
    def prover(self) -> Prover:
        return Prover(self.reader)

    @cached_property
    def last_in_matter(self) -> dict[str, int]:
        """By matter: its last entry."""
        return dict(self.query("SELECT matter, max(position) FROM entries GROUP BY matter"))

    @cached_property
    def documents(self) -> dict[str, Json]:
        """Every document on record, by its id."""
        sql = f"SELECT id, data FROM spells WHERE subject = 'document' AND {_NOW} ORDER BY valid_from"
        return {id: json.loads(data) for id, data in self.query(sql)}

    @cached_property
    def _last_in_document(self) -> dict[str, int]:
        """By document: the last position that changed what is registered of it, or withheld it."""
        ends = ((matter.partition("/"), last) for matter, last in self.last_in_matter.items())
        return {id: last for (kind, _, id), last in ends if kind == "document"}

    @cached_property
    def _last_on_each(self) -> dict[str, int]:
        """By matter: the last position that bears on its entries, its states, or the documents that these cite."""
        found = dict(self.last_in_matter)
        for matter, last in self.query(f"SELECT matter, max({_LAST}) FROM spells GROUP BY matter"):
            found[matter] = max(found.get(matter, 0), last)  # a merger tells of matters without entries
        for matter, document in self.query(
            "SELECT DISTINCT matter, cited.value FROM spells, json_each(cites) AS cited"
        ):
            found[matter] = max(found[matter], self._last_in_document.get(document, 0))
        return found

    @cached_property
    def last_on_body(self) -> dict[str, int]:
        """By body: the last position that bears on it."""
        found = dict.fromkeys(self.bodies, 0)
        sql = (
            "SELECT spells.id, about.value FROM spells, json_each(data, '$.bodies') AS about WHERE subject = 'document'"
        )
        about = [(body, self._last_in_document[document]) for document, body in self.query(sql)]
        for body, last in (*((self.body_of(matter), last) for matter, last in self._last_on_each.items()), *about):
            found[body] = max(found.get(body, 0), last)
        return found

    @cached_property
    def cited(self) -> dict[int, list[str]]:
        """By entry: the documents that it cites; of a correction, those of what it puts in place too."""
        sql = """
            SELECT position, json_group_array(DISTINCT cited.value ->> 'document')
            FROM entries, json_tree(data) AS cited
            WHERE cited.path IN ('$.documents', '$.replacement.data.documents') GROUP BY position
        """
        return {position: json.loads(documents) for position, documents in self.query(sql)}

    @cached_property
    def citing(self) -> dict[str, list[int]]:
        """By document: the entries that cite it."""
        found: dict[str, list[int]] = {}
        for position, documents in self.cited.items():
            for document in documents:
                found.setdefault(document, []).append(position)
        return found

    @cached_property
    def last_on_matter(self) -> dict[str, int]:
        """By matter: the last position that bears on its entries."""
        found: dict[str, int] = {}
        for position, matter in self.query("SELECT position, matter FROM entries ORDER BY position"):
            found[matter] = max(position, found.get(matter, 0), self.last_in_documents(self.cited.get(position, ())))
        return found

    @cached_property
    def _entry_rows(self) -> dict[int, Json]:
        names = ("position", "kind", "body", "matter", "effective", "recorded_at", "in_force")
        found = self.query(f"SELECT {', '.join(names)}, data FROM entries")
        return {
            row[0]: {**dict(zip(names, row, strict=False)), "about": _about(json.loads(row[-1] or "{}"))}
            for row in found
        }

    def entry_row(self, position: int) -> Json:
        """The kind of an entry, its body and matter, when it took effect, and whether it is in force."""
        return self._entry_rows[position]

    def entry_in_words(self, position: int) -> str:
        """An entry in a few words: "Concern issued: Custody"."""
        row = self.entry_row(position)
        return ": ".join(filter(None, (words.kind(row["kind"]), row["about"])))

    def body_of(self, matter: str) -> str:
        """The body that a matter is about, or nothing."""
        first, _, rest = matter.partition("/")
        return rest if first == "body" else first if first in self.bodies else ""

    def last_on_subjects(self, *kinds: str) -> int:
        """The last entry that bears on all matters of these kinds, or on the name of a body."""
        wanted = {*kinds, "body"}
        return max((last for matter, last in self._last_on_each.items() if wanted & {*matter.split("/")}), default=0)

    @cached_property
    def last_withheld(self) -> int:
        """The last entry that withholds another: after it, no page may be as it was."""
        ((last,),) = self.query("SELECT max(position) FROM entries WHERE kind = 'entry.withheld'")
        return last or 0

    def last_on_document(self, id: str) -> int:
        """The last entry that bears on the page of a document."""
        return max(self.last_in_documents([id]), *self.citing.get(id, (0,)))

    def last_in_documents(self, documents: Iterable[str]) -> int:
        """The last position that changed one of these documents."""
        return max((self._last_in_document.get(document, 0) for document in documents), default=0)

    def on_day(self, body: str, day: date) -> BodyOnDay:
        clocks = self.context.clocks._replace(as_of=day)
        return replace(self.context, clocks=clocks, up_to_date=self.model).on_day(body)

    def state(self, on_day: BodyOnDay, bearing: int) -> Json:
        """What `state --all --json` answers, as it did when this entry had just been recorded."""
        clocks = self.log_at(bearing)._replace(as_of=on_day.as_of)
        return {"schema": "force-ledger/state/v1", **clocks.to_json(), **body_state(on_day, ended=True)}

    def board(self, kind: str = "police-force") -> dict[str, Json]:
        """The rows of the board on the day."""
        rows = map(board_row, board_of(self.model, self.forces(kind), self.as_of, self.last))
        return {row["body"]: row for row in rows if is_there(row)}

    def spells(self, body: str, *subjects: str, known: bool = True) -> Iterator[StoredSpell]:
        """The spells of a body by subject and day, of all subjects if none are given; all that were ever known, if not
        only those known now."""
        of = f"AND subject IN ({', '.join('?' * len(subjects))})" if subjects else ""
        sql = f"""SELECT subject, id, value, valid_from, valid_to, known_from, known_to, data, cites FROM spells
            WHERE body = ? {f"AND {_NOW}" if known else ""} {of} ORDER BY subject, id, valid_from, known_from"""
        told = evidence_told(self.query(f"SELECT matter, entry, data FROM evidence WHERE body = ? AND {_NOW}", body))
        for subject, id, value, first, until, known_from, known_to, text, cites in self.query(sql, body, *subjects):
            began, ended, data = date.fromisoformat(first), date.fromisoformat(until), json.loads(text)
            if known:
                tell_evidence(data, told.get(matter_of(body, (subject, id)), {}))
            yield StoredSpell(subject, id, value, began, ended, known_from, known_to, data, json.loads(cites))

    def page(
        self, position: int, address: str, title: str, template: str, *crumbs: tuple[str, str],
        as_of: date | None = None, feed: str = "",
    ) -> Page:  # fmt: skip
        """A page that rests on what was known at an entry, and says so; of a day, if one is
        given."""
        page = Page(address, title, template, *crumbs)
        page.known, page.cite = self.known(position), self.cite(title, position, as_of)
        page.position, page.feed = position, feed
        return page

    def known(self, position: int) -> str:
        """What a page says of the log that it rests on."""
        entry, log = self._entry_and_log(position)
        return f"As this ledger knew it at {entry}. Log of {log}"

    def cite(self, title: str, position: int, as_of: date | None = None) -> str:
        """How to cite a page; with the day of which it is, if it is of one."""
        entry, log = self._entry_and_log(position)
        day = f", as of {words.day(as_of)}" if as_of else ""
        return f"Force ledger {self.origin}, “{title}”{day}, as known at {entry}; log of {log}"

    def _entry_and_log(self, position: int) -> tuple[str, str]:
        """An entry with its day, and the size and root of the log then, in words."""
        log = self.log_at(position)
        entry = f"entry {position:,} ({words.day(log.known.recorded_at)})"
        return entry, f"{log.head.size:,} entries, root {to_base64(log.head.root)}"

    def who(self, page: Page, cites: Iterable[str], claim: Json) -> Markup:
        """Who says so: links to the documents in ``cites`` that the entries of a claim cite, to these entries, and to
        those that contradict it."""
        documents = dict.fromkeys(id for entry in claim["entries"] for id in self.cited.get(entry, ()) if id in cites)
        labels = Counter(self._label(id) for id in documents)
        found = [self.document_link(page, id, titled=labels[self._label(id)] > 1) for id in documents]
        found += (
            [Markup('<span class="n">{}</span>').format(page.entries(claim["entries"]))] if claim["entries"] else []
        )
        if differ := claim["sources_differ"]:
            found.append(Markup("<strong>Sources differ:</strong> {}").format(page.entries(differ)))
        return joined(found, "<br>")

    def document_link(self, page: Page, id: str, *, titled: bool = False) -> Markup:
        """A document by publisher and day, and by its title too where others have the same."""
        title = f": {self.documents.get(id, {}).get('title', id)}" if titled else ""
        return page.link(f"documents/{id}/", self._label(id) + title)

    def _label(self, document: str) -> str:
        known = self.documents.get(document, {})
        return f"{known.get('publisher', 'publisher not recorded')}, {words.published(known)}"

    @cached_property
    def outstanding(self) -> list[Json]:
        """What is due on the day and not on record as done, the earliest first, as `due` lists it."""
        owed, _ = self.context.due(sorted(self.bodies))
        return [item.to_json() for item in owed]

    @cached_property
    def amending(self) -> list[int]:
        """The entries that amend others."""
        return [
            row[0] for row in self.query("SELECT position FROM entries WHERE kind LIKE 'entry.%' ORDER BY position")
        ]

    @cached_property
    def checkpoints(self) -> list[SignedCheckpoint]:
        """The signed checkpoints, the smallest first."""
        return list(reversed([*self.reader.checkpoints()]))

    @cached_property
    def log_keys(self) -> list[str]:
        """The keys of the log, the one in force last."""
        return [str(key) for key in log_keys(self.reader)]

    def last_on_day(self, body: str, day: PageDay) -> int:
        """The last entry that bears on the page of a body for a day."""
        first, last = day.days.earliest, day.until or day.day
        sql = f"""SELECT max({_LAST}), json_group_array(json(cites)) FROM spells
            WHERE body = ? AND valid_from <= ? AND valid_to > ?"""
        ((position, cites),) = self.query(sql, body, last.isoformat(), first.isoformat())
        return max(position or 0, self.last_in_documents(document for own in json.loads(cites) for document in own))


def _about(data: Json) -> str | None:
    """What an entry is about, in a few words, by its data."""
    if area := data.get("area"):
        grade = f": {words.grade(data['grade'])}" if "grade" in data else ""
        return words.area(data.get("framework", ""), area) + grade
    if counts := data.get("counts"):
        return ", ".join(f"{number} {words.grade(grade)}" for grade, number in counts.items())
    if framework := data.get("framework"):
        return title_of(framework)
    concern = data.get("concern")
    return data.get("title") or (words.upper(words.spaced(concern)) if concern else None)


def page_days(spells: Iterable[StoredSpell], as_of: date) -> list[PageDay]:
    """The days up to ``as_of`` on which something about a body changed, in order. A day that no source gives exactly is
    the span in which it lies. The day on which the body came into being is one."""
    bounds, established = dict[tuple[str, str, date], list[Days]](), set[Days]()
    for spell in spells:
        dates = [*dates_in(spell.data)]
        if text := spell.data.get("established"):
            established.add(Days.parse(text))
        for day in (spell.first, spell.until):
            if FIRST_DAY < day <= as_of:
                bounds.setdefault((spell.subject, spell.id, day), []).extend(days for days in dates if day in days)
    found, undated = {days for days in established if days.latest <= as_of}, set[date]()
    for (*_, day), spans in bounds.items():
        given = {days for days in spans if days.latest <= as_of}
        found |= given
        undated |= set() if given else {day}
    found |= {Days(day, day) for day in undated - {days.latest for days in found}}  # the page of a span tells its end
    in_order = sorted(found, key=lambda days: (days.latest, days.earliest))
    return [
        PageDay(days, max(days.latest, _day_before(following.earliest)) if following else None)
        for days, following in zip_longest(in_order, in_order[1:])
    ]


def _day_before(day: date) -> date:
    return day - timedelta(days=1) if day > FIRST_DAY else day
