"""`edit` opens a real editor: a script that is one, or a person at a terminal who has one."""

import sys
from pathlib import Path

import pytest

from tests.conftest import Told
from tests.support.terminal import typed

DOCUMENT = "- {kind: document.registered, document: d, type: dataset, title: A, publisher: P}\n"


@pytest.fixture
def editor(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files 1, 2, … the editor writes over the draft, one at each call; it keeps what it was given."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys, shutil\n"
        f"folder, draft = pathlib.Path({str(tmp_path)!r}), pathlib.Path(sys.argv[1])\n"
        "number = len([*folder.glob('given-*')]) + 1\n"
        "shutil.copy(draft, folder / f'given-{number}')\n"
        "if (folder / str(number)).exists(): shutil.copy(folder / str(number), draft)\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    return tmp_path


def test_a_starter_is_filled_in_and_recorded(told: Told, editor: Path) -> None:
    (editor / "1").write_text(DOCUMENT)
    code, out, err = told("edit", "document.registered")
    assert (code, out) == (0, "Appended 1 (#2), 0 already recorded\n")
    assert "# A document was found and described" in (editor / "given-1").read_text()
    assert "document/d: document registered  #2" in err
    assert not [*Path().glob("draft-*")]


def test_what_is_wrong_comes_back_at_the_top(told: Told, editor: Path) -> None:
    (editor / "1").write_text(DOCUMENT.replace("dataset", "data") + DOCUMENT.replace("title: A", "title: <A>"))
    (editor / "2").write_text("#! as it was\n" + DOCUMENT)
    assert told("edit")[:2] == (0, "Appended 1 (#2), 0 already recorded\n")
    problems = (editor / "given-2").read_text().splitlines()
    assert problems[0].startswith("#! draft-batch.yaml:3:50: type: 'data' is not a word of this field")
    assert problems[1].startswith("#! draft-batch.yaml:4:66: title: <A> is still a blank")
    assert problems[2].startswith("- {kind: document.registered")


def test_a_draft_that_is_not_recorded_is_kept(told: Told, editor: Path) -> None:
    (editor / "1").write_text(DOCUMENT.replace("dataset", "data"))
    code, out, err = told("edit", "document.registered")
    assert (code, out) == (1, "")
    assert "The draft is kept: draft-document.registered.yaml" in err
    assert "nothing was written, as nothing was changed in the editor" in err
    assert "type: data," in Path("draft-document.registered.yaml").read_text()
    (editor / "3").write_text(DOCUMENT)
    assert told("edit", "draft-document.registered.yaml")[0] == 0
    assert Path("draft-document.registered.yaml").read_text() == DOCUMENT


def test_a_clerk_who_says_no_keeps_the_draft(told: Told, editor: Path) -> None:
    (editor / "1").write_text(DOCUMENT)
    code, screen = typed("edit", answers="n\n", TERM="dumb")
    assert code == 1
    assert screen.index("document/d: document registered") < screen.index("Record this? [y/N]: ")
    assert "The draft is kept: draft-batch.yaml" in screen
    assert Path("draft-batch.yaml").read_text() == DOCUMENT


def test_without_a_terminal_an_editor_is_needed(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    assert "There is no terminal and no editor" in told("edit")[2]


def test_a_draft_that_was_not_touched_is_removed(told: Told, editor: Path) -> None:
    code, _, err = told("edit", "document.registered")
    assert (code, "nothing was written" in err, "The draft is kept" in err) == (1, True, False)
    assert not [*Path().glob("draft-*")]
