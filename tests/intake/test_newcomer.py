"""What a newcomer does who has only docs/clerk.md: a fresh ledger, one starter, one `append`, and what it says then."""

import json
from pathlib import Path

import pytest

from ledger.cli import run

LETTER = [  # the blanks of the starter in their order, and what the letter says
    ("<force>", "Kent"),
    ("<day of the letter>", "2024-02-01"),
    ("[<id of the letter>]", "[hmicfrs-2024-02-01-kent-letter, hmicfrs-2024-02-02-kent-announcement]"),
    ("<id of the letter>", "hmicfrs-2024-02-01-kent-letter"),
    ("<its title>", "An invented letter on custody and vetting"),
    ("<day of publication>", "2024-02-02"),
    ("    addresses: [<https address>]\n", ""),  # the letter has none: the line is deleted
    ("<force>", "Kent"),
    ("<id of the concern>", "custody-2024"),
    ("<what it is about, in your own words>", '"Custody: too crowded"'),
    ("    # accelerated: true      # published before the full report\n", "    accelerated: true\n"),
    ("<1>", "1"),
    ("<what it asks for, in your own words>", "Record why somebody is held"),
    ("<within 3 months>", "within 3 months"),
    ("<id of the concern>", "custody-2024, vetting-2024"),
    ("<why, in your own words>", "Custody had not become safe."),
]
ANNOUNCEMENT = """\
  - kind: document.registered
    document: hmicfrs-2024-02-02-kent-announcement
    type: inspectorate-announcement
    title: An invented announcement of the letter
    publisher: HMICFRS
    published: 2024-02-02
    bodies: [Kent]
"""


def test_a_letter_of_two_pages_is_recorded_and_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--origin", "ledger.example.org/wm"]) == run(["template", "letter-entry"]) == 0
    text = capsys.readouterr().out.partition("entries.\n")[2]
    for blank, said in LETTER:
        assert blank in text
        text = text.replace(blank, said, 1)
    first, second = text.index("  # one block for each"), text.index("  # the move itself")
    concern = text[first:second].replace("custody-2024", "vetting-2024").replace('"Custody: too crowded"', "Vetting")
    concern += "      - {id: 2, text: Vet everybody again, deadline: by 2024-12}\n"
    Path("letter.yaml").write_text(text[:first] + ANNOUNCEMENT + text[first:second] + concern + text[second:], "utf-8")

    assert run(["append", "letter.yaml"]) == 0, capsys.readouterr().err
    assert "Appended 5 (#46-#50), 0 already recorded" in capsys.readouterr().out

    assert run(["state", "Kent", "--as-of", "2024-02-02", "--json"]) == 0
    state = json.loads(capsys.readouterr().out)
    now = state["monitoring"]
    assert (now["phase"], now["since"]) == ("engage", "2024-02-01")
    assert now["concerns"] == ["custody-2024", "vetting-2024"]
    told = {concern["id"]: concern for concern in state["concerns"]}
    assert {id: (one["title"], one["status"], one["since"]) for id, one in told.items()} == {
        "custody-2024": ("Custody: too crowded", "open", "2024-02-01"),
        "vetting-2024": ("Vetting", "open", "2024-02-01"),
    }
    asked = {id: [(item["text"], item["due"]) for item in one["recommendations"]] for id, one in told.items()}
    assert asked["custody-2024"] == [("Record why somebody is held", "2024-05-01")]
    assert asked["vetting-2024"][1] == ("Vet everybody again", "2024-12-31")
    assert run(["show", "kent/concern/vetting-2024", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    assert entry["data"]["accelerated"] is True
    assert [cited["document"] for cited in entry["data"]["documents"]] == [
        "hmicfrs-2024-02-01-kent-letter", "hmicfrs-2024-02-02-kent-announcement",
    ]  # fmt: skip
    assert run(["due", "Kent", "--as-of", "2024-06-01", "--overdue", "--json"]) == 0
    assert [item["id"] for item in json.loads(capsys.readouterr().out)] == ["custody-2024/1", "vetting-2024/1"]
    assert run(["verify"]) == 0
