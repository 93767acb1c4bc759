"""What was said, kept: rules, store, log, keys, intake and the command line.

The layers, the lowest first: ``errors``, ``log`` (imports nothing of ours) and ``keys``; ``store`` keeps entries,
``statements`` are what is signed; ``book`` and ``rules`` say what may be recorded; ``recording`` judges, signs and
writes; ``founding`` makes a ledger, ``rotation`` new keys, and ``intake`` reads what people write; ``cli`` is the
command line.
"""

__version__ = "0.1.0"
