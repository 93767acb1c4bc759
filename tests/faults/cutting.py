"""A connection to a PostgreSQL server that breaks once the server has committed entries, before its answer is passed
on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.support import server

_NAME = ".s.PGSQL.5432"


@contextmanager
def cut_after_commit(url: str, folder: Path) -> Iterator[str]:
    """The URL by which a ledger is reached through such a connection."""
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(folder / _NAME))
        listening.listen()
        threading.Thread(target=_accept, args=(listening,), daemon=True).start()
        try:
            yield url.replace(quote(str(server.socket()), safe=""), quote(str(folder), safe=""))
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_pass_on, args=(client,), daemon=True).start()


def _pass_on(client: socket.socket) -> None:
    """Pass on what either side says, until the client has committed entries and the server has answered."""
    entries, committed = False, threading.Event()
    with closing(client), closing(socket.socket(socket.AF_UNIX)) as behind:
        behind.connect(str(server.socket() / _NAME))
        answers = threading.Thread(target=_answer, args=(behind, client, committed), daemon=True)
        answers.start()
        while said := client.recv(1 << 16):
            entries = entries or b"COPY entries" in said
            if entries and b"COMMIT\0" in said:
                committed.set()
            behind.sendall(said)
        behind.shutdown(socket.SHUT_RDWR)
        answers.join()


def _answer(behind: socket.socket, client: socket.socket, committed: threading.Event) -> None:
    while answer := behind.recv(1 << 16):
        if committed.is_set():
            client.shutdown(socket.SHUT_RDWR)
            return
        client.sendall(answer)
