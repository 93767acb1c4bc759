"""On a terminal answers are drawn: wrapped, in a pager, with bold and colour; in a pipe they stay plain."""

import re
from collections.abc import Callable
from shlex import split

import pytest

from ledger.cli.layout import Bar, Chart, Table, plain_text
from ledger.store.store import Store
from projections.days import Days
from tests.conftest import address
from tests.support.terminal import typed

pytestmark = pytest.mark.in_a_file
Shown = Callable[..., str]
STYLE = r"\x1b\[[0-9;]*m"
QUESTIONS = (
    "state WMP --as-of 2024-01", "board --as-of 2023-12", "timeline WMP", "why WMP", "due", "durations", "threads WMP",
    "log", "show 80", "forces list", "search police", "help dates", "cite 80", "query 'SELECT * FROM documents'",
)  # fmt: skip


@pytest.fixture
def shown(story: Store, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What a question about the press story prints on a terminal of 80 columns."""
    for name in ("NO_COLOR", "COLUMNS", "LESS"):
        monkeypatch.delenv(name, raising=False)
    usual = {"FORCE_LEDGER": address(story), "TERM": "xterm", "PAGER": "cat"}

    def ask(question: str, *args: str, width: int = 80, **given: str) -> str:
        return typed(*split(question), *args, width=width, **{**usual, **given})[1]

    return ask


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_wrapped_to_the_width_and_says_what_a_pipe_says(shown: Shown, question: str) -> None:
    drawn = re.sub(STYLE, "", shown(question))
    for line in drawn.splitlines():
        assert len(line.rstrip()) <= 80 or " " not in line.strip(), line
    if not question.startswith(("help", "query")):
        piped = shown(question, "--color", "never", width=400)
        words = re.findall(r"[\w'/.-]+", piped)
        assert sorted(set(words) - set(re.findall(r"[\w'/.-]+", drawn))) == []


def test_bold_and_colour_can_be_switched_off(shown: Shown) -> None:
    question = "state WMP --as-of 2024-01"
    assert {"\x1b[1m", "\x1b[36m"} <= set(re.findall(STYLE, shown(question)))
    assert "\x1b[36m" not in shown(question, NO_COLOR="1")
    assert "\x1b" not in shown(question, "--color", "never")
    assert "\x1b" not in shown(question, TERM="dumb")


def test_a_pager_is_used_as_git_uses_it(shown: Shown) -> None:
    assert shown("forces list", PAGER="sed s/^/paged:/").count("paged:") > 40
    assert "paged" not in shown("--no-pager forces list", PAGER="sed s/^/paged:/")
    assert "kent" in shown("forces list", PAGER="")
    assert "kent" in shown("forces list", PAGER="no-such-pager")
    assert "FRX" in shown("forces list", PAGER="sh -c 'cat >/dev/null; echo $LESS'")


def test_what_commands_a_terminal_is_shown_as_text(shown: Shown) -> None:
    for query in ("SELECT char(27) || '[5mx' AS a", "SELECT 'x' || char(27) || ']0;t' || char(7) || 'y' AS a"):
        drawn = shown("query", query)
        assert "\\x1b" in drawn
        assert set(re.findall(r"\x1b.{3}", drawn)) <= {"\x1b[1m", "\x1b[0m", "\x1b[2m"}


def test_the_line_of_the_clocks_can_be_left_out(shown: Shown) -> None:
    assert "known at" in shown("board")
    assert "known at" not in shown("board --quiet")
    assert "Verified" in shown("verify --quiet")


def test_the_timeline_is_drawn_on_a_terminal(shown: Shown, story: Store) -> None:
    assert re.search(r"^Engage +█+─*$", re.sub(STYLE, "", shown("timeline WMP")), re.MULTILINE)
    assert "#" in shown("timeline WMP", PYTHONIOENCODING="ascii").split("Engage")[1].split("\n")[0]


def test_a_pipe_has_tables_with_columns_and_no_charts() -> None:
    day = Days.parse("2024-01-01")
    chart = Chart([Bar("Engage", day, None, day.latest, True)], day.latest)
    table = Table(("Body", "Open"), [("Kent Police", "1"), ("x", "")], indent=2)
    assert plain_text(["a", chart, table]) == "a\n  Body         Open\n  Kent Police  1\n  x"


def test_messages_are_wrapped_between_words_and_those_in_json_are_not(shown: Shown) -> None:
    wrong = ("concern", "close", "--body", "kent", "--concern", "none", "--effective", "2024", "--document", "none")
    told = typed(*wrong, width=60)[1]
    lines = told.splitlines()
    assert max(map(len, lines)) <= 60
    assert sum(line.startswith("    ") for line in lines) >= 2
    piped = " ".join(typed(*wrong, width=4000)[1].split())
    assert piped == " ".join(told.split())
    assert typed(*wrong, "--json", width=60)[1].count("\n") == 1
