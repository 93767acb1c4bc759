"""A question that the read model answers as it stands, or else the ledger itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import click

from ledger.cli.clocks import Clocks, clocks_of
from ledger.cli.config import config_of
from ledger.errors import NotFound
from ledger.readmodel.query import up_to_date_model
from projections.bodies import Bodies
from projections.lookup import board_of, bodies_of, is_registered, parts_of
from projections.state import BodyOnDay

if TYPE_CHECKING:
    from ledger.cli.view import View


@dataclass(frozen=True)
class Modelled:
    """The ledger as the clocks show it, by its read model: which knows no day of publication."""

    model: sqlite3.Connection
    clocks: Clocks

    @cached_property
    def bodies(self) -> Bodies:
        """The register of bodies."""
        return bodies_of(self.model, self.clocks.known.position)

    def find_body(self, text: str) -> str:
        """The slug of a body. Raises NotFound with what is near."""
        if is_registered(self.model, text, self.clocks.known.position):
            return text  # without looking through the whole register
        return body_called(text, self.bodies)

    def parts(self, body: str) -> BodyOnDay:
        """What is on record of a body on the day."""
        return parts_of(self.model, body, self.clocks.as_of, self.clocks.known.position)

    def board(self) -> list[BodyOnDay]:
        """What is on record of every body on the day, as far as the board shows it."""
        return board_of(self.model, sorted(self.bodies.registered), self.clocks.as_of, self.clocks.known.position)


@contextmanager
def glancing(
    ctx: click.Context, as_of: date | None = None, known_at: str | None = None, public_at: date | None = None
) -> "Iterator[Modelled | View]":
    """The ledger of this call, by these clocks: by its read model as it stands, where that will do."""
    file = config_of(ctx).file
    with up_to_date_model(file) if file and public_at is None else nullcontext() as found:
        if found:
            yield Modelled(found.model, clocks_of(found.head, found.recorded_at, as_of, known_at))
            return
    from ledger.cli.view import view

    with view(ctx, as_of, known_at, public_at) as seen:
        yield seen


def body_called(text: str, bodies: Bodies) -> str:
    """The slug of the body that is called so. Raises NotFound with what is near."""
    try:
        return bodies.find(text)
    except LookupError as error:
        message, _, hint = str(error.args[0]).partition("; ")
        raise NotFound(message, hint=hint) from None
