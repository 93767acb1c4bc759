"""A process of its own for hostile files: it has a limit of time and of memory, and no module of the folder."""

import os
from pathlib import Path

import pytest

from ledger import apart
from ledger.apart import CannotRead

READERS = """
import sys, time
from ledger import apart

def read(data, what):
    if what == "endless":
        time.sleep(60)
    if what == "greedy":
        return len(bytes(1 << 30))
    if what == "refused":
        raise apart.CannotRead("it is none", "save it again")
    return [len(data), what]

if __name__ == "__main__":
    apart.serve(read, 256 << 20)
"""


@pytest.fixture(autouse=True)
def _readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "readers_of_a_test.py").write_text(READERS)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "json.py").write_text("raise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path / "here")
    known = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *([known] if known else [])]))


def test_what_was_read_comes_back() -> None:
    assert apart.ask("readers_of_a_test", b"abc", "all") == [3, "all"]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("endless", "takes longer than 5 seconds"),
        ("greedy", "takes too much memory, or ends the program that reads it"),
        ("refused", "it is none"),
    ],
)
def test_what_takes_too_much_cannot_be_read(what: str, why: str) -> None:
    with pytest.raises(CannotRead, match=why) as found:
        apart.ask("readers_of_a_test", b"", what, patience=5 if what == "endless" else apart.PATIENCE)
    assert found.value.hint == ("save it again" if what == "refused" else "")
