"""The closed lists of terms that events use: offices, grades, types of document and what a statement rests on."""

import re
from enum import StrEnum


class Basis(StrEnum):
    """What a statement rests on, the strongest first. (Domain rule 8.)"""

    INSPECTORATE = "inspectorate"  # the inspectorate's own report or letter
    ANNOUNCEMENT = "announcement"  # the inspectorate's announcement
    OFFICIAL = "official"  # another public authority's statement
    PRESS = "press"  # reported, not established


class Office(StrEnum):
    """Who made a decision: an office, never a private person."""

    HMICFRS = "hmicfrs"  # the inspectorate as such (HMIC until 19 July 2017)
    HMCI = "hmci"  # His Majesty's Chief Inspector of Constabulary
    HMI = "hmi"  # one of His Majesty's Inspectors
    PPOG = "ppog"  # Policing Performance Oversight Group
    CHIEF_OFFICER = "chief-officer"  # chief constable, commissioner, chief fire officer
    LOCAL_POLICING_BODY = "local-policing-body"  # PCC, PFCC, mayor, MOPAC, Common Council
    HOME_SECRETARY = "home-secretary"
    PARLIAMENT = "parliament"
    COURT = "court"
    ELECTORATE = "electorate"
    FORCE = "force"  # the body itself, speaking as an organisation
    PUBLISHER = "publisher"  # the publisher of the document, in its own words
    KEEPER = "keeper"  # the people who run this ledger


class Grade(StrEnum):
    """The inspectorate's graded judgements. Each framework says which of them it uses."""

    OUTSTANDING = "outstanding"
    GOOD = "good"
    ADEQUATE = "adequate"
    REQUIRES_IMPROVEMENT = "requires-improvement"
    INADEQUATE = "inadequate"


class DocumentType(StrEnum):
    """The type of a document. It determines the basis of what cites the document."""

    INSPECTORATE_REPORT = "inspectorate-report"
    INSPECTORATE_LETTER = "inspectorate-letter"
    INSPECTORATE_ANNOUNCEMENT = "inspectorate-announcement"
    OFFICIAL_STATEMENT = "official-statement"  # by a force, an oversight body, a department
    LEGISLATION = "legislation"
    COURT_JUDGMENT = "court-judgment"
    DATASET = "dataset"
    PRESS_REPORT = "press-report"

    @property
    def calls_for_response(self) -> bool | None:
        """Whether its publication obliges the local policing body to respond (Police Act 1996, s.55). A report does;
        for a letter this is not established (None)."""
        return {DocumentType.INSPECTORATE_REPORT: True, DocumentType.INSPECTORATE_LETTER: None}.get(self, False)

    @property
    def basis(self) -> Basis:
        """The basis of a statement that cites such a document."""
        return _BASIS[self]


_BASIS = {
    DocumentType.INSPECTORATE_REPORT: Basis.INSPECTORATE,
    DocumentType.INSPECTORATE_LETTER: Basis.INSPECTORATE,
    DocumentType.INSPECTORATE_ANNOUNCEMENT: Basis.ANNOUNCEMENT,
    DocumentType.OFFICIAL_STATEMENT: Basis.OFFICIAL,
    DocumentType.LEGISLATION: Basis.OFFICIAL,
    DocumentType.COURT_JUDGMENT: Basis.OFFICIAL,
    DocumentType.DATASET: Basis.OFFICIAL,
    DocumentType.PRESS_REPORT: Basis.PRESS,
}


NOT_STATED, NOT_RECORDED = "not-stated", "not-recorded"
"""The source was read, and leaves it open; the clerk gave nothing."""

ALSO_CALLED = {"special measures": "engage"}
"""What the press says, and the term of the record: `search` and `help` find both."""

_DASHES = str.maketrans("-‐‑–—", " " * 5)


def folded(name: str) -> str:
    """A name for comparison: case, hyphens, dashes and ampersands make no difference."""
    return " ".join(name.casefold().replace("&", "and").translate(_DASHES).split())


def as_id(text: str) -> str:
    """A text as an id: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold().replace("&", "and")).strip("-")


def as_word(text: str) -> str:
    """A text as a word of a closed list: case, and white space, hyphens or underscores between words, make no
    difference. No other character is lost: `Good?` is not `good`."""
    return re.sub(r"(?<=[^\W_])[\s_\-‐‑–—]+(?=[^\W_])", "-", text.strip().casefold())
