"""The command line at a terminal: a pseudo-terminal on which answers are typed."""

import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from fcntl import ioctl


def typed(*args: str, answers: str = "", width: int = 0, **environment: str) -> tuple[int, str]:
    """Run a command at a terminal where these answers are typed; its exit code, and what the terminal shows. A width of
    0 columns is not known to programs."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if width else 0, width, 0, 0))
    call = [sys.executable, "-m", "ledger", *args]
    with subprocess.Popen(
        call, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=os.environ | environment
    ) as running:
        os.close(theirs)
        os.write(ours, answers.encode())
        shown = bytearray()
        with suppress(OSError):  # Linux says so at the end
            while part := os.read(ours, 65536):
                shown += part
    os.close(ours)
    return running.returncode, shown.decode().replace("\r\n", "\n")
