"""A ledger on a read-only medium or share: whoever reads it can, and a backup of it can be made."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.cli import run
from ledger.store.store import Store
from tests.conftest import path_of

pytestmark = [pytest.mark.in_a_file, pytest.mark.skipif(os.name != "posix", reason="rights as on POSIX")]

READERS = (
    "state west-midlands", "board", "board --public-at 2024-01-01", "timeline west-midlands", "due", "durations",
    "threads west-midlands", "statistics west-midlands", "search police", "log", "show #46", "forces list", "verify",
    "keys list", "checkpoint print", "evidence list", "prove #1 -o {there}/proof", "publish {there}/log",
    "backup {there}/backup", "copy {ledger} {there}/copy.db", "follow {ledger} {there}/replica.db --once",
)  # fmt: skip
QUERY = ["query", "SELECT count(*) FROM entries"]
WITHOUT_RIGHTS = """
import ctypes, json, sys
from ledger.cli import run
if sys.platform == "linux":  # root can write everywhere; without its capabilities it cannot
    ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
codes = {}
for call in json.loads(sys.argv[1]):
    print("---", call, file=sys.stderr)
    codes[" ".join(call)] = run(call)
print(json.dumps(codes))
"""


@pytest.fixture
def medium(story: Store) -> Iterator[Path]:
    """The file of a ledger, in a folder in which nothing can be written."""
    path = path_of(story)
    assert run(["--ledger", str(path), "checkpoint", "sign"]) == 0
    story.close()
    assert sorted(each.name for each in path.parent.iterdir()) == ["ledger.db"]
    yield path
    path.parent.chmod(0o755)


def ended(path: Path, calls: list[list[str]]) -> tuple[dict[str, int], str]:
    """The exit codes of commands on the ledger, run by somebody who can write neither to the file nor beside it; and
    what they say on stderr."""
    path.chmod(0o444)
    path.parent.chmod(0o555)
    calls = [["--ledger", str(path), *call] for call in calls]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RIGHTS, json.dumps(calls)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def test_every_reader_and_backup_work_where_nothing_can_be_written(
    medium: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    there = tmp_path_factory.mktemp("there")
    calls = [[word.format(there=there, ledger=medium) for word in call.split()] for call in READERS]
    codes, said = ended(medium, [*calls, QUERY, *calls[:2]])
    assert {call: code for call, code in codes.items() if code} == {}, said
    assert sorted(each.name for each in medium.parent.iterdir()) == ["ledger.db"]


def test_who_writes_there_is_told(medium: Path) -> None:
    letter = "document register --document l --type dataset --title L --publisher P"
    codes, said = ended(medium, [letter.split()])
    assert set(codes.values()) == {1}
    assert "attempt to write a readonly database; its file, medium or share can only be read\n" in said


@pytest.mark.parametrize("makes", ["init", "copy {ledger} {new}", "follow {ledger} {new} --once", "restore {backup}"])
def test_who_makes_a_ledger_there_is_told_by_its_name(medium: Path, tmp_path: Path, makes: str) -> None:
    new, backup = medium.with_name("new.db"), tmp_path / "backup"
    assert run(["--ledger", str(medium), "backup", str(backup)]) == 0
    call = [word.format(ledger=medium, new=new, backup=backup) for word in makes.split()]
    codes, said = ended(medium, [["--ledger", str(new), *call]])
    assert set(codes.values()) == {1}
    assert f"Error: {new} cannot be used: unable to open database file; its file, medium or share can only be" in said


@pytest.mark.parametrize("asks", ["search police", "query 'SELECT 1'", "export {there}", "rebuild"])
def test_where_no_read_model_can_be_kept_is_told(
    medium: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asks: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(medium.parent))
    codes, said = ended(medium, [shlex.split(asks.format(there=tmp_path))])
    assert set(codes.values()) == {1}
    assert f"no read model can be kept in {medium.parent}" in said
    assert "XDG_CACHE_HOME" in said


def test_a_wal_beside_it_that_cannot_be_read_is_told(medium: Path) -> None:
    medium.with_name("ledger.db-wal").write_bytes(b"the last write")
    codes, said = ended(medium, [["log"], ["verify"], ["board"]])
    assert set(codes.values()) == {1}, "that says nothing about the ledger"
    assert "Traceback" not in said
    assert said.count("; a WAL is beside it: copy both to a disk first") == 3
