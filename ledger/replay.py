"""Answers by replay: the register of bodies, who may record, the documents that entries cite, searches in vain."""

from collections.abc import Iterable
from contextlib import suppress
from operator import attrgetter

from events import Entry
from events.document import DocumentSought
from events.values import TIES
from ledger.errors import NotVerified
from ledger.log import LogError
from ledger.log.key import Verifier
from ledger.store.reader import Reader
from projections.amendments import Public, in_force
from projections.authority import Authority
from projections.bodies import Bodies
from projections.days import FIRST_DAY
from projections.documents import DOCUMENT
from projections.fact import by_date, rests_on
from projections.handover import Ties
from projections.identity import NAME, Name
from projections.searches import Search
from projections.solver import Solver
from projections.subject import SubjectState
from projections.summary import name_summary, summary_on


def bodies_in(reader: Reader) -> Bodies:
    """The register of bodies of a ledger."""
    return bodies_of(in_force(reader.entries_under("body/")))


def bodies_of(entries: Iterable[Entry]) -> Bodies:
    """The register of bodies that these entries make."""
    names: dict[str, Name] = {}
    for entry in sorted((entry for entry in entries if entry.kind in NAME.steps), key=by_date):
        body = entry.matter.removeprefix("body/")
        names[body] = NAME.apply(names.get(body, NAME.start), entry)
    return Bodies({body: name_summary(name) for body, name in names.items()})


def ties_in(reader: Reader, new: Iterable[Entry] = ()) -> Ties:
    """Which matters are tied together, by what is recorded and by new entries."""
    return Ties([*(entry for own in reader.matters_referring(TIES).values() for entry in own), *new])


def with_what_they_need(matters: Iterable[str], ties: Ties, reader: Reader) -> dict[str, list[Entry]]:
    """The entries of these matters, each with the entries of the matters that it needs, by position."""
    needed = {matter: (matter, *ties.needs(matter)) for matter in matters}
    recorded = reader.matters(dict.fromkeys(one for own in needed.values() for one in own))
    return {
        matter: sorted((entry for one in own for entry in recorded[one]), key=attrgetter("position"))
        for matter, own in needed.items()
    }


def searches_in(reader: Reader, body: str, public: Public | None = None) -> list[Search]:
    """The searches in force for matters of a body, as far as they were public."""
    return [
        Search(entry.content.sought, entry.content.effective, tuple(rests_on([entry])["entries"]))
        for entry in in_force(reader.entries_under(f"{body}/sought/"), public)
        if isinstance(entry.content, DocumentSought)
    ]


def authority_of(reader: Reader) -> Authority:
    """Who may record, and what needs a second recorder."""
    return Authority([*reader.matter("ledger"), *reader.entries_under("recorder/")])


def log_keys(reader: Reader) -> list[Verifier]:
    """Every log key on record, the one in force last. Raises NotVerified where there is none, or one is damaged."""
    try:
        if found := [Verifier.parse(key.key) for key in authority_of(reader).log_keys]:
            return found
        why = "there is no log key on record"
    except LogError as error:
        why = f"a log key on record cannot be used: {error}"
    raise NotVerified(why, hint="see `force-ledger verify`")


def log_keys_at(authority: Authority, *sizes: int) -> list[Verifier]:
    """The log keys that were in force when the log had these sizes, without any that cannot be read."""
    found = []
    for size in sizes:
        if key := authority.log_key(size):
            with suppress(LogError):
                found.append(Verifier.parse(key.key))
    return found


def documents_cited(reader: Reader, entries: Iterable[Entry]) -> dict[str, SubjectState]:
    """The state of each document that these entries, or their replacements, register, cite or answer; by its id."""
    versions = (version for entry in entries for version in (entry, *entry.corroborated))
    matters = {target for version in versions for target in (version.matter, *version.refers_to())}
    return states_of_documents(reader, sorted(matter for matter in matters if matter.startswith("document/")))


def states_of_documents(reader: Reader, matters: Iterable[str], new: Iterable[Entry] = ()) -> dict[str, SubjectState]:
    """The state of each document of these matters, by its id; with what new entries say of them."""
    recorded = reader.matters(matters)
    for entry in new:
        if entry.matter in recorded:
            recorded[entry.matter].append(entry)
    states = {matter: summary_on(Solver(DOCUMENT, in_force(own)).spells, FIRST_DAY) for matter, own in recorded.items()}
    return {matter.removeprefix("document/"): state for matter, state in states.items() if state}
