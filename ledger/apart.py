"""Read a file of others in a process of its own, as a hostile one can take any time and all memory.

A module that reads such a file calls `serve` where it runs as a program; `ask` runs it. The file goes in by stdin, and
what was read comes out as JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

PATIENCE = 120  # seconds; a PDF of 200 pages takes ten


class CannotRead(ValueError):
    """A file that cannot be read; the message says why, and ``hint`` perhaps what to do."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


def ask(module: str, data: bytes, *what: str, patience: float = PATIENCE) -> Any:
    """What that module reads in a file. Raises CannotRead."""
    try:  # with -P no folder of the user's is searched for modules
        program = [sys.executable, "-P", "-m", module, *what]
        done = subprocess.run(program, input=data, capture_output=True, timeout=patience, check=True)
    except subprocess.TimeoutExpired:
        raise CannotRead(f"that takes longer than {patience:g} seconds") from None
    except subprocess.CalledProcessError:
        raise CannotRead("that takes too much memory, or ends the program that reads it") from None
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise CannotRead(*answer["error"])
    return answer["read"]


def serve(read: Callable[..., Any], memory: int) -> None:
    """Read the file on stdin, with the arguments of this process, in so many bytes of memory."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        answer = {"read": read(sys.stdin.buffer.read(), *sys.argv[1:])}
    except CannotRead as error:
        answer = {"error": [str(error), error.hint]}
    json.dump(answer, sys.stdout)
