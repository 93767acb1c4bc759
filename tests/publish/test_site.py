"""The public site: its pages, their links, and what is written of them."""

import csv
import errno
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from ledger.cli import run
from ledger.errors import Refused
from ledger.publish.site import words
from ledger.publish.site.drawing import Bar, BarGroup, BarRow, drawn
from ledger.publish.site.folder import LogState, _SiteFolder, write
from ledger.publish.site.record import StoredSpell, page_days
from ledger.publish.site.site import _program
from ledger.publish.site.site_part import SitePart
from ledger.query.context import query_context
from tests.conftest import MENDED, heed_ctrl_c
from tests.support.feeds import calendar_faults, feed_faults

ROOT = Path(__file__).parents[2]
AS_OF = "2026-11-21"
EVENT = """
- {kind: document.registered, document: hostile, type: press-report, publisher: "P <img src=x>",
   title: '<script>alert("1")</script> & ]]> {{ 7 * 7 }}', published: 2026-03-02, note: "-- & 'quotes' \\" >",
   addresses: ["https://example.org/?a=1&b=%22%3E"]}
- {kind: concern.issued, body: kent, concern: custody-2026, title: '"><svg onload=alert(1)> =1+1',
   effective: 2026-03, documents: [{document: hostile, quote: "</td></table>", locator: "<b>page</b> 4"}]}
"""
CRUMBS = "forces/kent/"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the ledger of the demo, and its site in ``site``. Making it takes the most time here by far."""
    folder = tmp_path_factory.mktemp("site") / "demo"
    assert run(["demo", str(folder)]) == 0
    assert site(folder, folder / "site") == 0
    return folder


@pytest.fixture(scope="module")
def made(demo: Path) -> dict[str, bytes]:
    """The files of that site."""
    return files(demo / "site")


def site(folder: Path, to: Path, *options: str) -> int:
    return run(["--ledger", str(folder / "ledger.db"), "site", str(to), "--as-of", AS_OF, *options])


def files(of: Path) -> dict[str, bytes]:
    """The files of a site, without those that are not for readers."""
    found = (path for path in of.rglob("*") if path.is_file() and ".site" not in path.parts)
    return {path.relative_to(of).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def pages(made: dict[str, bytes]) -> dict[str, str]:
    """The pages of that site, by their address. Evidence in one file has a test of its own (test_pack.py)."""
    return {
        name: data.decode()
        for name, data in made.items()
        if name.endswith(".html") and not name.endswith("/evidence.html")
    }


def links(name: str, html: str) -> Iterator[tuple[str, str]]:
    """The addresses to which a page leads, below the site or outside, and the anchors on them."""
    told = re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.DOTALL)
    for link in re.findall(r'(?:href|src)="([^"]*)"', told):
        target, _, anchor = unquote(urljoin(f"http://site/{name}", link)).partition("#")
        yield target.removeprefix("http://site/"), anchor


def test_every_link_leads_to_a_page(made: dict[str, bytes], pages: dict[str, str]) -> None:
    there, ids = made.keys(), {name: set(re.findall(r' id="([^"]*)"', html)) for name, html in pages.items()}
    found = {(name, *link) for name, html in pages.items() for link in links(name, html) if "//" not in link[0]}
    assert [link for link in found if link[1] not in there or (link[2] and link[2] not in ids[link[1]])] == []


def test_every_page_can_be_reached_from_the_overview(pages: dict[str, str]) -> None:
    reached, new = {"404.html"}, {"index.html"}
    while new:
        reached |= new
        new = {link for name in new for link, _ in links(name, pages[name])} & pages.keys() - reached
    assert pages.keys() - reached == set()


def test_nothing_is_fetched_from_elsewhere_and_no_page_has_a_script_of_its_own(pages: dict[str, str]) -> None:
    for name, html in pages.items():
        assert (
            re.findall(
                r'\ssrc="(?!(?:\.\./)*(?:verify|find)\.js")|<(?:img|iframe|object|embed|form)\b|\sstyle=|\son\w+="',
                html,
            )
            == []
        ), name
        assert all("//" not in link for link in re.findall(r'<link rel="stylesheet" href="([^"]*)"', html)), name
        assert "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:" in html, name
        assert "not a publication of HMICFRS or of any force" in html, name


def test_no_mark_of_the_government_is_in_it(made: dict[str, bytes]) -> None:
    for name, data in made.items():
        assert b"GDS Transport" not in data, name
        assert b"govuk-crest" not in data, name


def test_pages_are_small(pages: dict[str, str]) -> None:
    drawn = {name: len(re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL).encode()) for name, html in pages.items()}
    assert {name: size for name, size in drawn.items() if size > 100_000} == {}


def test_beside_each_page_is_the_same_as_json_and_csv(made: dict[str, bytes], pages: dict[str, str]) -> None:
    told = {name.removesuffix(".html") for name in pages} - {"404", "contact/index", "data/index", "data/schema/index"}
    assert sorted(f"{name}.{form}" for name in told for form in ("json", "csv") if f"{name}.{form}" not in made) == []
    rows = [*csv.DictReader(io.StringIO(made["forces/west-midlands/2024-07-23/index.csv"].decode()))]
    assert rows[0] | {"subject": "monitoring", "value": "engage", "since": "2023-11-24"} == rows[0]
    assert {row["subject"] for row in rows} >= {"monitoring", "concern", "judgement", "inspection", "oversight"}


def test_a_page_can_be_read_by_all(pages: dict[str, str]) -> None:
    for name, html in pages.items():
        assert html.count("<h1>") == 1, name
        assert 'lang="en-GB"' in html, name
        assert html.count("<table") == html.count("<caption>") == html.count("<thead"), name
        assert all("aria-labelledby" in one or "aria-hidden" in one for one in re.findall(r"<svg[^>]*>", html)), name
        ids = re.findall(r' id="([^"]*)"', html)
        assert len(ids) == len(set(ids)), name
        assert "\\u" not in html, name


def test_every_json_file_is_valid_by_the_schema_to_which_its_page_leads(
    made: dict[str, bytes], pages: dict[str, str]
) -> None:
    files = {name for name in made if name.endswith(".json")}
    schemas = {name: Draft202012Validator(json.loads(made[name])) for name in files if "/schema/" in name}
    for validator in schemas.values():
        validator.check_schema(validator.schema)
    profile = json.loads((Path(__file__).parent / "datapackage-2.0.json").read_bytes())
    assert [*Draft7Validator(profile).iter_errors(json.loads(made["data/datapackage.json"]))] == []
    held = {name.replace(".html", ".json"): html for name, html in pages.items()}
    assert files - held.keys() - schemas.keys() == {"data/datapackage.json"}
    for name in files & held.keys():
        (link,) = re.findall(r'<a rel="describedby" href="([^"]*)"', held[name])
        validator = schemas[urljoin(f"http://site/{name}", link).removeprefix("http://site/")]
        assert [error.message[:300] for error in validator.iter_errors(json.loads(made[name]))] == [], name


def test_every_schema_is_listed(made: dict[str, bytes], pages: dict[str, str]) -> None:
    listed = {link for link, _ in links("data/schema/index.html", pages["data/schema/index.html"])}
    assert {name for name in made if name.startswith("data/schema/") and name.endswith(".json")} <= listed


def test_each_page_says_how_to_cite_it(made: dict[str, bytes], pages: dict[str, str]) -> None:
    for name in pages.keys() - {"404.html", "contact/index.html", "data/schema/index.html"}:
        (cited,) = re.findall(r"<summary>Cite this page</summary><p>([^<]*)</p>", pages[name])
        (title,) = re.findall(r"<h1>(.*?)</h1>", pages[name], re.DOTALL)
        assert f"“{title}”" in cited
        assert re.search(r", as known at entry [\d,]+ \([^)]+\); log of [\d,]+ entries, root \S{44}$", cited), name
        told = json.loads(made.get(name.replace(".html", ".json"), b"[]"))
        day = told["as_of"] if name.startswith("forces/") and isinstance(told, dict) else AS_OF
        of_no_day = re.match(r"(entries|documents)/.+/", name)
        assert (f", as of {words.day(day)}, as" in cited) == (not of_no_day), name


def test_the_state_on_every_page_is_that_of_its_day(demo: Path) -> None:
    with query_context(demo / "ledger.db") as context:
        compared = 0
        for file in sorted((demo / "site" / "forces").glob("*/*/index.json")) + sorted(
            (demo / "site" / "forces").glob("*/index.json")
        ):
            told = json.loads(file.read_bytes())
            if not isinstance(told, dict) or told.get("schema") != "force-ledger/state/v1":
                continue
            at = context.at(date.fromisoformat(told["as_of"]))
            state = {"schema": told["schema"], **at.clocks.to_json(), **at.state(told["body"], ended=True)}
            known, head = told.pop("known_at"), told.pop("head")
            assert head["size"] == known["position"] + 1
            assert told == {name: value for name, value in state.items() if name not in ("known_at", "head")}, file
            compared += 1
        assert compared > 700


def test_a_page_says_what_was_known_when_the_last_entry_that_bears_on_it_was_recorded(demo: Path) -> None:
    with query_context(demo / "ledger.db") as context:
        for file in sorted((demo / "site" / "forces" / "west-midlands").glob("20*/index.json")):
            told = json.loads(file.read_bytes())
            at = context.at(date.fromisoformat(told["as_of"]), told["known_at"]["position"])
            assert at.state("west-midlands", ended=True).items() <= told.items()
            assert told["known_at"] == at.clocks.to_json()["known_at"]


def test_what_a_reader_sees_is_in_words(pages: dict[str, str]) -> None:
    """No id, no name of a closed list, and no state that goes on where something was done on a day."""
    for name, html in pages.items():
        told = re.sub(r"<(pre|code|details|svg|script)\b.*?</\1>|<[^>]*>", "", html, flags=re.DOTALL)
        assert re.findall(r"(?<![\w/.-])[a-z]+(?:-[a-z]+)*-(?:19|20)\d\d\b", told) == [], name
        assert re.findall(r"(?<![\w/.-])(?:19|20)\d\d-(?:0[1-9]|1[0-2])\b", told) == [], name
    shown = {name: unescape(re.sub(r"<[^>]+>", "\n", html)) for name, html in pages.items()}
    assert "Chief Inspector of Constabulary" in shown["entries/102/index.html"]
    assert [name for name, text in shown.items() if re.search(r"\n(?:hmci|hmi|ppog|hmicfrs)\n", text)] == []
    assert [name for name, text in shown.items() if re.search(r"Published since|Requires-improvement", text)] == []
    told = shown["forces/west-midlands/inspections/peel-2023-25/index.html"]
    assert "Published: 22 December 2023." in told
    assert re.search(r"recorded \d+ \w+ 20\d\d", shown["corrections/index.html"])


REPORT = "PEEL 2023-25, West Midlands Police"
QUESTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "who is in Engage today": (
        (),
        "One of the 43 police forces in England and Wales is recorded in special measures: Lincolnshire Police, since",
    ),
    "was West Midlands in Engage on 1 August 2024": (
        ("West Midlands Police", "23 July 2024"),
        "Engage (special measures) since 24 November 2023. 242 days by 23 July 2024.",
    ),
    "why": (("Lincolnshire Police",), "Why. The weight of all five causes of concern together."),
    "who says so": (("HMICFRS, 6 December 2024",), "Published6 December 2024"),
    "what is still open": (
        (r"\d+ causes of concern count as open",),
        "Attending calls within the times that the force has set itself",
    ),
    "what was promised and is overdue": (
        (r"\d+ comments on reports are not on record",),
        "Overdue: nothing recorded by the last day",
    ),
    "what did the report of 22 December 2023 say": (
        ("Documents", REPORT),
        "Judgement given: Investigating crime: inadequate",
    ),
    "how does it compare with its neighbours": (("Compare",), "West Midlands PoliceWest Midlands"),
    "what has the ledger corrected": (("Corrections",), "Contradiction settled: kept"),
    "how can I check this": (("Check this record",), "Your own browser can check"),
}
"""The words of the links to follow from the overview, and of the answer."""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_in_two_clicks_on_words(question: str, pages: dict[str, str]) -> None:
    clicks, answer = QUESTIONS[question]
    name = "index.html"
    assert len(clicks) <= 2
    for link in clicks:
        found = {target for text, target in worded_links(name, pages[name]) if re.fullmatch(link, text)}
        assert len(found) == 1, (name, link, found)
        (name,) = found
    assert answer in text_of(pages[name])


def text_of(html: str) -> str:
    """What a reader sees of a piece of HTML, without the blanks between the blocks."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)))


