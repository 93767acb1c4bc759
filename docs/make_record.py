"""Write the tables of docs/record.md, from a ledger with the record in it: `make docs`. A test compares the two."""

import os
import sqlite3
import tempfile
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path

from ledger.cli.bundled import batches, bundled, enter
from ledger.readmodel.follow import followed
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.store.store import Store

CYCLES = {
    "2014": ("peel-2014",),
    "2015": ("peel-2015",),
    "2016": ("peel-2016",),
    "2017": ("peel-2017",),
    "2018/19": ("peel-2018-19",),
    "2021/22": ("peel-2021-22", "peel-2021-22-revised"),
    "2023-25": ("peel-2023-25",),
    "crime data": ("crime-data-integrity",),
    "fire 2023-25": ("frs-2023-25",),
}
_COUNTED = """SELECT body, json_extract(data, '$.framework'), count(DISTINCT json_extract(data, '$.area')) FROM entries
    WHERE in_force AND kind IN ('judgement.given', 'judgement.carried_forward')
    AND json_extract(data, '$.grade') != 'not-graded' GROUP BY 1, 2"""
_GRADED = """SELECT body, json_extract(data, '$.framework'), json_extract(data, '$.areas_graded') FROM entries
    WHERE in_force AND kind = 'inspection.published' AND json_extract(data, '$.areas_graded')"""
_OTHERS = """SELECT body, kind, count(*) FROM entries WHERE in_force
    AND kind IN ('concern.issued', 'monitoring.engaged') GROUP BY 1, 2"""
_BODIES = """SELECT body, json_extract(data, '$.name') FROM entries
    WHERE kind = 'body.registered' AND json_extract(data, '$.type') = ? ORDER BY 1"""


def with_tables(page: str, model: sqlite3.Connection) -> str:
    """The page with the tables of today, from the read model of a ledger."""
    named: dict[str, Counter[str]] = defaultdict(Counter)
    graded: dict[str, Counter[str]] = defaultdict(Counter)
    for query, found in ((_COUNTED, named), (_GRADED, graded), (_OTHERS, named)):
        for body, what, number in model.execute(query):
            found[body][what] += number
    for type_ in ("police-force", "fire-and-rescue-service"):
        bodies = model.execute(_BODIES, [type_]).fetchall()
        cycles = [c for c, frameworks in CYCLES.items() if any(named[b][f] for b, _ in bodies for f in frameworks)]
        rows = [("", *cycles, "causes of concern", "Engage")]
        rows += [("---", *("---:" for _ in rows[0][1:]))]
        for body, name in bodies:
            cells = [_cell(named[body], graded[body], CYCLES[cycle]) for cycle in cycles]
            rows.append((name, *cells, *(str(named[body][k] or "") for k in ("concern.issued", "monitoring.engaged"))))
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        begin, end = f"<!-- {type_} -->\n", "<!-- end -->"
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}{table}\n{end}{rest.partition(end)[2]}"
    return page


def _cell(named: Counter[str], graded: Counter[str], frameworks: tuple[str, ...]) -> str:
    """How many grades are named, and of how many where the source says so and not all are."""
    n, of = (sum(count[framework] for framework in frameworks) for count in (named, graded))
    return f"{n} of {of}" if of > n else str(n or "")


def main() -> None:
    page = Path(__file__).with_name("record.md")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FORCE_LEDGER_KEYS"] = folder
        path = Path(folder, "ledger.db")
        create_ledger(path)
        with Store(path) as ledger, ledger.reading() as reader:
            signer = KeyRing(reader.origin()).recorder(None)
        with Store(path) as ledger, bundled() as record:
            enter(ledger, signer, *(batch for _, batch in batches(record)))
            with ledger.reading() as reader, closing(sqlite3.connect(followed(path, reader))) as model:
                page.write_text(with_tables(page.read_text("utf-8"), model), "utf-8")


if __name__ == "__main__":
    main()
