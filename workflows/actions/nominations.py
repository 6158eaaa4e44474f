"""What people do with dossiers: nominate one or many at once, submit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from engine import idempotency, instances, tasks
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed, NotFound, NotReady
from engine.models import Organisation
from engine.models import Task as TaskRow
from workflows import gate
from workflows.actions.merits import check_merit, name_merit
from workflows.actions.nomination_rows import MERIT, TYPED, read_row
from workflows.actions.notices import notify
from workflows.catalogue import Award, awards_on
from workflows.labels import SUBJECT_LABELS
from workflows.rules.names import fold, sort_key
from workflows.rules.numbering import dossier_code
from workflows.stages import nomination_of, record
from workflows.tables.movements import Movement
from workflows.tables.nominations import FAILED_STAGES, Nomination
from workflows.tables.organisation import Person, Unit

NOMINATORS = ("nominator", "unit_head")


def create_nominations(
    uow: UnitOfWork, rows: Sequence[Mapping[str, Any]], *, unit_id: UUID
) -> list[Nomination]:
    """One dossier and one running instance for every row, in the rows' order: all of them or none.

    A row holds the nomination's own columns (award, subject_kind, subject_name, achievement_year, …), typed
    or as text. Raises InvalidForm with paths like "rows.3.subject_name", NotAllowed for somebody who does not
    nominate for the unit, NoRegulation when no regulation covers today.
    """
    author_id = gate.require_any(uow, NOMINATORS, unit_id)
    unit = _unit(uow, unit_id)
    if not rows:
        raise InvalidForm([FieldError("rows", N_("Danh sách chưa có ai."))])
    awards = awards_on(uow, unit.organisation_id, uow.today)
    clean, errors = _read(uow, rows, awards, unit)
    if errors:
        raise InvalidForm(errors)
    number = _last_number(uow, unit.organisation_id)
    created = []
    for offset, values in enumerate(clean, start=1):
        code = dossier_code(uow.today.year, number + offset)
        created.append(_open(uow, unit, author_id, code, values))
    return created


def create_nomination(uow: UnitOfWork, *, unit_id: UUID, **values: Any) -> Nomination:
    """One dossier; the errors of `create_nominations` with paths without "rows.0."."""
    try:
        return create_nominations(uow, [values], unit_id=unit_id)[0]
    except InvalidForm as invalid:
        raise InvalidForm(
            [FieldError(error.path.removeprefix("rows.0."), error.message) for error in invalid.errors]
        ) from None


def submit(uow: UnitOfWork, nomination_ids: Sequence[UUID], *, idempotency_key: str) -> None:
    """The author sends finished drafts to the unit's review, with what they saved last; all of them or none.

    The same post again changes nothing.
    NotReady when one is no draft any more; otherwise what `engine.tasks.complete_task` raises.
    """
    for nomination_id in sorted(nomination_ids):
        nomination = nomination_of(uow, nomination_id)
        key = f"{idempotency_key}:{nomination.id}"
        # Before the task is looked for: after the first post it is not open any more, nor its draft there.
        if idempotency.begin(uow, key, {"submit": nomination.id}, {}) is not None:
            continue
        task = open_task(uow, nomination, "draft_nomination")
        last = tasks.draft_of(uow, task.id) or tasks.prefill_of(uow, task)
        form = {name: value for name, value in last.items() if name in TYPED and value not in (None, "")}
        tasks.complete_task(uow, task.id, form, idempotency_key=f"{key}:task")


def open_task(uow: UnitOfWork, nomination: Nomination, step: str) -> TaskRow:
    """The dossier's open task of a step; NotReady when there is none."""
    found = tasks.open_tasks(uow, instance_id=_instance(nomination), step=step)
    if not found:
        raise NotReady(step=step)
    return found[0]


def tell_author(uow: UnitOfWork, nomination: Nomination, text: str, reason: str = "") -> None:
    """A notice to the author; the text may name %(code)s, %(name)s and %(reason)s."""
    words = {"code": nomination.code, "name": nomination.subject_name, "reason": reason}
    notify(uow, [nomination.author_id], text % words, f"/nominations/{nomination.id}")