def worded_links(name: str, html: str) -> Iterator[tuple[str, str]]:
    """The words of each link of a page, and the page to which it leads."""
    for link, inner in re.findall(r'<a\b[^>]*href="([^"#]*)[^"]*"[^>]*>(.*?)</a>', html, re.DOTALL):
        yield text_of(inner).strip(), unquote(urljoin(f"http://site/{name}", link)).removeprefix("http://site/")


def test_the_page_of_a_day_tells_that_day(pages: dict[str, str]) -> None:
    page = pages["forces/west-midlands/2024-07-23/index.html"]
    assert "West Midlands Police on 23 July 2024" in page
    assert "Engage (special measures) since 24 November 2023.</strong> 242 days by 23 July 2024." in page
    assert "23 July 2024 to 17 September 2024" in page
    vague = pages["forces/cleveland/2023-09/index.html"]
    assert "Cleveland Police on a day in September 2023" in vague
    assert "it counts from 30 September 2023" in vague


def faults(made: dict[str, bytes]) -> dict[str, list[str]]:
    """What is wrong with the feeds and the calendar of a site."""
    held = {name: feed_faults(data) for name, data in made.items() if name.endswith("feed.xml")}
    held["due.ics"] = calendar_faults(made["due.ics"])
    return {name: found for name, found in held.items() if found}


