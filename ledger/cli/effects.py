"""What a submission would change in the state of bodies; `--dry-run` and `approve` show it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from events import Entry
from ledger.query.context import QueryContext
from ledger.replay import ties_in
from ledger.store.reader import Reader
from projections.body import BodySpells, body_of
from projections.subject import NOT_ON_RECORD
from projections.summary import PRESUMED
from projections.timeline import words_on

Json = dict[str, Any]


def changes(reader: Reader, appended: Sequence[Entry]) -> list[Json]:
    """How these entries would change the state of today, for each body that they are about, or that a merger ties to
    one of those."""
    context, found = QueryContext.of(reader), []
    ties = ties_in(reader, appended)
    changed = {matter for entry in appended for matter in (entry.matter, *ties.needed_by(entry.matter))}
    for body in sorted({body for matter in changed if (body := body_of(matter))}):
        needed = {body, *(body_of(other) for matter in ties.of(body) for other in ties.needs(matter))}
        recorded = (entry for one in sorted(filter(None, needed)) for entry in context.entries(one))
        before = list({entry.position: entry for entry in recorded}.values())
        after = [*before, *(entry for entry in appended if body_of(entry.matter) in needed)]
        found += _changes(body, before, after, context.clocks.as_of)
    return found


def _changes(body: str, before: list[Entry], after: list[Entry], day: date) -> list[Json]:
    then, now = (words_on(BodySpells.of(body, entries), day) for entries in (before, after))
    counts = [
        Counter(words.split(",")[0] for subject, words in of.items() if subject.startswith("concern "))
        for of in (then, now)
    ]
    changes = []
    if counts[0]["open"] != counts[1]["open"]:
        changes.append({"subject": "concerns", "from": f"{counts[0]['open']} open", "to": f"{counts[1]['open']} open"})
    absent = {"monitoring": PRESUMED}
    for subject, words in now.items():
        was = then.get(subject, absent.get(subject, NOT_ON_RECORD))
        if was != words and not (subject not in then and words.startswith("none ")):
            changes.append({"subject": subject, "from": was, "to": words})
    return [{"body": body, **change} for change in changes]
