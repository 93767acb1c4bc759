"""The state of a body by a replay of its entries: the same as the read model gives, from the ledger alone."""

from collections.abc import Mapping
from datetime import date

from projections.body import BodySpells
from projections.fact import documents_of
from projections.state import BodyOnDay
from projections.subject import SubjectState
from projections.summary import intervals, summary_on


def body_by_replay(history: BodySpells, as_of: date, documents: Mapping[str, SubjectState]) -> BodyOnDay:
    """The state of a body on a day. ``documents`` are those that it cites or answers."""
    found = {key: part for key, spells in history.spells.items() if (part := summary_on(spells, as_of))}
    return BodyOnDay(history.body, as_of, found, documents, [*intervals(history.spells["oversight", ""])])


def cited_as_reports(history: BodySpells) -> list[str]:
    """The documents that the inspections and concerns of a body cite: a report among them calls for a response."""
    own = tuple(f"{history.body}/{subject}" for subject in ("inspection", "concern/"))
    citing = (entry for entry in history.entries if entry.matter.startswith(own))
    return list(dict.fromkeys(document for entry in citing for document in documents_of(entry)))
