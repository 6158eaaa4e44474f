"""What moving one instance to another diagram means: safe, to be accepted, or refused, each with its step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.errors import N_


class Verdict(StrEnum):
    """How far an instance can follow a new diagram."""

    SAFE = "safe"
    WARN = "warn"
    REFUSE = "refuse"


_WEIGHT = {Verdict.SAFE: 0, Verdict.WARN: 1, Verdict.REFUSE: 2}


class Code(StrEnum):
    """What was found; the text of each stands beside it below."""

    ARMED = "armed"
    DISARMED = "disarmed"
    INSERTED_BEFORE = "inserted_before"
    MOVED_BEFORE = "moved_before"
    DONE_AGAIN = "done_again"
    PASSED_REMOVED = "passed_removed"
    TIMER_CHANGED = "timer_changed"
    EVENT_CHANGED = "event_changed"
    STEP_GONE = "step_gone"
    KIND_CHANGED = "kind_changed"
    LOOP_CHANGED = "loop_changed"
    JOIN_CHANGED = "join_changed"
    CALL_CHANGED = "call_changed"
    BRANCHES_MEET = "branches_meet"
    EXPRESSION_FAILS = "expression_fails"
    NOT_KEPT = "not_kept"
    UNREADABLE = "unreadable"
    MESSAGE_TAKEN = "message_taken"
    ENDED = "ended"
    ALREADY_THERE = "already_there"
    OTHER_PROCESS = "other_process"


_TEXTS: Mapping[Code, tuple[Verdict, str]] = {
    Code.ARMED: (Verdict.SAFE, N_("“%(step)s” được gắn thêm vào việc đang làm “%(host)s”.")),
    Code.DISARMED: (Verdict.SAFE, N_("“%(step)s” không còn gắn với việc đang làm “%(host)s”.")),
    Code.INSERTED_BEFORE: (
        Verdict.WARN,
        N_("Bước mới “%(step)s” nằm trước vị trí hiện tại: hồ sơ sẽ không qua bước này."),
    ),
    Code.MOVED_BEFORE: (
        Verdict.WARN,
        N_("Bước “%(step)s” chưa làm được xếp lên trước vị trí hiện tại: hồ sơ sẽ không qua bước này."),
    ),
    Code.DONE_AGAIN: (
        Verdict.WARN,
        N_("Bước “%(step)s” đã làm xong được xếp xuống sau vị trí hiện tại: hồ sơ sẽ làm lại bước này."),
    ),
    Code.PASSED_REMOVED: (
        Verdict.WARN,
        N_("Bước “%(step)s” đã làm xong không còn trong sơ đồ mới; kết quả vẫn nằm trong nhật ký."),
    ),
    Code.TIMER_CHANGED: (
        Verdict.WARN,
        N_(
            "Thời hạn “%(step)s” đổi cách tính: hạn đang chạy là %(before)s, tính theo sơ đồ mới là "
            "%(after)s. Chọn giữ hạn đang chạy hoặc tính lại."
        ),
    ),
    Code.EVENT_CHANGED: (
        Verdict.WARN,
        N_("“%(step)s” đang chờ “%(before)s”; theo sơ đồ mới sẽ chờ “%(after)s”."),
    ),
    Code.STEP_GONE: (
        Verdict.REFUSE,
        N_("Bước “%(step)s” đang làm không có trong sơ đồ mới: chọn bước thay thế cho nó."),
    ),
    Code.KIND_CHANGED: (
        Verdict.REFUSE,
        N_("Bước “%(step)s” đang làm đổi loại trong sơ đồ mới: làm xong bước này trước khi chuyển."),
    ),
    Code.LOOP_CHANGED: (
        Verdict.REFUSE,
        N_(
            "Bước “%(step)s” đang lấy ý kiến từng người mà cách lấy ý kiến đổi trong sơ đồ mới: "
            "làm xong bước này trước khi chuyển."
        ),
    ),
    Code.JOIN_CHANGED: (
        Verdict.REFUSE,
        N_(
            "“%(step)s” chờ các nhánh làm song song, mà sơ đồ mới đổi các nhánh sau khi hồ sơ đã vào "
            "nhánh: hồ sơ sẽ kẹt tại đây."
        ),
    ),
    Code.CALL_CHANGED: (
        Verdict.REFUSE,
        N_("Bước “%(step)s” đang chạy một quy trình con khác với quy trình con trong sơ đồ mới."),
    ),
    Code.BRANCHES_MEET: (
        Verdict.REFUSE,
        N_(
            "“%(step)s” và “%(other)s” đang được làm song song; theo sơ đồ mới cả hai sẽ đi tới "
            "“%(meeting)s” mà không chờ nhau, việc đó sẽ bị làm hai lần."
        ),
    ),
    Code.EXPRESSION_FAILS: (
        Verdict.REFUSE,
        N_("Không tính được thời hạn hoặc người làm của “%(step)s” với dữ liệu của hồ sơ: %(cause)s"),
    ),
    Code.NOT_KEPT: (
        Verdict.REFUSE,
        N_("Chạy thử cho thấy bước “%(step)s” không được giữ nguyên khi chuyển."),
    ),
    Code.UNREADABLE: (Verdict.REFUSE, N_("Không đọc được trạng thái đã lưu của hồ sơ: %(cause)s")),
    Code.MESSAGE_TAKEN: (
        Verdict.REFUSE,
        N_("Hồ sơ sẽ chờ thông báo “%(message)s”, nhưng bước “%(step)s” của hồ sơ khác đang chờ nó."),
    ),
    Code.ENDED: (Verdict.REFUSE, N_("Hồ sơ đã kết thúc hoặc đã được rút.")),
    Code.ALREADY_THERE: (Verdict.REFUSE, N_("Hồ sơ đã theo sơ đồ này.")),
    Code.OTHER_PROCESS: (Verdict.REFUSE, N_("Sơ đồ này thuộc quy trình khác hoặc tổ chức khác.")),
}


@dataclass(frozen=True)
class Finding:
    """One reason of a verdict. `element` and `container` say where on the diagram, `params` fill the text."""

    code: Code
    element: str = ""
    container: str = ""
    params: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def verdict(self) -> Verdict:
        """Return what this reason alone allows."""
        return _TEXTS[self.code][0]

    @property
    def template(self) -> str:
        """Return the text before its names are filled in, for translation."""
        return _TEXTS[self.code][1]

    @property
    def key(self) -> str:
        """Return what names this reason when a person accepts it."""
        return f"{self.code}:{self.container}:{self.element}"

    def __str__(self) -> str:
        return self.template % self.params if self.params else self.template


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the heaviest verdict among the findings, safe without any."""
    return max((finding.verdict for finding in findings), key=_WEIGHT.__getitem__, default=Verdict.SAFE)
