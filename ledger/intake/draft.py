"""From plain trees to drafts: kinds looked up, names and labels resolved, values typed by the models, and every
problem put into the words of the trade, at its place."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from pydantic import ValidationError

from events import Event, WorldEvent, kinds, latest
from events.body import BodyRegistered
from events.event import event_id
from ledger.errors import Problem, Refused
from ledger.intake.raw import RawEvent
from ledger.record.record import Draft
from ledger.replay import bodies_in
from ledger.store.reader import Reader
from projections.amendments import in_force
from projections.bodies import Bodies


class Names:
    """Resolves what people call things: bodies by any name, entries by ``#12`` or a label of the batch.

    Without a ledger to ask (checking a file alone) every slug is taken for a body, every position for an entry.
    """

    def __init__(self, reader: Reader | None) -> None:
        self._reader = reader
        self._slugs: set[str] = set()
        self._origin = reader.origin() if reader else ""
        self._labels: dict[str, str] = {}
        self._own_matters: dict[str, str] = {}

    def body(self, text: str) -> str:
        """The slug of the body that is meant. Raises LookupError with the remedy."""
        if self._reader is None or text in self._slugs:
            return text
        if not _is_registered(text, self._reader):
            return self._bodies.find(text)
        self._slugs.add(text)
        return text

    def entry(self, text: str) -> str:
        """The event id that is meant. Raises LookupError with the remedy."""
        if text in self._labels:
            return self._labels[text]
        number = text.removeprefix("#")
        if number != text and number.isascii() and number.isdecimal():
            if self._reader is None:
                return "0" * 64
            for entry in self._reader.at([int(number)] if len(number) < 19 else []):
                return entry.event_id
            raise LookupError(f"there is no entry {text}; see `force-ledger log`")
        if len(text) == 64:
            return text
        raise LookupError(f"'{text}' is neither #12 (an entry) nor a label given earlier in this batch")

    def stream(self, text: str) -> str:
        """The matter of the entry that is meant. Raises LookupError with the remedy."""
        event_id = self.entry(text)
        if event_id in self._own_matters:
            return self._own_matters[event_id]
        if self._reader is None:
            return "unknown"
        for entry in self._reader.by_event_id([event_id]).values():
            return entry.matter
        raise LookupError(f"no entry has the event id {event_id[:12]}…; write #12 for the entry at position 12")

    def knows(self, label: str) -> bool:
        """Whether an event of the batch has that label already."""
        return label in self._labels

    def learn(self, event: Event, label: str | None) -> None:
        """Let later events of the batch refer to this one."""
        if label is not None:
            self._labels[label] = event_id(event.payload(self._origin))
            self._own_matters[self._labels[label]] = event.matter

    def expect(self, plains: Iterable[RawEvent]) -> None:
        """Let events name bodies that the same batch registers, wherever in it."""
        self._slugs |= {str(p.tree.get("body")) for p in plains if p.tree.get("kind") == BodyRegistered.kind}

    @cached_property
    def _bodies(self) -> Bodies:
        assert self._reader is not None
        return bodies_in(self._reader)


def drafts_of(plains: Sequence[RawEvent], names: Names) -> list[Draft]:
    """The drafts of plain trees. Raises Refused with every problem."""
    names.expect(plains)
    drafts: list[Draft] = []
    problems: list[Problem] = list(_idle(plains))
    for plain in plains:
        try:
            drafts.append(_draft(plain, names))
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(*problems)
    return drafts


def _draft(plain: RawEvent, names: Names) -> Draft:
    tree = dict(plain.tree)
    kind = tree.pop("kind", None)
    if kind is None:
        raise Refused(Problem("`kind` is missing", "see `force-ledger template` for the kinds", "kind", plain.place))
    if kind not in kinds():
        near = _near(str(kind), kinds(), 3)
        remedy = f"did you mean {' or '.join(near)}?" if near else "see `force-ledger template` for the kinds"
        raise Refused(Problem(f"there is no kind '{kind}'", remedy, "kind", plain.place_of(("kind",))))
    class_ = latest(kind)
    label = tree.pop("label", None)
    if label is not None and (not isinstance(label, str) or names.knows(label)):
        problem = f"'{label}' is the label of an earlier event" if isinstance(label, str) else "is not a text"
        raise Refused(Problem(problem, "write another name for this event", "label", plain.place_of(("label",))))
    own = {".".join(map(str, path)): place for path, place in plain.places.items() if path and path[0] in tree}
    for name, value in plain.shared.items():
        if name in class_.model_fields:
            tree.setdefault(name, value)
    try:
        event = class_.model_validate(tree, context=names)
    except ValidationError as error:
        from ledger.intake.explain import explained

        raise Refused(*explained(error, plain, class_)) from None
    names.learn(event, label)
    return Draft(event, plain.place, own)


def _is_registered(body: str, reader: Reader) -> bool:
    """Whether there is a body of that slug: for that the register need not be read."""
    if not (body.isascii() and body.isprintable()):  # nor need a database be asked
        return False
    matter = f"body/{body}"
    return any(isinstance(entry.event, BodyRegistered) for entry in in_force(reader.matters([matter])[matter]))


def _idle(plains: Sequence[RawEvent]) -> Iterator[Problem]:
    """What stands under `common:` and no event of the batch takes: most likely a slip of the pen."""
    taken = {name for p in plains if p.tree.get("kind") in kinds() for name in latest(p.tree["kind"]).model_fields}
    idle = {name: p.place_of((name,)) for p in plains for name in p.shared if name not in taken}
    for name, place in idle.items():
        near = _near(name, WorldEvent.model_fields, 1)
        remedy = f"did you mean {near[0]}?" if near else "leave it out"
        yield Problem("no event of this batch has such a field", remedy, name, place)


def _near(text: str, words: Iterable[str], number: int) -> list[str]:
    from difflib import get_close_matches  # slow to load, and seldom needed

    return get_close_matches(text, words, number)