def test_feeds_and_the_calendar_are_as_their_standards_ask(made: dict[str, bytes]) -> None:
    assert faults(made) == {}
    assert {"feed.xml", "corrections/feed.xml", "forces/kent/feed.xml", "due.ics"} <= made.keys()


def test_the_feed_of_corrections_says_what_was_corrected(made: dict[str, bytes]) -> None:
    told = made["corrections/feed.xml"].decode()
    assert "<title>Staffordshire Police: Entry contradicted: Moved to Engage (special measures)</title>" in told
    assert "<title>:" not in told


def test_each_row_of_a_table_has_as_many_cells(made: dict[str, bytes]) -> None:
    for name, data in made.items():
        if name.endswith(".csv"):
            assert len({len(row) for row in csv.reader(io.StringIO(data.decode()))}) <= 1, name


def test_an_empty_cell_is_empty_and_left_out_on_a_phone(pages: dict[str, str]) -> None:
    for name, html in pages.items():
        cells = re.findall(r'<td role="cell" data-l="[^"]*"([^>]*)>(.*?)</td>', html, re.DOTALL)
        assert [cell for cell in cells if not text_of(cell[1]).strip("-– ") and cell[0] != ' class="none"'] == [], name
    css = (ROOT / "ledger/publish/site/site.css").read_text("utf-8")
    assert css.startswith("/*!")  # a mark of byte order would be part of the first rule where a pack has the styles
    assert "td.none{display:none}" in css.partition("max-width: 47.99em")[2]


def test_a_page_of_a_force_shows_what_is_so_and_folds_what_has_ended_or_is_long(pages: dict[str, str]) -> None:
    """The page of West Midlands was thirty screens of a phone long."""
    html = pages["forces/west-midlands/index.html"]
    shown = re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)
    assert re.findall(r"<caption>(.*?)[ ,<]", shown) == ["Causes", "Grades", "Figures"]
    folded = re.findall(r"<summary>(.*?)</summary>", html)
    assert folded[0] == "Causes of concern that are no longer open: 3"
    assert [re.sub("[0-9]+", "N", words) for words in folded[1:]] == [
        "Inspections published: N",
        "Phase and causes of concern: N rows",
        "Grades: N rows",
        "All N days, the latest first",
        "Cite this page",
    ]


def test_the_overview_lists_every_time_in_engage(pages: dict[str, str]) -> None:
    folded = "<summary>Every time in special measures on record, the longest first: [0-9]+<"
    assert re.search(folded, pages["index.html"])
    row = ["West Midlands Police", "24 November 2023", "18 September 2024", "299 days"]
    assert all(words in text_of(pages["index.html"]) for words in row)


