"""Write docs/commands.md from the commands themselves: `make docs`. A test compares the two."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from ledger.cli.group import SECTIONS, cli, nouns

PAGE = """# Commands

*Made from the commands by `make docs`; do not edit.* `force-ledger COMMAND --help` says the same.

`--ledger PATH|URL`, `--today DATE`, `--quiet`, `--color WHEN` and `--no-pager` may stand before or after any command.
A command that **answers** takes the three clocks
([concepts.md](concepts.md#three-clocks)), and gives its answer in any form ([json.md](json.md)):

{answering}
{commands}
## Record one event

Each of these records one event: its options are the fields of the event. Those **of the world** have

{recording}
{events}"""
Call = tuple[str, ...]


def commands_page() -> str:
    """The page, as it should be."""
    made = [found for noun in nouns() for found in _under((noun,))]
    recording = _shared(command for call, command in made if call[0] in ("concern", "finding", "monitoring"))
    answering = _shared(command for name in ("state", "log", "search") for _, command in _under((name,)))
    parts = []
    for title, names in SECTIONS.items():
        parts.append(f"## {title}\n")
        parts += [_described(*found, answering, " It **answers**.") for name in names for found in _under((name,))]
    events = "\n".join(_described(*found, recording, " It is **of the world**.") for found in made)
    return PAGE.format(answering=_list(answering), commands="\n".join(parts), recording=_list(recording), events=events)


def _under(call: Call) -> Iterator[tuple[Call, click.Command]]:
    """The commands that are called by these words and further ones."""
    command: click.Command = cli
    for word in call:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from _under((*call, name))
    else:
        yield call, command


def _options(command: click.Command) -> dict[str, str]:
    """What the help says of each option and argument that it explains."""
    records = (param.get_help_record(click.Context(command)) for param in command.params)
    return {names: " ".join(help.split()) for names, help in filter(None, records) if help}


def _shared(commands: Iterable[click.Command]) -> dict[str, str]:
    """The options that all of these commands have."""
    first, *others = map(_options, commands)
    return {names: help for names, help in first.items() if all(names in other for other in others)}


def _described(call: Call, command: click.Command, shared: dict[str, str], mark: str = "") -> str:
    """A section on a command, without the options that are listed once for all that have them."""
    options = _options(command)
    has_all = shared.keys() <= options.keys()
    own = {names: help for names, help in options.items() if not (has_all and shared.get(names) == help)}
    usage = command.collect_usage_pieces(click.Context(command))
    paragraphs = (" ".join(text.split()) for text in (command.help or "").split("\n\n"))
    text = "\n\n".join(paragraphs) + (mark if has_all else "")
    return (
        f"### {' '.join(call)}\n\n    force-ledger {' '.join([*call, *usage])}\n\n{text}\n\n{_list(own)}".rstrip()
        + "\n"
    )


def _list(options: dict[str, str]) -> str:
    return "".join(f"- `{names}`: {help}\n" for names, help in options.items())


if __name__ == "__main__":
    Path(__file__).with_name("commands.md").write_text(commands_page(), "utf-8")
