"""The pages of the site say "overdue" where the command line does, and nowhere else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.publish.site import words
from tests.publish.test_site import AS_OF, files, site, text_of

FACTS = """
common: {body: kent, documents: [letter]}
events:
  - {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
     published: 2024-01-01}
  - {kind: document.registered, document: report, type: inspectorate-report, title: A report, publisher: HMICFRS,
     published: 2024-01-01, bodies: [kent, surrey]}
  - {kind: document.registered, document: second, type: inspectorate-report, title: Second, publisher: HMICFRS,
     published: 2024-02-01, bodies: [kent]}
  - {kind: response.published, responds_to: second, effective: 2024-03/2026-12, decided_by: local-policing-body}
  - {kind: concern.issued, concern: custody, title: Custody, effective: 2024-01-01, recommendations: [
     {id: 1, deadline: by 2024-05-31}, {id: 2, deadline: by 2024-06-30}, {id: 3, deadline: by 2030-06-30}]}
  - {kind: recommendation.closed, concern: custody, recommendations: [2], effective: 2024-03/2026-12}
  - {kind: recommendation.issued, recommendation: alone, title: Alone, effective: 2024-01-01, deadline: by 2024-07-31}
  - {kind: review.scheduled, review: visit, title: A visit, due: 2024-08, effective: 2024-01-01}
  - {kind: review.scheduled, review: vague, title: A vague visit, due: 2024-08, effective: 2024-01-01}
  - {kind: review.held, review: vague, effective: 2024-10/2026-12}
  - {kind: plan.announced, plan: build, title: To build, planned_for: 2024-09, effective: 2024-01-01}
  - {kind: statement.made, statement: act, title: To act, stance: undertakes, due: 2024-10, decided_by: force,
     effective: 2024-01-01}
  - {kind: monitoring.engaged, body: surrey, effective: 2024-01-01}
  - {kind: monitoring.returned, body: surrey, effective: 2024-05/2026-12}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A ledger, and the pages of its site as text."""
    folder = tmp_path_factory.mktemp("overdue")
    (folder / "batch.yaml").write_text(FACTS, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        assert run(["--ledger", str(folder / "ledger.db"), "init"]) == 0
        assert run(["--ledger", str(folder / "ledger.db"), "append", str(folder / "batch.yaml")]) == 0
        assert site(folder, folder / "site") == 0
    return folder, {name: text_of(data.decode()) for name, data in files(folder / "site").items() if ".html" in name}


def answer(folder: Path, capsys: pytest.CaptureFixture[str], *asked: str) -> Any:
    capsys.readouterr()
    assert run(["--ledger", str(folder / "ledger.db"), *asked, "--as-of", AS_OF, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_page_of_what_is_overdue_says_so(
    made: tuple[Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, pages = made
    state = answer(folder, capsys, "state", "kent", "--all")
    parts = {f"concerns/{one['id']}": one["recommendations"] for one in state["concerns"]}
    for subject in ("recommendations", "reviews", "plans", "statements"):
        parts |= {f"{subject}/{item['id']}": [item] for item in state[subject]}
    expected = {
        address: sorted(f"overdue since {words.day(one['overdue_since'])}" for one in items if "overdue_since" in one)
        for address, items in parts.items()
    }
    assert sum(map(len, expected.values())) == 5
    pattern = "overdue since [0-9]+ [A-Z][a-z]+ [0-9]{4}"
    for address, told in expected.items():
        page = pages[f"forces/kent/{address}/index.html"]
        assert sorted(found.lower() for found in re.findall(f"(?i){pattern}", page)) == [one.lower() for one in told]
    listed = sorted(one for address, told in expected.items() for one in told if "concerns" not in address)
    assert sorted(re.findall(pattern, pages["forces/kent/index.html"])) == listed


def test_only_what_is_overdue_is_listed_and_counted_as_overdue(
    made: tuple[Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, pages = made
    rows = answer(folder, capsys, "due")
    late = [row for row in rows if row["due"] < AS_OF]
    unclear = [row for row in late if not row["overdue_since"]]
    assert sorted(row["id"] for row in unclear) == ["custody/2", "second", "vague"]
    coming, _, rest = pages["due/index.html"].partition("Overdue: nothing recorded by the last day")
    overdue, _, possibly = rest.partition("Last day over, and possibly done or not owed")
    for row in rows:
        title = row["title"] if row["title"] != "not-recorded" else "not recorded"
        is_coming = row["due"] >= AS_OF
        assert title in (coming if is_coming else overdue if row["overdue_since"] else possibly)
    assert "A vague visit" not in overdue
    assert "Second" not in overdue
    overview = pages["index.html"]
    assert "Five recommendations, reviews and plans are overdue" in overview
    assert "Two comments on reports are not on record" in overview
    assert "Three more whose last day is over may have been done, or may not be owed" in overview
    (row,) = (row for row in answer(folder, capsys, "board") if row["body"] == "kent")
    assert (row["overdue"], row["possibly_overdue"]) == (2, 1)
    assert "two recommendations overdue one recommendation possibly overdue" in pages["forces/index.html"].replace(
        "overdueone", "overdue one"
    )


def test_a_force_that_has_possibly_returned_is_not_told_as_certainly_in_special_measures(
    made: tuple[Path, dict[str, str]],
) -> None:
    overview = made[1]["index.html"]
    assert "Surrey Police, since 1 January 2024 (possibly no longer)" in overview
    assert "possibly scan, since a day between 1 May 2024 and 21 November 2026" in overview
