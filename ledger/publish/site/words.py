"""Dates and values as readers of the site see them: "24 November 2023", "a day in December 2023", "not stated"."""

import re
from datetime import date
from typing import Any

from events.frameworks import frameworks, title_of
from events.terms import NOT_RECORDED, NOT_STATED
from projections.days import FIRST_DAY, Days, day_in_words, when
from projections.shown import FULL_PHASES, GRADES, STATUSES
from projections.subject import NONE_IN_FORCE, kind_in_words

Json = dict[str, Any]
IDS = (
    "concern", "concerns", "recommendation", "inspection", "finding", "review", "plan", "statement", "statistic",
    "metric", "programme", "becomes", "into", "escalated_from", "recurrence_of", "superseded_by", "counted_with",
)  # fmt: skip
"""The fields with the ids of matters, which are made of words."""
_CLOSED = (
    "type", "stance", "by", "decided_by", "office", "scope", "outcome", "claim", "fate", "ground", "progress", "role",
)  # fmt: skip
"""The fields with words of closed lists. The outcome of a review is in one's own words."""
DATES = ("published", "dated", "retrieved", "due", "planned_for", "established", "effective", "fieldwork")
"""The fields with partial dates."""
_FEW = 3  # parts of a programme that are named
MISSING = (NOT_STATED, NOT_RECORDED)
KEYS = {
    "engage": "in Engage (special measures)", "scan": "Scan, on record",
    "presumed": "Scan, presumed: nothing is recorded",
    "possible": "possibly: the sources give no exact day", "open": "cause of concern open",
    "announced": "concern announced, not yet issued", "unclear": "not known whether it is still open",
    "outstanding": "outstanding", "good": "good", "adequate": "adequate",
    "requires-improvement": "requires improvement", "inadequate": "inadequate", "none": "inspected, not graded",
    "vague": "began or ended on a day that is not known",
    "later": "these days had not come",
}  # fmt: skip
"""The kinds of bars, as the key to a picture explains them."""
_MOVES = {"monitoring.engaged": "Moved to Engage (special measures)", "monitoring.returned": "Returned to Scan"}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_OFFICES = {
    "hmicfrs": "HMICFRS", "hmci": "HM Chief Inspector of Constabulary (HMCI)", "hmi": "one of HM Inspectors (HMI)",
    "ppog": "Policing Performance Oversight Group (PPOG)",
}  # fmt: skip
_WORDS: dict[str | None, str] = {None: "none known"} | {**STATUSES, **_OFFICES}


def day(of: date | str) -> str:
    """A day as people write it: 24 November 2023."""
    return day_in_words(date.fromisoformat(of[:10]) if isinstance(of, str) else of)


def days(of: Days | str | None, missing: str = "not recorded") -> str:
    """A partial date: a day; or "a day in December 2023", "by 27 September 2019". Another text, such as not-stated, in
    words."""
    if not of:
        return missing
    if isinstance(of, str):
        return days(Days.parse(of)) if of[:1].isdigit() or of.startswith("../") else spaced(of)
    if of.earliest == of.latest:
        return day_in_words(of.latest)
    return when(of) if of.earliest == FIRST_DAY else f"a day {when(of)}"


def published(document: Json) -> str:
    """When a document was published."""
    known, left_open = document.get("published"), "published" in document.get("not_stated", ())
    return days(known) if known else f"day {'not stated' if left_open else 'not recorded'}"


def number(of: int) -> str:
    """A number in words, up to nine."""
    return _NUMBERS[of] if 0 <= of < len(_NUMBERS) else f"{of:,}"


def count(of: int, what: str) -> str:
    """So many of something: "one concern", "12 concerns"."""
    return f"{number(of)} {what}{'' if of == 1 else 's'}"


def spaced(word: Any) -> str:
    """A word of a closed list, or for what is missing, as readers see it."""
    return _WORDS.get(word) or str(word).replace("-", " ")


def grade(of: str) -> str:
    """A grade, or why there is none."""
    return GRADES.get(of) or spaced(of)


def possibly(part: Json) -> list[str]:
    """The other values that the sources leave possible on the day: "possibly closed, since a day in 2023"."""
    tell = grade if "grade" in part else spaced
    found = []
    for other in part.get("alternatives") or ():
        value = NONE_IN_FORCE if other["value"] is None else tell(other["value"])
        since = f", since {days(other['since'])}" if other["since"] else ""
        found.append(f"possibly {value}{since}")
    return found


def how_it_stands(item: Json) -> list[str]:
    """Since when an item stands; or how it ended, and when: "Closed 1 March 2025". Then what is possible besides, or
    since when it is overdue."""
    status, since = upper(spaced(item["status"])), item["since"]
    told = status if since is None else f"{status} {days(since)}" if "until" in item else days(since)
    return [told, *possibly(item), *overdue(item)]


