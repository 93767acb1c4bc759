"""evidence: store the documents that are cited, list them, and check what is quoted from them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from events.document import DocumentRegistered, DocumentRevised
from ledger.cli.clocks import question
from ledger.cli.completion import offered
from ledger.cli.config import config_of
from ledger.cli.output import Answer, Form, Group, output_options
from ledger.errors import NotFound, NotVerified, Refused
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import CheckedQuote, QuoteStatus, check_quotes
from ledger.evidence.text import NoText, fold
from ledger.store.reader import Reader
from projections.amendments import in_force

Row = dict[str, Any]
LONGEST_QUOTE = 300  # characters: as many as a quote may have
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=Group)
def evidence() -> None:
    """Store the documents that are cited beside the ledger, and check the quotes from them."""


@evidence.command("add")
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE…")
@output_options
def evidence_add(files: tuple[Path, ...], form: Form) -> None:
    """Store a copy of each FILE. Print its SHA-256, and which document on record it is."""
    where = config_of()
    with question() as context:
        named = _named(context.reader)
    rows: list[Row] = []
    for file in files:
        sha256 = where.evidence.add(file)
        documents = [row["document"] for row in named if row["sha256"] == sha256]
        rows.append({"file": str(file), "sha256": sha256, "documents": documents})
    form.print(Answer(rows, rows, "\n".join(map(_added, rows))), context.clocks)


@evidence.command("find")
@click.argument("document", shell_complete=offered)
@click.argument("words", nargs=-1, required=True)
@output_options
def evidence_find(document: str, words: tuple[str, ...], form: Form) -> None:
    """Propose quotes from a stored DOCUMENT: the sentences with all of these WORDS, as `quote` takes them."""
    where = config_of()
    with question() as context:
        known = [row["sha256"] for row in _named(context.reader) if row["document"] == document]
    if not known:
        raise NotFound(f"no document '{document}' is registered", hint="see `force-ledger evidence list`")
    if not any(known):
        add = f"if you have it, `document revise --document {document} --file FILE`"
        raise NotFound(f"there is no evidence of '{document}': its SHA-256 is not on record", hint=add)
    try:
        texts = [where.evidence.text(sha256).folded for sha256 in known if sha256]
    except NoText as error:
        raise Refused(f"'{document}' cannot be read: {error}", hint="type the quote yourself") from None
    found = [quote for text in texts for quote in _sentences(text, words)]
    rows: list[Row] = [{"document": document, "quote": quote} for quote in dict.fromkeys(found)]
    form.print(
        Answer(rows, rows, "\n".join(row["quote"] for row in rows) or "No sentence has all of these words."),
        context.clocks,
    )


def _sentences(text: str, words: Sequence[str]) -> Iterator[str]:
    """The sentences of a text that have all of these words; of a long one, the part around the first of them."""
    wanted = [fold(word).casefold() for word in words]
    for sentence in re.split(r"(?<=[.!?]) +", text):
        if all(word in sentence.casefold() for word in wanted):
            at = sentence.casefold().index(wanted[0])
            start = sentence.rfind(" ", 0, max(at - LONGEST_QUOTE // 2, 0)) + 1 if len(sentence) > LONGEST_QUOTE else 0
            part = sentence[start : start + LONGEST_QUOTE]
            yield part if len(sentence) - start <= LONGEST_QUOTE else part.rpartition(" ")[0]


@evidence.command("list")
@output_options
def evidence_list(form: Form) -> None:
    """List the documents on record, and what is stored of each. Other stored files are listed last."""
    with question() as context:
        rows = _listed(_named(context.reader), config_of().evidence)
    lines = (f"{(row['sha256'] or '-')[:12]:<12}  {row['document'] or '-':<48}  {_size_in_words(row)}" for row in rows)
    told = "\n".join(lines) or "No documents are registered, and none are stored."
    form.print(Answer(rows, rows, told), context.clocks)


@evidence.command("check")
@output_options
def evidence_check(form: Form) -> None:
    """Hash every stored file again, and look for every quote on record in its document.

    A quote stays unchecked if its document is not stored or cannot be read. That is no failure.
    """
    stored = config_of().evidence
    with question() as context:
        quotes = check_quotes(context.reader, stored)
    rows = [*_files_checked(stored), *map(_quote_checked, quotes)]
    failed = [row for row in rows if row["finding"] in ("changed", QuoteStatus.NOT_FOUND)]
    document = {"schema": "force-ledger/evidence-check/v1", "ok": not failed, "checks": rows}
    form.print(Answer(document, rows, _in_words(rows)), context.clocks)
    if failed:
        raise NotVerified(
            f"{len(failed)} of {len(rows)} checks failed",
            hint="restore a file that has changed from a backup; use `correct` on an entry whose quote is wrong",
        )


def _named(reader: Reader) -> list[Row]:
    """The versions of all documents on record; for a document without any SHA-256, its registration."""
    rows = [
        {"document": entry.event.document, "position": entry.position, "sha256": entry.event.sha256}
        for entry in in_force(reader.entries_under("document/"))
        if isinstance(entry.event, DocumentRegistered | DocumentRevised)
    ]
    hashed = {row["document"] for row in rows if row["sha256"]}
    return [row for row in rows if row["sha256"] or row["document"] not in hashed]


def _listed(named: list[Row], evidence: Evidence) -> list[Row]:
    """The documents on record, then stored files that belong to none; ``bytes`` is None if a document is not stored."""
    on_record = {row["sha256"] for row in named}
    others = [{"document": None, "position": None, "sha256": sha256} for sha256 in evidence if sha256 not in on_record]
    rows: list[Row] = []
    for row in (*named, *others):
        sha256 = row["sha256"]
        stored = sha256 and sha256 in evidence
        rows.append({**row, "bytes": evidence.path(sha256).stat().st_size if stored else None})
    return rows


def _files_checked(evidence: Evidence) -> Iterator[Row]:
    for sha256 in evidence:
        try:
            evidence.check(sha256)
            yield _check("file", "unchanged", sha256=sha256)
        except NotVerified as error:
            yield _check("file", "changed", sha256=sha256, why=str(error))


def _quote_checked(checked: CheckedQuote) -> Row:
    quote, verdict = checked.quote, checked.verdict
    where = {"position": checked.position, "document": quote.document, "quote": quote.text}
    read = {"sha256": verdict.sha256 or None, "extractor": verdict.extractor or None, "why": verdict.why or None}
    return _check("quote", str(verdict.status), **where, **read)


def _check(what: str, finding: str, **rest: Any) -> Row:
    names = ("position", "document", "quote", "sha256", "extractor", "why")
    return {"check": what, "finding": finding, **{name: rest.get(name) for name in names}}


def _added(row: Row) -> str:
    documents = ", ".join(row["documents"])
    nowhere = "no document on record has this SHA-256; give it to `document register` or `document revise` as --sha256"
    return f"{row['sha256']}  {row['file']}\n  {documents or nowhere}"


def _size_in_words(row: Row) -> str:
    if row["sha256"] is None:
        return "its SHA-256 is not on record"
    size = "not stored" if row["bytes"] is None else f"stored, {row['bytes']:,} bytes"
    return size if row["document"] else f"{size}; no document on record has this SHA-256"


def _in_words(rows: list[Row]) -> str:
    lines = [_line(row) for row in rows if row["finding"] not in ("unchanged", QuoteStatus.FOUND)]
    for check in ("file", "quote"):
        counts = Counter(_word(row) for row in rows if row["check"] == check)
        lines.append(f"{check}s: " + (", ".join(f"{n} {word}" for word, n in counts.items()) or "none"))
    return "\n".join(lines)


def _line(row: Row) -> str:
    whose = f'"{row["quote"]}"  #{row["position"]}\n  ' if row["check"] == "quote" else ""
    return f"{whose}{_word(row)}: {row['why']}"


def _word(row: Row) -> str:
    unchecked = row["finding"] in (QuoteStatus.MISSING, QuoteStatus.UNREADABLE)
    return "unchecked" if unchecked else str(row["finding"]).replace("-", " ")
