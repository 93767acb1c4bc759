"""What can be said: the vocabulary of the ledger. Each kind of event is a frozen pydantic model.

Start with `event`, the register of kinds; each subject has a file of its own, and `vocabulary` imports them all. Events
are made of `values`, `terms` and `dates`; `frameworks` has the inspectorate's grading frameworks; `entry` and
`canonical` specify the bytes.

The names below, and with them every kind, are loaded on first use: a reader of the read model needs none of them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from events.entry import Entry
    from events.event import Event, WorldEvent, kinds, latest, restore

__all__ = ["Entry", "Event", "WorldEvent", "kinds", "latest", "restore"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'events' has no attribute '{name}'")
    from events import vocabulary

    return getattr(vocabulary, name)
