"""Faults, done for real: processes killed, system calls that fail, servers that go, many writers at once.

The oracle is the same each time: what was acknowledged is there once, what was not is there once or not at all, and
`verify` is green. `children` starts processes quickly; `writer` is one that works until it is killed, `killing` kills
it and holds the oracle; `calls` makes a system call fail, `failing` each that a command makes in its turn;
`cutting` is a connection that breaks. `python -m tests.faults` does a thousand kills and every call.
"""
