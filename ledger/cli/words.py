"""Answers as text for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from events.frameworks import frameworks, title_of
from events.terms import NOT_RECORDED, NOT_STATED
from ledger.cli.layout import Bar, Block, Chart, Table, Text
from projections.days import FROM_SOME_DAY, Days, began, when
from projections.shown import BASES, FULL_PHASES, GRADES, PHASES, STATUSES, opening_of, worst_in_words
from projections.state import possible_values
from projections.subject import (
    BEHIND,
    NONE_IN_FORCE,
    NOTHING,
    differ_in_words,
    kind_in_words,
    nothing_in_words,
    numbers,
    subject_in_words,
)

if TYPE_CHECKING:
    from events import Entry
    from projections.durations import Duration

Json = dict[str, Any]
_SUBJECTS = {
    "Findings": "findings",
    "Statistics": "statistics",
    "Statements": "statements",
    "Responses (Police Act 1996, s.55)": "responses",
    "Recommendations without a cause of concern": "recommendations",
    "Reviews": "reviews",
    "Plans": "plans",
}
_MOST = 12
"""The most items of a list that are told, unless all are asked for."""
_MISSING = (NOT_STATED, NOT_RECORDED, "withheld")
_BESIDE = {
    "concerns": "rests on", "reason": "because:", "progress": "progress:", "outcome": "outcome:", "element": "of",
    "superseded_by": "by", "number": "number:", "remaining": "still needs attention:", "still_open": "still open:",
    "recurrence_of": "recurrence of", "escalated_from": "escalated from", "into": "to",
}  # fmt: skip
"""The fields of events that are told beside what they changed."""
_WHEN = {"due": "due", "planned_for": "for"}
_NOTED = (
    *("open_concerns", "possibly_open", "announced", "possibly_announced", "unknown_concerns"),
    *("pending", "possibly_pending", "withheld", "unknown", "sources_differ", "sought"),
)
_COUNTED = ("possibly_open", "announced", "possibly_announced", "possibly_overdue")
_BOARD = ("Body", "Entered", "Open concerns", "Overdue recommendations", "Last known open", "Also")
_SAYS = {"so": "", "otherwise": "says otherwise: ", "before": "before: "}
_SHORT = {**PHASES, "none": "in no phase"}
_NOT_THE_INSPECTORATE = ("official", "press")


def state_in_words(state: Json, *, section: str | None = None, full: bool = True) -> str:
    """A state, or one section of it; unless in ``full``, a long list is counted, and only its latest items are told."""
    registration = state["registration"] or {"sources_differ": []}
    lines = ["  ".join(filter(None, (f"{state['name']} ({state['body']})", _differ(registration))))]
    lines += [*_possibly(registration), ""]
    told = {
        "monitoring": ("Monitoring", _monitoring(state["monitoring"], full)),
        "concerns": ("Causes of concern", _concerns(state, full)),
        "judgements": ("Grades in force", _grades(state)),
    }
    for title, subject in _SUBJECTS.items():
        items, counted = _latest(state[subject], subject, full)
        told[subject] = title, counted + _items(items) + _ended(state["ended"], subject)
    if section is not None:
        title, listed = told[section]
        return "\n".join(lines + _section(title, listed or ["none recorded"]))
    lines += [line for title, listed in told.values() if listed for line in _section(title, listed)]
    lines += _section("Oversight", _oversight(state["oversight"]))
    if (territory := state["territory"])["status"] != "nothing-recorded":
        known = _not_yet(territory) or f"{territory['territory']}{_since(territory)}{_says(territory)}"
        lines += _section("Territory", [known, *_possibly(territory)])
    if "sought" in state:
        found = [(f"{i['id']}, not found on {i['effective']} ({', '.join(i['places'])})", i) for i in state["sought"]]
        lines += _section("Sought in vain", [f"{words}  {_behind(item)}" for words, item in found])
    if "withheld" in state:
        lines += _section("Withheld", [f"a {i['was']}: its data were withheld  #{i['id']}" for i in state["withheld"]])
    if merger := state["merger"]:
        into = f"into {merger['into']}: no longer a body of its own{_since(merger)}{_says(merger)}"
        lines += _section("Merged", [into if merger["into"] else _not_yet(merger), *_possibly(merger)])
    if "unknown" in state:
        unknown = [f"a {i['was']}: left out, as a later version wrote it  #{i['id']}" for i in state["unknown"]]
        lines += _section("Not known to this version", unknown)
    return "\n".join(lines)


def _latest(items: list[Json], section: str, full: bool) -> tuple[list[Json], list[str]]:
    """The latest of many items, and how many there are."""
    if full or len(items) <= _MOST:
        return items, []
    by_date = sorted(items, key=lambda item: item.get("last_known_open") or item["since"] or "9999")
    return by_date[-_MOST:], [f"{len(items)} in all, the latest {_MOST} here; all of them: --section {section}"]


def board_in_words(rows: list[Json]) -> Text:
    """The bodies in Engage first, then those in Scan with something on record; the others are only counted."""
    if not rows:
        return "No bodies are registered."
    engaged = [row for row in rows if "engage" in possible_values(row, "phase")]
    noted = [
        row for row in rows if row not in engaged and (any(map(row.get, _NOTED)) or row["certainty"] != "presumed")
    ]
    rest = len(rows) - len(engaged) - len(noted)
    blocks: list[Block] = ["In Engage (special measures)"]
    blocks += [_board_table(engaged, "engage") if engaged else "  none recorded", ""]
    if noted:
        blocks += ["In Scan, with something on record", _board_table(noted, "scan"), ""]
    others = f"{rest} other {'body' if rest == 1 else 'bodies'}: presumed in Scan, no open concern recorded."
    return [*blocks, *([others] if rest else [])]


def timeline_in_words(name: str, rows: list[Json], times: "Sequence[Duration]", until: date) -> Text:
    """The changes of each day, with what the events record besides; grades and tallies that lapsed in one line. The
    times in Engage and of open concerns, up to a day, are drawn."""
    if not rows:
        return f"{name}: nothing is recorded."
    ordered = sorted(times, key=lambda time: time.subject != "engage")
    bars = [Bar(t.id or "Engage", t.began, t.ended, t.last_known.latest, t.certain) for t in ordered]
    lines: list[Block] = [name, *([Chart(bars, until)] if bars else [])]
    for day, of_day in groupby(rows, key=lambda row: row["date"]):
        changes = list(of_day)
        lapsed = [row for row in changes if row["to"] is None]
        lines += ["", _day(day)]
        told = set[int]()
        lines += [line for row in changes if row["to"] is not None for line in _change(row, told)]
        if lapsed:
            behind = {of: sorted({n for row in lapsed for n in row[of]}) for of in BEHIND}
            named = ", ".join(row["words"].partition(" -> ")[0] for row in lapsed)
            lines.append(f"  no longer in force: {named}  {_behind(behind)}")
    return [*lines, ""]


def why_in_words(parts: list[Json]) -> str:
    """What rests on the same entries is told together."""
    lines = []
    for _, together in groupby(parts, key=lambda part: [entry["position"] for entry in part["entries"]]):
        told = list(together)
        lines += [_part_in_words(part) for part in told]
        seen = set[str]()
        lines += [line for entry in told[0]["entries"] for line in _cited_entry(entry, seen)]
    return "\n".join(lines) + "\n"


def _part_in_words(part: Json) -> str:
    others = ", ".join(nothing_in_words(part["subject"]) if other is None else str(other) for other in part["possibly"])
    possible = f", possibly {others}" if others else " (possible)"
    certainty = {"certain": "", "possible": possible}.get(part["certainty"], " (presumed)")
    value = "none issued" if part["value"] is None else part["value"]
    certainty += f", until {part['until']}" if part["until"] != part["since"] and part["until"] else ""
    status = part["status"] if part["status"] != "in-force" else None
    name = " ".join(filter(None, (status, subject_in_words((part["subject"], part["id"])))))
    since = _since(part, opening_of(part["subject"]))
    return "  ".join(filter(None, (f"{name}: {value}{since}{certainty}", _differ(part))))


def _cited_entry(entry: Json, seen: set[str]) -> list[str]:
    """An entry that a value rests on: what it says, why, whether it is in force, and the documents not seen yet."""
    when = f" of {entry['effective']}" if entry["effective"] else ""
    because = f", because: {entry['amended_because']}" if entry["amended_because"] else ""
    recorded = f"{entry['kind']}{when}, recorded {entry['recorded_at'][:10]}{because}"
    lines = [f"  {recorded}  #{entry['position']}"]
    lines += [f"      {entry['words']}"] if entry["words"] != "in force" else []
    lines += [f"      it says: {entry['claim']}"] if entry["claim"] else []
    reason = entry["reason"] and (_spaced(entry["reason"]) if entry["reason"] in _MISSING else entry["reason"])
    lines += [f"      because: {reason}"] if reason else []
    lines += [f"      note: {entry['note']}"] if entry["note"] else []
    lines += [f"      rests on the concern {one['id']}: {_spaced(one['title'])}" for one in entry["concerns"]]
    lines += [f"      rests on {numbers(entry['because'])}"] if entry["because"] else []
    cited = [f"      {_SAYS[one['says']]}{cited_in_words(one)}" for one in entry["documents"]]
    new = [line for line in cited if line not in seen]
    seen.update(new)
    return lines + new


def cited_in_words(cited: Json) -> str:
    """A document as one cites it: publisher, title, date, address, where in it, and its basis."""
    published = cited["published"]
    published = f"date of publication {_spaced(published)}" if published in _MISSING else published
    dated = f", dated {cited['dated']}" if cited["dated"] not in _MISSING else ""
    where = f" ({cited['note'].rstrip('.')})" if cited["note"] else ""  # it says where the document is to be had
    address = " ".join(cited["addresses"]) or f"address not recorded{where}"
    address += f" (read in a copy by {cited['copied_by']})" if cited["copied_by"] else ""
    locator = cited["locator"]
    place = f", place in it {_spaced(locator)}" if locator in _MISSING else f", {locator}" if locator else ""
    quote = f", \u201c{cited['quote']}\u201d" if cited["quote"] else ""
    basis = f" ({BASES[cited['basis']]})" if cited["basis"] in BASES else ""
    return f"{cited['publisher']}, \u201c{cited['title']}\u201d, {published}{dated}, {address}{place}{quote}{basis}"


def citations_in_words(entries: list[Json], log: str, known: int, head: Json) -> str:
    """Entries with the documents that they cite, and the log that has them."""
    lines = []
    for entry in entries:
        cited = entry["documents"]
        nothing = "What it cites was withheld." if entry["withheld"] else "It cites no document."
        lines += [f"{_SAYS[one['says']]}{cited_in_words(one)}." for one in cited] or [nothing]
        lines += [f"It says: {entry['claim']}"] if entry["claim"] else []
        lines += [f"Note of the ledger: {entry['note']}"] if entry["note"] else []
        lines += [_differ(entry).capitalize()] if entry["sources_differ"] else []
        effective = f" of {entry['effective']}" if entry["effective"] else ""
        what = f"#{entry['position']}, {entry['kind']}{effective}, in {entry['matter']}"
        lines += [f"Entry {what}, recorded {entry['recorded_at']}: {entry['words']}", ""]
    return "\n".join([*lines, f"Log {log}, as known at #{known}; size {head['size']}, root {head['root']}", ""])


def diff_in_words(rows: list[Json], *, several: bool) -> str:
    """The differences; if they can be of several bodies, under the id of each."""
    if not rows:
        return "Nothing is different.\n"
    lines: list[str] = []
    for body, own in groupby(rows, key=lambda row: row["body"]):
        lines += [f"{body}:"] if several else []
        lines += [f"{'  ' if several else ''}{row['words']}" for row in own]
    return "\n".join(lines) + "\n"


def log_in_words(rows: list[Json]) -> str:
    if not rows:
        return "Nothing is recorded."
    return "\n".join(
        f"{row['recorded_at'][:16].replace('T', ' ')}  {row['kind']:<26} {row['effective'] or '-':<10}  "
        f"{row['matter']}  #{row['position']}"
        for row in rows
    )


def entry_in_words(entry: "Entry", positions: Mapping[str, int], referring: "list[Entry]", status: str) -> str:
    """An entry; ``positions`` are those of the entries that it names, by their event ids."""
    first, last = entry.submitted_with[0], entry.submitted_with[-1]
    submission = f"#{first}" if first == last else f"#{first}-#{last}"
    lines = [
        f"{entry.kind}  in {entry.matter}, number {entry.sequence}  #{entry.position}",
        "",
        *_fields(entry, positions, "  "),
        "",
        f"recorded {entry.recorded_at:%Y-%m-%d %H:%M:%S} UTC by {entry.recorded_by}, in submission {submission}",
    ]
    if cosigned := entry.submission.get("cosigned"):
        lines.append(f"approved by {cosigned['by']}")
    return "\n".join([*lines, f"event id {entry.event_id}", status, *_referred(referring)])


def matter_in_words(matter: str, entries: "list[Entry]", positions: Mapping[str, int], referring: "list[Entry]") -> str:
    """The entries of a matter; ``positions`` are those of the entries that they name, by their event ids."""
    from events import WorldEvent

    lines = [matter, ""]
    for entry in entries:
        when = f"{entry.content.effective.text}  " if isinstance(entry.content, WorldEvent) else ""
        lines += [f"{when}{entry.kind}  #{entry.position}", *_fields(entry, positions, "    ")]
    return "\n".join(lines + _referred(referring))


def _fields(entry: "Entry", positions: Mapping[str, int], indent: str) -> list[str]:
    if entry.fields is None:
        return [f"{indent}(withheld)"]
    below = "\n" + indent + " " * 21  # a line break in a text begins no line of ours
    fields = {name: value for name, value in entry.fields.items() if name != "stream"}  # its matter, told already
    replacement = fields.pop("replacement", None) or {"data": {}}
    fields |= {f"-> {name}": value for name, value in replacement["data"].items()}
    fields = {name: _numbered(value, positions) for name, value in fields.items()}
    return [f"{indent}{name:<20} {_value(value)}".replace("\n", below) for name, value in fields.items()]


def _numbered(value: Any, positions: Mapping[str, int]) -> Any:
    """A value with #12 in place of an event id."""
    if isinstance(value, list):
        return [_numbered(item, positions) for item in value]
    return f"#{positions[value]}" if isinstance(value, str) and value in positions else value


