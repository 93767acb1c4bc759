"""What a clerk may get wrong: each is told with its place and the remedy, exits as documented, and writes nothing."""

import io
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import BadParameter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import canonical, kinds, latest
from ledger.cli import run
from ledger.cli.due import _days
from ledger.cli.record import command_of
from ledger.record.create import create_ledger
from ledger.store.database import Head
from ledger.store.store import Store
from tests.conftest import ORIGIN
from tests.support.golden import FOLDER as GOLDEN

LETTER = (
    "- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}\n"
)
ENGAGED = "- {kind: monitoring.engaged, body: kent, effective: 2024-05-01, documents: [letter], concerns: [custody]}\n"
CONCERN = """\
- kind: concern.issued
  body: kent
  concern: custody
  title: Custody
  recommendations_issued: 2
  effective: 2024-04-01
  documents: [letter]
"""


@dataclass(frozen=True)
class Told:
    """What a command answered: its exit code, stderr and stdout."""

    code: int
    err: str
    out: str

    @property
    def problems(self) -> list[str]:
        """The problems on stderr, a line each."""
        return self.err.removeprefix("Error: ").splitlines()


class Desk:
    """A clerk's desk: a folder with a ledger, and the command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def run(self, *args: str) -> Told:
        self._capsys.readouterr()
        code = run(list(args))
        captured = self._capsys.readouterr()
        return Told(code, captured.err, captured.out)

    def append(self, batch: str | bytes, *options: str, file: str = "batch.yaml") -> Told:
        (self.folder / file).write_bytes(batch.encode() if isinstance(batch, str) else batch)
        return self.run("append", file, *options)

    def head(self) -> Head:
        with Store(self.folder / "ledger.db") as ledger, ledger.reading() as reader:
            return reader.head()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A desk with a new ledger of the 43 forces; the clerk stands in its folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    create_ledger(tmp_path / "ledger.db", origin=ORIGIN)
    return Desk(tmp_path, capsys)


def engaged(**changes: str) -> str:
    """A batch of a letter and, on its second line, a move to Engage with some fields written otherwise."""
    fields = {"kind": "monitoring.engaged", "body": "kent", "effective": "2024-05-01", "documents": "[letter]"}
    return LETTER + "- {" + ", ".join(f"{name}: {value}" for name, value in (fields | changes).items()) + "}\n"


def tallied(number: str) -> str:
    """A batch of a letter, an inspection, and on its third line a tally of that many areas."""
    shared = "body: kent, inspection: peel, framework: peel-2018-19, effective: 2019-05-02, documents: [letter]"
    tally = f"- {{kind: tally.given, counts: {{good: {number}}}, {shared}}}\n"
    return f"{LETTER}- {{kind: inspection.published, {shared}}}\n{tally}"


def letter(**changes: str) -> str:
    """A batch of a letter, with some fields written otherwise."""
    fields = {"kind": "document.registered", "document": "letter", "type": "inspectorate-letter"}
    fields |= {"title": "A letter", "publisher": "HMICFRS"} | changes
    return "- {" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}\n"


def graded(grade: str) -> str:
    """A batch of a letter, an inspection of 2018/19, and on its third line a judgement with that grade."""
    shared = "body: kent, inspection: peel, framework: peel-2018-19, effective: 2019-05-02, documents: [letter]"
    judgement = f"- {{kind: judgement.given, grade: {grade}, area: legitimacy, {shared}}}\n"
    return f"{LETTER}- {{kind: inspection.published, {shared}}}\n{judgement}"


CLOSED = "- §{kind: concern.closed, body: kent, concern: §custody, effective: 2024-06-01, documents: [letter]}\n"
MANY_TEXTS = "[" + ", ".join(f"'{number} {'x' * 3900}'" for number in range(20)) + "]"
LIKE_BATCHES = "this is not a batch of events; write a list of events, each with `kind:`; or `common:` and `events:`"

BAD_BATCHES = {
    # what is wrong: the batch, with a § before each place that a problem is told of; how each problem begins, in order
    "unknown force": (engaged(body="§knet"), "body: no body is known as 'knet'; did you mean kent?"),
    "a force like no other": (
        engaged(body="§Ruritania"),
        "body: no body is known as 'Ruritania'; see `force-ledger forces list`",
    ),
    "a force like others in common words alone": (
        engaged(body="§Police Scotland"),
        "body: no body is known as 'Police Scotland'; see `force-ledger forces list`",
    ),
    "a matter for an id": (
        LETTER + CLOSED.replace("§", "").replace("custody", "§kent/concern/custody-2023"),
        "concern: 'kent/concern/custody-2023' is no id: it has small letters, digits, and hyphens or dots between "
        "them; write custody-2023",
    ),
    "unknown field": (engaged(reasn="§unclear"), "reasn: there is no such field; did you mean reason?"),
    "a field like no other": (
        engaged(colour="§blue"),
        "colour: there is no such field; see `force-ledger template monitoring.engaged`",
    ),
    "unknown field of an item": (
        LETTER + CONCERN.replace("recommendations_issued: 2", "recommendations: [{id: 1, titel: §x}]"),
        "recommendations.0.titel: there is no such field; write one of id, text, deadline, not_stated",
    ),
    "a field that looks like pydantic's own": (
        engaged(**{'"literal[a]"': "§x", '"[key]"': "§x"}),
        "literal[a]: there is no such field; see `force-ledger template monitoring.engaged`",
        "[key]: there is no such field; see `force-ledger template monitoring.engaged`",
    ),
    "missing field": (
        engaged().replace("- {kind: mon", "- §{kind: mon").replace("effective: 2024-05-01, ", ""),
        "effective: is missing; give when it took effect in the world",
    ),
    "unknown kind": (engaged(kind="§monitoring.engage"), "kind: there is no kind 'monitoring.engage'; did you mean"),
    "a kind like no other": (engaged(kind="§xyz"), "kind: there is no kind 'xyz'; see `force-ledger template`"),
    "no kind": ("- §{body: kent}\n", "kind: `kind` is missing; see `force-ledger template`"),
    "wrong grade": (graded("§adequate"), "grade: PEEL 2018/19 has no grade 'adequate'; its grades are outstanding,"),
    "no grade at all": (graded("§goood"), "grade: 'goood' is not a word of this field; did you mean good?"),
    "impossible date": (
        engaged(effective="§2023-02-29"),
        "effective: '2023-02-29' is no day of the calendar; check the day and the month",
    ),
    "ambiguous date": (
        engaged(effective="§03/04/2023"),
        "effective: '03/04/2023' can be read in more than one way; for 3 April 2023 write 2023-04-03, for",
    ),
    "closure of what is not open": (
        LETTER + CLOSED.replace("- §", "- "),
        "concern: this concern is not on record on that date; record `concern issue` first, or check",
    ),
    "a second Engage": (
        LETTER + CONCERN + ENGAGED + ENGAGED.replace("2024-05-01", "§2024-06-01"),
        "effective: already in Engage since 2024-05-01 (this batch); for a concern that joins use",
    ),
    "one bad event in the middle": (
        LETTER + CONCERN.replace("[letter]", "§[lettre]") + ENGAGED,
        "documents: no document 'lettre' is registered; did you mean letter? else use `document register` first",
    ),
    "several bad events": (
        letter(type="§letter") + engaged(body="§knet", effective="§2023-13") + "- {kind: §xyz}\n",
        "type: 'letter' is not a word of this field; did you mean inspectorate-letter?",
        "body: no body is known as 'knet'; did you mean kent?",
        "effective: '2023-13' is no day of the calendar; check the day and the month",
        "kind: there is no kind 'xyz'; see `force-ledger template`",
    ),
    "broken YAML": ("- kind: [a\n  body§: {\n", "broken YAML: expected ',' or ']', but got ':'; close the list; "),
    "a tab": (
        "- a\n§\tb",
        "broken YAML: found character '\\t' that cannot start any token; write spaces, not tabs",
    ),
    "two documents": ("§--- []\n--- []\n", "there are no events here; "),
    "duplicate key": (engaged(note="a, §note: b"), "'note' is given twice; leave one out"),
    "null": (engaged(note="§null"), "note: the field has no value; fill it in, or leave it out"),
    "~": (engaged(note="§~"), "note: the field has no value; fill it in, or leave it out"),
    "nothing": (
        engaged(note="").replace("note: ", "note: §"),
        "note: the field has no value; fill it in, or leave it out",
    ),
    "an empty text": (engaged(note="§''"), "note: is empty; fill it in, or leave it out"),
    "an empty list": (engaged(documents="§[]"), "documents: is empty; write the documents that say so"),
    "an alias": (
        letter(title="§&name A letter", publisher="*name"),
        "title: anchors, aliases and tags are not read here; write values out, or put them under `common:`; ",
    ),
    "no list": ("§kind: monitoring.engaged\n", LIKE_BATCHES),
    "a text": ("§hello", LIKE_BATCHES),
    "an empty file": ("§", "there are no events here; write a list of events, each with `kind:`"),
    "a list of texts": ("- §hello\n", "this is not an event; write a mapping with `kind:`"),
    "a list as a key": (LETTER.replace("}", ", §[a]: b}"), "a key is a name; write `name: value`"),
    "a slip under common": (
        "common: {bdy: §kent}\nevents:\n" + LETTER + ENGAGED.replace("- {", "- §{").replace("body: kent, ", ""),
        "bdy: no event of this batch has such a field; did you mean body?",
        "body: is missing; give the inspected body: its slug, code, name or an alias",
    ),
    "a note of 70 kB": (letter(note="§" + "x" * 70_000), "note: has 70,000 characters, more than 4,000; shorten it"),
    "an entry of 78 kB": (
        LETTER + CONCERN + CLOSED.replace("§custody", "custody, as_a_whole: true, remaining: " + MANY_TEXTS),
        "the entry would have 78,",
    ),
    "a control character": (
        letter(title='§"A\\aletter"'),
        "title: control and invisible characters have no place in a record (U+0007, character 2 of the text); remove",
    ),
    "half a character": (letter(title='§"\\ud800"'), "title: "),
    "no such entry": (engaged(because="§'#999'"), "because.0: there is no entry #999; see `force-ledger log`"),
    "no such label": (
        engaged(because="§earlier"),
        "because.0: 'earlier' is neither #12 (an entry), nor a label given earlier in this batch, nor on record; write",
    ),
    "an entry beyond all numbers": (
        engaged(because="§'#99999999999999999999'"),
        "because.0: there is no entry #99999999999999999999; see `force-ledger log`",
    ),
    "a label that is no text": (letter(label="§[first]"), "label: is not a text; write another name for this event"),
    "a label twice": (
        letter(label="first") + letter(label="§first", document="letter-2"),
        "label: 'first' is the label of an earlier event; write another name for this event",
    ),
    "a list for yes or no": (
        LETTER + CONCERN.replace("title: Custody", "title: Custody\n  accelerated: §[]"),
        "accelerated: ",
    ),
    "fewer than none": (tallied("§-4"), "counts.good: "),
    "more than there can be": (tallied("§" + "9" * 20), "counts.good: "),
    "events twice": (f"events:\n{LETTER}§events:\n{ENGAGED}", "'events' is given twice; leave one out"),
    "a deadline of its own kind": (
        LETTER + CONCERN.replace("recommendations_issued: 2", "recommendations: [{id: 1, deadline: §soon}]"),
        "recommendations.0.deadline: 'soon' is not a deadline; write immediate, within 3 months, by 2024-03-31",
    ),
}
each_bad_batch = pytest.mark.parametrize(("batch", "expected"), [
    (batch, expected) for batch, *expected in BAD_BATCHES.values()
], ids=BAD_BATCHES)  # fmt: skip


def unmarked(batch: str) -> str:
    return batch.replace("§", "")


def marks(batch: str) -> list[str]:
    """The places of the marks in a batch, as line:column of the batch without them."""
    before = [unmarked(batch[: mark.start()]) for mark in re.finditer("§", batch)]
    return [f"{text.count(chr(10)) + 1}:{len(text) - text.rfind(chr(10))}" for text in before]


@each_bad_batch
def test_a_bad_batch_is_refused_with_every_problem(desk: Desk, batch: str, expected: list[str]) -> None:
    before = desk.head()
    told = desk.append(unmarked(batch))
    assert told.code == 3
    assert told.out == ""
    assert told.err.startswith("Error: ")
    assert len(told.problems) == len(expected), told.err
    for problem, place, start in zip(told.problems, marks(batch), expected, strict=True):
        assert problem.startswith(f"batch.yaml:{place}: {start}")
    assert desk.head() == before


@each_bad_batch
def test_check_says_what_append_would(desk: Desk, batch: str, expected: list[str]) -> None:
    told = desk.append(unmarked(batch))
    assert desk.run("check", "batch.yaml") == told


def test_a_character_that_no_text_has_is_told_with_its_line(desk: Desk) -> None:
    told = desk.append(LETTER + letter(title='"A\0letter"'))
    assert (told.code, told.err) == (
        3,
        "Error: batch.yaml:2: broken YAML: special characters are not allowed; remove the character\n",
    )


@pytest.mark.parametrize(
    "text", ['- "\\U00110000"', "[" * 3000, "? [a]\n: b\n"], ids=["no character", "too deep", "no name"]
)
@pytest.mark.parametrize("file", ["batch.yaml", "batch.jsonl"])
def test_what_the_parser_chokes_on_is_refused(desk: Desk, text: str, file: str) -> None:
    told = desk.append(text, file=file)
    assert told.code == 3
    assert told.err.startswith(f"Error: {file}")


def test_a_line_of_json_ends_where_the_line_does(desk: Desk) -> None:
    line = {"kind": "document.registered", "document": "letter", "type": "inspectorate-letter", "publisher": "HMICFRS"}
    told = desk.append(json.dumps(line | {"title": "A\u2028letter"}, ensure_ascii=False), file="batch.jsonl")
    assert told.code == 3
    (problem,) = told.problems
    assert problem.startswith(
        "batch.jsonl:1: title: control and invisible characters have no place in a record (U+2028, "
    )


BAD_LINES = {
    "broken": ('{"kind": ', ["1:10: broken JSON: Expecting value; write one JSON object a line"]),
    "broken on the second line": (
        '{"kind": "document.revised", "document": "letter", "effective": "2024", "change": "x"}\n{',
        [
            "1: document: no document 'letter' is registered; use `document register`",
            "2:2: broken JSON: Expecting property name enclosed in double quotes; write one JSON object a line",
        ],
    ),
    "duplicate key": ('{"kind": "x", "kind": "y"}', ["1: 'kind' is given twice; correct the line"]),
    "null": ('{"kind": null}', ["1: kind: the field has no value; fill it in, or leave it out"]),
    "no number": ('{"kind": NaN}', ["1: NaN is not a value; correct the line"]),
    "no event": ("[1]", ["1: this is not an event; write a JSON object with `kind`"]),
    "nothing": ("\n", ["1: there are no events here; write one JSON object a line"]),
    "unknown kind": ('{"kind": "xyz"}', ["1: kind: there is no kind 'xyz'; see `force-ledger template`"]),
}


@pytest.mark.parametrize(("lines", "expected"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_of_json_is_refused(desk: Desk, lines: str, expected: list[str]) -> None:
    before = desk.head()
    told = desk.append(lines, file="batch.jsonl")
    assert told.code == 3
    assert len(told.problems) == len(expected), told.err
    for problem, start in zip(told.problems, expected, strict=True):
        assert problem.startswith(f"batch.jsonl:{start}")
    assert desk.head() == before


def test_what_is_wrong_with_several_files_is_told_at_once(desk: Desk) -> None:
    for name in ("first.yaml", "second.yaml"):
        (desk.folder / name).write_text("hello", "utf-8")
    told = desk.run("append", "first.yaml", "second.yaml")
    assert (told.code, len(told.problems)) == (3, 2)


def test_another_encoding_is_refused(desk: Desk) -> None:
    told = desk.append(letter(title="Heddlu Môn").encode("latin-1"))
    assert (told.code, told.err) == (3, "Error: batch.yaml:1:91: this is not UTF-8 text; save the file as UTF-8\n")


def test_a_byte_order_mark_is_accepted(desk: Desk) -> None:
    assert desk.append(b"\xef\xbb\xbf" + LETTER.encode()).code == 0


def test_another_form_of_unicode_is_normalised_with_a_notice(desk: Desk) -> None:
    told = desk.append(letter(title="Heddlu Mo\u0302n"))
    assert told.code == 0
    assert told.err == (
        "document/letter: document registered  #46\n    document             letter\n"
        "    type                 inspectorate-letter\n    title                Heddlu M\u00f4n\n"
        "    publisher            HMICFRS\nThis changes no state, on any day.\n"
        "Warning: batch.yaml:1:83: title: written in Unicode form NFC, which the ledger stores\n"
    )
    assert "Heddlu M\u00f4n" in desk.run("show", "letter").out


def test_standard_input_has_a_name_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"hello")))
    assert desk.run("append", "-").problems[0].startswith("<stdin>:1:1: this is not a batch of events; write")


BAD_CALLS: dict[str, tuple[list[str], int, str]] = {
    # what is wrong: the call, its exit code, and something that stderr says
    "no such file": (["append", "nowhere.yaml"], 2, "there is no file 'nowhere.yaml'; check the path"),
    "a folder as a file": (["append", "."], 2, "there is no file '.'; check the path"),
    "unknown option": (["append", "--frobnicate", "batch.yaml"], 2, "No such option '--frobnicate'"),
    "unknown command": (["frobnicate"], 2, "No such command 'frobnicate'"),
    "a verb without its noun": (["engage", "kent"], 2, "No such command 'engage'. Did you mean 'monitoring engage'?"),
    "an argument as an option": (["due", "--body", "kent"], 2, "'--body'; write BODY alone, without the option"),
    "a field as an option": (["correct", "2", "--effective", "2024"], 2, "given without dashes: effective=VALUE"),
    "no such kind of row": (["import", "batch.yaml", "--kind", "concern.close"], 2, "did you mean concern.closed"),
    "a batch as a table": (["import", "batch.yaml", "--kind", "concern.closed"], 3, "YAML; record it with `append`"),
    "no file": (["append"], 2, "Missing argument 'FILE…|-'"),
    "no ledger to append to": (["--ledger", "nowhere.db", "append", "batch.yaml"], 6, "no ledger at nowhere.db; name"),
    "no ledger to read": (["--ledger", "nowhere.db", "state", "kent"], 6, "create one with `force-ledger --ledger"),
    "no folder of a ledger": (["--ledger", "nowhere/ledger.db", "board"], 6, "there is no ledger at nowhere/ledger.db"),
    "a folder as a ledger": (["--ledger", ".", "board"], 6, ". is a folder, not a ledger; name the file in it"),
    "no ledger of ours": (["--ledger", "batch.yaml", "board"], 6, "is not a ledger of ours; name another"),
    "init on a ledger": (["init"], 1, "there is a file ledger.db already; use it, or name another with --ledger"),
    "init on a file": (["--ledger", "batch.yaml", "init"], 1, "there is a file batch.yaml already; use it, or name"),
    "state of no body": (["state", "knet"], 6, "no body is known as 'knet'; did you mean kent?"),
    "timeline of no body": (["timeline", "Ruritania"], 6, "'Ruritania'; see `force-ledger forces list`"),
    "log of no body": (["log", "Ruritania"], 6, "no body is known as 'Ruritania'; see"),
    "no such force": (["forces", "show", "Ruritania"], 6, "no body is known as 'Ruritania'; see"),
    "no such entry": (["show", "#999"], 6, "there is no entry #999; see `force-ledger log`"),
    "no such event id": (["show", "ab" * 32], 6, "; name an entry (#12), an event id, a document's id, or a concern"),
    "no such document": (["show", "letter"], 6, "nothing is on record as 'letter'; name an entry (#12), an event id"),
    "no such concern": (["show", "kent/concern/custody"], 6, "nothing is on record as 'kent/concern/custody'; name"),
    "one like it": (["show", "body/knet"], 6, "nothing is on record as 'body/knet'; did you mean kent?"),
    "ambiguous as-of": (
        ["state", "kent", "--as-of", "03/04/2023"],
        2,
        "in more than one way; for 3 April 2023 write 2023-04-03, ",
    ),
    "impossible as-of": (["state", "kent", "--as-of", "2023-02-29"], 2, "is no day of the calendar; check the day"),
    "head moved": (["append", "batch.yaml", "--expect-head", "3"], 4, "the ledger has 46 entries, not 3; see"),
    "no such key": (["append", "batch.yaml", "--sign-as", "nobody"], 1, "; give another --sign-as"),
    "no such kind": (["template", "monitoring.engage"], 2, "there is no kind 'monitoring.engage'; did you mean"),
    "no such framework": (["frameworks", "peel"], 2, "'peel' is not one of peel-2014, peel-2015"),
    "a bad option": (
        ["monitoring", "engage", "--body", "kent", "--document", "letter", "--effective", "2023-02-29"],
        3,
        "--effective: '2023-02-29' is no day of the calendar; check the day and the month",
    ),
    "a broken value": (["tally", "give", "--counts", "{good: 5"], 3, "--counts: broken YAML: "),
    "a value no text has": (["tally", "give", "--counts", "{\x01"], 3, "--counts: broken YAML: "),
    "no folder for init": (["--ledger", "batch.yaml/ledger.db", "init"], 1, "batch.yaml"),
}


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1", b"%PDF-1.7\n"], ids=["office", "old", "pdf"]
)
@pytest.mark.parametrize("command", ["append", "check", "import"])
def test_a_file_of_another_program_is_told_as_what_it_is(desk: Desk, command: str, start: bytes) -> None:
    name = "table.csv" if command == "import" else "letter.yaml"
    (desk.folder / name).write_bytes(start + b"\xff\0" * 20)
    told = desk.run(command, name, *(["--kind", "concern.closed"] if command == "import" else []))
    assert (told.code, len(told.problems)) == (3, 1)
    assert told.problems[0].startswith(f"{name}: this is a ")
    assert ("save the table as .xlsx" if command == "import" else "`import` records a workbook") in told.problems[0]


def test_quotation_marks_of_word_processors_are_told(desk: Desk) -> None:
    (desk.folder / "batch.yaml").write_text(LETTER.replace("A letter", "“A letter”"), "utf-8")
    warned = (
        "title: the quotation marks “…” are recorded as part of the text; if they only mark its ends, leave them out"
    )
    assert warned in desk.run("append", "batch.yaml").err


@pytest.mark.parametrize(("call", "code", "says"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_a_bad_call_exits_as_documented(desk: Desk, call: list[str], code: int, says: str) -> None:
    (desk.folder / "batch.yaml").write_text(LETTER, "utf-8")
    before, files = desk.head(), sorted(desk.folder.rglob("*"))
    told = desk.run(*call)
    assert told.code == code, told.err
    assert told.out == ""
    assert says in told.err
    assert desk.head() == before
    assert sorted(desk.folder.rglob("*")) == files, "nothing is created by the way"


@pytest.mark.parametrize("text", ["ledger = 3\n", "ledger = \n"], ids=["a number", "broken"])
def test_a_bad_configuration_is_refused(desk: Desk, text: str) -> None:
    (desk.folder / "force-ledger.toml").write_text(text, "utf-8")
    told = desk.run("state", "kent")
    assert (told.code, told.out) == (3, "")
    assert f"{desk.folder / 'force-ledger.toml'}: " in told.err
    assert "; correct it, or remove it" in told.err


CODES = {1: {"already-there", "failure", "key"}, 2: {"usage"}, 3: {"refused"}, 4: {"conflict"}, 6: {"not-found"}}
TAKE_JSON = {name: call for name, call in BAD_CALLS.items() if call[0][0] not in ("init", "template", "frobnicate")}
del TAKE_JSON["init on a file"], TAKE_JSON["no folder for init"]


@pytest.mark.parametrize(("call", "code", "says"), TAKE_JSON.values(), ids=TAKE_JSON)
def test_a_bad_call_with_json_gets_an_envelope(desk: Desk, call: list[str], code: int, says: str) -> None:
    (desk.folder / "batch.yaml").write_text(LETTER, "utf-8")
    told = desk.run(*call, "--json")
    error = json.loads(told.err)["error"]
    assert (told.code, told.out, error["exit"]) == (code, "", code)
    assert error["code"] in CODES[code]
    assert error["problems"]
    assert all(set(problem) <= {"file", "field", "message", "hint"} for problem in error["problems"])


def test_a_bad_batch_with_json_gets_an_envelope_with_places(desk: Desk) -> None:
    told = desk.append(engaged(body="Ruritania", effective="2023-02-29"), "--json")
    assert (told.code, told.out) == (3, "")
    assert json.loads(told.err) == {
        "error": {
            "code": "refused",
            "exit": 3,
            "problems": [
                {
                    "file": "batch.yaml",
                    "line": 2,
                    "column": 36,
                    "field": "body",
                    "message": "no body is known as 'Ruritania'",
                    "hint": "see `force-ledger forces list`",
                },
                {
                    "file": "batch.yaml",
                    "line": 2,
                    "column": 58,
                    "field": "effective",
                    "message": "'2023-02-29' is no day of the calendar",
                    "hint": "check the day and the month",
                },
            ],
        }
    }


# Whatever a file holds, it is recorded, refused or not read; it is never the program that breaks.

HARMLESS = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
_WORDS = ["", "~", "x", "kent", "2024", "2024-05-01", "good", "#46", "#99999999999999999999", "9" * 20, "-1"]
_GOLDEN = [canonical.decode(file.read_bytes()) for file in sorted(GOLDEN.glob("*.json"))]
_texts = st.sampled_from(_WORDS) | st.text(max_size=5)
_trees = st.recursive(
    _texts | st.integers() | st.booleans() | st.none() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)
_flow = st.recursive(
    st.sampled_from(["a", "kind", "common", "events", "&a b", "*a", "'", "<<", "!x y", "? a", '"\\U00110000"', ""]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(inner, inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=8,
)
"""YAML as nobody writes it: any value may be a key."""


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """A desk whose ledger has the documents that the golden events cite."""
    both = letter(document="report-2023", type="inspectorate-report") + letter(document="letter-2023", title="Another")
    assert desk.append(both).code == 0
    return desk


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    """An event of some kind, of which up to two fields hold anything at all."""
    said = draw(st.sampled_from(_GOLDEN))
    fields = [*latest(said["kind"]).model_fields, "label"]
    changes = draw(st.dictionaries(st.sampled_from(fields), _trees, max_size=2))
    if "counts" in said["data"] and draw(st.booleans()):
        changes["counts"] = draw(st.dictionaries(_texts, _texts, max_size=2))
    return {"kind": said["kind"], **said["data"], "because": [], **changes}


_batches = _trees | st.lists(_events(), max_size=3) | st.fixed_dictionaries({"common": _trees, "events": _trees})


@HARMLESS
@given(data=st.binary(max_size=60) | (_flow | st.text("-:?[]{}&*!|>'\"#\\ \naU", max_size=25)).map(str.encode))
@pytest.mark.parametrize("file", ["batch.yaml", "batch.jsonl"])
def test_no_bytes_break_the_program(busy: Desk, file: str, data: bytes) -> None:
    assert busy.append(data, file=file).code in (0, 3)


@HARMLESS
@given(tree=_batches)
def test_no_tree_of_yaml_breaks_the_program(busy: Desk, tree: Any) -> None:
    assert busy.append(yaml.safe_dump(tree, allow_unicode=True)).code in (0, 3)


@HARMLESS
@given(tree=_events() | _trees)
def test_no_line_of_json_breaks_the_program(busy: Desk, tree: Any) -> None:
    assert busy.append(json.dumps(tree, default=str), file="batch.jsonl").code in (0, 3)


def test_a_person_is_told_some_of_very_many_warnings_and_a_script_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    document = "- {kind: document.registered, document: d, type: dataset, title: A, publisher: B, published: 2020}\n"
    said = "- {{kind: statement.made, body: kent, statement: s-{n}, stance: comments, decided_by: force, title: x, "
    said += "effective: 2021-01-01, documents: [d]}}\n"
    Path("many.yaml").write_text(document + "".join(said.format(n=n) for n in range(60)), "utf-8")
    capsys.readouterr()
    assert run(["check", "many.yaml", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["warnings"]) == 60
    assert run(["append", "many.yaml"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Warning: ")]
    assert (len(told), told[-1]) == (51, "Warning: and 10 more; --json gives them all")


def test_a_person_is_told_some_of_very_many_errors_and_a_script_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    slip = "- {{kind: document.registered, document: d-{n}, type: nothing, title: A, publisher: B}}\n"
    Path("many.yaml").write_text("".join(slip.format(n=n) for n in range(60)), "utf-8")
    capsys.readouterr()
    assert run(["append", "many.yaml", "--json"]) == 3
    assert len(json.loads(capsys.readouterr().err)["error"]["problems"]) == 60
    assert run(["append", "many.yaml"]) == 3
    told = capsys.readouterr().err.splitlines()
    assert (len(told), told[-1]) == (51, "and 10 more; --json gives them all")


def test_a_missing_field_names_its_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every command that is made from a class."""
    monkeypatch.chdir(tmp_path)
    create_ledger("ledger.db", origin=ORIGIN)
    for kind in kinds():
        class_ = latest(kind)
        needed = [name for name, info in class_.model_fields.items() if info.is_required()]
        if class_.command and needed:
            assert run(class_.command.split()) == 3
            told = capsys.readouterr().err.removeprefix("Error: ").splitlines()
            options = command_of(class_).params
            named = [option.opts[0] for name in needed for option in options if option.name == name]
            assert [line.partition(": is missing; give ")[0] for line in told] == named, kind


@pytest.mark.parametrize(
    ("text", "days"), [("90d", 90), ("90 days", 90), ("1 day", 1), ("90", 90), ("90 weeks", None), ("d", None)]
)
def test_a_number_of_days_is_read_as_people_write_it(text: str, days: int | None) -> None:
    if days is None:
        with pytest.raises(BadParameter, match="write it like 90d"):
            _days(text)
    else:
        assert _days(text) == days
