"""One run tells all that is wrong: in reading, in the form, and by the rules, as far as these can be asked."""

import time
from pathlib import Path

import pytest

from ledger.errors import Refused
from ledger.intake import yaml
from ledger.intake.draft import Names, drafts_of
from tests.conftest import Told

GIVEN = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
   published: 2024-03-02}
- {kind: concern.issued, body: kent, concern: custody, title: Custody, effective: 2024-03-02, documents: [letter]}
"""
CLOSED = "- {kind: concern.closed, body: essex, concern: other, effective: 2024-03-02, documents: [letter]}\n"


@pytest.fixture
def desk(told_of_forces: Told) -> Told:
    """A ledger with the forces, a letter and a concern: #46 and #47."""
    Path("given.yaml").write_text(GIVEN, "utf-8")
    assert told_of_forces("append", "given.yaml")[0] == 0
    return told_of_forces


def problems(told: Told, *batches: str) -> list[str]:
    """What is told of files with these batches."""
    files = [f"{number}.yaml" for number, _ in enumerate(batches)]
    for file, batch in zip(files, batches, strict=True):
        Path(file).write_text(batch, "utf-8")
    code, _, err = told("check", *files)
    assert code == 3
    return err.removeprefix("Error: ").splitlines()


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        ("- {kind: document.registered, document: d, type: dataset, title: <title>, publisher: P}\n", "still a blank"),
        (
            "- {kind: document.registered, document: d, type: data, title: A, publisher: P}\n",
            "'data' is not a word of this field",
        ),
        ("- kind: document.registered\n  document: d\n  type: dataset\n  publisher: P\n  title: A #1\n", "YAML ends"),
    ],
)
def test_what_reading_the_form_and_the_rules_refuse_is_told_at_once(desk: Told, batch: str, says: str) -> None:
    first, second = problems(desk, CLOSED, batch)
    assert first.startswith("0.yaml:1:48: concern: ")
    assert "1.yaml:" in second
    assert says in second


def test_what_rests_on_something_unread_is_not_asked(desk: Told) -> None:
    unread = (
        "- {kind: concern.issued, label: it, body: essex, concern: other, title: A, effective: 31.12., documents: x}\n"
    )
    rests = (
        "- {kind: review.scheduled, body: kent, review: r, title: R, effective: 2024-04, because: it, documents: x}\n"
    )
    (only,) = problems(desk, unread + rests, CLOSED)
    assert "'31.12.' is not a date" in only
    (only,) = problems(desk, unread.replace("concern.issued", "concern.isued"), CLOSED)
    assert "did you mean concern.issued" in only


def test_of_a_misspelt_kind_no_field_is_said_to_be_misspelt(desk: Told) -> None:
    batch = """
common: {body: kent, documents: [letter], effective: 2024-05, bdy: essex}
events:
  - {kind: concern.close, concern: custody}
"""
    first, second = problems(desk, batch)
    assert "bdy: no event of this batch has such a field; did you mean body?" in first
    assert "did you mean concern.closed" in second


def test_a_free_text_that_is_wrong_keeps_no_rule_from_asking_the_others(desk: Told) -> None:
    unread = "- {kind: document.registered, document: d, type: dataset, title: '', publisher: P}\n"
    cites = CLOSED.replace("[letter]", "[d]")
    first, second = problems(desk, unread, cites)
    assert "title: " in first
    assert second.startswith("1.yaml:1:48: concern: ")


def test_a_batch_with_a_retracted_entry_records_the_rest(desk: Told) -> None:
    assert desk("retract", "#47", "--reason", "Not issued.")[0] == 0
    more = (
        "- {kind: finding.recorded, body: kent, finding: f, type: weakness, title: F, effective: 2024, "
        "documents: [letter]}\n"
    )
    Path("nightly.yaml").write_text(GIVEN + more, "utf-8")
    code, _, err = desk("append", "nightly.yaml")
    assert code == 3
    assert "#47 says this, and was retracted (#48)" in err
    assert "--skip-retracted" in err
    for out in ("Appended 1 (#49), 2 already recorded\n", "Appended 0, 3 already recorded\n"):
        assert desk("append", "nightly.yaml", "--skip-retracted")[:2] == (0, out)


def test_a_long_batch_in_which_every_event_is_wrong_is_told_soon() -> None:
    event = (
        "- {kind: finding.recorded, body: kent, finding: f-%d, title: A, effective: {day: 1}, documents: [letter]}\n"
    )
    batch = yaml.read("".join(event % number for number in range(1000)), "batch.yaml")
    begun = time.monotonic()
    with pytest.raises(Refused) as refused:
        drafts_of(batch, Names(None))
    assert len(refused.value.problems) >= 1000
    assert time.monotonic() - begun < 10