def apply_fields(nomination: Nomination, values: Mapping[str, Any]) -> None:
    """Write clean values into the dossier, the searchable and sortable name with them."""
    for name, value in values.items():
        setattr(nomination, name, value)
    nomination.name_folded = fold(nomination.subject_name)
    nomination.name_sort = sort_key(nomination.subject_name)


def barred_ids(nomination: Nomination) -> list[str]:
    """Who may not handle the dossier in the office or sign it: the nominee (domain.md §11)."""
    return [str(nomination.person_id)] if nomination.person_id is not None else []


def _read(
    uow: UnitOfWork, rows: Sequence[Mapping[str, Any]], awards: Mapping[str, Award], unit: Unit
) -> tuple[list[dict[str, Any]], list[FieldError]]:
    clean, errors = [], []
    seen: dict[object, int] = {}
    for index, row in enumerate(rows):
        path = f"rows.{index}"
        values, wrong = read_row(row, path)
        _fill_person(uow, values)
        if not wrong:
            name_merit(uow, values)
            wrong = _check(uow, values, awards, f"{path}.")
            wrong += _check_twice(uow, values, unit, f"{path}.", seen, index)
        clean.append(values)
        errors.extend(wrong)
    return clean, errors


def _fill_person(uow: UnitOfWork, values: dict[str, Any]) -> None:
    """Name and what else is known of a person of this organisation, where the row leaves it empty."""
    person = uow.session.get(Person, values["person_id"]) if values.get("person_id") else None
    if person is None or person.organisation_id != uow.organisation_id:
        return
    known = {
        "subject_name": person.full_name,
        "gender": person.gender,
        "born_year": person.born_year,
        "position": person.position,
    }
    for name, value in known.items():
        if not values.get(name):
            values[name] = value


def _check(
    uow: UnitOfWork, values: Mapping[str, Any], awards: Mapping[str, Award], path: str
) -> list[FieldError]:
    errors = []
    if not values.get("subject_name"):
        errors.append(FieldError(f"{path}subject_name", N_("Cần ghi tên người, tập thể hoặc hộ gia đình.")))
    errors += _check_award(values, awards, path)
    year = values.get("achievement_year")
    if year is None or year > uow.today.year:
        errors.append(FieldError(f"{path}achievement_year", N_("Năm thành tích chưa đến hoặc chưa ghi.")))
    errors += _check_movement(uow, values, path)
    if values.get("total_members", 0) < values.get("lttt_members", 0):
        message = N_("Số lao động tiên tiến lớn hơn tổng số người của tập thể.")
        errors.append(FieldError(f"{path}lttt_members", message))
    return errors + check_merit(uow, values, path, None)


def _check_award(values: Mapping[str, Any], awards: Mapping[str, Award], path: str) -> list[FieldError]:
    award = awards.get(values.get("award", ""))
    if award is None:
        message = N_("Danh hiệu hoặc hình thức khen thưởng không có trong danh mục đang áp dụng.")
        return [FieldError(f"{path}award", message)]
    kind = values.get("subject_kind", "")
    if kind in award.subjects:
        return []
    message = N_("%(award)s không dành cho %(kind)s.")
    words = {"award": award.name, "kind": SUBJECT_LABELS.get(kind, N_("đối tượng này")).lower()}
    return [FieldError(f"{path}subject_kind", message % words)]


def _check_movement(uow: UnitOfWork, values: Mapping[str, Any], path: str) -> list[FieldError]:
    movement_id = values.get("movement_id")
    if movement_id is None:
        if values.get("merit_kind") != "chuyen_de":
            return []
        message = N_("Khen theo chuyên đề cần chọn phong trào thi đua.")
        return [FieldError(f"{path}movement_id", message)]
    movement = uow.session.get(Movement, movement_id)
    if movement is None or movement.organisation_id != uow.organisation_id:
        return [FieldError(f"{path}movement_id", N_("Không có phong trào thi đua này."))]
    return []


