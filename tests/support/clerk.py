"""A clerk who tries whatever can be said of a force, for tests that look on: facts of every kind of matter with vague
dates, ties and late arrivals; documents; every amendment. Much of it is refused, and that is as it should be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from events import Entry, Event, WorldEvent, latest
from events.document import DocumentRegistered, DocumentRevised
from projections.amendments import Versions

Json = dict[str, Any]
BODY, NEIGHBOUR = "kent", "surrey"
CUSTODY, ISSUED = {"concern": "custody"}, {"concern": "custody", "title": "Custody"}
JUDGED = {"framework": "peel-2021-22", "inspection": "peel-2021-22", "area": "investigating-crime"}
JUDGED_LATER = {"framework": "peel-2023-25", "inspection": "peel-2023-25", "area": "investigating-crime"}
LISTED = {"recommendations": [{"id": "1", "deadline": "within 3 months"}, {"id": "2"}]}
OFFICE = {"decided_by": "electorate", "office": "police-and-crime-commissioner", "name": "Kent PCC"}
PUBLISHED = {
    "article": ("press-report", "2024-01-15"),
    "letter": ("inspectorate-letter", "2024-06-01"),
    "report": ("inspectorate-report", "2025-02"),
    "notice": ("official-statement", None),
}
"""The documents, with what they are and the day on which they were published."""
FACTS: tuple[tuple[str, Json], ...] = (
    ("monitoring.engaged", {}),
    ("monitoring.engaged", {"concerns": ["custody"]}),
    ("monitoring.continued", {}),
    ("monitoring.returned", {}),
    ("monitoring.move_decided", {"phase": "scan", "takes_effect": "2025-06"}),
    ("monitoring.move_decided", {"phase": "engage"}),
    ("concern.announced", ISSUED),
    ("concern.issued", {**ISSUED, **LISTED}),
    ("concern.issued", {**ISSUED, "recommendations_issued": 2}),
    ("concern.reaffirmed", CUSTODY),
    ("recommendation.closed", {**CUSTODY, "recommendations": ["1"]}),
    ("recommendation.closed", {**CUSTODY, "number": 1}),
    ("concern.closed", {**CUSTODY, "as_a_whole": True}),
    ("concern.rescinded", CUSTODY),
    ("inspection.published", {name: JUDGED[name] for name in ("framework", "inspection")}),
    ("inspection.published", {name: JUDGED_LATER[name] for name in ("framework", "inspection")}),
    ("judgement.given", {**JUDGED, "grade": "good"}),
    ("judgement.given", {**JUDGED_LATER, "grade": "inadequate"}),
    ("judgement.carried_forward", JUDGED_LATER),
    ("statement.made", {"statement": "s-1", "stance": "disputes", "title": "Not so", "decided_by": "force"}),
    ("review.scheduled", {"review": "r-1", "title": "A revisit", "due": "2025-01"}),
    ("review.held", {"review": "r-1"}),
    ("review.cancelled", {"review": "r-1"}),
    ("response.published", {"responds_to": "report"}),
    ("body.oversight_changed", {**OFFICE, "holder": "A. Person"}),
    ("body.oversight_changed", {**OFFICE, "holder": "B. Person"}),
)
DATES = ("2023", "2023-11/2024-02", "2024-01-10", "2024-01-10", "2024-01", "2024-03-05/2024-03-20", "2024-03-10",
         "2024-05-20", "2024-06", "2025-02", "2025-02-10", "2025-03-01")  # fmt: skip
AMENDMENTS = ("recording-error", "source-erratum", "conflict-resolved", "precision-refined",
            "entry.retracted", "entry.retracted", "entry.corroborated", "entry.contradicted",
            "entry.withheld", "entry.withheld", "entry.withheld")  # fmt: skip


@dataclass(frozen=True)
class Saying:
    """How a clerk says something: which of what can be said, when it was, by which documents, in which order."""

    which: int
    effective: str
    documents: tuple[str, ...]
    order: int | None
    note: int

    def fact(self) -> Event:
        """A fact about the force."""
        kind, says = FACTS[self.which % len(FACTS)]
        data = {"body": BODY, "effective": self.effective, "documents": self._cited, **says, **self._noted}
        return latest(kind).model_validate(data | ({"order": self.order} if self.order else {}))

    def document(self) -> Event:
        """A document that turned up, or one that turned up again."""
        if self.order:
            says = {"document": self.documents[0], "change": "A figure.", "addresses": [f"https://e.org/{self.note}"]}
            return latest("document.revised").model_validate({**says, "effective": self.effective})
        says = {"document": f"extra-{self.which % 3}", "type": "dataset", "title": "Data", "publisher": "A paper"}
        published = {} if self.which % 2 else {"published": self.effective}
        return latest("document.registered").model_validate({**says, **published, **self._noted})

    def amendment(self, name: str, entries: list[Entry]) -> Event | None:
        """A amendment of one of these entries; None where there is none that it could be of."""
        entries = [entry for entry in entries if entry.kind != "body.registered"]
        lines = {entry.matter: Versions(e for e in entries if e.matter == entry.matter) for entry in entries}
        stand = [entry for entry in entries if lines[entry.matter].is_in_force(entry.event_id)]
        possible = [entry for entry in entries if entry not in stand] if name == "entry.withheld" else stand
        if not possible:
            return None
        target = possible[-1 - self.which % len(possible)]  # the last ones first: they shrink well
        says: Json = {"target": target.event_id, "stream": target.matter, "note": f"Amendment {self.note}."}
        if name == "entry.withheld":
            says |= {"ground": "court-order", "reason": "Ordered."}
        elif name == "entry.retracted":
            says |= {"reason": "A slip.", "documents": self._cited if self.order else []}
        elif name == "entry.corroborated":
            says |= {"documents": self._cited}
        elif name == "entry.contradicted":
            says |= {"documents": self._cited, "claim": "Not so."}
        elif (now := lines[target.matter].now(target.event_id)) is None:
            return None
        else:
            says |= {"type": name, "reason": "A slip.", "replacement": self._instead_of(now, name)}
            says |= {"documents": [] if name == "recording-error" and self.order else self._cited}
            name = "entry.corrected"
        return latest(name).model_validate(says)

    def _instead_of(self, now: Entry, name: str) -> Json:
        data = now.event.data()
        if isinstance(now.event, WorldEvent):
            data |= {"effective": self.effective} | ({"documents": self._cited} if self.order else {})
        elif isinstance(now.event, DocumentRegistered) and name == "recording-error":
            data["published"] = self.effective  # what the ledger's own catalogue says of it
        data["change" if isinstance(now.event, DocumentRevised) else "note"] = f"Said {self.note}."
        return {"kind": now.kind, "version": now.event.version, "data": data}

    @property
    def _cited(self) -> list[Json]:
        return [{"document": document} for document in self.documents]

    @property
    def _noted(self) -> Json:
        return {"note": f"Fact {self.note}."} if self.note % 2 else {}


BEGINNINGS = tuple(
    which for which, (kind, _) in enumerate(FACTS)
    if kind in ("monitoring.engaged", "concern.issued", "inspection.published", "judgement.given", "review.scheduled")
)  # fmt: skip
"""The facts that others follow."""


def _sayings(which: st.SearchStrategy[int], dates: Sequence[str]) -> st.SearchStrategy[Saying]:
    documents = st.lists(st.sampled_from(sorted(PUBLISHED)), min_size=1, max_size=2, unique=True).map(tuple)
    order = st.sampled_from((None, None, 1, 2, 3))
    return st.builds(Saying, which, st.sampled_from(dates), documents, order, st.integers(0, 5))


sayings = _sayings(st.integers(0, 2 * len(FACTS) - 1), DATES)
beginnings = st.tuples(*(_sayings(st.just(which), DATES[:7]) for which in BEGINNINGS))
amendments = st.sampled_from(AMENDMENTS)


def config_of() -> list[Event]:
    """The documents, and two bodies of which the clerk speaks of one."""
    said = [
        latest("document.registered").model_validate(
            {"document": id, "type": type, "title": f"The {id}", "publisher": "HMICFRS", "bodies": [BODY]}
            | ({"published": published} if published else {})
        )
        for id, (type, published) in PUBLISHED.items()
    ]
    for body in (BODY, NEIGHBOUR):
        names = {"body": body, "type": "police-force", "name": body.title(), "nation": "England"}
        said.append(latest("body.registered").model_validate({**names, "documents": [{"document": "letter"}]}))
    return said
