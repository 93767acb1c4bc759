"""A web server on this machine that serves a folder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Site(SimpleHTTPRequestHandler):
    """Serves files, and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is told."""


@contextmanager
def website(folder: Path, port: int = 0, handler: type[Site] = Site) -> Iterator[str]:
    """Serve a folder; the address, without a slash at its end."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=str(folder))) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}"
        finally:
            httpd.shutdown()
            thread.join()