def _check_twice(
    uow: UnitOfWork, values: Mapping[str, Any], unit: Unit, path: str, seen: dict[object, int], index: int
) -> list[FieldError]:
    """The same subject for the same award, year and movement: twice in the list, or in a running dossier."""
    if errors := _already_in_list(values, path, seen, index):
        return errors
    query = select(Nomination.code).where(
        Nomination.organisation_id == unit.organisation_id,
        Nomination.unit_id == unit.id,
        Nomination.award == values["award"],
        Nomination.achievement_year == values["achievement_year"],
        Nomination.name_folded == fold(values["subject_name"]),
        Nomination.born_year == values.get("born_year"),
        Nomination.movement_id == values.get("movement_id"),
        Nomination.stage.not_in(FAILED_STAGES),
    )
    code = uow.session.scalars(query).first()
    if code is None:
        return []
    message = N_("Đã có hồ sơ %(code)s đề nghị cùng danh hiệu, cùng năm.") % {"code": code}
    return [FieldError(f"{path}subject_name", message)]


def _already_in_list(
    values: Mapping[str, Any], path: str, seen: dict[object, int], index: int
) -> list[FieldError]:
    if "award" not in values or values.get("achievement_year") is None or not values.get("subject_name"):
        return []
    subject = (fold(values["subject_name"]), values.get("born_year"))
    first = seen.setdefault(
        (subject, values["award"], values["achievement_year"], values.get("movement_id")), index
    )
    merit = values.get("achievement_id")
    same_merit = seen.setdefault(("merit", merit), index) if merit is not None else index
    if first != index:
        message = N_("Trùng với dòng %(row)d của danh sách.") % {"row": first + 1}
        return [FieldError(f"{path}subject_name", message)]
    if same_merit != index:
        message = N_("Thành tích này đã dùng ở dòng %(row)d; một thành tích chỉ được khen một lần.")
        return [FieldError(f"{path}{MERIT}", message % {"row": same_merit + 1})]
    return []


def _open(uow: UnitOfWork, unit: Unit, author_id: UUID, code: str, values: Mapping[str, Any]) -> Nomination:
    nomination = Nomination(
        organisation_id=unit.organisation_id,
        code=code,
        unit_id=unit.id,
        author_id=author_id,
        stage_since=uow.now,
        created_at=uow.now,
    )
    apply_fields(nomination, values)
    uow.session.add(nomination)
    uow.session.flush()
    instance = instances.start(
        uow,
        "nomination",
        organisation_id=unit.organisation_id,
        business_key=str(nomination.id),
        data={
            "nomination_id": str(nomination.id),
            "unit_id": str(unit.id),
            "author_id": str(author_id),
            "nominee_id": str(nomination.person_id or ""),
            "barred_ids": barred_ids(nomination),
            "award": nomination.award,
            "subject_kind": nomination.subject_kind,
        },
        unit_id=unit.id,
    )
    nomination.instance_id = instance.id
    record(uow, nomination, "dossier:created", {"code": code, "subject": nomination.subject_name})
    return nomination


def _last_number(uow: UnitOfWork, organisation_id: UUID) -> int:
    """The highest dossier number of the year; on PostgreSQL the organisation's row queues those who count."""
    uow.session.get(Organisation, organisation_id, with_for_update=True)
    prefix = dossier_code(uow.today.year, 0)[:-4]
    query = (
        select(Nomination.code)
        .where(Nomination.organisation_id == organisation_id, Nomination.code.startswith(prefix))
        .order_by(func.length(Nomination.code).desc(), Nomination.code.desc())
        .limit(1)
    )
    last = uow.session.scalars(query).first()
    return int(last.rsplit("-", 1)[1]) if last else 0


def _unit(uow: UnitOfWork, unit_id: UUID) -> Unit:
    unit = uow.session.get(Unit, unit_id)
    if unit is None or unit.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("đơn vị này"))
    if unit.valid_from > uow.today or (unit.valid_to is not None and unit.valid_to < uow.today):
        raise NotAllowed(reason=N_("Đơn vị này không còn hoạt động vào ngày hôm nay."))
    return unit


def _instance(nomination: Nomination) -> UUID:
    assert nomination.instance_id is not None
    return nomination.instance_id
