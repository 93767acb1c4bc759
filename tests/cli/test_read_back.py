"""What was understood is shown before anything is written; on a terminal one question is asked."""

import gc
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events import Entry
from events.dates import OpenDate
from ledger.cli.config import Config
from ledger.cli.readback import IN_FULL, ReadBack, date_in_words
from ledger.intake.raw import RawEvent
from ledger.intake.yaml import read_value, value_text
from ledger.record import record as recording
from tests.conftest import Told
from tests.support.terminal import typed

LETTER = """
common:
  body: Kent
  documents: [kent-letter]
events:
  - {kind: document.registered, document: kent-letter, type: inspectorate-letter, title: A letter on custody,
     publisher: HMICFRS, published: 2024-03-02, bodies: [Kent]}
  - kind: concern.issued
    concern: custody-2024
    effective: 2024-03-02
    title: "Custody: too crowded"
    recommendations: [{id: 1, text: Record why somebody is held, deadline: within 3 months}, {id: 2, text: not-stated}]
  - {kind: monitoring.engaged, effective: 2024-02, concerns: [custody-2024], label: first}
  - {kind: review.scheduled, review: custody-review, effective: 2024-03-02, title: Custody, because: [first]}
"""
SHOWN = """\
document/kent-letter: document registered  #46
    document             kent-letter
    type                 inspectorate-letter
    title                A letter on custody
    publisher            HMICFRS
    published            2 March 2024
    bodies               kent (Kent Police)
Kent Police: concern issued  #47
    effective            2 March 2024
    documents            kent-letter: \u201cA letter on custody\u201d, HMICFRS
    concern              custody-2024
    title                Custody: too crowded
    recommendations      id: 1, text: Record why somebody is held, deadline: within 3 months (by 2 June 2024)
                         id: 2, text: not-stated
    changes              from 2024-03-02 on: concern custody-2024: nothing recorded -> open (since 2024-03-02)
                         from 2024-03-02 on: recommendations open custody-2024: nothing recorded -> 2
Kent Police: monitoring engaged  #48
    effective            in February 2024: possible from 1 February 2024, certain from 29 February 2024
    documents            kent-letter: \u201cA letter on custody\u201d, HMICFRS
    concerns             custody-2024
    changes              from 2024-02-01 to 2024-02-28: monitoring: Scan (presumed) -> Scan (presumed) (possibly \
Engage entered in February 2024)
                         from 2024-02-29 on: monitoring: Scan (presumed) -> Engage (entered in February 2024)
Kent Police: review scheduled  #49
    effective            2 March 2024
    documents            kent-letter: \u201cA letter on custody\u201d, HMICFRS
    because              #48 Kent Police: monitoring engaged, monitoring, in February 2024
    review               custody-review
    title                Custody
    changes              from 2024-03-02 on: review custody-review: nothing recorded -> scheduled: Custody (since \
2024-03-02)
"""
CORRECTED = """\
Kent Police: entry corrected  #50
    target               #48 Kent Police: monitoring engaged, monitoring, in February 2024
    type                 recording-error
    reason               A slip.
    effective            in February 2024: possible from 1 February 2024, certain from 29 February 2024
                         -> 2 March 2024
    changes              from 2024-02-01 to 2024-02-28: monitoring: Scan (presumed) (possibly Engage entered in \
February 2024) -> Scan (presumed)
                         from 2024-02-29 to 2024-03-01: monitoring: Engage (entered in February 2024) -> Scan (presumed)
                         from 2024-03-02 on: monitoring: Engage (entered in February 2024) -> Engage (since 2024-03-02)
"""


@pytest.fixture
def desk(told_of_forces: Told) -> Told:
    """A ledger with the forces, and a letter to record."""
    Path("letter.yaml").write_text(LETTER, "utf-8")
    return told_of_forces


