"""Regulations: change sets that resolve by date and organisation, and never change what is past."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine import handlers, history, regulations
from engine.clock import FixedClock
from engine.database import Database, UnitOfWork, unit_of_work
from engine.errors import Conflict, LintFailed, NoRegulation, NotAllowed, NotFound
from engine.manifest import ManifestRefused
from engine.models import Definition, Organisation, Regulation
from tests.engine import bpmn_builder as build

TODAY = date(2022, 12, 12)
TOML = """
code = "qd-2022"
name = "Quy định năm 2022"
number = "01/QĐ"
effective_from = 2017-10-01
effective_until = 2023-12-31

[[legal_basis]]
citation = "Nghị định 91/2017/NĐ-CP"
unverified = true

[values]
base_salary = 1490000
vote_from = 2022-01-01
"""


@pytest.fixture
def organisations(uow: UnitOfWork, registry: handlers.Registry) -> dict[str, Organisation]:
    registry.services["store"] = lambda call: None
    made: dict[str, Organisation] = {}
    parent = None
    for level in ("country", "province", "city", "commune"):
        row = Organisation(code=level, name=level, level=level, parent_id=parent)
        uow.session.add(row)
        uow.session.flush()
        made[level], parent = row, row.id
    other = Organisation(code="other", name="other", level="commune", parent_id=made["city"].id)
    uow.session.add(other)
    uow.session.flush()
    return {**made, "other": other}


def folder(path: Path, toml: str = TOML) -> Path:
    (path / "sample").mkdir(parents=True)
    (path / "regulation.toml").write_text(toml)
    (path / "sample" / "sample.bpmn").write_bytes(build.simple().content())
    (path / "sample" / "ask.form.json").write_bytes(build.FORM)
    (path / "sample" / "letter.json").write_text('{"greeting": "Kính gửi"}')
    (path / "awards.json").write_text("[]")
    (path / ".hidden.json").write_text("no")
    (path / "README.md").write_text("no")
    return path


def shipped(uow: UnitOfWork, organisation: Organisation, path: Path) -> Regulation:
    draft = regulations.import_folder(uow, folder(path), organisation_id=organisation.id)
    assert draft.effective_from is not None
    return regulations.publish(
        uow,
        draft.id,
        effective_from=draft.effective_from,
        effective_until=draft.effective_until,
        allow_past=True,
    )


def changed(name: str) -> bytes:
    """The sample with one more service step."""
    process = build.Process().node("startEvent", "start").user("ask").service(name).node("endEvent", "done")
    return process.flow("start", "ask", name, "done").content()


def change(
    uow: UnitOfWork, organisation: Organisation, step: str, start: date, until: date | None = None
) -> Regulation:
    draft = regulations.new_draft(uow, organisation.id, f"Thêm bước {step}")
    regulations.save_file(uow, draft.id, "sample/sample.bpmn", changed(step))
    return regulations.publish(uow, draft.id, effective_from=start, effective_until=until)


def test_a_folder_becomes_a_draft_with_what_its_manifest_says(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    commune = organisations["commune"]
    draft = regulations.import_folder(uow, folder(tmp_path / "r"), organisation_id=commune.id)
    assert (draft.state, draft.code, draft.name) == ("draft", "qd-2022", "Quy định năm 2022")
    assert (draft.effective_from, draft.effective_until) == (date(2017, 10, 1), date(2023, 12, 31))
    assert draft.legal_basis == [{"citation": "Nghị định 91/2017/NĐ-CP", "note": "", "unverified": True}]
    assert draft.settings["number"] == "01/QĐ"
    assert list(regulations.own_files(uow, draft.id)) and set(regulations.own_files(uow, draft.id)) == {
        "awards.json",
        "sample/ask.form.json",
        "sample/letter.json",
        "sample/sample.bpmn",
    }
    with pytest.raises(NoRegulation):
        regulations.resolve(uow, commune.id, "sample", TODAY)


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        ('name = "A"', "thiếu mục “code”"),
        ('code = "a"\nname = "A"\ncolour = "red"', "không có mục “colour”"),
        ('code = "a"\nname = "A"\neffective_from = "2022"', "mục “effective_from” phải là ngày"),
        ('code = "a"\nname = "A"\n[[legal_basis]]\nnote = "x"', "mỗi căn cứ trong legal_basis phải có"),
        ('code = "a"\nname = "A"\nremoved = ["../x.bpmn"]', "tên tệp chỉ gồm"),
        ("code = ", "không đọc được"),
    ],
)
def test_a_manifest_that_says_something_wrong_is_refused(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path, toml: str, reason: str
) -> None:
    with pytest.raises(ManifestRefused, match=reason):
        regulations.import_folder(
            uow, folder(tmp_path / "r", toml), organisation_id=organisations["commune"].id
        )


def test_it_resolves_between_its_dates_for_every_organisation_below(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    published = shipped(uow, organisations["country"], tmp_path / "r")
    commune = organisations["commune"].id
    assert (published.state, published.published_at) == ("published", uow.now)
    assert regulations.in_force(uow, commune, TODAY) == [published]
    for day in (date(2017, 10, 1), TODAY, date(2023, 12, 31)):
        assert regulations.resolve(uow, commune, "sample", day).process_id == "sample"
    for day in (date(2017, 9, 30), date(2024, 1, 1)):
        with pytest.raises(NoRegulation, match=f"“sample” vào ngày {day:%d/%m/%Y}"):
            regulations.resolve(uow, commune, "sample", day)
    assert regulations.values(uow, commune, TODAY) == {"base_salary": 1490000, "vote_from": "2022-01-01"}
    assert regulations.read(uow, commune, "awards.json", TODAY) == b"[]"
    with pytest.raises(NotFound, match=r"tệp “none.json” có hiệu lực ngày 12/12/2022"):
        regulations.read(uow, commune, "none.json", TODAY)


def test_the_closure_holds_forms_and_wordings_and_is_frozen_by_content(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    shipped(uow, organisations["country"], tmp_path / "r")
    commune, other = organisations["commune"].id, organisations["other"].id
    definition = regulations.resolve(uow, commune, "sample", TODAY)
    assert set(definition.files) == {"sample/ask.form.json", "sample/letter.json", "sample/sample.bpmn"}
    assert regulations.resolve(uow, commune, "sample", date(2020, 1, 1)) is definition
    assert regulations.read_definition_file(uow, definition.hash, "sample/ask.form.json") == build.FORM
    with pytest.raises(NotFound):
        regulations.read_definition_file(uow, definition.hash, "awards.json")
    assert regulations.resolve(uow, other, "sample", TODAY).hash != definition.hash


def test_called_processes_and_their_decisions_belong_to_the_closure(
    uow: UnitOfWork, organisations: dict[str, Organisation]
) -> None:
    decided = (
        "<bpmn:extensionElements><spiffworkflow:calledDecisionId>terms</spiffworkflow:calledDecisionId>"
        "</bpmn:extensionElements>"
    )
    outer = build.Process("outer").node("startEvent", "start")
    outer.node("callActivity", "call", calledElement="inner").node("endEvent", "done")
    inner = build.Process("inner").node("startEvent", "start").node("businessRuleTask", "decide", decided)
    inner.node("endEvent", "done").flow("start", "decide", "done")
    draft = regulations.new_draft(uow, organisations["commune"].id, "Gọi")
    for path, content in {
        "outer/outer.bpmn": outer.flow("start", "call", "done").content(),
        "inner/inner.bpmn": inner.content(),
        "tables/terms.dmn": build.table([(["-"], ["1"])]),
        "tables/other.dmn": build.table([(["-"], ["1"])], decision="other"),
    }.items():
        regulations.save_file(uow, draft.id, path, content)
    regulations.publish(uow, draft.id, effective_from=TODAY)
    definition = regulations.resolve(uow, organisations["commune"].id, "outer", TODAY)
    assert list(definition.files) == ["inner/inner.bpmn", "outer/outer.bpmn", "tables/terms.dmn"]


def test_a_change_set_lays_over_what_is_in_force_from_its_date(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    shipped(uow, organisations["country"], tmp_path / "r")
    commune, other = organisations["commune"], organisations["other"]
    before = regulations.resolve(uow, commune.id, "sample", date(2023, 1, 1))
    published = change(uow, commune, "post", date(2023, 1, 1))
    after = regulations.resolve(uow, commune.id, "sample", date(2023, 1, 1))
    assert regulations.resolve(uow, commune.id, "sample", date(2022, 12, 31)) is before
    assert after.regulation_id == published.id
    assert after.files["sample/ask.form.json"] == before.files["sample/ask.form.json"]
    assert after.files["sample/sample.bpmn"] != before.files["sample/sample.bpmn"]
    assert regulations.resolve(uow, other.id, "sample", date(2023, 1, 1)).files == before.files


def test_a_change_set_ends_with_what_it_builds_on(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    shipped(uow, organisations["country"], tmp_path / "r")
    assert change(uow, organisations["commune"], "post", TODAY).effective_until == date(2023, 12, 31)
    ended = change(uow, organisations["commune"], "hang", TODAY, date(2023, 6, 30))
    assert ended.effective_until == date(2023, 6, 30)


def test_the_nearer_organisation_and_the_later_date_win(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    shipped(uow, organisations["country"], tmp_path / "r")
    change(uow, organisations["commune"], "early", date(2023, 1, 1))
    change(uow, organisations["city"], "above", date(2023, 2, 1))
    commune, other = organisations["commune"].id, organisations["other"].id
    day = date(2023, 3, 1)

    def steps(organisation_id: object, on: date) -> bytes:
        return regulations.read(uow, organisation_id, "sample/sample.bpmn", on)  # type: ignore[arg-type]

    assert steps(commune, day) == changed("early") and steps(other, day) == changed("above")
    change(uow, organisations["commune"], "late", date(2023, 3, 1))
    assert steps(commune, day) == changed("late") and steps(commune, date(2023, 2, 28)) == changed("early")


def test_a_change_set_may_remove_a_file(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    shipped(uow, organisations["country"], tmp_path / "r")
    commune = organisations["commune"].id
    draft = regulations.new_draft(uow, commune, "Bỏ thư")
    regulations.remove_file(uow, draft.id, "sample/letter.json")
    assert "sample/letter.json" not in regulations.draft_files(uow, draft)
    regulations.publish(uow, draft.id, effective_from=date(2023, 1, 1))
    assert "sample/letter.json" not in regulations.resolve(uow, commune, "sample", date(2023, 1, 1)).files
    assert "sample/letter.json" in regulations.resolve(uow, commune, "sample", TODAY).files
    with pytest.raises(NotFound):
        regulations.remove_file(uow, regulations.new_draft(uow, commune, "x").id, "none.json")


def test_a_draft_with_errors_is_not_published(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    shipped(uow, organisations["country"], tmp_path / "r")
    commune = organisations["commune"].id
    draft = regulations.new_draft(uow, commune, "Hỏng")
    regulations.remove_file(uow, draft.id, "sample/ask.form.json")
    with pytest.raises(LintFailed) as failed:
        regulations.publish(uow, draft.id, effective_from=TODAY)
    errors = [(f.element_id, f.message) for f in failed.value.findings if f.level == "error"]
    assert errors == [("ask", "thiếu tệp biểu mẫu sample/ask.form.json")]
    assert draft.state == "draft"


def test_a_field_that_a_condition_in_force_needs_does_not_vanish_by_a_publication(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    made = folder(tmp_path / "r")
    process = build.Process().node("startEvent", "start").user("ask").node("endEvent", "yes")
    process.node("exclusiveGateway", "which", default="which__no").node("endEvent", "no")
    process.flow("start", "ask", "which", "no").flow("which", "yes", condition="choice == 1")
    (made / "sample" / "sample.bpmn").write_bytes(process.content())
    first = regulations.import_folder(uow, made, organisation_id=organisations["country"].id)
    regulations.publish(uow, first.id, effective_from=date(2017, 10, 1), allow_past=True)
    draft = regulations.new_draft(uow, organisations["commune"].id, "Đổi trường")
    regulations.save_file(
        uow, draft.id, "sample/ask.form.json", build.FORM.replace(b'"choice"', b'"verdict"')
    )
    with pytest.raises(LintFailed) as failed:
        regulations.publish(uow, draft.id, effective_from=TODAY)
    assert [(f.file, f.element_id) for f in failed.value.findings if f.level == "error"] == [
        ("sample/sample.bpmn", "which__yes")
    ]
    regulations.save_file(
        uow, draft.id, "sample/ask.form.json", build.FORM.replace(b"Vi\xe1\xbb\x87c", b"Vi")
    )
    assert regulations.publish(uow, draft.id, effective_from=TODAY).state == "published"


def test_what_is_published_never_changes(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    published = shipped(uow, organisations["commune"], tmp_path / "r")
    for forbidden in (
        lambda: regulations.save_file(uow, published.id, "awards.json", b"[1]"),
        lambda: regulations.remove_file(uow, published.id, "awards.json"),
        lambda: regulations.revert_file(uow, published.id, "awards.json"),
        lambda: regulations.discard_draft(uow, published.id),
        lambda: regulations.publish(uow, published.id, effective_from=TODAY),
    ):
        with pytest.raises(NotAllowed, match="Quy định đã công bố thì không sửa được"):
            forbidden()


def test_the_past_may_get_rules_but_never_other_ones(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    shipped(uow, organisations["country"], tmp_path / "r")
    draft = regulations.new_draft(uow, organisations["commune"].id, "Lùi ngày")
    regulations.save_file(uow, draft.id, "sample/sample.bpmn", changed("sneak"))
    with pytest.raises(NotAllowed, match="ngày đã qua"):
        regulations.publish(uow, draft.id, effective_from=date(2022, 12, 11))
    with pytest.raises(NotAllowed, match=r"sample/sample.bpmn.*không thể thay đổi quá khứ"):
        regulations.publish(uow, draft.id, effective_from=date(2018, 1, 1), allow_past=True)
    with pytest.raises(NotAllowed, match="Ngày hết hiệu lực"):
        regulations.publish(uow, draft.id, effective_from=TODAY, effective_until=date(2022, 12, 1))
    assert regulations.publish(uow, draft.id, effective_from=TODAY).effective_from == TODAY


def test_a_frozen_definition_outlives_its_regulation(
    database: Database, clock: FixedClock, registry: handlers.Registry, tmp_path: Path
) -> None:
    registry.services["store"] = lambda call: None
    with unit_of_work(database) as uow:
        commune = Organisation(code="c", name="c", level="commune")
        uow.session.add(commune)
        uow.session.flush()
        shipped(uow, commune, tmp_path / "r")
        frozen = regulations.resolve(uow, commune.id, "sample", TODAY).hash
    clock.move(datetime(2023, 5, 1, tzinfo=UTC))
    with unit_of_work(database) as uow:
        change(uow, commune, "post", date(2023, 5, 1))
    with unit_of_work(database) as uow:
        definition = uow.session.get_one(Definition, frozen)
        assert regulations.read_definition_file(uow, frozen, "sample/sample.bpmn") == build.simple().content()
        assert regulations.resolve(uow, commune.id, "sample", TODAY).hash == definition.hash
        assert regulations.resolve(uow, commune.id, "sample", date(2023, 5, 1)).hash != frozen


def test_two_administrators_never_overwrite_each_other(
    uow: UnitOfWork, organisations: dict[str, Organisation], tmp_path: Path
) -> None:
    shipped(uow, organisations["country"], tmp_path / "r")
    draft = regulations.new_draft(uow, organisations["commune"].id, "Hai người")
    path = "sample/sample.bpmn"
    seen = regulations.draft_files(uow, draft)[path]
    first = regulations.save_file(uow, draft.id, path, changed("one"), expected=seen)
    with pytest.raises(Conflict, match="vừa được người khác sửa"):
        regulations.save_file(uow, draft.id, path, changed("two"), expected=seen)
    with pytest.raises(Conflict):
        regulations.remove_file(uow, draft.id, path, expected=seen)
    second = regulations.save_file(uow, draft.id, path, changed("two"), expected=first)
    assert regulations.draft_files(uow, draft)[path] == second
    regulations.save_file(uow, draft.id, "sample/new.json", b"{}", expected=None)
    with pytest.raises(Conflict):
        regulations.save_file(uow, draft.id, "sample/new.json", b"{}", expected=None)
    regulations.revert_file(uow, draft.id, path)
    assert regulations.draft_files(uow, draft)[path] == seen


@pytest.mark.parametrize(
    "path", ["../a.bpmn", "/etc/a.bpmn", "a/../b.bpmn", "a.py", "a b.bpmn", "a/b/c/d/e.json", ""]
)
def test_a_path_outside_the_regulation_is_refused(
    uow: UnitOfWork, organisations: dict[str, Organisation], path: str
) -> None:
    draft = regulations.new_draft(uow, organisations["commune"].id, "Đường dẫn")
    with pytest.raises(ManifestRefused):
        regulations.save_file(uow, draft.id, path, b"{}")


def test_every_change_of_a_regulation_is_in_its_history(
    uow: UnitOfWork, organisations: dict[str, Organisation]
) -> None:
    draft = regulations.new_draft(uow, organisations["commune"].id, "Nhật ký")
    regulations.save_file(uow, draft.id, "awards.json", b"[]")
    regulations.publish(uow, draft.id, effective_from=TODAY)
    chain = f"regulation:{draft.id}"
    events = [row.event for row in history.of(uow, chain)]
    assert events == ["regulation:drafted", "regulation:file_saved", "regulation:published"]
    assert history.verify(uow, chain) == []


def test_a_draft_may_take_up_another_one_and_be_thrown_away(
    uow: UnitOfWork, organisations: dict[str, Organisation]
) -> None:
    commune = organisations["commune"].id
    first = regulations.new_draft(uow, commune, "Một", legal_basis=[{"citation": "QĐ 1"}])
    regulations.save_file(uow, first.id, "awards.json", b"[]")
    second = regulations.new_draft(uow, commune, "Hai", based_on=first.id)
    assert regulations.own_files(uow, second.id) == regulations.own_files(uow, first.id)
    assert second.legal_basis == [{"citation": "QĐ 1"}]
    regulations.discard_draft(uow, second.id)
    with pytest.raises(NotFound):
        regulations.findings(uow, second.id)
    with pytest.raises(NotFound):
        regulations.new_draft(uow, organisations["other"].id, "Ba", based_on=first.id)