def _referred(referring: "list[Entry]") -> list[str]:
    found = ", ".join(f"#{other.position} {other.kind}" for other in referring)
    return [f"referred to by {found}"] if found else []


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"  {line}" for line in lines), ""]


def _monitoring(monitoring: Json, full: bool) -> list[str]:
    phase = FULL_PHASES[monitoring["phase"]]
    pending = monitoring["pending"]
    if monitoring["certainty"] == "presumed":
        known = f"{phase}, presumed{'' if pending else ': no move is recorded'}"
        lines = ["  ".join(filter(None, (known, _differ(monitoring))))]
    else:
        presumed = ", presumed" if monitoring["presumed"] else ""
        lines = [f"{phase}{presumed}{_since(monitoring, 'entered')}{_says(monitoring)}"]
    lines += _possibly(monitoring, "entered")
    lines += _evidence(monitoring, full)
    if pending and pending["phase"]:
        day = pending["takes_effect"]
        effect = f"when it takes effect is {_spaced(day)}" if day in _MISSING else f"to take effect {day}"
        possibly = "" if pending["certainty"] == "certain" else ", possibly overtaken"
        move = f"move to {pending['phase'].capitalize()} decided, not yet in effect{possibly}"
        lines.append(f"{move}; {effect}{_says(pending)}")
    for other in (pending or {}).get("alternatives", ()):
        if other["value"]:
            decided = f"decided {when(Days.parse(other['since']))}"
            lines.append(f"possibly a move to {other['value'].capitalize()} is pending, {decided}{_says(other)}")
    return lines