def test_what_was_understood_is_shown_before_it_is_recorded(desk: Told) -> None:
    assert desk("check", "letter.yaml")[1].startswith(SHOWN)
    assert desk("append", "letter.yaml", "--dry-run")[1].startswith(SHOWN)
    code, out, err = desk("append", "letter.yaml")
    assert (code, out) == (0, "Appended 4 (#46-#49), 0 already recorded\n")
    assert err.startswith(SHOWN)
    code, _, err = desk("correct", "#48", "effective=2024-03-02", "--type", "recording-error", "--reason", "A slip.")
    assert err.startswith(CORRECTED)
    review = ("review", "hold", "--body", "kent", "--review", "custody-review", "--effective", "2024-04")
    code, _, err = desk(*review, "--document", "kent-letter")
    assert err.startswith("Kent Police: review held  #51\n    effective            in April 2024: possible from")


def test_a_dry_run_as_json_has_what_was_understood(desk: Told) -> None:
    for call in (("append", "letter.yaml", "--dry-run"), ("check", "letter.yaml")):
        concern = json.loads(desk(*call, "--json")[1])["read_back"][1]
        assert (concern["position"], concern["kind"]) == (47, "concern.issued")
        assert concern["says"]["title"] == "Custody: too crowded"


@pytest.mark.parametrize("deadline", ["immediate", "within 2 weeks", "within 3 months", "by 2025-05"])
def test_a_deadline_of_an_open_date_counts_from_the_day_of_recording(desk: Told, tmp_path: Path, deadline: str) -> None:
    undated = LETTER.replace("HMICFRS, published: 2024-03-02", "HMICFRS")
    issued = f"kind: concern.issued, concern: cells, title: Cells, recommendations: [{{id: 1, deadline: {deadline}}}]"
    (tmp_path / "open.yaml").write_text(f"{undated}  - {{{issued}, effective: 2024-03-12/..}}\n", "utf-8")
    code, out, _ = desk("check", "open.yaml")
    assert code == 0
    means = " (by 31 May 2025)" if deadline.startswith("by") else ""
    assert f"deadline: {deadline}{means}\n" in out


def findings(body: str, first: int, number: int) -> str:
    return "".join(
        f"- {{kind: finding.recorded, body: {body}, finding: f-{n}, type: weakness, title: One, effective: 2024-03-02,"
        " documents: [kent-letter]}\n"
        for n in range(first, first + number)
    )


