"""The terminal UI in a browser, through textual-serve: a process of its own for each page that is open.

What textual-serve leaves open is closed here. Its page fetches a font from another host: ours names none, and a
Content-Security-Policy forbids it. It lets any web page of the world open its socket and press keys: here a page
has to come from this server, and be asked for by a name of this machine, for a name of somebody else's can be made
to point here (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server

PAGE = Template(Path(__file__).with_name("web.html").read_text(encoding="utf-8"))
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self' {socket}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""xterm.js writes its styles into the page: hence 'unsafe-inline', of styles alone."""
CLOSING = 1.0
"""Seconds that open pages have to end theirs when the server ends."""


def is_local(host: str) -> bool:
    """Whether only this machine reaches the address.

    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0"), is_local("studio.local")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address(host: str, port: int) -> str:
    """
    >>> address("127.0.0.1", 8000), address("::1", 8000)
    ('http://127.0.0.1:8000', 'http://[::1]:8000')
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(command: str, host: str, port: int, ready: Callable[[], None], *, anyone: bool = False) -> None:
    """Serve the app that `command` starts, until Ctrl-C; `ready` is called once pages are answered.

    anyone: answer by whatever name it is asked; without, by those of this machine. Raises OSError where the
    address cannot be had.
    """
    Guarded(command, host, port, anyone=anyone).run(ready)


class Guarded(Server):
    """textual-serve's server, for pages of its own alone."""

    def __init__(self, command: str, host: str, port: int, *, anyone: bool) -> None:
        super().__init__(command, host, port)
        self._anyone = anyone

    def run(self, ready: Callable[[], None]) -> None:
        web.run_app(
            self._make_app(),
            host=self.host,
            port=self.port,
            print=lambda _text: ready(),
            access_log=None,
            shutdown_timeout=CLOSING,
        )

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._admit)
        app.on_response_prepare.append(_protect)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Not its banner."""

    async def handle_index(self, request: web.Request) -> web.Response:
        page = PAGE.substitute(socket=escape(f"{_socket(request)}/ws"))
        return web.Response(text=page, content_type="text/html")

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._anyone and _name(request.host) not in (*LOCAL_NAMES, self.host):
            raise web.HTTPForbidden(text="archivist answers to names of this machine alone\n")
        own = (f"http://{request.host}", f"https://{request.host}")
        if request.path == "/ws" and request.headers.get("Origin") not in own:
            raise web.HTTPForbidden(text="archivist is steered by its own page alone\n")
        return await handler(request)


def _name(host: str) -> str | None:
    """A Host header without its port.

    >>> _name("127.0.0.1"), _name("[::1]:8000"), _name("[")
    ('127.0.0.1', '::1', None)
    """
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _socket(request: web.Request) -> str:
    """Where the page finds its socket: a proxy that encrypts says so in X-Forwarded-Proto."""
    secure = request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
    return f"{'wss' if secure else 'ws'}://{request.host}"


async def _protect(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = POLICY.format(socket=_socket(request))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
