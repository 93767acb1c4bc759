"""Evidence: kept whole or not at all, hashed whenever it is read; every quote on record held against it."""

import errno
import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ledger import files
from ledger.apart import CannotRead
from ledger.cli import run
from ledger.errors import NotFound, NotVerified, Refused
from ledger.evidence import folder as kept
from ledger.evidence import pdf
from ledger.evidence import text as reading
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import CheckedQuote, QuoteStatus, check_quotes
from ledger.evidence.text import NoText, read_text
from ledger.store.store import Store
from tests.conftest import address, record_yaml
from tests.evidence.test_text import PAGE, pdf_of

LETTER = "The force has made progress.\nIts custody suites are still too full.\n"
STANDS, STANDS_NOT = "Its custody suites are still too full.", "Its custody suites are full."


def hashed(text: str | bytes) -> str:
    return sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def registered(document: str = "letter", hash: str | None = None) -> str:
    known = f", sha256: {hash}" if hash else ""
    return (
        f"- {{kind: document.registered, document: {document}, type: inspectorate-letter, title: The {document}, "
        f"publisher: HMICFRS{known}}}\n"
    )


def reaffirmed(month: str, quote: str, document: str = "letter") -> str:
    return (
        f"- {{kind: concern.reaffirmed, body: kent, concern: custody, effective: {month}, "
        f'documents: [{{document: {document}, quote: "{quote}"}}]}}\n'
    )


def corrected(position: int, replacement: str) -> str:
    said = f"type: recording-error, reason: A slip., replacement: {replacement.removeprefix('- ').strip()}"
    return f"- {{kind: entry.corrected, target: '#{position}', {said}}}\n"


ISSUED = (
    "- {kind: concern.issued, body: kent, concern: custody, title: Custody, recommendations_issued: 2, "
    "effective: 2024-01, documents: [letter]}\n"
)


@pytest.fixture
def evidence(ledger: Store) -> Evidence:
    return Evidence(ledger.database.evidence_folder)


@pytest.fixture
def keep(evidence: Evidence, tmp_path: Path) -> Callable[[str | bytes], str]:
    """Keeps a document of these words."""

    def do(content: str | bytes) -> str:
        (tmp_path / "file").write_bytes(content.encode() if isinstance(content, str) else content)
        return evidence.add(tmp_path / "file")

    return do


Keep = Callable[[str | bytes], str]


def check(ledger: Store) -> list[CheckedQuote]:
    """What a fresh look at the files says of every quote."""
    with ledger.reading() as reader:
        return check_quotes(reader, Evidence(ledger.database.evidence_folder))


def findings(ledger: Store) -> list[tuple[int, QuoteStatus]]:
    return [(checked.position, checked.verdict.status) for checked in check(ledger)]


# The folder


def test_a_document_is_kept_by_its_hash_beside_the_ledger(ledger: Store, evidence: Evidence, keep: Keep) -> None:
    assert list(evidence) == []
    kept = [keep(LETTER), keep(PAGE), keep(b"\x00\x01")]
    assert kept == [hashed(LETTER), hashed(PAGE), hashed(b"\x00\x01")]
    assert list(evidence) == sorted(kept)
    assert evidence.read(kept[0]) == LETTER.encode()
    assert (ledger.database.evidence_folder / kept[0][:2] / kept[0]).read_text() == LETTER


def test_what_is_kept_already_is_not_written_again(evidence: Evidence, keep: Keep) -> None:
    path = evidence.path(keep(LETTER))
    os.utime(path, (1, 1))
    assert keep(LETTER) == path.name
    assert path.stat().st_mtime == 1
    assert list(evidence) == [path.name]


def test_a_file_that_has_changed_is_never_taken_for_the_document(evidence: Evidence, keep: Keep) -> None:
    kept = keep(LETTER)
    evidence.path(kept).write_text(LETTER.replace("full", "empty"))
    for attempt in (lambda: evidence.read(kept), lambda: evidence.text(kept), lambda: keep(LETTER)):
        with pytest.raises(NotVerified, match="has changed; restore it from a backup"):
            attempt()
    evidence.path(kept).unlink()
    with pytest.raises(NotFound, match="is not in the evidence folder; use `evidence add FILE`"):
        evidence.read(kept)
    assert evidence.read(keep(LETTER)) == LETTER.encode()


