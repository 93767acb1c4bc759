"""Following: a replica holds what its source holds, verified, whatever happens to either; what does not bear checking
is refused, and nothing of it is kept.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ledger.audit.sign import sign
from ledger.cli import run
from ledger.errors import LedgerError, NotVerified, Refused, RolledBack, Unreachable
from ledger.log.checkpoint import Checkpoint
from ledger.log.key import Signer, Verifier
from ledger.log.proof_file import ForkFile
from ledger.log.tiles import DATA, ENTRIES, Tile, decode_bundle, encode_bundle
from ledger.publish.publish import publish
from ledger.readmodel.place import model_beside
from ledger.record.create import create_ledger
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.rotate import rotate_log_key
from ledger.replay import log_keys
from ledger.replicate.copy import CopyResult, copy
from ledger.replicate.follow import Follower
from ledger.replicate.snapshot import Snapshot
from ledger.replicate.source import DatabaseSource, source_of
from ledger.store.store import Store, database_of
from tests.conftest import ORIGIN, address, now, record_yaml
from tests.replicate.test_copy import LETTER, rows
from tests.support import server
from tests.support.website import Site, website

ROOT = Path(__file__).parents[2]
WITHHELD = "- {{kind: entry.withheld, target: '#{n}', ground: court-order, reason: Ordered.}}"

on_posix = pytest.mark.skipif(os.name != "posix", reason="processes are stopped by a signal")


@pytest.fixture
def replica(tmp_path: Path) -> Path:
    """Where the replica is to be."""
    return tmp_path / "replica.db"


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """Where the log is published."""
    return tmp_path / "public"


def add(ledger: Store, *names: str, signed: bool = True) -> None:
    """Record a letter of each name, one submission; and have it signed."""
    record_yaml(ledger, "".join(LETTER.format(n=name) for name in names))
    if signed:
        sign(ledger, KeyRing(ORIGIN))


def withhold(ledger: Store, position: int) -> None:
    """Withhold an entry, in two signed steps."""
    record_yaml(ledger, f"- {{kind: entry.retracted, target: '#{position}', reason: A slip.}}")
    record_yaml(ledger, WITHHELD.format(n=position))
    sign(ledger, KeyRing(ORIGIN))


def step(source: object, replica: Path, trusted: Verifier | None = None) -> CopyResult:
    """One step of a follower that has just been started."""
    with closing(source_of(str(source))) as from_:
        return Follower(from_, database_of(replica), trusted).step()


def held(place: Path | str) -> dict[str, list[tuple[Any, ...]]]:
    """All that a ledger holds."""
    with Store(place) as ledger:
        return rows(ledger)


def fork_of(ledger: Store, path: Path) -> Store:
    """Another ledger with the same history so far; the key that signs forgets what it has signed."""
    other = Store.create(path)
    with ledger.reading() as reader:
        copy(reader, other)
    return other


def sign_again(ledger: Store) -> None:
    """Sign, as with a key that was copied to another machine."""
    KeyRing(ORIGIN).checkpoint.unlink(missing_ok=True)
    sign(ledger, KeyRing(ORIGIN))


# What arrives


@pytest.fixture(params=["database", "folder", "web"])
def source(request: pytest.FixtureRequest, ledger: Store, public: Path) -> Iterator[Callable[[], str]]:
    """Where the ledger is followed from; gives the address, when what was added is there."""
    if request.param == "database":
        yield lambda: address(ledger)
        return
    add(ledger, "first")
    publish(ledger, public)
    with tagged(public) as url:

        def published() -> str:
            publish(ledger, public)
            return str(public) if request.param == "folder" else url

        yield published


def tagged(folder: Path, port: int = 0) -> AbstractContextManager[str]:
    """A web server that serves a folder, with ETags."""
    Tagged.not_modified = 0
    return website(folder, port, Tagged)


class Tagged(Site):
    """Serves files, and says by ETag and 304 when one is as it was."""

    not_modified: ClassVar[int] = 0

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if not file.is_file():
            self.send_error(404)
            return
        data = file.read_bytes()
        etag = f'"{sha256(data).hexdigest()}"'
        known = self.headers.get("If-None-Match") == etag
        Tagged.not_modified += known
        self.send_response(304 if known else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", "0" if known else str(len(data)))
        self.end_headers()
        if not known:
            self.wfile.write(data)


def test_a_replica_holds_what_the_source_holds_and_goes_on_where_it_stopped(
    ledger: Store, source: Callable[[], str], replica: Path
) -> None:
    add(ledger, *(f"letter-{n}" for n in range(300)))
    first = step(source(), replica)
    assert (first.first, first.signed) == (0, first.size)
    assert held(replica)["entries"] == rows(ledger)["entries"]
    for n in range(3):
        add(ledger, *(f"more-{n}-{m}" for m in range(60)))
        then = step(source(), replica)
        assert (then.first, then.size) == (first.size, first.size + 60)
        first = then
    assert {**held(replica), "checkpoints": []} == {**rows(ledger), "checkpoints": []}
    assert step(source(), replica) == CopyResult(first.size, first.size, first.size, first.log_key, 0)


def test_it_answers_and_verifies_as_the_source_does(
    story: Store, source: Callable[[], str], replica: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sign(story, KeyRing(ORIGIN))
    step(source(), replica)

    def told(where: str, *args: str) -> str:
        capsys.readouterr()
        assert run(["--ledger", where, *args]) == 0
        return capsys.readouterr().out

    for question in (["state", "WMP", "--json"], ["board", "--json"], ["timeline", "WMP"], ["log"]):
        assert told(str(replica), *question) == told(address(story), *question)
    assert "Verified" in told(str(replica), "verify")
    assert told(str(replica), "prove", "#60", "-o", str(replica.with_name("proof.json"))) is not None


def test_the_read_model_is_there_when_the_step_is_over(ledger: Store, replica: Path) -> None:
    step(address(ledger), replica)
    assert model_beside(replica).exists()


def test_what_is_not_signed_yet_is_taken_and_said(ledger: Store, replica: Path) -> None:
    assert step(address(ledger), replica).signed == 0
    add(ledger, "signed")
    with ledger.reading() as reader:
        size = reader.head().size
    add(ledger, "not-yet", signed=False)
    taken = step(address(ledger), replica)
    assert (taken.first, taken.size, taken.signed) == (size - 1, size + 1, size)
    sign(ledger, KeyRing(ORIGIN))
    taken = step(address(ledger), replica)
    assert (taken.first, taken.signed, taken.checkpoints) == (size + 1, size + 1, 1)
    assert held(replica) == rows(ledger)


def test_what_was_withheld_is_withheld_in_the_replica(
    ledger: Store, source: Callable[[], str], replica: Path, tmp_path: Path
) -> None:
    record_yaml(ledger, LETTER.format(n="secret").replace("A letter", "Of Zebediah") + LETTER.format(n="another"))
    sign(ledger, KeyRing(ORIGIN))
    with ledger.reading() as reader:
        position = reader.head().size - 2
    step(source(), replica)
    withhold(ledger, position)
    step(source(), replica)
    step(source(), tmp_path / "later.db")
    for path in (replica, tmp_path / "later.db"):
        assert held(path)["entries"] == rows(ledger)["entries"]
        assert b"Zebediah" not in path.read_bytes()
        assert b"Zebediah" not in model_beside(path).read_bytes()
        assert run(["--ledger", str(path), "verify"]) == 0


def test_the_log_key_is_rotated_on_the_way(ledger: Store, source: Callable[[], str], replica: Path) -> None:
    add(ledger, "before")
    old = step(source(), replica).log_key
    ring = KeyRing(ORIGIN)
    rotate_log_key(ledger, ring, "keeper", clock=now)
    add(ledger, "after")
    new = step(source(), replica).log_key
    assert old != new
    assert new == ring.verifier(LOG_KEY)
    assert held(replica)["entries"] == rows(ledger)["entries"]


@pytest.mark.in_a_file
def test_a_published_log_is_a_ledger_again(
    ledger: Store, public: Path, replica: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(ledger, *(f"letter-{n}" for n in range(300)))
    publish(ledger, public)
    assert run(["copy", str(public), str(replica)]) == 0
    out, err = capsys.readouterr()
    assert "Copied 346 entries" in out
    assert f"Trusted on first use: {KeyRing(ORIGIN).verifier(LOG_KEY)}" in err
    assert held(replica) == rows(ledger)


# What is refused


def test_only_a_log_that_the_trusted_key_signed_is_taken(
    ledger: Store, source: Callable[[], str], replica: Path
) -> None:
    add(ledger, "letter")
    with ledger.reading() as reader:
        (key,) = log_keys(reader)
    other = Signer.generate(ORIGIN).verifier
    with pytest.raises(NotVerified, match=r"no key of .* that is trusted here"):
        step(source(), replica, other)
    assert held(replica)["entries"] == []
    assert step(source(), replica, key).log_key == key
    with pytest.raises(NotVerified, match="is no key of the log that is copied here"):
        step(source(), replica, other)


@pytest.mark.in_a_file
def test_with_a_trusted_key_nothing_unsigned_is_begun_with(ledger: Store, replica: Path) -> None:
    with ledger.reading() as reader:
        (key,) = log_keys(reader)
    with pytest.raises(NotVerified, match="has no signed checkpoint"):
        step(address(ledger), replica, key)
    assert held(replica)["entries"] == []


def test_a_source_that_was_rolled_back_is_refused(ledger: Store, replica: Path, tmp_path: Path) -> None:
    add(ledger, "letter")
    with fork_of(ledger, tmp_path / "old.db"):
        pass
    add(ledger, "another")
    step(address(ledger), replica)
    before = held(replica)
    with pytest.raises(RolledBack, match="it was rolled back"):
        step(tmp_path / "old.db", replica)
    assert held(replica) == before


def test_a_source_that_lost_what_was_signed_is_refused(ledger: Store, replica: Path) -> None:
    add(ledger, "letter")
    with ledger.rebuilding() as writer:
        size = writer.head().size
        writer.keep_checkpoint(Checkpoint(ORIGIN, size + 5, bytes(32)).sign(KeyRing(ORIGIN).read(LOG_KEY)))
    with pytest.raises(RolledBack, match=f"has {size} entries, and {size + 5} were signed"):
        step(address(ledger), replica)
    assert held(replica)["entries"] == []


@pytest.mark.parametrize("more", [1, 2, 3])
def test_of_two_histories_the_proof_is_kept_and_nothing_else(
    ledger: Store, replica: Path, public: Path, tmp_path: Path, more: int
) -> None:
    add(ledger, "letter")
    with fork_of(ledger, tmp_path / "other.db") as other:
        add(ledger, "one", "two")
        step(address(ledger), replica)
        before = held(replica)
        record_yaml(other, "".join(LETTER.format(n=f"other-{n}") for n in range(more)))
        sign_again(other)
        publish(other, public)
    for source in (tmp_path / "other.db", public) if more > 1 else ():
        with pytest.raises(NotVerified, match=r"replica\.fork proves it to anybody"):
            step(source, replica)
        with ledger.reading() as reader:
            one, then = ForkFile.parse(replica.with_suffix(".fork").read_bytes()).check(log_keys(reader))
        assert one.root != then.root
        replica.with_suffix(".fork").unlink()
    if more == 1:
        with pytest.raises(NotVerified, match="two histories"):
            step(tmp_path / "other.db", replica)
    assert held(replica) == before


@pytest.mark.in_a_file
def test_another_ledger_is_refused(ledger: Store, replica: Path, tmp_path: Path) -> None:
    step(address(ledger), replica)
    before = held(replica)
    create_ledger(tmp_path / "other.db", origin="example.org/another")
    with pytest.raises(Refused, match="the target is another ledger"):
        step(tmp_path / "other.db", replica)
    assert held(replica) == before


def forged(ledger: Store) -> Checkpoint:
    """The checkpoint of what the ledger holds."""
    with ledger.reading() as reader:
        head = reader.head()
    return Checkpoint(ORIGIN, head.size, head.root)


def test_a_checkpoint_that_the_log_did_not_sign_is_refused(ledger: Store, replica: Path) -> None:
    add(ledger, "letter")
    step(address(ledger), replica)
    before = held(replica)
    add(ledger, "another", signed=False)
    with ledger.writing() as writer:
        writer.keep_checkpoint(forged(ledger).sign(Signer.generate(ORIGIN)))
    with pytest.raises(NotVerified, match=r"no key of .* that is trusted here has signed"):
        step(address(ledger), replica)
    assert held(replica) == before


def test_nor_is_one_by_a_key_that_was_rotated_away(ledger: Store, replica: Path) -> None:
    old = KeyRing(ORIGIN).read(LOG_KEY)
    add(ledger, "letter")
    step(address(ledger), replica)
    before = held(replica)
    rotate_log_key(ledger, KeyRing(ORIGIN), "keeper", clock=now)
    with ledger.writing() as writer:
        writer.keep_checkpoint(forged(ledger).sign(old))
    with pytest.raises(NotVerified, match=r"no key of .* that is trusted here has signed"):
        step(address(ledger), replica)
    assert held(replica) == before


Change = Callable[[Sequence[bytes]], list[bytes]]


def changed(entries: Sequence[bytes]) -> list[bytes]:
    """With another letter in it."""
    return [data.replace(b"document", b"document_") for data in entries]


def cut(entries: Sequence[bytes]) -> list[bytes]:
    """With one entry in the place of another."""
    return [*entries[:-1], entries[-2]]


def bare(entries: Sequence[bytes]) -> list[bytes]:
    """Without the last."""
    return [*entries[:-1], b""]


def rubbish(entries: Sequence[bytes]) -> list[bytes]:
    """With what is no entry at all."""
    return [*entries[:-1], b"[]"]


@pytest.mark.in_a_file
@pytest.mark.parametrize("change", [changed, cut, bare, rubbish])
@pytest.mark.parametrize("level", [ENTRIES, DATA], ids=["entries", "data"])
@pytest.mark.parametrize("begun", [False, True], ids=["from nothing", "going on"])
def test_entries_or_data_that_were_changed_are_refused(
    ledger: Store, public: Path, replica: Path, change: Change, level: int, begun: bool
) -> None:
    add(ledger, "one", "two")
    publish(ledger, public)
    if begun:
        step(public, replica)
    add(ledger, "three", "four")
    size = publish(ledger, public).checkpoint.size
    before = held(replica) if begun else None
    tile = Tile(level, 0, size)
    bundle = public / tile.path
    bundle.write_bytes(encode_bundle(change(decode_bundle(bundle.read_bytes(), size))))
    with pytest.raises(NotVerified):
        step(public, replica)
    assert held(replica) == before if before else held(replica)["entries"] == []


@pytest.mark.in_a_file
def test_data_that_are_missing_without_a_decision_are_refused(ledger: Store, public: Path, replica: Path) -> None:
    add(ledger, "one")
    with ledger.reading() as reader:
        position = reader.head().size - 1
    tile = Tile(DATA, 0, publish(ledger, public).checkpoint.size)
    data = decode_bundle((public / tile.path).read_bytes(), tile.width)
    data[position] = b""
    (public / tile.path).write_bytes(encode_bundle(data))
    with pytest.raises(NotVerified, match=f"the data of #{position} are missing, and no entry withholds them"):
        step(public, replica)
    assert held(replica)["entries"] == []


@pytest.mark.in_a_file
def test_data_that_are_there_although_they_are_withheld_are_not_kept(
    ledger: Store, public: Path, replica: Path
) -> None:
    add(ledger, "one")
    with ledger.reading() as reader:
        (entry,) = reader.entries_at([reader.head().size - 1])
    withhold(ledger, entry.position)
    tile = Tile(DATA, 0, publish(ledger, public).checkpoint.size)
    data = decode_bundle((public / tile.path).read_bytes(), tile.width)
    assert data[entry.position] == b""
    data[entry.position] = entry.salted or b""
    (public / tile.path).write_bytes(encode_bundle(data))
    step(public, replica)
    assert entry.position not in {row[0] for row in held(replica)["data"]}


@pytest.mark.in_a_file
def test_a_published_log_with_a_file_missing_is_refused(ledger: Store, public: Path, replica: Path) -> None:
    add(ledger, "one")
    (public / Tile(ENTRIES, 0, publish(ledger, public).checkpoint.size).path).unlink()
    with pytest.raises(NotVerified, match=r"is not whole: tile/entries/000 is missing"):
        step(public, replica)


# What changes meanwhile


@pytest.mark.in_a_file
def test_a_log_that_is_published_anew_meanwhile_is_read_on(ledger: Store, public: Path, replica: Path) -> None:
    add(ledger, "one", "two")
    with ledger.reading() as reader:
        size = reader.head().size
    publish(ledger, public)
    with closing(source_of(str(public))) as from_, Store.create(replica) as there, from_.snapshot() as snapshot:
        add(ledger, *(f"letter-{n}" for n in range(300)))
        publish(ledger, public)
        assert copy(snapshot, there).size == size, "of the bundle that is full now, what was there"
    with closing(source_of(str(public))) as from_, Store(replica) as there, from_.snapshot() as snapshot:
        withhold(ledger, size + 4)
        publish(ledger, public)
        with pytest.raises(NotVerified, match="no entry withholds them"):
            copy(snapshot, there)
        assert from_.moved()
    step(public, replica)
    assert held(replica)["entries"] == rows(ledger)["entries"]


@pytest.mark.in_a_file
def test_a_file_that_was_replaced_is_opened_anew(ledger: Store, replica: Path, tmp_path: Path) -> None:
    with fork_of(ledger, tmp_path / "old.db"):
        pass
    with fork_of(ledger, tmp_path / "followed.db") as other:
        add(other, "letter")
    with closing(source_of(str(tmp_path / "followed.db"))) as from_:
        follower = Follower(from_, database_of(replica))
        follower.step()
        (tmp_path / "old.db").replace(tmp_path / "followed.db")
        from_.wait(60)
        with pytest.raises(RolledBack):
            follower.step()


class Over(Exception):
    """The test has seen enough."""


@pytest.mark.in_a_file
def test_a_site_that_is_away_is_waited_for_and_an_unchanged_checkpoint_is_not_sent_again(
    ledger: Store, public: Path, replica: Path
) -> None:
    add(ledger, "one")
    publish(ledger, public)
    with tagged(public) as url:
        port = int(url.rpartition(":")[2])
    told: list[str] = []
    steps: list[CopyResult] = []
    sites: list[Any] = []

    def cannot(error: LedgerError) -> None:
        told.append(str(error))
        sites.append(tagged(public, port))
        sites[-1].__enter__()

    def took(copied: CopyResult) -> None:
        steps.append(copied)
        if len(steps) == 3:
            raise Over

    try:
        with closing(source_of(url)) as from_, pytest.raises(Over):
            Follower(from_, database_of(replica), every=0.01).run(took, cannot)
    finally:
        for site in sites:
            site.__exit__(None, None, None)
    assert len(told) == 1
    assert url in told[0]
    assert Tagged.not_modified == 2
    with pytest.raises(Unreachable):
        step(url, replica)


# The command


@contextmanager
def following(*args: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "ledger", "follow", *args]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=ROOT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str], pattern: str) -> str:
    """The next line that the command tells that looks so."""
    assert process.stderr
    for line in process.stderr:
        if re.search(pattern, line):
            return line
    raise AssertionError(f"it ended before it told {pattern}")


@on_posix
def test_it_is_woken_by_what_is_written_and_stopped_by_a_signal(ledger: Store, replica: Path) -> None:
    with ledger.reading() as reader:
        size = reader.head().size
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN  # as by what a shell runs in the background
    for sent in (signal.SIGTERM,) if ignored else (signal.SIGTERM, signal.SIGINT):
        with following(address(ledger), str(replica), "--every", "3600") as process:
            if sent == signal.SIGTERM:
                assert str(KeyRing(ORIGIN).verifier(LOG_KEY)) in told(process, "Trusted on first use")
            told(process, "taken|is the last")
            add(ledger, f"letter-{sent}", signed=False)
            assert f"#{size} … #{size} taken; " in told(process, "taken")
            sign(ledger, KeyRing(ORIGIN))
            told(process, f"#{size} is the last; all signed")
            process.send_signal(sent)
            told(process, "Stopped")
            assert process.wait() == 0
            size += 1
    assert held(replica) == rows(ledger)


@on_posix
@pytest.mark.in_a_file
def test_a_folder_is_looked_at_again(ledger: Store, public: Path, replica: Path) -> None:
    add(ledger, "one")
    publish(ledger, public)
    with following(str(public), str(replica)) as process:
        told(process, "all signed")
        add(ledger, "two")
        publish(ledger, public)
        told(process, "taken; all signed")
    assert held(replica)["entries"] == rows(ledger)["entries"]


@on_posix
@pytest.mark.on_a_server
def test_a_follower_through_a_restart_of_the_server_misses_nothing(replica: Path) -> None:
    with server.Restarted() as postgres:
        create_ledger(postgres.url, origin=ORIGIN, clock=now)
        with following(postgres.url, str(replica), "--every", "3600") as process:
            told(process, "taken")
            for n in range(2):
                postgres.stop()
                told(process, "cannot be reached")
                postgres.start()
                with Store(postgres.url) as ledger:
                    add(ledger, f"after-{n}")
                told(process, "all signed")
        assert held(replica) == held(postgres.url)


KILLED = """
import sys
from ledger.replicate import copy as copying
from ledger.cli import main