def overdue(item: Json) -> list[str]:
    """Since when an item is overdue, if it is."""
    since = item.get("overdue_since")
    return [f"overdue since {day(since)}"] if since else []


def open_concerns(row: Json) -> list[str]:
    """How many causes of concern a row of the board counts as open, and what else it counts: recommendations that are
    overdue, also those of no concern."""
    open_now, within = row["open_concerns"], row["open_within_a_year"]
    told = ["none recorded" if open_now is None else str(open_now)]
    told += [f"{within or 'none'} of them known to be open in the last year"] if open_now and within < open_now else []
    for name in ("possibly_open", "announced", "possibly_announced"):
        told += [f"{row[name]} {spaced(name.replace('_', ' '))}"] if row[name] else []
    told += [f"{row['unknown_concerns']} not known to be open still"] if row["unknown_concerns"] else []
    for name in ("overdue", "possibly_overdue"):
        told += [f"{count(row[name], 'recommendation')} {spaced(name.replace('_', ' '))}"] if row[name] else []
    return told


def worst_areas(graded: Json, areas: str = "") -> str:
    """How many areas have the worst grade, of as many as the source graded, or else of those on record: "3 of 9"."""
    source = graded["areas_graded"] if isinstance(graded["areas_graded"], int) else 0
    of = f"{source}{areas}" if source >= graded["graded"] else f"{graded['graded']}{areas} on record"
    return f"{graded['worst_areas']} of {of}"


def upper(text: str) -> str:
    """A text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def kind(of: str) -> str:
    """A kind of event: "Concern issued"."""
    return _MOVES.get(of) or upper(kind_in_words(of))


def field(name: str) -> str:
    """The name of a field: "Decided by"."""
    return upper(name.replace("_", " "))


def area(framework: str, area: str) -> str:
    """The name of an area as the inspectorate writes it."""
    known = frameworks().get(framework)
    listed = known and known.areas.get(area)
    return listed.title if listed else upper(spaced(area))


def of_field(name: str, value: str) -> str | None:
    """What the field `about`, a field of ids, of dates or of words of a closed list says; None for any other field."""
    if name == "about":
        return about(value)
    if (name in _CLOSED and " " not in value) or value in MISSING:
        return spaced(value)
    if name in IDS:  # the inspections of a programme bear its id
        return title_of(value) if value in frameworks() else upper(spaced(value))
    return days(value) if name in DATES else None


def covered(inspection: Json) -> str:
    """The parts of a programme that an inspection covers, if it is a few: "effectiveness, efficiency"."""
    covers = inspection.get("covers", ())
    return ", ".join(area(inspection["framework"], one) for one in covers) if len(covers) <= _FEW else ""


def programme(id: str) -> str:
    """The title of a programme, without the years of its cycles."""
    titles = [known.title for known in frameworks().values() if known.programme == id]
    return re.sub(r" \d{4}.*| \(.*", "", titles[-1]) if titles else upper(spaced(id))


def latest(text: str) -> date:
    """The day from which a partial date counts."""
    return Days.parse(text).latest


def deadline(text: str) -> str:
    """A deadline with its last day: "by 31 March 2024"; another, such as "within 3 months", as it is."""
    by, _, until = text.partition("by ")
    return f"by {day(latest(until))}" if until and not by else spaced(text)


def lasted(since: str | None, day: date) -> str:
    """How long something has lasted by a day: "251 days", "564 to 593 days"."""
    if not since:
        return ""
    began = Days.parse(since)
    return number_of_days((day - began.latest).days, (day - began.earliest).days)


def number_of_days(least: int, most: int | None) -> str:
    """A number of days: "251 days", "564 to 593 days", "10 days or more"."""
    if most is None:
        return f"{least:,} days or more"
    return f"{least:,} day{'' if least == 1 else 's'}" if least == most else f"{least:,} to {most:,} days"


def changed(subject: str, value: str, title: str, certain: bool) -> str:
    """A change of a phase or a concern."""
    if subject == "monitoring":
        what = {"engage": "Entered Engage (special measures)", "scan": "Returned to Scan"}.get(
            value, upper(FULL_PHASES[value])
        )
    else:
        what = f"Cause of concern {'issued' if value == 'open' else spaced(value)}: {title}"
    return what if certain else f"Possibly: {what}"


def about(of: str) -> str:
    """What an event is about: an area by its name; anything else by its kind and id."""
    subject, _, id = of.partition("/")
    titles = (known.areas[id].title for known in reversed(frameworks().values()) if id in known.areas)
    return next(titles, upper(spaced(id))) if subject == "area" else f"{subject} {spaced(id)}"
