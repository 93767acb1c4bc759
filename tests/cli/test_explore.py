"""`explore` shows a copy of the read model in Datasette, with the questions of the cookbook."""

import json
import re
import socket
from pathlib import Path

import pytest

from ledger.cli import explore, run
from ledger.readmodel.description import describe
from ledger.store.store import Store
from tests.conftest import address

pytestmark = pytest.mark.in_a_file
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page(story: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> "Page":
    monkeypatch.setenv("FORCE_LEDGER", address(story))
    return Page(capfd)


class Page:
    """Asks Datasette for a page, without a server."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self.capfd = capfd

    def __call__(self, path: str, code: int = 0) -> str:
        self.capfd.readouterr()
        assert run(["explore", "--as-of", "2024-01-15", "--get", path]) == code, self.capfd.readouterr().err
        return self.capfd.readouterr().out


def test_it_shows_the_tables_and_as_of_when(page: Page, story: Store) -> None:
    home = page("/record")
    for table in describe().tables:
        assert table.shown.get("hidden") or f"/record/{table.name}" in home
    with story.reading() as reader:
        last = reader.head().size - 1
    assert f"As of #{last}, recorded 2026-11-21 09:30 UTC" in page("/")


def test_a_table_has_facets_and_says_what_its_columns_mean(page: Page) -> None:
    shown = page("/record/phases")
    assert "the strongest basis of the documents that say the value" in shown
    found = json.loads(page("/record/phases.json?_shape=objects"))
    assert {result["value"] for result in found["facet_results"]["phase"]["results"]} == {"scan", "engage"}


def test_its_questions_are_those_of_the_cookbook(page: Page) -> None:
    cookbook = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
    titles = re.findall(r"^## \d+\. (.*)$", cookbook, re.MULTILINE)
    assert len(titles) == 10
    names = [name for name, _ in explore._questions("2024-01-15", "kent")]
    home = page("/record")
    assert len(names) == len(titles)
    assert all(f"/record/{name}" in home for name in names)
    (engaged, *_), (was, *_) = (json.loads(page(f"/record/{name}.json?_shape=array")) for name in names[:2])
    assert (engaged["body"], engaged["since"]) == ("west-midlands", "2023-11-24")
    assert was["phase"] == "engage"
    assert json.loads(page(f"/record/{names[0]}.json?_shape=array&as_of=2019-01-01")) == []


def test_nothing_can_be_written(page: Page, story: Store) -> None:
    answer = page("/record.json?sql=delete+from+entries", 1)
    assert "Statement must be a SELECT" in answer
    assert run(["verify"]) == 0


def test_without_datasette_it_says_what_to_install(
    page: Page, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explore, "find_spec", lambda _: None)
    assert run(["explore"]) == 6
    assert "Datasette is not installed; `" in capfd.readouterr().err


def test_a_port_that_is_taken_is_named_with_the_option(page: Page, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["explore", "--port", str(port)]) == 1
    assert f"port {port} cannot be used: Address already in use; give another one: --port 0" in capfd.readouterr().err
