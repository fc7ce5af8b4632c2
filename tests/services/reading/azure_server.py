"""A server on this machine that speaks the REST protocol of Azure Form Recognizer: analyse, poll, result."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

KEY = "a key of the test"


@dataclass
class AzureServer:
    """What the server shall answer, and what it was asked. `refusal` is (status, headers, error code) of the
    first call; `failure` an error code with which the analysis ends."""

    endpoint: str = ""
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusal: tuple[int, dict[str, str], str] | None = None
    failure: str | None = None
    asked: list[tuple[str, dict[str, list[str]], bytes]] = field(default_factory=list)
    polls: int = 0


@contextmanager
def azure_server() -> Iterator[AzureServer]:
    """A running server on a free port."""
    state = AzureServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.endpoint = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _handler(state: AzureServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Ocp-Apim-Subscription-Key"] != KEY:
                self._answer(401, {"error": {"code": "401", "message": "Access denied"}})
            elif state.refusal:
                status, headers, code = state.refusal
                self._answer(status, {"error": {"code": code, "message": "refused"}}, headers)
            else:
                address = urlparse(self.path)
                model = address.path.rpartition("/")[2].removesuffix(":analyze")
                state.asked.append((model, parse_qs(address.query), body))
                place = (
                    f"{state.endpoint}/formrecognizer/documentModels/{model}/analyzeResults/1?api-version=2023-07-31"
                )
                self._answer(202, None, {"Operation-Location": place})

        def do_GET(self) -> None:
            state.polls += 1
            model = urlparse(self.path).path.split("/")[-3]
            if state.polls == 1:
                self._answer(200, {"status": "running"}, {"Retry-After": "0"})
            elif state.failure:
                self._answer(200, {"status": "failed", "error": {"code": state.failure, "message": "failed"}})
            else:
                self._answer(200, {"status": "succeeded", "analyzeResult": state.results[model]})

        def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Says nothing."""

    return Handler


def analysis(model: str, words: list[tuple[str, float, float, float, float]], **more: Any) -> dict[str, Any]:
    """An analyzeResult of one page of 8.5 × 11 inches with these words (text, left, top, right, bottom in inches)."""
    content = " ".join(word[0] for word in words)
    spans, at = [], 0
    for word in words:
        spans.append({"offset": at, "length": len(word[0])})
        at += len(word[0]) + 1
    page = {
        "pageNumber": 1,
        "angle": more.pop("angle", 0.0),
        "width": 8.5,
        "height": 11.0,
        "unit": "inch",
        "spans": [{"offset": 0, "length": len(content)}],
        "words": [
            {"content": text, "polygon": [x1, y1, x2, y1, x2, y2, x1, y2], "confidence": 0.97, "span": span}
            for (text, x1, y1, x2, y2), span in zip(words, spans, strict=True)
        ],
        "lines": [],
    }
    return {
        "apiVersion": "2023-07-31",
        "modelId": model,
        "stringIndexType": "unicodeCodePoint",
        "content": content,
        "pages": [page],
        **more,
    }
