"""Web servers that do what they like: an answer ends by a moment, has a limit, and comes from the web alone."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread

import pytest

from ledger import web
from ledger.errors import NotVerified, Unreachable, WitnessTrouble
from ledger.log.key import Signer
from ledger.publish.witness import ask as ask_witness
from ledger.replicate.snapshot import Site
from ledger.store.store import Store
from tests.publish.test_witnesses import witness

__all__ = ["witness"]

Behaviour = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\n"


class Server:
    """Answers every connection as it was told to; ``asked`` has the requests."""

    def __init__(self) -> None:
        self.answer: list[Behaviour] = []
        self.asked: list[bytes] = []
        self._over = Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self) -> None:
        while not self._over.is_set():
            connection, _ = self._socket.accept()
            behaviour = self.answer.pop(0) if len(self.answer) > 1 else self.answer[0] if self.answer else None
            self._threads.append(Thread(target=self._one, args=(connection, behaviour)))
            self._threads[-1].start()

    def _one(self, connection: socket.socket, behaviour: Behaviour | None) -> None:
        with connection, suppress(OSError):
            self.asked.append(connection.recv(65_536))
            if behaviour and not self._over.is_set():
                behaviour(connection)

    def forever(self, start: bytes, piece: bytes, every: float = 0.02) -> Behaviour:
        """Send a start, and then a piece again and again."""

        def send(connection: socket.socket) -> None:
            connection.sendall(start)
            while not self._over.wait(every):
                connection.sendall(piece)

        return send

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            socket.create_connection(self._socket.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._socket.close()


def says(*pieces: bytes) -> Behaviour:
    """Send these, and close."""
    return lambda connection: connection.sendall(b"".join(pieces))


def redirects(to: str, status: int = 302) -> Behaviour:
    """Redirect to an address."""
    return says(b"HTTP/1.1 %d Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, to.encode()))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server; whoever asks it has no proxy."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served = Server()
    yield served
    served.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks has little patience."""
    monkeypatch.setattr(web, "_SECONDS", 0.6)
    monkeypatch.setattr(web, "_SILENT", 0.3)


