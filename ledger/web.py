"""Ask a web server: one request, whose answer is limited in bytes and in seconds, whatever the server does."""

import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import (
    AbstractHTTPHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

_SILENT = 30.0  # seconds in which nothing arrives
_SECONDS = 120.0  # from the request to the end of the answer
_HEADERS = 1 << 20  # bytes
_HANDLERS = ProxyHandler, UnknownHandler, HTTPDefaultErrorHandler, HTTPErrorProcessor, HTTPRedirectHandler


class NoAnswer(Exception):
    """A server that cannot be reached, or is too slow; or an address that is none."""


class TooLong(NoAnswer):
    """An answer with more bytes than were allowed."""


class HttpResponse(NamedTuple):
    status: int
    data: bytes
    headers: Any


def ask(url: str, most: int, headers: dict[str, str], body: bytes | None = None) -> HttpResponse:
    """The answer to a GET, or to a POST of a body. Redirects of a GET are followed, to http and https only.

    Raises NoAnswer, with the reason; TooLong for more than ``most`` bytes.
    """
    until = time.monotonic() + _SECONDS
    opener = OpenerDirector()  # that of `urlopen` reads file: and ftp: too
    opener.add_handler(_Http(until, most))
    for kind in _HANDLERS if body is None else _HANDLERS[:-1]:
        opener.add_handler(kind())
    try:
        request = Request(url, body, {"User-Agent": "force-ledger", **headers})
        with closing(_opened(opener, request)) as response:
            data = response.read(most + 1)
            if len(data) > most:
                raise TooLong(f"its answer is longer than {most:,} bytes")
            if response.length:
                raise NoAnswer("its answer was cut off")
            return HttpResponse(response.status, data, response.headers)
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(str(getattr(error, "reason", "") or error or type(error).__name__)) from None


def _opened(opener: OpenerDirector, request: Request) -> Any:
    try:
        return opener.open(request, timeout=_SILENT)
    except HTTPError as answer:  # an answer like any other
        return answer


class _Http(AbstractHTTPHandler):
    """Connections whose answers must be complete by a moment, and are not much longer than ``most`` bytes."""

    def __init__(self, until: float, most: int) -> None:
        super().__init__()

        class Timed(HTTPResponse):
            def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
                super().__init__(sock, *args, **kwargs)
                self.fp = BufferedReader(_Limited(until, most, sock, self.fp.detach()))

        self._response_class = Timed

    def http_open(self, request: Request) -> HTTPResponse:
        return self.do_open(self._connection(HTTPConnection), request)

    def https_open(self, request: Request) -> HTTPResponse:
        return self.do_open(self._connection(HTTPSConnection), request)

    http_request = https_request = AbstractHTTPHandler.do_request_

    def _connection(self, kind: type[HTTPConnection]) -> Any:
        def connection(*args: Any, **kwargs: Any) -> HTTPConnection:
            made = kind(*args, **kwargs)
            made.response_class = self._response_class
            return made

        return connection


class _Limited(RawIOBase):
    """The bytes that arrive at a socket. Raises TimeoutError from a moment on, also if some arrive all the time, and
    TooLong if headers and body are too long: a redirect may have a body too."""

    def __init__(self, until: float, most: int, sock: socket, raw: RawIOBase) -> None:
        self._until, self._most, self._left = until, most, most + _HEADERS
        self._sock, self._raw = sock, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        if (left := self._until - time.monotonic()) <= 0:
            raise TimeoutError(f"its answer took longer than {_SECONDS:.0f} seconds")
        self._sock.settimeout(min(_SILENT, left))
        number = self._raw.readinto(buffer) or 0
        self._left -= number
        if self._left < 0:
            raise TooLong(f"its answer is longer than {self._most:,} bytes")
        return number

    def close(self) -> None:
        self._raw.close()
        super().close()
