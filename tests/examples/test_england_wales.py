"""The record of all forces in examples/england-wales: it is entered whole, and the ledger answers by it."""

import csv
import random
import re
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest

from events import latest
from ledger.cli import run
from ledger.cli.bundled import batches, bundled, enter, order
from ledger.errors import Problem, Refused
from ledger.intake.raw import RawBatch, RawEvent
from ledger.query.context import QueryContext
from ledger.readmodel.follow import followed
from ledger.record.create import create_ledger
from ledger.store.store import Store
from projections.subject import NONE_IN_FORCE, NOTHING
from projections.summary import intervals
from tests.conftest import StandingClock, key_of
from tests.test_docs import script

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "england-wales"
TODAY = "2026-06-30"

MOVES = {
    "2019-12-31": "+cleveland",
    "2020-12-31": "+greater-manchester",
    "2021-12-31": "+gloucestershire",
    "2022-06-30": "+metropolitan +staffordshire +wiltshire",
    "2022-07-12": "+gloucestershire-frs",
    "2022-10-14": "+devon-and-cornwall",
    "2022-10-28": "-greater-manchester",
    "2022-12-31": "+london-fire-brigade",
    "2023-09-20": "-gloucestershire",
    "2023-09-30": "-cleveland",
    "2023-11-22": "+buckinghamshire-frs",
    "2023-11-24": "+west-midlands",
    "2024-03-11": "+nottinghamshire -london-fire-brigade",
    "2024-05-21": "-staffordshire -wiltshire",
    "2024-09-18": "-west-midlands",
    "2024-12-06": "+lincolnshire",
    "2025-01-23": "-metropolitan",
    "2025-03-07": "-buckinghamshire-frs",
    "2025-05-22": "-nottinghamshire",
    "2025-07-30": "-devon-and-cornwall",
    "2025-08-12": "-gloucestershire-frs",
    TODAY: "",
}
"""Who was moved into Engage (+) and out of it (-) since the day before in this list. On 30 June 2022 the inspectorate
published who was in Engage."""
COUNTS = {
    "body.oversight_changed": 52,
    "body.registered": 55,
    "concern.announced": 4,
    "concern.closed": 34,
    "concern.issued": 78,
    "concern.left_unclear": 14,
    "concern.partly_ended": 1,
    "concern.reaffirmed": 11,
    "document.registered": 477,
    "entry.contradicted": 13,
    "entry.corrected": 7,
    "finding.closed": 2,
    "finding.recorded": 4,
    "inspection.programme_ended": 37,
    "inspection.published": 549,
    "judgement.carried_forward": 10,
    "judgement.given": 1349,
    "judgement.regraded": 1,
    "monitoring.concern_added": 3,
    "monitoring.engaged": 13,
    "monitoring.move_decided": 1,
    "monitoring.returned": 12,
    "recommendation.closed": 2,
    "statistic.reported": 42,
    "tally.given": 21,
}


@dataclass(frozen=True)
class Entered:
    """The ledger with the whole record in it, what was warned of, and its read model."""

    path: Path
    ledger: Store
    warnings: list[Problem]
    model: sqlite3.Connection


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entered]:
    path = tmp_path_factory.mktemp("england-wales") / "ledger.db"
    warnings: list[Problem] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(path.parent / "keys"))
        create_ledger(path, clock=StandingClock())
        with Store(path) as ledger:
            for _, batch in batches(FOLDER):
                receipt = enter(ledger, key_of(ledger), batch)
                assert not receipt.already
                warnings += (*batch.notices, *receipt.warnings)
            with ledger.reading() as reader, closing(sqlite3.connect(followed(path, reader))) as model:
                yield Entered(path, ledger, warnings, model)


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_order_lists_every_file() -> None:
    listed = [file for pattern in order(FOLDER) for file in sorted(FOLDER.glob(pattern)) or [Path(pattern)]]
    own = {file for file in listed if file.is_relative_to(FOLDER) and ".." not in file.parts}
    there = {file for file in FOLDER.rglob("*.*") if file.suffix in (".yaml", ".csv") and file.parent != FOLDER}
    assert own == there
    assert len(listed) == len(set(listed))
    assert all(file.is_file() for file in listed)


def test_each_warning_is_accepted_by_name(entered: Entered) -> None:
    told = Counter(
        (Path(warning.place.file).resolve().relative_to(FOLDER.resolve().parent).as_posix(), warning.message)
        for warning in entered.warnings
    )
    accepted = Counter({(row["file"], row["warning"]): int(row["times"]) for row in rows("warnings.csv")})
    assert told == accepted
    assert all(row["reason"] for row in rows("warnings.csv"))