def test_the_tables_are_there_as_one_sqlite_file(made: dict[str, bytes]) -> None:
    with closing(sqlite3.connect(":memory:")) as found:
        found.deserialize(made["data/record.sqlite"])
        tables = {name for (name,) in found.execute("SELECT name FROM sqlite_schema")}
        assert tables == {name[5:-4] for name in made if re.fullmatch(r"data/\w+\.csv", name)} - {"index"}
        for table in tables:
            rows = found.execute(f"SELECT * FROM {table}")
            names, *told = csv.reader(io.StringIO(made[f"data/{table}.csv"].decode(), newline=""))
            assert [name for name, *_ in rows.description] == names
            assert len(rows.fetchall()) == len(told), table
        assert found.execute(
            "SELECT value FROM spells WHERE body = 'lincolnshire' AND subject = 'monitoring'"
        ).fetchall()
        assert {*found.execute("SELECT DISTINCT in_force FROM entries")} <= {(0,), (1,)}


def test_after_one_entry_only_what_changed_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = tmp_path / "small"
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(demo / "keys"))
    assert run(["demo", str(demo), "--small"]) == 0
    assert site(demo, demo / "site") == 0
    before = files(demo / "site")
    capsys.readouterr()
    assert site(demo, demo / "site") == 0
    assert ", 0 written." in capsys.readouterr().out
    batch = tmp_path / "batch.yaml"
    batch.write_text(EVENT, "utf-8")
    assert run(["--ledger", str(demo / "ledger.db"), "append", str(batch)]) == 0
    assert site(demo, demo / "site") == 0
    after = files(demo / "site")
    changed = {name for name, data in after.items() if before.get(name) != data}
    assert not before.keys() - after.keys()
    assert {name for name in changed if name.startswith("forces/") and not name.startswith(CRUMBS)} == {
        "forces/index.html", "forces/index.json", "forces/index.csv",
    }  # fmt: skip
    days = {name for name in changed if re.match(r"forces/kent/20\d\d-\d\d-\d\d/", name)}
    assert len({name.split("/")[2] for name in days}) <= 1, "the last day before, which has a later neighbour now"
    entries = {int(name.split("/")[1]) for name in changed if name.startswith("entries/")}
    assert min(entries) >= max(int(name.split("/")[1]) for name in before if name.startswith("entries/"))
    assert site(demo, tmp_path / "anew") == 0
    assert files(tmp_path / "anew") == after


POSSIBLY = """
- {kind: document.registered, document: issue, type: inspectorate-letter, title: Issue, publisher: HMICFRS}
- {kind: document.registered, document: closure, type: press-report, title: Closure, publisher: A paper}
- {kind: concern.issued, body: kent, concern: custody, title: Custody, recommendations_issued: 1, effective: 2020-01-01,
   documents: [issue]}
- {kind: concern.closed, body: kent, concern: custody, as_a_whole: true, effective: 2020/2030, documents: [closure]}
"""


