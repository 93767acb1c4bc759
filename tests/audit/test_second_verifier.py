"""A second verifier, written from docs/format.md alone (tests/support/second_verifier.py), accepts what this program
writes, and every change to a proof or a published log is refused by both or by neither. So that page is enough."""

import ast
import json
import random
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.errors import NotVerified
from ledger.log.policy import Policy
from ledger.publish.check_proof import check
from tests.audit.damage import SEED
from tests.audit.eventful import Eventful, build, told
from tests.audit.forging import entries_of, tampering
from tests.audit.small import Small
from tests.support import second_verifier
from tests.support.second_verifier import verify

SCRIPT = Path(second_verifier.__file__)


def test_it_shares_nothing_with_the_program() -> None:
    names = set[str]()
    for node in ast.walk(ast.parse(SCRIPT.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(f"{'.' * node.level}{node.module}")
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"cryptography"}


def alone(*args: object) -> tuple[int, str]:
    """Its exit code and what it prints, run as a stranger runs it."""
    command = [sys.executable, "-I", str(SCRIPT), *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_it_runs_alone_and_says_what_it_found(small: Small, tmp_path: Path) -> None:
    assert alone(small.path) == (0, "Nothing is wrong.\n")
    assert alone(small.path, "--log-key", small.log_key.verifier)[0] == 0
    assert alone(small.path, "--log-key", small.keeper.verifier)[0] == 1
    with tampering(small.path) as connection:
        connection.execute("UPDATE entries SET entry = x'7b7d' WHERE position = 5")
    code, out = alone(small.path)
    assert code == 1
    assert "#5: other fields than" in out
    (tmp_path / "text").write_bytes(b"nothing of ours")
    assert alone(tmp_path / "text")[0] == alone(tmp_path / "missing")[0] == 1


# What this program writes


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eventful]:
    """The ledger, in an environment that names its keys."""
    folder = tmp_path_factory.mktemp("eventful")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        patch.delenv("FORCE_LEDGER", raising=False)
        yield build(folder)


@pytest.fixture(scope="module")
def proofs(eventful: Eventful) -> dict[str, Path]:
    """Proofs of entries and of matters, by name; those of C2SP tlog-proof have the envelope beside them."""
    written = dict[str, Path]()
    with pytest.MonkeyPatch.context() as patch, chdir(eventful.folder):
        patch.setenv("FORCE_LEDGER_KEYS", str(eventful.folder / "keys"))
        for position in (0, 1, 2, 9, 12, 100, 309, 313, 315, 316, 319, 321, 323, 324, 326):
            told(f"prove #{position} -o {position}.json")
            told(f"prove #{position} --tlog -o {position}.tlog-proof")
            told(f"prove #{position} --entry-bytes -o {position}")
            written |= {f"{position}{kind}": eventful.folder / f"{position}{kind}" for kind in (".json", ".tlog-proof")}
        for number, matter in enumerate(("ledger", "document/d6", "document/d8", "document/d9", "document/d999")):
            told(f"prove --matter {matter} -o matter-{number}.json")
            written[matter] = eventful.folder / f"matter-{number}.json"
    return written


def test_it_accepts_a_ledger_with_all_that_can_happen(eventful: Eventful) -> None:
    assert verify(eventful.ledger, eventful.log_key) == []
    kinds = {stored.read(n).kind for n, stored in enumerate(entries_of(eventful.ledger))}
    assert kinds > set(second_verifier.OWN)
    assert kinds > {f"entry.{amendment}" for amendment in second_verifier.TYPES}


def test_it_accepts_a_published_log(eventful: Eventful) -> None:
    for folder in eventful.published:
        assert verify(folder, eventful.log_key) == []
        assert len(list(folder.glob("tile/0/00*"))) == 2, "a full tile, and a partial one"


def test_it_accepts_the_small_ledger_and_the_demo(small: Small, tmp_path: Path) -> None:
    assert verify(small.path, str(small.log_key.verifier)) == []
    with chdir(tmp_path):
        told("demo --small demo")
        told("--ledger demo/ledger.db publish published")
    assert verify(tmp_path / "demo" / "ledger.db") == verify(tmp_path / "published") == []


def test_it_accepts_proofs(eventful: Eventful, proofs: dict[str, Path]) -> None:
    assert [(name, wrong) for name, file in proofs.items() if (wrong := verify(file, eventful.log_key))] == []


# What is changed


def is_proof(data: bytes, log_key: str, envelope: bytes | None = None) -> bool:
    """Whether the program takes it for a proof."""
    try:
        check(data, Policy.parse(f"log {log_key}\nquorum none\n"), envelope)
    except NotVerified:
        return False
    return True


@pytest.mark.parametrize("name", ["9.json", "309.json", "324.json", "document/d9", "document/d999"])
def test_both_refuse_a_proof_that_was_changed(
    eventful: Eventful, proofs: dict[str, Path], name: str, tmp_path: Path
) -> None:
    """Every value in it; what is changed to no effect, both accept."""
    file, changed = json.loads(proofs[name].read_bytes()), tmp_path / "changed.json"
    for path in paths_of(file):
        for other in changes_of(value_at(file, path)):
            text = json.dumps(with_value(file, path, other), indent=2, ensure_ascii=False) + "\n"
            changed.write_text(text, "utf-8")
            wrong = verify(changed, eventful.log_key)
            assert is_proof(text.encode(), eventful.log_key) == (not wrong), (path, other, wrong)


def paths_of(value: Any) -> Iterator[tuple[str | int, ...]]:
    """The path of every value within a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (name,)
        yield from ((name, *path) for path in paths_of(item))


def value_at(value: Any, path: Sequence[str | int]) -> Any:
    for name in path:
        value = value[name]
    return value


GONE = object()


def with_value(value: Any, path: Sequence[str | int], other: Any) -> Any:
    """A copy in which another value is at a path, or none."""
    copy = json.loads(json.dumps(value))
    *before, last = path
    within = value_at(copy, before)
    if other is GONE:
        del within[last]
    else:
        within[last] = other
    return copy


def changes_of(value: Any) -> Iterator[Any]:
    """What may stand in the place of a value: nothing, another type, a list without an item or in another order, one
    bit of a text or of what it encodes."""
    yield from (GONE, None, 7, "", [], {})
    if isinstance(value, int):
        yield value + 1
    elif isinstance(value, list):
        yield from (value[1:], value[:-1], value + value[:1], value[::-1])
    elif isinstance(value, str) and value:
        yield value[:-2] + chr(ord(value[-2]) ^ 1) + value[-1]
        try:
            data = b64decode(value, validate=True)
        except ValueError:
            return
        yield b64encode(data[:-1] + bytes([data[-1] ^ 1])).decode()
        yield b64encode(data[1:]).decode()


@pytest.mark.parametrize("name", ["12.tlog-proof", "323.tlog-proof"])
def test_both_refuse_a_plain_proof_with_a_byte_changed(
    eventful: Eventful, proofs: dict[str, Path], name: str, tmp_path: Path
) -> None:
    whole, envelope, changed = proofs[name].read_bytes(), proofs[name].with_suffix("").read_bytes(), tmp_path / name
    changed.with_suffix("").write_bytes(envelope)
    for n in range(len(whole)):
        data = whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :]
        changed.write_bytes(data)
        wrong = verify(changed, eventful.log_key)
        assert is_proof(data, eventful.log_key, envelope) == (not wrong), (n, wrong)


def test_both_refuse_a_published_log_with_a_file_changed(eventful: Eventful, tmp_path: Path) -> None:
    """A file of it gone, or one bit of it turned; what is not read, both accept."""
    turn, folder = random.Random(SEED), eventful.published[0]
    for file in [file for file in folder.rglob("*") if file.is_file()]:
        for n in (None, *(turn.randrange(file.stat().st_size) for _ in range(5) if file.stat().st_size)):
            changed = Path(shutil.copytree(folder, tmp_path / "changed"))
            at, whole = changed / file.relative_to(folder), file.read_bytes()
            at.unlink()
            if n is not None:
                at.write_bytes(whole[:n] + bytes([whole[n] ^ 1 << turn.randrange(8)]) + whole[n + 1 :])
            with redirect_stdout(StringIO()):
                assert bool(run(["verify", str(changed)])) == bool(verify(changed)), (file, n)
            shutil.rmtree(changed)
