"""The pages of a body: its state today, the state from each day on which something changed, its concerns."""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

from markupsafe import Markup

from events.frameworks import title_of
from events.terms import NOT_RECORDED, NOT_STATED
from ledger.publish.site import words
from ledger.publish.site.clocks import clocks
from ledger.publish.site.feeds import atom, changes
from ledger.publish.site.page import Page, Shell, joined
from ledger.publish.site.pictures import pictures
from ledger.publish.site.record import Record, StoredSpell, page_days
from ledger.publish.site.site_part import File
from ledger.publish.site.stays import stays
from projections.state import BodyOnDay, cited_in, is_over, possible_values

Json = dict[str, Any]
_ITEMS = {
    "findings": "Findings", "recommendations": "Recommendations that belong to no cause of concern",
    "reviews": "Reviews announced", "plans": "Plans", "statements": "Statements",
    "responses": "Comments on reports (Police Act 1996, section 55)", "statistics": "Figures that sources quote",
    "inspections": "Inspections published",
}  # fmt: skip

_FORCES = ("forces/", "Forces")
_ACTS = ("statements", "responses", "statistics", "inspections")
"""What was done on a day, and is not a state that goes on."""
_SHOWN_APART = (
    "id", "title", "text", "status", "since", "certainty", "alternatives", "basis", "entries", "sources_differ", "date",
    "kind", "until", "last_known_open", "evidence", "recommendations", "framework", "concerns",
)  # fmt: skip
"""The fields that the template of a page shows in places of their own."""


def pages(record: Record, body: str, shell: Shell) -> Iterator[Page | File]:
    """All pages of a body, and its feed."""
    name, home = record.name(body), f"forces/{body}/"
    feed, spells = f"{home}feed.xml", [*record.spells(body)]
    days, known = page_days(spells, record.as_of), record.last_on_body[body]
    page = record.page(known, home, name, "force.html", _FORCES, as_of=record.as_of, feed=feed)
    today = _tell(record, page, record.on_day(body, record.as_of))
    page.variables |= {
        "days": days,
        "pictures": [*pictures(spells, name, record.as_of)],
        "changes": _changes(page, spells),
    }
    phase = [*_phase(record, page, today)]
    page.variables["has_clocks"] = bool(phase)
    yield page
    yield from phase
    yield from _matters(record, page, today)
    yield feed, atom(record, shell, name, home, changes(record, body, spells))
    for before, day, after in zip([None, *days], days, [*days[1:], None], strict=False):
        on = words.days(day.days)
        title = f"{name} {on if on.startswith('by ') else f'on {on}'}"
        crumbs, known = (_FORCES, (home, name)), record.last_on_day(body, day)
        page = record.page(known, f"{home}{day.name}/", title, "day.html", *crumbs, as_of=day.day, feed=feed)
        _tell(record, page, record.on_day(body, day.day))
        page.variables |= {
            "day": day,
            "before": before,
            "after": after,
            "possibly_before": day.days.earliest > date.min,
        }
        yield page


def _phase(record: Record, force: Page, state: Json) -> Iterator[Page]:
    """How the answer on the phase of a body changed, if it did."""
    if found := [*clocks(record, state["body"], ("monitoring", ""), f"{force.title}, phase")]:
        title = f"How the answer changed: was {force.title} in special measures?"
        page = _page_below(record, force, "phase/", title, "clocks.html")
        page.variables = {"clocks": found, "question": "In special measures"}
        page.set_data("site phase", [
            {"clock": clock.by, "after": name, "because": note, "day": f"{clock.day}", "answer": answer, "whole": whole}
            for clock in found for name, note, whole, answer in clock.rows
        ])  # fmt: skip
        yield page


def _page_below(record: Record, force: Page, address: str, title: str, template: str) -> Page:
    """A page below that of a body today, which rests on the same."""
    crumbs, address = (_FORCES, (force.address, force.title)), f"{force.address}{address}"
    return record.page(force.position, address, title, template, *crumbs, as_of=record.as_of, feed=force.feed)


