"""What it amounts to: pure folds from entries to states over time.

``history`` has the one fold; ``monitoring``, ``concern``, ``inspection`` and their like say how each kind of matter
runs, ``body`` folds all of a body. ``parts`` says what each subject amounts to on a day: a ``part``. ``replay`` finds
the parts of a body in its entries; ``tables`` keeps them in the read model, where ``lookup`` finds them; ``state``
joins them. ``mending`` says what stands, ``authority`` who may record.

To look a state up needs ``lookup``, ``state`` and what they import, and none of the kinds of event.
Nothing here reads a clock or the ledger's file, and nothing here refuses.
"""
