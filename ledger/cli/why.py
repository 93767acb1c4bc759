"""why and diff: the basis of a state, and the differences of two states."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import click

from events import Entry
from events.frameworks import frameworks
from ledger.cli import words
from ledger.cli.clocks import Parse, Parsed, answers, clock_options, pair_of, question
from ledger.cli.completion import offered
from ledger.cli.output import Answer, Command, Form, is_quiet, output_options
from ledger.cli.state import OF_AN_INSPECTION, state_rows
from ledger.errors import NotFound
from ledger.query.citations import Citations, flat_document
from ledger.query.clocks import day_of, moment_of
from ledger.query.context import QueryContext
from projections.identity import IDENTITY
from projections.shown import differences
from projections.subject import ITEM_SUBJECTS, numbers

Json = dict[str, Any]
_NOTHING: Json = {"since": None, "until": None, "status": None, "certainty": "certain", "possibly": [], "basis": None}
_NOTHING |= {"possibly_basis": [], "entries": [], "sources_differ": []}
DAYS = Parsed("date", partial(pair_of, day_of))


@click.command(cls=Command)
@click.argument("body", required=False, shell_complete=offered)
@click.argument("subject", required=False)
@click.argument("which", required=False, metavar="[ID]")
@click.option("--phase", type=click.Choice(["scan", "engage"]), help="Why the bodies in this phase are in it.")
@answers
def why(context: QueryContext, body: str | None, subject: str | None, which: str | None, phase: str | None) -> Answer:
    """Show who says so, and why: the entries, reasons and documents that the state of a BODY rests on.

    Or those of one SUBJECT alone, or of one with this ID: `why WMP monitoring`, `why WMP concern marac-2023`.
    `why --phase engage` shows why each body that is in this phase, or possibly is, is in it. What contradicts an entry,
    and what is no longer in force, is marked.
    """
    if bool(body) is bool(phase):
        raise click.UsageError("Give BODY or --phase, not both." if body else "Give BODY, or --phase.")
    rows = [row for row in context.board(phase=phase) if row["certainty"] != "presumed"] if phase else []
    bodies = {row["body"]: row["name"] for row in rows} if phase else {context.find_body(body or ""): ""}
    told = {slug: _why(context, slug, "monitoring" if phase else subject, which) for slug in bodies}
    parts = [{"body": slug, **part} for slug, own in told.items() for part in own]
    flat = [row for part in parts for row in _flat(part)]
    columns = dict.fromkeys(name for row in flat for name in row)
    texts = [(f"{bodies[slug]}\n" if phase else "") + words.why_in_words(own) for slug, own in told.items()]
    text = "\n".join(texts) or "No body is on record in this phase."
    return Answer(parts, [{**columns, **row} for row in flat], text)


def _why(context: QueryContext, body: str, subject: str | None, which: str | None) -> list[Json]:
    state = context.state(body, ended=True)
    rows = _chosen(context, state_rows(state), body, subject, which)
    titles = {concern["id"]: concern["title"] for concern in state["concerns"]}
    behind = [(row, _behind(context, row, body)) for row in rows]
    citations = Citations(context, {entry.position: entry for _, own in behind for entry in own}.values())
    return [{**row, "entries": [citations.of(entry, titles) for entry in own]} for row, own in behind]


def _chosen(context: QueryContext, rows: list[Json], body: str, subject: str | None, id: str | None) -> list[Json]:
    """The rows about a subject, with its id; about ``concern/ID``, or an id alone; or one for what was retracted of it.
    Raises NotFound for anything else."""
    if subject and id is None and "/" in subject:
        subject, _, id = subject.partition("/")
    wanted = (subject or "").replace("-", " ")
    of_subject = [
        row
        for row in rows
        if wanted in ("", row["subject"], _matter(row, body).split("/")[1])
        or (row["subject"] == "sought" and row["id"].startswith(f"{wanted}/"))
    ]
    found = [row for row in of_subject if id is None or id in _ids(row)]
    nothing = {"subject": wanted, "id": id or "", "value": "nothing-recorded", **_NOTHING}
    if not found and _behind(context, nothing, body):
        return [nothing]
    if subject and id is None and not of_subject and (named := [row for row in rows if subject in _ids(row)]):
        return named
    if not of_subject:
        there_are = ", ".join(dict.fromkeys(row["subject"] for row in rows))
        raise NotFound(f"no '{subject}' is on record of {body}", hint=f"there are {there_are}")
    if not found:
        there_are = ", ".join(dict.fromkeys(row["id"] for row in of_subject if row["id"]))
        raise NotFound(f"no {subject} '{id}' is on record of {body}", hint=f"there are {there_are}")
    return found


def _ids(row: Json) -> Iterator[str]:
    """What names a row: its id, a part of it, or of a judgement its programme and area, as `timeline` and `diff` do."""
    framework, of, area = row["id"].partition("/")
    yield from (row["id"], framework, *area.split("/"))
    if of and framework in frameworks():
        yield f"{frameworks()[framework].programme}/{area}"


def _matter(row: Json, body: str) -> str:
    """The matter that a row of a state is about."""
    match row["subject"]:
        case "monitoring" | "pending move":
            return f"{body}/monitoring"
        case "sought":
            return f"{body}/sought/{row['id'].replace('/', '.')}"
        case subject if subject in OF_AN_INSPECTION:
            return f"{body}/inspection"
        case "oversight" | "territory" | "merger" | "name":
            return f"body/{body}"
        case subject if subject in ITEM_SUBJECTS and "/" not in row["id"]:
            return f"{body}/{subject}/{row['id']}"
    return f"{body}/concern/{row['id'].split('/')[0]}"


def _behind(context: QueryContext, row: Json, body: str) -> list[Entry]:
    """The entries behind a row, those that corroborate or contradict them, and those that were retracted."""
    told = {*row["entries"], *row["sources_differ"]}
    found = {entry.position: entry for entry in context.reader.entries_at(told)}
    for matter in dict.fromkeys([_matter(row, body), *(entry.matter for entry in found.values())]):
        versions, recorded = context.versions(matter), context.recorded(matter)
        gone = [entry for entry in versions.retracted() if _is_of(row, entry) and context.shows(entry)]
        facts = [*found.values(), *gone]
        found |= {
            entry.position: entry
            for entry in recorded
            if any(versions.are_of_one_fact(entry.event_id, fact.event_id) for fact in facts) and context.shows(entry)
        }
    return [found[position] for position in sorted(found)]


def _is_of(row: Json, entry: Entry) -> bool:
    """Whether an entry of the matter of a row is about its subject, and not another of the same matter."""
    subject, event = row["subject"], entry.content
    if subject in ("judgement", "inspected"):
        return bool(f"{getattr(event, 'framework', '')}/{getattr(event, 'area', '')}" == row["id"])
    if subject == "tally":
        return entry.kind == "tally.given" and bool(row["id"].startswith(f"{getattr(event, 'framework', '')}/"))
    return entry.kind in IDENTITY[subject].steps if subject in IDENTITY else True


def _flat(part: Json) -> Iterator[Json]:
    """A part as rows, one for each document of each entry."""
    of_part = {name: value for name, value in part.items() if name not in ("basis", "possibly_basis", "entries")}
    of_part["sources_differ"] = numbers(of_part["sources_differ"])
    for entry in part["entries"] or [{}]:
        own = {name: value for name, value in entry.items() if name != "documents"}
        own |= {"concerns": ", ".join(concern["id"] for concern in entry.get("concerns", ()))}
        own |= {"because": numbers(entry.get("because", ()))}
        own |= {"sources_differ": of_part["sources_differ"]}
        yield from ({**of_part, **own, **flat_document(cited)} for cited in entry.get("documents", ()))
        if not entry.get("documents"):
            yield {**of_part, **own}


def _one_or_two(parse: Parse, text: str) -> Any:
    return pair_of(parse, text) if ".." in text else parse(text)


@click.command(cls=Command)
@click.argument("asked", nargs=-1, metavar="[BODY]... [DATE..DATE]", shell_complete=offered)
@click.option("--all", "every", is_flag=True, help="Of all bodies.")
@partial(
    clock_options,
    moment=Parsed("when", partial(_one_or_two, moment_of)),
    public=Parsed("date", partial(_one_or_two, day_of)),
)
@output_options
def diff(asked: tuple[str, ...], every: bool, as_of: date | None, known_at: Any, public_at: Any, form: Form) -> None:
    """Show how the state of each BODY differs between two dates (2023-11-23..2023-12-22).

    Or, with --known-at A..B (#46..#102, or two dates), what the ledger recorded in between; or, with --public-at A..B,
    what became public in between.
    """
    names = [word for word in asked if ".." not in word]
    dates = [DAYS.convert(word, None, None) for word in asked if ".." in word]
    if bool(names) is every:
        raise click.UsageError("Name the bodies, or give --all.")
    if len(dates) + isinstance(known_at, tuple) + isinstance(public_at, tuple) != 1:
        raise click.UsageError("Give either two dates (2023-11-23..2023-12-22), --known-at A..B or --public-at A..B.")
    days = dates[0] if dates else (as_of, as_of)
    known, public = (one if isinstance(one, tuple) else (one, one) for one in (known_at, public_at))
    with question() as context:
        later = context.at(days[1], known[1], public[1])
        earlier = context.at(days[0] or later.clocks.as_of, known[0], public[0])
        bodies = later.find_bodies(*names)
        rows = [
            {"body": body, **row}
            for body in bodies
            for row in differences(earlier.on_day(body).states, later.on_day(body).states)
        ]
    first = earlier.clocks
    document = {"schema": "force-ledger/diff/v1", "bodies": bodies, "from": first.to_json(), "differences": rows}
    text = [words.diff_in_words(rows, several=len(bodies) > 1), *([] if is_quiet(first) else [f"from {first}, to"])]
    form.print(Answer(document, rows, text), later.clocks)
