"""Codes that people hold on paper and read aloud: a teller's code, the code of a box, a receipt."""

from __future__ import annotations

import secrets

from workflows.rules import N_
from workflows.secret_ballot.verifier import (
    ALPHABET,
    GROUP,
    GROUPS,
    check_sign,
    spoken,
    tidy,
    with_checks,
)

__all__ = ["InvalidCode", "new_code", "read_code", "spoken"]


class InvalidCode(ValueError):
    """What was typed is no code; `text` says which group, in the reader's language."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def new_code() -> str:
    """A teller's code: sixteen signs drawn by the system's generator (79 bits) in four checked groups."""
    return with_checks("".join(secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP)))


def read_code(typed: str) -> str:
    """The code as typed, made uniform; InvalidCode names the group with a wrong or missing sign."""
    signs = tidy(typed)
    if len(signs) != GROUPS * (GROUP + 1):
        text = N_("Mã có 4 nhóm, mỗi nhóm 5 ký tự; đã nhập %(count)d ký tự.") % {"count": len(signs)}
        raise InvalidCode(text)
    groups = [signs[start : start + GROUP + 1] for start in range(0, len(signs), GROUP + 1)]
    for place, group in enumerate(groups, 1):
        if any(sign not in ALPHABET for sign in group) or group[-1] != check_sign(group[:-1], place):
            raise InvalidCode(
                N_("Nhóm thứ %(place)d của mã không đúng: xem lại từng ký tự.") % {"place": place}
            )
    return "-".join(groups)
