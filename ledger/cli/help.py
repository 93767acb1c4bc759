"""help: the documentation that was installed with this version."""

from importlib.resources import files
from pathlib import Path

import click

from ledger.errors import NotFound


@click.command()
@click.argument("topic", required=False)
def help(topic: str | None) -> None:
    """Print the page TOPIC of the documentation, in Markdown; without TOPIC, list the pages.

    `force-ledger COMMAND --help` says what a command does.
    """
    pages = {page.stem: page for page in sorted(_folder().glob("*.md"))}
    if topic is None:
        for name, page in pages.items():
            click.echo(f"{name:<12}{page.read_text('utf-8').partition(chr(10))[0].removeprefix('# ')}")
    elif found := pages.get(topic.removeprefix("docs/").removesuffix(".md")):
        click.echo(found.read_text("utf-8"), nl=False)
    else:
        raise NotFound(f"there is no page {topic}", hint=f"it is one of {', '.join(pages)}")


def _folder() -> Path:
    """The bundled pages: package data if installed, else those of the checkout."""
    installed = Path(str(files("ledger").joinpath("data/docs")))
    return installed if installed.is_dir() else Path(__file__).parents[2] / "docs"