append = copying.Writer.append

def appended(*args):
    head = append(*args)
    print(head.size, flush=True)
    return head

copying._AT_ONCE, copying.Writer.append = 20, appended
main(["follow", *sys.argv[1:]])
"""


@on_posix
def test_a_follower_that_is_killed_is_caught_up_by_the_next(ledger: Store, replica: Path) -> None:
    for n in range(12):
        add(ledger, *(f"letter-{n}-{m}" for m in range(30)))
    sizes = [0]
    for steps in (1, 5, 6):
        command = [sys.executable, "-c", KILLED, address(ledger), str(replica)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
            assert process.stdout
            for _ in range(steps):
                assert process.stdout.readline()
            process.kill()
        with Store(replica) as there, there.reading() as reader:
            sizes.append(reader.head().size)
    assert sizes == sorted(sizes)
    assert sizes[-1] > 0, "it went on where the one before was killed"
    step(address(ledger), replica)
    assert held(replica) == rows(ledger)
    assert run(["--ledger", str(replica), "verify"]) == 0


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["nothing.db"], 6, "there is no ledger at nothing.db"),
        (["."], 6, ". has no published log"),
        (["https://user:secret@localhost/log"], 6, "names a user"),
        (["http://127.0.0.1:1/log", "--once"], 1, "http://127.0.0.1:1/log/checkpoint: "),
        (["nothing.db", "--trust", "rubbish"], 3, "--trust: not a key"),
    ],
)
def test_what_cannot_be_followed_is_told_and_makes_nothing(
    args: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["follow", args[0], "replica.db", *args[1:]]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "secret" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_says_nothing_is_told(ledger: Store, replica: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As over a network that drops everything, which gives no error."""
    monkeypatch.setattr("ledger.replicate.follow._SILENCE", 0.05)
    outages: list[str] = []
    told = threading.Event()

    class Silent(DatabaseSource):
        @contextmanager
        def snapshot(self) -> Iterator[Snapshot]:
            assert told.wait(30)
            raise KeyboardInterrupt
            yield

    def on_outage(error: LedgerError) -> None:
        outages.append(str(error))
        told.set()

    follower = Follower(Silent(ledger.database), database_of(replica))
    with pytest.raises(KeyboardInterrupt):
        follower.run(lambda _: None, on_outage)
    assert len(outages) == 1
    assert outages[0].startswith(f"nothing was heard of {ledger.database} for ")
