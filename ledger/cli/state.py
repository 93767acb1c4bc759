"""state and board: what is true on a day."""

from typing import Any

import click

from ledger.cli.clocks import clock_options
from ledger.cli.completion import offered
from ledger.cli.glancing import glancing
from ledger.cli.output import Answer, Form, numbers, output_options
from projections.state import board_row, body_state

Json = dict[str, Any]


@click.command()
@click.argument("body", shell_complete=offered)
@clock_options
@click.option("--all", "ended", is_flag=True, help="List what no longer holds too.")
@output_options
@click.pass_context
def state(ctx: click.Context, /, body: str, ended: bool, form: Form, **clocks: Any) -> None:
    """What is true of a BODY on a day: phase, concerns, recommendations, grades.

    BODY is a slug, a code, a name or an alias.
    """
    with glancing(ctx, **clocks) as seen:
        found = body_state(seen.parts(seen.find_body(body)), ended=ended)
    document = {"schema": "force-ledger/state/v1", **_identity(found), **seen.clocks.to_json(), **found}

    def text() -> str:
        from ledger.cli.words import state_in_words

        return state_in_words(found)

    form.print(Answer(document, lambda: state_rows(found), text, str(seen.clocks)))


@click.command()
@clock_options
@output_options
@click.pass_context
def board(ctx: click.Context, /, form: Form, **clocks: Any) -> None:
    """Every body on one day: phase, since when, open concerns, overdue recommendations."""
    with glancing(ctx, **clocks) as seen:
        rows = [board_row(parts) for parts in seen.board()]

    def text() -> str:
        from ledger.cli.words import board_in_words

        return board_in_words(rows)

    form.print(Answer(rows, rows, text, str(seen.clocks)))


def _identity(found: Json) -> Json:
    return {"body": found["body"], "name": found["name"]}


def state_rows(found: Json) -> list[Json]:
    """The state as rows: one for each thing that is true."""
    monitoring = found["monitoring"]
    rows = [_row("monitoring", "", monitoring["phase"], monitoring)]
    rows += [_row("concern", concern["id"], concern["status"], concern) for concern in found["concerns"]]
    rows += [
        _row(f"recommendations {which}", concern["id"], concern[f"recommendations_{which}"], concern)
        for concern in found["concerns"]
        for which in ("issued", "open")
    ]
    rows += [
        _row(subject, f"{concern['id']}/{item['id']}", item[field], concern)
        for concern in found["concerns"]
        for item in concern["recommendations"]
        for subject, field in (("recommendation", "status"), ("deadline", "deadline"))
    ]
    rows += [_row("inspected", f"{j['framework']}/{j['area']}", j["inspected"], j) for j in found["judgements"]]
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


def _behind(part: Json) -> list[int]:
    """The positions behind a part of a state, and behind what else is possible."""
    possible = (number for other in part.get("alternatives", ()) for number in other["entries"])
    return sorted({*part["entries"], *possible})


def _row(subject: str, id: str, value: Any, part: Json) -> Json:
    return {
        "subject": subject,
        "id": id,
        "value": value,
        "since": part["since"],
        "certainty": part.get("certainty", "certain"),
        "basis": part["basis"],
        "entries": numbers(_behind(part)),
    }