def _evidence(part: Json, full: bool) -> list[str]:
    """What the events behind a value record besides it: what happened since, who decided it, why."""
    lines = []
    for number, event in enumerate(part["evidence"]):
        if (told := _recorded(event)) or number:
            lines.append(f"  {kind_in_words(event['kind'])} {when(Days.parse(event['date']))}{told}  {_behind(event)}")
    if full or len(lines) <= _MOST:
        return lines
    return [f"  {len(lines)} further entries, the latest {_MOST} here", *lines[-_MOST:]]


def _recorded(event: Json) -> str:
    """What an event records besides its value, in words: who decided it, why, on what it rests."""
    told = [f"{word} {_listed(event[field])}" for field, word in _BESIDE.items() if event.get(field)]
    return f"{_by(event)}{': ' if told else ''}{_in_one_line(told)}"


def _listed(value: Any) -> str:
    if not isinstance(value, list):
        return _stated(str(value))
    return _in_one_line(value) if any(" " in str(one) for one in value) else ", ".join(map(str, value))


def _in_one_line(texts: Iterable[Any]) -> str:
    """Several sentences in one line; only the last keeps its full stop."""
    *others, last = [*map(str, texts)] or [""]
    return "; ".join([*(text.rstrip(".") for text in others), last])


def _concerns(state: Json, full: bool) -> list[str]:
    concerns, lines = _latest(state["concerns"], "concerns", full)
    for concern in concerns:
        lines.append(f"{concern['title']}  [{concern['id']}]")
        status = STATUSES.get(concern["status"], concern["status"])
        lines.append(f"  {status}{_since(concern)}{_says(concern)}")
        lines += [f"  {line}" for line in _possibly(concern)]
        if concern["status"] == "unknown":
            lines.append(f"  last known open {_day(concern['last_known_open'])}")
        lines += _evidence(concern, full)
        if concern["status"] == "open":
            lines.append(f"  {_recommendations(concern)}; last known open {_day(concern['last_known_open'])}")
            lines += [
                f"  recommendation {item['id']}: {_spaced(item['status'])}{_or_else(item)}, "
                f"deadline {_stated(item['deadline'])}{_overdue(item)}"
                for item in concern["recommendations"]
            ]
    return (lines or ["no open concern recorded"]) + _ended(state["ended"], "concerns")


