"""From what people write to events. YAML (`yaml`), JSON lines (`jsonl`) and options become the same tree of texts
(`raw`); `draft` turns it into events, which alone give types to the texts; `template` shows what can be written."""
