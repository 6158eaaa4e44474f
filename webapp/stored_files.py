"""Stored bytes as an answer: shown in the browser when their kind is safe to show, a download otherwise."""

from __future__ import annotations

from flask import Response, request, send_file

from workflows import files

SHOWN = {
    b"%PDF-": ("application/pdf", ".pdf"),
    b"\x89PNG": ("image/png", ".png"),
    b"\xff\xd8\xff": ("image/jpeg", ".jpg"),
}


def stored_file(sha256: str, filename: str) -> Response:
    """The file under a hash; `?download=1` or an unknown kind makes it an attachment. NotFound.

    The kind is read from the bytes, not from a name that somebody typed; nosniff goes on every answer.
    """
    path = files.path_of(sha256)
    with path.open("rb") as file:
        start = file.read(8)
    kind = next((kind for mark, kind in SHOWN.items() if start.startswith(mark)), None)
    media_type, suffix = kind or ("application/octet-stream", "")
    name = filename if filename.lower().endswith(suffix) else filename + suffix
    attachment = kind is None or "download" in request.args
    return send_file(path, mimetype=media_type, as_attachment=attachment, download_name=name)
