"""A new kind of event is one class and one step: whatever else there is of it comes from these two."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from events import Entry, WorldEvent, kinds
from events.dates import PartialDate
from events.event import _LATEST, REGISTER, Many, event
from events.values import Slug
from ledger.cli import run
from ledger.cli.group import nouns
from ledger.intake import yaml
from ledger.intake.draft import Names, drafts_of
from projections.monitoring import MONITORING, Monitoring

LETTER = "hmicfrs-2024-09-18-west-midlands-letter"
BATCH = f"""
- kind: document.registered
  document: {LETTER}
  type: inspectorate-letter
  title: A letter
  publisher: HMICFRS
- {{kind: monitoring.engaged, body: WMP, effective: 2023-11-24, documents: {LETTER}}}
"""
PAUSE = ["monitoring", "pause", "--body", "WMP", "--effective", "Jan 2024", "--document", LETTER]


@pytest.fixture(autouse=True)
def paused() -> Iterator[type[WorldEvent]]:
    """The class and the step; both are forgotten afterwards."""

    @event("monitoring.paused", version=1, command="monitoring pause", rank=50)
    class Paused(WorldEvent):
        """The monitoring of a body was paused, as it is here to try things out."""

        review: PartialDate | None = Field(None, description="when it is to be looked at again")
        areas: Many[Slug] = Field((), description="the areas that the pause is about")

        @property
        def matter(self) -> str:
            return f"{self.body}/monitoring"

    @MONITORING.step("monitoring.paused")
    def _paused(state: Monitoring, event: Paused, entry: Entry) -> Monitoring:
        return replace(state, phase="scan", presumed=False, entries=(*state.entries, entry))

    yield Paused
    del REGISTER["monitoring.paused", 1], _LATEST["monitoring.paused"], MONITORING.steps["monitoring.paused"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ledger of a force in Engage, to be in."""
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("batch.yaml").write_text(BATCH, "utf-8")
    assert run(["init"]) == run(["append", "batch.yaml"]) == 0
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """What a command line prints, which goes well."""
    capsys.readouterr()
    code = run(list(args))
    out, err = capsys.readouterr()
    assert code == 0, err
    return out


def test_it_has_a_command_with_help_and_an_option_for_each_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert "pause" in nouns()["monitoring"]
    assert "pause" in printed(capsys, "--help")
    assert "The monitoring of a body was paused" in printed(capsys, "monitoring", "--help")
    shown = printed(capsys, "monitoring", "pause", "--help")
    for said in (
        "--review DATE",
        "when it is to be looked at again",
        "--area VALUE",
        "--body",
        "--effective",
        "--dry-run",
    ):
        assert said in shown


def test_it_has_a_schema(capsys: pytest.CaptureFixture[str], paused: type[WorldEvent]) -> None:
    schema = json.loads(printed(capsys, "schema", "monitoring.paused"))
    Draft202012Validator.check_schema(schema)
    assert schema["properties"].keys() == {"kind", "label", *paused.model_fields}
    assert "monitoring.paused" in printed(capsys, "schema")


def test_it_has_a_template_that_can_be_filled_in(capsys: pytest.CaptureFixture[str], paused: type[WorldEvent]) -> None:
    assert "monitoring.paused" in kinds()
    assert "monitoring.paused" in printed(capsys, "template")
    text = printed(capsys, "template", "monitoring.paused")
    assert "# review: when it is to be looked at again" in text
    (draft,) = drafts_of(yaml.read(re.sub("[<>]", "", text), "template.yaml"), Names(None))
    assert type(draft.event) is paused


def test_a_command_records_it_and_the_state_tells(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, *PAUSE, "--review", "2024-03", "--area", "one", "--area", "two", "--dry-run")
    assert "monitoring: Engage (since 2023-11-24) -> Scan (entered in January 2024)\n" in told
    assert "Appended 1 " in printed(capsys, *PAUSE, "--review", "2024-03", "--area", "one", "--area", "two")
    state = json.loads(printed(capsys, "state", "WMP", "--as-of", "2024-02", "--json"))
    assert (state["monitoring"]["phase"], state["monitoring"]["since"]) == ("scan", "2024-01")
    entry = json.loads(printed(capsys, "show", str(state["monitoring"]["entries"][-1]), "--json"))
    assert (entry["kind"], entry["data"]["review"], entry["data"]["areas"]) == (
        "monitoring.paused", "2024-03", ["one", "two"],
    )  # fmt: skip
    assert "monitoring: Engage -> Scan" in printed(capsys, "timeline", "WMP")


def test_a_batch_records_it_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = {"kind": "monitoring.paused", "body": "WMP", "effective": "2024-01", "documents": [LETTER], "areas": "one"}
    Path("paused.jsonl").write_text(json.dumps(said) + "\n", "utf-8")
    Path("paused.yaml").write_text(json.dumps([said]), "utf-8")  # JSON is YAML
    assert "Appended 1 " in printed(capsys, "append", "paused.yaml")
    assert "Appended 0, 1 already recorded" in printed(capsys, "append", "paused.jsonl")
    assert "Appended 0, 1 already recorded" in printed(capsys, *PAUSE, "--area", "one")


def test_what_is_registered_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"monitoring\.paused version 1 is registered twice"):
        event("monitoring.paused", version=1, command=None)(WorldEvent)
