"""What the tests share: keys of their own, a founded ledger, a clock that stands still, and ways to record."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from events import Event
from events.recorder import RecorderAuthorised
from ledger.cli import run
from ledger.intake import draft as drafting
from ledger.intake import yaml
from ledger.log.key import Signer
from ledger.record.clock import Clock
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, Receipt, record
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from tests.support import answers, server

answers.install()
# The same examples each time, unless more are asked for; on a busy machine one example may take any time.
settings.register_profile("ours", deadline=None, derandomize="FORCE_LEDGER_TEST_TIMES" not in os.environ)
settings.load_profile("ours")

ORIGIN = "example.org/test-ledger"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
VECTORS = Path(os.environ.get("FORCE_LEDGER_VECTORS", "no-vectors"))
"""Other projects' test vectors, which are read in place by test_vectors.py."""
collect_ignore = [] if VECTORS.is_dir() else ["test_vectors.py"]
MENDED = sorted((Path(__file__).resolve().parents[1] / "examples" / "west-midlands-press").glob("*.yaml"))
"""The press story, with late facts, vague dates and corrections: batch by batch."""


Told = Callable[..., tuple[int, str, str]]
"""Runs a command line; its exit code, and what it printed on stdout and on stderr."""


class StandingClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Move it, by minutes=5 or days=-1."""
        self.now += timedelta(**by)


def now() -> datetime:
    """NOW: a clock that nobody can move."""
    return NOW


@pytest.fixture(autouse=True)
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of keys for this test alone: no test reads or writes those of the person who runs it, nor what is kept
    or cached for a ledger on a server."""
    folder = tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder))
        patch.delenv("FORCE_LEDGER_PASSPHRASE", raising=False)
        patch.setenv("FORCE_LEDGER_GAP_DAYS", "100000")  # the ledgers of the tests are of 2026
        patch.setenv("FORCE_LEDGER_TRACEBACK", "1")  # what nobody expects fails the test
        for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
            patch.setenv(name, str(folder / name))
        yield folder


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_LEDGER", raising=False)

    def do(*args: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(args))
        out, err = capsys.readouterr()
        return code, out, err

    return do


@pytest.fixture
def told(calls: Told) -> Told:
    """Runs a command line in a folder with an empty ledger of the name ledger.example.org/wm."""
    assert calls("init", "--origin", "ledger.example.org/wm", "--empty")[0] == 0
    return calls


@pytest.fixture
def told_of_forces(calls: Told) -> Told:
    """Runs a command line in a folder with a ledger that has the 43 forces, of the name ledger.example.org/forces."""
    assert calls("init", "--origin", "ledger.example.org/forces")[0] == 0
    return calls


@pytest.fixture
def clock() -> StandingClock:
    """The clock of the `ledger` fixture, at NOW until it is moved."""
    return StandingClock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of a ledger on both kinds of database, but for those that are about one of them."""
    if "place" in metafunc.fixturenames:
        kinds = {"in_a_file": "file", "on_a_server": "server"}
        marked = [kind for mark, kind in kinds.items() if metafunc.definition.get_closest_marker(mark)]
        metafunc.parametrize("place", marked or kinds.values(), indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where there is room for a ledger: a path in a folder of its own, or the URL of a schema on a server."""
    return tmp_path / "ledger.db" if request.param == "file" else server.new_schema()


@pytest.fixture
def ledger(place: Path | str, clock: StandingClock) -> Iterator[Store]:
    """A founded ledger: its opening, its keeper and the 43 forces are on record."""
    create_ledger(place, origin=ORIGIN, clock=clock)
    with Store(place) as opened:
        yield opened


@pytest.fixture
def story(ledger: Store) -> Store:
    """A ledger that holds the press story, amended."""
    record_story(ledger)
    return ledger


@pytest.fixture
def keeper(ledger: Store) -> Signer:
    """The key of the ledger's keeper."""
    return key_of(ledger)


@pytest.fixture
def clerk(ledger: Store, keeper: Signer, clock: StandingClock) -> Signer:
    """The key of a clerk, authorised by the keeper; it is in no folder."""
    signer = Signer.generate("clerk")
    key = signer.verifier
    authorised = RecorderAuthorised(recorder=key.id, key=str(key), role="clerk")
    record(ledger, [Draft(authorised)], keeper, clock=clock)
    return signer


def address(ledger: Store) -> str:
    """What --ledger takes for a ledger."""
    return str(getattr(ledger.database, "url", ledger.database))


def path_of(ledger: Store) -> Path:
    """The file of a ledger that is in a file."""
    assert isinstance(ledger.database, SQLiteFile)
    return ledger.database.path


def key_of(ledger: Store) -> Signer:
    """The only recorder's key that this machine has for a ledger."""
    with ledger.reading() as reader:
        return KeyRing(reader.origin()).recorder(None)


def drafts_of(ledger: Store, text: str) -> list[Draft]:
    """The drafts of a batch in YAML."""
    plains = yaml.read(text, "batch.yaml")
    assert plains.problems == []
    with ledger.reading() as reader:
        return drafting.drafts_of(plains, drafting.Names(reader))


def record_yaml(ledger: Store, text: str, signer: Signer | None = None, clock: Clock = now) -> Receipt:
    """Record a batch in YAML, signed by the only key that there is unless another is given."""
    return record(ledger, drafts_of(ledger, text), signer or key_of(ledger), clock=clock)


def record_story(ledger: Store) -> None:
    """Record the press story, amended."""
    for batch in MENDED:
        record_yaml(ledger, batch.read_text("utf-8"))


def record_events(ledger: Store, *events: Event, signer: Signer | None = None, clock: Clock = now) -> Receipt:
    """Record events, signed by the only key that there is unless another is given."""
    return record(ledger, [Draft(event) for event in events], signer or key_of(ledger), clock=clock)


def heed_ctrl_c() -> None:
    """For a process before it begins: what a shell runs in the background ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
