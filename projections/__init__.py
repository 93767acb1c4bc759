"""From entries to answers: pure functions of the entries.

Nothing here reads a clock or the ledger's database, and nothing here refuses an entry.

- `amendments`: which entries are in force. `authority`: which key may sign.
- `machine`: how a matter may run. `monitoring`, `concern`, `inspection` … are the machines of each subject.
- `solver`: the fold, from the entries of a matter to its spells. Start reading there.
- `body`: all spells of a body. `summary`: what a subject amounts to on a day. `state`: that of a whole body.
- `due`, `durations`, `statistics`, `threads`, `timeline`: further readers of a body.
- `tables`, `lookup`: the read model, written and read.

`lookup`, `state` and what they import load no kinds of event, so that a lookup starts quickly.
"""
