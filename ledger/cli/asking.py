"""The readers: state, board, timeline, log, show, forces."""

from datetime import date, timedelta
from typing import Any

import click

from events import Entry, WorldEvent
from events.body import BodyRegistered
from events.entry import instant
from ledger.book import Bodies, bases
from ledger.cli import words
from ledger.cli.clocks import Clocks, as_of_option
from ledger.cli.output import Answer, Form, output_options
from ledger.cli.setting import setting
from ledger.errors import NotFound
from ledger.store.ledger import Reader
from projections.body import BodyHistory
from projections.due import due as owed
from projections.state import board_row, body_state
from projections.statistics import figures, side_by_side
from projections.threads import threads as threads_of
from projections.timeline import timeline as timeline_of

Json = dict[str, Any]


@click.command()
@click.argument("body")
@as_of_option
@click.option("--all", "ended", is_flag=True, help="List what no longer holds too.")
@output_options
@click.pass_context
def state(ctx: click.Context, body: str, as_of: date | None, ended: bool, form: Form) -> None:
    """What is true of a BODY on a day: phase, concerns, recommendations, grades.

    BODY is a slug, a code, a name or an alias.
    """
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, as_of)
        history = history_of(reader, find_body(reader, body))
        found = body_state(history, clocks.as_of, bases(reader, history.entries), ended=ended)
    document = {"schema": "force-ledger/state/v1", **_identity(found), **clocks.to_json(), **found}
    form.print(Answer(document, _state_rows(found), words.state_in_words(found), str(clocks)))


@click.command()
@as_of_option
@output_options
@click.pass_context
def board(ctx: click.Context, as_of: date | None, form: Form) -> None:
    """Every body on one day: phase, since when, open concerns, overdue recommendations."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, as_of)
        histories = [history_of(reader, body) for body in sorted(Bodies.of(reader).registered)]
        rows = [board_row(history, clocks.as_of, bases(reader, history.entries)) for history in histories]
    form.print(Answer(rows, rows, words.board_in_words(rows), str(clocks)))


@click.command()
@click.argument("body")
@as_of_option
@output_options
@click.pass_context
def timeline(ctx: click.Context, body: str, as_of: date | None, form: Form) -> None:
    """What changed when for a BODY, up to a day."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, as_of)
        history = history_of(reader, find_body(reader, body))
    rows = [change.to_json() for change in timeline_of(history) if change.day <= clocks.as_of]
    form.print(Answer(rows, rows, words.timeline_in_words(history.name(clocks.as_of), rows), str(clocks)))


@click.command()
@click.argument("body", required=False)
@as_of_option
@click.option(
    "--within", metavar="DAYS", help="Only what falls due within so many days, such as 90d; overdue included."
)
@output_options
@click.pass_context
def due(ctx: click.Context, body: str | None, as_of: date | None, within: str | None, form: Form) -> None:
    """What is promised or owed and not on record as done: reviews, responses under section 55 of the Police Act 1996,
    recommendations with a deadline. For one BODY, or for all.

    Silence is not failure: the ledger says "nothing recorded by", never "failed".
    """
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, as_of)
        registered = Bodies.of(reader).registered
        bodies = sorted(registered) if body is None else [find_body(reader, body)]
        found = [
            item
            for slug in bodies
            for item in owed(
                history_of(reader, slug), reader.referring_to(f"about:{slug}"), clocks.as_of, kind=registered[slug].type
            )
        ]
    horizon = clocks.as_of + timedelta(days=_days(within)) if within else date.max
    rows = [item.to_json() for item in sorted(found, key=lambda item: (item.due, item.body)) if item.due <= horizon]
    form.print(Answer(rows, rows, words.due_in_words(rows), str(clocks)))


