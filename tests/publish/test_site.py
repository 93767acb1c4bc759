"""The public site: its pages, their links, and what is written of them."""

from pathlib import Path

import pytest

from ledger.cli import run

AS_OF = "2026-11-21"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the ledger of the demo, and its site in ``site``."""
    folder = tmp_path_factory.mktemp("site") / "demo"
    assert run(["demo", str(folder)]) == 0
    assert write(folder, folder / "site") == 0
    return folder


def write(folder: Path, site: Path, *options: str) -> int:
    return run(["--ledger", str(folder / "ledger.db"), "site", str(site), "--as-of", AS_OF, *options])


def files(site: Path) -> dict[str, bytes]:
    """The files of a site, without those that are not for readers."""
    found = (path for path in site.rglob("*") if path.is_file() and ".site" not in path.parts)
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in found}


def test_the_same_ledger_and_day_give_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    assert write(demo, tmp_path / "again") == 0
    assert files(tmp_path / "again") == files(demo / "site")


def test_nothing_is_written_where_nothing_changed(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert write(demo, demo / "site") == 0
    assert ", 0 written." in capsys.readouterr().out
