"""help: the documentation that was installed with this version."""

import re
from importlib.resources import files
from pathlib import Path

import click

from ledger.errors import NotFound


@click.command()
@click.argument("words", nargs=-1, metavar="[TOPIC]")
def help(words: tuple[str, ...]) -> None:
    """Print the page TOPIC of the documentation, or the sections on it, in Markdown; without TOPIC, list the pages.

    `help dates` finds the sections on dates. `force-ledger COMMAND --help` says what a command does.
    """
    topic = " ".join(words)
    pages = {page.stem: page for page in sorted(_folder().glob("*.md"))}
    if not topic:
        for name, page in pages.items():
            click.echo(f"{name:<12}{page.read_text('utf-8').partition(chr(10))[0].removeprefix('# ')}")
    elif found := pages.get(topic.removeprefix("docs/").removesuffix(".md")):
        click.echo(found.read_text("utf-8"), nl=False)
    elif sections := [text for page in pages.values() for text in _sections(page, topic)]:
        click.echo("\n\n".join(sections))
    else:
        raise NotFound(f"there is no page {topic}", hint=f"it is one of {', '.join(pages)}")


def _sections(page: Path, topic: str) -> list[str]:
    """The sections of a page whose heading has the words of a topic."""
    parts = re.split(r"^(?=##+ )", page.read_text("utf-8"), flags=re.MULTILINE)[1:]
    words = topic.lower().replace("-", " ").split()
    return [part.strip() for part in parts if all(word in part.partition("\n")[0].lower() for word in words)]


def _folder() -> Path:
    """The bundled pages: package data if installed, else those of the checkout."""
    installed = Path(str(files("ledger").joinpath("data/docs")))
    return installed if installed.is_dir() else Path(__file__).parents[2] / "docs"
