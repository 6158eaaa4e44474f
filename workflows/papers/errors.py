"""What may stop a paper, each with a text that names the paper and the place."""

from __future__ import annotations

from engine.errors import N_, ThiduaError


class WordingError(ThiduaError):
    """The wording of a paper cannot be used: an unknown field, a missing or superfluous part."""

    template = N_("Mẫu lời văn của %(paper)s chưa dùng được: %(reason)s")

    def __init__(self, paper: str, reason: str) -> None:
        super().__init__(paper=paper, reason=reason)


class PaperDataError(ThiduaError):
    """A value the paper needs is missing or of the wrong kind; `field` says which."""

    template = N_("Chưa lập được %(paper)s: %(field)s – %(reason)s")

    def __init__(self, paper: str, field: str, reason: str) -> None:
        self.field = field
        super().__init__(paper=paper, field=field, reason=reason)


class BallotMismatch(ThiduaError):
    """The figures of a vote contradict each other; the paper may not be made from them."""

    template = N_("Chưa lập được %(paper)s: số liệu biểu quyết của %(subject)s không khớp (%(reason)s).")

    def __init__(self, paper: str, subject: str, reason: str) -> None:
        super().__init__(paper=paper, subject=subject, reason=reason)


class PaperFailed(ThiduaError):
    """The typesetter refused the paper; `reason` is what a person can do about it."""

    template = N_("Chưa lập được %(paper)s: %(reason)s")

    def __init__(self, paper: str, reason: str) -> None:
        super().__init__(paper=paper, reason=reason)
