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
    documents = [document["document"] for document in phase["entries"][0]["documents"]]
    assert "hmicfrs-2024-09-18-west-midlands-letter" in documents


@pytest.mark.usefixtures("home")
def test_why_tells_the_reason_of_a_correction(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["log", "WMP", "--json"]) == 0
    log = json.loads(capsys.readouterr().out)
    position = next(row["position"] for row in log if row["kind"] == "monitoring.returned")
    said = ["effective=2024-09-19", "--type", "recording-error", "--reason", "A slip."]
    assert run(["correct", f"#{position}", *said]) == 0
    capsys.readouterr()
    assert run(["why", "WMP"]) == 0
    assert "entry.corrected of 2024-09-19, recorded" in (told := capsys.readouterr().out)
    assert "because: A slip." in told


@pytest.mark.usefixtures("home")
def test_diff_tells_what_is_different_between_two_dates(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "WMP", "2024-07-22..2024-09-18", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    told = {(row["subject"], row["id"]): row for row in document["differences"] if row["field"] is None}
    phase = told["monitoring", ""]
    assert [phase[name] for name in ("from", "from_since", "to", "to_since", "to_certainty", "to_possibly")] == [
        "engage", "2023-11-24", "scan", "2024-09-18", "certain", [],
    ]  # fmt: skip
    assert phase["words"] == "monitoring: Engage (since 2023-11-24) -> Scan (since 2024-09-18)"
    closed = told["concern", "marac-2023"]
    assert (closed["from"], closed["to"], closed["to_since"]) == ("open", "closed", "2024-07-23")
    fewer = told["recommendations open", "investigations-2023"]
    assert (fewer["from"], fewer["to"], fewer["words"]) == (5, 2, "recommendations open investigations-2023: 5 -> 2")
    assert ("concern", "investigations-2023") not in told
    assert {row["body"] for row in told.values()} == {"west-midlands"}
    assert (document["bodies"], document["from"]["as_of"], document["as_of"]) == (
        ["west-midlands"],
        "2024-07-22",
        "2024-09-18",
    )


@pytest.mark.usefixtures("home")
def test_diff_tells_since_when_a_grade_has_lapsed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "WMP", "2021-11-23..2021-11-24"]) == 0
    assert (
        "judgement Legitimacy: good (PEEL 2018/19) (since 2019-05-02) -> none in force (since 2021-11-24)\n"
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
    (told,) = (row for row in document["differences"] if row["subject"] == "monitoring")
    assert told["words"] == "monitoring: Scan (presumed) -> Engage (since 2023-11-24)"
    assert (told["from"], told["from_certainty"], told["to"]) == ("scan", "presumed", "engage")
    assert (document["from"]["known_at"]["position"], document["known_at"]["position"]) == (45, 79)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "words",
    [
        ["diff", "WMP"],
        ["diff", "WMP", "2024..x"],
        ["diff", "WMP", "--known-at", "#46"],
        ["diff", "2023..2024"],
        ["diff", "--all"],
        ["diff", "--all", "WMP", "2023..2024"],
        ["diff", "WMP", "2023..2024", "2024..2025"],
        ["diff", "WMP", "2023..2024", "--public-at", "2023..2024"],
    ],
)
def test_what_is_not_two_of_them_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("home")
def test_of_an_unknown_body_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", "atlantis"]) == 6
    assert run(["diff", "atlantis", "2023..2024"]) == 6


@pytest.mark.usefixtures("home")
def test_diff_of_all_bodies_names_each(capsys: pytest.CaptureFixture[str]) -> None:
    batch = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
   published: 2024-08-01}
- {kind: monitoring.engaged, body: kent, effective: 2024-08-01, documents: [letter]}
"""
    Path("batch.yaml").write_text(batch, "utf-8")
    assert run(["append", "batch.yaml"]) == 0
    capsys.readouterr()
    assert run(["diff", "--all", "2024-07-22..2024-09-18", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["bodies"]) == 43
    phases = {
        row["body"]: (row["from"], row["to"]) for row in document["differences"] if row["subject"] == "monitoring"
    }
    assert phases == {"kent": ("scan", "engage"), "west-midlands": ("engage", "scan")}
    assert run(["diff", "WMP", "kent", "2024-07-22..2024-09-18"]) == 0
    told = capsys.readouterr().out
    assert "kent:\n  monitoring: Scan (presumed) -> Engage (since 2024-08-01)\n" in told
    assert "west-midlands:\n  monitoring: Engage (since 2023-11-24) -> Scan (since 2024-09-18)\n" in told


@pytest.mark.usefixtures("home")
def test_diff_tells_what_became_public_in_between(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "--all", "--public-at", "2023-11-23..2023-11-24", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (phase,) = (row for row in document["differences"] if row["subject"] == "monitoring")
    assert (phase["body"], phase["from"], phase["to"]) == ("west-midlands", "scan", "engage")
    assert (document["from"]["public_at"], document["public_at"]) == ("2023-11-23", "2023-11-24")
    assert document["from"]["as_of"] == document["as_of"] == "2023-11-24"


@pytest.mark.usefixtures("home")
def test_a_dry_run_tells_of_every_day_that_changes(capsys: pytest.CaptureFixture[str]) -> None:
    """Also of days that are past, though the state of today stays as it is."""
    assert run(["log", "WMP", "--json"]) == 0
    log = json.loads(capsys.readouterr().out)
    position = next(row["position"] for row in log if row["kind"] == "monitoring.engaged")
    correction = ["correct", f"#{position}", "effective=2023-11-30", "--type", "recording-error", "--reason", "A slip."]
    assert run([*correction, "--dry-run", "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    told = [tuple(row[k] for k in ("first_day", "last_day", "subject", "from", "to", "to_since")) for row in changes]
    assert told == [
        ("2023-11-24", "2023-11-29", "monitoring", "engage", "scan", None),
        ("2023-11-24", "2023-11-29", "pending move", None, "engage", "2023-11-22"),
        ("2023-11-30", "2024-09-17", "monitoring", "engage", "engage", "2023-11-30"),
    ]
    assert run([*correction, "--dry-run"]) == 0
    line = "from 2023-11-24 to 2023-11-29: monitoring: Engage (since 2023-11-24) -> Scan (presumed)"
    assert f"    changes              {line}" in capsys.readouterr().out.splitlines()