def test_after_twenty_events_the_others_are_counted_by_kind_and_body(desk: Told, tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text(findings("kent", 0, IN_FULL) + findings("essex", 0, IN_FULL), "utf-8")
    counted = "and 24 more finding recorded: Kent Police 4, Essex Police 20"
    told = desk("append", "letter.yaml", "many.yaml", "--dry-run")[1].splitlines()
    assert told[told.index(counted) + 1] == "`--dry-run --json` lists all that these change."
    assert "\n`--json` lists all that these change.\n" in desk("check", "letter.yaml", "many.yaml")[1]
    err = desk("append", "letter.yaml", "many.yaml")[2].splitlines()
    assert sum(re.search(r"  #\d+$", line) is not None for line in err) == IN_FULL
    assert counted in err
    assert not any("lists all" in line for line in err)  # once it is recorded, a dry run lists nothing


def test_changes_that_are_not_shown_are_counted_and_named_once() -> None:
    changes = [{"body": "kent", "words": str(n), "first_day": "", "last_day": "", "subject": "x", "id": "",
                "entries": []} for n in range(IN_FULL + 1)]  # fmt: skip
    told = ReadBack([], {("finding.recorded", "kent"): 2}, changes)
    assert told.in_words("--json").splitlines()[-2:] == ["and 1 more change", "`--json` lists all that these change."]
    assert told.in_words().splitlines()[-1] == "and 1 more change"


def test_a_long_batch_is_validated_once_and_in_memory_once(
    desk: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = list[tuple[str, int, int]]()
    validate, sign_after = recording.validate, Config.sign_after

    def counted(when: str) -> None:
        gc.collect()
        alive = gc.get_objects()
        entries, raw = (sum(isinstance(one, kind) for one in alive) for kind in (Entry, RawEvent))
        found.append((when, entries, raw))

    def counting(*args: Any, **how: Any) -> recording.Receipt:
        counted("validated")
        return validate(*args, **how)

    def signing(*args: Any) -> None:
        counted("recorded")
        sign_after(*args)

    monkeypatch.setattr(recording, "validate", counting)
    monkeypatch.setattr(Config, "sign_after", signing)
    (tmp_path / "many.yaml").write_text(findings("kent", 0, 600), "utf-8")
    counted("begun")  # what other tests have left
    desk("append", "letter.yaml", "many.yaml")
    (_, _, left), (first, before, _), (then, after, raw) = found
    assert (first, then, raw) == ("validated", "recorded", left)
    assert after - before < 100, "what was recorded is given up before the checkpoint is signed"


@pytest.mark.parametrize(("answer", "says", "code"), [("y\n", "Appended 4", 0), ("n\n", "nothing was written", 1)])
def test_a_clerk_at_a_terminal_is_asked_once(desk: Told, answer: str, says: str, code: int) -> None:
    found, screen = typed("append", "letter.yaml", answers=answer, TERM="dumb")
    assert found == code
    assert screen.count("Record this? [y/N]") == 1
    assert screen.index("Kent Police: review scheduled") < screen.index("Record this?") < screen.index(says)
    assert json.loads(desk("log", "--json", "-n", "1")[1])[0]["position"] == (49 if code == 0 else 45)


def test_nobody_is_asked_who_said_yes(desk: Told) -> None:
    code, screen = typed("append", "letter.yaml", "--yes", TERM="dumb")
    assert (code, "Record this?" in screen) == (0, False)
    assert re.search(r"Kent Police: review scheduled +#49", screen)


def test_what_is_withheld_is_not_shown_again(desk: Told) -> None:
    desk("append", "letter.yaml")
    redact = ("redact", "#47", "title=Custody", "--ground", "personal-data", "--reason", "A name.")
    assert "give --yes" in desk(*redact)[2]
    code, _, err = desk(*redact, "--yes")
    assert code == 0
    assert "(withheld)\n                         -> Custody" in err
    assert "too crowded" not in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-02-01", "1 February 2024"),
        ("2023-12", "in December 2023: possible from 1 December 2023, certain from 31 December 2023"),
        ("../2019-09-27", "by 27 September 2019: certain from 27 September 2019"),
        ("2024-03-12/..", "on or after 12 March 2024, up to the day of recording"),
    ],
)  # fmt: skip
def test_a_date_is_told_with_the_days_that_it_covers(text: str, words: str) -> None:
    assert date_in_words(OpenDate.parse(text), counts=True) == words


@pytest.mark.parametrize(
    ("entry", "change", "says"),
    [
        ("#47", "recommendations=[{id: 1, text: x, deadline: within 6 months}, {id: 2}]",
         ["recommendation 1 due: 2024-06-02 -> 2024-09-02",
          "recommendation 1 text: Record why somebody is held -> x"]),
        ("#47", "recommendations=[{id: 2}]",
         ["recommendation 1: text Record why somebody is held, status open, deadline within 3 months, due 2024-06-02 "
          "-> nothing recorded"]),
        ("#47", "title=Cells", ["concern custody-2024, title: Custody: too crowded -> Cells"]),
        ("#48", "concerns=", ["monitoring, concerns: custody-2024 -> nothing recorded"]),
        ("#48", "reason=Because", ["monitoring, monitoring engaged reason: nothing recorded -> Because"]),
        ("#49", "due=2025", ["review custody-review, due: not-recorded -> 2025"]),
        ("#46", "published=2024-05-02", ["document kent-letter, published: 2024-03-02 -> 2024-05-02"]),
    ],
)  # fmt: skip
def test_whatever_field_of_a_state_would_change_is_told(desk: Told, entry: str, change: str, says: list[str]) -> None:
    """When something is due, above all; and `diff` says the same."""
    desk("append", "letter.yaml")
    call = ("correct", entry, change, "--type", "recording-error", "--reason", "A slip.")
    code, shown, _ = desk(*call, "--dry-run")
    assert code == 0
    assert all(text in shown for text in says), shown
    assert "This changes no state" not in shown
    if entry != "#46":  # a document is of no body
        desk(*call)
        different = desk("diff", "Kent", "--known-at", "#49..#50", "--as-of", "2024-08-01")[1]
        assert all(text in different for text in says), different