def _ended(ended: Json, subject: str, what: str = "no longer") -> list[str]:
    differ = differ_in_words(ended["sources_differ"].get(subject, ()))
    return ["  ".join(filter(None, (f"{what}: {_counted(ended[subject])}", differ)))] if ended.get(subject) else []


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {_spaced(what)}" for what, number in numbers.items())


def _or_else(item: Json) -> str:
    return "".join(f", possibly {_spaced(other['value'])}" for other in item.get("alternatives", ()))


def _recommendations(concern: Json) -> str:
    if not isinstance(issued := concern["recommendations_issued"], int):  # None: only what followed its issue is public
        still = concern["recommendations_open"]
        return f"number of recommendations: {_spaced(issued or 'unknown')}{'' if still is None else f'; open: {still}'}"
    if others := concern.get("counted_with"):
        return f"{issued} recommendations together with {', '.join(others)}; how many of each: not stated"
    text = f"{concern['recommendations_open']} of {concern['recommendations_issued']} recommendations open"
    closed = concern["recommendations_issued"] - concern["recommendations_open"]
    named = sum(item["status"] not in ("open", "not-stated") for item in concern["recommendations"])
    others = concern.get("recommendations_open_possibly", ())
    possibly = "".join(f", possibly {other['value']}" for other in others)
    return f"{text}{' (which were closed: not stated)' if closed > named else ''}{possibly}"


