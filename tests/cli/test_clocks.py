"""The three clocks of a question, as people give them and as every reader tells what they came to."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from events.dates import london_day
from ledger.cli import run
from ledger.errors import NotFound
from ledger.query.clocks import clocks_at
from ledger.record.create import create_ledger
from ledger.store.database import Head
from ledger.store.store import Store
from projections.clock import Times
from tests.conftest import StandingClock, record_yaml
from tests.support.command_tree import commands

Json = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "west-midlands-press"
BATCHES = sorted(FOLDER.glob("*.yaml"))[:2]
OPENED = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
FIRST = datetime(2026, 6, 2, 23, 30, tzinfo=UTC)  # in London it is half past midnight, of 3 June
SECOND = datetime(2026, 7, 1, 12, tzinfo=UTC)
SIZE = 91  # the opening, the keeper and the forces are #0 to #45; the first batch #46 to #75; the second #76 to #90
ARGUMENTS = {
    "words": "MARACs",
    "sql": "SELECT * FROM phases",
    "body": "WMP",
    "bodies": "WMP",
    "id": "#60",
    "entries": "#60",
    "asked": "WMP 2023-11-23..2023-12-22",
}
"""What to ask for where a reader wants an argument of that name."""
WITHOUT_CLOCKS = {"doctor", "frameworks", "verify"}
AS_IT_IS = ("evidence",)
"""What is asked as it is now: files are as they are."""


@dataclass(frozen=True)
class Done:
    """What a command did: its exit code, and what it printed where."""

    code: int
    out: str
    err: str


Ask = Callable[..., Done]


@dataclass(frozen=True)
class Home:
    """Where the ledger and its keys are."""

    ledger: Path
    keys: Path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("clocks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "ledger.db", clock=StandingClock(OPENED))
        with Store(folder / "ledger.db") as ledger:
            for batch, when in zip(BATCHES, (FIRST, SECOND), strict=True):
                record_yaml(ledger, batch.read_text("utf-8"), clock=StandingClock(when))
    return Home(folder / "ledger.db", folder / "keys")


@pytest.fixture
def ask(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(home.keys))

    def do(*words: str) -> Done:
        code = run(["--ledger", str(home.ledger), *words])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return do


def resolved(ask: Ask, *clocks: str) -> Json:
    """What a reader says that its clocks came to."""
    answer: Json = json.loads(ask("state", "WMP", "--json", *clocks).out)
    return {name: answer[name] for name in ("as_of", "known_at", "public_at", "head")}


# --known-at


@pytest.mark.parametrize(
    ("known_at", "position"),
    [
        ("#90", 90),
        ("#60", 60),
        ("60", 60),
        ("2026-06-02", 45),
        ("2 June 2026", 45),
        ("2026-06-03", 75),
        ("2026-06-30", 75),
        ("2026-06", 75),
        ("June 2026", 75),
        ("2026-06/2026-07", 90),
        ("2026", 90),
        ("2026-06-02T23:30Z", 75),
        ("2026-06-02T23:30:00.000000Z", 75),
        ("2026-06-02T23:29:59.999999Z", 45),
        ("2026-06-03T00:30+01:00", 75),
        ("2026-06-03T00:29+01:00", 45),
        ("2026-06-02T23:30", 75),
        ("2026-06-02 23:29", 45),
        ("2026-06-03T00:30", 75),
    ],
)
def test_what_was_known(ask: Ask, known_at: str, position: int) -> None:
    told = resolved(ask, "--known-at", known_at)["known_at"]
    when = FIRST if 45 < position <= 75 else SECOND if position > 75 else OPENED
    assert told == {"position": position, "recorded_at": f"{when:%Y-%m-%dT%H:%M:%S.%fZ}"}


@pytest.mark.parametrize(
    ("known_at", "told"),
    [
        ("2026-05-31", "2026-05-31 22:59"),
        ("2026-05", "2026-05-31 22:59"),
        ("2020", "2020-12-31 23:59"),
        ("2026-06-01T09:29Z", "2026-06-01 09:29"),
        ("2026-06-01T10:29+01:00", "2026-06-01 09:29"),
    ],
)
def test_before_the_opening_there_is_no_such_ledger(ask: Ask, known_at: str, told: str) -> None:
    done = ask("state", "WMP", "--known-at", known_at)
    assert (done.code, done.out) == (6, "")
    assert f"not yet opened at {told} UTC" in done.err


@pytest.mark.parametrize("known_at", ["#91", "91", "#2026", "20260602", "#" + "9" * 30])
def test_beyond_the_head_there_is_no_such_entry(ask: Ask, known_at: str) -> None:
    done = ask("state", "WMP", "--known-at", known_at)
    assert (done.code, done.out) == (6, "")
    assert "the last one is #90" in done.err


@pytest.mark.parametrize(
    "known_at",
    ["", "#", "#-1", "-1", "#x", "soon", "03/04/2026", "2026-13", "2026-06-02T25:00Z", "9999-12-31T23:59-12:00"],
)
def test_what_is_neither_is_a_usage_error(ask: Ask, known_at: str) -> None:
    done = ask("state", "WMP", "--known-at", known_at)
    assert (done.code, done.out) == (2, "")
    assert ", #12, or an instant like 2026-11-21T09:30Z" in done.err


def test_what_was_recorded_later_is_not_there(ask: Ask) -> None:
    assert json.loads(ask("log", "--json", "--known-at", "#60").out)[0]["position"] == 60
    assert len(json.loads(ask("forces", "list", "--json", "--known-at", "#10").out)) == 8
    assert ask("show", "#61", "--known-at", "#60").code == 6
    assert ask("state", "WMP", "--known-at", "#10").code == 6


# As of which day, where that is not said


@pytest.mark.parametrize(
    ("known_at", "as_of"),
    [
        ("#0", "2026-06-01"),
        ("#60", "2026-06-03"),
        ("#90", "2026-07-01"),
        ("2026-06-01", "2026-06-01"),
        ("2026-06-03", "2026-06-03"),
        ("2026-06-02T23:30Z", "2026-06-03"),
        pytest.param("2026-06-02", "2026-06-02"),
        pytest.param("2026-06", "2026-06-30"),
        pytest.param("2026-08-15", "2026-08-15"),
        pytest.param("2026-06-10T09:00Z", "2026-06-10"),
        pytest.param("2026-06-30T23:30", "2026-07-01"),
    ],
)
def test_as_of_is_then_the_day_of_known_at(ask: Ask, known_at: str, as_of: str) -> None:
    assert f"as of {as_of} · known at #" in ask("board", "--known-at", known_at).out.splitlines()[-1]


@pytest.mark.parametrize(
    ("clocks", "as_of", "public_at"),
    [
        (("--public-at", "2023-12-01"), "2023-12-01", "2023-12-01"),
        (("--public-at", "2023-11"), "2023-11-30", "2023-11-30"),
        (("--public-at", "2023", "--known-at", "#90"), "2023-12-31", "2023-12-31"),
        (("--public-at", "2023-12-01", "--as-of", "2021-11"), "2021-11-30", "2023-12-01"),
        (("--as-of", "2023"), "2023-12-31", None),
        (("--as-of", "2024-02"), "2024-02-29", None),
        (("--as-of", "2024-05/2024-06"), "2024-06-30", None),
        (("--as-of", "Nov 2023", "--known-at", "#90"), "2023-11-30", None),
    ],
)
def test_a_partial_date_means_its_last_day(
    ask: Ask, clocks: tuple[str, ...], as_of: str, public_at: str | None
) -> None:
    told = resolved(ask, *clocks)
    assert (told["as_of"], told["public_at"], told["known_at"]["position"]) == (as_of, public_at, SIZE - 1)


@pytest.mark.parametrize("clock", ["--as-of", "--public-at"])
@pytest.mark.parametrize("day", ["", "soon", "03/04/2023", "2023-13", "2023-02-30", "#46"])
def test_a_day_that_is_none_is_a_usage_error(ask: Ask, clock: str, day: str) -> None:
    done = ask("state", "WMP", clock, day)
    assert (done.code, done.out) == (2, "")
    assert clock in done.err


# Every reader


def readers() -> dict[str, click.Command]:
    """Every command that has the output options and asks a ledger."""
    return {
        " ".join(path): command
        for path, command in commands()
        if any(option.name == "nl" for option in command.params) and path[0] not in (*WITHOUT_CLOCKS, *AS_IT_IS)
    }


each_reader = pytest.mark.parametrize("reader", readers())


def call(reader: str) -> list[str]:
    """How to call a reader, by clocks of each kind; the one that compares two days is given those as its own."""
    command = readers()[reader]
    arguments = [
        ARGUMENTS[param.name or ""]
        for param in command.params
        if isinstance(param, click.Argument) and (reader != "why" or param.name == "body")
    ]
    as_of = [] if ARGUMENTS["asked"] in arguments else ["--as-of", "2023-12-22"]
    arguments = arguments[0].split() if not as_of else arguments
    return [*reader.split(), *arguments, "--known-at", "2026-07", "--public-at", "2023-11", *as_of]


@each_reader
def test_every_reader_takes_the_three_clocks(reader: str) -> None:
    assert {"as_of", "known_at", "public_at"} <= {option.name for option in readers()[reader].params}


@each_reader
def test_every_reader_ends_with_what_the_clocks_came_to(ask: Ask, reader: str) -> None:
    done = ask(*call(reader))
    assert (done.code, done.err) == (0, "")
    echo = "as of 2023-12-22 · known at #90 (2026-07-01 12:00 UTC) · public at 2023-11-30 · head 91 "
    assert echo in done.out.splitlines()[-1]


@each_reader
def test_every_document_says_what_the_clocks_came_to_and_a_list_says_it_beside(ask: Ask, reader: str) -> None:
    done = ask(*call(reader), "--json")
    document = json.loads(done.out)
    if isinstance(document, list):
        assert "as of 2023-12-22 · known at #90 " in done.err
        assert " · public at 2023-11-30 · head 91 " in done.err
    else:
        said = document.get("to", document)
        assert (said["as_of"], said["known_at"]["position"], said["public_at"]) == ("2023-12-22", 90, "2023-11-30")
        assert said["head"]["size"] == SIZE


@pytest.mark.parametrize("known_at", ["#90", "#60", "2026-06-03"])
def test_the_head_stays_that_of_the_ledger(ask: Ask, known_at: str) -> None:
    now, then = resolved(ask), resolved(ask, "--known-at", known_at, "--public-at", "2022")
    assert then["head"] == now["head"]
    assert now["head"]["size"] == SIZE
    assert (now["known_at"]["position"], now["public_at"]) == (SIZE - 1, None)


def test_the_log_shows_what_had_happened_and_was_public(ask: Ask) -> None:
    everything = json.loads(ask("log", "WMP", "--json", "-n", "500").out)
    by_day = json.loads(ask("log", "WMP", "--json", "-n", "500", "--as-of", "2021-12-31").out)
    assert 0 < len(by_day) < len(everything)
    assert not [row for row in by_day if (row["effective"] or "") > "2021-12-31"]
    public = json.loads(ask("log", "WMP", "--json", "-n", "500", "--public-at", "2021-11-23").out)
    assert [row["kind"] for row in public] == ["body.registered"] or len(public) < len(by_day)


def test_a_correction_of_what_is_still_to_come_is_not_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would tell of the event before its day; one that moves an event to or from that day is shown."""
    monkeypatch.chdir(tmp_path)
    create_ledger("ledger.db", clock=StandingClock(OPENED))
    with Store(tmp_path / "ledger.db") as ledger:
        record_yaml(
            ledger,
            """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
   published: 2023-01-01}
- {kind: monitoring.engaged, body: kent, effective: 2023-05-01, documents: [letter]}
- {kind: monitoring.engaged, body: surrey, effective: 2023-05-01, documents: [letter]}
- {kind: monitoring.engaged, body: essex, effective: 2023-05-01, documents: [letter]}
""",
            clock=StandingClock(FIRST),
        )
        for amendment in (
            ["correct", "#47", "effective=2023-06-01", "--type", "recording-error", "--reason", "A slip."],
            ["retract", "#48", "--reason", "Never so."],
            ["correct", "#49", "effective=2022-06-01", "--type", "recording-error", "--reason", "A slip."],
            ["contradict", "#49", "--claim", "Not so.", "--document", "letter"],
        ):
            assert run(amendment) == 0
    for as_of, positions in (("2022-12-31", {50 + 2, 53}), ("2023-05-01", {47, 48, 49, 50, 51, 52, 53})):
        capsys.readouterr()
        assert run(["log", "--as-of", as_of, "--json"]) == 0
        assert {row["position"] for row in json.loads(capsys.readouterr().out)} - {*range(47)} == positions


