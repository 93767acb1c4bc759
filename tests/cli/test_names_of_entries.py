"""Entries are named by what they are, on the command line and in batches: `ledger.query.facts`."""

from pathlib import Path

import pytest

from tests.conftest import MENDED, Told

LETTER = """
common: {body: Kent, documents: [letter], effective: 2024-03-02}
events:
  - {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
     published: 2024-03-02, bodies: [Kent]}
  - {kind: concern.issued, concern: custody, title: Custody}
  - {kind: monitoring.engaged, effective: 2024-02, concerns: [custody]}
  - {kind: monitoring.continued, effective: 2024-04}
  - {kind: monitoring.continued, effective: 2024-05}
  - {kind: finding.recorded, finding: cells, type: weakness, title: Cells}
"""


@pytest.fixture
def desk(told_of_forces: Told) -> Told:
    """A ledger with the forces, and a letter on record: #46 to #51."""
    Path("letter.yaml").write_text(LETTER, "utf-8")
    assert told_of_forces("append", "letter.yaml")[0] == 0
    return told_of_forces


@pytest.mark.parametrize(
    ("name", "position"),
    [
        ("kent/monitoring engaged", 48),
        ("Kent Police/monitoring engaged 2024-02", 48),
        ("kent/monitoring continued 2024-05", 50),
        ("kent/concern/custody issued", 47),
        ("kent/concern/custody issued 2024-03", 47),
        ("kent/concern/custody 2024-01/2024-03", 47),
        ("letter", 46),
        ("cells", 51),
    ],
)
def test_an_entry_is_named_by_what_it_is(desk: Told, name: str, position: int) -> None:
    reason = ("--reason", "It was wrong.", "--dry-run")
    assert f"    target               #{position} " in desk("corroborate", name, "--document", "letter", "--dry-run")[1]
    batch = f"- {{kind: entry.corroborated, target: {name}, documents: [letter]}}\n"
    Path("batch.yaml").write_text(batch, "utf-8")
    assert f"    target               #{position} " in desk("append", "batch.yaml", "--dry-run")[1]
    if " " in name:
        assert desk("show", name)[1].split("\n")[0].endswith(f"  #{position}")
    if name.endswith("05"):
        assert f"    target               #{position} " in desk("retract", name, *reason)[1]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "kent/monitoring continued",
            "can mean #49 monitoring.continued 2024-04 or #50 monitoring.continued 2024-05; add",
        ),
        ("kent/monitoring continued 2024", "can mean #49 monitoring.continued 2024-04 or #50 monitoring.continued"),
        (
            "kent/monitoring engaged 2023",
            "nothing is on record as 'kent/monitoring engaged 2023'; name an entry as #12",
        ),
        ("kent/monitoring returned", "nothing is on record as 'kent/monitoring returned'; name an entry as #12"),
    ],
)
def test_a_name_of_none_or_several_is_refused(desk: Told, name: str, says: str) -> None:
    assert says in desk("corroborate", name, "--document", "letter")[2]
    Path("batch.yaml").write_text(f"- {{kind: entry.corroborated, target: {name}, documents: [letter]}}\n", "utf-8")
    assert says in desk("append", "batch.yaml")[2]


@pytest.mark.parametrize(
    ("batch", "targets"),
    [
        (
            "- {kind: entry.corrected, target: TARGET, type: recording-error, reason: A slip., replacement: {kind: "
            "monitoring.engaged, body: kent, effective: 2024-02-03, concerns: [custody], documents: [letter]}}\n",
            ["kent/monitoring engaged", "kent/monitoring engaged 2024-02"],
        ),
        ("- {kind: entry.retracted, target: TARGET, reason: It was none.}\n", ["kent/finding/cells", "cells"]),
    ],
)
def test_the_same_amendment_again_is_on_record_already(desk: Told, batch: str, targets: list[str]) -> None:
    for target, told in zip(targets, ("Appended 1 (#52), 0", "Appended 0, 1"), strict=True):
        Path("batch.yaml").write_text(batch.replace("TARGET", target), "utf-8")
        assert desk("append", "batch.yaml")[:2] == (0, f"{told} already recorded\n")
        assert desk("append", "batch.yaml")[:2] == (0, "Appended 0, 1 already recorded\n")


def test_the_press_story_is_recorded_in_one_call(told_of_forces: Told) -> None:
    told = told_of_forces
    assert not [file.name for file in MENDED if "target: '#" in file.read_text("utf-8")]
    files = list(map(str, MENDED))
    code, out, err = told("append", *files)
    assert (code, out.endswith(", 0 already recorded\n")) == (0, True), err
    assert told("append", *files)[1].startswith("Appended 0, ")
    assert "Engage (special measures) since 2023-11-24" in told("state", "WMP", "--as-of", "2023-12-15")[1]
