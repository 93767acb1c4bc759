"""Every ledger that was recorded by rules of some number can be opened, verified, followed and continued for ever."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from shutil import copy

import pytest

from events import Event, kinds, latest
from events.rules import RULES
from ledger.cli import run
from ledger.query.context import QueryContext
from ledger.store.store import Store
from tests.conftest import now, record_yaml
from tests.support.corpus import FOLDER, FROZEN, frameworks_by, frozen, newest, read_by
from tests.support.golden import KEEPER

LEDGERS = sorted(FOLDER.glob("*.db"))


@pytest.fixture(params=LEDGERS, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a ledger, in a folder to be in."""
    monkeypatch.chdir(tmp_path)
    return Path(copy(request.param, tmp_path / "ledger.db"))


def test_each_number_of_the_rules_has_its_ledger() -> None:
    assert [path.stem for path in LEDGERS] == [f"rules-{number}" for number in range(1, RULES + 1)]
    assert newest() in LEDGERS, "run `python -m tests.support.corpus`"


def test_the_newest_has_every_kind_of_event() -> None:
    with closing(sqlite3.connect(f"{newest().as_uri()}?immutable=1", uri=True)) as database:
        found = {topic for (topic,) in database.execute("SELECT DISTINCT topic FROM entries")}
    assert found == {f"{kind}@{latest(kind).version}" for kind in kinds()}


def test_the_newest_has_every_field_that_an_event_can_have() -> None:
    def fields(class_: type[Event]) -> set[tuple[type, str]]:
        """Each field with the class that declares it."""
        declared = ((next(c for c in class_.__mro__ if name in vars(c).get("__annotations__", ())), name)
                    for name in class_.model_fields)  # fmt: skip
        return set(declared)

    with Store(newest()) as ledger, ledger.reading() as reader:
        events = [event for stored in reader.entries() if (event := stored.read().content)]
    recorded = {field for event in events for field in fields(type(event)) if field[1] in event.data()}
    assert recorded == {field for kind in kinds() for field in fields(latest(kind))}


def test_what_is_frozen_is_as_it_was() -> None:
    now = {path: sha256((FROZEN.parent / path).read_bytes()).hexdigest() for path in frozen()}
    assert now == frozen()


@pytest.mark.parametrize("number", range(1, RULES + 1))
def test_what_rules_of_a_number_read_of_the_frameworks_is_as_it_was(number: int) -> None:
    """Frameworks may be added; areas where the list was not complete, or with the next number."""
    then, now = json.loads(read_by(number).read_text("ascii")), frameworks_by(number)
    for name, was in then.items():
        areas, still = was.pop("areas"), now[name].pop("areas")
        assert now[name] == was
        assert {area: still[area] for area in areas} == areas
        assert still.keys() == areas.keys() or not was["lists_all"] or number < RULES


def test_it_is_read_and_its_read_model_says_what_a_replay_says(old: Path) -> None:
    with Store(old) as ledger, ledger.reading() as reader:
        replayed, model = (QueryContext.of(reader, ledger=place) for place in (None, old))
        for body in replayed.bodies.registered:
            assert replayed.state(body, ended=True) == model.state(body, ended=True)
        assert replayed.board() == model.board()
        assert "unknown" not in json.dumps([replayed.state(body) for body in ("kent", "west-midlands")])


def test_it_is_verified_followed_and_continued(old: Path) -> None:
    assert run(["verify"]) == 0
    assert run(["follow", "ledger.db", "replica.db", "--once"]) == 0
    with Store(old) as ledger:
        record_yaml(ledger, "[{kind: body.territory_changed, body: kent, effective: 2026, territory: Kent, "
                    "decided_by: parliament, documents: [report]}]", KEEPER, now)  # fmt: skip
    assert run(["follow", "ledger.db", "replica.db", "--once"]) == 0
    assert run(["--ledger", "replica.db", "verify"]) == 0