def test_an_answer_is_read(server: Server) -> None:
    server.answer = [says(OK, b'ETag: "a"\r\nContent-Length: 5\r\n\r\nhello')]
    answer = web.ask(server.url, 5, {"X-Test": "1"})
    assert (answer.status, answer.data, answer.headers["ETag"]) == (200, b"hello", '"a"')
    assert b"X-Test: 1\r\n" in server.asked[0]
    assert b"User-Agent: force-ledger\r\n" in server.asked[0].replace(b"User-agent", b"User-Agent")
    server.answer = [says(b"HTTP/1.1 404 \x1b[1mNot here\r\nContent-Length: 2\r\n\r\nno")]
    assert web.ask(server.url, 5, {})[:2] == (404, b"no")
    server.answer = [says(OK, b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    assert web.ask(server.url, 5, {}).data == b"abc"


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b"H"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK, b"X"),
        (OK, b"X-More: header\r\n"),
        (OK + b"\r\n", b"x"),
        (OK + b"Content-Length: 1000000\r\n\r\n", b"x"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1;"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 1000000\r\n\r\n", b"x"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_slow_answer_ends_by_a_moment(server: Server, start: bytes, piece: bytes) -> None:
    server.answer = [server.forever(start, piece)]
    begun = time.monotonic()
    with pytest.raises(web.NoAnswer):
        web.ask(server.url, 1 << 20, {})
    assert time.monotonic() - begun < 20


@pytest.mark.usefixtures("impatient")
def test_who_says_nothing_is_given_up(server: Server) -> None:
    server.answer = [server.forever(b"", b"")]
    with pytest.raises(web.NoAnswer, match="timed out"):
        web.ask(server.url, 100, {})


def test_an_answer_without_end_is_too_long(server: Server) -> None:
    server.answer = [server.forever(OK + b"\r\n", bytes(10_000), every=0)]
    with pytest.raises(web.TooLong, match="longer than 100,000 bytes"):
        web.ask(server.url, 100_000, {})
    for start in (
        b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
        b"HTTP/1.1 404 No\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ):
        server.answer = [server.forever(start, start[-25:] * 1000, every=0)]
        with pytest.raises(web.TooLong):
            web.ask(server.url, 1000, {})
    server.answer = [server.forever(OK + b"\r\n", bytes(10_000), every=0)]
    with pytest.raises(NotVerified, match=r"/tile/0/000: its answer is longer than 8,192 bytes"):
        Site(server.url).read("tile/0/000", 8192)


def test_an_answer_that_is_cut_off_is_no_answer(server: Server) -> None:
    for start in (b"Content-Length: 9\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n9\r\n"):
        server.answer = [says(OK, start, b"hello")]
        with pytest.raises(Unreachable, match=r"cut off|IncompleteRead"):
            Site(server.url).read("checkpoint", 100)


def test_a_redirect_is_followed_on_the_web(server: Server) -> None:
    server.answer = [redirects("/elsewhere"), says(OK, b"Content-Length: 2\r\n\r\nhi")]
    assert web.ask(f"{server.url}/here", 10, {}).data == b"hi"
    assert [request.split(b" ")[1] for request in server.asked] == [b"/here", b"/elsewhere"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://{}/x", "data:,x", "gopher://{}/x", "//", "http:///x", "/"])
def test_a_redirect_leads_nowhere_else(server: Server, to: str, status: int) -> None:
    address = server.url.removeprefix("http://")
    server.answer = [redirects(to.format(address), status)]
    with pytest.raises(Unreachable):
        Site(server.url).read("checkpoint", 1 << 20)
    assert all(request.startswith(b"GET /") for request in server.asked), "nothing but HTTP was spoken"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_what_is_posted_is_posted_nowhere_else(server: Server, status: int) -> None:
    server.answer = [redirects("/elsewhere", status)]
    answer = web.ask(server.url, 10, {"Content-Type": "text/plain"}, b"body")
    assert (answer.status, answer.headers["Location"]) == (status, "/elsewhere")
    assert len(server.asked) == 1
    assert server.asked[0].startswith(b"POST / HTTP/1.1\r\n")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "data:,x", "", "http://", "x"])
def test_no_other_address_is_asked(url: str) -> None:
    with pytest.raises(web.NoAnswer):
        web.ask(url, 10, {})


def test_a_proxy_is_asked_where_there_is_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.answer = [says(OK, b"Content-Length: 2\r\n\r\nhi")]
    assert web.ask("http://log.example.org/x", 10, {}).data == b"hi"
    assert server.asked[0].startswith(b"GET http://log.example.org/x HTTP/1.1\r\n")


def test_a_reason_of_the_server_is_not_shown(server: Server) -> None:
    server.answer = [says(b"HTTP/1.1 503 \x1b[1mboo\r\nContent-Length: 0\r\n\r\n")]
    with pytest.raises(Unreachable) as told:
        Site(server.url).read("checkpoint", 10)
    assert "/checkpoint: 503 Service Unavailable;" in str(told.value)


@pytest.mark.in_a_file
@pytest.mark.usefixtures("witness")
def test_a_witness_has_the_same_limits(ledger: Store, server: Server) -> None:
    key = Signer("w.example.net", bytes(32)).cosigner
    server.answer = [server.forever(OK + b"\r\n", bytes(10_000), every=0)]
    with pytest.raises(WitnessTrouble, match="longer than 65,536 bytes"):
        ask_witness(ledger, server.url, key)
    with pytest.raises(WitnessTrouble, match="names a user") as told:
        ask_witness(ledger, "https://user:secret@w.example.net/", key)
    assert "secret" not in str(told.value)
