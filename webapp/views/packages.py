"""What leaves for the upper organisation, and that organisation's own desk with the copies it received."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine import instances
from engine.database import UnitOfWork
from webapp.request import reads, writes
from webapp.starts import start_once
from webapp.stored_files import stored_file
from webapp.task_pages import task_url
from workflows.actions.packages import create_package
from workflows.labels import EVIDENCE_LABELS
from workflows.queries import packages as queries
from workflows.queries.steps import open_steps

blueprint = Blueprint("packages", __name__)


@blueprint.post("/packages")
@writes
def start(uow: UnitOfWork) -> ResponseReturnValue:
    """Assemble a package over those whose proposal is signed."""
    url = start_once(
        uow,
        {"start": "city_submission"},
        lambda: create_package(uow),
        lambda package_id: url_for("packages.show", package_id=package_id),
    )
    return redirect(url)


@blueprint.get("/packages/<uuid:package_id>")
@reads
def show(uow: UnitOfWork, package_id: UUID) -> ResponseReturnValue:
    """A sent package with the answer to each dossier; a resubmission stands beside the first one."""
    page = queries.package_page(uow, package_id)
    submissions = {line.nomination_id: queries.submissions_of(uow, line.nomination_id) for line in page.lines}
    return render_template(
        "packages/show.html",
        page=page,
        submissions=submissions,
        steps=open_steps(uow, page.instance_id),
        task_url=task_url,
    )


@blueprint.get("/received")
@reads
def received_index(uow: UnitOfWork) -> ResponseReturnValue:
    """The packages on the desk."""
    return render_template("packages/received_index.html", packages=queries.received_packages(uow))


@blueprint.get("/received/<uuid:package_id>")
@reads
def received(uow: UnitOfWork, package_id: UUID) -> ResponseReturnValue:
    """One received package: copies of the dossiers with their documents, and what was answered."""
    page = queries.received_page(uow, package_id)
    assert uow.organisation_id is not None
    instance = instances.find(uow, uow.organisation_id, "city_desk", str(page.key))
    return render_template(
        "packages/received.html",
        page=page,
        steps=open_steps(uow, instance.id if instance else None),
        kinds=EVIDENCE_LABELS,
        task_url=task_url,
    )


@blueprint.get("/received/<uuid:package_id>/documents/<sha256>")
@reads
def document(uow: UnitOfWork, package_id: UUID, sha256: str) -> ResponseReturnValue:
    """A document of a received package, by its hash: nothing else of the sender can be opened."""
    found = queries.document(uow, package_id, sha256)
    return stored_file(found.sha256, found.filename)