@pytest.mark.parametrize("broken", ["os.fsync", "pathlib.Path.replace"])
def test_a_document_is_kept_whole_or_not_at_all(
    evidence: Evidence, keep: Keep, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(broken, full)
        with pytest.raises(OSError, match="No space left"):
            keep(LETTER)
    assert [path for path in evidence.folder.rglob("*") if path.is_file()] == []
    assert keep(LETTER) in evidence


def test_it_gets_its_name_only_when_it_is_on_disk(
    evidence: Evidence, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def synced(handle: int) -> None:
        done.append("fsync")
        fsync(handle)

    def renamed(path: Path, target: Path) -> Path:
        assert (path.parent, path.read_text()) == (evidence.folder, LETTER)
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    keep(LETTER)
    assert done[:3] == ["fsync", "rename", "fsync"]


def test_what_a_crash_left_over_is_not_kept(evidence: Evidence, keep: Keep) -> None:
    kept = keep(LETTER)
    (evidence.folder / ".0123456789abcdef.new").write_text("half of it")
    (evidence.folder / kept[:2] / f"{kept}.bak").write_text("something else")
    (evidence.folder / "00").mkdir()
    (evidence.folder / "00" / kept).write_text("in another folder")
    assert list(evidence) == [kept]


def test_a_file_that_is_not_there_makes_no_folder(evidence: Evidence, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        evidence.add(tmp_path / "no-such-file")
    assert not evidence.folder.exists()


# At append


@pytest.mark.parametrize(
    ("content", "quote"),
    [
        (LETTER, STANDS),
        (PAGE, "the backlog grows"),
        (pdf_of("It must still investi-", "gate crime."), "It must still investigate crime."),
    ],
)
def test_a_quote_that_stands_is_recorded(ledger: Store, keep: Keep, content: str | bytes, quote: str) -> None:
    receipt = record_yaml(ledger, registered(hash=keep(content)) + ISSUED + reaffirmed("2024-02", quote))
    assert receipt.warnings == ()
    assert findings(ledger) == [(48, QuoteStatus.FOUND)]
    with pytest.raises(Refused, match=r"documents\.0\.quote: the quote was not found in 'letter'"):
        record_yaml(ledger, reaffirmed("2024-03", "Nothing of the kind."))


def test_nobody_waits_for_the_reading_of_a_document(ledger: Store, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a long document is read, another writes to the ledger."""
    read: list[bytes] = []

    def slowly(data: bytes) -> reading.Text:
        read.append(data)
        with Store(ledger.database) as another:
            record_yaml(another, registered("another"))
        return reading.read_text(data)

    monkeypatch.setattr(kept, "read_text", slowly)
    batch = registered(hash=keep(LETTER)) + ISSUED + reaffirmed("2024-02", STANDS)
    assert record_yaml(ledger, batch).appended
    assert read == [LETTER.encode()]


def test_a_quote_may_stand_in_any_version(ledger: Store, keep: Keep) -> None:
    record_yaml(ledger, registered(hash=keep(LETTER)) + ISSUED)
    revised = "- {kind: document.revised, document: letter, effective: 2024-02, change: Longer., sha256: %s}\n"
    record_yaml(ledger, revised % keep(LETTER + "It was revised."))
    assert record_yaml(ledger, reaffirmed("2024-03", "It was revised.")).warnings == ()
    record_yaml(ledger, (revised % ("1" * 64)).replace("2024-02", "2024-04"))
    (warning,) = record_yaml(ledger, reaffirmed("2024-05", "It was revised again.")).warnings
    assert "the quote is unchecked: 'letter' is not in the evidence folder (SHA-256 111111111111…)" in str(warning)


def test_what_is_kept_and_cannot_be_read_is_unchecked(ledger: Store, evidence: Evidence, keep: Keep) -> None:
    scan, letter = keep(pdf_of("")), keep(LETTER)
    record_yaml(ledger, registered("scan", scan) + registered("letter", letter) + ISSUED)
    (warning,) = record_yaml(ledger, reaffirmed("2024-02", STANDS, "scan")).warnings
    assert "unchecked: 'scan' cannot be read: it has no text; it may be a scan" in str(warning)
    evidence.path(letter).write_text("It was tampered with.")
    (warning,) = record_yaml(ledger, reaffirmed("2024-03", "It was tampered with.")).warnings
    assert "unchecked: the evidence file of 'letter' has changed" in str(warning)
    assert [finding for _, finding in findings(ledger)] == [QuoteStatus.UNREADABLE] * 2


def test_the_documents_of_a_mending_and_of_a_body_are_looked_up_too(ledger: Store, keep: Keep) -> None:
    record_yaml(ledger, registered(hash=keep(LETTER)) + ISSUED)
    cited = f'documents: [{{document: letter, quote: "{STANDS_NOT}"}}]'
    for batch in (
        f"- {{kind: entry.contradicted, target: '#47', claim: Otherwise., {cited}}}\n",
        f"- {{kind: entry.retracted, target: '#47', reason: Not so., {cited}}}\n",
        f"- {{kind: body.registered, body: gotham, type: police-force, name: Gotham, nation: England, {cited}}}\n",
    ):
        with pytest.raises(Refused, match="the quote was not found in 'letter'"):
            record_yaml(ledger, batch)
        assert record_yaml(ledger, batch.replace(STANDS_NOT, STANDS)).appended
    assert {finding for _, finding in findings(ledger)} == {QuoteStatus.FOUND}


def test_other_corrections_go_on_beside_a_quote_that_was_found_wrong_later(ledger: Store, keep: Keep) -> None:
    record_yaml(ledger, registered(hash=hashed(LETTER)) + ISSUED)
    record_yaml(ledger, reaffirmed("2024-02", STANDS_NOT) + reaffirmed("2024-03", STANDS_NOT))
    keep(LETTER)
    assert findings(ledger) == [(48, QuoteStatus.NOT_FOUND), (49, QuoteStatus.NOT_FOUND)]
    record_yaml(ledger, corrected(48, reaffirmed("2024-02", STANDS)))
    assert findings(ledger) == [(49, QuoteStatus.NOT_FOUND), (50, QuoteStatus.FOUND)]
    record_yaml(ledger, "- {kind: entry.retracted, target: '#49', reason: A slip.}\n")
    assert findings(ledger) == [(50, QuoteStatus.FOUND)]


# On record


def test_what_is_missing_is_unchecked(ledger: Store, evidence: Evidence, keep: Keep) -> None:
    kept = keep(LETTER)
    record_yaml(ledger, registered(hash=kept) + registered("note") + ISSUED)
    record_yaml(ledger, reaffirmed("2024-02", STANDS) + reaffirmed("2024-03", "It is so.", "note"))
    evidence.path(kept).unlink()
    verdicts = [checked.verdict for checked in check(ledger)]
    assert [verdict.status for verdict in verdicts] == [QuoteStatus.MISSING] * 2
    assert all(verdict.unchecked for verdict in verdicts)
    assert "the SHA-256 of 'note' is not on record" in verdicts[1].why


@pytest.mark.parametrize("extractor", ["an older reader", None])
def test_what_found_a_quote_before_excuses_nothing(
    ledger: Store, keep: Keep, monkeypatch: pytest.MonkeyPatch, extractor: str | None
) -> None:
    """Whoever signs a false quote can name any extractor that found it: only what is found now counts."""
    record_yaml(ledger, registered(hash=keep(LETTER)) + ISSUED)
    with monkeypatch.context() as patch:
        read = read_text(LETTER.encode())
        patch.setattr(kept, "read_text", lambda _: read._replace(extractor=extractor or read.extractor))
        patch.setattr(reading.Text, "holds", lambda text, quote: True)
        record_yaml(ledger, reaffirmed("2024-02", STANDS_NOT))
        assert findings(ledger) == [(48, QuoteStatus.FOUND)]
    assert findings(ledger) == [(48, QuoteStatus.NOT_FOUND)]
    assert run(["--ledger", address(ledger), "verify"]) == 5
    assert run(["--ledger", address(ledger), "evidence", "check"]) == 5


def test_a_refused_quote_with_an_ellipsis_says_what_its_parts_need(ledger: Store, keep: Keep) -> None:
    record_yaml(ledger, registered(hash=keep(LETTER)) + ISSUED)
    assert record_yaml(ledger, reaffirmed("2024-02", "The force has … are still too full.")).appended
    with pytest.raises(Refused, match=r"not found in 'letter' \(around an ellipsis, quote 3 words at least\)"):
        record_yaml(ledger, reaffirmed("2024-03", "The force … too full."))
    with pytest.raises(Refused, match="not found in 'letter'; quote"):
        record_yaml(ledger, reaffirmed("2024-03", "The force has … are too full."))


# The commands


@pytest.fixture
def desk(ledger: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clerk's desk, with a letter on it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORCE_LEDGER", address(ledger))
    (tmp_path / "letter.txt").write_text(LETTER)
    return tmp_path


def test_adding_tells_the_hash_and_whose_it_is(desk: Path, ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "add", "letter.txt"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{hashed(LETTER)}  letter.txt\n  no document on record has this SHA-256; give it to")
    record_yaml(ledger, registered(hash=hashed(LETTER)))
    assert run(["evidence", "add", "letter.txt", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"file": "letter.txt", "sha256": hashed(LETTER), "documents": ["letter"]}
    ]
    assert run(["evidence", "add", "no-such-file.txt"]) == 2
    assert run(["--ledger", "no-such.db", "evidence", "add", "letter.txt"]) == 6
    assert not (desk / "no-such.evidence").exists()


def test_the_list_has_what_is_kept_and_what_is_not(
    desk: Path, ledger: Store, keep: Keep, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, stray = keep(LETTER), keep(PAGE)
    record_yaml(ledger, registered(hash=kept) + registered("lost", "1" * 64) + registered("note"))
    assert run(["evidence", "list", "--json"]) == 0
    rows = {
        row["document"]: (row["position"], row["sha256"], row["bytes"]) for row in json.loads(capsys.readouterr().out)
    }
    assert rows == {
        "force-ledger-forces": (2, None, None),
        "letter": (46, kept, len(LETTER)),
        "lost": (47, "1" * 64, None),
        "note": (48, None, None),
        None: (None, stray, len(PAGE.encode())),
    }
    assert run(["evidence", "list"]) == 0
    told = capsys.readouterr().out
    for words in (
        "stored, 68 bytes",
        "not stored",
        "its SHA-256 is not on record",
        "no document on record has this SHA-256",
    ):
        assert words in told


def test_a_check_that_passes_says_what_is_unchecked(
    desk: Path, ledger: Store, keep: Keep, capsys: pytest.CaptureFixture[str]
) -> None:
    record_yaml(ledger, registered(hash=keep(LETTER)) + registered("note") + ISSUED)
    record_yaml(ledger, reaffirmed("2024-02", STANDS) + reaffirmed("2024-03", "It is so.", "note"))
    assert run(["evidence", "check"]) == 0
    told = capsys.readouterr().out
    assert "\"It is so.\"  #50\n  unchecked: the SHA-256 of 'note' is not on record\n" in told
    assert "files: 1 unchanged\nquotes: 1 found, 1 unchecked\n" in told
    assert run(["evidence", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


@pytest.mark.parametrize("wrong", ["a file", "a quote"])
def test_a_check_that_fails_exits_with_5(
    desk: Path, ledger: Store, evidence: Evidence, keep: Keep, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    record_yaml(ledger, registered(hash=hashed(LETTER)) + ISSUED + reaffirmed("2024-02", STANDS_NOT))
    keep(LETTER)
    if wrong == "a file":
        evidence.path(hashed(LETTER)).write_text(STANDS_NOT)
    assert run(["evidence", "check", "--json"]) == 5
    out, err = capsys.readouterr()
    failed = [row for row in json.loads(out)["checks"] if row["finding"] in ("changed", "not-found")]
    assert [row["check"] for row in failed] == [wrong.removeprefix("a ")]
    assert json.loads(out)["ok"] is False
    assert (json.loads(err)["error"]["code"], json.loads(err)["error"]["exit"]) == ("verification", 5)
    assert run(["evidence", "check"]) == 5
    out, err = capsys.readouterr()
    assert ("has changed" if wrong == "a file" else '"Its custody suites are full."  #48\n  not found: ') in out
    assert err.startswith("Error: 1 of 2 checks failed; ")


# Bounds


def test_texts_in_memory_are_bounded(evidence: Evidence, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_IN_MEMORY", 100)
    read: list[bytes] = []

    def counted(data: bytes) -> reading.Text:
        read.append(data)
        return read_text(data)

    monkeypatch.setattr(kept, "read_text", counted)
    long, short, none = keep("x" * 200), keep("y" * 60), keep(b"\x00")
    for document, times in ((long, 1), (long, 1), (short, 2), (short, 2), (long, 3), (short, 4)):
        evidence.text(document)
        assert len(read) == times
    for _ in range(2):
        with pytest.raises(NoText):
            evidence.text(none)
    assert len(read) == 5, "that it cannot be read is remembered too"


def test_a_document_that_is_too_large_is_hashed_and_not_read(
    ledger: Store, keep: Keep, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 50)
    letter = keep(LETTER)
    evidence.check(letter)
    with pytest.raises(NoText, match="it is larger than 0 MiB"):
        evidence.read(letter)
    (warning,) = record_yaml(ledger, registered(hash=letter) + ISSUED + reaffirmed("2024-02", STANDS)).warnings
    assert "unchecked" in str(warning)
    evidence.path(letter).write_text("changed" * 50)
    with pytest.raises(NotVerified):
        evidence.check(letter)


def test_a_pdf_with_too_much_text_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_LONGEST", 30)
    assert len(pdf.read_here(pdf_of(("It is so.",), ("It is so.",)))) == 2
    with pytest.raises(CannotRead, match="its text is longer than"):
        pdf.read_here(pdf_of(*[("It is so.",)] * 9))
