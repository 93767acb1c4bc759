"""`make bench`: ours against the limits and against what one would pick instead, side by side in one run.

Every contender of a figure is measured in each round, in a random order, in a folder of its own; the table gives
medians, their ratio and the spread. Ratios count: absolute figures of a shared machine do not.
"""

import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import ours, peers

RESULTS = Path(__file__).with_name("results.md")
ROUNDS = 5
Contender = Callable[[Path], float]


@dataclass(frozen=True)
class Figure:
    """One piece of work: our rate, and those that it is held against, each with the ratio that we want at least."""

    work: str
    unit: str
    ours: Contender
    against: dict[str, tuple[Contender, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What the rounds gave."""

    values: list[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Half the distance between the quarters, as a part of the median."""
        low, _, high = statistics.quantiles(self.values, n=4)
        return (high - low) / 2 / self.median


def figures(size: int) -> list[Figure]:
    """What is measured, at a size."""
    return [
        Figure(
            f"append, batches of 1,000, {size:,} entries: validated, rules, tree, signed", "entries/s",
            ours.append_batches(size),
            {
                "plain eventsourcing, Application.save": (peers.eventsourcing_batches(size), 1.3),
                "raw sqlite3, 1,000 a commit": (peers.sqlite_batches(size), 0.15),
                "git fast-import": (peers.git_fast_import(size), 6),
            },
        ),
        Figure(
            "append, one durable event in process", "entries/s", ours.append_single(200),
            {
                "raw sqlite3, one a commit": (peers.sqlite_single(200), 0.65),
                "plain eventsourcing, single save": (peers.eventsourcing_single(200), 0.65),
                "git commit": (peers.git_commits(20), 40),
            },
        ),
        Figure(
            f"state of one body at (D, K), {size:,} entries", "answers/s", ours.state_of_one_body(size),
            {
                "folding a plain eventsourcing stream of as many": (peers.eventsourcing_fold(size), 150),
                "DuckDB over a file of events": (peers.duckdb_as_of(size), 20),
            },
        ),
        Figure(f"board of every body at (D, K), {size:,} entries", "answers/s", ours.board(size)),
        Figure(
            f"verify, everything, {size:,} entries", "entries/s", ours.verify(size),
            {
                "SHA-256 of the same entries": (peers.sha256_of_entries(size), 0.01),
                "git fsck": (peers.git_fsck(size), 1),
            },
        ),
        Figure(f"rebuild of the read model, {size:,} entries", "entries/s", ours.rebuild(size)),
        Figure(
            f"inclusion proof, {size:,} entries", "proofs/s", ours.inclusion_proofs(size),
            {"pymerkle on SQLite": (peers.pymerkle_proofs(min(size, 20_000)), 1)},
        ),
        Figure(
            "force-ledger --version, whole process", "starts/s", ours.command(["--version"]),
            {"python -c 'import click'": (peers.python("import click"), 1 / 1.3)},
        ),
        Figure(
            f"force-ledger state BODY --json, whole process, {size:,} entries", "starts/s", ours.state_command(size),
            {"python -c 'import click, sqlite3, json'": (peers.python("import click, sqlite3, json"), 1 / 1.3)},
        ),
    ]  # fmt: skip


def measured(figure: Figure, rounds: int) -> dict[str, Measured | str]:
    """Every contender of a figure, round by round; or why one could not be measured."""
    contenders = {"ours": figure.ours} | {name: contender for name, (contender, _) in figure.against.items()}
    values: dict[str, list[float]] = {name: [] for name in contenders}
    skipped: dict[str, Measured | str] = {}
    for _ in range(rounds):
        for name in random.sample(sorted(contenders), len(contenders)):
            if name in skipped:
                continue
            folder = Path(tempfile.mkdtemp(prefix="force-ledger-bench-"))
            try:
                values[name].append(contenders[name](folder))
            except peers.Missing as missing:
                skipped[name] = str(missing)
            finally:
                shutil.rmtree(folder)
    return skipped | {name: Measured(found) for name, found in values.items() if found}


def rows(figure: Figure, found: dict[str, Measured | str]) -> list[str]:
    """The lines of the table for a figure."""
    mine = found["ours"]
    assert isinstance(mine, Measured)
    lines = [f"| **{figure.work}** | {mine.median:,.4g} {figure.unit} | | | ±{mine.spread:.0%} |"]
    for name, (_, wanted) in figure.against.items():
        other = found[name]
        if isinstance(other, str):
            lines.append(f"| against {name} | skipped: {other} | | {wanted:.3g}x | |")
        else:
            ratio = mine.median / other.median
            word = "" if ratio >= wanted else " **missed**"
            spread = f"±{other.spread:.0%}"
            lines.append(f"| against {name} | {other.median:,.4g} | {ratio:.3g}x{word} | {wanted:.3g}x | {spread} |")
    return lines


def machine() -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    of = (platform.machine(), f"{os.cpu_count()} cores", f"{memory:.0f} GiB", platform.system())
    return ", ".join((*of, f"Python {platform.python_version()}"))


def main(size: int) -> None:
    """Measure everything and write the table."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    how = (
        f"Written by `make bench` at {commit.strip()}; never edited by hand. {machine()}. {ROUNDS} rounds, medians; the"
    )
    lines = [
        "# Measured side by side", "",
        f"{how} last column is half the distance between the quarters. Ratios are ours to theirs: more is better.", "",
        "| work | rate | ratio | wanted | spread |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for figure in figures(size):
        print(f"{figure.work} …", file=sys.stderr)
        begun = time.monotonic()
        lines += rows(figure, measured(figure, ROUNDS))
        print(f"  {time.monotonic() - begun:.0f} s", file=sys.stderr)
    RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    print(RESULTS.read_text("utf-8"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
