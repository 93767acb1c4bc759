"""What is measured, round by round, and the table of it.

Every contender of a figure is measured in each round, in a random order, in a folder of its own; the table gives
medians, their ratio and the spread. Ratios count: absolute figures of a shared machine do not.
"""

import atexit
import gc
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Contender = Callable[[Path], float]
"""Does its work in a folder of its own, and gives the amount, in the unit of the figure."""


class Missing(Exception):
    """Why a contender cannot be measured here."""


@dataclass(frozen=True)
class Against:
    """What a figure of ours is held against: another contender, or a fixed amount; and the ratio of ours to it that is
    wanted, at least, or at most where less is better."""

    name: str
    contender: Contender | float
    wanted: float


@dataclass(frozen=True)
class Figure:
    """One piece of work."""

    work: str
    unit: str
    ours: Contender
    against: tuple[Against, ...] = ()
    less_is_better: bool = False
    rounds: int = 5


@dataclass(frozen=True)
class Measured:
    """What the rounds gave."""

    values: list[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def spread(self) -> str:
        """Half the distance between the quarters, as a part of the median; nothing of a single round."""
        if len(self.values) < 2:
            return ""
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return f"±{(high - low) / 2 / self.median:.0%}"


HEAD = ["| work | amount | ratio | wanted | spread |", "|---|---|---|---|---|"]


def measured(figure: Figure) -> list[str]:
    """Measure a figure; its lines of the table."""
    contenders = {"": figure.ours} | {a.name: a.contender for a in figure.against if not isinstance(a.contender, float)}
    values: dict[str, list[float]] = {name: [] for name in contenders}
    skipped: dict[str, str] = {}
    for _ in range(figure.rounds):
        for name in random.sample(sorted(contenders), len(contenders)):
            if name not in skipped:
                folder = Path(tempfile.mkdtemp(prefix="force-ledger-bench-"))
                gc.collect()
                gc.freeze()  # what others have made is not looked through for garbage again and again
                try:
                    values[name].append(contenders[name](folder))
                except Missing as missing:
                    skipped[name] = str(missing)
                finally:
                    gc.unfreeze()
                    shutil.rmtree(folder)
    mine = Measured(values[""])
    lines = [f"| **{figure.work}** | {_amount(mine.median)} {figure.unit} | | | {mine.spread} |"]
    for against in figure.against:
        if against.name in skipped:
            lines.append(f"| against {against.name} | skipped: {skipped[against.name]} | | | |")
        else:
            fixed = isinstance(against.contender, float)
            theirs = Measured([against.contender] if isinstance(against.contender, float) else values[against.name])
            lines.append(_line(figure, against, mine, theirs, "a limit" if fixed else theirs.spread))
    return lines


def lasting(prefix: str) -> Path:
    """A folder that goes when the benchmark ends."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def milliseconds(command: Sequence[str], **environment: str) -> float:
    """How long a whole process takes."""
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, env=os.environ | environment)
    took = 1000 * (time.perf_counter() - begun)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return took


def _line(figure: Figure, against: Against, mine: Measured, theirs: Measured, spread: str) -> str:
    ratio = mine.median / theirs.median
    reached = ratio <= against.wanted if figure.less_is_better else ratio >= against.wanted
    wanted = f"{'≤' if figure.less_is_better else '≥'} {against.wanted:.3g}x"
    told = f"{ratio:.3g}x" if reached else f"**{ratio:.3g}x, missed**"
    return f"| against {against.name} | {_amount(theirs.median)} | {told} | {wanted} | {spread} |"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
