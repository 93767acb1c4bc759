"""The parts of a body by a replay of its entries: what the read model says, from the ledger alone."""

from collections.abc import Mapping
from datetime import date

from projections.body import BodySpells
from projections.part import Part
from projections.parts import part_on
from projections.spell import on
from projections.state import Parts
from projections.wording import in_words


def replayed(history: BodySpells, as_of: date, documents: Mapping[str, Part]) -> Parts:
    """The parts of a body on a day; ``documents`` are what is on record of those that it cites or answers."""
    found = {key: part for key, spells in history.spells.items() if (part := part_on(spells, as_of))}
    return Parts(history.body, as_of, found, documents, lambda day: in_words(on(history.oversight, day)))
