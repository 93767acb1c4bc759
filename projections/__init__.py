"""What it amounts to: pure folds from entries to states over time.

``history`` has the one fold; ``monitoring``, ``concern``, ``inspection`` and their like say how each kind of matter
runs, ``body`` folds all of a body. ``parts`` says what each subject amounts to on a day, ``state`` joins the parts;
``tables`` keeps them in the read model, where ``lookup`` finds them. ``mending`` says what stands, ``authority`` who
may record.
Nothing here reads a clock or the ledger's file, and nothing here refuses.
"""