def make_site_of(batch: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with a ledger of the 43 forces and this batch, and its site in `site`."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
    (folder / "batch.yaml").write_text(batch, "utf-8")
    assert run(["init"]) == run(["append", "batch.yaml"]) == run(["site", "site", "--as-of", AS_OF]) == 0


def test_a_page_is_made_anew_if_a_document_was_corrected_that_only_a_possible_value_cites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_site_of(POSSIBLY, tmp_path, monkeypatch)
    said = ["title=The closure", "publisher=Another paper", "type=inspectorate-letter"]
    assert run(["correct", "closure registered", *said, "--type", "recording-error", "--reason", "A slip"]) == 0
    assert run(["site", "site", "--as-of", AS_OF]) == run(["site", "anew", "--as-of", AS_OF]) == 0
    assert files(tmp_path / "site") == files(tmp_path / "anew")
    told = files(tmp_path / "site")["corrections/feed.xml"].decode()
    assert "<title>Entry corrected: Document registered: Closure</title>" in told


def test_the_same_ledger_and_day_give_the_same_site_whatever_was_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step by step through a story with corrections, on several days, and after a backup was restored."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("FORCE_LEDGER_GAP_DAYS", "100000")
    assert run(["init"]) == 0
    shutil.copyfile("ledger.db", "backup.db")
    for day, batch in zip(("2019-01-01", AS_OF, "2024-02-01", "2099-01-01", AS_OF, AS_OF), MENDED, strict=False):
        assert run(["append", str(batch)]) == 0
        assert run(["site", "site", "--as-of", day]) == 0
    assert run(["site", "anew", "--as-of", AS_OF]) == 0
    assert run(["site", "site", "--as-of", AS_OF]) == 0
    assert files(tmp_path / "site") == files(tmp_path / "anew")
    for left in (*Path().glob("ledger.db-*"), *Path("keys").rglob("checkpoint")):
        left.unlink()
    shutil.copyfile("backup.db", "ledger.db")
    (tmp_path / "batch.yaml").write_text(EVENT, "utf-8")
    assert run(["append", "batch.yaml"]) == 0
    assert run(["site", "site", "--as-of", AS_OF]) == 0
    assert run(["site", "restored", "--as-of", AS_OF]) == 0
    assert files(tmp_path / "site") == files(tmp_path / "restored")


WORDS = "Unheard-of words about somebody"
ABOUT = f"""
- {{kind: document.registered, document: letter, type: press-report, publisher: "{WORDS}", title: "{WORDS}",
   published: 2026-03-02, note: "{WORDS}", addresses: ["https://example.org/{WORDS.replace(" ", "-")}"]}}
- {{kind: document.registered, document: other, type: inspectorate-letter, publisher: HMICFRS, title: Other}}
- {{label: concern, kind: concern.issued, body: kent, concern: custody, title: "{WORDS}", effective: 2026-03,
   documents: [{{document: other, quote: "{WORDS}", locator: "{WORDS}"}}]}}
- {{kind: statement.made, body: kent, statement: answer, about: concern/custody, decided_by: not-stated,
   stance: accepts, title: "{WORDS}", effective: 2026-03-05, documents: [other]}}
- {{label: move, kind: monitoring.engaged, body: kent, effective: 2026-03-07, reason: "{WORDS}", documents: [other]}}
- {{kind: entry.contradicted, target: concern, documents: [other], claim: "{WORDS}"}}
- {{kind: entry.corrected, target: move, type: recording-error, reason: "{WORDS}",
   replacement: {{kind: monitoring.engaged, body: kent, effective: 2026-03-08, reason: "{WORDS}", documents: [other]}}}}
"""


def test_what_was_withheld_is_in_no_file_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    Path("batch.yaml").write_text(ABOUT, "utf-8")
    assert run(["append", "batch.yaml", "--yes"]) == 0
    assert run(["site", "site", "--as-of", AS_OF]) == 0
    words = re.compile(WORDS.replace(" ", "[- ]").encode())
    assert len([data for data in files(tmp_path / "site").values() if words.search(data)]) > 50
    why = ("--ground", "personal-data", "--reason", "It named somebody.", "--yes")
    assert run(["redact", "#52", "reason=cleared", "documents=other", *why]) == 0
    for position in (51, 49, 48, 46):
        assert run(["retract", f"#{position}", *why[2:]]) == 0
    for position in (51, 50, 49, 48, 46):
        with suppress(SystemExit):
            run(["withhold", f"#{position}", *why])
    assert run(["site", "site", "--as-of", AS_OF]) == 0
    assert [path for path in Path("site").rglob("*") if path.is_file() and words.search(path.read_bytes())] == []


FACTS = """
common: {body: kent, documents: [letter]}
events:
  - {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
     published: 2024-06-01}
  - {kind: document.registered, document: other, type: inspectorate-letter, title: Another, publisher: HMICFRS}
  - {kind: inspection.published, inspection: peel, framework: peel-2023-25, effective: 2024-06-01}
  - {kind: judgement.given, inspection: peel, framework: peel-2023-25, area: investigating-crime, grade: outstanding,
     effective: 2024-06-01}
  - {kind: tally.given, inspection: peel, framework: peel-2023-25, effective: 2024-06-01,
     counts: {outstanding: 2, adequate: 3}}
  - {label: issued, kind: concern.issued, concern: custody, title: Custody, effective: 2024-06}
  - {kind: entry.contradicted, target: issued, documents: [other], claim: Not so.}
"""
ISSUED = 51


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages of a small record, as text."""
    folder = tmp_path_factory.mktemp("facts")
    ledger = ["--ledger", str(folder / "ledger.db")]
    (folder / "batch.yaml").write_text(FACTS, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        assert run([*ledger, "init"]) == 0
        assert site(folder, folder / "empty") == 0
        assert run([*ledger, "append", str(folder / "batch.yaml")]) == 0
        assert run([*ledger, "resolve", f"#{ISSUED}", "--keep", "--reason", "So it is."]) == 0
        assert site(folder, folder / "site") == 0
    pages = {name: data.decode() for name, data in files(folder / "site").items() if name.endswith(".html")}
    pages |= {
        "empty": (folder / "empty" / "index.html").read_text("utf-8"),
        "issued": pages[f"entries/{ISSUED}/index.html"],
    }
    return {name: text_of(html) for name, html in pages.items()}


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("index.html", "Kent Police 3 of 5"),
        ("index.html", "None of the 43 police forces in England and Wales is recorded in special measures."),
        ("index.html", "The latest document here is of 1 June 2024"),
        ("index.html", "One cause of concern counts as open"),
        ("index.html", "None of them was known to be open in the last year"),
        ("empty", "None of the 43 police forces in England and Wales is recorded in special measures."),
        ("empty", "No document with a date is on record"),
        ("index.html", "No recommendation, review or plan is overdue, by what is on record"),
        ("forces/index.html", "1none of them known to be open in the last year"),
        ("forces/kent/index.html", "the source counts 3 adequate, 2 outstanding; which areas"),
        ("forces/kent/index.html", "No report of PEEL 2025-27 is on record: what is in force may have ended."),
        ("forces/kent/index.html", "The worst grade is adequate: 3 of 5 graded areas."),
        ("issued", "In force Upheld by entry"),
        ("compare/index.html", "No grade in this programme is recorded of 42 of 43:"),
        ("documents/letter/index.html", "Concern issued: Custody"),
        ("corrections/index.html", "Contradiction settled: kept"),
    ],
)
def test_a_page_claims_no_more_than_is_on_record(told: dict[str, str], page: str, says: str) -> None:
    assert says in told[page]


def test_the_end_of_a_span_has_no_page_of_its_own_unless_something_changed_on_that_day() -> None:
    end, later = date(2025, 2, 28), date(9999, 12, 31)
    vague = StoredSpell("tally", "peel", 1, end, later, 1, None, {"since": "2025-02"}, [])
    lapsed = StoredSpell("judgement", "peel/area", 1, date(2024, 1, 1), end, 1, None, {"since": "2024-01-01"}, [])
    exact = StoredSpell("concern", "custody", "open", end, later, 1, None, {"since": "2025-02-28"}, [])
    names = [day.name for day in page_days([vague, lapsed], date(2026, 1, 1))]
    assert names == ["2024-01-01", "2025-02"]
    assert [day.name for day in page_days([vague, lapsed, exact], date(2026, 1, 1))] == [*names, "2025-02-28"]


def test_the_day_on_which_a_body_came_into_being_has_a_page() -> None:
    name = StoredSpell("name", "", "New Fire", date.min, date.max, 1, None, {"established": "2021-04"}, [])
    early = StoredSpell("concern", "early", "open", date(2020, 5, 1), date.max, 1, None, {"since": "2020-05-01"}, [])
    assert [day.name for day in page_days([name, early], date(2026, 1, 1))] == ["2020-05-01", "2021-04"]
    assert [day.name for day in page_days([name, early], date(2021, 4, 1))] == ["2020-05-01"]


@pytest.mark.parametrize("months", [3, 9, 30])
def test_an_axis_names_its_years_and_the_line_of_a_day_strikes_no_word_through(months: int) -> None:
    first, last = date(2024, 2, 10), date(2024, 2, 10) + timedelta(days=30 * months)
    day = first + (last - first) / 20
    group = BarGroup("", [BarRow("Phase", [Bar(first, last, "scan", "Scan")])])
    for picture in drawn([group], first, last, "id", "Phase", day):
        texts = re.findall(r'<text x="(\d+)"[^>]*>([^<]*)', picture)
        assert any(re.fullmatch(r"[A-Z][a-z]{2} 2024", text) for _, text in texts)
        (line,) = re.findall(r'class="day" d="M([\d.]+)', picture)
        (word,) = (float(x) for x, text in texts if text == "Scan")
        assert not word <= float(line) <= word + 30


def test_what_is_recorded_is_never_markup(tmp_path: Path) -> None:
    test = tmp_path / "hostile"
    assert run(["--ledger", str(tmp_path / "ledger.db"), "init"]) == 0
    (tmp_path / "batch.yaml").write_text(EVENT, "utf-8")
    assert run(["--ledger", str(tmp_path / "ledger.db"), "append", str(tmp_path / "batch.yaml")]) == 0
    assert site(tmp_path, test) == 0
    shown = "".join(data.decode() for name, data in files(test).items() if name.endswith((".html", ".xml")))
    assert "&lt;script&gt;alert(" in shown
    assert "{{ 7 * 7 }}" in shown
    for tag in ("<script>alert", "<img", "<svg onload", "</td></table></td>", "<b>page"):
        assert tag not in shown
    assert b"'=1+1" not in files(test)["forces/kent/index.json"]
    assert faults(files(test)) == {}


@pytest.mark.parametrize("setting", ["publisher = 1", "base_url = 'example.org'", "colour = 'red'"])
def test_a_setting_that_is_wrong_is_refused(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    with Path("force-ledger.toml").open("a") as config:
        config.write(f"[site]\n{setting}\n")
    assert run(["site", "out"]) == 3
    assert "site" in capsys.readouterr().err


def test_the_site_says_who_publishes_it_and_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    with Path("force-ledger.toml").open("a") as config:
        config.write("[site]\npublisher = 'A & Co'\ncontact = 'a@example.org'\nbase_url = 'https://example.org/x/'\n")
    assert run(["site", "out"]) == 0
    made = files(tmp_path / "out")
    assert b"Published by A &amp; Co." in made["index.html"]
    assert b"a@example.org" in made["contact/index.html"]
    assert b'<link rel="canonical" href="https://example.org/x/forces/kent/">' in made["forces/kent/index.html"]
    assert b"<loc>https://example.org/x/forces/kent/</loc>" in made["sitemap.xml"]
    assert b"https://example.org/x/site.css" in made["404.html"]
    assert faults(made) == {}


# The folder

LOG = LogState("log")


def parts(**told: str) -> list[SitePart]:
    """Parts of one page each."""

    def made(name: str) -> Callable[[], list[tuple[str, bytes]]]:
        return lambda: [(f"{name}/index.html", told[name].encode())]

    return [SitePart(name, told[name], made(name)) for name in told]


def test_a_part_that_is_no_longer_there_goes(tmp_path: Path) -> None:
    assert write(tmp_path / "site", LOG, parts(a="1", b="2")) == (2, 2, 0)
    assert write(tmp_path / "site", LOG, parts(a="1")) == (1, 0, 1)
    assert files(tmp_path / "site") == {"a/index.html": b"1"}
    assert not (tmp_path / "site" / "b").exists()


def test_a_file_that_is_missing_is_written_again(tmp_path: Path) -> None:
    write(tmp_path / "site", LOG, parts(a="1"))
    (tmp_path / "site" / "a" / "index.html").unlink()
    assert write(tmp_path / "site", LOG, parts(a="1")).written == 1


def test_a_change_in_any_part_of_the_program_makes_the_site_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    real, read = Path.read_bytes, set[str]()

    def read_bytes(self: Path) -> bytes:
        read.add(self.relative_to(ROOT).as_posix())
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    _program.__wrapped__()
    assert {"events/dates.py", "projections/spell.py", "ledger/cli/answers.py", "ledger/data/tables.json"} <= read


def test_a_crash_leaves_the_old_site_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "site", LOG, parts(a="1", b="1"))

    def crash() -> list[tuple[str, bytes]]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(tmp_path / "site", LOG, [*parts(a="2"), SitePart("b", "2", crash)])
    assert files(tmp_path / "site") == {"a/index.html": b"1", "b/index.html": b"1"}
    assert write(tmp_path / "site", LOG, parts(a="2", b="2")).written == 2


def test_what_was_interrupted_while_it_was_put_in_place_is_put_there_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "site", LOG, parts(a="1", b="1", c="1"))
    real, times = Path.replace, iter([False, False, True])

    def replace(self: Path, target: Path) -> Path:
        if next(times, False):
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "site", LOG, parts(a="2", b="2"))
    write(tmp_path / "site", LOG, parts(a="2", b="2"))
    assert files(tmp_path / "site") == {"a/index.html": b"2", "b/index.html": b"2"}


def made_by(parts: list[SitePart]) -> dict[str, bytes]:
    return {name: data for part in parts for name, data in part.make()}


@dataclass(frozen=True)
class Many:
    """What has many parts, of which the first waits for the second process. That leaves its mark, and then does what
    is asked: nothing else, or it has no such parts, or it is killed."""

    mark: Path
    does: str
    parent: int

    def __call__(self) -> AbstractContextManager[list[SitePart]]:
        if os.getpid() != self.parent:
            self.mark.touch()
            if self.does == "is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.does == "has none":
                return nullcontext([])
        return nullcontext([SitePart(f"{number}", "", partial(self.page, number)) for number in range(600)])

    def page(self, number: int) -> Iterator[tuple[str, bytes]]:
        until = time.monotonic() + 30
        while number == 0 and not self.mark.exists() and time.monotonic() < until:
            time.sleep(0.05)
        yield f"{number}/index.html", b"%d" % number


@pytest.mark.parametrize("does", ["makes them", "has none", "is killed"])
def test_a_second_process_helps_with_many_parts_and_is_not_needed(
    does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = list[int]()
    monkeypatch.setattr(_SiteFolder, "check", lambda own, plan, ours: staged.extend(plan.place.values()))
    many = Many(tmp_path / "mark", does, os.getpid())
    with many() as own:
        assert write(tmp_path / "site", LOG, own, many) == (600, 600, 0)
    assert many.mark.exists()
    assert any(number % 2 for number in staged) == (does == "makes them")
    assert files(tmp_path / "site") == {f"{number}/index.html": b"%d" % number for number in range(600)}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
@pytest.mark.parametrize("how", ["Ctrl-C", "killed"])
def test_what_is_interrupted_leaves_no_process_and_no_traceback(how: str, demo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ledger", "--ledger", str(demo / "ledger.db"), "site", str(tmp_path / "site")]
    running = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heed_ctrl_c
    )
    until = time.monotonic() + 500
    while not (tmp_path / "site/.site/new/1").exists():  # one that the second process made
        assert running.poll() is None, "it was over before"
        assert time.monotonic() < until
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGINT) if how == "Ctrl-C" else running.kill()
    told = running.communicate(timeout=500)[1]
    assert "Traceback" not in told
    assert running.returncode == (130 if how == "Ctrl-C" else -signal.SIGKILL)
    with suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.killpg(running.pid, 0)
            time.sleep(0.05)
        pytest.fail("a process was left")
    assert files(tmp_path / "site") == {}


STEPS = (
    (Path, "open"), (Path, "chmod"), (Path, "replace"), (Path, "unlink"), (Path, "rmdir"), (Path, "mkdir"),
    (os, "sync"), (os, "fsync"),
)  # fmt: skip


@pytest.mark.parametrize("number", range(100))
def test_a_disk_that_fails_at_any_step_leaves_the_old_site_or_the_new_one_comes_next_time(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "site", LOG, parts(a="1", b="1", c="1"))
    old, new = parts(a="1", b="1", c="1"), parts(a="2", b="2", d="2")
    left = iter([True] * number)

    def failing(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            if next(left, False):
                return real(*args, **options)
            raise OSError(errno.ENOSPC, "No space left on device")

        return call

    with monkeypatch.context() as patched:
        for of, name in STEPS:
            patched.setattr(of, name, failing(getattr(of, name)))
        with suppress(OSError):
            write(tmp_path / "site", LOG, new)
    if not (tmp_path / "site" / ".site" / "next.json").exists():
        whole = {dict(part.make())["a/index.html"] for of in (old, new) for part in of if part.name == "a"}
        assert files(tmp_path / "site") in [
            {name: data for part in of for name, data in part.make()} for of in (old, new)
        ]
        assert files(tmp_path / "site")["a/index.html"] in whole
    write(tmp_path / "site", LOG, new)
    assert files(tmp_path / "site") == {name: data for part in new for name, data in part.make()}


def test_a_plan_that_names_files_outside_the_folder_is_refused(tmp_path: Path) -> None:
    """The folder may have come from somebody else."""
    write(tmp_path / "site", LOG, parts(a="1"))
    (tmp_path / "mine").write_text("mine")
    new = tmp_path / "site" / ".site" / "new" / "0"
    for name in ("../mine", "a/../../mine", str(tmp_path / "mine"), "a//x", ""):
        new.write_text("theirs")
        for plan in ({"place": {name: 0}, "remove": []}, {"place": {}, "remove": [name]}):
            text = json.dumps({**plan, "manifest": {"origin": "log", "size": 0, "root": "", "parts": {}}})
            (tmp_path / "site" / ".site" / "next.json").write_text(text)
            with pytest.raises(Refused, match="no file below"):
                write(tmp_path / "site", LOG, parts(a="1"))
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"origin": "log", "size": 0, "root": "", "parts": {"a": 1}}', "\xff"]
)
def test_a_damaged_list_of_files_is_refused(text: str, tmp_path: Path) -> None:
    write(tmp_path / "site", LOG, parts(a="1"))
    (tmp_path / "site" / ".site" / "manifest.json").write_text(text)
    with pytest.raises(Refused, match="is damaged"):
        write(tmp_path / "site", LOG, parts(a="1"))
    assert files(tmp_path / "site") == {"a/index.html": b"1"}


def test_nothing_of_others_is_replaced_and_no_link_is_followed(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "index.html").write_text("mine")
    with pytest.raises(Refused, match="not of a site"):
        write(theirs, LOG, parts(a="1"))
    ours = tmp_path / "site"
    write(ours, LOG, parts(a="1"))
    (ours / "b").symlink_to(theirs)
    with pytest.raises(Refused, match="is a link"):
        write(ours, LOG, parts(a="1", b="1"))
    (ours / "b").unlink()
    (ours / "b").mkdir()
    (ours / "b" / "index.html").write_text("mine")
    with pytest.raises(Refused, match="not a file of the site"):
        write(ours, LOG, parts(a="1", b="1"))
    with pytest.raises(Refused, match="the site of log"):
        write(ours, LogState("other"), parts(a="1"))
    assert [path.name for path in theirs.iterdir()] == ["index.html"]


def test_what_is_given_as_the_folder_is_one_or_may_become_one(tmp_path: Path) -> None:
    """A link that the user gives is followed: it is the folder. What is no folder is refused with a remedy."""
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "file").write_text("mine")
    for name in ("dangling", "dangling/site", "file", "file/site"):
        with pytest.raises(Refused, match=r"(dangling is a link that leads nowhere|file is a file), and no folder"):
            write(tmp_path / name, LOG, parts(a="1"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    assert write(tmp_path / "link", LOG, parts(a="1")).written == 1
    assert files(tmp_path / "elsewhere") == {"a/index.html": b"1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "elsewhere", "file", "link"]


def test_a_folder_that_is_read_only_is_told_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0

    def denied(self: Path, *args: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", denied)
    assert run(["site", "out"]) == 1
    assert "out: Permission denied" in capsys.readouterr().err


def test_two_that_write_the_same_site_wait_for_each_other(tmp_path: Path) -> None:
    ledger = ["--ledger", str(tmp_path / "ledger.db")]
    assert run([*ledger, "init"]) == 0
    command = [sys.executable, "-m", "ledger", *ledger, "site", str(tmp_path / "site"), "--as-of", AS_OF]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = sorted(one.communicate(timeout=120)[0] for one in both)
    assert [one.returncode for one in both] == [0, 0]
    assert ", 0 written" in told[0]
    assert site(tmp_path, tmp_path / "alone") == 0
    assert files(tmp_path / "site") == files(tmp_path / "alone")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2023-11-24", "24 November 2023"),
        ("2023-12", "a day in December 2023"),
        ("../2019-09-27", "by 27 September 2019"),
        ("2019-01-01/2019-09-27", "a day in 2019, by 27 September 2019"),
        ("not-stated", "not stated"),
        (None, "not recorded"),
    ],
)
def test_dates_are_told_as_people_write_them(text: str | None, told: str) -> None:
    assert words.days(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [("by 2024-03", "by 31 March 2024"), ("within 3 months", "within 3 months"), ("not-stated", "not stated")],
)
def test_a_deadline_is_told_with_its_last_day(text: str, told: str) -> None:
    assert words.deadline(text) == told


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("outcome", "no-longer-applicable", "no longer applicable"),
        ("outcome", "The well-being of officers is better", None),
        ("ground", "court-order", "court order"),
        ("note", "A follow-up", None),
        ("note", "not-stated", "not stated"),
    ],
)
def test_words_of_closed_lists_are_told_in_words_and_others_stay(field: str, value: str, told: str | None) -> None:
    assert words.of_field(field, value) == told


ITEMS = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}
- {kind: finding.recorded, body: kent, finding: vague, type: strength, title: V, effective: 2024, documents: [letter]}
- {kind: inspection.published, body: kent, inspection: vague, framework: peel-2023-25, effective: 2024,
   documents: [letter]}
""" + "".join(
    f"""
- {{kind: {subject}.{begun}, body: kent, {subject}: one, title: T, effective: 2024-01-10, documents: [letter]{more}}}
- {{kind: {subject}.{ended}, body: kent, {subject}: one, effective: 2024-05-20, documents: [letter]}}
- {{kind: {subject}.{begun}, body: kent, {subject}: two, title: T, effective: 2024-01-10, documents: [letter]{more}}}
- {{kind: {subject}.{ended}, body: kent, {subject}: two, effective: 2024, documents: [letter]}}
"""
    for subject, begun, ended, more in (
        ("finding", "recorded", "closed", ", type: strength"),
        ("recommendation", "issued", "ended", ""),
        ("review", "scheduled", "held", ""),
        ("plan", "announced", "revoked", ""),
        ("statement", "made", "withdrawn", ", stance: undertakes, decided_by: chief-officer"),
    )
)
"""Of each kind of item one that ended on a day, and one that ended on a vague day; and two of a vague day."""


def test_a_page_does_not_tell_what_has_ended_or_is_only_possible_as_if_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_site_of(ITEMS, tmp_path, monkeypatch)
    found = set[str]()
    for file in sorted(Path("site/forces/kent").rglob("index.json")):
        state = json.loads(file.read_bytes())
        if state["schema"] != "force-ledger/state/v1":
            continue
        rows = re.findall(r"<tr\b.*?</tr>", file.with_suffix(".html").read_text("utf-8"), re.DOTALL)
        for subject in ("findings", "recommendations", "reviews", "plans", "statements", "inspections"):
            for item in state[subject]:
                (row,) = (text_of(row).lower() for row in rows if f"{subject}/{item['id']}/" in row)
                others = [other["value"] for other in item.get("alternatives", ())]
                assert all(f"possibly {words.spaced(other)}, since" in row for other in others), (file, row)
                if item["since"] is None or "until" in item:
                    assert words.spaced(item["status"]) in row, (file, row)
                    found.add(item["status"])
                found.update(f"possibly {other}" for other in others)
    ends = {"closed", "held", "revoked", "withdrawn"}
    assert found == {"not-yet", *ends, *(f"possibly {one}" for one in (*ends, "open", "published"))}
