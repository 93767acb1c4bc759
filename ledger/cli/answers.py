"""The shape of every answer that `--json` prints, and of the JSON beside each page of the public site, as JSON Schema
(2020-12): see `answer_schema`.

They are written down here, apart from the code that answers, so that a change of either shows: the tests validate every
answer that they print. Nothing loads this module but `schema` and the tests.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, NotRequired, get_args

from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import TypedDict

from events import Event, WorldEvent, latest
from events.terms import Basis, DocumentType
from projections.concern import CONCERN
from projections.handover import Escalated, HandedOver
from projections.items import INSPECTION, ITEMS
from projections.monitoring import MONITORING
from projections.subject import ITEM_SUBJECTS

Json = dict[str, Any]
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PARTIAL = r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"
Day = Annotated[str, Field(pattern=f"^{_DAY}$")]
Days = Annotated[str, Field(pattern=rf"^({_PARTIAL}|({_PARTIAL}|\.\.)/({_PARTIAL}|\.\.))$")]
"""A partial date: the earliest and the latest day."""
Instant = Annotated[str, Field(pattern=rf"^{_DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}\.[0-9]{{6}}Z$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Base64 = Annotated[str, Field(pattern="^[A-Za-z0-9+/]+=*$")]
Position = Annotated[int, Field(ge=0)]
Number = Annotated[int, Field(ge=0)]
Missing = Literal["not-stated", "not-recorded"]
Unregistered = Missing | Literal["withheld"]
Certainty = Literal["certain", "possible"]
Presumed = Literal["certain", "possible", "presumed"]
Phase = Literal["scan", "engage", "none"]
ConcernStatus = Literal[
    "not-yet", "announced", "open", "unknown", "closed", "superseded", "rescinded", "transferred", "ended"
]
GradeWord = Literal[
    "outstanding", "good", "adequate", "requires-improvement", "inadequate", "not-graded", "not-stated", "not-yet"
]  # fmt: skip
Value = str | int | None


class Rested(TypedDict):
    entries: list[Position]
    sources_differ: list[Position]


class KnownAt(TypedDict):
    position: Position
    recorded_at: Instant


class Head(TypedDict):
    size: Number
    root: Base64


class Clocks(TypedDict):
    as_of: Day
    known_at: KnownAt
    head: Head
    public_at: Day | None


class Alternative(Rested):
    value: Value
    since: Days | None
    from_: Annotated[Day | None, Field(alias="from")]
    to: Day
    basis: Basis | None


class Valued(Rested):
    since: Days | None
    certainty: Presumed
    alternatives: NotRequired[list[Alternative]]


class Cited(Valued):
    basis: Basis | None


class Evidence(Rested):
    """What an entry records, with the fields of its event."""

    date: Days | None
    kind: str
    basis: Basis | None
    by: str
    by_name: str


class Pending(Cited):
    phase: Literal["scan", "engage"] | None
    takes_effect: Days | Missing | None
    evidence: list[Evidence]


class Monitoring(Cited):
    phase: Phase
    presumed: bool
    last_known: Days | None
    concerns: list[str]
    evidence: list[Evidence]
    pending: Pending | None


class Recommendation(Cited):
    id: str
    text: str
    status: str
    deadline: str
    due: Day | None
    overdue_since: NotRequired[Day]
    until: NotRequired[Days | None]


class PartEnded(TypedDict):
    element: str
    outcome: str


class Concern(Cited):
    id: str
    title: str
    status: ConcernStatus
    last_known_open: Days | None
    evidence: list[Evidence]
    issued: Days | None
    recommendations: list[Recommendation]
    recommendations_issued: int | Missing | None
    recommendations_open: int | Literal["unknown"] | None
    recommendations_open_since: Days | None
    recommendations_open_possibly: NotRequired[list[Alternative]]
    counted_with: NotRequired[list[str]]
    reason: NotRequired[str]
    parts_ended: NotRequired[list[PartEnded]]
    until: NotRequired[Days | None]


class Assessed(Cited):
    framework: str
    inspection: str
    status: Literal["in-force", "superseded", "lapsed"]
    until: NotRequired[Days | None]


class Judgement(Assessed):
    area: str
    grade: GradeWord
    inspected: Literal["inspected", "not-inspected", "not-yet"]
    inspected_since: Days | None


class Graded(TypedDict):
    framework: str
    graded: Number
    areas: Number | None
    worst: GradeWord | None
    worst_areas: Number
    programme_ended: str | None
    later_not_on_record: list[str]
    areas_inspected: Number | Missing
    areas_graded: Number | Missing


class Tally(Assessed):
    counts: dict[str, Number]
    areas: Number
    areas_graded: Number | Missing


class Unread(Cited):
    """An entry whose data were withheld, or that a later version wrote."""

    id: str
    status: Literal["withheld", "unknown"]
    was: str
    by: NotRequired[str]
    by_name: NotRequired[str]


class Sought(Cited):
    """What somebody looked for, and did not find."""

    id: str
    status: Literal["not-found"]
    body: str
    sought: str
    effective: Days
    places: list[str]
    note: NotRequired[str]


class Nothing(TypedDict):
    status: Literal["nothing-recorded"]


class Oversight(Cited):
    status: Literal["recorded", "not-yet"]
    office: str
    name: str
    holder: str


class Territory(Cited):
    status: Literal["recorded", "not-yet"]
    territory: str


class Merger(Cited):
    into: str | None
    fates: dict[str, str]


class Registration(Cited):
    name: str
    names: list[str]
    code: NotRequired[str | None]
    type: NotRequired[str]
    nation: NotRequired[str]
    region: NotRequired[str | None]
    aliases: NotRequired[list[str]]
    established: NotRequired[Days | None]


Counts = dict[str, Number]


class Ended(TypedDict):
    concerns: Counts
    judgements: Counts
    tallies: NotRequired[Counts]
    inspections: NotRequired[Counts]
    findings: NotRequired[Counts]
    recommendations: NotRequired[Counts]
    reviews: NotRequired[Counts]
    plans: NotRequired[Counts]
    statements: NotRequired[Counts]
    statistics: NotRequired[Counts]
    responses: NotRequired[Counts]
    sources_differ: dict[str, list[Position]]


class Item(Cited):
    """A finding, recommendation, review, plan, statement, statistic or response; with the fields of its events."""

    id: str
    status: str
    by: str
    by_name: str
    due: NotRequired[Days | Missing | None]
    overdue_since: NotRequired[Day]
    timeliness: NotRequired[Literal["in-time", "late", "unknown"]]
    owed_by: NotRequired[str]
    until: NotRequired[Days | None]


class Comparator(TypedDict):
    name: str
    value: str


class State(Clocks):
    schema: Literal["force-ledger/state/v1"]
    body: str
    name: str
    registration: Registration | None
    monitoring: Monitoring
    concerns: list[Concern]
    judgements: list[Judgement]
    graded: list[Graded]
    tallies: list[Tally]
    inspections: list[Item]
    findings: list[Item]
    recommendations: list[Item]
    reviews: list[Item]
    plans: list[Item]
    statements: list[Item]
    statistics: list[Item]
    responses: list[Item]
    sought: NotRequired[list[Sought]]
    withheld: NotRequired[list[Unread]]
    unknown: NotRequired[list[Unread]]
    oversight: Oversight | Nothing
    territory: Territory | Nothing
    merger: Merger | None
    ended: Ended


class SoughtEnd(TypedDict):
    """The last search in vain for an exit, or for the end of a concern."""

    id: str
    date: Days
    entries: list[Position]


class BoardRow(TypedDict):
    body: str
    name: str
    type: str | None
    region: str | None
    phase: Phase
    since: Days | None
    certainty: Presumed
    alternatives: list[Alternative]
    basis: Basis | None
    pending: Literal["scan", "engage"] | None
    possibly_pending: list[Literal["scan", "engage"]]
    open_concerns: Number | None
    possibly_open: Number
    announced: Number
    possibly_announced: Number
    unknown_concerns: Number
    overdue: Number
    possibly_overdue: Number
    last_known: Days | None
    last_known_open: Days | None
    open_within_a_year: Number
    sought: list[SoughtEnd]
    withheld: Number
    unknown: Number
    sources_differ: list[Position]


class Body(TypedDict):
    body: str
    code: str | None
    name: str
    type: str
    nation: str
    region: str | None
    aliases: list[str]
    established: Days | None
    sources_differ: list[Position]


class ShownBody(Body, Clocks):
    schema: Literal["force-ledger/body/v1"]


class TimelineRow(Rested):
    date: Days
    subject: str
    id: str
    from_: Annotated[Value, Field(alias="from")]
    from_possibly: list[Value]
    to: Value
    certainty: Certainty
    happened: Certainty
    days_at_least: Number | None
    days_at_most: Number | None
    words: str
    events: list[Json]


class Duration(Rested):
    body: str
    subject: Literal["engage", "concern"]
    id: str
    since: Days
    until: Days | None
    certainty: Certainty
    happened: Certainty
    ended: Certainty | Literal["unclear"] | None
    days_at_least: Number
    days_at_most: Number | None
    counted_to: Day | None
    last_known: Days | None
    sought: Days | None
    words: str


class PossiblyDone(TypedDict):
    value: str
    since: Days | None


class Due(Rested):
    body: str
    subject: Literal["response", "review", "recommendation", "plan", "statement"]
    id: str
    matter: str
    title: str
    report_on: str | None
    owed_by: str
    due: Day
    status: Literal["not-due", "nothing-recorded", "not-found", "unknown"]
    overdue_since: Day | None
    sought: Days | None
    closed_unnamed: Number
    certainty: Certainty
    possibly: list[PossiblyDone]
    words: str


class CameBack(TypedDict):
    reason: Literal["recurrence", "escalation", "about", "claim"]
    matter: str
    earlier: str
    position: Position
    words: str


class Fact(Rested):
    date: Days
    kind: str
    matter: str
    title: str
    by: str
    by_name: str
    position: Position


class Thread(TypedDict):
    body: str
    came_back: list[CameBack]
    facts: list[Fact]


class Statistic(Rested):
    group: Number
    metric: str
    body: str
    value: str
    unit: str
    denominator: str
    period: str
    geography: str
    claim: str
    among: str
    comparator: str
    comparator_value: str | None
    converted: bool
    certainty: Certainty
    id: str


class CitedDocument(TypedDict):
    document: str
    type: DocumentType | Unregistered
    basis: Basis | Unregistered
    title: str
    publisher: str
    published: Days | Unregistered
    dated: Days | Unregistered
    retrieved: Days | Unregistered
    addresses: list[str]
    copied_by: str | None
    note: str | None
    locator: str | None
    quote: str | None
    says: Literal["so", "otherwise", "before"]


class NamedConcern(TypedDict):
    id: str
    title: str


class CitingEntry(TypedDict):
    position: Position
    kind: str
    effective: Days | None
    recorded_at: Instant
    in_force: bool
    ended_as: Literal["retracted", "corrected", "upheld", "settled"] | None
    ended_by: Position | None
    words: str
    withheld: bool
    sources_differ: list[Position]
    reason: str | None
    note: str | None
    amended_because: str | None
    claim: str | None
    concerns: list[NamedConcern]
    because: list[Position]
    documents: list[CitedDocument]


class Why(TypedDict):
    body: str
    subject: str
    id: str
    value: Value
    since: Days | None
    until: Days | None
    status: Literal["in-force", "superseded", "lapsed"] | None
    certainty: Presumed
    possibly: list[Value]
    basis: Basis | None
    possibly_basis: list[Basis | None]
    entries: list[CitingEntry]
    sources_differ: list[Position]


class Citation(CitingEntry):
    matter: str


class Cite(Clocks):
    schema: Literal["force-ledger/citation/v1"]
    log: str
    citations: list[Citation]


class Difference(Rested):
    body: str
    subject: str
    id: str
    field: str | None
    from_: Annotated[Value, Field(alias="from")]
    from_since: Days | None
    from_certainty: Presumed
    from_possibly: list[Value]
    to: Value
    to_since: Days | None
    to_certainty: Presumed
    to_possibly: list[Value]
    words: str


class Diff(Clocks):
    schema: Literal["force-ledger/diff/v1"]
    bodies: list[str]
    from_: Annotated[Clocks, Field(alias="from")]
    differences: list[Difference]


class EntryRow(TypedDict):
    position: Position
    recorded_at: Instant
    recorded_by: str
    kind: str
    effective: Days | None
    matter: str
    sequence: Position
    event_id: Sha256


class Entry(EntryRow):
    version: Number
    data: Json | None
    submission: Json


class ShownEntry(Entry, Clocks):
    schema: Literal["force-ledger/entry/v1"]
    in_force: bool
    ended_as: Literal["retracted", "corrected", "upheld", "settled"] | None
    ended_by: Position | None
    words: str
    referred_to_by: list[Position]


class ShownMatter(Clocks):
    schema: Literal["force-ledger/matter/v1"]
    matter: str
    entries: list[Entry]
    referred_to_by: list[Position]


class Found(TypedDict):
    position: Position
    effective: Days | None
    kind: str
    matter: str
    in_force: Literal[0, 1]
    text: str


class Framework(TypedDict):
    framework: str
    title: str
    areas: Number
    complete: bool
    bodies: str
    ended: Days | None
    suspended: Days | None
    scale: str
    source: str


class Area(TypedDict):
    area: str
    title: str
    graded: bool
    part_of: str | None


class Key(TypedDict):
    key: str
    role: Literal["log", "keeper", "clerk", "reviewer"]
    kinds: list[str]
    name: str | None
    authorised: Position
    recovered: bool
    revoked: Position | None
    here: bool


class Added(TypedDict):
    file: str
    sha256: Sha256
    documents: list[str]


class Proposed(TypedDict):
    document: str
    quote: str


class Stored(TypedDict):
    document: str | None
    position: Position | None
    sha256: Sha256 | None
    bytes: Number | None


class EvidenceCheck(TypedDict):
    check: Literal["file", "quote"]
    finding: Literal["unchanged", "changed", "found", "not-found", "not-kept", "not-readable"]
    position: Position | None
    document: str | None
    quote: str | None
    sha256: Sha256 | None
    extractor: str | None
    why: str | None


class EvidenceChecked(Clocks):
    schema: Literal["force-ledger/evidence-check/v1"]
    ok: bool
    checks: list[EvidenceCheck]


class AuditCheck(TypedDict):
    name: str
    ok: bool
    detail: str
    positions: list[Position]


class Verified(TypedDict):
    schema: Literal["force-ledger/verify/v1"]
    ok: bool
    later_version: bool
    size: Number
    root: Base64 | None
    checks: list[AuditCheck]


class ProofVerified(TypedDict):
    schema: Literal["force-ledger/verify-proof/v1"]
    ok: Literal[True]
    shows: list[str]


class Effect(Difference):
    first_day: Day | None
    last_day: Day | None


class Understood(TypedDict):
    position: Position | None
    kind: str
    matter: str
    says: dict[str, str]


class Receipt(Clocks):
    schema: Literal["force-ledger/receipt/v1"]
    appended: list[Position]
    already_recorded: list[Position]
    warnings: list[str]
    dry_run: bool
    read_back: NotRequired[list[Understood]]
    changes: NotRequired[list[Effect]]


class Checked(TypedDict):
    schema: Literal["force-ledger/check/v1"]
    events: Number
    already_recorded: Number
    rules_checked: bool
    warnings: list[str]
    read_back: list[Understood]
    changes: list[Effect]


class Finding(TypedDict):
    check: Literal["python", "packages", "settings", "ledger", "read model", "keys", "clock", "disk"]
    status: Literal["ok", "note", "wrong"]
    detail: str
    remedy: str


class Doctor(TypedDict):
    schema: Literal["force-ledger/doctor/v1"]
    ok: bool
    checks: list[Finding]


class Problem(TypedDict, total=False):
    file: str
    line: int
    cell: str
    column: int
    field: str
    message: str
    hint: str


class SiteConcern(Rested):
    """A concern in the list of those that are open, or may be."""

    body: str
    id: str
    title: str
    status: ConcernStatus
    since: Days | None
    certainty: Certainty
    alternatives: NotRequired[list[Alternative]]
    last_known_open: Days | None
    recommendations_open: int | Literal["unknown"] | None


class SiteGrade(Rested):
    framework: str
    body: str
    area: str
    grade: GradeWord
    since: Days | None
    in_force: bool


class SiteCorrection(TypedDict):
    position: Position
    kind: str
    body: str | None
    target: Position | None
    reason: str | None
    claim: str | None
    type: str | None
    recorded_at: Instant


class SiteAnswer(TypedDict):
    """The answer on a phase by one clock, after something was recorded or published."""

    clock: str
    after: str
    because: str
    day: Day
    answer: str
    whole: list[str]


class ListedDocument(TypedDict):
    document: str
    type: DocumentType
    basis: Basis
    title: str
    publisher: str
    published: Days | None
    addresses: list[str]


class CitingRow(TypedDict):
    position: Position
    kind: str
    body: str | None
    matter: str
    effective: Days | None
    recorded_at: Instant
    in_force: Literal[0, 1]
    about: str | None


class SiteDocument(Clocks, Rested):
    schema: Literal["force-ledger/site-document/v1"]
    document: str
    type: DocumentType
    basis: Basis
    title: str
    publisher: str
    published: NotRequired[Days]
    dated: NotRequired[Days]
    retrieved: NotRequired[Days]
    addresses: list[str]
    copied_by: NotRequired[str]
    note: NotRequired[str]
    bodies: NotRequired[list[str]]
    not_stated: NotRequired[list[str]]
    sha256: list[Sha256]
    cited_by: list[CitingRow]


class SiteMatter(Clocks):
    """A concern or another item of a body; with the fields that the state of the body has of it."""

    schema: Literal["force-ledger/site-matter/v1"]
    body: str
    name: str


class SiteVerify(TypedDict):
    schema: Literal["force-ledger/site-verify/v1"]
    log: str
    log_keys: list[str]
    checkpoint: str | None


class Failure(TypedDict):
    code: str
    exit: Literal[1, 2, 3, 4, 5, 6, 7]
    problems: list[Problem]


class Error(TypedDict):
    error: Failure


RECEIPT = "receipt"
"""The answer of every command that records."""
_ANSWERS: dict[str, Any] = {
    "state": State,
    "board": list[BoardRow],
    "timeline": list[TimelineRow],
    "log": list[EntryRow],
    "show": ShownEntry | ShownMatter,
    "durations": list[Duration],
    "due": list[Due],
    "threads": list[Thread],
    "why": list[Why],
    "cite": Cite,
    "diff": Diff,
    "statistics": list[Statistic],
    "search": list[Found],
    "query": list[dict[str, str | int | float | None]],
    "frameworks": list[Framework] | list[Area],
    "forces list": list[Body],
    "forces show": ShownBody,
    "keys list": list[Key],
    "evidence add": list[Added],
    "evidence find": list[Proposed],
    "evidence list": list[Stored],
    "evidence check": EvidenceChecked,
    "verify": Verified | ProofVerified,
    "check": Checked,
    "doctor": Doctor,
    RECEIPT: Receipt,
    "error": Error,
}
_PAGES: dict[str, Any] = {
    "site compare": list[SiteGrade],
    "site concerns": list[SiteConcern],
    "site corrections": list[SiteCorrection],
    "site document": SiteDocument,
    "site documents": list[ListedDocument],
    "site matter": SiteMatter,
    "site phase": list[SiteAnswer],
    "site verify": SiteVerify,
}
"""Those beside pages of the site, where no command answers the same."""
ANSWERS = (*_ANSWERS, *_PAGES)
"""The names of the answers: those of their commands, and of pages of the site."""
_MACHINES = {**ITEMS, "inspection": INSPECTION}
_EVERY_EVENT = {*WorldEvent.model_fields} - {"about", "note"}
_NOT_RECORDED: dict[str, type[Event]] = {one.kind: one for one in (Escalated, HandedOver)}


def answer_schema(name: str) -> Json:
    """The JSON Schema of an answer. Every object has only the keys that are listed."""
    found = TypeAdapter((_ANSWERS | _PAGES)[name]).json_schema(mode="serialization")
    if name == "state":
        _tell_fields(found)
    elif name == "site matter":
        found = _matter_schema(found)
    prints = f"What `force-ledger {name} --json` prints"
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **_closed(found),
        "title": prints if name in _ANSWERS else f"What the site has as JSON: {name.removeprefix('site ')}",
    }


def _tell_fields(state: Json) -> None:
    """Give the definitions of a state the fields of the events behind each subject."""
    for subject in ITEM_SUBJECTS:
        state["$defs"][subject] = _with_fields(state, "Item", subject, _MACHINES[subject].steps)
        state["properties"][f"{subject}s"]["items"] = {"$ref": f"#/$defs/{subject}"}
    kinds = [*MONITORING.steps, *CONCERN.steps]
    state["$defs"]["Evidence"] = _with_fields(state, "Evidence", "concern", kinds)
    state["$defs"]["SaidComparator"] = TypeAdapter(Comparator).json_schema()
    del state["$defs"]["Item"]


def _matter_schema(page: Json) -> Json:
    """The page of a matter: what all such pages have, and one concern or item as the state has it."""
    state = TypeAdapter(State).json_schema(mode="serialization")
    _tell_fields(state)
    of = {"concern": "Concern"} | {subject: subject for subject in ITEM_SUBJECTS}
    each = []
    for subject, name in of.items():
        own = state["$defs"][name]
        properties = {**page["properties"], "subject": {"const": subject}, **own["properties"]}
        required = [*page["required"], "subject", *own["required"]]
        each.append({"type": "object", "properties": properties, "required": required})
    return {"anyOf": each, "$defs": state["$defs"]}


def _with_fields(state: Json, name: str, subject: str, kinds: Iterable[str]) -> Json:
    """The definition of that name, with the fields of these kinds of event, as the state of a subject tells them."""
    untold = {*_EVERY_EVENT, "responds_to" if subject == "response" else subject}
    fields: dict[str, list[Json]] = {}
    for kind in kinds:
        class_ = _NOT_RECORDED.get(kind) or latest(kind)
        said = class_.model_json_schema(mode="serialization", ref_template="#/$defs/Said{model}")
        state["$defs"] |= {f"Said{of}": shape for of, shape in said.pop("$defs", {}).items()}
        for field in said["properties"].keys() - untold:
            fields.setdefault(field, []).append(said["properties"][field])
    definition = state["$defs"][name]
    told = {field: {"anyOf": [*fields[field], {"enum": [*get_args(Missing)]}]} for field in sorted(fields)}
    return {**definition, "title": name, "properties": told | definition["properties"]}


def _closed(schema: Any) -> Any:
    """A schema in which no object has other keys than those that are listed."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema else {}
    return closed | {key: _closed(item) for key, item in schema.items() if key != "default"}