def _grades(state: Json) -> list[str]:
    lines, over = [], {graded["framework"]: graded["programme_ended"] for graded in state["graded"]}

    def ended(one: Json) -> str:
        day = over[one["framework"]] if one["status"] == "in-force" else None
        return f" (the programme ended in {day})" if day else ""

    for judgement in state["judgements"]:
        framework = frameworks().get(judgement["framework"])
        grade = f"{GRADES.get(judgement['grade']) or _spaced(judgement['grade'])}{ended(judgement)}"
        in_force = _in_force(judgement)
        if judgement["inspected"] == "not-inspected":
            carried = when(Days.parse(judgement["inspected_since"]))
            in_force += f", not inspected, earlier judgement carried forward {carried}"
        area = framework.areas.get(judgement["area"]) if framework else None
        title = area.title if area else judgement["area"]
        lines.append(f"{title_of(judgement['framework']):<14}  {title}: {grade}{in_force}  {_behind(judgement)}")
        lines += [f"  {line}" for line in _possibly(judgement, nothing=NONE_IN_FORCE)]
    for tally in state["tallies"]:
        told = f"tally {_tally(tally)}{ended(tally)}{_in_force(tally)}"
        lines.append(f"{title_of(tally['framework']):<14}  {told}  {_behind(tally)}")
        lines += [f"  {line}" for line in _possibly(tally, nothing=NONE_IN_FORCE)]
    for graded in state["graded"]:
        if graded["worst"]:
            lines.append(f"{title_of(graded['framework']):<14}  {worst_in_words(graded)}")
    for later in dict.fromkeys(tuple(graded["later_not_on_record"]) for graded in state["graded"]):
        titles = ", ".join(frameworks()[one].title for one in later)
        lines += [f"no report of {titles} is on record: what is in force may have ended"] if later else []
    lines = lines or ["none recorded"]
    return lines + _ended(state["ended"], "judgements") + _ended(state["ended"], "tallies", "tallies no longer")


def _in_force(assessed: Json) -> str:
    """Since when a grade or a tally is in force, or how long it was."""
    if assessed["status"] == "in-force":
        return _since(assessed)
    since, until = (_day(assessed[end]).removeprefix("in ") for end in ("since", "until"))
    possibly = "possibly " if assessed["certainty"] == "possible" else ""
    return f", {possibly}{since} to {until}, {assessed['status']}"


