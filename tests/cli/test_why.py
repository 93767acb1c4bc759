"""`why` and `diff`, as a user sees them."""

import json
from pathlib import Path

import pytest

from ledger.cli import run

BATCHES = sorted((Path(__file__).parents[2] / "examples" / "west-midlands").glob("*.yaml"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a ledger that holds the West Midlands record."""
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    assert run(["append", *map(str, BATCHES)]) == 0
    capsys.readouterr()
    return tmp_path


@pytest.mark.usefixtures("home")
def test_why_names_the_entries_and_documents_behind_each_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", "WMP", "--as-of", "2024-09-18", "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)
    phase = next(part for part in parts if part["subject"] == "monitoring")
    assert (phase["value"], phase["since"]) == ("scan", "2024-09-18")
    assert [entry["kind"] for entry in phase["entries"]] == ["monitoring.returned"]
    assert "hmicfrs-2024-09-18-west-midlands-letter" in phase["entries"][0]["documents"]


@pytest.mark.usefixtures("home")
def test_why_tells_the_reason_of_a_correction(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["log", "WMP", "--json"]) == 0
    log = json.loads(capsys.readouterr().out)
    position = next(row["position"] for row in log if row["kind"] == "monitoring.returned")
    said = ["effective=2024-09-19", "--type", "recording-error", "--reason", "A slip."]
    assert run(["correct", f"#{position}", *said]) == 0
    capsys.readouterr()
    assert run(["why", "WMP"]) == 0
    assert "entry.corrected, recorded" in (told := capsys.readouterr().out)
    assert "because: A slip." in told


@pytest.mark.usefixtures("home")
def test_diff_tells_what_is_different_between_two_dates(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "WMP", "2024-07-22..2024-09-18", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    told = {row["subject"]: (row["from"], row["to"]) for row in document["differences"]}
    assert told["monitoring"] == ("Engage (since 2023-11-24)", "Scan (since 2024-09-18)")
    assert told["concern marac-2023"][1] == "closed (since 2024-07-23)"
    assert told["concern investigations-2023"] == (
        "open, recommendations open: 5 (since 2023-12-22)",
        "open, recommendations open: 2 (since 2023-12-22)",
    )
    assert len(told) == 5
    assert (document["body"], document["from"]["as_of"], document["as_of"]) == (
        "west-midlands",
        "2024-07-22",
        "2024-09-18",
    )


@pytest.mark.usefixtures("home")
def test_diff_tells_since_when_a_grade_has_lapsed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "WMP", "2021-11-23..2021-11-24"]) == 0
    assert (
        "grade peel/legitimacy: good (peel-2018-19) (since 2019-05-02) -> none known (since 2021-11-24)\n"
        in capsys.readouterr().out
    )


@pytest.mark.usefixtures("home")
def test_between_a_day_and_itself_nothing_is_different(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "WMP", "2024-07-22..2024-07-22"]) == 0
    assert capsys.readouterr().out.startswith("Nothing is different.")


@pytest.mark.usefixtures("home")
def test_diff_tells_what_the_ledger_has_learned_in_between(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "WMP", "--known-at", "#45..#79", "--as-of", "2023-11-24", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    told = {row["subject"]: (row["from"], row["to"]) for row in document["differences"]}
    assert told["monitoring"] == ("Scan (presumed)", "Engage (since 2023-11-24)")
    assert (document["from"]["known_at"]["position"], document["known_at"]["position"]) == (45, 79)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "words",
    [["diff", "WMP"], ["diff", "WMP", "2024"], ["diff", "WMP", "2024..x"], ["diff", "WMP", "--known-at", "#46"]],
)
def test_what_is_not_two_of_them_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("home")
def test_of_an_unknown_body_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", "atlantis"]) == 6
    assert run(["diff", "atlantis", "2023..2024"]) == 6
