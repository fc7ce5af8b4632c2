"""The small server: what it answers, and that nobody keeps it from answering others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping

import pytest

from advisorjobs.errors import SettingsError
from advisorjobs.monitoring import endpoint
from advisorjobs.monitoring.endpoint import MOST, Answer, Endpoint, listening
from tests.fixtures.waiting import wait_for


def echo(path: str, headers: Mapping[str, str]) -> Answer:
    """What was asked; of /large a body that no buffer holds."""
    return Answer(
        200, b"x" * 5_000_000 if path == "/large" else f"{path} {headers.get('x-word')}".encode(), "text/plain"
    )


class Served:
    def __init__(self) -> None:
        self.endpoint = Endpoint(listening("127.0.0.1", 0), echo)
        self.port: int = self.endpoint.listening.getsockname()[1]
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while not self.ended.is_set():
            self.endpoint.serve(0.05)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def say(self, request: bytes) -> bytes:
        """All that is answered until the connection's end."""
        with self.connect() as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    def close(self) -> None:
        self.ended.set()
        self.thread.join()
        self.endpoint.close()


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.close()


def test_a_path_without_its_query_and_headers_reach_the_answerer(served: Served) -> None:
    head, _, body = served.say(b"GET /healthz?verbose=1 HTTP/1.1\r\nHost: x\r\nX-Word:  yes \r\n\r\n").partition(
        b"\r\n\r\n"
    )

    assert body == b"/healthz yes"
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert {b"Content-Type: text/plain", b"Content-Length: 12", b"Connection: close", b"Cache-Control: no-store"} <= {
        *lines
    }


def test_head_gets_the_length_and_no_body(served: Served) -> None:
    head, _, body = served.say(b"HEAD /x HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")
    assert b"Content-Length: 7" in head
    assert body == b""


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\n\r\n", b"405"),
        (b"DELETE / HTTP/1.1\r\n\r\n", b"405"),
        (b"GET / SPDY/3\r\n\r\n", b"400"),
        (b"GET /a b HTTP/1.1\r\n\r\n", b"400"),
        (b"GET http://other/ HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 9000, b"431"),
    ],
)
def test_other_requests_are_refused(served: Served, request_: bytes, status: bytes) -> None:
    assert served.say(request_).split(b" ", 2)[1] == status


def test_a_request_may_come_in_pieces_and_a_large_answer_goes_in_pieces(served: Served) -> None:
    with served.connect() as connection:
        for piece in (b"GET /lar", b"ge HTTP/1.1\r", b"\n\r", b"\n"):
            connection.sendall(piece)
        answered = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert len(answered.partition(b"\r\n\r\n")[2]) == 5_000_000


def test_those_who_say_nothing_or_read_nothing_keep_nobody_waiting(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = [served.connect() for _ in range(MOST - 2)]
    with served.connect() as deaf:
        deaf.sendall(b"GET /large HTTP/1.1\r\n\r\n")

        assert served.say(b"GET / HTTP/1.1\r\n\r\n").endswith(b"/ None")
    for each in silent:
        each.close()


def test_there_is_a_limit_of_connections_and_of_their_time(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "DEADLINE", 0.3)
    silent = [served.connect() for _ in range(MOST)]

    def refused() -> bool:
        try:
            return served.say(b"GET / HTTP/1.1\r\n\r\n") == b""
        except ConnectionResetError:
            return True

    assert refused()
    wait_for(lambda: not refused(), "room, once the silent ones were shown out")
    assert silent[0].recv(1) == b""
    for each in silent:
        each.close()


def test_a_taken_address_is_told_with_its_setting(served: Served) -> None:
    with pytest.raises(SettingsError, match=rf"ADVISORJOBS_HEALTH_PORT={served.port} .*name another"):
        listening("127.0.0.1", served.port)
