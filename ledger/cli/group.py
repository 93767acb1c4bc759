"""The top-level command, which loads each subcommand only when it is used."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from ledger import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Begin": {
        "init": ("ledger.cli.init", "create a ledger here, with its keys and the 43 forces"),
        "demo": ("ledger.cli.init", "load the West Midlands record into a new ledger and walk through it"),
        "completion": ("ledger.cli.completion", "what a shell needs to complete commands, bodies and documents"),
    },
    "Record": {
        "append": ("ledger.cli.append", "append batches of events in YAML or JSON lines"),
        "check": ("ledger.cli.append", "say what `append` would object to, and write nothing"),
        "approve": ("ledger.cli.append", "approve a batch as a second recorder, where that is the policy"),
        "correct": ("ledger.cli.amend", "put something else in the place of an entry, with type and reason"),
        "retract": ("ledger.cli.amend", "take an entry back, or a whole matter; it stays on record"),
        "corroborate": ("ledger.cli.amend", "say that another document says the same"),
        "contradict": ("ledger.cli.amend", "say that another document says otherwise"),
        "withhold": ("ledger.cli.amend", "remove the bytes of an entry that no longer stands"),
        "evidence": ("ledger.cli.evidence", "keep the documents that are cited, and check what is quoted from them"),
        "template": ("ledger.cli.template", "a commented YAML event to fill in; without a kind, the kinds"),
        "schema": ("ledger.cli.template", "JSON Schema of a kind of event, or of a whole batch"),
        "frameworks": ("ledger.cli.template", "the grading frameworks, their areas and scales"),
    },
    "Keep": {
        "keys": ("ledger.cli.keys", "who may record: make keys, authorise, revoke, rotate, recover, list"),
        "copy": ("ledger.cli.copy", "copy a ledger to a PostgreSQL server, or to a file"),
        "follow": ("ledger.cli.copy", "keep a replica of a ledger up to date, and verified, on any machine"),
        "backup": ("ledger.cli.copy", "all but the private keys in a folder, checked, and brought up to date"),
        "restore": ("ledger.cli.copy", "put a backup in place; signing waits until it is reconciled"),
    },
    "Prove": {
        "verify": ("ledger.cli.verify", "check everything, from the bytes alone"),
        "checkpoint": ("ledger.cli.checkpoint", "the size and root of the log: sign, compare, have it cosigned"),
        "prove": ("ledger.cli.prove", "a file that proves an entry, or all entries of a matter or body, to anybody"),
        "publish": ("ledger.cli.prove", "the log as static files, for any web server"),
    },
    "Ask": {
        "state": ("ledger.cli.state", "what is true of a body on a day"),
        "board": ("ledger.cli.state", "every body on one day: phase, open concerns, overdue"),
        "timeline": ("ledger.cli.timeline", "what changed when, for a body"),
        "why": ("ledger.cli.why", "which entries, by which documents, put each part of a state there"),
        "diff": ("ledger.cli.why", "what is different between two dates, or what the ledger has learned since"),
        "due": ("ledger.cli.timeline", "what is promised or owed, and not on record as done"),
        "durations": ("ledger.cli.timeline", "how long forces were in Engage, and concerns open"),
        "threads": ("ledger.cli.timeline", "matters of a body that came back"),
        "statistics": ("ledger.cli.timeline", "figures, side by side only where they may be compared"),
        "search": ("ledger.cli.query", "entries whose texts hold some words"),
        "query": ("ledger.cli.query", "read-only SQL over the read model"),
        "rebuild": ("ledger.cli.query", "throw the read model away and replay the ledger into a new one"),
        "log": ("ledger.cli.log", "entries as they were recorded, the newest first"),
        "show": ("ledger.cli.log", "everything on one entry, concern or document"),
        "forces": ("ledger.cli.state", "the bodies: list them, find one"),
    },
}


_NOUNS = {
    "body": "register rename oversee redraw merge",
    "concern": "announce issue reaffirm close supersede rescind",
    "recommendation": "close",
    "document": "register revise seek",
    "finding": "record close",
    "inspection": "publish",
    "judgement": "give carry-forward",
    "tally": "give",
    "monitoring": "decide-move engage continue add-concern return",
    "plan": "announce revoke fulfil",
    "policy": "set",
    "response": "publish",
    "review": "schedule hold cancel",
    "statement": "make",
    "statistic": "report",
}
"""The commands that record one event, made from the kinds of event."""


class TopLevel(click.Group):
    """The commands above, and for each kind of event a command of its own, by noun and verb."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for section in _SECTIONS.values() for name in section] + list(nouns())

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        for section in _SECTIONS.values():
            if name in section:
                command: click.Command = getattr(import_module(section[name][0]), name)
                return command
        if name in nouns():
            return import_module("ledger.cli.record").noun_group(name)  # type: ignore[no-any-return]
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), n=1)
            ctx.fail(f"No such command '{name}'." + (f" Did you mean '{near[0]}'?" if near else ""))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """What a shell offers here, without loading any command."""
        from click.shell_completion import CompletionItem

        words = {name: text for section in _SECTIONS.values() for name, (_, text) in section.items()}
        words |= {noun: ", ".join(verbs) for noun, verbs in nouns().items()}
        found = [CompletionItem(name, help=text) for name, text in words.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, words) for name, (_, words) in section.items()])
        with formatter.section("Record one event (noun and verb, as in `monitoring engage`)"):
            formatter.write_dl([(noun, ", ".join(verbs)) for noun, verbs in nouns().items()])


def nouns() -> dict[str, list[str]]:
    """The nouns and verbs of the kinds of event: from the register if it is loaded, else from the list here."""
    return nouns_of_the_register() if "events.event" in sys.modules else listed_nouns()


def listed_nouns() -> dict[str, list[str]]:
    """The nouns and verbs that are listed here, which is faster than to load the kinds. A test compares them."""
    return {noun: verbs.split() for noun, verbs in _NOUNS.items()}


def nouns_of_the_register() -> dict[str, list[str]]:
    """The nouns and verbs of all kinds that have a command of their own."""
    from events import kinds, latest

    found: dict[str, list[str]] = {}
    for kind in kinds():
        if command := latest(kind).command:
            noun, verb = command.split()
            found.setdefault(noun, []).append(verb)
    return found


@click.command(cls=TopLevel, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--ledger", metavar="PATH|URL", help="The ledger; else FORCE_LEDGER, force-ledger.toml, ./ledger.db.")
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli(ledger: str | None) -> None:  # which `setting` finds in the context, as a shell does that completes a word
    """An event-sourced accountability ledger for police inspection in England and Wales.

    Record what the inspectorate found and decided, and ask what was true of a force on any date, and who says so.
    `force-ledger demo` shows it at work.
    """
