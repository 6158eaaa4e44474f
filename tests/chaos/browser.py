"""A person's browser that sends a form again, with the same keys, until somebody answers; and what it was told."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

Fields = list[tuple[str, str]]
Upload = tuple[str, str, bytes]
"""Name of the field, name of the file, its bytes."""


@dataclass
class Post:
    """One form that somebody sent: what it was to do, how often it went out, what came back."""

    kind: str
    about: str
    key: str
    begun: float = field(default_factory=time.monotonic)
    sent: int = 0
    status: int | None = None
    said: str = ""
    location: str = ""

    @property
    def acknowledged(self) -> bool:
        return self.status == 302


class Ledger:
    """Every post of every browser."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._posts: list[Post] = []

    def add(self, post: Post) -> None:
        with self._lock:
            self._posts.append(post)

    @property
    def posts(self) -> list[Post]:
        with self._lock:
            return list(self._posts)

    def unanswered(self, before: float) -> list[Post]:
        """The posts that were on their way at a moment and have no answer yet."""
        return [post for post in self.posts if post.status is None and post.sent and post.begun < before]


class _Forms(HTMLParser):
    """The forms of a page, each with its address and what a browser would send for it untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._page = page
        self.forms: dict[str, Fields] = {}
        self._fields: Fields | None = None
        self._select = self._textarea = ""
        self._option: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._fields = self.forms.setdefault(given.get("action") or self._page, [])
        elif self._fields is None:
            return
        elif tag == "input":
            self._input(given, self._fields)
        elif tag == "select":
            self._select, self._option = given.get("name", ""), None
        elif tag == "option" and self._select and ("selected" in given or self._option is None):
            self._option = given.get("value", "")
        elif tag == "textarea":
            self._textarea = given.get("name", "")
            self._fields.append((self._textarea, ""))

    @staticmethod
    def _input(given: dict[str, str], fields: Fields) -> None:
        kind = given.get("type", "text")
        ticked = kind not in ("checkbox", "radio") or "checked" in given
        if given.get("name") and ticked and kind not in ("file", "submit"):
            fields.append((given["name"], given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._textarea and self._fields:
            name, text = self._fields[-1]
            self._fields[-1] = (name, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "select" and self._fields is not None and self._select:
            self._fields.append((self._select, self._option or ""))
            self._select = ""


class Browser:
    """One person at one machine. `gave_up` says that there is no use in trying on."""

    def __init__(self, port: int, ledger: Ledger, gave_up: Callable[[], bool] = lambda: False) -> None:
        self._port, self._ledger, self._gave_up = port, ledger, gave_up
        self.cookies: dict[str, str] = {}
        self._keys: dict[str, str] = {}

    def sign_in(self, username: str, password: str) -> None:
        post = self.post("sign-in", "/sign-in", "/sign-in", {"username": username, "password": password})
        assert post.acknowledged, post.said

    def again(self) -> Browser:
        """Another window of the same person."""
        other = Browser(self._port, self._ledger, self._gave_up)
        other.cookies = dict(self.cookies)
        return other

    def form(self, page: str, action: str) -> Fields:
        """What the form of a page with this address would send untouched; LookupError when there is none."""
        status, text, _ = self.get(page)
        found = _Forms(page)
        found.feed(text)
        if action not in found.forms:
            raise LookupError(f"{page} ({status}) has no form for {action}")
        return found.forms[action]

    def get(self, page: str) -> tuple[int, str, str]:
        """A page, asked for again until somebody answers: status, text, where it leads."""
        return self._until_answered("GET", page, b"", {}, None)

    def post(
        self,
        about: str,
        page: str,
        action: str,
        given: Mapping[str, str] | Callable[[str], str | None],
        upload: Upload | None = None,
        kind: str = "form",
    ) -> Post:
        """Fill the form of a page and send it until it is answered. `given` by name, or a function of the name."""
        fill = given if callable(given) else given.get
        filled: Fields = []
        for name, value in self.form(page, action):
            typed = fill(name)
            filled.append((name, value if typed is None else typed))
        if not callable(given):
            known = {name for name, _ in filled}
            filled += [(name, value) for name, value in given.items() if name not in known]
        return self.send(about, action, filled, upload, kind)

    def send(
        self, about: str, action: str, fields: Fields, upload: Upload | None = None, kind: str = "form"
    ) -> Post:
        """Send the very same bytes until somebody answers them."""
        post = Post(kind, about, dict(fields).get("_key", ""))
        self._ledger.add(post)
        body, headers = _body(fields, upload)
        post.status, post.said, post.location = self._until_answered("POST", action, body, headers, post)
        return post

    def keys(self, page: str = "/password") -> dict[str, str]:
        """The keys of a form of this person, the one against double sending new each time."""
        if not self._keys:
            fields = dict(self.form(page, page))
            self._keys = {name: fields[name] for name in ("_csrf", "_owner")}
        return {**self._keys, "_key": uuid4().hex}

    def _until_answered(
        self, method: str, path: str, body: bytes, headers: dict[str, str], post: Post | None
    ) -> tuple[int, str, str]:
        while True:
            if post is not None:
                post.sent += 1
            try:
                status, text, location = self._ask(method, path, body, headers)
                if status not in (502, 503, 504):
                    return status, text, location
            except (OSError, http.client.HTTPException):
                pass
            if self._gave_up():
                raise TimeoutError(f"nobody answers {method} {path}")
            time.sleep(0.4)  # a server that starts needs the processor more

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body or None, {**headers, "Cookie": cookies})
            answer = connection.getresponse()
            text = answer.read().decode()
            for line in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, text, answer.headers.get("Location") or ""
        finally:
            connection.close()


def _body(fields: Fields, upload: Upload | None) -> tuple[bytes, dict[str, str]]:
    if upload is None:
        return urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    mark, name, filename, content = uuid4().hex, *upload
    head = f'--{mark}\r\nContent-Disposition: form-data; name="'
    parts = [f'{head}{field}"\r\n\r\n{value}\r\n'.encode() for field, value in fields]
    kind = "Content-Type: application/octet-stream"
    parts.append(f'{head}{name}"; filename="{filename}"\r\n{kind}\r\n\r\n'.encode() + content + b"\r\n")
    whole = b"".join([*parts, f"--{mark}--\r\n".encode()])
    return whole, {"Content-Type": f"multipart/form-data; boundary={mark}"}


def png(number: int) -> bytes:
    """A picture of two pixels, another one for each number."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = b"\x00" + number.to_bytes(6, "big")
    head = struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def alone(text: Any) -> str:
    """The words of an error page, for a failing test."""
    import re

    return " ".join(re.sub(r"<[^>]+>", " ", str(text)).split())[:600]
