"""The evidence pack: one file that has all of a matter, and checks itself."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import lxml.html
import orjson
import pytest

from ledger.audit.sign import sign
from ledger.log.policy import Policy
from ledger.publish.check_proof import check
from ledger.publish.prove import Prover
from ledger.publish.site.proof import page_proof
from ledger.record.keys import KeyRing
from ledger.replay import log_keys
from ledger.store.store import Store
from tests.browser.node import Case, checked, needs_node
from tests.conftest import ORIGIN, Told, record_yaml
from tests.publish.test_publish import RETRACTED, SAID, WITHHELD

BATCH = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: '</script><b>A</b>', publisher: H}
- {kind: document.registered, document: other, type: inspectorate-letter, title: Another, publisher: HMICFRS}
- {kind: body.registered, body: kent, name: Kent Police, type: police-force, nation: England, documents: [other]}
- kind: concern.issued
  body: kent
  concern: custody-2024
  title: Custody <!-- of "children"
  effective: 2024-05-01
  documents: [letter]
- {kind: monitoring.engaged, body: kent, effective: 2024-05-01, documents: [letter]}
- {kind: monitoring.returned, body: kent, effective: 2024-09-01, documents: [letter]}
"""
REGISTER = ["document", "register", "--document", "new", "--type", "dataset", "--title", "New", "--publisher", "N"]
CONCERN, MOVE = "kent/concern/custody-2024", "#6"


@pytest.fixture
def packed(told: Told, tmp_path: Path) -> Told:
    (tmp_path / "batch.yaml").write_text(BATCH, "utf-8")
    assert told("append", "batch.yaml")[0] == 0
    assert told("correct", "#5", "title=Custody", "--type", "recording-error", "--reason", "A slip.")[0] == 0
    return told


def pack(told: Told, what: str, file: str = "pack.html") -> bytes:
    code, _, err = told("pack", what, file)
    assert code == 0, err
    return Path(file).read_bytes()


def test_a_pack_has_all_entries_of_its_matter_and_the_documents_that_they_cite(packed: Told) -> None:
    page = lxml.html.document_fromstring(pack(packed, CONCERN).decode())
    assert [one.get("id") for one in page.iter("article")] == ["entry-5", "entry-8", "entry-2"]
    text = str(page.xpath("string()"))
    assert "</script><b>A</b>" in text
    assert 'Custody <!-- of "children"' in text
    assert "Another" not in text
    inside = {one.get("id") for one in page.iter() if one.get("id")}
    links = [one.get("href") or "" for one in page.iter("a")]
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= inside
    assert all(link.startswith(("#", "https://")) for link in links)


def test_a_move_has_its_own_fact_alone(packed: Told) -> None:
    page = lxml.html.document_fromstring(pack(packed, MOVE).decode())
    assert [one.get("id") for one in page.iter("article")] == ["entry-6", "entry-2"]
    whole = lxml.html.document_fromstring(pack(packed, "kent/monitoring").decode())
    assert [one.get("id") for one in whole.iter("article")] == ["entry-6", "entry-7", "entry-2"]


def test_nothing_is_fetched_and_only_its_own_script_may_run(packed: Told) -> None:
    html = pack(packed, CONCERN).decode()
    page = lxml.html.document_fromstring(html)
    fetched = [one.get("src") or one.get("href") for one in page.iter("script", "img", "link", "iframe")]
    assert {*fetched} == {None, "data:,"}
    (policy,) = [one.get("content") or "" for one in page.iter("meta") if one.get("http-equiv")]
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    for kind, tag in (("style-src", "style"), ("script-src", "script(?! type)")):
        ((inline,),) = [re.findall(rf"<{tag}>(.*?)</{tag.partition('(')[0]}>", html, re.DOTALL)]
        assert allowed[kind] == f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'"
    assert not [one for one in page.iter() for name in one.attrib if name == "style" or str(name).startswith("on")]


def test_it_stays_the_same_until_something_bears_on_it(packed: Told, tmp_path: Path) -> None:
    before = pack(packed, CONCERN)
    assert packed(*REGISTER)[0] == 0
    assert pack(packed, CONCERN, "again.html") == before
    assert packed("correct", "#8", "title=Cells", "--type", "recording-error", "--reason", "A slip.")[0] == 0
    assert pack(packed, CONCERN, "changed.html") != before


def test_what_it_has_is_a_proof_file_as_prove_writes_it(packed: Told, tmp_path: Path) -> None:
    case = Case.on(pack(packed, CONCERN))
    with Store(tmp_path / "ledger.db") as ledger, ledger.reading() as reader:
        keys = log_keys(reader)
    assert case.log_key == str(keys[-1])
    saved = orjson.dumps(orjson.loads(case.proof), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    assert [words.split()[0] for words in check(saved, Policy(tuple(keys)))[1:4]] == ["#2", "#5", "#8"]


@needs_node
def test_the_browser_would_accept_it(packed: Told) -> None:
    html = pack(packed, CONCERN)
    (found,), (changed,) = (checked([Case.on(one)]) for one in (html, html.replace(b"A slip", b"A slap")))
    assert (found["result"], changed["result"]) == ("yes", "no")
    assert changed["steps"][-1]["words"] == "Entry 8: its text on this page is not what was checked."


@pytest.mark.parametrize(
    ("what", "message"), [("#999", "there is no entry #999"), ("kent/concern/none", "nothing is on record as")]
)
def test_what_is_not_there_is_told(packed: Told, what: str, message: str) -> None:
    code, _, err = packed("pack", what, "pack.html")
    assert (code, message in err) == (6, True)
    assert not Path("pack.html").exists()


@pytest.mark.in_a_file
def test_what_is_not_signed_yet_has_no_proof(ledger: Store) -> None:
    """Neither has an entry whose data were withheld by a decision that is not signed yet."""
    said = record_yaml(ledger, SAID).appended[-1].position
    record_yaml(ledger, RETRACTED.format(n=said))
    for then in ("", WITHHELD.format(n=said)):
        if then:
            sign(ledger, KeyRing(ORIGIN))
            with ledger.reading() as reader:
                assert page_proof(Prover(reader), reader.entries_at([said]))
            record_yaml(ledger, then)
        with ledger.reading() as reader:
            assert page_proof(Prover(reader), reader.entries_at([said])) is None
