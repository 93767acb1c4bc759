"""From raw events to drafts: find the kind, resolve names and labels, check every value; name each problem's place."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

from pydantic import ValidationError

from events import Entry, Event, WorldEvent, kinds, latest
from events.amendment import Amendment
from events.body import BodyRegistered
from events.dates import OpenDate
from events.document import DocumentRegistered
from events.response import ResponsePublished
from events.terms import as_id
from ledger.errors import Place, Places, Problem, Refused, like, shortened
from ledger.evidence.folder import Evidence
from ledger.intake.raw import RawBatch, RawEvent
from ledger.intake.template import free_texts
from ledger.query.facts import Facts
from ledger.query.ids import is_event_id, position_of
from ledger.record.create import the_forces
from ledger.record.record import Draft, validate
from ledger.replay import bodies_in, bodies_of
from ledger.store.reader import Reader
from projections.amendments import in_force
from projections.bodies import Bodies


class Names:
    """Resolves names: bodies by any name, entries by ``#12``, a label of the batch, or what they say (`Facts`); see
    `events.values.Resolver`.

    Without a reader (checking a file alone) bodies are found among the 43 forces, any other slug is taken for a body,
    and every position for an entry.
    """

    def __init__(self, reader: Reader | None) -> None:
        self.reader = reader
        self._slugs: set[str] = set()  # of registered bodies, and of those that the batch registers
        self._facts = Facts(reader) if reader else None
        self._labels: dict[str, str] = {}  # to the stand-ins of labelled events
        self._matters: dict[str, str] = {}  # by stand-in

    def body(self, text: str) -> str:
        if text in self._slugs:
            return text
        if self.reader and _is_registered(text, self.reader):
            self._slugs.add(text)
            return text
        try:
            return self.bodies.find(text)
        except LookupError as error:
            if self.reader is None and text == as_id(text):
                return text
            raise ValueError(error.args[0]) from None

    def entry(self, text: str) -> str:
        if text in self._labels:
            return self._labels[text]
        if text.startswith("#") and (position := position_of(text)) is not None:
            if self.reader is None:
                return "0" * 64
            for entry in self.reader.entries_at([position]):
                return entry.event_id
            raise ValueError(f"there is no entry {text}; see `force-ledger log`")
        if is_event_id(text):
            return text
        if self._facts is None and "/" in text:
            return "0" * 64
        try:
            if self._facts:
                return self._facts.find(text)
        except LookupError as error:
            if " " in text or "can mean" in error.args[0]:
                raise ValueError(error.args[0]) from None
        raise ValueError(f"'{text}' is neither #12 (an entry), nor a label given earlier in this batch, nor on record")

    def stream(self, text: str) -> str:
        event_id = self.entry(text)
        if event_id in self._matters:
            return self._matters[event_id]
        if self.reader is None:
            return "unknown"
        for entry in self.reader.by_event_id([event_id]).values():
            return entry.matter
        raise ValueError(f"no entry has the event id {event_id[:12]}…; write #12 for the entry at position 12")

    def document(self, document: str) -> DocumentRegistered | None:
        """The registration of a document on record."""
        if self.reader is None:
            return None
        found = in_force(self.reader.matter(f"document/{document}"))
        return next((entry.event for entry in found if isinstance(entry.event, DocumentRegistered)), None)

    def is_label(self, text: str) -> bool:
        """Whether an event of the batch has that label."""
        return text in self._labels

    def add(self, event: Event, label: str | None) -> str:
        """Let later events of the batch refer to this one, by its label or by what it says; the stand-in for its event
        id, which is not known yet."""
        stand_in = secrets.token_hex(32)
        self._matters[stand_in] = event.matter
        if label is not None:
            self._labels[label] = stand_in
        if self._facts:
            self._facts.add(stand_in, event)
        return stand_in

    def unread(self, raw: RawEvent) -> set[str]:
        """What an event may be about that cannot be read: its matter, or what all that it may be about begins with. Its
        label can be named."""
        tree = {**raw.shared, **raw.tree}
        matter, stand_in = "", secrets.token_hex(32)
        with suppress(ValueError, KeyError, TypeError):
            if isinstance(tree.get("body"), str):
                tree["body"] = self.body(tree["body"])
                matter = f"{tree['body']}/"
            form = latest(tree["kind"]).matter_form
            matter = self.stream(tree["target"]) if form == "{stream}" else form.format_map(tree)
        self._matters[stand_in] = matter or "unread"
        if isinstance(tree.get("label"), str):
            self._labels[tree["label"]] = stand_in
        return {matter, stand_in}

    def as_recorded(self, event: Event, target: Any) -> Event:
        """An amendment whose target is named by what it says, as it is on record, if it is."""
        named = isinstance(target, str) and target not in self._labels and position_of(target) is None
        if self._facts and named and isinstance(event, Amendment) and target != event.target:
            return self._facts.as_recorded(event)
        return event

    def expect(self, batch: Iterable[RawEvent]) -> None:
        """Let events name bodies that the same batch registers, before or after them."""
        self._slugs |= {str(raw.tree.get("body")) for raw in batch if raw.tree.get("kind") == BodyRegistered.kind}

    @cached_property
    def bodies(self) -> Bodies:
        """The register of bodies: that of the ledger, else the forces."""
        if self.reader is not None:
            return bodies_in(self.reader)
        unwritten = partial(
            Entry.unwritten, ledger="", position=0, sequence=0, recorded_at=datetime.now(UTC), recorded_by=""
        )
        return bodies_of(map(unwritten, the_forces()))


def drafts_of(batch: RawBatch, names: Names, evidence: Evidence | None = None) -> list[Draft]:
    """The drafts of a batch, which gives up each event once it is drafted: a long batch is in memory once. Raises
    Refused with every problem: those of reading, those of the form, and, where the ``evidence`` is given, what the
    rules refuse of the other events, unless they rest on one that cannot be read."""
    names.expect(batch.events)
    drafts: list[Draft] = []
    problems = [*batch.problems, *_unused(batch.events)]
    files = dict.fromkeys(raw.places.of("").file for raw in batch.events)
    read: dict[Place, list[Problem]] = {}
    for problem in batch.problems:
        read.setdefault(problem.place, []).append(problem)
    unread: set[str] = set()
    batch.events.reverse()
    while batch.events:
        raw = batch.events.pop()
        try:
            drafts.append(_draft(raw, names))
        except Refused as refused:
            own = [problem for problem in refused.problems if problem.place not in read]
            problems += own
            own += (problem for place in {*raw.places.values()} for problem in read.get(place, ()))
            if draft := _mended(raw, own, names):
                drafts.append(draft)
            else:
                unread.update(names.unread(raw))
    if problems:
        if evidence and batch.is_whole:
            problems += _by_the_rules(drafts, unread, names, evidence)
        files |= dict.fromkeys(problem.place.file for problem in problems)
        order = {file: number for number, file in enumerate(files)}
        raise Refused(*sorted(dict.fromkeys(problems), key=lambda it: (order[it.place.file], it.place.line or 0)))
    registered = {it.event.document: it.event for it in drafts if isinstance(it.event, DocumentRegistered)}
    bounded = ((draft, _bounded(draft.event, registered, names)) for draft in drafts)
    return [draft if event is draft.event else replace(draft, event=event) for draft, event in bounded]


def _mended(raw: RawEvent, problems: Iterable[Problem], names: Names) -> Draft | None:
    """The draft of an event in which only free texts are wrong, with others in their place: no rule asks for them."""
    fields = {problem.field for problem in problems}
    if not fields <= free_texts():
        return None
    try:
        return _draft(replace(raw, tree={**raw.tree, **dict.fromkeys(fields, "unread")}), names)
    except Refused:
        return None


def _by_the_rules(drafts: Iterable[Draft], unread: set[str], names: Names, evidence: Evidence) -> list[Problem]:
    """What the rules refuse, of the drafts that do not rest on what is unread: matters, event ids, or all that begins
    like what ends with a slash."""
    asked, beginnings = [], tuple(one for one in unread if one.endswith("/") or not one)
    for draft in drafts:
        named = {draft.event.matter, draft.stand_in, *draft.event.refers_to()}
        if named & unread or any(one.startswith(beginnings) for one in named):
            unread |= {draft.event.matter, draft.stand_in}
        else:
            asked.append(draft)
    if names.reader and asked:
        try:
            validate(names.reader, evidence, asked, None)
        except Refused as refused:
            return list(refused.problems)
    return []


def _bounded(event: Event, registered: Mapping[str, DocumentRegistered], names: Names) -> Event:
    """The event; if its date has an open end, the first publication of a document that it cites ends it, if known; if a
    response may be of a day before the report that it answers, that begins it."""
    if not isinstance(event, WorldEvent):
        return event
    if isinstance(event, ResponsePublished):
        report, given = registered.get(event.responds_to) or names.document(event.responds_to), event.effective
        if report and report.published and given.earliest < report.published.earliest <= given.latest:
            last = given.text.partition("/")[2] or given.latest.isoformat()
            begun = OpenDate.parse(f"{report.published.earliest.isoformat()}/{last}")
            event = event.model_copy(update={"effective": begun})
    if not event.effective.text.endswith("/.."):
        return event
    documents = (registered.get(it.document) or names.document(it.document) for it in event.documents)
    days = [it.published.latest for it in documents if it and it.published]
    end = min((day for day in days if day >= event.effective.earliest), default=None)
    if end is None:
        return event
    bounded = OpenDate.parse(event.effective.text.replace("..", end.isoformat()))
    return event.model_copy(update={"effective": bounded})


def _draft(raw: RawEvent, names: Names) -> Draft:
    tree = dict(raw.tree)
    class_ = _class(tree.pop("kind", None), raw)
    label = tree.pop("label", None)
    if label is not None and (not isinstance(label, str) or names.is_label(label)):
        problem = f"'{label}' is the label of an earlier event" if isinstance(label, str) else "is not a text"
        raise _refused(raw, "label", problem, "write another name for this event")
    own = Places({field: place for field, place in raw.places.items() if not field or field.partition(".")[0] in tree})
    shared = {name: value for name, value in raw.shared.items() if name in class_.model_fields}
    try:
        event = class_.model_validate(shared | tree, context=names)
    except ValidationError as error:
        from ledger.intake.explain import explained

        raise Refused(*explained(error, raw.places, class_)) from None
    event = names.as_recorded(event, tree.get("target"))
    return Draft(event, own, names.add(event, label))


def _class(kind: Any, raw: RawEvent) -> type[Event]:
    remedy = "see `force-ledger template` for the kinds"
    if kind is None:
        raise _refused(raw, "kind", "`kind` is missing", remedy)
    if kind not in kinds():
        written = shortened(str(kind), 80)
        raise _refused(raw, "kind", f"there is no kind '{written}'", like(written, kinds(), remedy))
    return latest(kind)


def _refused(raw: RawEvent, field: str, message: str, hint: str) -> Refused:
    return Refused(Problem(message, hint, field, raw.places.of(field)))


def _is_registered(body: str, reader: Reader) -> bool:
    """Whether a body has that slug. This reads only its own matter, not the register."""
    if not (body.isascii() and body.isprintable()):  # PostgreSQL accepts no NUL and no surrogates
        return False
    return any(isinstance(entry.event, BodyRegistered) for entry in in_force(reader.matter(f"body/{body}")))


def _unused(batch: Sequence[RawEvent]) -> Iterator[Problem]:
    """The fields under `common:` that no event of the batch has: most likely misspelt. What kind is misspelt may have
    any field, and where there are only documents nothing need have what every fact has."""
    written = {str(raw.tree.get("kind")) for raw in batch}
    used = {name for kind in (written if written <= {*kinds()} else kinds()) for name in latest(kind).model_fields}
    if written == {DocumentRegistered.kind}:  # a starter of which only the document is left
        used |= {name for name, info in WorldEvent.model_fields.items() if info.is_required()}
    unused = {name: raw.places.of(name) for raw in batch for name in raw.shared if name not in used}
    for name, place in unused.items():
        leave_out = "leave it out"
        remedy = leave_out if name in WorldEvent.model_fields else like(name, WorldEvent.model_fields, leave_out, 1)
        yield Problem("no event of this batch has such a field", remedy, name, place)