def _matters(record: Record, force: Page, state: Json) -> Iterator[Page]:
    """The pages of the concerns of a body, and of its inspections, findings, recommendations …"""
    asked = {key: state[key] for key in ("as_of", "known_at", "head", "public_at", "body", "name")}
    asked = {"schema": "force-ledger/site-matter/v1", **asked}
    for subject in ("concerns", *_ITEMS):
        for item in state[subject]:
            title = item["title"] if subject == "concerns" else _what(subject, item)[0]
            page = _page_below(record, force, f"{subject}/{item['id']}/", title, "matter.html")
            evidence = item.get("evidence", [])
            grades = [
                one for one in state["judgements"] if subject == "inspections" and one["inspection"] == item["id"]
            ]
            rows = [{"date": one["date"], "kind": one["kind"], "entries": one["entries"]} for one in evidence] or [
                *_rows({subject: [item], "judgements": grades})
            ]
            page.set_data("site matter", {**asked, "subject": subject.removesuffix("s"), **item}, rows)
            page.variables = {
                "state": state,
                "who": partial(record.who, page, force.cites),
                "item": item,
                "what": "Cause of concern" if subject == "concerns" else words.upper(subject.removesuffix("s")),
                "is_concern": subject == "concerns",
                "is_act": subject in _ACTS,
                "recommendations": recommendations(item, state["concerns"]) if subject == "concerns" else "",
                "evidence": [(one, [*_other_fields(one)]) for one in evidence],
                "said": [] if subject == "concerns" else [*_other_fields(item)],
                "grades": grades,
                "clocks": [*clocks(record, state["body"], ("concern", item["id"]), title)]
                if subject == "concerns"
                else [],
                "question": "The concern",
            }
            yield page


def _other_fields(part: Json) -> Iterator[tuple[str, object]]:
    """What an item, or the evidence of a concern, says besides what its page tells apart."""
    for name, value in part.items():
        if name not in _SHOWN_APART and value not in (None, [], "not-recorded"):
            parts = value if isinstance(value, list) else [value]
            if all(isinstance(part, str | int) for part in parts):
                yield words.field(name), joined((_value(name, part) for part in parts), "; ")


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    told = words.of_field(name, value) if isinstance(value, str) else None
    return told or str(value)


def _tell(record: Record, page: Page, on_day: BodyOnDay) -> Json:
    """Give a page the state of a body on a day, and return that."""
    home, state = f"forces/{on_day.body}/", record.state(on_day, page.position)
    page.set_data("state", state, [*_rows(state)])
    page.cites = cites = cited_in(on_day.by_key.values())
    monitoring, concerns = state["monitoring"], state["concerns"]
    in_force: dict[str, list[Json]] = {}
    tallies = [one for one in state["tallies"] if one["status"] == "in-force"]
    for one in state["judgements"]:
        if one["status"] == "in-force":
            in_force.setdefault(one["framework"], []).append(one)
    graded = {one["framework"]: one for one in state["graded"]}
    possibly = "possible" if "engage" in possible_values(monitoring, "phase") else "scan"
    page.variables |= {
        "state": state,
        "home": home,
        "kind": "engage" if monitoring["phase"] == "engage" else possibly,
        "so_far": words.lasted(monitoring["since"], on_day.as_of) if monitoring["phase"] == "engage" else "",
        "titles": {concern["id"]: concern["title"] for concern in concerns},
        "open_concerns": [one for one in concerns if not is_over(one)],
        "ended_concerns": [one for one in concerns if is_over(one)],
        "frameworks": [
            (id, judgements, _worst(graded[id]) if graded[id]["worst"] else "") for id, judgements in in_force.items()
        ],
        "tallies": [(tally, _tallied(tally, in_force)) for tally in tallies],
        "not_on_record": [
            ", ".join(map(title_of, later))
            for later in dict.fromkeys(tuple(one["later_not_on_record"]) for one in state["graded"])
            if later
        ],
        "items": _ITEMS,
        "acts": _ACTS,
        "who": partial(record.who, page, cites),
        "what": lambda subject, item: _linked(page, f"{home}{subject}/{item['id']}/", _what(subject, item)),
        "recommendations": partial(recommendations, concerns=concerns),
        "name_of": record.name,
    }
    return state


