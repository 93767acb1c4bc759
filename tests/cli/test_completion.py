"""What a shell offers of what is on record, as the read model has it."""

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from ledger.cli.group import cli
from ledger.readmodel.place import model_beside
from tests.conftest import Told

BATCH = """
- {kind: document.registered, document: a-letter, type: inspectorate-letter, title: The letter of May, publisher: P}
- {kind: document.registered, document: a-report, type: inspectorate-report, title: The report of June, publisher: P}
- {kind: concern.issued, body: kent, concern: custody-2023, title: Custody, effective: 2023, documents: [a-letter]}
- {kind: concern.issued, body: essex, concern: crime-2023, title: Crime, effective: 2023, documents: [a-letter]}
"""

pytestmark = pytest.mark.in_a_file


@pytest.fixture
def asked(told: Told, tmp_path: Path) -> Told:
    """A ledger of its own with forces, documents and concerns, of which a question was asked."""
    (tmp_path / "batch.yaml").write_text(BATCH, "utf-8")
    for line in (["init", "--origin", "o.example.org"], ["append", "batch.yaml"], ["state", "kent"]):
        assert told("--ledger", "own.db", *line)[0] == 0
    return told


def offered(*words: str) -> dict[str, str | None]:
    """What a shell offers for the last of these words, each with its help."""
    *before, begun = words
    items = ShellComplete(cli, {}, "force-ledger", "_").get_completions(["--ledger", "own.db", *before], begun)
    return {item.value: item.help for item in items}


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("state", "ess"), {"essex": "Essex Police"}),
        (("statistics", "kent", "ess"), {"essex": "Essex Police"}),
        (("concern", "close", "--body", "ken"), {"kent": "Kent Police"}),
        (("concern", "close", "--concern", "c"), {"crime-2023": "Crime", "custody-2023": "Custody"}),
        (("concern", "close", "--body", "Kent Police", "--concern", ""), {"custody-2023": "Custody"}),
        (("concern", "close", "--body", "nowhere", "--concern", ""), {}),
        (("response", "publish", "--responds-to", "a-r"), {"a-report": "The report of June"}),
        (("corroborate", "#3", "--document", "a-l"), {"a-letter": "The letter of May"}),
        (("document", "seek", "--body", "kent", "--sought", "conc"), {"concern/": None}),
        (("document", "seek", "--body", "kent", "--sought", "concern/"), {"concern/custody-2023": "Custody"}),
        (
            ("document", "seek", "--body", "kent", "--sought", "response/a-r"),
            {"response/a-report": "The report of June"},
        ),
        (("document", "seek", "--body", "kent", "--sought", "monitoring/"), {"monitoring/exit": "from Engage"}),
        (("statement", "make", "--body", "kent", "--about", "concern/c"), {"concern/custody-2023": "Custody"}),
        (("concern", "close", "--reason", ""), {}),
        (("completion", "z"), {"zsh": None}),
    ],
)
def test_what_is_on_record_is_offered(words: tuple[str, ...], found: dict[str, str | None]) -> None:
    assert offered(*words) == found


def test_forty_three_forces_are_offered(asked: Told) -> None:
    assert len(offered("state", "")) == 43


def test_of_a_ledger_that_is_not_there_nothing_is_offered(told: Told) -> None:
    assert offered("state", "") == {}


def test_a_setting_that_cannot_be_read_is_no_matter_for_whoever_completes(asked: Told, tmp_path: Path) -> None:
    (tmp_path / "force-ledger.toml").write_text("ledger = ", "utf-8")
    assert offered("state", "") == {}


def test_nothing_is_offered_of_a_read_model_that_is_damaged(asked: Told, tmp_path: Path) -> None:
    model_beside(tmp_path / "own.db").write_bytes(b"no database")
    assert offered("state", "") == {}
