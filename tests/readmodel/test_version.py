"""After a change of a projection or of a grading framework, nobody is answered from an older read model."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.readmodel.follow import followed
from ledger.readmodel.query import open_model
from ledger.readmodel.version import current_version
from ledger.store.store import Store
from tests.conftest import path_of

pytestmark = pytest.mark.in_a_file
ROOT = Path(__file__).resolve().parents[2]
CONCERNS = "SELECT count(*) FROM spells WHERE summary LIKE '%recommendations left: %'"
GRADES = "SELECT count(*) FROM spells WHERE subject = 'grade' AND id LIKE 'another-programme/%'"


def replaced(folder: Path, old: str, new: str) -> None:
    files = [file for file in folder.iterdir() if file.is_file() and old in file.read_text("utf-8")]
    assert files
    for file in files:
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def another_projection(program: Path) -> None:
    replaced(program / "projections", "recommendations open: ", "recommendations left: ")


def another_framework(program: Path) -> None:
    replaced(program / "events", '"programme": "peel"', '"programme": "another-programme"')


@pytest.mark.parametrize(("change", "changed_rows"), [(another_projection, CONCERNS), (another_framework, GRADES)])
def test_a_changed_program_throws_the_read_model_away(
    story: Store, tmp_path: Path, change: Callable[[Path], None], changed_rows: str
) -> None:
    with story.reading() as reader:
        model = followed(path_of(story), reader)
    program = tmp_path / "program"
    for package in ("events", "projections", "ledger"):
        shutil.copytree(ROOT / package, program / package, ignore=shutil.ignore_patterns("__pycache__"))
    for changed in (False, True):
        if changed:
            change(program)
        file = model.stat().st_ino
        state(program, story)
        assert (model.stat().st_ino != file) == changed
        with open_model(model) as connection:
            ((version,),) = connection.execute("PRAGMA user_version")
            ((rows,),) = connection.execute(changed_rows)
        assert (version != current_version()) == (rows > 0) == changed


def state(program: Path, story: Store) -> None:
    """Ask a copy of the program for a state."""
    environment = os.environ | {"PYTHONPATH": str(program), "FORCE_LEDGER": str(path_of(story))}
    command = [sys.executable, "-m", "ledger", "state", "west-midlands"]
    subprocess.run(command, env=environment, cwd=program, check=True, capture_output=True)


def test_it_fits_in_the_header_of_a_database() -> None:
    assert 0 < current_version() < 2**31
