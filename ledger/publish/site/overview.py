"""The pages about the whole record: the overview, the forces, what is open and due, comparisons, corrections, the data,
how to check and to reply."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property, partial
from typing import Any

import orjson

from events import Entry
from events.dates import instant
from events.frameworks import Framework, frameworks
from ledger.publish.site import words
from ledger.publish.site.bodies import recommendations
from ledger.publish.site.entries import compared
from ledger.publish.site.feeds import CHANGING, FeedItem, atom, changes, latest
from ledger.publish.site.page import Page, Shell
from ledger.publish.site.proof import in_script
from ledger.publish.site.record import Record
from ledger.publish.site.site_part import File
from ledger.readmodel.description import describe
from projections.days import Days
from projections.shown import FULL_PHASES
from projections.state import BodyOnDay, body_state, cited_in, is_there, possible_values
from projections.subject import BEHIND

Json = dict[str, Any]
KINDS = {"police-force": "Police forces", "fire-and-rescue-service": "Fire and rescue services"}
Schemas = Callable[[], Iterable[File]]
"""Makes the files with the JSON Schemas."""
_WORST_FIRST = ("inadequate", "requires-improvement", "adequate", "good", "outstanding")
_LATEST = 12  # changes on the overview
_MATTERS_DUE = ("concern", "recommendation", "document", "inspection", "response", "review", "plan")


class Whole:
    """What the pages about the whole record share: the state of every body today, and what changed last."""

    def __init__(self, record: Record) -> None:
        self.record = record

    @cached_property
    def states(self) -> dict[str, tuple[BodyOnDay, Json]]:
        """The state of every body that is there on the day, by name."""
        found = {
            body: self.record.on_day(body, self.record.as_of) for kind in KINDS for body in self.record.forces(kind)
        }
        told = {body: (on_day, body_state(on_day)) for body, on_day in found.items()}
        return {body: one for body, one in told.items() if is_there(one[1]["monitoring"])}

    def of(self, kind: str) -> dict[str, tuple[BodyOnDay, Json]]:
        """The states of the bodies of one type."""
        return {body: one for body, one in self.states.items() if self.record.bodies[body]["type"] == kind}

    @cached_property
    def amendments(self) -> list[tuple[Entry, Entry | None]]:
        """The entries that amend others, each with its target."""
        reader = self.record.reader
        entries = [entry for at in self.record.amending for entry in reader.entries_at([at])]
        targets = reader.by_event_id([entry.amends.target for entry in entries if entry.amends])
        return [(entry, targets.get(entry.amends.target) if entry.amends else None) for entry in entries]

    @cached_property
    def changes(self) -> list[FeedItem]:
        """The changes of phases and concerns up to the day, the latest first."""
        found = (
            change
            for body in self.record.bodies
            for change in changes(self.record, body, self.record.spells(body, *CHANGING))
        )
        return sorted(found, key=latest, reverse=True)


def pages(record: Record, whole: Whole) -> Iterator[Page]:
    """The pages that name the newest state of the log."""
    yield _overview(record, whole)
    yield _data(record)
    yield _verify(record)


def about(shell: Shell) -> Iterator[Page]:
    """The pages that rest on the settings alone."""
    contact = Page("contact/", "Report an error, or reply", "contact.html")
    contact.variables = {"publisher": shell.publisher, "contact": shell.contact}
    yield contact
    missing = Page("", "Page not found", "404.html")
    missing.root, missing.file = shell.base_url, "404.html"  # a server shows it at any address
    yield missing


def schemas(made: Schemas) -> Iterator[Page | File]:
    """The JSON Schemas, and the page that lists them: of what can be recorded, and of what can be read."""
    files = [*made()]
    yield from ((f"data/{name}", data) for name, data in files)
    page = Page("data/schema/", "JSON Schema", "schemas.html", ("data/", "Data"))
    lists: dict[str, list[Json]] = {}
    for name, data in files:
        folder, _, file = name.removeprefix("schema/").rpartition("/")
        id, schema = file.removesuffix(".json"), orjson.loads(data)
        lists.setdefault(folder, []).append({**schema, "id": id, "file": name.removeprefix("schema/")})
    lists["answers"].sort(key=lambda one: not one["id"].startswith("site"))  # pages of the site first
    page.variables["lists"] = lists
    yield page


def lists(record: Record, whole: Whole) -> Iterator[tuple[str, int, Callable[[], Iterable[Page]]]]:
    """The other pages about the whole record: a name, the last entry that bears on them, and what makes them."""
    for name, kinds, make in (
        ("forces", ("monitoring", "concern"), _forces),
        ("concerns", ("concern",), _concerns),
        ("due", _MATTERS_DUE, _due),
        ("compare", ("inspection",), _compared),
        ("documents", ("document",), _documents),
    ):
        last = record.last_on_subjects(*kinds)
        yield name, last, partial(make, record, whole, last)
    last = max(record.amending, default=0)
    yield "corrections", last, partial(_corrections, record, whole, last)


def feeds(record: Record, whole: Whole, shell: Shell) -> Iterator[File]:
    """The feeds of all changes and of the corrections."""
    yield "feed.xml", atom(record, shell, "Changes", "", whole.changes)
    amended = []
    for entry, target in reversed(whole.amendments):
        day, address, body = instant(entry.recorded_at)[:10], f"entries/{entry.position}/", record.body_of(entry.matter)
        what = words.kind(entry.kind) + (f": {record.entry_in_words(target.position)}" if target else "")
        amended.append(FeedItem(day, body, record.name(body), what, address, "", {"entries": [entry.position]}))
    yield "corrections/feed.xml", atom(record, shell, "Corrections", "corrections/", amended)


def _overview(record: Record, whole: Whole) -> Page:
    page = _page(record, record.last, "", "Police forces in special measures", "overview.html")
    page.feed = "feed.xml"
    forces = whole.of("police-force")
    board = record.board()
    page.set_data("board", list(board.values()))
    engaged = {body: one for body, one in forces.items() if one[1]["monitoring"]["phase"] == "engage"}
    possibly = [
        b for b, (_, s) in forces.items() if b not in engaged and "engage" in possible_values(s["monitoring"], "phase")
    ]
    others = whole.of("fire-and-rescue-service").values()
    boards = [row for kind in KINDS for row in (board if kind == "police-force" else record.board(kind)).values()]
    open_concerns = sum(row["open_concerns"] or 0 for row in boards)
    outstanding = record.outstanding
    late = [row for row in outstanding if row["due"] < record.as_of.isoformat()]
    overdue = [row for row in late if row["overdue_since"]]
    comments = sum(row["subject"] == "response" for row in overdue)
    published = (Days.parse(one["published"]).latest for one in record.documents.values() if one.get("published"))
    page.variables |= {
        "newest": max((day for day in published if day <= record.as_of), default=None),
        "forces": len(forces),
        "engaged": [
            {**_engaged(record, page, *one), "open": words.open_concerns(board[body])} for body, one in engaged.items()
        ],
        "possibly": possibly,
        "stays": _stays(record, page, forces),
        "fire": [s["body"] for _, s in others if "engage" in possible_values(s["monitoring"], "phase")],
        "name_of": record.name,
        "open_concerns": open_concerns,
        "open_within_a_year": sum(row["open_within_a_year"] for row in boards),
        "comments": comments,
        "overdue": len(overdue) - comments,
        "unclear": len(late) - len(overdue),
        "due": len(outstanding) - len(late),
        "grid": _grid(forces),
        "changes": [_change(record, page, change) for change in whole.changes[:_LATEST]],
        "checkpoint": record.checkpoints[-1] if record.checkpoints else None,
    }
    return page


def _engaged(record: Record, page: Page, on_day: BodyOnDay, state: Json) -> Json:
    monitoring, concerns = state["monitoring"], state["concerns"]
    titles = {one["id"]: one["title"] for one in concerns}
    return {
        "body": state["body"],
        "name": state["name"],
        "since": monitoring["since"],
        "days": words.lasted(monitoring["since"], record.as_of),
        "reasons": [one["reason"] for one in monitoring["evidence"] if one.get("reason")],
        "possibly": words.possibly(monitoring),
        "named": [(id, titles.get(id, words.spaced(id))) for id in monitoring["concerns"]],
        "who": record.who(page, cited_in([on_day.by_key["monitoring", ""]]), monitoring),
    }


def _stays(record: Record, page: Page, forces: Iterable[str]) -> list[Json]:
    """The times in Engage of these forces, the longest first."""
    times = [time.to_json() for time in record.context.durations([*forces], record.as_of) if time.subject == "engage"]
    for time in times:
        time["days"] = words.number_of_days(time["days_at_least"], time["days_at_most"])
        time["entries"] = page.entries(time["entries"])
    return sorted(times, key=lambda time: -time["days_at_least"])


def _grid(forces: dict[str, tuple[BodyOnDay, Json]]) -> Json:
    """The forces by worst PEEL grade in force and by phase; each with how many of its graded areas have that grade, and
    in which programme."""
    cells: dict[tuple[str, str], list[Json]] = {}
    for body, (_, state) in forces.items():
        monitoring = state["monitoring"]
        phase, possibly = monitoring["phase"], "engage" in possible_values(monitoring, "phase")
        if phase != "engage" and (possibly or monitoring["certainty"] == "presumed"):
            phase = "possibly" if possibly else "presumed"
        worst, framework, told = _worst_grade(state)
        row = {"body": body, "name": state["name"], "told": told, "framework": framework}
        cells.setdefault((worst, phase), []).append(row)
    newest = max((row["framework"] for own in cells.values() for row in own), key=[*frameworks(), ""].index, default="")
    phases = {
        "engage": FULL_PHASES["engage"], "possibly": "Possibly Engage", "scan": "Scan, on record",
        "presumed": "Scan, presumed", "none": "Possibly Scan",
    }  # fmt: skip
    used = {key: title for key, title in phases.items() if key == "engage" or any(key == of for _, of in cells)}
    rows = [
        (words.upper(words.spaced(grade)) if grade else "No PEEL grade recorded", grade)
        for grade in (*_WORST_FIRST, "") if any(grade == of for of, _ in cells)
    ]  # fmt: skip
    return {
        "head": [
            f"{title} ({sum(len(own) for (_, of), own in cells.items() if of == key)})" for key, title in used.items()
        ],
        "rows": [(title, [cells.get((grade, key), []) for key in used]) for title, grade in rows],
        "newest": newest,
    }


def _worst_grade(state: Json) -> tuple[str, str, str]:
    """The worst PEEL grade in force, the newest framework that has it, and how many areas have it. Nothing if there is
    no grade."""
    order = [one.framework for one in frameworks().values() if one.programme == "peel"]
    found = [one for one in state["graded"] if one["framework"] in order and one["worst"]]
    if not found:
        return "", "", ""
    one = min(found, key=lambda one: (_WORST_FIRST.index(one["worst"]), -order.index(one["framework"])))
    return one["worst"], one["framework"], words.worst_areas(one)


def _change(record: Record, page: Page, change: FeedItem) -> Json:
    what, who = page.link(change.address, change.what), record.who(page, change.cites, change.data)
    return {**change._asdict(), "what": what, "who": who}


def _forces(record: Record, whole: Whole, last: int) -> Iterator[Page]:
    page = _page(record, last, "forces/", "Forces", "forces.html")
    boards = [(title, list(record.board(kind).values())) for kind, title in KINDS.items()]
    page.set_data("board", [row for _, rows in boards for row in rows])
    page.variables["boards"] = [(title, rows) for title, rows in boards if rows]
    yield page


def _concerns(record: Record, whole: Whole, last: int) -> Iterator[Page]:
    page = _page(record, last, "concerns/", "Causes of concern that are open, or may be", "concerns.html")
    boards = []
    for kind, title in KINDS.items():
        rows = [
            {
                **concern, "body": body, "name": state["name"], "told": recommendations(concern, state["concerns"]),
                "who": record.who(page, cited_in([on_day.by_key["concern", concern["id"]]]), concern),
            }
            for body, (on_day, state) in whole.of(kind).items()
            for concern in state["concerns"]
        ]  # fmt: skip
        boards.append((title, sorted(rows, key=_open_for_longest)))
    page.variables["boards"] = [(title, rows) for title, rows in boards if rows]
    names = (
        "body", "id", "title", "status", "since", "certainty", "alternatives", "last_known_open",
        "recommendations_open", *BEHIND,
    )  # fmt: skip
    told = (row for _, rows in boards for row in rows)
    page.set_data("site concerns", [{name: row[name] for name in names if name in row} for row in told])
    yield page


def _open_for_longest(concern: Json) -> tuple[bool, date]:
    """Sorts first what is open, and then what has been so since the earliest day."""
    return concern["status"] != "open", Days.parse(concern["since"]).latest


def _due(record: Record, whole: Whole, last: int) -> Iterator[Page]:
    page = _page(record, last, "due/", "What is due, and what is overdue", "due.html")
    rows = record.outstanding
    page.set_data("due", rows)
    today = record.as_of.isoformat()
    late = [row for row in reversed(rows) if row["due"] < today]
    page.variables |= {
        "coming": _by_report(row for row in rows if row["due"] >= today),
        "overdue": _by_report(row for row in late if row["overdue_since"]),
        "unclear": _by_report(row for row in late if not row["overdue_since"]),
        "name_of": record.name,
    }
    yield page


def _by_report(rows: Iterable[Json]) -> tuple[list[Json], list[Json]]:
    """What is due, but comments on reports; and the reports, each with the comments on it, as they are many."""
    others, reports = list[Json](), dict[tuple[str, str], Json]()
    for row in rows:
        if row["subject"] == "response":
            reports.setdefault((row["due"], row["id"]), {**row, "owing": []})["owing"].append(row)
        else:
            others.append(row)
    return others, [*reports.values()]


def _compared(record: Record, whole: Whole, last: int) -> Iterator[Page]:
    """The grades of all bodies by area, one page for each framework."""
    given: dict[str, dict[tuple[str, str], Json]] = {}
    for body in record.bodies:
        for spell in record.spells(body, "judgement"):
            if spell.value and spell.first <= record.as_of:
                given.setdefault(spell.data["framework"], {})[body, spell.data["area"]] = spell.data
    known = [one for id, one in frameworks().items() if id in given]
    latest = next((one.framework for one in reversed(known) if one.programme == "peel"), "")
    for framework in known:
        yield _framework(
            record, whole, last, framework, given[framework.framework], known, f"compare/{framework.framework}/"
        )
        if framework.framework == latest or (not latest and framework is known[-1]):
            yield _framework(record, whole, last, framework, given[framework.framework], known, "compare/")
    if not known:
        yield _page(record, last, "compare/", "Compare", "nothing.html")


def _framework(
    record: Record, whole: Whole, last: int, framework: Framework, given: dict[tuple[str, str], Json],
    known: list[Framework], address: str,
) -> Page:  # fmt: skip
    page = _page(record, last, address, f"Compare: {framework.title}", "compare.html")
    areas = [area for area in framework.areas if any(area == of for _, of in given)]
    areas += sorted({of for _, of in given} - set(areas))
    bodies = [body for body in record.forces(framework.bodies) if any(body == of for of, _ in given)]
    bodies.sort(key=lambda body: (record.bodies[body]["region"] or "", record.name(body)))
    in_force = {
        (body, one["area"]) for body, (_, state) in whole.states.items() for one in state["judgements"]
        if one["framework"] == framework.framework and one["status"] == "in-force"
    }  # fmt: skip
    rows = [(body, [(given.get((body, area)), (body, area) in in_force) for area in areas]) for body in bodies]
    page.set_data("site compare", [
        {"framework": framework.framework, "body": body, "area": data["area"], "grade": data["grade"],
         "since": data["since"], "in_force": is_now, **{of: data[of] for of in BEHIND}}
        for body, cells in rows for data, is_now in cells if data
    ])  # fmt: skip
    page.variables |= {
        "titles": [words.area(framework.framework, area) for area in areas], "rows": rows, "name_of": record.name,
        "framework": framework, "frameworks": known,
        "regions": {body: record.bodies[body]["region"] for body in bodies},
        "without": [body for body in record.forces(framework.bodies) if body not in bodies],
    }  # fmt: skip
    return page


def _corrections(record: Record, whole: Whole, last: int) -> Iterator[Page]:
    page = _page(record, last, "corrections/", "What the ledger has corrected", "corrections.html")
    page.feed = "corrections/feed.xml"
    rows = []
    for entry, target in whole.amendments:
        body = record.body_of(entry.matter)
        rows.append({
            "position": entry.position, "kind": entry.kind, "body": body or None,
            "target": target.position if target else None,
            "reason": getattr(entry.content, "reason", None), "claim": getattr(entry.content, "claim", None),
            "type": getattr(entry.content, "type", None), "recorded_at": instant(entry.recorded_at),
            "changed": [one for one in compared(record, page, target, entry.content) if one[1] != one[2]]
            if target else [],
        })  # fmt: skip
    page.set_data("site corrections", [{k: v for k, v in row.items() if k != "changed"} for row in rows])
    page.variables["in_words"] = record.entry_in_words
    page.variables |= {"rows": list(reversed(rows)), "name_of": record.name, "bodies": record.bodies}
    yield page


def _documents(record: Record, whole: Whole, last: int) -> Iterator[Page]:
    page = _page(record, last, "documents/", "Documents", "documents.html")
    rows = [{"document": id, **data} for id, data in record.documents.items()]
    rows.sort(key=lambda row: (row.get("published", ""), row["document"]), reverse=True)
    names = ("document", "type", "basis", "title", "publisher", "published", "addresses")
    page.set_data("site documents", [{name: row.get(name) for name in names} for row in rows])
    page.variables["rows"] = rows
    yield page


def _data(record: Record) -> Page:
    page = _page(record, record.last, "data/", "Data", "data.html")
    page.variables |= {"tables": [table for table in describe().tables if not table.shown.get("hidden")]}
    return page


def _verify(record: Record) -> Page:
    page = _page(record, record.last, "verify/", "Check this record", "verify.html")
    note = record.checkpoints[-1].to_bytes().decode() if record.checkpoints else ""
    keys = {"log": record.origin, "log_keys": record.log_keys, "checkpoint": note or None}
    page.set_data(
        "site verify",
        {"schema": "force-ledger/site-verify/v1", **keys},
        [{"log": record.origin, "log_key": key} for key in record.log_keys],
    )
    page.variables |= {"keys": record.log_keys, "checkpoint": note, "note": in_script(note)}
    return page


def _page(record: Record, last: int, address: str, title: str, template: str) -> Page:
    page = record.page(last, address, title, template, as_of=record.as_of)
    page.variables = {"as_of": record.as_of}
    return page
