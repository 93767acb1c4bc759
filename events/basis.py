"""On what basis a statement stands."""

from enum import StrEnum


class Basis(StrEnum):
    """What a statement rests on, the strongest first (domain rule 8)."""

    INSPECTORATE = "inspectorate"  # the inspectorate's own report or letter
    ANNOUNCEMENT = "announcement"  # the inspectorate's announcement
    OFFICIAL = "official"  # another public authority's statement
    PRESS = "press"  # reported, not established
