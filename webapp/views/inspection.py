"""Giám sát: reading everything, changing nothing; every look is noted, and the notes can be read too.

A look is written down, so these pages open a writing unit of work though they change nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from urllib.parse import parse_qs
from uuid import UUID

from flask import Blueprint, Response, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed
from webapp.actor import current_actor
from webapp.i18n import field_errors, retell, translate
from webapp.request import reading, writes, writing
from webapp.spreadsheets import CSV, XLSX, comma_separated, workbook
from workflows.actions.history_export import Scope, export_history
from workflows.actions.reading import note_reading
from workflows.labels import STAGE_LABELS
from workflows.queries import dossier, inspection, nominations, oversight, papers, register, sessions, trail
from workflows.queries.nominations import Filter

blueprint = Blueprint("inspection", __name__, url_prefix="/inspection")
UNNOTED = frozenset({"inspection", "static", "auth", "health", "work", ""})
"""These note their looks themselves, or show nothing of anybody's."""


@blueprint.before_request
def _only_inspectors() -> None:
    """The pages' own gate; each query has its own behind it."""
    actor = current_actor()
    if actor is not None and "inspector" not in actor.roles:
        raise NotAllowed(N_("Trang này dành cho vai trò “Thanh tra, giám sát”."))


@blueprint.get("")
@writes
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """Counts by stage, late cases, cases on hold, returned and refused ones with the reasons."""
    note_reading(uow, "overview")
    found = oversight.overview(uow)
    stages = dict(nominations.stage_options())
    return render_template("inspection/index.html", overview=found, stages=stages)


@blueprint.app_template_filter("narrowed")
def narrowed(query: str) -> str:
    """What a list of dossiers was narrowed to, from its address, in the language of the request."""
    given = {name: values[0] for name, values in parse_qs(query).items()}
    words = [given.get("q", ""), translate(STAGE_LABELS.get(given.get("stage", ""), ""))]
    words += [_("quá hạn")] if given.get("late") == "1" else []
    words += [_("Đang tạm dừng")] if given.get("hold") == "1" else []
    return " · ".join(word for word in words if word)


@blueprint.get("/dossiers")
@writes
def dossiers(uow: UnitOfWork) -> ResponseReturnValue:
    """Every dossier, narrowed by words, stage, lateness."""
    wanted = Filter(
        text=request.args.get("q", ""),
        stage=request.args.get("stage", ""),
        late=request.args.get("late") == "1",
        on_hold=request.args.get("hold") == "1",
    )
    note_reading(uow, "dossiers", request.query_string.decode()[:100])
    page = nominations.list_nominations(uow, wanted, after=request.args.get("after") or None, limit=100)
    cases = [oversight.case_of(nomination, unit) for nomination, unit in page.rows]
    return render_template(
        "inspection/dossiers.html",
        rows=cases,
        wanted=wanted,
        after=page.after,
        stages=nominations.stage_options(),
    )


@blueprint.get("/dossiers/<uuid:nomination_id>")
@writes
def show(uow: UnitOfWork, nomination_id: UUID) -> ResponseReturnValue:
    """One dossier: what it says and everything that happened to it; whether its history is whole."""
    found = dossier.dossier(uow, nomination_id)
    note_reading(uow, "dossier", found.nomination.code)
    lines, problems = trail.of_dossier(uow, nomination_id)
    return render_template(
        "inspection/dossier.html",
        dossier=found,
        lines=lines,
        problems=problems,
        head=trail.head_of(uow, nomination_id) if found.nomination.instance_id else "",
        papers=papers.papers_of_nomination(uow, nomination_id),
    )


@blueprint.get("/sessions")
@writes
def session_list(uow: UnitOfWork) -> ResponseReturnValue:
    """The council's sessions."""
    note_reading(uow, "sessions")
    return render_template("inspection/sessions.html", rows=sessions.sessions(uow))


