"""The top-level command, which loads each subcommand only when it is used."""

import sys
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING

import click

from ledger import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Start": {
        "init": ("ledger.cli.init", "create a ledger, with its keys and the 43 forces"),
        "demo": ("ledger.cli.init", "load the real record of all forces, and show it"),
        "practice": ("ledger.cli.practice", "make a throw-away copy to practise in"),
        "help": ("ledger.cli.help", "read the documentation: `help operations`"),
        "doctor": ("ledger.cli.doctor", "look for what is wrong with this installation and its settings"),
        "completion": ("ledger.cli.completion", "complete commands, bodies and documents with Tab"),
    },
    "Ask": {
        "state": ("ledger.cli.state", "show what is true of a body on a day"),
        "board": ("ledger.cli.state", "show every body: phase, open concerns, overdue"),
        "timeline": ("ledger.cli.timeline", "show what changed when for a body"),
        "why": ("ledger.cli.why", "show the entries and documents that a state rests on"),
        "cite": ("ledger.cli.cite", "print the documents that an entry cites, with addresses"),
        "diff": ("ledger.cli.why", "show what changed between two dates, of one body or all"),
        "due": ("ledger.cli.due", "list what is owed and not on record as done, or overdue"),
        "durations": ("ledger.cli.timeline", "show how long forces were in Engage, and concerns open"),
        "threads": ("ledger.cli.timeline", "show matters of a body that came back"),
        "statistics": ("ledger.cli.timeline", "show figures, side by side if they may be compared"),
        "search": ("ledger.cli.query", "find entries by their words"),
        "query": ("ledger.cli.query", "run read-only SQL on the read model"),
        "explore": ("ledger.cli.explore", "open the tables in a browser, with Datasette"),
        "export": ("ledger.cli.export", "write all tables as CSV and JSON lines, with a description"),
        "log": ("ledger.cli.log", "list entries as they were recorded, the newest first"),
        "show": ("ledger.cli.log", "show everything on one entry, concern or document"),
        "forces": ("ledger.cli.state", "list the bodies, or show one"),
    },
    "Record": {
        "append": ("ledger.cli.append", "record events from files in YAML or JSON lines"),
        "edit": ("ledger.cli.edit", "write a batch in your editor, and record it"),
        "import": ("ledger.cli.import_", "record the rows of a spreadsheet or CSV"),
        "check": ("ledger.cli.append", "show what `append` would object to; write nothing"),
        "approve": ("ledger.cli.append", "approve a batch as a second recorder"),
        "correct": ("ledger.cli.amend", "correct fields of an entry"),
        "retract": ("ledger.cli.amend", "retract an entry or a matter; it stays on record"),
        "corroborate": ("ledger.cli.amend", "record that another document says the same"),
        "contradict": ("ledger.cli.amend", "record that another document contradicts an entry"),
        "resolve": ("ledger.cli.amend", "settle a contradiction: keep the entry, or change it"),
        "withhold": ("ledger.cli.amend", "delete the data of an entry that was retracted or corrected"),
        "redact": ("ledger.cli.amend", "correct an entry and withhold what it said before"),
        "evidence": ("ledger.cli.evidence", "store the documents that are cited, and check quotes"),
        "template": ("ledger.cli.template", "print a letter, report or event to fill in"),
        "schema": ("ledger.cli.template", "print the JSON Schema of a batch, a kind of event, or an answer"),
        "frameworks": ("ledger.cli.template", "list the grading frameworks, their areas and scales"),
    },
    "Keep": {
        "keys": ("ledger.cli.keys", "make, authorise, revoke, rotate, recover and list keys"),
        "clock": ("ledger.cli.clock", "correct what a clock that ran ahead recorded"),
        "copy": ("ledger.cli.copy", "copy a ledger to a file or a PostgreSQL server"),
        "follow": ("ledger.cli.copy", "keep a verified replica of a ledger up to date"),
        "backup": ("ledger.cli.copy", "back the ledger up to a folder, without its private keys"),
        "restore": ("ledger.cli.copy", "check a backup and restore it"),
        "rebuild": ("ledger.cli.query", "delete the read model and build it again"),
        "repair": ("ledger.cli.verify", "make the tree and the index again from the entries"),
    },
    "Prove": {
        "verify": ("ledger.cli.verify", "check everything from the bytes alone"),
        "checkpoint": ("ledger.cli.checkpoint", "sign, print and compare checkpoints; have them cosigned"),
        "prove": ("ledger.cli.prove", "make a file that proves an entry to anybody"),
        "publish": ("ledger.cli.prove", "write the log as static files for any web server"),
        "site": ("ledger.cli.site", "write the public site: pages with pictures, tables and proofs"),
        "pack": ("ledger.cli.site", "write the evidence on a matter as one page that checks itself"),
    },
}
"""Each command: the module that holds it, and what it does."""

