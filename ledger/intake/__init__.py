"""From what people write to events: YAML, JSONL and options all become the same plain tree of texts, typed by the
models alone. ``plain`` has the tree and its places, ``yaml`` and ``jsonl`` read it from files, ``drafting`` turns it
into drafts, ``template`` shows what can be written."""
