"""What was typed survives a session that ended: it is carried, signed, through the sign-in page.

Each form names its owner in a signed field. A post without a valid session is kept only when that mark is
ours, and shown again only to the same person: a form forged by another site carries no mark for its victim,
and the next user of a shared computer does not get somebody else's words. Passwords, files and what belongs to a
secret ballot (fields with `secret` in their name) are never kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from flask import current_app, request
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup

from webapp.actor import Actor, current_actor


@dataclass(frozen=True)
class Kept:
    """A post that could not be taken: where it went, what it held."""

    owner: UUID
    target: str
    fields: list[tuple[str, str]]
    had_files: bool

    @property
    def texts(self) -> list[str]:
        """The words among the fields, as one would want to see again that they are there."""
        words = [value.strip() for _name, value in self.fields]
        return [text for text in dict.fromkeys(words) if " " in text or len(text) > 40]


def _signer(salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=salt)


def form_keys() -> Markup:
    """The hidden fields of every form: CSRF token, owner, idempotency key. Use `{{ form_keys() }}` in it."""
    actor = current_actor()
    owner = _signer("form-owner").dumps(str(actor.id)) if actor else ""
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return (
        field.format("_csrf", generate_csrf())
        + field.format("_owner", owner)
        + field.format("_key", uuid4().hex)
    )


def from_request() -> Kept | None:
    """The post of this request, None when it bears no owner's mark of ours."""
    try:
        owner = UUID(_signer("form-owner").loads(request.form.get("_owner", "")))
    except (BadSignature, ValueError, TypeError):
        return None
    fields = [(name, value) for name, values in request.form.lists() for value in values if _keepable(name)]
    had_files = any(file.filename for file in request.files.values())
    return Kept(owner, request.full_path.rstrip("?"), fields, had_files)


def _keepable(name: str) -> bool:
    return name not in ("_csrf", "_owner", "_key") and "password" not in name and "secret" not in name


def sealed(kept: Kept) -> str:
    """The kept post as one signed text, for a hidden field of the sign-in page."""
    return str(_signer("kept").dumps([str(kept.owner), kept.target, kept.fields, kept.had_files]))


def opened(text: str) -> Kept | None:
    """The kept post again; None for a text that we did not sign."""
    try:
        owner, target, fields, had_files = _signer("kept").loads(text)
    except BadSignature:
        return None
    return Kept(UUID(owner), target, [(name, value) for name, value in fields], bool(had_files))


def belongs_to(kept: Kept | None, actor: Actor) -> bool:
    """Whether the words are this person's own."""
    return kept is not None and kept.owner == actor.id
