"""Every command of the program, found by walking it."""

from collections.abc import Iterator

import click

from ledger.cli.group import cli


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command, by the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


_VALUES = {
    "asked": "2018..2025",
    "body": "WMP",
    "claim": "c",
    "document": "bbc-2021-11-24-west-midlands",
    "entries": "#60",
    "entry": "#60",
    "fields": "note=x",
    "file": "note",
    "files": "batch.jsonl",
    "folder": "out",
    "ground": "personal-data",
    "id": "#60",
    "name": "x",
    "one": "note",
    "reason": "r",
    "replica": "copy.db",
    "role": "clerk",
    "shell": "bash",
    "source": "ledger.db",
    "sql": "SELECT * FROM spells",
    "target": "copy.db",
    "type": "recording-error",
    "url": "http://127.0.0.1:9/",
    "vkey": "w+00000000+AAAA",
    "what": "#60",
    "witness_keys": "w+00000000+AAAA",
    "words": "police",
}
"""A value for each parameter that a command needs, by its name, for the press story in ledger.db."""


def call_of(path: tuple[str, ...], command: click.Command) -> list[str]:
    """A call of a command that comes as far as possible, in a folder with the files that are named above."""
    call = list(path)
    for param in command.params:
        if param.required or (isinstance(param, click.Argument) and param.name in ("entry", "asked")):
            value = _VALUES[str(param.name)]
            call += [param.opts[0], value] if isinstance(param, click.Option) else [value]
    return call + {"follow": ["--once"], "withhold": ["--yes"], "diff": ["--all"], "explore": ["--get", "/"]}.get(
        path[0], []
    )