def _rows(state: Json) -> Iterator[Json]:
    """A state as the rows of a table: what each subject was."""
    values = {
        "monitoring": "phase",
        "judgements": "grade",
        "tallies": "counts",
        "statistics": "value",
        "merger": "into",
    }
    for subject, own in state.items():
        if subject in (*_ITEMS, *values, "concerns", "oversight", "territory"):
            for one in own if isinstance(own, list) else filter(None, [own]):
                yield {
                    "subject": "tally" if subject == "tallies" else subject.removesuffix("s"),
                    "id": one.get("id"),
                    "name": one.get("title") or one.get("name") or one.get("area"),
                    "framework": one.get("framework"),
                    "value": one[values.get(subject, "status")],
                    **{name: one.get(name) for name in ("since", "until", "certainty", "basis", "entries")},
                    "possibly": [other["value"] for other in one.get("alternatives", ())] or None,
                }


def _changes(page: Page, spells: Sequence[StoredSpell]) -> list[tuple[str, list[Json]]]:
    """The history of a body as tables: phase and concerns, then grades."""
    tables: dict[str, list[Json]] = {"Phase and causes of concern": [], "Grades": []}
    titles = {spell.id: spell.data["title"] for spell in spells if spell.subject == "concern"}
    for stay in stays(one for one in spells if one.subject in ("monitoring", "concern", "judgement", "tally")):
        row, area = {**stay._asdict(), **stay.data}, stay.id.partition("/")[2]
        if stay.subject == "judgement":
            row["name"] = words.area(stay.framework, area)
        elif stay.subject == "tally":
            row["name"] = f"Tally of {words.area(stay.framework, area)}" if area else "Tally"
        else:
            link = page.link(f"{page.address}concerns/{stay.id}/", titles[stay.id]) if stay.id else "Phase"
            row["name"] = link
        tables["Grades" if stay.subject in ("judgement", "tally") else "Phase and causes of concern"].append(row)
    return [(title, rows) for title, rows in tables.items() if rows]


def recommendations(concern: Json, concerns: Iterable[Json]) -> str:
    """How many recommendations a concern has, of those of its body, and how many are open."""
    issued, still = concern["recommendations_issued"], concern["recommendations_open"]
    if not isinstance(issued, int):
        return "number not known" if issued in (None, "unknown") else f"number {words.spaced(issued)}"
    if others := concern.get("counted_with"):
        titles = {one["id"]: f"“{one['title']}”" for one in concerns}
        named = (titles.get(id) or words.spaced(id) for id in others)
        return f"{issued}, counted together with those of {' and '.join(named)}"
    others = concern.get("recommendations_open_possibly", ())
    possibly = "".join(f", possibly {other['value']}" for other in others)
    return f"{still} of {issued} open{possibly}" if concern["status"] == "open" else f"{issued} issued"


def _worst(graded: Json) -> str:
    return f"The worst grade is {words.grade(graded['worst'])}: {words.worst_areas(graded, ' graded areas')}."


def _tallied(tally: Json, given: Container[str]) -> str:
    """What a tally counts, of how many areas, and that this record does not have which areas they are."""
    counts, areas, graded = tally["counts"], tally["areas"], tally["areas_graded"]
    if not counts:
        return "no tally is in force yet."
    counted = ", ".join(f"{number} {words.grade(grade)}" for grade, number in counts.items())
    of = "some areas (how many were graded is not stated)" if graded == NOT_STATED else f"{graded} areas"
    of = of if graded not in (None, NOT_RECORDED) else f"{areas} areas"
    which = "which areas, except for those in the table above," if tally["framework"] in given else "which areas"
    return f"of {of} the source counts {counted}; {which} is not recorded here."


def _linked(page: Page, address: str, told: Sequence[str]) -> Markup:
    return joined([page.link(address, told[0]), *told[1:]], "<br>")


def _what(subject: str, item: Json) -> list[str]:
    """An item in words: what it is, then what else is to be known of it."""
    told = [item.get("title") or item.get("text") or item["id"]]
    if subject == "inspections":
        told = [": ".join(filter(None, (title_of(item["framework"]), words.covered(item))))]
    elif subject == "statistics":
        per = f" per {int(item['per']):,} {item.get('per_what', '')}" if "per" in item else ""
        told = [f"{words.field(words.spaced(item['metric']))}: {words.spaced(item['value'])} {item['unit']}{per}"]
    kind = item.get("type") or item.get("stance")
    told += [words.spaced(kind)] if kind else []
    told += [f"due {words.days(item[key])}" for key in ("due", "planned_for") if item.get(key)]
    return told
