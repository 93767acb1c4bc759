"""What the documentation shows is what happens: its console blocks are run, and print what they say they print.

A block is ```` ```console ````, or ```` ```bash ```` whose first line is ``# tested``. Its commands follow ``$ ``,
their further lines ``> ``; what they print follows them. ``…`` stands for any text in a line, and on a line of its own
for any lines. The lines shown must be printed in their order; others may be printed between them. The blocks of a file
are one session, in a fresh folder. A block of ```` ```sql ```` that begins with SELECT is run too, and must give a row.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(console|bash|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ASKED = "--as-of 2024-06-30 --param body west-midlands --csv"
_MARK = "-- end of command --"


@dataclass
class Step:
    """A command, the line that it stands in, and the lines that it is said to print."""

    line: int
    command: str
    shown: list[str] = field(default_factory=list)


def steps(text: str) -> list[Step]:
    """The commands of all blocks of a page."""
    found: list[Step] = []
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start()) + 2
        lines = block[2].splitlines()
        if block[1] == "bash" and lines[:1] != ["# tested"]:
            continue
        if block[1] == "sql":
            if block[2].startswith("SELECT"):
                found.append(Step(first, f"force-ledger query {shlex.quote(block[2])} {_ASKED} | sed -n 2p | grep ."))
            continue
        of_block: list[Step] = []
        for number, line in enumerate(lines, first):
            if line.startswith("$ "):
                of_block.append(Step(number, line[2:]))
            elif line.startswith("> ") and of_block and not of_block[-1].shown:
                of_block[-1].command += "\n" + line[2:]
            elif of_block and line.strip():
                of_block[-1].shown.append(line.rstrip())
        found += of_block
    return found


def failures(text: str, folder: Path) -> Iterator[str]:
    """What the commands of a page do not do that it says they do, run in a folder."""
    told = steps(text)
    script = "".join(f"{step.command}\nprintf '\\n%s %s\\n' {shlex.quote(_MARK)} $?\n" for step in told)
    (folder.parent / "session.sh").write_text(script, "utf-8")
    done = subprocess.run(
        ["bash", str(folder.parent / "session.sh")], cwd=folder, env=_environment(folder.parent), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False,
    )  # fmt: skip
    ends = list(re.finditer(rf"\n{re.escape(_MARK)} (\d+)\n", done.stdout))
    starts = [0, *(end.end() for end in ends)]
    for step, start, end in zip(told, starts, ends, strict=False):
        printed = done.stdout[start : end.start()].splitlines()
        if (missing := _not_printed(step.shown, printed)) is not None:
            yield f"line {step.line}: $ {step.command}\ndoes not print: {missing}\nbut:\n" + "\n".join(printed)
        if end[1] != "0" and not any(line.startswith(("Error", "Usage")) for line in step.shown):
            yield f"line {step.line}: $ {step.command}\nends with {end[1]}, and shows no error:\n" + "\n".join(printed)
    if len(ends) < len(told):
        yield f"line {told[len(ends)].line}: $ {told[len(ends)].command}\ndoes not come to an end"


def _not_printed(shown: list[str], printed: list[str]) -> str | None:
    """The first line that is shown and not printed after the ones before it; None where all are."""
    rest = iter(printed)
    for line in shown:
        pattern = ".*".join(map(re.escape, line.split("…")))
        if line != "…" and not any(re.fullmatch(pattern, other.rstrip()) for other in rest):
            return line
    return None


def _environment(folder: Path) -> dict[str, str]:
    """The environment of a newcomer: no settings, a home of its own, and `force-ledger` on the path."""
    shim = folder / "bin" / "force-ledger"  # for where the project is not installed
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m ledger "$@"\n'
    )
    shim.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FORCE_LEDGER", "XDG_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), str(shim.parent), os.environ["PATH"]])
    return {**kept, "PATH": path, "HOME": str(folder), "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A fresh folder, in which the examples are where a checkout has them."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    return folder


def test_the_readme_shows_the_project_at_work() -> None:
    readme = ROOT / "README.md"
    assert readme.is_file(), "README.md is not there"
    assert steps(readme.read_text("utf-8")), "README.md has no ```console block (nor ```bash with `# tested`) to run"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_what_happens(page: Path, fresh: Path) -> None:
    assert page.is_file(), f"{page.name} is not there"
    found = list(failures(page.read_text("utf-8"), fresh))
    assert not found, "\n\n".join(found)


PAGE = """
```console
$ echo "one 12 two"; echo three
one … two
$ cd ..
$ pwd | sed 's|.*/||'; echo more; \\
> echo end
…
end
$ false
Error: shown, but that is enough said
```
```bash
$ echo not run
```
```bash
# tested
$ basename "$(ls -d fresh)"
fresh
```
"""


def test_a_page_that_tells_the_truth_passes(fresh: Path) -> None:
    assert len(steps(PAGE)) == 5
    assert (
        list(failures(PAGE.replace("\nError: shown, but that is enough said", "").replace("false", "true"), fresh))
        == []
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("$ echo one\ntwo", "does not print: two"),
        ("$ echo two; echo one\none\ntwo", "does not print: two"),
        ("$ echo one\none …", "does not print: one …"),
        ("$ force-ledger state WMP", "ends with 6, and shows no error"),
        ("$ exit 1", "does not come to an end"),
    ],
)
def test_a_page_that_does_not_is_told_where(fresh: Path, wrong: str, told: str) -> None:
    (found,) = failures(f"\n```console\n{wrong}\n```\n", fresh)
    assert found.startswith("line 3: $ ")
    assert told in found


def test_the_command_is_ours(fresh: Path) -> None:
    shown = (
        "$ force-ledger --version\nforce-ledger 0.1.0\n$ force-ledger board\nError: there is no ledger at ledger.db; …"
    )
    assert list(failures(f"```console\n{shown}\n```\n", fresh)) == []
