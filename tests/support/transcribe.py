"""Transcripts: short sessions that show each rule at work, as plain text in tests/transcripts.

A file is named after its rule; where a rule has more than one thing to say, `<rule>.<in which case>.txt` has the
others. The sections are batches in YAML, but for the first and `then`:

    --- evidence     the text of a document that is kept (may be left out)
    --- given        what is on record already, after the 43 forces (may be left out); `---` ends a submission
    --- when         the batch that the rule speaks about
    --- then         what the clerk is told, word for word, and the exit code
    --- neighbour    the nearest batch that is recorded without a word

To add one, write given, when and neighbour, run `python -m tests.support.transcribe`, which fills in
`then`, and read it.
"""

import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ledger.cli import run
from ledger.cli.readback import ReadBack
from ledger.evidence.folder import Evidence
from ledger.record import record as recording
from ledger.record.create import create_ledger
from ledger.record.keys import keys_folder
from tests.conftest import NOW, ORIGIN

FOLDER = Path(__file__).parents[1] / "rules" / "transcripts"
SECTIONS = ("evidence", "given", "when", "then", "neighbour")


@dataclass(frozen=True)
class Transcript:
    """What a file of transcripts holds, section by section."""

    path: Path
    evidence: str
    given: str
    when: str
    then: str
    neighbour: str

    @classmethod
    def read(cls, path: Path) -> "Transcript":
        """The transcript in a file. Raises ValueError where it has not the sections above."""
        head, *parts = re.split(r"^--- (\w+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
        names, texts = parts[::2], parts[1::2]
        sections = dict(zip(names, texts, strict=True))
        if head.strip() or len(sections) < len(names) or not {"when", "neighbour"} <= set(names) <= set(SECTIONS):
            raise ValueError(f"{path.name} has the sections {names}, not {SECTIONS}")
        return cls(path, *(sections.get(name, "") for name in SECTIONS))

    @property
    def rule(self) -> str:
        """The name of the rule that it shows."""
        return self.path.name.split(".")[0]

    def write(self) -> None:
        """Write it to its file."""
        sections = [f"--- {name}\n{text}" for name in SECTIONS if (text := getattr(self, name))]
        self.path.write_text("".join(sections), "utf-8")

    def run(self, folder: Path) -> str:
        """Record the given on a new ledger in a folder, its evidence kept, then append the batch; what the clerk is
        told."""
        if self.evidence:
            (folder / "evidence.txt").write_text(self.evidence, "utf-8")
            Evidence(folder / "ledger.evidence").add(folder / "evidence.txt")
        begin(folder, self.given)
        return append(folder, "when", self.when)


def transcripts() -> list[Transcript]:
    """All transcripts, by name."""
    return [Transcript.read(path) for path in sorted(FOLDER.glob("*.txt"))]


def begin(folder: Path, given: str) -> None:
    """Found ledger.db in a folder and record what is given; keep a copy, to begin from there again."""
    create_ledger(folder / "ledger.db", origin=ORIGIN, clock=lambda: NOW)
    for number, batch in enumerate(re.split(r"^---\n", given, flags=re.MULTILINE) if given else ()):
        told = append(folder, f"given{number or ''}", batch)
        assert told.endswith("exit 0\n"), f"what is given cannot be recorded:\n{told}"
    shutil.copy(folder / "ledger.db", folder / "given.db")


def begin_again(folder: Path) -> None:
    """Go back to what was given."""
    for file in folder.glob("ledger.db*"):
        file.unlink()
    shutil.copy(folder / "given.db", folder / "ledger.db")
    for signed in keys_folder().glob("*/checkpoint"):  # else it would rightly be said to be rolled back
        signed.unlink()


def append(folder: Path, name: str, batch: str) -> str:
    """Append a batch as a clerk does: what they are told on stderr and stdout, without what was understood, and the
    exit code."""
    (folder / f"{name}.yaml").write_text(batch, "utf-8")
    told, answered = io.StringIO(), io.StringIO()
    silent = patch("ledger.cli.readback.read_back", return_value=ReadBack([], {}, []))
    with chdir(folder), standing_clock(), silent, redirect_stderr(told), redirect_stdout(answered):
        code = run(["--ledger", "ledger.db", "append", "--yes", f"{name}.yaml"])
    return f"{told.getvalue()}{answered.getvalue()}exit {code}\n"


@contextmanager
def standing_clock() -> Iterator[None]:
    """Let the command line record at NOW, so that what it says does not change from day to day."""
    recorders: list[Callable[..., Any]] = [recording.record, recording.validate]
    before = [recorder.__kwdefaults__ for recorder in recorders]
    for recorder, defaults in zip(recorders, before, strict=True):
        recorder.__kwdefaults__ = {**(defaults or {}), "clock": lambda: NOW}
    try:
        yield
    finally:
        for recorder, defaults in zip(recorders, before, strict=True):
            recorder.__kwdefaults__ = defaults


def main() -> None:
    """Fill in what the clerk is told, in the transcripts that do not say it yet."""
    for transcript in transcripts():
        if transcript.then:
            continue
        with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, FORCE_LEDGER_KEYS=f"{folder}/keys"):
            then = transcript.run(Path(folder))
        replace(transcript, then=then).write()
        sys.stdout.write(f"{transcript.path.name}\n{then}\n")


if __name__ == "__main__":
    main()
