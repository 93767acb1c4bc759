"""state, board, forces: what is true on a day, and the register of bodies."""

from typing import Any

import click

from events.terms import folded
from ledger.cli.clocks import answers
from ledger.cli.completion import offered
from ledger.cli.layout import Table, Text
from ledger.cli.output import Answer, Command, Group
from ledger.query.context import QueryContext
from projections.subject import BEHIND, ITEM_SUBJECTS, differ_in_words, numbers

Json = dict[str, Any]
_SECTIONS = (
    *("monitoring", "concerns", "judgements", "findings", "statistics", "statements", "responses"),
    *("recommendations", "reviews", "plans"),
)
OF_AN_INSPECTION = ("judgement", "inspected", "tally")
"""The subjects of rows that an inspection gives."""
_ALONE = {"certainty": "certain", "alternatives": (), "until": None}
"""Of a value that has no alternatives and no end, unlike the part that it is told with."""


@click.command(cls=Command)
@click.argument("body", shell_complete=offered)
@click.option("--all", "ended", is_flag=True, help="List what has ended too, and long lists in full.")
@click.option("--section", type=click.Choice(_SECTIONS), help="Print only this section, in full.")
@answers
def state(context: QueryContext, body: str, ended: bool, section: str | None) -> Answer:
    """Show what is true of a BODY on a day: phase, concerns, recommendations, grades.

    BODY is a slug, a code, a name or an alias. Of a long list the latest are printed, and the others counted.
    """
    found = context.state(body, ended=ended)

    def text() -> str:
        from ledger.cli.words import state_in_words

        return state_in_words(found, section=section, full=ended or section is not None)

    return Answer(
        {"schema": "force-ledger/state/v1", **found},
        lambda: [_flat(row) for row in state_rows(found)],
        text,
    )


@click.command(cls=Command)
@click.option("--type", "kind", metavar="TYPE", help="Only bodies of this type: police-force, fire-and-rescue-service.")
@click.option("--region", metavar="REGION", help="Only bodies of this region.")
@click.option("--phase", type=click.Choice(["scan", "engage"]), help="Only bodies that are in this phase, or possibly.")
@answers
def board(context: QueryContext, kind: str | None, region: str | None, phase: str | None) -> Answer:
    """Show every body on one day: phase, since when, open concerns, overdue recommendations."""
    _check("type", kind, context)
    _check("region", region, context)
    rows = context.board(kind, region, phase)

    def text() -> Text:
        from ledger.cli.words import board_in_words

        return board_in_words(rows)

    return Answer(rows, rows, text)


def _check(field: str, text: str | None, context: QueryContext) -> None:
    known = sorted({body[field] for body in context.bodies.registered.values() if body[field]})
    if text and folded(text) not in map(folded, known):
        there_are = f"there are {', '.join(known)}" if known else "none is recorded"
        raise click.BadParameter(f"no body is of the {field} '{text}'; {there_are}.", param_hint=f"--{field}")


