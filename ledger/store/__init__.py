"""Where entries are kept: through the eventsourcing library, in an SQLite file or on a PostgreSQL server.

``store`` has the Store (an eventsourcing Application) and how to read from it, ``database`` what it asks of either
kind of database, ``recorder`` how entries are written on both. ``sqlite`` and ``postgres`` have what is particular to
each, ``schema`` and ``schema_postgres`` their tables; ``mapper`` is the way from entries to stored events and back.
"""

URLS = ("postgresql://", "postgres://")
"""What the URL of a database on a server begins with."""
