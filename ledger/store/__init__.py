"""Where entries are kept: through the eventsourcing library, on SQLite.

``ledger`` has the Ledger (an eventsourcing Application) and how to read from it; ``sqlite`` the recorder and the
factory, ``schema`` the tables, ``mapper`` the way from entries to stored events and back.
"""
