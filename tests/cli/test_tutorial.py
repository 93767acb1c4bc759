"""The tutorial, typed as it is printed at a terminal of 80 columns, by somebody who answers y."""

import os
import re
import select
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.test_readme import ROOT, _environment, steps

if sys.platform == "win32":
    pytest.skip("it has no pseudo-terminals", allow_module_level=True)

import fcntl
import pty
import termios

PROMPT = "ready$ "
PATIENCE = 120  # seconds


def test_the_tutorial_is_typed_at_a_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    folder.mkdir()
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    environment = {**_environment(tmp_path), "PS1": PROMPT, "PS2": "> ", "TERM": "dumb", "PAGER": "cat"}
    del environment["COLUMNS"]
    with subprocess.Popen(
        ["bash", "--norc", "--noediting"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment,
        start_new_session=True,
    ) as shell:  # fmt: skip
        os.close(theirs)
        printed = told(ours)
        for step in steps((ROOT / "docs" / "tutorial.md").read_text("utf-8")):
            os.write(ours, f"{step.command}\n".encode())
            shown = told(ours)
            assert "Error" not in shown, shown
            asked = "[y/N]" in shown
            assert asked == any(line.startswith(("Appended 1", "Appended 3")) for line in step.shown), shown
            printed += shown
        os.write(ours, b"exit\n")
        shell.wait(PATIENCE)
    os.close(ours)
    assert re.search(r"Verified: 57 entries", printed)


def told(terminal: int) -> str:
    """What is printed until the shell is ready; a question is answered with y."""
    printed, until, answered = "", time.monotonic() + PATIENCE, 0
    while not printed.endswith(PROMPT):
        assert select.select([terminal], [], [], until - time.monotonic())[0], printed
        printed += os.read(terminal, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
        if printed.count("[y/N]") > answered and printed.endswith(": "):
            answered += 1
            os.write(terminal, b"y\n")
    return printed