def test_each_grade_of_the_sources_holds_from_the_day_after_its_publication_to_its_last(entered: Entered) -> None:
    """`check.csv` was made from the tables of facts that the record was made from, not from the ledger."""
    found = defaultdict(list)
    for body, framework, area, grade, certainty, since, until in entered.model.execute(
        "SELECT body, framework, area, grade, certainty, valid_from, valid_to FROM grades"
    ):
        found[body, framework, area, grade].append((certainty, since, until))
    wrong = [
        (row, day)
        for row in rows("check.csv")
        for day in (row["first day"], row["last day"] or TODAY)
        if not any(
            certainty == "certain" and since <= day < until
            for certainty, since, until in found[row["force"], row["framework"], row["area"], row["grade"]]
        )
    ]
    assert wrong == []
    assert len(rows("check.csv")) == 1326


def test_the_board_names_the_bodies_in_engage(entered: Entered) -> None:
    engaged: set[str] = set()
    with entered.ledger.reading() as reader:
        for day, moves in MOVES.items():
            engaged = (engaged | set(re.findall(r"\+(\S+)", moves))) - set(re.findall(r"(?<!\S)-(\S+)", moves))
            context = QueryContext.of(reader, as_of=date.fromisoformat(day), ledger=entered.path)
            assert {row["body"] for row in context.board() if row["phase"] == "engage"} == engaged, day


def test_the_kinds_of_event_are_counted(entered: Entered) -> None:
    counted = entered.model.execute("SELECT kind, count(*) FROM entries GROUP BY kind ORDER BY kind")
    assert {kind: number for kind, number in counted if kind.partition(".")[0] not in ("ledger", "recorder")} == COUNTS


def test_each_document_has_an_address_or_says_where_it_can_be_had(entered: Entered) -> None:
    query = """SELECT json_extract(data, '$.document') FROM entries WHERE kind = 'document.registered'
        AND json_extract(data, '$.addresses') IS NULL AND json_extract(data, '$.note') NOT LIKE '%to be had%'"""
    assert entered.model.execute(query).fetchall() == []


def test_as_many_grades_are_in_force_on_a_day_as_the_sources_name(entered: Entered) -> None:
    """Those of PEEL, and those of crime data integrity. They are those of `check.csv`, with the three that are not
    stated, and those that vague dates leave open: on 30 June 2017 two grades are of "June 2017", on 30 June 2018 three
    may have begun by then."""
    query = """SELECT count(*) FILTER (WHERE framework LIKE 'peel-%'), count(*) FROM grades
        WHERE valid_from <= ? AND ? < valid_to AND status = 'in-force'"""
    for day, peel, named, more in (
        ("2016-03-01", 119, 119, 0),
        ("2017-06-30", 142, 147, 2),
        ("2018-06-30", 272, 289, 5),
    ):
        held = [row for row in rows("check.csv") if row["first day"] <= day <= (row["last day"] or TODAY)]
        ((of_peel, number),) = entered.model.execute(query, [day, day])
        assert (of_peel, len(held), number - named) == (peel, named, more), day


def test_each_value_rests_on_documents_that_can_be_had(entered: Entered) -> None:
    """`why` tells of every value the documents that it rests on, each with an address, or where it can be had."""
    told = (
        "SELECT DISTINCT subject, summary FROM spells WHERE known_to IS NULL AND cites = '[]' AND subject != 'document'"
    )
    assert {summary for _, summary in entered.model.execute(told)} <= {"Scan (presumed)", NOTHING, NONE_IN_FORCE}
    cited = """SELECT DISTINCT cited.value FROM spells, json_each(cites) AS cited WHERE known_to IS NULL AND cited.value
        NOT IN (SELECT id FROM spells WHERE subject = 'document' AND known_to IS NULL
            AND (json_array_length(data, '$.addresses') OR data ->> 'note' LIKE '%to be had%'))"""
    assert entered.model.execute(cited).fetchall() == []


