"""Questions to a ledger: `context` answers them by the three `clocks`; `ids` finds entries and matters."""
