"""The pages of a body: its state today, the state from each day on which something changed, its concerns."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from ledger.publish.site import words
from ledger.publish.site.page import Page, joined
from ledger.publish.site.record import Record, page_days
from projections.days import Days
from projections.state import BodyOnDay, possible_values

Json = dict[str, Any]
_ITEMS = {
    "findings": "Findings", "recommendations": "Recommendations that belong to no cause of concern",
    "reviews": "Reviews announced", "plans": "Plans", "statements": "Statements",
    "responses": "Comments on reports (Police Act 1996, section 55)", "statistics": "Figures that sources quote",
    "inspections": "Inspections published",
}  # fmt: skip


def pages(record: Record, body: str) -> Iterator[Page]:
    """All pages of a body."""
    name, home = record.name(body), f"forces/{body}/"
    days = page_days(record.spells(body), record.as_of)
    page = Page(home, name, "force.html", ("forces/", "Forces"))
    _tell(record, page, body, record.on_day(body, record.as_of), record.bodies_changed[body])
    page.told["days"] = days
    yield page
    for before, day, after in zip([None, *days], days, [*days[1:], None], strict=False):
        on = words.span(day.days)
        title = f"{name} {on if on.startswith('by ') else f'on {on}'}"
        page = Page(f"{home}{day.name}/", title, "day.html", ("forces/", "Forces"), (home, name))
        _tell(record, page, body, record.on_day(body, day.day), record.bearing(body, day))
        page.told |= {"day": day, "before": before, "after": after, "possibly_before": day.days.earliest > date.min}
        yield page


def _tell(record: Record, page: Page, body: str, on_day: BodyOnDay, known: int) -> None:
    """Give a page the state of a body on a day."""
    page.known, page.cite, page.feed = record.known(known), record.cite(page.title, known), f"forces/{body}/feed.xml"
    page.data = state = record.state(on_day, known)
    cites = {document for one in on_day.by_key.values() for document in one.cites}
    monitoring, concerns = state["monitoring"], state["concerns"]
    in_force: dict[str, list[Json]] = {}
    for one in state["judgements"]:
        if one["status"] == "in-force":
            in_force.setdefault(one["framework"], []).append(one)
    graded = {one["framework"]: one for one in state["graded"]}
    possibly = "possible" if "engage" in possible_values(monitoring, "phase") else "scan"
    page.told |= {
        "state": state,
        "home": f"forces/{body}/",
        "kind": "engage" if monitoring["phase"] == "engage" else possibly,
        "so_far": _so_far(monitoring, on_day.as_of),
        "titles": {concern["id"]: concern["title"] for concern in concerns},
        "open_concerns": [one for one in concerns if "until" not in one],
        "ended_concerns": [one for one in concerns if "until" in one],
        "frameworks": [(id, judgements, _worst(graded.get(id))) for id, judgements in in_force.items()],
        "items": _ITEMS,
        "who": partial(record.who, page, cites),
        "what": _what,
        "recommendations": recommendations,
        "name_of": record.name,
    }


def _so_far(monitoring: Json, day: date) -> str:
    """How long a body has been in Engage by a day."""
    if monitoring["phase"] != "engage" or not monitoring["since"]:
        return ""
    since = Days.parse(monitoring["since"])
    least, most = (day - since.latest).days, (day - since.earliest).days
    return words.count(least, "day").capitalize() if least == most else f"{least:,} to {most:,} days"


def recommendations(concern: Json) -> str:
    """How many recommendations a concern has, and how many are open."""
    issued, still = concern["recommendations_issued"], concern["recommendations_open"]
    if not isinstance(issued, int):
        return f"number {words.spaced(issued or 'unknown')}"
    possibly = "".join(f", possibly {number}" for number in concern.get("recommendations_open_possibly", ()))
    return f"{still} of {issued} open{possibly}" if concern["status"] == "open" else f"{issued} issued"


def _worst(graded: Json | None) -> str:
    if not graded or not graded["worst"]:
        return ""
    of = f" of the {graded['areas']} that it grades" if graded["areas"] else ""
    return f"Worst of {graded['graded']} areas with a grade on record{of}: {words.spaced(graded['worst'])}."


def _what(subject: str, item: Json) -> object:
    """An item in words."""
    told = [item.get("title") or item.get("text") or item["id"]]
    if subject == "inspections":
        told = [words.framework(item["framework"])]
    elif subject == "statistics":
        per = f" per {int(item['per']):,} {item.get('per_what', '')}" if "per" in item else ""
        told = [f"{words.field(words.spaced(item['metric']))}: {words.spaced(item['value'])} {item['unit']}{per}"]
    kind = item.get("type") or item.get("stance")
    told += [words.spaced(kind)] if kind else []
    told += [f"due {words.days(item[key])}" for key in ("due", "planned_for") if item.get(key)]
    return joined(told, "<br>")
