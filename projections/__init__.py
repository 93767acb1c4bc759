"""What it amounts to: pure folds from entries to states over time.

``history`` has the one fold; ``monitoring``, ``concern`` and ``inspection`` say how each kind of matter
runs; ``state`` and ``board`` put a body together on a day, ``timeline`` tells what changed when.
Nothing here reads a clock, a file or a database, and nothing here refuses.
"""
