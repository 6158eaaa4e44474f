"""Everything that may go wrong and that a person may read about: one class each, its text in Vietnamese.

The web maps a class to a status in one table; nothing below it knows HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


def N_(text: str) -> str:
    """Return the text unchanged; marks it for translation."""
    return text


@dataclass(frozen=True)
class FieldError:
    """One wrong field of a form: its path ("lines.3.agree") and what is wrong, in Vietnamese."""

    path: str
    message: str


class ThiduaError(Exception):
    """Base of every error whose text is written for the person in front of the screen."""

    template = N_("Có lỗi xảy ra. Xin thử lại; nếu vẫn lỗi, báo người quản trị.")

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.template % params if params else self.template)


class NotFound(ThiduaError):
    """What was asked for does not exist, or not in this organisation. `what` names it."""

    template = N_("Không tìm thấy %(what)s.")

    def __init__(self, what: object = N_("nội dung được yêu cầu"), **params: object) -> None:
        super().__init__(what=what, **params)


class NotAllowed(ThiduaError):
    """The person may not do this; the reason is the message."""

    template = N_("%(reason)s")

    def __init__(self, reason: object, **params: object) -> None:
        super().__init__(reason=reason, **params)
        self.reason = str(reason)


class NotReady(ThiduaError):
    """The step was already done by somebody else, or its turn has passed: a stale page."""

    template = N_("Việc “%(step)s” không còn chờ xử lý: đã có người làm xong hoặc hồ sơ đã chuyển bước.")

    def __init__(self, step: object, **params: object) -> None:
        super().__init__(step=step, **params)


class Conflict(ThiduaError):
    """Somebody else changed the same thing in between."""

    template = N_("%(reason)s")

    def __init__(
        self, reason: object = N_("Dữ liệu vừa được người khác thay đổi. Xin tải lại trang và làm lại.")
    ) -> None:
        super().__init__(reason=reason)


class InvalidForm(ThiduaError):
    """The form does not pass its schema or the rules of the step; `errors` names every field."""

    template = N_("Biểu mẫu có %(count)s chỗ chưa hợp lệ: %(messages)s")

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = list(errors)
        messages = "; ".join(error.message for error in self.errors)
        super().__init__(count=len(self.errors), messages=messages)


class NoRegulation(ThiduaError):
    """No regulation in force covers the process on that date."""

    template = N_(
        "Không có quy định nào đang có hiệu lực cho quy trình “%(process)s” vào ngày %(on)s. "
        "Người quản trị cần công bố quy định áp dụng cho ngày này."
    )

    def __init__(self, process: object, on: object) -> None:
        shown = f"{on:%d/%m/%Y}" if hasattr(on, "strftime") else on
        super().__init__(process=process, on=shown)


class LintFailed(ThiduaError):
    """The files may not be published; `findings` holds every reason, warnings with them."""

    template = N_("Chưa thể công bố: còn %(count)s lỗi trong sơ đồ, bảng quyết định hoặc biểu mẫu.")

    def __init__(self, findings: Sequence[object]) -> None:
        self.findings = list(findings)
        errors = [each for each in self.findings if getattr(each, "level", "error") == "error"]
        super().__init__(count=len(errors))


class Suspended(ThiduaError):
    """The instance is on hold; nothing may be completed until it is resumed."""

    template = N_("Hồ sơ đang tạm dừng (%(basis)s). Chưa thể thực hiện cho đến khi được tiếp tục.")

    def __init__(self, basis: object) -> None:
        super().__init__(basis=basis)


class DuplicateSubmission(ThiduaError):
    """The idempotency key was already used with another content or by another person."""

    template = N_(
        "Biểu mẫu này đã được gửi trước đó với nội dung khác. Xin tải lại trang rồi nhập lại nếu cần."
    )


class StepFailed(ThiduaError):
    """A service or a script of the diagram failed; the transaction must be rolled back.

    `element` is the BPMN id, `cause` the technical reason (kept in the incident, not shown to staff).
    `refusal` is what the service itself said to the person, None when it broke. `instance_id` is the run it
    belongs to, None until `engine.execution.blaming` has said so. `start` is set when it could not even begin:
    that instance is gone with the transaction.
    """

    template = N_(
        "Bước tự động “%(element)s” không thực hiện được. Thay đổi chưa được lưu; "
        "người quản trị đã được ghi nhận sự cố."
    )

    def __init__(self, element: str, cause: str, refusal: ThiduaError | None = None) -> None:
        self.element = element
        self.cause = cause
        self.refusal = refusal
        self.instance_id: UUID | None = None
        self.start: FailedStart | None = None
        super().__init__(element=element)


@dataclass(frozen=True)
class FailedStart:
    """Which run could not begin, for the incident that has no instance to point at."""

    organisation_id: UUID
    process_id: str
    business_key: str


class NobodyReceived(ThiduaError):
    """A kept message has waited past its expiry and still nobody waits for it; repeating changes nothing.

    `instance_id` is the newest instance of its key, None when there never was one.
    """

    template = N_(
        "Thông báo “%(name)s” gửi ngày %(sent)s không có quy trình nào nhận trong thời gian giữ. "
        "Nội dung vẫn được giữ; chạy lại để chuyển, hoặc đóng sự cố nếu không cần nữa."
    )

    def __init__(self, name: object, sent: object, instance_id: UUID | None) -> None:
        self.instance_id = instance_id
        super().__init__(name=name, sent=sent)


class StepNotReady(ThiduaError):
    """The engine's own READY check failed; the task row and the state disagree or the page is stale."""

    template = N_("Bước “%(step)s” không còn chờ xử lý.")

    def __init__(self, step: object) -> None:
        super().__init__(step=step)
