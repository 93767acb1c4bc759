"""A seeded workload: histories as real ones look, one after another, as many bodies as the size asks for.

A body has about 230 facts over ten years: documents, inspections with their grades, causes of concern with
recommendations, reviews, statements, statistics, findings, moves; a tenth of the facts is recorded late, some dates
are vague, and one in fifty is corrected.
"""

import random
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from events import Event, latest
from events.frameworks import frameworks
from ledger.record.record import Draft

Fact = dict[str, Any]
ORIGIN = "bench.force-ledger.local"

_FRAMEWORKS = ("peel-2014", "peel-2018-19", "peel-2021-22")
_YEARS = range(2014, 2024)
FACTS_OF_A_BODY = 244
"""At most; three fewer on average."""
_BATCH = 1000


def batches(size: int, seed: int = 1, at_once: int = _BATCH) -> Iterator[list[Draft]]:
    """Events in batches, in an order in which the rules let them in; `size` of them. A correction is in the batch of
    what it corrects, which may therefore have one more."""
    yield from _batched(_facts(size, random.Random(seed)), at_once)


def facts(size: int, seed: int = 1) -> Iterator[Fact]:
    """The same as plain facts, each with its kind: what a batch in JSON lines says."""
    return _facts(size, random.Random(seed))


def later(size: int, number: int, at_once: int = _BATCH) -> Iterator[list[Draft]]:
    """What happens next to the bodies of a workload of a size, any of them: `number` events, in batches."""
    dice = random.Random(2)
    bodies = range(size // FACTS_OF_A_BODY)
    told = (
        fact
        for year in (2024, 2025)
        for body in dice.sample(bodies, min(len(bodies), number))
        for fact in _reported(f"body-{body}", year, dice)
    )
    yield from _batched(islice(told, number), at_once)


def _batched(told: Iterable[Fact], at_once: int) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    for fact in told:
        if len(batch) >= at_once and fact["kind"] != "entry.corrected":
            yield batch
            batch = []
        batch.append(Draft(_event(fact), stand_in=fact.get("label", "")))
    if batch:
        yield batch


def _event(fact: Fact) -> Event:
    return latest(fact["kind"]).model_validate(
        {name: value for name, value in fact.items() if name not in ("kind", "label")}
    )


def _facts(size: int, dice: random.Random) -> Iterator[Fact]:
    made = 0
    number = 0
    while made < size:
        for fact in _late(list(_body(f"body-{number}", dice)), dice):
            if made == size:
                return
            yield fact
            made += 1
        number += 1


def _late(history: list[Fact], dice: random.Random) -> list[Fact]:
    """A tenth of the facts, of kinds that stand alone, moved to the end: nobody had read that letter yet."""
    alone = ("statistic.reported", "finding.recorded", "review.scheduled", "concern.reaffirmed")
    late = {id(fact) for fact in history if fact["kind"] in alone and dice.random() < 0.25}
    return [f for f in history if id(f) not in late] + [f for f in history if id(f) in late]


def _body(body: str, dice: random.Random) -> Iterator[Fact]:
    """The history of one body."""
    yield _document(f"{body}-list", "dataset", 2013)
    yield {
        "kind": "body.registered", "body": body, "type": "police-force", "name": f"{body.title()} Police",
        "nation": "England", "documents": [{"document": f"{body}-list"}],
    }  # fmt: skip
    for year in _YEARS:
        yield from _reported(body, year, dice)


def _reported(body: str, year: int, dice: random.Random) -> Iterator[Fact]:
    """What a year's report says."""
    report = f"{body}-report-{year}"
    yield _document(report, "inspectorate-report", year)
    yield from _year(body, year, report, dice)


def _corrected(fact: Fact) -> Fact:
    """A slip in a fact, mended."""
    event = _event(fact)
    replacement = {"kind": event.kind, "version": event.version, "data": event.data() | {"title": "As it was put"}}
    return {
        "kind": "entry.corrected", "target": fact["label"], "stream": event.matter,
        "type": "recording-error", "reason": "A slip of the pen", "replacement": replacement,
    }  # fmt: skip


def _document(document: str, type: str, year: int) -> Fact:
    return {
        "kind": "document.registered", "document": document, "type": type, "title": f"A report on {document}",
        "publisher": "HMICFRS", "published": f"{year}-12", "addresses": [f"https://example.org/{document}.pdf"],
    }  # fmt: skip


def _year(body: str, year: int, report: str, dice: random.Random) -> Iterator[Fact]:
    def fact(kind: str, month: int, **fields: Any) -> Fact:
        vague = dice.random() < 0.2
        effective = f"{year}-{month:02}" if vague else f"{year}-{month:02}-{dice.randint(1, 28):02}"
        return {"kind": kind, "body": body, "effective": effective, "documents": [{"document": report}], **fields}

    if year % 3 == 2:
        framework = frameworks()[_FRAMEWORKS[(year - 2014) // 3 % len(_FRAMEWORKS)]]
        inspection = {"inspection": f"inspection-{year}", "framework": framework.framework}
        yield fact("inspection.published", 3, scope="assessment", **inspection) | {"effective": f"{year}-03-01"}
        areas = [area.area for area in framework.areas.values() if area.graded]
        for area in areas:
            grade = dice.choice(framework.scale)
            yield fact("judgement.given", 3, area=area, grade=grade, **inspection) | {"effective": f"{year}-03-01"}
    concern = f"concern-{year}"
    words = "A shortcoming in how the force does what it has to do, as the inspectorate put it in its report"
    recommendations = [
        {
            "id": str(n),
            "text": f"By a stated date, do the thing number {n} that is wanting",
            "deadline": "within 6 months",
        }
        for n in range(1, 4)
    ]
    yield fact("concern.issued", 4, concern=concern, title=words, recommendations=recommendations)
    yield fact("concern.reaffirmed", 6, concern=concern, progress="some")
    yield fact("recommendation.closed", 8, concern=concern, recommendations=["1"])
    yield fact("recommendation.closed", 9, concern=concern, recommendations=["2", "3"])
    if year % 2:
        yield fact("concern.closed", 11, concern=concern, reason="The recommendations were carried out")
    if year % 4 == 0:
        yield fact("monitoring.engaged", 5, concerns=[concern]) | {"effective": f"{year}-05-20"}
        yield fact("monitoring.continued", 8) | {"effective": f"{year}-08-10"}
        yield fact("monitoring.returned", 12)
    for n in range(5):
        words_of = {"statement": f"s-{year}-{n}", "stance": "comments", "decided_by": "force", "title": words}
        label = sha256(f"{body} {year} {n}".encode()).hexdigest()
        statement = fact("statement.made", 4 + n, **words_of, label=label)
        yield statement
        if n == 0 and dice.random() < 0.5:
            yield _corrected(statement)
        metric = {"metric": "recorded-crime", "value": f"{dice.randint(10, 99)}.{n}", "unit": "rate", "per": 1000}
        yield fact("statistic.reported", 4 + n, statistic=f"t-{year}-{n}", **metric)
    for n in range(3):
        yield fact("finding.recorded", 3, finding=f"f-{year}-{n}", type="area-for-improvement", title=words)
    yield fact("review.scheduled", 5, review=f"r-{year}", title="A revisit", due=f"{year}-10")
