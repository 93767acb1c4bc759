"""What was said, kept: rules, store, log, keys, audit, intake and the command line.

The layers, the lowest first: ``errors``, ``durable``, ``log`` (imports nothing of ours) and ``keys``; ``store`` keeps
entries, ``statements`` are what is signed; ``evidence`` keeps what is cited; ``book`` and ``rules`` say what may be
recorded; ``recording`` judges, signs and writes; ``founding`` makes a ledger, ``rotation`` new keys, ``intake`` reads
what people write, ``model`` follows with the read model; ``checkpoints`` signs the log, which ``publishing``,
``proofs`` and ``witnesses`` give away; ``audit`` verifies all of it; ``cli`` is the command line.
"""

__version__ = "0.1.0"
