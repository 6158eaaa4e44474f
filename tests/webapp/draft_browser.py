"""A draft of a regulation being worked on by one browser."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

DIAGRAM = "nomination/nomination.bpmn"


class Draft:
    """A draft being worked on by one browser."""

    def __init__(self, web: Any) -> None:
        self.web = web
        page = web.get("/admin/regulations/new")
        sent = {"name": "Công khai lấy ý kiến trước phiên họp", "citation": "Công văn số 1/UBND"}
        self.url = web.post("/admin/regulations/new", {**page.keys(), **sent}).response.headers["Location"]

    @property
    def id(self) -> str:
        return self.url.rsplit("/", 1)[1]

    def page(self) -> Any:
        return self.web.get(self.url)

    def data(self, path: str, web: Any = None) -> dict[str, Any]:
        """What the editor of a file is handed."""
        text = (web or self.web).get(f"{self.url}/edit?path={path}").response.text
        found = re.search(
            r'<script type="application/json" id="(?:modeler|dmn)-data">(.*?)</script>', text, re.S
        )
        assert found is not None
        data: dict[str, Any] = json.loads(found.group(1))
        return data

    def send(self, url: str, data: dict[str, Any], web: Any = None, **body: Any) -> Any:
        client = (web or self.web).client
        body = {"xml": data["xml"], "expected": data.get("expected"), **body}
        return client.post(
            url, json=body, headers={"X-CSRFToken": data["csrf"], "Accept": "application/json"}
        )

    def upload(self, *files: tuple[str, bytes]) -> Any:
        page = self.page()
        sent = {**page.keys(), "files": [(BytesIO(content), name) for name, content in files]}
        return self.web.post(f"{self.url}/upload", sent, content_type="multipart/form-data")

    def publish(self, day: str) -> Any:
        return self.web.post(f"{self.url}/publish", {**self.page().keys(), "effective_from": day})


def shipped(draft: Draft) -> str:
    return str(draft.data(DIAGRAM)["xml"])
