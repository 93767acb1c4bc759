"""Pages in real browsers: nothing is wrong with any kind of page, and the browser checks its proof.

`make browsers` installs what is needed. FORCE_LEDGER_SCREENSHOTS=FOLDER keeps a picture of each page.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger.cli import run
from ledger.store.store import Store
from tests.browser.node import HERE, NODE, Case, Json
from tests.conftest import MENDED
from tests.publish.test_publish import SAID
from tests.publish.test_site import ABOUT, WORDS
from tests.support.website import website

BROWSERS = {"chrome": ("chromium", "chromium-browser", "google-chrome"), "firefox": ("firefox-esr", "firefox")}
WIDTHS = [360, 1280]
AS_OF = "2026-11-21"
pytestmark = [
    pytest.mark.in_a_file,
    pytest.mark.skipif(
        not NODE or not (HERE / "node_modules").exists(), reason="not tested in browsers: run `make browsers` first"
    ),
]


class Site(NamedTuple):
    folder: Path
    pages: dict[str, Path]
    """The largest page of each kind."""
    withheld: int
    """The position of an entry whose data were withheld."""

    def entry(self, name: object) -> Path:
        return self.folder / "entries" / str(name) / "index.html"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site of the press story, with its corrections; an entry that was withheld; a pack in ``pack.html``."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        patch.setenv("FORCE_LEDGER_GAP_DAYS", "100000")
        told("init", "--origin", "example.org/pages")
        Path("statement.yaml").write_text(SAID, "utf-8")
        for batch in (*map(str, MENDED), "statement.yaml"):
            told("append", batch)
        with Store(Path("ledger.db")) as ledger, ledger.reading() as reader:
            withheld = reader.head().size - 1
        reason = ("--reason", "It named somebody.")
        told("retract", f"#{withheld}", *reason)
        told("withhold", f"#{withheld}", "--ground", "personal-data", "--yes", *reason)
        told("site", "site", "--as-of", AS_OF)
        told("pack", "west-midlands/concern/investigations-2023", "site/pack.html")
        yield Site(folder / "site", kinds(folder / "site"), withheld)


def told(*command: str) -> None:
    assert run([*command]) == 0, command


def kinds(site: Path) -> dict[str, Path]:
    """The largest page of each kind; its address without what is particular to it is the kind."""
    found: dict[str, Path] = {}
    for path in sorted(site.rglob("*.html"), key=lambda path: path.stat().st_size):
        parts = list(path.relative_to(site).with_suffix("").parts)
        for particular in (1, 3) if parts[0] == "forces" else (1,):
            if len(parts) > particular + 1:
                parts[particular] = "x"
        if parts[:2] == ["forces", "x"] and len(parts) == 4 and parts[2] != "phase":
            parts[2] = "day"
        found["-".join(parts)] = path
    return found


def tampered(site: Site, page: Path) -> Iterator[tuple[str, Path]]:
    """An entry's page with one character changed: of its proof, of the log's key, of the text that it shows."""
    html = page.read_text("utf-8")
    case = Case.on(html.encode())
    file = json.loads(case.proof)
    last = file["entries"][-1]
    changes = {
        "entry": last["entry"][30:60], "salted": last["salted"][30:60], "proof": last["inclusion"][0][:30],
        "signature": file["checkpoint"].rpartition(" ")[2][20:60], "key": f'data-log-key="{case.log_key}',
        "text": "&#34;reason&#34;: &#34;The",
    }  # fmt: skip
    for what, text in changes.items():
        assert text in html
        path = site.entry(f"changed-{what}")
        path.parent.mkdir(exist_ok=True)
        path.write_text(html.replace(text, text[:-4] + flipped(text[-4]) + text[-3:]), "utf-8")
        yield what, path


def flipped(char: str) -> str:
    return "B" if char == "A" else "A"


def browse(browser: str, pages: Iterable[Json]) -> dict[str, Any]:
    """What the browser found on each page. Skips the test where there is no such browser."""
    executable = next(filter(None, map(shutil.which, BROWSERS[browser])), None)
    if not executable:
        pytest.skip(f"not tested in {browser}, which is not here: run `make browsers` first")
    job = {
        "browser": browser, "executable": executable, "pages": list(pages), "widths": WIDTHS,
        "shots": os.environ.get("FORCE_LEDGER_SCREENSHOTS"),
    }  # fmt: skip
    return node("browse.mjs", job)


def node(script: str, given: object) -> dict[str, Any]:
    command = [str(NODE), str(HERE / script)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("browser", BROWSERS)
def test_nothing_is_wrong_with_any_kind_of_page(site: Site, browser: str) -> None:
    """No error, no foreign request, nothing that axe-core finds, no page wider than a phone; over http and from a file,
    the proof of each entry is checked, and each changed byte is found."""
    pages = site.pages
    entry = pages["entries-x-index"]
    changed = dict(tampered(site, entry))
    with website(site.folder) as host:

        def at(path: Path) -> str:
            return f"{host}/{path.relative_to(site.folder)}"

        found = browse(browser, [
            *({"name": name, "url": at(path), "axe": True} for name, path in pages.items()),
            {"name": "file", "url": entry.as_uri()},
            {"name": "pack-file", "url": pages["pack"].as_uri()},
            {"name": "withheld", "url": at(site.entry(site.withheld)), "axe": True},
            *({"name": name, "url": at(entry), "missing": name} for name in ("no-subtle", "no-ed25519")),
            *({"name": f"changed-{what}", "url": at(path)} for what, path in changed.items()),
        ])  # fmt: skip
    wrong = {
        name: problems
        for name, one in found.items()
        if (problems := [*one["violations"], *one["errors"], *(f"wider than {width}" for width in one["wide"])])
    }
    assert wrong == {}
    checked = {name: one["verification"]["result"] for name, one in found.items() if one["verification"]}
    assert checked == {
        **dict.fromkeys(("entries-x-index", "file", "pack", "pack-file", "verify-index"), "yes"),
        **{name: "yes" for name in pages if name.endswith("-evidence")},
        **dict.fromkeys(("withheld", "no-ed25519"), "partly"),
        "no-subtle": "not done",
        **{f"changed-{what}": "no" for what in changed},
    }
    assert found["forces-x-index"]["day"] == [
        "Nothing is recorded for certain up to that day.",
        "The state on that day: 1 December 2023",
        "The state on that day: 23 July 2024. Possibly changed by then: A day in 2024",
        "That day is later than the day of this site.",
    ]
    asked = {address for one in found.values() for address in one["asked"]}
    assert {address for address in asked if not address.startswith((f"{host}/", "file:"))} == set()
    assert {*found["pack-file"]["asked"]} <= {pages["pack"].as_uri()}  # Firefox does not tell of files


HOSTILE = (
    """</script></title></td>'"><script>document.title = 1</script><img src=x onerror="document.title = 2">"""
    """<a href="javascript:document.title = 3">x</a> {{ 7 * 7 }} %s null =HYPERLINK("javascript:x") """
)
LONGEST = 250  # a title


