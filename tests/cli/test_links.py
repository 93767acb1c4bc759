"""A ledger that is named by a symbolic link is the file behind it: all that belongs to it is beside that file."""

import json
import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.cli import run
from ledger.readmodel.place import model_beside
from tests.conftest import Told
from tests.evidence.test_evidence import ISSUED, LETTER, STANDS, hashed, reaffirmed, registered

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")


@pytest.fixture
def link(tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with nothing but a link of another name to a ledger, which is in a folder of its own."""
    real, links = tmp_path / "real", tmp_path / "links"
    real.mkdir()
    links.mkdir()
    (tmp_path / "batch.yaml").write_text(registered(hash=hashed(LETTER)) + ISSUED, "utf-8")
    (tmp_path / "more.yaml").write_text(reaffirmed("2024-03", STANDS), "utf-8")
    (tmp_path / "letter.txt").write_text(LETTER, "utf-8")
    assert told("--ledger", "real/here.db", "init", "--origin", "example.org/linked")[0] == 0
    (links / "there.db").symlink_to(Path("../real/here.db"))
    monkeypatch.setenv("FORCE_LEDGER", str(links / "there.db"))
    yield links / "there.db"
    assert [path.name for path in links.iterdir()] == ["there.db"], "nothing is beside the link"
    assert (links / "there.db").is_symlink()


COMMANDS = """
append batch.yaml | state kent --as-of 2024-06-01 | board | evidence add letter.txt | append more.yaml | evidence list
evidence check | rebuild | query "SELECT * FROM entries" | search custody | log | show #46 | timeline kent
checkpoint print | checkpoint sign | backup kept | publish public | copy links/there.db copied.db | prove #46 -o proof
verify
"""


def test_every_command_keeps_what_it_makes_beside_the_file(link: Path, told: Told) -> None:
    real = link.resolve().parent
    for command in map(shlex.split, COMMANDS.replace("\n", "|").strip("|").split("|")):
        code, out, err = told(*command)
        assert code == 0, f"{command}: {out}{err}"
        if command[0] in ("state", "board", "evidence", "log", "timeline", "verify"):
            assert told("--ledger", str(real / "here.db"), *command) == (code, out, err), command
    assert all((real / name).exists() for name in ("here.evidence", model_beside(Path("here.db")).name))
    checks = json.loads(told("verify", "--json")[1])["checks"]
    assert {check["name"]: check["detail"] for check in checks}["evidence"] == "1 documents, 1 quotes found in them"
    assert "model" in {check["name"] for check in checks}
    assert (real.parent / "kept" / "ledger.evidence").is_dir()
    assert (real.parent / "copied.evidence").is_dir()


def test_a_ledger_that_somebody_reads_is_verified_whole(link: Path, told: Told) -> None:
    """What was appended is in the WAL while a reader is there, and the WAL is beside the file."""
    with closing(sqlite3.connect(link)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM head").fetchall()
        assert told("append", "batch.yaml")[0] == 0
        assert link.resolve().with_name("here.db-wal").stat().st_size > 0
        code, out, err = told("verify", "--json")
        assert (code, json.loads(out)["size"]) == (0, 48), out + err


def test_a_link_to_nothing_names_the_place_of_a_new_ledger(link: Path, told: Told, tmp_path: Path) -> None:
    link.unlink()
    link.symlink_to(tmp_path / "real" / "new.db")
    code, _, err = told("state", "kent")
    assert (code, "there is no ledger at" in err) == (6, True)
    assert told("init", "--origin", "example.org/new")[0] == 0
    assert (tmp_path / "real" / "new.db").is_file()
    assert told("verify")[0] == 0


def test_a_link_to_itself_is_no_ledger(link: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loop = tmp_path / "loop.db"
    loop.symlink_to(loop)
    for command in ("state", "verify", "init"):
        assert run(["--ledger", str(loop), command, *(["kent"] if command == "state" else [])]) != 0
        assert capsys.readouterr().err.startswith("Error: ")
