"""System calls that fail: a process is traced (ptrace), and a call that would change the disk is answered by an error
in its place. Linux on x86-64; nothing needs to be installed, and no privilege."""

import ctypes
import os
import platform
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

POSSIBLE = sys.platform == "linux" and platform.machine() == "x86_64"

_BY_HANDLE = {
    1: "write", 18: "pwrite64", 20: "writev", 74: "fsync", 75: "fdatasync", 77: "ftruncate", 91: "fchmod",
    285: "fallocate",
}  # fmt: skip
_BY_NAME = {82: "rename", 83: "mkdir", 84: "rmdir", 86: "link", 87: "unlink", 90: "chmod"}
_BY_NAME_IN_FOLDER = {257: "openat", 258: "mkdirat", 263: "unlinkat", 264: "renameat", 265: "linkat", 268: "fchmodat"}
"""Calls by their numbers; what they change is named by their first argument, or by their second."""

_TRACEME, _POKEUSER, _GETREGS, _SYSCALL, _SETOPTIONS = 0, 6, 12, 24, 0x4200
_GOOD, _EXITKILL = 0x1, 0x100000
_RAX, _RDX, _RSI, _RDI, _NUMBER = 10, 12, 13, 14, 15
"""Where registers are among those of a process."""


@dataclass
class Outcome:
    """What became of a process: its exit code, what it printed, and which of its calls failed."""

    code: int
    printed: str
    failed: list[str] = field(default_factory=list)


def with_failing(
    act: Callable[[], int], below: Path, fails: Callable[[int, str], bool], error: int, log: Path
) -> Outcome:
    """Do something in a process of its own, in which some of the calls fail that change something below a folder: they
    are chosen by their number, counted from 0, and by what they are."""
    pid = os.fork()
    if not pid:
        _obey(act, log)
    outcome, at = Outcome(-1, ""), 0
    os.waitpid(pid, 0)
    _ptrace(_SETOPTIONS, pid, 0, _GOOD | _EXITKILL)
    entering, answer, deliver = True, None, 0
    while True:
        _ptrace(_SYSCALL, pid, 0, deliver)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            outcome.code, outcome.printed = os.waitstatus_to_exitcode(status), log.read_text("utf-8")
            return outcome
        deliver = 0
        if os.WSTOPSIG(status) != signal.SIGTRAP | 0x80:
            deliver = os.WSTOPSIG(status)
        elif entering:
            entering = False
            if (call := _changing(pid, below)) is not None:
                if fails(at, call):
                    outcome.failed.append(call)
                    answer = -error
                    _ptrace(_POKEUSER, pid, 8 * _NUMBER, -1)  # there is no such call
                at += 1
        else:
            entering = True
            if answer is not None:
                _ptrace(_POKEUSER, pid, 8 * _RAX, answer)
                answer = None


def _obey(act: Callable[[], int], log: Path) -> None:
    """Be traced, and do it; never returns."""
    code = 70
    try:
        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        _ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        code = act()
    except BaseException:  # told to whoever reads the log
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _changing(pid: int, below: Path) -> str | None:
    """The call that a process is about to make, if it changes something below a folder."""
    registers = (ctypes.c_ulonglong * 27)()
    _ptrace(_GETREGS, pid, 0, ctypes.addressof(registers))
    number = registers[_NUMBER]
    if number in _BY_HANDLE:
        name, path = _BY_HANDLE[number], _of_handle(pid, registers[_RDI])
    elif number in _BY_NAME:
        name, path = _BY_NAME[number], _text(pid, registers[_RDI])
    elif number in _BY_NAME_IN_FOLDER:
        name, path = _BY_NAME_IN_FOLDER[number], _text(pid, registers[_RSI])
        if name == "openat" and not registers[_RDX] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return None
    else:
        return None
    return f"{name} {Path(path).name}" if path.startswith(str(below)) else None


def _of_handle(pid: int, handle: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/fd/{handle}").readlink())
    except FileNotFoundError:
        return ""


def _text(pid: int, address: int) -> str:
    """A text in the memory of a process. No path of ours is longer than what is read."""
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        return os.pread(memory, min(1024, 4096 - address % 4096), address).split(b"\0")[0].decode("utf-8", "replace")
    finally:
        os.close(memory)


def _ptrace(request: int, pid: int, address: int, data: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    ptrace = libc.ptrace
    ptrace.argtypes, ptrace.restype = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p], ctypes.c_long
    if ptrace(request, pid, address, data) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