@blueprint.get("/sessions/<uuid:session_id>")
@writes
def session_page(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """One session: who was there, which rule, which figures, which outcome."""
    found = sessions.session_page(uow, session_id)
    note_reading(uow, "session", found.title[:100])
    return render_template("inspection/session.html", session=found)


@blueprint.get("/papers")
@writes
def paper_list(uow: UnitOfWork) -> ResponseReturnValue:
    """Decisions, proposals and minutes."""
    note_reading(uow, "papers")
    return render_template("inspection/papers.html", rows=papers.papers(uow))


@blueprint.get("/papers/<uuid:paper_id>")
@writes
def paper_page(uow: UnitOfWork, paper_id: UUID) -> ResponseReturnValue:
    """One paper: its list, who signed it, to whom it went."""
    found = papers.paper_page(uow, paper_id)
    note_reading(uow, "paper", (found.paper.number or found.paper.subject)[:100])
    return render_template("inspection/paper.html", found=found, purposes=papers.PURPOSE_LABELS)


@blueprint.get("/register")
@writes
def register_page(uow: UnitOfWork) -> ResponseReturnValue:
    """The register of awards."""
    text = request.args.get("q", "")
    note_reading(uow, "register", text[:100])
    return render_template("inspection/register.html", rows=register.search(uow, text), text=text)


@blueprint.get("/history")
@writes
def history(uow: UnitOfWork) -> ResponseReturnValue:
    """What happened in the whole organisation, newest first; on request every chain is verified."""
    note_reading(uow, "history")
    before = request.args.get("before", type=UUID)
    lines = trail.recent(uow, before=before)
    verified = trail.verify_all(uow) if request.args.get("verify") == "1" else None
    return render_template("inspection/history.html", lines=lines, verified=verified)


@blueprint.get("/history/export")
@writes
def export_page(uow: UnitOfWork) -> ResponseReturnValue:
    """Where one chooses the days of a package of the history."""
    note_reading(uow, "history")
    return render_template("inspection/export.html", typed=_typed(), errors={})


@blueprint.get("/history/export.zip")
def export_package() -> ResponseReturnValue:
    """The history with its hashes and a script that checks them; the export is itself recorded."""
    typed = _typed()
    try:
        days = {name: _day(name, text) for name, text in typed.items()}
        scope = Scope(first_day=days["first_day"], last_day=days["last_day"])
        return _package(scope, f"nhat-ky-{typed['first_day']}-{typed['last_day']}".strip("-"))
    except InvalidForm as error:
        return render_template("inspection/export.html", typed=typed, errors=field_errors(error.errors)), 422


@blueprint.get("/dossiers/<uuid:nomination_id>/history.zip")
def export_dossier(nomination_id: UUID) -> ResponseReturnValue:
    """The same for one dossier."""
    with reading() as uow:
        code = dossier.dossier(uow, nomination_id).nomination.code
    return _package(Scope(dossier=code), f"nhat-ky-{code}")


def _typed() -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in ("first_day", "last_day")}


def _day(name: str, text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date() if text else None  # noqa: DTZ007  (a legal date)
        except ValueError:
            continue
    label = N_("Từ ngày") if name == "first_day" else N_("Đến hết ngày")
    raise InvalidForm(
        [FieldError(name, N_("%(field)s: hãy nhập theo dạng ngày/tháng/năm.") % {"field": label})]
    )


def _package(scope: Scope, name: str) -> Response:
    target = SpooledTemporaryFile(max_size=16 * 1024 * 1024)  # noqa: SIM115  (the answer closes it)
    try:
        with writing() as uow:
            exported = export_history(uow, target, scope)
            note_reading(uow, "history_export", exported.root[:16])
    except BaseException:
        target.close()
        raise
    target.seek(0)
    answer = send_file(target, mimetype="application/zip", as_attachment=True, download_name=f"{name}.zip")
    answer.headers["X-History-Root"] = exported.root
    return answer


@blueprint.get("/readings")
@writes
def readings(uow: UnitOfWork) -> ResponseReturnValue:
    """What inspectors have read."""
    rows = inspection.readings(uow)
    note_reading(uow, "readings")
    return render_template("inspection/readings.html", rows=rows)


def _in_words(row: Sequence[str]) -> list[str]:
    """The row with its award and its stage in the language of the request."""
    code, name, award, unit, stage, *rest = row
    return [code, name, translate(award), unit, retell(stage), *rest]


@blueprint.get("/export.<kind>")
@writes
def export(uow: UnitOfWork, kind: str) -> ResponseReturnValue:
    """Every dossier as a workbook or as CSV."""
    rows = [_in_words(row) for row in inspection.export_rows(uow)]
    headings = [translate(text) for text in inspection.EXPORT_HEADINGS]
    note_reading(uow, "export", kind[:100])
    name = f"ho-so-{uow.today:%Y-%m-%d}"
    if kind == "xlsx":
        content, media_type = workbook(_("Hồ sơ"), headings, rows), XLSX
    else:
        kind, content, media_type = "csv", comma_separated(headings, rows), CSV
    answer = Response(content, content_type=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{kind}")
    return answer


@blueprint.after_app_request
def _note_other_pages(response: Response) -> Response:
    """Dossiers, papers and the register have pages of their own; an inspector's look at one is noted too."""
    actor = current_actor()
    area = (request.endpoint or "").partition(".")[0]
    if actor is None or "inspector" not in actor.roles or area in UNNOTED or response.status_code != 200:
        return response
    with writing() as uow:
        note_reading(uow, "page", request.full_path.rstrip("?")[:100])
    return response


@blueprint.context_processor
def _words() -> dict[str, object]:
    """The words of the reading log."""
    return {"read_labels": oversight.READ_LABELS}