def test_why_says_where_a_document_without_an_address_is_to_be_had(
    entered: Entered, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--ledger", str(entered.path), "why", "south-yorkshire", "--as-of", "2026-06-30"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "address not recorded" in line]
    assert told
    assert all("to be had" in line.lower() for line in told)


_GIVEN = """SELECT position FROM entries WHERE body = ? AND kind LIKE 'judgement.%' AND data ->> 'framework' = ?
    AND data ->> 'area' = ? AND data ->> 'grade' = ? ORDER BY position DESC"""


@pytest.mark.parametrize("force", ["cleveland", "norfolk", "wiltshire"])
def test_what_is_dated_was_public_on_its_day(entered: Entered, force: str) -> None:
    """The day after its publication the public knew a grade of which a document that it cites has a date."""
    number = 0
    dated = {at for (at,) in entered.model.execute("SELECT position FROM citations WHERE published <= effective")}
    checked = [row for row in rows("check.csv") if row["force"] == force]
    with entered.ledger.reading() as reader:
        for day in {date.fromisoformat(row["first day"]) for row in checked}:
            public = QueryContext.of(reader, as_of=day, public_at=day).state(force)["judgements"]
            for row in (row for row in checked if row["first day"] == day.isoformat()):
                (entry,) = entered.model.execute(
                    _GIVEN, [force, row["framework"], row["area"], row["grade"]]
                ).fetchone()
                if entry in dated:
                    wanted, number = (row["framework"], row["area"], row["grade"]), number + 1
                    assert wanted in {(one["framework"], one["area"], one["grade"]) for one in public}
    assert number > 10


FORCES = {
    "cleveland": "Cleveland Police",
    "gloucestershire": "Gloucestershire Constabulary",
    "humberside": "Humberside Police",
    "north-yorkshire": "North Yorkshire Police",
}


@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_the_files_makes_no_difference(
    entered: Entered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """What is recorded of four forces, in any order of files that the rules accept: what is refused is tried again
    after the others."""
    todo = [kept for _, batch in batches(FOLDER) if (kept := RawBatch([*_kept(batch)])).events]
    random.Random(seed).shuffle(todo)
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(tmp_path / "keys"))
    create_ledger(tmp_path / "ledger.db", clock=StandingClock())
    with Store(tmp_path / "ledger.db") as ledger:
        for batch in todo:  # it grows
            try:
                enter(ledger, key_of(ledger), batch)
            except Refused:
                todo.append(batch)
                assert len(todo) < 1000
        for force in FORCES:
            assert _spells(ledger, force) == _spells(entered.ledger, force), force


def _kept(batch: RawBatch) -> Iterator[RawEvent]:
    """The documents, and the events about those forces, each with what its batch shares."""
    for raw in batch.events:
        kind, whole = raw.tree["kind"], raw.shared | raw.tree
        if kind == "document.registered" or whole.get("body") in {*FORCES, *FORCES.values()}:
            fields = {"kind", "label", *latest(kind).model_fields}
            yield RawEvent({name: value for name, value in whole.items() if name in fields}, raw.places)


def _spells(ledger: Store, force: str) -> list[object]:
    """What was so when, without the positions of the entries."""
    with ledger.reading() as reader:
        return [
            (key, [(state.value, state.summary, state.cites, state.first, state.until) for state in intervals(own)])
            for key, own in QueryContext.of(reader).spells(force).spells.items()
        ]


def test_the_page_has_the_tables_of_the_ledger(entered: Entered) -> None:
    page = (ROOT / "docs" / "record.md").read_text("utf-8")
    assert page == script("make_record").with_tables(page, entered.model), "run `make docs`"


def test_the_demo_enters_it_and_shows_the_board(entered: Entered, capsys: pytest.CaptureFixture[str]) -> None:
    """Again: all of it is on record, also when it was recorded file by file."""
    assert run(["demo", str(entered.path.parent)]) == 0
    out = capsys.readouterr().out
    events = sum(COUNTS.values()) - 44  # with the 43 forces, and their document
    assert f"Recorded 0 events; {events} were on record." in out
    assert sum(map(int, re.findall(r"^read .* ([0-9]+) events$", out, re.MULTILINE))) == events
    engaged = out.partition("In Engage (special measures)\n")[2].partition("\nIn Scan")[0]
    assert re.search(r"^  West Midlands Police +2023-11-24 +4 ", engaged, re.MULTILINE)


def test_a_ledger_of_ones_own_can_start_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--ledger", str(tmp_path / "own.db"), "init", "--origin", "example.org/own", "--record"]) == 0
    entries = sum(COUNTS.values()) + 2  # with the opening, and its first recorder
    assert f"the ledger example.org/own, with {entries} entries." in capsys.readouterr().out
    assert run(["--ledger", str(tmp_path / "other.db"), "init", "--empty", "--record"]) == 2
    assert not (tmp_path / "other.db").exists()


def test_the_wheel_has_it_compressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, check=False
    )
    assert done.returncode == 0
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as built:
        assert not [name for name in built.namelist() if "england-wales" in name]
        built.extract("ledger/data/record.zip", tmp_path)
    monkeypatch.setattr("ledger.cli.bundled.files", lambda package: tmp_path / package)
    with bundled() as folder:
        unpacked = [(file.relative_to(folder).parts, batch) for file, batch in batches(folder)]
    assert not folder.exists()
    read = [(file.relative_to(FOLDER).parts, batch) for file, batch in batches(FOLDER)]
    assert [(name, [raw.tree for raw in own.events]) for name, own in unpacked] == [
        (name, [raw.tree for raw in own.events]) for name, own in read
    ]
