"""Files that others may have made: a pipe never makes a command wait, and nothing is read without a limit."""

import ast
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger import files
from ledger.errors import Refused
from ledger.readmodel.place import model_beside
from tests.conftest import Told

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes with names are those of POSIX")
LETTER = "- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: P}\n"


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Fail whatever waits for a pipe."""

    def waited(*_: object) -> None:
        raise AssertionError("it waits for somebody to write to the pipe")

    before = signal.signal(signal.SIGALRM, waited)
    signal.setitimer(signal.ITIMER_REAL, 20)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def desk(told: Told, tmp_path: Path) -> Told:
    """A desk with everything that a command can be given: a signed ledger, its log, a backup, a proof and keys."""
    Path("letter.yaml").write_text(LETTER, "utf-8")
    Path("more.yaml").write_text(LETTER.replace("letter", "report"), "utf-8")
    for command in (
        ["append", "letter.yaml"],
        ["publish", "log"],
        ["backup", "backup"],
        ["prove", "#1", "--tlog", "-o", "proof"],
        ["prove", "#1", "--entry-bytes", "-o", "entry"],
        ["approve", "more.yaml", "-o", "approval"],
        ["evidence", "add", "letter.yaml"],
    ):
        assert told(*command)[0] == 0, command
    for name, command in (
        ("note", ["checkpoint", "print"]),
        ("asked", ["checkpoint", "print", "--since", "0"]),
        ("vkey", ["checkpoint", "vkey"]),
        ("wkey", ["keys", "create", "w.example.net/w", "--witness"]),
    ):
        code, out, _ = told(*command)
        assert code == 0
        Path(name).write_text(out, "utf-8")
    Path("policy").write_text(f"log {Path('vkey').read_text('utf-8').strip()}\nquorum none\n", "utf-8")
    Path("state").write_text("", "utf-8")
    return told


@contextmanager
def pipe_at(path: Path) -> Iterator[None]:
    """Put a pipe, to which nobody writes, in the place of a file for a while."""
    before = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    os.mkfifo(path, 0o600)
    yield
    path.unlink(missing_ok=True)  # a read model is made anew
    if before is not None:
        path.write_bytes(before)
        path.chmod(0o600)


GIVEN = [
    # the command, with the file in which a pipe is found as {}
    "verify {proof} --log-key VKEY --entry entry",
    "verify proof --log-key VKEY --entry {entry}",
    "verify proof --policy {policy} --entry entry",
    "verify --checkpoint {note}",
    "verify --since {note}",
    "append {more.yaml}",
    "append more.yaml --approval {approval}",
    "check {more.yaml}",
    "approve {more.yaml}",
    "checkpoint compare {note}",
    "checkpoint compare note {note}",
    "checkpoint reconcile {note}",
    "checkpoint add {note} --witness-key WKEY",
    "checkpoint cosign {asked} --log-key VKEY",
    "checkpoint cosign asked --log-key VKEY --state {state}",
    "evidence add {letter.yaml}",
    "--ledger {ledger.db} board",
    "--ledger {ledger.db} verify",
    "--ledger {ledger.db} append more.yaml",
    "copy {ledger.db} other.db",
    "follow {ledger.db} other.db --once",
]


def test_a_pipe_in_the_place_of_a_file_is_told(desk: Told) -> None:
    keys = {name: Path(name.lower()).read_text("utf-8").strip() for name in ("VKEY", "WKEY")}
    for command in GIVEN:
        named = command[command.index("{") + 1 : command.index("}")]
        with pipe_at(Path(named)):
            code, _, err = desk(*(keys.get(word, word.strip("{}")) for word in command.split()))
        assert code == 3, (command, err)
        assert f"{named}: it is a pipe or a device; save what it gives to a file" in err, command


def in_ring(name: str) -> Callable[[], Path]:
    """Where a file of the keys is, once there are keys."""
    return lambda: Path(os.environ["FORCE_LEDGER_KEYS"]) / "ledger.example.org%2Fwm" / name


def journal_of_model() -> Path:
    """The journal that SQLite would read before the read model."""
    return Path(f"{model_beside(Path('ledger.db'))}-journal")


BESIDE: list[tuple[str, Callable[[], Path], str, int]] = [
    ("a key", in_ring("keeper.key"), "append more.yaml", 3),
    ("the log key", in_ring("log.key"), "checkpoint sign", 3),
    ("the last checkpoint", in_ring("checkpoint"), "checkpoint sign", 3),
    ("the last checkpoint, for verify", in_ring("checkpoint"), "verify", 3),
    ("the list of a backup", lambda: Path("backup/backup.json"), "restore backup", 3),
    ("the checkpoint of a backup", lambda: Path("backup/checkpoint"), "--ledger new.db restore backup", 5),
    ("the ledger of a backup", lambda: Path("backup/ledger.db"), "--ledger new.db restore backup", 3),
    ("the checkpoint of a log", lambda: Path("log/checkpoint"), "verify log", 5),
    ("a tile", lambda: Path("log/tile/0/000.p/3"), "verify log", 5),
    ("a bundle", lambda: Path("log/tile/entries/000.p/3"), "verify log", 5),
    ("a bundle, to copy", lambda: Path("log/tile/entries/000.p/3"), "copy log other.db", 5),
    ("a bundle, to follow", lambda: Path("log/tile/entries/000.p/3"), "follow log other.db --once", 5),
    ("a bundle, to publish", lambda: Path("log/tile/entries/000.p/3"), "publish log --full", 3),
    ("the checkpoint, to publish", lambda: Path("log/checkpoint"), "publish log", 3),
    ("a document", lambda: next(Path("ledger.evidence").glob("??/*")), "evidence check", 5),
    ("the read model", lambda: model_beside(Path("ledger.db")), "board", 0),
    ("the read model, for verify", lambda: model_beside(Path("ledger.db")), "verify", 5),
    ("the journal", lambda: Path("ledger.db-journal"), "board", 3),
    ("the journal, for verify", lambda: Path("ledger.db-journal"), "verify", 3),
    ("the journal, to append", lambda: Path("ledger.db-journal"), "append more.yaml", 3),
    ("the WAL", lambda: Path("ledger.db-wal"), "log", 3),
    ("the index of the WAL", lambda: Path("ledger.db-shm"), "log", 3),
    ("the journal of the read model", journal_of_model, "board", 0),
    ("the journal of the read model, for verify", journal_of_model, "verify", 5),
    ("the journal of a backup", lambda: Path("backup/ledger.db-journal"), "--ledger new.db restore backup", 3),
    ("the configuration", lambda: Path("force-ledger.toml"), "board", 0),
]


def test_a_pipe_beside_what_is_read_makes_nobody_wait(desk: Told) -> None:
    desk("board")
    for what, path, command, code in BESIDE:
        with pipe_at(path()):
            told = desk(*command.split())
        assert told[0] == code, (what, told)
        for made in ("new.db", "other.db"):
            Path(made).unlink(missing_ok=True)


def test_a_device_is_no_file(tmp_path: Path) -> None:
    for path in (Path("/dev/zero"), tmp_path / "link"):
        if path.parent == tmp_path:
            path.symlink_to("/dev/zero")
        with pytest.raises(Refused, match="it is a pipe or a device"):
            files.read(path)
    (tmp_path / "to-a-file").symlink_to(__file__)
    assert files.read(tmp_path / "to-a-file") == Path(__file__).read_bytes()


def test_a_file_that_is_too_large_is_told_and_not_read(desk: Told, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(bytes(11))
    assert files.read(tmp_path / "small", 11) == bytes(11)
    with pytest.raises(Refused, match=r"small: it has more than 10 bytes; check what that is"):
        files.read(tmp_path / "small", 10)
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(1 << 40)
    code, _, err = desk("append", "huge.yaml")
    assert (code, err) == (3, "Error: huge.yaml: it has more than 268,435,456 bytes; check what that is\n")


READERS = {"read_bytes", "read_text", "open"}
OWN = {
    # what reads only the program's own files, writes, or opens no file
    "ledger/record/create.py": "the forces of the package",
    "ledger/cli/query.py": "the metadata of the package",
    "ledger/cli/help.py": "the pages of the package",
    "ledger/cli/bundled.py": "the records of the package",
    "ledger/cli/template.py": "the starters of the package",
    "ledger/readmodel/version.py": "the code itself",
    "ledger/readmodel/description.py": "the tables as the package describes them",
    "ledger/publish/site/pack.py": "the script and the stylesheet of the package",
    "ledger/publish/site/site.py": "the same, and the code itself",
    "ledger/atomic.py": "it writes",
    "ledger/publish/site/site_part.py": "it writes",
    "ledger/evidence/folder.py": "a document that was found to be a plain file",
    "ledger/files.py": "here",
    "ledger/web.py": "addresses",
    "ledger/cli/__init__.py": "/dev/null",
}


def test_every_other_place_reads_files_with_a_limit() -> None:
    root = Path(__file__).parents[1]
    assert all((root / name).is_file() for name in OWN)
    for path in sorted((root / "ledger").rglob("*.py")):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
        if str(path.relative_to(root)) not in OWN:
            assert not names & READERS, f"{path}: use ledger.files, or say in OWN why not"
