"""What was said, kept: rules, store, log, keys, intake and the command line.

The layers, the lowest first: ``errors``, ``log`` (imports nothing of ours) and ``keys``; ``store`` keeps entries;
``rules`` say what may be recorded; ``recording`` judges, signs and writes; ``intake`` reads what people write;
``cli`` is the command line.
"""