def _tally(tally: Json) -> str:
    """How many areas have each grade, and of how many the source says so."""
    if not tally["counts"]:
        return "not yet on record"
    counted, graded = _counted(tally["counts"]), tally["areas_graded"]
    if isinstance(graded, int) and graded > tally["areas"]:
        return f"of {graded} areas: {counted}; {graded - tally['areas']} not stated"
    return f"of some areas: {counted}" if graded == NOT_STATED else f"of {tally['areas']} areas: {counted}"


def _items(items: list[Json]) -> list[str]:
    lines = []
    for item in items:
        day = "not yet on record" if item["status"] == "not-yet" else _day(item["since"])
        if "value" in item:
            lines.append(f"{day}  {_figure(item)}{_says(item)}")
        else:
            kind = item.get("type") or item.get("stance") or item["status"]
            if "until" in item and kind != item["status"]:  # it is of the day on which it ended
                kind += f", {item['status']}{' to ' + item['into'] if 'into' in item else ''}"
            planned = "".join(f", {word} {_stated(item[key])}" for key, word in _WHEN.items() if key in item)
            timely = f", {_spaced(item.get('timeliness', 'unknown'))}" if kind != "not-yet" else ""
            title = item.get("title") or f"to {item['id']}{timely}"
            told = f"  {_spaced(kind)}" if kind != "not-yet" else ""  # "not yet on record" says it already
            lines.append(f"{day}{told}{_by(item)}: {title}{planned}{_overdue(item)}{_says(item)}")
        lines += [f"  {line}" for line in _possibly(item)]
    return lines


def _overdue(item: Json) -> str:
    return f", overdue since {item['overdue_since']}" if "overdue_since" in item else ""


def _day(since: str | None) -> str:
    """A day, or when something happened in words."""
    return when(Days.parse(since)).removeprefix("on ") if since else "-"


def _spaced(word: str) -> str:
    return word.replace("-", " ")


def _stated(value: str) -> str:
    return _spaced(value) if value in _MISSING else value


def _by(item: Json) -> str:
    """Who decided or said it, as far as it is recorded."""
    who = [_stated(item[field]) for field in ("by", "by_name") if item[field] != NOT_RECORDED]
    return f" ({', '.join(who)})" if who else ""


def _figure(item: Json) -> str:
    by = f" per {int(item['per']):,} {item.get('per_what', '')}".rstrip() if "per" in item else ""
    other = item.get("comparator")
    against = f", against {_stated(other['value'])} ({other['name']})" if other else ""
    period = f"period {_spaced(item['period'])}" if item["period"] in _MISSING else item["period"]
    return f"{item['metric']}: {_stated(item['value'])} {item['unit']}{by}{_claim(item)}{against}; {period}"


def _claim(figure: Json) -> str:
    claim = figure.get("claim", "value")
    return "" if claim == "value" else f", {_spaced(claim)}"


def _oversight(oversight: Json) -> list[str]:
    if oversight["status"] == "nothing-recorded":
        return ["nothing recorded"]
    if oversight["status"] == "not-yet":
        return [_not_yet(oversight), *_possibly(oversight)]
    holder = "" if oversight["holder"] in _MISSING else f", {oversight['holder']}"
    return [f"{oversight['name']}{holder}{_since(oversight)}{_says(oversight)}", *_possibly(oversight)]


def _not_yet(part: Json) -> str:
    """That a value is not on record yet; empty if it is."""
    return "  ".join(filter(None, ("not yet on record", _differ(part)))) if part["since"] is None else ""


def due_in_words(rows: list[Json], reports: Mapping[tuple[str, bool], int], *, full: bool) -> str:
    """What is due; of much more, unless in ``full``, how much for each body and subject, with the latest; then how many
    reports on police forces are on record that call for a response, by framework and by whether they have a date."""
    lines = [*map(_due_line, rows)] if full or len(rows) <= 5 * _MOST else [*_grouped(rows)]
    return "\n".join([*(lines or ["Nothing is on record as due."]), *_reports(reports)])


def _grouped(rows: list[Json]) -> Iterator[str]:
    of = itemgetter("body", "subject")
    for (body, subject), own in groupby(sorted(rows, key=of), key=of):
        items = list(own)
        overdue = sum(item["overdue_since"] is not None for item in items)
        yield f"{body}, {subject}: {len(items)} outstanding, {overdue} of them overdue; the latest:"
        yield _due_line(items[-1])
    yield "\nAll of them: --section SUBJECT, --within DAYS, --overdue, or --json"


def _due_line(row: Json) -> str:
    return (
        f"{row['due']}  {row['body']}  {row['matter']}  owed by {row['owed_by']}\n"
        f"            {_owed(row)}: {row['words']}  {_behind(row)}"
    )


