"""A paper checks its own data before it is set: shapes, missing values, and the sums of every vote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from workflows.papers.box_checks import box_faults
from workflows.papers.errors import BallotMismatch, PaperDataError
from workflows.papers.fields import KIND_NAMES, VOTE_MODES
from workflows.papers.vietnamese import SUBJECT_KINDS

Data = Mapping[str, Any]

_TEXT = {"type": "string"}
_NAME = {"type": "string", "pattern": r"\S"}
_COUNT = {"type": "integer", "minimum": 0}
_YEAR = {"type": "integer", "minimum": 1900, "maximum": 9999}
_DATE = {"type": "string", "format": "date"}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$"}
_MAYBE_MOMENT = {"anyOf": [_MOMENT, {"type": "null"}]}
_MAYBE_DATE = {"anyOf": [_DATE, {"enum": [None, ""]}]}
_MAYBE_TEXT = {"type": ["string", "null"]}
_MAYBE_COUNT = {"type": ["integer", "null"], "minimum": 0}
_SUBJECT_KIND = {"enum": list(SUBJECT_KINDS)}


def _record(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(required)}


def _rows(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "array", "items": _record(required, optional)}


_COMMON = {
    "head": _record({"parent": _TEXT, "issuer": _NAME, "place": _NAME}),
    "commune": _NAME,
    "upper": _TEXT,
    "symbol": _TEXT,
    "year": _YEAR,
    "achievement_year": _YEAR,
}
_COMMON_OPTIONAL = {
    "number": {"type": ["integer", "string", "null"], "pattern": r"^\s*\w*\s*$", "minimum": 1},
    "issued_on": _MAYBE_DATE,
    "subject": _MAYBE_TEXT,
}
_NOMINEE = {"name": _NAME, "position": _TEXT, "award_name": _NAME, "subject_kind": _SUBJECT_KIND}
_LISTED = _record(
    {
        **_COMMON,
        "signature": _record(
            {
                "block": {"enum": ["chairman", "committee", "council"]},
                "mode": {"enum": ["CT", "KT"]},
                "name": _TEXT,
            }
        ),
        "session_dates": {"type": "array", "items": _DATE},
        "groups": {
            **_rows(
                {
                    "act": _NAME,
                    "award_name": _NAME,
                    "subject_kind": _SUBJECT_KIND,
                    "lines": {
                        **_rows(
                            {"name": _NAME},
                            {
                                "born_year": {"anyOf": [_YEAR, {"type": "null"}]},
                                "votes_agree": _MAYBE_COUNT,
                                "votes_total": _MAYBE_COUNT,
                                "prize": _MAYBE_COUNT,
                                **dict.fromkeys(
                                    ("gender", "position", "rating", "achievement", "initiative"), _MAYBE_TEXT
                                ),
                                **dict.fromkeys(("earlier_awards", "note"), _MAYBE_TEXT),
                            },
                        ),
                        "minItems": 1,
                    },
                }
            ),
            "minItems": 1,
        },
    },
    {**_COMMON_OPTIONAL, "proposal_ref": _MAYBE_TEXT},
)
_MEETING = {**_COMMON, "held_at": _MOMENT, "venue": _TEXT, "chair": _TEXT, "secretary": _TEXT}
_MEETING_OPTIONAL = {**_COMMON_OPTIONAL, "ended_at": _MAYBE_MOMENT}
_BOX = _record(
    {
        **dict.fromkeys(("issued", "returned", "not_returned", "letters"), _COUNT),
        **dict.fromkeys(("without_ballot", "receipts"), _COUNT),
        "code": _NAME,
        "root": _NAME,
        "tellers": {"type": "array", "items": _NAME},
    }
)
SESSION_SHAPE = _record(
    {
        **_MEETING,
        "vote_mode": {"enum": list(VOTE_MODES)},
        "members": _rows(
            {
                "name": _NAME,
                "seat": _TEXT,
                "title": _TEXT,
                "state": {"enum": ["present", "remote", "absent", "written"]},
            },
            {"reason": _MAYBE_TEXT},
        ),
        "quorum": _record({"needed": _COUNT, "met": {"type": "boolean"}}, {"by_chair": _MAYBE_TEXT}),
        "recusals": _rows({"name": _NAME, "member": _NAME, "ground": _TEXT}),
        "rules": _rows({"award_name": _NAME, "text": _NAME}),
        "silent": {"type": "array", "items": _NAME},
        "lines": _rows(
            {
                **_NOMINEE,
                **dict.fromkeys(("agree", "disagree", "invalid", "abstain", "cast"), _COUNT),
                **dict.fromkeys(("entitled", "denominator", "needed", "recused"), _COUNT),
                "outcome": {"enum": ["passed", "failed", "tie", "returned", "ended"]},
            },
            {
                **dict.fromkeys(("reason", "casting_reason"), _MAYBE_TEXT),
                **dict.fromkeys(("written_agree", "written_disagree", "ballots"), _COUNT),
            },
        ),
    },
    {**_MEETING_OPTIONAL, "silent_note": _MAYBE_TEXT, "closed_by": _MAYBE_TEXT, "box": _BOX},
)

SHAPES: dict[str, dict[str, Any]] = {
    "decision": _LISTED,
    "proposal": _LISTED,
    "review_minutes": _record(
        {
            **_MEETING,
            "unit": _NAME,
            "invited": _COUNT,
            "present": _COUNT,
            "absent": _rows({"name": _NAME}, {"reason": _MAYBE_TEXT}),
            "ranked": {"type": "boolean"},
            "lines": _rows(
                {
                    **_NOMINEE,
                    "agree": _COUNT,
                    "disagree": _COUNT,
                    "outcome": {"enum": ["passed", "returned", "refused"]},
                },
                {"recused": _MAYBE_COUNT, "rank": _MAYBE_COUNT, "reason": _MAYBE_TEXT},
            ),
        },
        _MEETING_OPTIONAL,
    ),
    "session_minutes": SESSION_SHAPE,
    "ballot_minutes": {**SESSION_SHAPE, "required": [*SESSION_SHAPE["required"], "box"]},
}


def require_data(kind: str, data: Any, *, draft: bool) -> None:
    """Pass silently when the data can become this paper.

    :raises PaperDataError: something is missing or of the wrong kind.
    :raises BallotMismatch: the figures of a vote contradict each other.
    """
    _require_shape(kind, data)
    if not draft:
        _require_issue(kind, data)
    for subject, reason in _ballot_faults(kind, data, draft=draft):
        raise BallotMismatch(KIND_NAMES[kind], subject, reason)


def _require_shape(kind: str, data: Any) -> None:
    checker = jsonschema.FormatChecker(formats=("date",))
    validator = jsonschema.Draft202012Validator(SHAPES[kind], format_checker=checker)
    error = next(iter(validator.iter_errors(data)), None)
    if error is None:
        return
    path = [str(part + 1) if isinstance(part, int) else str(part) for part in error.absolute_path]
    if error.validator == "required":
        path.append(next(key for key in error.validator_value if key not in error.instance))
        raise PaperDataError(KIND_NAMES[kind], ".".join(path), "chưa có dữ liệu")
    raise PaperDataError(KIND_NAMES[kind], ".".join(path) or "dữ liệu", "thiếu hoặc sai kiểu dữ liệu")


def _require_issue(kind: str, data: Data) -> None:
    if kind in ("decision", "proposal") and data.get("number") in (None, ""):
        raise PaperDataError(KIND_NAMES[kind], "number", "chưa có số văn bản")
    if kind in ("decision", "proposal") and not data["signature"]["name"].strip():
        raise PaperDataError(KIND_NAMES[kind], "signature.name", "chưa có người ký")
    if not data.get("issued_on"):
        raise PaperDataError(KIND_NAMES[kind], "issued_on", "chưa có ngày ban hành")


def _ballot_faults(kind: str, data: Data, *, draft: bool) -> Iterator[tuple[str, str]]:
    if kind == "review_minutes":
        yield from _review_faults(data)
    elif kind in ("session_minutes", "ballot_minutes"):
        yield from _session_faults(data, draft=draft)
        if data.get("box"):
            yield from box_faults(data)
    else:
        for line in (line for group in data["groups"] for line in group["lines"]):
            agree, total = line.get("votes_agree"), line.get("votes_total")
            if agree is not None and (total is None or agree > total):
                yield line["name"], f"{agree} phiếu đồng ý trên {total if total is not None else '?'} phiếu"


def _review_faults(data: Data) -> Iterator[tuple[str, str]]:
    invited, present = data["invited"], data["present"]
    if present > invited:
        yield "cuộc họp", f"có mặt {present} người nhưng chỉ mời {invited} người"
    if len(data["absent"]) > invited - present:
        yield "cuộc họp", f"ghi tên {len(data['absent'])} người vắng, theo số lượng chỉ {invited - present}"
    for line in data["lines"]:
        voters = present - (line.get("recused") or 0)
        if line["agree"] + line["disagree"] > voters:
            yield (
                line["name"],
                f"{line['agree']} đồng ý + {line['disagree']} không đồng ý > {voters} người dự",
            )
        if line["outcome"] != "passed" and not line.get("reason"):
            yield line["name"], "không được thông qua nhưng không ghi lý do"


def _session_faults(data: Data, *, draft: bool) -> Iterator[tuple[str, str]]:
    members, quorum = data["members"], data["quorum"]
    there = sum(member["state"] != "absent" for member in members)
    if quorum["met"] and there < quorum["needed"] and not quorum.get("by_chair"):
        yield "cuộc họp", f"ghi đủ thành phần nhưng chỉ có {there}/{quorum['needed']} thành viên cần thiết"
    for line in data["lines"]:
        fault = _line_fault(line, len(members), draft=draft)
        if fault:
            yield line["name"], fault


def _line_fault(line: Data, members: int, *, draft: bool) -> str | None:
    letters = (line.get("written_agree", 0), line.get("written_disagree", 0))
    agree, cast, entitled, needed = line["agree"] + letters[0], line["cast"], line["entitled"], line["needed"]
    counted = agree + line["disagree"] + letters[1] + line["invalid"] + line["abstain"]
    if counted != cast:
        return f"cộng các loại phiếu được {counted}, số phiếu thu về {cast}"
    if cast > entitled:
        return f"{cast} phiếu thu về nhưng chỉ {entitled} thành viên được biểu quyết"
    if entitled + line["recused"] > members:
        return f"{entitled} được biểu quyết + {line['recused']} không tham gia > {members} thành viên"
    if agree > line["denominator"]:
        return f"{agree} phiếu đồng ý trên {line['denominator']}"
    if line["outcome"] == "passed" and agree < needed and not line.get("casting_reason"):
        return f"ghi đạt nhưng {agree} phiếu đồng ý ít hơn {needed} phiếu cần thiết"
    if (
        line["outcome"] == "failed"
        and agree >= needed
        and not (line.get("reason") or line.get("casting_reason"))
    ):
        return f"ghi không đạt nhưng {agree} phiếu đồng ý đã đủ {needed} phiếu cần thiết, không ghi lý do"
    if line["outcome"] == "tie" and not draft:
        return "kết quả ngang phiếu chưa được Chủ tịch Hội đồng quyết định"
    return None