class _OrABody(Group):
    """A group that takes any other word for a body to show."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["show", *args])


@click.group(cls=_OrABody)
def forces() -> None:
    """List the bodies that the inspectorate inspects, or show one: `forces list`, `forces kent`."""


@forces.command("list")
@answers
def forces_list(context: QueryContext) -> Answer:
    """List all registered bodies."""
    registered = context.bodies.registered
    rows = [_body_row(body, name, registered[body]) for body, name in context.names(sorted(registered)).items()]
    table = Table((), [(row["body"], row["code"] or "-", f"{row['name']}{_differ(row)}") for row in rows])
    return Answer(rows, rows, [table] if rows else "No bodies are registered.")


@forces.command("show")
@click.argument("body", shell_complete=offered)
@answers
def forces_show(context: QueryContext, body: str) -> Answer:
    """Show one BODY, found by slug, code, name or alias."""
    slug = context.find_body(body)
    row = _body_row(slug, context.names([slug])[slug], context.bodies.registered[slug])
    text = "\n".join(
        f"{name:<8} {', '.join(value) if isinstance(value, list) else value or '-'}"
        for name, value in row.items()
        if name != "sources_differ"
    )
    return Answer({"schema": "force-ledger/body/v1", **row}, [row], f"{text}{_differ(row)}")


def state_rows(found: Json) -> list[Json]:
    """The state as rows: one for each value, with the positions behind it."""
    concerns, judgements, oversight = found["concerns"], found["judgements"], found["oversight"]
    monitoring, pending = found["monitoring"], found["monitoring"]["pending"]
    rows = [_row("monitoring", "", monitoring["phase"], monitoring)]
    if pending:
        rows.append(_row("pending move", "", pending["phase"] or "none", pending))
    rows += [_row("concern", concern["id"], concern["status"], concern) for concern in concerns]
    for concern in concerns:
        issue = next((one for one in concern["evidence"] if one["kind"] == "concern.issued"), concern)
        issued = {**issue, "since": concern["issued"], **_ALONE}
        counted = {**concern, **_ALONE, "since": concern["recommendations_open_since"]}
        counted["alternatives"] = concern.get("recommendations_open_possibly", [])
        number = concern["recommendations_issued"]
        if together := concern.get("counted_with"):
            number = f"{number} together with {', '.join(together)}"
        rows.append(_row("recommendations issued", concern["id"], number, issued))
        rows.append(_row("recommendations open", concern["id"], concern["recommendations_open"], counted))
        for item in concern["recommendations"]:
            id = f"{concern['id']}/{item['id']}"
            rows.append(_row("recommendation", id, item["status"], item))
            rows.append(_row("deadline", id, item["deadline"], issued))
    for judged in judgements:
        id = f"{judged['framework']}/{judged['area']}"
        inspected = {**judged, **_ALONE, "since": judged["inspected_since"], "until": judged.get("until")}
        rows.append(_row("inspected", id, judged["inspected"], inspected))
        rows.append(_row("judgement", id, judged["grade"], judged))
    for tally in found["tallies"]:
        framework, counts = tally["framework"], tally["counts"]
        rows += [_row("tally", f"{framework}/{grade}", number, tally) for grade, number in counts.items()]
        rows += [] if counts else [_row("tally", framework, "not-yet", tally)]
    rows += [
        _row(subject.removesuffix("s"), item["id"], _value(item), item)
        for subject in (f"{subject}s" for subject in ITEM_SUBJECTS)
        for item in found[subject]
    ]
    rows += [_row("sought", item["id"], item["status"], item) for item in found.get("sought", ())]
    if oversight["status"] == "nothing-recorded":
        nothing: Json = {"since": None, "basis": None, "entries": [], "sources_differ": []}
        rows.append(_row("oversight", "", "nothing-recorded", nothing))
    else:
        rows.append(_row("oversight", oversight["office"], oversight["name"], oversight))
    territory, merger, registration = found["territory"], found["merger"], found["registration"]
    rows += [_row("territory", "", territory["territory"], territory)] if "territory" in territory else []
    rows += [_row("merger", merger["into"] or "", "merged" if merger["into"] else "none", merger)] if merger else []
    return [*rows, _row("name", "", found["name"], registration)] if registration else rows


def _value(item: Json) -> str:
    """Its figure or stance while it stands, else its status: ``since`` is then when it ended."""
    stands = item["status"] != "not-yet" and "until" not in item
    return str((stands and (item.get("value") or item.get("stance"))) or item["status"])


def _row(subject: str, id: str, value: Any, part: Json) -> Json:
    """A value of a part. If that is only possibly on record, every value is possible."""
    only_possible = "not-yet" in (part.get("status"), part.get("grade"))
    others = part.get("alternatives", ())
    behind = (part, *others)
    return {
        "subject": subject,
        "id": id,
        "value": value,
        "since": part["since"],
        "until": part.get("until"),
        "status": part.get("status") if subject in OF_AN_INSPECTION else None,
        "certainty": "possible" if others or only_possible else part.get("certainty", "certain"),
        "possibly": [other["value"] for other in others],
        "basis": part["basis"],
        "possibly_basis": [other["basis"] for other in others],
        **{of: sorted({position for one in behind for position in one[of]}) for of in BEHIND},
    }


def _flat(row: Json) -> Json:
    """The row with its lists as text."""
    positions = {field: numbers(row[field]) for field in BEHIND}
    return {**row, **{name: ", ".join(map(str, row[name])) for name in ("possibly", "possibly_basis")}, **positions}


def _differ(row: Json) -> str:
    return f"  {differ}" if (differ := differ_in_words(row["sources_differ"])) else ""


def _body_row(body: str, name: str, registered: Json) -> Json:
    fields = {name: registered[name] for name in ("type", "nation", "region", "aliases", "established")}
    differ = {"sources_differ": registered["sources_differ"]}
    return {"body": body, "code": registered["code"], "name": name, **fields, **differ}