def _reports(reports: Mapping[tuple[str, bool], int]) -> Iterator[str]:
    """For which cycles reports are on record at all: of others no response is listed."""
    titles = {id: one.title for id, one in frameworks().items() if one.bodies == "police-force"}
    if reports:
        yield "\nResponses are owed for reports. On record since 2017, with a date of publication, are of"
    for id, title in {**titles, "": "no inspection that is on record"}.items():
        dated, undated = reports.get((id, True), 0), reports.get((id, False), 0)
        if dated or undated:
            without = f"; {undated} more without a date, for which nothing is listed" if undated else ""
            yield f"  {title}: {dated}{without}"
    none = [title for id, title in titles.items() if not {(id, True), (id, False)} & {*reports}]
    if reports and none:
        yield f"None is on record of {', '.join(none)}."


def _owed(row: Json) -> str:
    if row["subject"] == "response":
        merged = f" (on {row['report_on']}, merged into it)" if row["report_on"] != row["body"] else ""
        return f"comments on: {row['title']}{merged}"
    _, of, recommendation = row["id"].partition("/")
    text = f"text {_stated(row['title'])}" if row["title"] in (NOT_STATED, NOT_RECORDED) else row["title"]
    return f"recommendation {recommendation}: {text}" if of else text


def durations_in_words(rows: list[Json]) -> str:
    if not rows:
        return "No time in Engage and no cause of concern is on record."
    return "\n".join(f"{row['body']}  {row['words']}  {_behind(row)}" for row in rows)


def duration_in_words(row: Json) -> str:
    possibly = "possibly " if row["happened"] == "possible" else ""
    what = "in Engage" if row["subject"] == "engage" else f"concern {row['id']}"
    return f"{possibly}{what}  {_from_to(row)}: {_days(row)}{_up_to(row)}"


def _up_to(row: Json) -> str:
    """What the days of a time that lasts are counted to, and when the latest evidence of it is from."""
    state = "in Engage" if row["subject"] == "engage" else "open"
    end = "exit" if row["subject"] == "engage" else "its end"
    known = f"; last known {state} {_day(row['last_known'])}"
    known += f"; {end} sought and not found on {row['sought']}" if row["sought"] else ""
    return f" up to {row['counted_to']}{known}" if row["counted_to"] else ""


def _from_to(row: Json) -> str:
    since, until = (row[field] and Days.parse(row[field]) for field in ("since", "until"))
    first = began(since, "entered" if row["subject"] == "engage" else "issued")
    if not until:
        return first
    if row["ended"] == "certain" and row["since"] == f"{since.earliest}" and row["until"] == f"{until.earliest}":
        return f"{row['since']} to {row['until']}"
    if row["ended"] == "unclear":
        return f"{first}, left unclear {when(until)}"
    return f"{first}, {'possibly ' if row['ended'] == 'possible' else ''}ended {when(until)}"


def _days(row: Json) -> str:
    least, most = row["days_at_least"], row["days_at_most"]
    return f"{least} days" if least == most else f"{least} days or more" if most is None else f"{least} to {most} days"


def threads_in_words(name: str, threads: list[Json]) -> str:
    if not threads:
        return f"{name}: no matter on record came back."
    lines = [name]
    for thread in threads:
        lines += ["", *(one["words"] for one in thread["came_back"])]
        lines += [
            f"  {_day(fact['date'])}  {fact['kind']}{_by(fact)}: {_stated(fact['title'])}  {_behind(fact)}"
            for fact in thread["facts"]
        ]
    return "\n".join([*lines, ""])


def statistics_in_words(groups: list[list[Json]]) -> str:
    """Figures, in groups within which they may be compared."""
    if not groups:
        return "No statistic is on record."
    lines = []
    for group in groups:
        first = group[0]
        denominator = "" if first["denominator"] == "none" else f" {first['denominator']}"
        lines.append(f"{first['metric']}: {first['unit']}{denominator}; period {_stated(first['period'])}")
        for row in group:
            other = row["comparator_value"]
            against = f", against {_stated(other)} ({row['comparator']})" if other else ""
            value = f"{_stated(row['value'])}{', converted' if row['converted'] else ''}{_claim(row)}{against}"
            value += ", possibly not yet on record" if row["certainty"] == "possible" else ""
            lines.append(f"  {row['body']:<22} {value}  {_behind(row)}")
        lines.append("")
    return "\n".join([*lines, "Do not compare figures of different groups."])


