"""Draws docs/west-midlands.svg, the picture in the README, from the bundled record: `make docs`."""

import json
import os
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from html import escape
from io import StringIO
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from events.frameworks import frameworks
from ledger.cli import run
from ledger.record.create import create_ledger

FOLDER = Path(__file__).parent
FIRST, LAST = date(2022, 7, 1), date(2025, 1, 1)
LEFT, WIDTH, LANE, TOP = 150, 740, 30, 40
SHADES = {
    "presumed": "#fff",
    "scan": "#d5dde5",
    "engage": "#942514",
    "announced": "#f0c9a8",
    "open": "#c4561a",
    "grades": "#1d5a8a",
}
NAMES = {
    "investigations-2023": "Investigations",
    "marac-2023": "MARAC backlog",
    "online-child-abuse-2023": "Online child abuse",
    "registered-sex-offenders-2023": "Sex offenders",
}
SPELLS = "FROM {} WHERE body = 'west-midlands' AND valid_from > '0001-01-01' ORDER BY valid_from"


def picture() -> str:
    """The picture, as SVG."""
    phases = _joined(_ask(f"SELECT phase AS what, valid_from, valid_to {SPELLS.format('phases')}"))
    first = {
        "what": "presumed",
        "valid_from": str(FIRST),
        "valid_to": phases[0]["valid_from"],
        "text": "Scan, presumed",
    }
    told = [{**row, "text": row["what"].title()} for row in phases if _days(row) > 20]
    lanes = [("Phase", [first, *told])]
    concerns = _ask(f"SELECT concern, status AS what, valid_from, valid_to {SPELLS.format('concerns')}")
    for concern, name in NAMES.items():
        bars = _joined(row for row in concerns if row["concern"] == concern and row["what"] in SHADES)
        lanes.append((name, [{**row, "text": row["what"] if row["what"] == "open" else ""} for row in bars]))
    grades = _ask(
        "SELECT framework, min(valid_from) AS valid_from, max(valid_to) AS valid_to FROM grades "
        "WHERE body = 'west-midlands' AND framework LIKE 'peel%' GROUP BY framework ORDER BY valid_from"
    )
    ends = [*(row["valid_from"] for row in grades[1:]), str(LAST)]
    named = [
        {"what": "grades", "valid_from": row["valid_from"], "valid_to": end, "text": _title(row["framework"])}
        for row, end in zip(grades, ends, strict=True)
    ]
    lanes.append(("Grades", [row for row in named if row["valid_to"] > str(FIRST)]))
    height = TOP + LANE * len(lanes) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 16} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<title>West Midlands Police, July 2022 to December 2024</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        *_axis(height - 30),
    ]
    for number, (name, bars) in enumerate(lanes):
        y = TOP + LANE * number
        parts.append(f'<text x="8" y="{y + 18}" fill="#1b1b1b">{escape(name)}</text>')
        parts += [_bar(bar, y) for bar in bars]
    parts += [*_legend(height - 8), "</svg>", ""]
    return "\n".join(parts)


def _joined(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Spells, those in a row that say the same as one."""
    joined = []
    for _, same in groupby(rows, key=lambda row: row["what"]):
        first, *rest = same
        joined.append({**first, "valid_to": (rest or [first])[-1]["valid_to"]})
    return joined


def _title(framework: str) -> str:
    return frameworks()[framework].title.partition(" (")[0]


def _days(row: dict[str, Any]) -> int:
    return (date.fromisoformat(row["valid_to"]) - date.fromisoformat(row["valid_from"])).days


def _ask(query: str) -> list[dict[str, Any]]:
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(StringIO()):
        assert run(["query", query, "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(printed.getvalue())
    return rows


def _x(day: date) -> float:
    return LEFT + round(WIDTH * (min(max(day, FIRST), LAST) - FIRST).days / (LAST - FIRST).days, 1)


def _bar(bar: dict[str, Any], y: int) -> str:
    start, end = _x(date.fromisoformat(bar["valid_from"])), _x(date.fromisoformat(bar["valid_to"]))
    shade, ink = SHADES[bar["what"]], "#1b1b1b" if bar["what"] in ("scan", "presumed") else "#fff"
    edge = ' stroke="#6b7785" stroke-dasharray="4 3"' if bar["what"] == "presumed" else ""
    drawn = (
        f'<rect x="{start}" y="{y + 3}" width="{round(end - start - 1, 1)}" height="{LANE - 8}" fill="{shade}"{edge}/>'
    )
    if text := bar.get("text"):
        drawn += f'<text x="{start + 6}" y="{y + 18}" fill="{ink}" font-size="12">{escape(text)}</text>'
    return drawn


def _axis(bottom: int) -> list[str]:
    drawn = []
    for year in range(FIRST.year + 1, LAST.year + 1):
        x = _x(date(year, 1, 1))
        drawn.append(f'<line x1="{x}" x2="{x}" y1="{TOP - 10}" y2="{bottom}" stroke="#b9b9b9"/>')
        if year < LAST.year:
            drawn.append(f'<text x="{x + 4}" y="{TOP - 14}" fill="#505a5f">{year}</text>')
    return drawn


def _legend(y: int) -> list[str]:
    words = {"engage": "Engage (special measures)", "announced": "cause of concern announced", "open": "open"}
    drawn, x = [], LEFT
    for what, text in words.items():
        drawn.append(f'<rect x="{x}" y="{y - 11}" width="14" height="12" fill="{SHADES[what]}"/>')
        drawn.append(f'<text x="{x + 20}" y="{y}" fill="#1b1b1b">{text}</text>')
        x += 50 + 7 * len(text)
    return drawn


def draw() -> str:
    """The picture of the bundled record, in a ledger of its own that is thrown away."""
    with TemporaryDirectory() as folder:
        os.environ |= {"FORCE_LEDGER": f"{folder}/ledger.db", "FORCE_LEDGER_KEYS": f"{folder}/keys"}
        create_ledger(Path(folder) / "ledger.db", keys=Path(folder) / "keys")
        batches = sorted(FOLDER.parent.glob("examples/west-midlands/*.yaml"))
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            assert run(["append", *map(str, batches)]) == 0
        return picture()


if __name__ == "__main__":
    FOLDER.joinpath("west-midlands.svg").write_text(draw(), "utf-8")
