"""template, schema, frameworks: reference for writing a batch."""

import inspect
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import click
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from events import Event, kinds, latest
from events.frameworks import frameworks as all_frameworks
from ledger.cli.layout import Table, Text
from ledger.cli.output import Answer, Command, Form, output_options, print_json, say
from ledger.errors import like
from ledger.intake.template import template_of

_DIALECT = GenerateJsonSchema.schema_dialect


@click.command(cls=Command)
@click.argument("names", nargs=-1, metavar="[STARTER|KIND…]")
def template(names: tuple[str, ...]) -> None:
    """Print YAML to fill in: a STARTER for a whole letter or report, or events of some KINDs. Without a name, list all.

    What stands in <> is a blank: `append` refuses it until it is filled in.
    """
    starters = starter_files()
    if not names:
        titles = [(name, text.partition("\n")[0].removeprefix("# ")) for name, text in starters.items()]
        say([Table((), titles), "", Table((), [(name, _summary(latest(name))) for name in kinds()])])
    else:
        click.echo("".join(map(text_to_fill_in, names)), nl=False)


def text_to_fill_in(name: str) -> str:
    """The starter, or the event of a kind, with that name. Raises BadParameter where there is none."""
    starters = starter_files()
    return starters[name] if name in starters else template_of(_class(name, [*starters, *kinds()]))


def starter_files() -> dict[str, str]:
    """The starters, by name: each a batch for one kind of letter or report."""
    found = sorted(files("ledger").joinpath("data/starters").iterdir(), key=lambda file: file.name)
    return {file.name.removesuffix(".yaml"): file.read_text("utf-8") for file in found}


@click.command(cls=Command)
@click.argument("what", nargs=-1, metavar="[KIND|COMMAND]")
def schema(what: tuple[str, ...]) -> None:
    """Print the JSON Schema (2020-12) of a KIND of event, or without KIND of a whole batch; or of what a COMMAND prints
    with --json: `schema state`, `schema forces list`, `schema receipt` for all that record, `schema error`; or beside a
    page of the public site: `schema site matter`.

    Save the schema of a batch as force-ledger.schema.json beside your batches: your editor checks them as you write.
    """
    from ledger.cli.answers import ANSWERS, answer_schema  # all its forms are built when it is loaded

    name = " ".join(what)
    print_json(answer_schema(name) if name in ANSWERS else event_schema(_class(name)) if name else batch_schema())


@click.command(cls=Command)
@click.argument("framework", required=False)
@output_options
def frameworks(framework: str | None, form: Form) -> None:
    """List the inspectorate's grading frameworks, or the areas of one FRAMEWORK."""
    if framework is None:
        rows: list[dict[str, Any]] = [
            {
                "framework": f.framework,
                "title": f.title,
                "areas": len(f.areas),
                "complete": f.complete,
                "bodies": f.bodies,
                "ended": f.ended,
                "suspended": f.suspended,
                "scale": ", ".join(f.scale),
                "source": f.source,
            }
            for f in all_frameworks().values()
        ]
        text: Text = [Table((), [(row["framework"], row["title"], row["scale"]) for row in rows])]
    elif framework in all_frameworks():
        found = all_frameworks()[framework]
        rows = [
            {"area": a.area, "title": a.title, "graded": a.graded, "part_of": a.part_of} for a in found.areas.values()
        ]
        lines = [f"{found.title}: {', '.join(found.scale)}", f"source: {found.source}"]
        lines += [f"suspended: {found.suspended}"] if found.suspended else []
        lines += [found.note, ""] if found.note else [""]
        cells = [(row["area"], f"{row['title']}{'' if row['graded'] else ' (not graded)'}") for row in rows]
        text = [*lines, Table((), cells)]
    else:
        raise click.BadParameter(f"'{framework}' is not one of {', '.join(all_frameworks())}", param_hint="FRAMEWORK")
    form.print(Answer(rows, rows, text))


def event_schema(class_: type[Event]) -> dict[str, Any]:
    """The JSON Schema of one event in a batch: its fields, its kind, and a label."""
    return {
        "$schema": _DIALECT,
        **_as_in_a_batch(class_, class_.model_json_schema(mode="validation")),
    }


def batch_schema() -> dict[str, Any]:
    """The JSON Schema of a whole batch."""
    classes = [latest(kind) for kind in kinds()]
    names, shared = models_json_schema([(class_, "validation") for class_ in classes])
    definitions = shared["$defs"]
    for class_ in classes:
        name = names[class_, "validation"]["$ref"].rsplit("/", 1)[1]
        definitions[name] = _as_in_a_batch(class_, definitions[name])
    events = {"type": "array", "items": {"oneOf": [names[class_, "validation"] for class_ in classes]}}
    properties = {"common": {"type": "object"}, "events": {"type": "array"}}
    common = {"type": "object", "required": ["events"], "properties": properties}
    title = "A batch of events for force-ledger"
    return {
        "$schema": _DIALECT,
        "title": title,
        "anyOf": [events, common],
        "$defs": definitions,
    }


def _as_in_a_batch(class_: type[Event], found: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "kind": {"const": class_.kind},
        "label": {"type": "string", "description": "a name for later events of the batch to refer to"},
        **found["properties"],
    }
    return {**found, "properties": properties, "required": ["kind", *found.get("required", [])]}


def _class(kind: str, names: Sequence[str] = ()) -> type[Event]:
    if kind in kinds():
        return latest(kind)
    remedy = like(kind, names or kinds(), "`force-ledger template` lists the kinds")
    raise click.BadParameter(f"there is no kind '{kind}'; {remedy}", param_hint="KIND")


def _summary(class_: type[Event]) -> str:
    return (inspect.getdoc(class_) or "").split(". ")[0].replace("\n", " ").rstrip(".") + "."
