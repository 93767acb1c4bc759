"""From entries to answers: pure functions of the entries.

Nothing here reads a clock or the ledger's database, and nothing here refuses an entry.

- `amendments`: which entries are in force: the facts. `fact`: what one says of itself. `authority`: which key may sign.
- `machine`: the state machine of a matter. `monitoring`, `concern`, `inspection` … are the machines of each subject.
- `solver`: the fold, from the entries of a matter to its `spell`s. `handover`: matters that need the entries of others.
- `body`: all spells of a body. `summary`: the state of a subject on a day, in words and as JSON. `state`: of a
  whole body.
- `due`, `durations`, `statistics`, `threads`, `timeline`: other answers about a body. `public`: what of it was public.
- `tables`, `views`, `lookup`: the read model, written and read. `subject`, `shown`: its values, and the words for them.

Start with `machine`, `concern`, `solver`.

`lookup`, `state` and what they import do not load the kinds of event, so that a query starts quickly.
"""
