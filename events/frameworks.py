"""The inspectorate's grading frameworks: question areas and grade scales. `frameworks.json` has the data and sources.

Each cycle has its own version. Grades of different cycles are not directly comparable.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from events.terms import Grade, as_id

_MARK = re.compile(r"[^a-z0-9\s,.:;&/()'’\-‐‑–—]", re.IGNORECASE)
"""A character that no name of an area has, such as a mark of doubt or of a footnote."""


@dataclass(frozen=True, slots=True)
class Area:
    """A question area of a framework version."""

    area: str
    title: str
    graded: bool = True
    ungraded_since: int = 1
    """If it is not graded: the number of the rules from which on a grade is refused (`events.rules`)."""
    part_of: str | None = None
    aliases: tuple[str, ...] = ()
    """Its other wordings, short and long, in the inspectorate's reports."""
    continues: tuple[tuple[str, str], ...] = ()
    """The (framework, area) pairs that are the same question under another name."""


@dataclass(frozen=True, slots=True)
class Framework:
    """A version of a graded inspection programme."""

    framework: str
    programme: str
    title: str
    scale: tuple[Grade, ...]
    areas: dict[str, Area]
    source: str
    note: str = ""
    complete: bool | int = True
    """Whether every area is listed; or the number of the rules from which on that is so. If not, an unlisted area only
    gives a warning."""
    bodies: str = "police-force"
    """The type of the bodies that are inspected by it."""
    ended: str | None = None
    """When the programme ended, if it did, as a partial date."""
    suspended: str | None = None
    """When its programme was suspended, if it was, as a partial date from the first to the last day."""
    by_pillar: bool = False
    """Whether it was published pillar by pillar, on different days."""

    @property
    def first_year(self) -> int:
        """The year in which its reports begin, by its title; 0 if that names none."""
        return int((re.findall("[0-9]{4}", self.title) or "0")[0])

    def find(self, text: str) -> str | None:
        """The area with this id, title or other wording, also behind the title of its pillar: "Effectiveness: …"."""
        pillar, _, rest = text.partition(":")
        for area in self.areas.values():
            part = area.part_of and self.areas[area.part_of]
            said = rest if part and rest and as_id(pillar) in map(as_id, (part.area, part.title)) else text
            if as_id(said) in map(as_id, (area.area, area.title, *area.aliases)) and not _MARK.search(said):
                return area.area
        return None

    def has(self, area: str, rules: int) -> bool:
        """Whether an area may be judged, by the rules of that number."""
        return area in self.areas or not self.complete or rules < self.complete

    def grades(self, area: str, rules: int) -> bool:
        """Whether an area may have a grade, by the rules of that number."""
        listed = self.areas.get(area)
        return listed is None or listed.graded or rules < listed.ungraded_since

    def judges(self, area: str) -> set[tuple[str, str]]:
        """The (programme, area) pairs whose earlier judgement a judgement of this area replaces: an area of another
        programme with its parts."""
        found = {(self.programme, area)}
        for name, taken_over in self.areas[area].continues if area in self.areas else ():
            other = frameworks()[name]
            ended = [one for one in other.areas.values() if taken_over in (one.area, one.part_of)]
            found |= {
                (other.programme, a.area) for a in ended if a.area == taken_over or other.programme != self.programme
            }
        return found


@cache
def is_covered(programme: str, area: str, covers: tuple[str, ...]) -> bool:
    """Whether an area of a programme is one of these areas, or a part of one, in any framework version. An inspection
    that names none covers all."""
    listed = (f.areas[area] for f in frameworks().values() if f.programme == programme and area in f.areas)
    return not covers or not {area, *(one.part_of for one in listed)}.isdisjoint(covers)


@cache
def frameworks() -> dict[str, Framework]:
    """All framework versions by id, in the order of the cycles."""
    listed = json.loads(Path(__file__).with_name("frameworks.json").read_text("utf-8"))["frameworks"]
    return {item["framework"]: _framework(**item) for item in listed}


def title_of(name: str, area: str = "") -> str:
    """The title of a framework version, or of an area of it or of a programme; of what is not listed, the id."""
    framework = frameworks().get(name)
    if not area:
        return framework.title if framework else name
    titles = [
        f.areas[area].title for f in frameworks().values() if name in (f.programme, f.framework) and area in f.areas
    ]
    title = titles[-1] if titles else area
    return f"{title} ({framework.title})" if framework and framework.programme != name else title


def _framework(*, areas: list[dict[str, Any]], scale: list[str], **rest: Any) -> Framework:
    return Framework(areas={item["area"]: _area(**item) for item in areas}, scale=tuple(map(Grade, scale)), **rest)


def _area(*, aliases: Iterable[str] = (), continues: list[dict[str, str]] | None = None, **rest: Any) -> Area:
    return Area(aliases=tuple(aliases), continues=tuple((c["framework"], c["area"]) for c in continues or ()), **rest)
