"""help: the documentation that was installed with this version."""

import re
from importlib.resources import files
from pathlib import Path

import click

from events.terms import folded
from ledger.cli.layout import Table
from ledger.cli.output import Command, say
from ledger.errors import NotFound, like


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="[TOPIC]")
@click.pass_context
def help(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Print the page TOPIC of the documentation, or the sections on it, in Markdown; without TOPIC, list the pages.

    `help dates` finds the sections on dates. `help append` says what the command does, as `append --help` does.
    """
    topic = " ".join(words)
    pages = {page.stem: page for page in sorted(_folder().glob("*.md"))}
    if not topic:
        titles = {name: page.read_text("utf-8").partition("\n")[0].removeprefix("# ") for name, page in pages.items()}
        say([Table([], [*titles.items()])])
    elif found := pages.get(topic.removeprefix("docs/").removesuffix(".md")):
        say(found.read_text("utf-8").removesuffix("\n"), markdown=True)
    elif text := _help_of(ctx.find_root(), words):
        click.echo(text)
    elif sections := [text for page in pages.values() for text in _sections(page, topic)]:
        say("\n\n".join(sections), markdown=True)
    elif lines := [line for name, page in pages.items() for line in _lines(name, page, topic)]:
        say("\n".join([*lines, "", "Print a page with `force-ledger help` and the word before the colon."]))
    else:
        raise NotFound(f"there is no page {topic}", hint=like(topic, pages, f"it is one of {', '.join(pages)}"))


def _help_of(context: click.Context, words: tuple[str, ...]) -> str:
    """What `--help` says of the command with this name; empty if there is none."""
    for word in words:
        command = context.command.get_command(context, word) if isinstance(context.command, click.Group) else None
        if command is None:
            return ""
        context = click.Context(command, info_name=word, parent=context)
    return context.get_help()


def _sections(page: Path, topic: str) -> list[str]:
    """The sections of a page whose heading has the words of a topic."""
    parts = re.split(r"^(?=##+ )", page.read_text("utf-8"), flags=re.MULTILINE)[1:]
    words = folded(topic).split()
    return [part.strip() for part in parts if all(word in folded(part.partition("\n")[0]) for word in words)]


def _lines(name: str, page: Path, topic: str) -> list[str]:
    """The lines of a page that speak of a topic, each after the name of the page."""
    lines = page.read_text("utf-8").splitlines()
    return [f"{name}: {line.strip('| ')}" for line in lines if folded(topic) in folded(line)]


def page(name: str) -> str:
    """The text of a page of the documentation."""
    return (_folder() / f"{name}.md").read_text("utf-8")


def _folder() -> Path:
    """The bundled pages: package data if installed, else those of the checkout."""
    installed = Path(str(files("ledger").joinpath("data/docs")))
    return installed if installed.is_dir() else Path(__file__).parents[2] / "docs"