@click.command()
@click.argument("body")
@as_of_option
@output_options
@click.pass_context
def threads(ctx: click.Context, body: str, as_of: date | None, form: Form) -> None:
    """Matters of a BODY that came back: recurrence, escalation, a claim followed by a finding on the same subject."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, as_of)
        history = history_of(reader, find_body(reader, body))
    found = [thread.to_json() for thread in threads_of(history, clocks.as_of)]
    rows = [{"thread": n, **fact} for n, thread in enumerate(found, 1) for fact in thread["facts"]]
    text = words.threads_in_words(history.name(clocks.as_of), found)
    form.print(Answer(found, rows, text, str(clocks)))


@click.command()
@click.argument("bodies", nargs=-1, metavar="[BODY]...")
@click.option("--metric", metavar="ID", help="Only this metric.")
@click.option(
    "--per", type=click.IntRange(min=1), metavar="N", help="Convert figures to this denominator: 1000, 100000."
)
@as_of_option
@output_options
@click.pass_context
def statistics(
    ctx: click.Context, bodies: tuple[str, ...], metric: str | None, per: int | None, as_of: date | None, form: Form
) -> None:
    """Figures that sources quote of BODYs (of all, if none is given), side by side only where they may be compared.

    Figures by different denominators are kept apart, unless --per asks for their conversion.
    """
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, as_of)
        slugs = [find_body(reader, body) for body in bodies] or sorted(Bodies.of(reader).registered)
        entries = [entry for slug in slugs for entry in reader.under(f"{slug}/statistic/")]
    shown = [e for e in entries if isinstance(e.event, WorldEvent) and e.event.effective.latest <= clocks.as_of]
    found = [figure for figure in figures(shown, per=per) if metric in (None, figure.said.metric)]
    groups = [[figure.to_json() for figure in group] for group in side_by_side(found)]
    rows = [{"group": n, **row} for n, group in enumerate(groups, 1) for row in group]
    form.print(Answer(rows, rows, words.statistics_in_words(groups), str(clocks)))


@click.command()
@click.argument("body", required=False)
@click.option("-n", "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@output_options
@click.pass_context
def log(ctx: click.Context, body: str | None, limit: int, form: Form) -> None:
    """Entries as they were recorded, the newest first; those of one BODY, if it is given."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, None)
        if body is None:
            entries = reader.newest(limit)
        else:
            slug = find_body(reader, body)
            of_body = [*reader.under(f"{slug}/"), *reader.matters([f"body/{slug}"])[f"body/{slug}"]]
            entries = sorted(of_body, key=lambda entry: -entry.position)[:limit]
    rows = [entry_row(entry) for entry in entries]
    form.print(Answer(rows, rows, words.log_in_words(rows), str(clocks)))


@click.command()
@click.argument("id")
@output_options
@click.pass_context
def show(ctx: click.Context, id: str, form: Form) -> None:
    """Everything on one entry (#12, or an event id), or one matter: a document's id, or a concern as
    BODY/concern/ID."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, None)
        if (entry := _entry(reader, id)) is not None:
            referring = reader.referring_to(entry.event_id)
            text = words.entry_in_words(entry, referring)
            document = {"schema": "force-ledger/entry/v1", **entry_json(entry), "referred_to_by": _positions(referring)}
            rows = [entry_row(entry)]
        else:
            matter, entries = _matter(reader, id)
            referring = reader.referring_to(matter)
            text = words.matter_in_words(matter, entries, referring)
            document = {
                "schema": "force-ledger/matter/v1",
                "matter": matter,
                "entries": [entry_json(e) for e in entries],
            }
            document["referred_to_by"] = _positions(referring)
            rows = [entry_row(entry) for entry in entries]
    form.print(Answer({**document, **clocks.to_json()}, rows, text, str(clocks)))


@click.group()
def forces() -> None:
    """The bodies that the inspectorate inspects."""


@forces.command("list")
@output_options
@click.pass_context
def forces_list(ctx: click.Context, form: Form) -> None:
    """All registered bodies."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, None)
        rows = [_body_row(body) for _, body in sorted(Bodies.of(reader).registered.items())]
    text = "\n".join(f"{row['body']:<20} {row['code'] or '-':<10} {row['name']}" for row in rows)
    form.print(Answer(rows, rows, text or "No bodies are registered.", str(clocks)))


