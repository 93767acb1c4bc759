"""Answers from a ledger: `context` gives them by the three `clocks`; `ids` finds entries and matters."""
