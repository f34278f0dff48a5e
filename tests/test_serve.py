"""`archivist serve`: the terminal UI in a browser, for this machine alone unless it is told otherwise."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import Run


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def serving(archive: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server, once it says that it answers, and its process."""
    words = [sys.executable, "-m", "archivist", "--archive", str(archive), "serve", "--port", str(free_port())]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip(), server
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("serve") / "archive.db") as (found, _server):
        yield found


def get(url: str, **headers: str) -> tuple[int, str, str]:
    """(status, body, content security policy)"""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode(), response.headers["Content-Security-Policy"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), ""


def test_it_listens_to_this_machine_alone(address: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)


def test_its_page_names_no_other_host_and_may_ask_none(address: str) -> None:
    status, page, policy = get(address)
    assert (status, "archivist" in page) == (200, True)
    hosts = set(re.findall(r"\b[a-z]+:?//[^\s/\"']+", page))
    assert hosts == {address.replace("http", "ws")}
    assert policy.startswith("default-src 'none'; ")
    assert set(re.findall(r"\b[a-z]+://[^;\s]+", policy)) == hosts
    assert not re.findall(r"script-src[^;]*unsafe", policy)
    files = re.findall(r'"(/static/[^"]+)"', page)
    assert len(files) == 4
    for name in files:
        with urllib.request.urlopen(address + name, timeout=20) as response:
            assert response.status == 200, name


def test_what_its_page_says_is_one_paragraph(address: str) -> None:
    """A box that centres what it holds drops the spaces between its parts."""
    _status, page, _policy = get(address)
    assert re.findall(r'class="says \w+">(.{3})', page) == ["<p>", "<p>"]


def test_behind_a_proxy_that_encrypts_its_page_asks_for_an_encrypted_socket(address: str) -> None:
    _status, page, policy = get(address, **{"X-Forwarded-Proto": "https"})
    assert f"{address.replace('http', 'wss')}/ws" in page
    assert f"connect-src 'self' {address.replace('http', 'wss')};" in policy


@pytest.mark.parametrize("name", ["evil.example", "archive.evil.example:80", "127.0.0.1.evil.example", "[::2]"])
def test_a_name_of_somebody_else_s_gets_nothing(address: str, name: str) -> None:
    status, body, _policy = get(address, Host=name)
    assert (status, "<html" in body) == (403, False)


async def test_another_page_cannot_steer_it(address: str) -> None:
    for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await session.ws_connect(f"{address}/ws", headers=origin)
            assert caught.value.status == 403


@pytest.mark.slow
async def test_its_own_page_gets_the_ui_which_ends_with_the_server(tmp_path: Path) -> None:
    with serving(tmp_path / "archive.db") as (address, server):
        async with aiohttp.ClientSession() as session:
            socket_ = await session.ws_connect(f"{address}/ws?width=100&height=30", headers={"Origin": address})
            drawn = b""
            async for message in socket_:
                drawn += message.data if message.type == aiohttp.WSMsgType.BINARY else b""
                if b"still empty" in drawn:
                    break
            assert b"Welcome" in drawn
            server.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            closed = await socket_.receive(timeout=30)
            while closed.type == aiohttp.WSMsgType.BINARY:
                closed = await socket_.receive(timeout=30)
            assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
        assert server.wait(30) == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "studio.local"])
def test_an_address_for_others_needs_a_word(run: Run, host: str) -> None:
    done = run("serve", "--host", host)
    assert (done.code, done.out) == (2, "")
    said = " ".join(done.err.split())
    assert "no password" in said
    assert "--anyone" in said


def test_an_address_that_cannot_be_had_is_named(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", port)
    assert (done.code, done.out) == (3, "")
    assert f"http://127.0.0.1:{port} cannot be had" in done.err
