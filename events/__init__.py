"""The kinds of event that a ledger records, and the form of their entries. Each kind is a frozen pydantic model.

Start with `event`, the register of kinds. Each subject has a file of its own, and `vocabulary` imports them all. The
fields of events are of the types in `values`, `terms` and `dates`; `frameworks` has the inspectorate's grading
frameworks; `entry` and `canonical` specify the bytes.

The names below, and with them every kind, are loaded on first use; a query of the read model needs none of them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from events.entry import Entry
    from events.event import Event, WorldEvent, kinds, latest, restore

__all__ = ["Entry", "Event", "WorldEvent", "kinds", "latest", "restore"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'events' has no attribute '{name}'")
    from events import entry, event, vocabulary  # noqa: F401 - the vocabulary registers every kind

    return getattr(entry if name == "Entry" else event, name)
