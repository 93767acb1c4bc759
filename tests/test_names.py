"""One name for one idea: no module, class, function, field or constant keeps a name that the project gave up.

Local variables and parameters are left out.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("events", "projections", "ledger", "tests/support", "benchmarks")

WORDS = """
    course glance glanced glances glancing growth grown hindrance judge lane lanes law laws mending mendings obstacle
    obstacles pen rectangle rectangles rehearse rehearsal relive relived shelf shelves strand strands stretch stretches
    telling tellings trail trails unheard
"""
RETIRED_WORDS = frozenset(WORDS.split())
"""Retired wherever they stand in a name."""
NAMES = """
    after_all asking beginning book cached come deed_of durable founding history in_turn kept looking not_a_room part
    parts plain plains rooms said searching setting shapes standing stating still take_over told
"""
RETIRED_NAMES = frozenset(NAMES.split())
"""Retired as whole names, in any case and with or without an underscore before them."""
RETIRED_CLASSES = frozenset({"Lines", "Run"})
"""Retired as written: in lower case they are common words."""


def is_retired(name: str) -> bool:
    """Whether the project gave up a name."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return (
        not RETIRED_WORDS.isdisjoint(word.lower() for word in words)
        or name.strip("_").lower() in RETIRED_NAMES
        or name.strip("_") in RETIRED_CLASSES
    )


def names_in(source: str) -> Iterator[str]:
    """Every name that a module defines, but for local variables and parameters."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef() | ast.Module():
                yield from _assigned(node)
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.alias(asname=str(name)):
                yield name


def _assigned(scope: ast.ClassDef | ast.Module) -> Iterator[str]:
    for statement in scope.body:
        match statement:
            case ast.Assign(targets=targets):
                yield from (n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def retired_in(file: Path) -> set[str]:
    """The retired names of a module: its own, and those that it defines."""
    return {name for name in (file.stem, *names_in(file.read_text("utf-8"))) if is_retired(name)}


def test_no_retired_name_is_left_but_those_that_are_listed() -> None:
    files = sorted(file for place in PLACES for file in (ROOT / place).rglob("*.py"))
    assert len(files) > 100
    found = {file.relative_to(ROOT).as_posix(): names for file in files if (names := retired_in(file))}
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "class Obstacle: ...", "class _Lines: ...", "class A:\n    def told(self): ...", "class A:\n    parts: int",
        "def f():\n    def glance_at(): ...", "_SHELF = 1", "shelf_of, b = 1, 2", "ROOMS: int = 1",
        "class A:\n    def f(self):\n        self._kept = 1", "from ledger import atomic as durable",
    ],
)  # fmt: skip
def test_a_retired_name_is_found(source: str) -> None:
    assert any(map(is_retired, names_in(source)))


@pytest.mark.parametrize(
    "source", ["def f(parts):\n    told = parts", "def run(): ...", "lines = 1", "part_of = 1", "class Lawful: ..."]
)
def test_another_name_is_not(source: str) -> None:
    assert not any(map(is_retired, names_in(source)))
