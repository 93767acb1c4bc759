"""Where entries are stored: in an SQLite file or on a PostgreSQL server, through the eventsourcing library.

Start with `store` (open a ledger, one transaction) and `reader` (what a transaction reads and appends). `recorder` is
the library's recorder over our tables; `database` has the interface of both databases; `sqlite` and `postgres`
implement it. `schema` declares the tables for both. `form` reads the bytes of an entry that nobody vouches for.
"""