@pytest.mark.parametrize("browser", BROWSERS)
def test_no_text_runs_or_breaks_a_page(browser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Markup, script, addresses, templates and words without end, in every field of text, in each kind of page."""
    monkeypatch.chdir(tmp_path)
    assert len(HOSTILE) < LONGEST
    text = json.dumps(HOSTILE + "W" * (LONGEST - len(HOSTILE)))[1:-1]
    told("init")
    Path("batch.yaml").write_text(ABOUT.replace(WORDS, text), "utf-8")
    told("append", "batch.yaml", "--yes")
    told("site", "site", "--as-of", AS_OF)
    pages = kinds(tmp_path / "site")
    found = browse(browser, [{"name": name, "url": path.as_uri()} for name, path in pages.items()])
    wrong = {name: [*one["errors"], *one["wide"]] for name, one in found.items() if one["errors"] or one["wide"]}
    assert wrong == {}
    assert {name for name, one in found.items() if not one["title"].endswith("Force ledger")} == set()
    problems = node("validate.mjs", [str(path) for path in pages.values()])
    assert {file: found for file, found in problems.items() if found} == {}


def test_the_html_of_each_kind_of_page_is_valid(site: Site) -> None:
    found = node("validate.mjs", [str(path) for path in site.pages.values()])
    assert {file: problems for file, problems in found.items() if problems} == {}
