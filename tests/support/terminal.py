"""The command line at a terminal: a pseudo-terminal on which answers are typed."""

import os
import pty
import subprocess
import sys
from contextlib import suppress


def typed(*args: str, answers: str = "", **environment: str) -> tuple[int, str]:
    """Run a command at a terminal where these answers are typed; its exit code, and what the terminal shows."""
    ours, theirs = pty.openpty()
    call = [sys.executable, "-m", "ledger", *args]
    with subprocess.Popen(
        call, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=os.environ | environment
    ) as running:
        os.close(theirs)
        os.write(ours, answers.encode())
        shown = bytearray()
        with suppress(OSError):  # Linux says so at the end
            while part := os.read(ours, 4096):
                shown += part
    os.close(ours)
    return running.returncode, shown.decode().replace("\r\n", "\n")