def test_none_is_no_id(desk: Told) -> None:
    desk("append", "letter.yaml")
    code, _, err = desk("correct", "#47", "recommendations=none", "--type", "recording-error", "--reason", "A slip.")
    assert code == 3
    assert "'none' is no id; leave the field out (in `correct`: FIELD= removes it)" in err


@pytest.mark.parametrize(
    "field", ["recommendations=[{id: 2, text: Record: B}]", "documents=[kent-letter", "note={a", "title=[A, B: C: D]"]
)
def test_a_value_that_cannot_be_read_is_refused_with_its_field(desk: Told, field: str) -> None:
    desk("append", "letter.yaml")
    code, _, err = desk("correct", "#47", field, "--type", "recording-error", "--reason", "A slip.")
    assert code == 3
    assert err.startswith(f"Error: {field.partition('=')[0]}: broken YAML: ")
    assert "write it like {good: 5} or [a, b], a text with : , or # in quotes" in err


def test_a_withheld_title_of_a_document_is_not_told_as_a_change(desk: Told) -> None:
    desk("append", "letter.yaml")
    redact = ("redact", "#46", "title=A letter", "--ground", "personal-data", "--reason", "A name.", "--yes")
    code, _, err = desk(*redact)
    assert code == 0
    assert ("on custody" in err, "This changes no state" in err) == (False, False)


def test_what_a_list_no_longer_has_is_told_so_that_it_can_be_put_back(desk: Told) -> None:
    desk("append", "letter.yaml")
    reasoned = ("--type", "recording-error", "--reason", "A slip.")
    desk("correct", "#47", 'recommendations=[{id: 1, text: x}, {id: 2, text: "Figures: all"}, 3]', *reasoned)
    code, shown, _ = desk("correct", "#47", "recommendations=[{id: 1, text: y}]", *reasoned, "--dry-run")
    gone = '[{id: 2, text: "Figures: all"},\n                          3]'
    assert (code, f"A list is given whole. Left out: {gone}\n" in shown) == (0, True), shown
    for change in ("recommendations=[{id: 1, text: y}, {id: 2}, 3, 4]", "recommendations=", "title=Cells"):
        assert "given whole" not in desk("correct", "#47", change, *reasoned, "--dry-run")[1]


def test_what_show_prints_of_a_list_is_read_again(desk: Told) -> None:
    desk("append", "letter.yaml")
    shown = desk("show", "#47")[1]
    (listed,) = re.findall(r"^  recommendations +(\[.*?\])$", shown, re.MULTILINE | re.DOTALL)
    call = ("correct", "#47", f"recommendations={listed}", "--type", "recording-error", "--reason", "A slip.")
    assert desk(*call)[2].startswith("Error: replacement: nothing would change")


characters = st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" \n")
texts = st.text(characters, min_size=1, max_size=12) | st.sampled_from(["no", "null", "~", "a: b", "a #b", "1", "- a"])
stored = st.recursive(
    texts,
    lambda of: st.lists(of, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("abc"), of, min_size=1),
)


@given(st.lists(stored, min_size=1, max_size=3))
@example([{"a": "- "}, ["'"], "\n"])
def test_a_value_is_read_back_from_its_text(value: list[Any]) -> None:
    """Whatever an event can hold: no control characters, and nothing empty."""
    assert read_value(value_text(value)) == value
