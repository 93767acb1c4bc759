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
from tests.conftest import path_of, record_yaml
from tests.record.test_withheld import SAID, WITHHELD

pytestmark = pytest.mark.in_a_file
ROOT = Path(__file__).resolve().parents[2]
PHASES = "SELECT count(*) FROM spells WHERE summary = 'Scan (assumed)'"
GRADES = "SELECT count(*) FROM spells WHERE subject = 'judgement' AND id LIKE 'another-programme/%'"


def replaced(folder: Path, old: str, new: str) -> None:
    files = [file for file in folder.iterdir() if file.is_file() and old in file.read_text("utf-8")]
    assert files
    for file in files:
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def another_projection(program: Path) -> None:
    replaced(program / "projections", "Scan (presumed)", "Scan (assumed)")


def another_framework(program: Path) -> None:
    replaced(program / "events", '"programme": "peel"', '"programme": "another-programme"')


@pytest.mark.parametrize(("change", "changed_rows"), [(another_projection, PHASES), (another_framework, GRADES)])
def test_a_changed_program_makes_a_read_model_of_its_own(
    story: Store, tmp_path: Path, change: Callable[[Path], None], changed_rows: str
) -> None:
    with story.reading() as reader:
        model = followed(path_of(story), reader)
    program = tmp_path / "program"
    for package in ("events", "projections", "ledger"):
        shutil.copytree(ROOT / package, program / package, ignore=shutil.ignore_patterns("__pycache__"))
    made = model.stat()
    state(program, story)
    assert models(story) == {model}
    change(program)
    for _ in range(2):
        state(program, story)
        (another,) = models(story) - {model}
        with open_model(another) as connection:
            ((version,),) = connection.execute("PRAGMA user_version")
            ((rows,),) = connection.execute(changed_rows)
        assert version != current_version()
        assert rows > 0
        with story.reading() as reader:
            assert followed(path_of(story), reader) == model
    assert (model.stat().st_ino, model.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def models(ledger: Store) -> set[Path]:
    """The read models beside a ledger, of all versions."""
    return set(path_of(ledger).parent.glob("ledger.model-*.db"))


def of_another_version(ledger: Store) -> Path:
    """A read model that another version made."""
    with ledger.reading() as reader:
        return Path(shutil.copy(followed(path_of(ledger), reader), path_of(ledger).parent / "ledger.model-0badf00d.db"))


def test_what_is_withheld_leaves_the_read_models_of_all_versions(ledger: Store) -> None:
    position = record_yaml(ledger, SAID).appended[-1].position
    record_yaml(ledger, f"- {{kind: entry.retracted, target: '#{position}', reason: It names a private person.}}")
    other = of_another_version(ledger)
    before = other.read_bytes()
    record_yaml(ledger, WITHHELD.format(n=position))
    assert models(ledger) == set()
    old = other.with_name("ledger.model-0000000f.db")
    other.write_bytes(b"no database")
    with ledger.reading() as reader:
        model = followed(path_of(ledger), reader)
    assert models(ledger) == {model}
    other.write_bytes(before)  # it has all entries up to the one that withholds
    model.unlink()
    with ledger.reading() as reader:
        followed(path_of(ledger), reader)
    assert models(ledger) == {model}
    shutil.copy(model, other)
    shutil.copy(model, old)
    os.utime(old, (0, 0))
    model.unlink()
    with ledger.reading() as reader:
        followed(path_of(ledger), reader)
    assert models(ledger) == {model, other}


def state(program: Path, story: Store) -> None:
    """Ask a copy of the program for a state."""
    environment = os.environ | {"PYTHONPATH": str(program), "FORCE_LEDGER": str(path_of(story))}
    command = [sys.executable, "-m", "ledger", "state", "west-midlands"]
    subprocess.run(command, env=environment, cwd=program, check=True, capture_output=True)


def test_it_fits_in_the_header_of_a_database() -> None:
    assert 0 < current_version() < 2**31
