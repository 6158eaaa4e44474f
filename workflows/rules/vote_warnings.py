"""What has to be said before a vote opens: that a line cannot pass, or that its result would tell who voted how."""

from __future__ import annotations

from workflows.rules import N_
from workflows.rules.voting import Body, Rule, base_of, needed_votes

FEWEST_SECRET = 3
"""With one or two ballots in the box each voter can reckon what the other one said."""

_OUT_OF_REACH = N_("Không thể đạt: cần %(needed)d phiếu đồng ý nhưng chỉ có %(entitled)d phiếu.")
_RECUSED_KEPT = N_(
    "Không thể đạt: cần %(needed)d phiếu đồng ý nhưng chỉ có %(entitled)d phiếu, vì %(recused)d người "
    "không được biểu quyết vẫn tính trong tổng số %(base)d thành viên."
)
_UNANIMITY = N_(
    "Không giữ được bí mật nếu đạt: cần đủ %(needed)d trên %(entitled)d phiếu đồng ý, "
    "nên kết quả đạt cho biết tất cả mọi người đều đồng ý."
)
_TOO_FEW = N_(
    "Không giữ được bí mật: hòm phiếu chỉ có %(ballots)d phiếu kín, cần ít nhất %(fewest)d phiếu "
    "thì mới không suy ra được ai đã chọn gì."
)


def warnings(rule: Rule, body: Body, mode: str) -> list[str]:
    """Sentences for one line, before its vote opens; [] when nothing has to be said.

    `mode` is that of the session. A ballot on paper that the secretary records is secret where the rule says so.
    """
    entitled = body.entitled(rule)
    base = base_of(rule, body, entitled)
    needed = needed_votes(rule, base)
    words = {"needed": needed, "entitled": entitled, "recused": body.recused, "base": base}
    found = []
    if needed > entitled:
        found.append((_RECUSED_KEPT if _kept_out_of_reach(rule, body, entitled) else _OUT_OF_REACH) % words)
    if mode == "secret" or (mode == "recorded" and rule.vote_mode == "secret"):
        ballots = entitled - body.letters(rule)
        if needed == entitled:
            found.append(_UNANIMITY % words)
        if ballots < FEWEST_SECRET:
            found.append(_TOO_FEW % {"ballots": ballots, "fewest": FEWEST_SECRET})
    return found


def _kept_out_of_reach(rule: Rule, body: Body, entitled: int) -> bool:
    """Whether the line could pass if the recused were left out of the membership it is measured against."""
    if rule.denominator != "total_members" or not rule.recused_in_denominator or not body.recused:
        return False
    return entitled >= needed_votes(rule, body.members - body.recused)