@pytest.mark.parametrize(
    ("since", "first"),
    [("#60", 61), ("60", 61), ("2026-06-03", 46), ("2026-06-04", 76), ("2026-06", 0), ("2026-07-01T12:00Z", 76)],
)
def test_the_log_since_i_last_looked(ask: Ask, since: str, first: int) -> None:
    rows = json.loads(ask("log", "--since", since, "--json").out)
    assert [row["position"] for row in rows] == [*range(SIZE - 1, first - 1, -1)]


def test_the_log_since_the_head_is_empty(ask: Ask) -> None:
    assert json.loads(ask("log", "--since", "#90", "--json").out) == []
    assert json.loads(ask("log", "--since", "today", "--json").out) == []


@pytest.mark.parametrize("clock", ["--as-of", "--public-at", "--known-at"])
def test_today_and_yesterday_are_days(ask: Ask, clock: str) -> None:
    today = london_day(datetime.now(UTC))
    assert resolved(ask, clock, "today")["as_of"] == today.isoformat()
    assert resolved(ask, clock, "yesterday")["as_of"] == (today - timedelta(days=1)).isoformat()
    assert ask("diff", "WMP", "yesterday..today").code == 0


@pytest.mark.parametrize("known_at", ["2090", "2090-01-01", "2090-01-01T00:00Z"])
def test_nothing_is_known_yet_on_a_day_that_is_still_to_come(ask: Ask, known_at: str) -> None:
    done = ask("state", "WMP", "--known-at", known_at)
    assert (done.code, done.out) == (6, "")
    assert "is still to come" in done.err


def test_what_is_known_in_this_year_is_what_is_known_today(ask: Ask) -> None:
    today = london_day(datetime.now(UTC))
    assert resolved(ask, "--known-at", f"{today:%Y}/{today.year + 1}")["as_of"] == today.isoformat()


def test_a_day_to_come_may_be_that_of_an_entry_whose_clock_ran_ahead() -> None:
    ahead = datetime.now(UTC) + timedelta(days=3)
    head, times = Head(1, bytes(32)), Times(lambda _: ahead)
    assert clocks_at(head, times, known_at=ahead).known.position == 0
    with pytest.raises(NotFound, match="is still to come"):
        clocks_at(head, times, known_at=ahead + timedelta(days=1))