NOUNS = {
    "body": "register rename oversee redraw merge",
    "concern": "announce issue reaffirm end-part leave-unclear close supersede rescind",
    "recommendation": "close issue end",
    "document": "register revise seek",
    "finding": "record close",
    "inspection": "publish end-programme",
    "judgement": "give regrade carry-forward",
    "tally": "give",
    "monitoring": "decide-move engage continue add-concern return",
    "plan": "announce revoke fulfil",
    "policy": "set",
    "response": "publish",
    "review": "schedule hold cancel",
    "statement": "make keep withdraw",
    "statistic": "report",
}
"""The commands that record one event. They are listed here because loading the kinds of event is slow."""


class TopLevel(click.Group):
    """The commands above, and for each kind of event one with noun and verb."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for section in SECTIONS.values() for name in section] + list(nouns())

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        for section in SECTIONS.values():
            if name in section:
                function = f"{name}_" if iskeyword(name) else name
                command: click.Command = getattr(import_module(section[name][0]), function)
                return command
        if name in nouns():
            return import_module("ledger.cli.record").noun_group(name)  # type: ignore[no-any-return]
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            name = error.command_name
            if full := [f"'{noun} {verb}'" for noun, verbs in nouns().items() for verb in verbs if verb == name]:
                message = f"No such command '{name}'. Did you mean {' or '.join(full)}?"
                raise click.UsageError(message, ctx) from None
            raise click.NoSuchCommand(name, possibilities=self.list_commands(ctx), ctx=ctx) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The commands that begin with a text, without loading them."""
        from click.shell_completion import CompletionItem

        words = {name: text for section in SECTIONS.values() for name, (_, text) in section.items()}
        words |= {noun: ", ".join(verbs) for noun, verbs in nouns().items()}
        found = [CompletionItem(name, help=text) for name, text in words.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, words) for name, (_, words) in section.items()])
        with formatter.section("Record one event (noun and verb, as in `monitoring engage`)"):
            formatter.write_dl([(noun, ", ".join(verbs)) for noun, verbs in nouns().items()])


def nouns() -> dict[str, list[str]]:
    """The nouns and their verbs: from the register if it is loaded, else as listed here. A test compares the two."""
    if "events.event" not in sys.modules:
        return {noun: verbs.split() for noun, verbs in NOUNS.items()}
    from events import kinds, latest

    found: dict[str, list[str]] = {}
    for kind in kinds():
        if command := latest(kind).command:
            noun, verb = command.split()
            found.setdefault(noun, []).append(verb)
    return found


@click.command(cls=TopLevel, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--ledger", metavar="PATH|URL", help="The ledger; else FORCE_LEDGER, force-ledger.toml, ./ledger.db.")
@click.option("--today", metavar="DATE", help="The day, where a command asks whether the clock is right.")
@click.option("--quiet", is_flag=True, help="Leave out the last line of answers: the day, the position and the head.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", metavar="WHEN",
    help="Bold and colour: auto (on a terminal), always, never; NO_COLOR is kept.",
)  # fmt: skip
@click.option("--no-pager", is_flag=True, help="Print long answers without PAGER (less, if it is not set).")
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli(**_: object) -> None:  # `config_of` and `ledger.cli.output` read them from the context
    """An accountability ledger for police inspection in England and Wales.

    Record what the inspectorate found and decided: grades, causes of concern, special measures (Engage). Ask what was
    true of a force on any date, and who says so.

    \b
    force-ledger demo                       load the real record, and see it at work
    force-ledger board                      who is in Engage, what is open and overdue
    force-ledger state WMP --as-of 2024-01  one force on a day
    force-ledger why WMP monitoring         who says so, and where
    force-ledger help clerk                 how to record a letter
    """
