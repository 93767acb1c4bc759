"""A document is hashed, kept and registered in one step, and quotes are proposed from what is kept."""

import json
from hashlib import sha256
from pathlib import Path

import pypdf
import pytest

from tests.conftest import Told
from tests.support.terminal import typed

REGISTER = ("document", "register", "--document", "letter", "--type", "inspectorate-letter", "--publisher", "HMICFRS")
TEXT = "The force has made progress.\nIts custody suites are still too full. It hopes for better.\n"


@pytest.fixture
def pdf(told: Told) -> str:
    """A PDF with a title and a day."""
    made = pypdf.PdfWriter()
    made.add_blank_page(200, 200)
    made.add_metadata({"/Title": "A letter on custody", "/CreationDate": "D:20240131120000Z"})
    made.write("letter.pdf")
    return sha256(Path("letter.pdf").read_bytes()).hexdigest()


def test_a_clerk_confirms_what_the_file_says(told: Told, pdf: str) -> None:
    code, screen = typed(*REGISTER, "--file", "letter.pdf", answers="\n-\ny\n")
    assert code == 0, screen
    assert "title [A letter on custody]: " in screen
    assert "dated (- to leave it out) [2024-01-31]: " in screen
    shown = told("show", "letter")[1]
    assert "title                A letter on custody" in shown
    assert pdf in shown
    assert "dated" not in shown
    (stored,) = json.loads(told("evidence", "list", "--json")[1])
    assert (stored["document"], stored["bytes"]) == ("letter", Path("letter.pdf").stat().st_size)


def test_a_script_is_told_what_the_file_says_and_nothing_is_taken_from_it(told: Told, pdf: str) -> None:
    code, _, err = told(*REGISTER, "--file", "letter.pdf")
    assert code == 3
    assert "The file says: --title 'A letter on custody'\nThe file says: --dated 2024-01-31\n" in err
    assert told(*REGISTER, "--file", "letter.pdf", "--title", "Custody", "--dry-run")[0] == 0
    assert not list(Path().glob("ledger.evidence/??/*"))
    assert told(*REGISTER, "--file", "letter.pdf", "--title", "Custody")[0] == 0
    assert [file.name for file in Path().glob("ledger.evidence/??/*")] == [pdf]


def test_the_file_of_a_registered_document_is_added_and_quoted(told: Told) -> None:
    Path("letter.txt").write_text(TEXT, "utf-8")
    told(*REGISTER, "--title", "Custody")
    code, _, err = told("evidence", "find", "letter", "full")
    assert (code, "is not on record; if you have it, `document revise --document letter --file FILE`" in err) == (
        6,
        True,
    )
    assert told("document", "revise", "--document", "letter", "--file", "letter.txt")[0] == 0
    assert told("evidence", "find", "letter", "CUSTODY", "full")[1].startswith(
        "Its custody suites are still too full.\n"
    )
    found = json.loads(told("evidence", "find", "letter", "better", "--json")[1])
    assert found == [{"document": "letter", "quote": "It hopes for better."}]
    assert told("evidence", "find", "letter", "nowhere")[1].startswith("No sentence has all of these words.\n")
    assert told("evidence", "find", "nothing", "better")[0] == 6