def _possibly(part: Json, opening: str = FROM_SOME_DAY, nothing: str = NOTHING) -> list[str]:
    return [
        f"possibly {FULL_PHASES.get(other['value'], STATUSES.get(other['value'], other['value'])) or nothing}"
        f"{_since(other, opening)}: the sources give no exact day{_says(other)}"
        for other in part.get("alternatives", ())
    ]


def _since(part: Json, opening: str = FROM_SOME_DAY) -> str:
    """Since when: a bound, or a day that the sources leave open, is never told as the day."""
    if not part["since"]:
        return ""
    days = Days.parse(part["since"])
    return f" {began(days)}" if days.earliest == days.latest else f", {began(days, opening)}"


def _says(part: Json) -> str:
    basis = BASES.get(part["basis"] or "", "")
    return "".join((f" ({basis})" if basis else "", f"  {behind}" if (behind := _behind(part)) else ""))


def _behind(part: Json) -> str:
    """The positions behind a value, and those of the entries that contradict it."""
    return "  ".join(filter(None, (numbers(part["entries"]), _differ(part))))


def _differ(part: Json) -> str:
    return differ_in_words(part["sources_differ"])


def _board_table(rows: list[Json], phase: str) -> Table:
    """The bodies listed under a phase."""
    return Table(_BOARD, [[row["name"], *_board_cells(row, phase)] for row in rows], indent=2)


def _board_cells(row: Json, phase: str) -> Iterator[str]:
    number, within = row["open_concerns"], row["open_within_a_year"]
    yield _day(row["since"]) if row["since"] else "presumed" if row["phase"] == "scan" else "-"
    yield "none recorded" if number is None else str(number) if number or not row["possibly_open"] else "-"
    yield str(row["overdue"] or "-")
    yield _day(row["last_known_open"]) if row["last_known_open"] else ""
    also = [] if row["phase"] == phase else [_SHORT[row["phase"]]]
    also += [f"phase: {BASES[row['basis']]}"] if row["basis"] in _NOT_THE_INSPECTORATE else []
    for other in row["alternatives"]:
        told = f"possibly {_SHORT[other['value']]}{_since(other, 'entered')}"
        also += [f"{told} ({BASES[other['basis']]})" if other["basis"] in _NOT_THE_INSPECTORATE else told]
    also += [f"move to {row['pending'].capitalize()} pending"] if row["pending"] else []
    also += [f"possibly a move to {phase.capitalize()} pending" for phase in row["possibly_pending"]]
    also += [f"{within} of {number} known open within a year"] if number and 0 < within < number else []
    also += [f"{row[field]} {_spaced(field.replace('_', '-'))}" for field in _COUNTED if row[field]]
    also += [f"{row['unknown_concerns']} not known to be open still"] if row["unknown_concerns"] else []
    for one in row["sought"]:
        end = "exit" if one["id"] == "monitoring/exit" else f"end of {one['id'].replace('/', ' ')}"
        also += [f"{end} sought and not found on {one['date']}"]
    also += [f"withheld since: {row['withheld']}"] if row["withheld"] else []
    also += [_differ(row)] if row["sources_differ"] else []
    also += [f"not known to this version: {row['unknown']}"] if row["unknown"] else []
    yield ", ".join(also)


def _change(row: Json, told: set[int]) -> list[str]:
    """A change, and what the entries behind it record besides, without those already ``told``; they are added to it."""
    lasted = "" if row["days_at_least"] is None else f", for {_days(row)}"
    possibly = (
        "" if row["certainty"] == "certain" else f"{', possibly' if row['happened'] == 'possible' else ''}{lasted}"
    )
    events = [{**event, **_decided(event)} for event in row["events"] if event["position"] not in told]
    told.update(event["position"] for event in events)
    recorded = [f"      {kind_in_words(event['kind'])}{beside}" for event in events if (beside := _recorded(event))]
    return [f"  {row['words']}{possibly}  {_behind(row)}", *recorded]


def _decided(event: Json) -> Json:
    """Who decided or said something, from the fields of its event."""
    left_open, fields = event.get("not_stated", ()), {"by": "decided_by", "by_name": "decided_by_name"}
    return {k: event.get(v, NOT_STATED if v in left_open else NOT_RECORDED) for k, v in fields.items()}


def _value(value: Any) -> str:
    """A value of an entry, as `correct` and a batch read it."""
    from ledger.intake.yaml import value_text

    return value_text(value) if isinstance(value, dict | list) else str(value)