@forces.command("show")
@click.argument("body")
@output_options
@click.pass_context
def forces_show(ctx: click.Context, body: str, form: Form) -> None:
    """One body, found by slug, code, name or alias."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, None)
        row = _body_row(Bodies.of(reader).registered[find_body(reader, body)])
    text = "\n".join(
        f"{name:<8} {', '.join(value) if isinstance(value, list) else value or '-'}" for name, value in row.items()
    )
    form.print(Answer({"schema": "force-ledger/body/v1", **row, **clocks.to_json()}, [row], text, str(clocks)))


def find_body(reader: Reader, text: str) -> str:
    """The slug of a body. Raises NotFound with what is near."""
    try:
        return Bodies.of(reader).find(text)
    except LookupError as error:
        raise NotFound(str(error.args[0])) from None


def history_of(reader: Reader, body: str) -> BodyHistory:
    """Everything on record of a body."""
    registration = f"body/{body}"
    return BodyHistory.of(body, [*reader.matters([registration])[registration], *reader.under(f"{body}/")])


def entry_row(entry: Entry) -> Json:
    """An entry as a row of the log."""
    return {
        "position": entry.position,
        "recorded_at": instant(entry.recorded_at),
        "recorded_by": entry.recorded_by,
        "kind": entry.kind,
        "effective": entry.event.effective.text if isinstance(entry.event, WorldEvent) else None,
        "matter": entry.matter,
        "sequence": entry.sequence,
        "event_id": entry.event_id,
    }


def entry_json(entry: Entry) -> Json:
    """An entry whole."""
    return {
        **entry_row(entry),
        "version": entry.event.version,
        "data": entry.event.data(),
        "submission": entry.submission,
    }


def _days(text: str) -> int:
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise click.BadParameter(f"'{text}' is not a number of days; write it like 90d", param_hint="--within")
    return int(number)


def _entry(reader: Reader, id: str) -> Entry | None:
    number = id.removeprefix("#")
    if number.isascii() and number.isdecimal():
        found = reader.at([int(number)]) if len(number) < 19 else []
        if not found:
            raise NotFound(f"there is no entry #{number}", hint="see `force-ledger log`")
        return found[0]
    if len(id) == 64 and set(id) <= set("0123456789abcdef"):
        return reader.by_event_id([id]).get(id)
    return None


def _matter(reader: Reader, id: str) -> tuple[str, list[Entry]]:
    candidates = [id, f"document/{id}", f"body/{id}"]
    body, slash, rest = id.partition("/")
    if slash:
        candidates += [f"{slug}/{rest}" for slug in Bodies.of(reader).known(body)]
    found = reader.matters(candidates)
    for matter in candidates:
        if found[matter]:
            return matter, found[matter]
    raise NotFound(
        f"nothing is on record as '{id}'",
        hint="name an entry (#12), an event id, a document's id, or a concern as BODY/concern/ID",
    )


def _identity(found: Json) -> Json:
    return {"body": found["body"], "name": found["name"]}


def _state_rows(found: Json) -> list[Json]:
    """The state as rows: one for each thing that is true."""
    monitoring = found["monitoring"]
    rows = [_row("monitoring", "", monitoring["phase"], monitoring)]
    rows += [_row("concern", concern["id"], concern["status"], concern) for concern in found["concerns"]]
    rows += [
        _row("recommendation", f"{concern['id']}/{item['id']}", item["status"], concern)
        for concern in found["concerns"]
        for item in concern["recommendations"]
    ]
    rows += [_row("judgement", f"{j['framework']}/{j['area']}", j["grade"], j) for j in found["judgements"]]
    rows += [
        _row("tally", f"{tally['framework']}/{grade}", number, tally)
        for tally in found["tallies"]
        for grade, number in tally["counts"].items()
    ]
    rows += [
        _row(subject.removesuffix("s"), item["id"], item.get("value") or item.get("stance") or item["status"], item)
        for subject in ("findings", "statistics", "statements", "responses", "reviews", "plans")
        for item in found[subject]
    ]
    oversight = found["oversight"]
    if oversight["status"] == "nothing-recorded":
        return [*rows, _row("oversight", "", "nothing-recorded", {"since": None, "basis": None, "entries": []})]
    return [*rows, _row("oversight", oversight["office"], oversight["name"], oversight)]


def _row(subject: str, id: str, value: Any, part: Json) -> Json:
    return {
        "subject": subject,
        "id": id,
        "value": value,
        "since": part["since"],
        "certainty": part.get("certainty", "certain"),
        "basis": part["basis"],
        "entries": words.numbers(part["entries"]),
    }


def _body_row(body: BodyRegistered) -> Json:
    named = ("body", "code", "name", "type", "nation", "region")
    return {name: getattr(body, name) for name in named} | {"aliases": list(body.aliases)}


def _positions(entries: list[Entry]) -> list[int]:
    return [entry.position for entry in entries]
