"""`lint`, `publish` and `import-spiffarena`."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from uuid import UUID

from engine import regulations
from engine.database import UnitOfWork, unit_of_work
from engine.errors import N_, Conflict, LintFailed, NotFound
from engine.lint import Finding, known_here, lint_files, lint_path
from engine.manifest import read_folder
from engine.models import Regulation
from engine.spiffarena import import_model
from webapp.commands import installation
from workflows.handlers import register_all


def lint(options: argparse.Namespace) -> int:
    """Print one line a finding; 1 when the files may not be published."""
    register_all()
    found = findings(options.path)
    for finding in found:
        print(line(finding))
    return 1 if any(finding.level == "error" for finding in found) else 0


def findings(path: Path) -> list[Finding]:
    """What is wrong with a folder, or with one diagram seen together with the regulation it stands in."""
    if path.is_dir():
        return lint_files(read_folder(path).files, known_here())
    if not path.is_file():
        raise NotFound(N_("tệp “%s”") % path)
    root = next((folder for folder in path.resolve().parents if (folder / "regulation.toml").is_file()), None)
    if root is None:
        return lint_path(path)
    name = path.resolve().relative_to(root).as_posix()
    files = read_folder(root).files
    return [finding for finding in lint_files(files, known_here()) if finding.file == name]


def line(finding: Finding) -> str:
    """file:element: level: message — advice"""
    place = f"{finding.file}:{finding.element_id}" if finding.element_id else finding.file
    advice = f" — {finding.advice}" if finding.advice else ""
    return f"{place}: {finding.level}: {finding.message}{advice}"


def publish(options: argparse.Namespace) -> int:
    """Import a folder and put it in force; prints the findings and returns 1 when it may not be published."""
    from webapp.commands.setup import organisation_of

    with installation() as (_settings, database), unit_of_work(database) as uow:
        organisation = organisation_of(uow, options.organisation)
        uow.organisation_id = organisation.id
        try:
            published = import_and_publish(
                uow,
                options.path,
                organisation.id,
                effective_from=parsed_day(options.effective_from),
                effective_until=parsed_day(options.effective_until),
            )
        except LintFailed as error:
            for finding in error.findings:
                if isinstance(finding, Finding):
                    print(line(finding))
            raise
        until = f" đến {published.effective_until:%d/%m/%Y}" if published.effective_until else ""
        print(f"Đã công bố “{published.name}”, hiệu lực từ {published.effective_from:%d/%m/%Y}{until}.")
    return 0


def import_and_publish(
    uow: UnitOfWork,
    folder: Path,
    organisation_id: UUID,
    *,
    effective_from: date | None = None,
    effective_until: date | None = None,
) -> Regulation:
    """The folder's regulation in force from the given dates, its own ones else. LintFailed, Conflict."""
    draft = regulations.import_folder(uow, folder, organisation_id=organisation_id)
    start = effective_from or draft.effective_from
    if start is None:
        raise Conflict(
            N_("Chưa có ngày hiệu lực: hãy ghi effective_from trong regulation.toml hoặc dùng --from.")
        )
    until = effective_until or draft.effective_until
    return regulations.publish(uow, draft.id, effective_from=start, effective_until=until, allow_past=True)


def import_spiffarena(options: argparse.Namespace) -> int:
    """Write a process model of SpiffArena as a regulation's folder and print what could not come along.

    1 when something stands against publishing it; the folder is written all the same, to be put right.
    """
    register_all()
    made = import_model(options.path, known_here(), dict(role_of(text) for text in options.role))
    if options.target.exists() and any(options.target.iterdir()):
        raise Conflict(N_("Thư mục “%s” đã có tệp.") % options.target)
    for path, content in made.files.items():
        file = options.target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for finding in made.findings:
        print(line(finding))
    words = "có thể công bố" if made.publishable else "chưa công bố được"
    print(f"Đã ghi {len(made.files)} tệp vào {options.target}: {words}.")
    return 0 if made.publishable else 1


def role_of(text: str) -> tuple[str, str]:
    """A lane and its role as given, LANE=ROLE; a role alone is for diagrams without lanes."""
    lane, _, role = text.rpartition("=")
    return lane.strip(), role.strip()


def parsed_day(text: str | None) -> date | None:
    """The day of an argument, None when it was not given; Conflict for what is no day."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Conflict(N_("“%s” không phải ngày dạng YYYY-MM-DD.") % text) from None
