"""Proofs to give away: that an entry is in the log and that its recorder signed it, or an extract of a whole matter or
body. They are made where the ledger is, and checked with nothing but the file and a key or policy.

``file`` has the form, ``making`` needs a ledger, ``checking`` needs none.
"""
