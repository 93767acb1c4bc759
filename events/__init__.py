"""What can be said: the vocabulary of the ledger, as frozen pydantic models under written-out kinds.

``event`` has the list and how to add to it; each subject has a file of its own, and ``vocabulary`` imports them all;
``values``, ``terms`` and ``dates`` hold what the events are made of, ``frameworks`` the inspectorate's
grading frameworks, ``canonical`` and ``entry`` the bytes.

What is named here is loaded when it is first asked for, and every kind with it: a reader of dates or of the read model
needs none of them, and they take longer to load than its answer to find.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from events.vocabulary import Entry, Event, WorldEvent, kinds, latest, restore

__all__ = ["Entry", "Event", "WorldEvent", "kinds", "latest", "restore"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'events' has no attribute '{name}'")
    from events import vocabulary

    globals().update({name: getattr(vocabulary, name) for name in __all__})
    return globals()[name]
