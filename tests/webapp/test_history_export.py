"""An inspector takes the history along and checks it with nothing but Python; whoever touched it is caught."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import unit_of_work  # isort: skip

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import history
from webapp.cli import main
from workflows.actions.nominations import submit

NAMES = ["lich-su.jsonl", "chuoi.json", "ban-doc.html", "kiem-tra.py", "doc-truoc.txt"]


@pytest.fixture
def inspector(web: Any) -> Any:
    web.sign_in("TKV")
    return web


@pytest.fixture
def submitted(commune: Any, household: dict[str, Any]) -> Any:
    [nomination] = commune.nominate("X04P", "X04", household)
    with commune.acting("X04P") as uow:
        submit(uow, [nomination], idempotency_key="submit-for-inspection")
    return nomination


@pytest.fixture
def package(inspector: Any, submitted: Any, tmp_path: Path) -> Path:
    """The exported package, unpacked."""
    answer = inspector.get("/inspection/history/export.zip").response
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    folder = tmp_path / "package"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == NAMES
        archive.extractall(folder)
    return folder


def check(path: Path, *more: str) -> tuple[int, list[str]]:
    """Run the package's own script, far from this program and its libraries."""
    script = path / "kiem-tra.py" if path.is_dir() else path.parent / "package" / "kiem-tra.py"
    command = [sys.executable, "-I", "-S", str(script), *([] if path.is_dir() else [str(path)]), *more]
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command,
        cwd=path.parent,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "chuoi.json").read_text("utf-8"))
    return found


def change(folder: Path, how: Callable[[list[str]], list[str]]) -> None:
    path = folder / "lich-su.jsonl"
    path.write_text("\n".join(how(path.read_text("utf-8").split("\n"))), "utf-8")


def row(lines: list[str], chain: str, seq: int) -> int:
    """The place of a row among the lines."""
    [found] = [
        place
        for place, line in enumerate(lines)
        if line and (json.loads(line)["chain"], json.loads(line)["seq"]) == (chain, seq)
    ]
    return found


@pytest.fixture
def chain(package: Path) -> str:
    """The dossier's chain, which has rows enough to be tampered with in the middle."""
    [found] = [
        name for name, (seq, _) in manifest(package)["heads"].items() if "instance:" in name and seq > 4
    ]
    return found


def test_a_whole_package_says_so_with_the_root_that_the_history_keeps(package: Path, commune: Any) -> None:
    said = manifest(package)
    status, lines = check(package)
    assert (status, lines) == (
        0, [f"Nguyên vẹn: {said['chains']} chuỗi, {said['rows']} dòng. Mã gốc: {said['root']}"],
    )  # fmt: skip
    assert check(package, "--root", said["root"])[0] == 0
    assert said["organisation"]["name"] == "xã Đồng Liên"
    with commune.acting("TKV") as uow:
        [kept] = history.of(uow, f"inspection:{uow.organisation_id}")
        assert (kept.event, kept.actor_name) == ("history:exported", "Đặng Văn Tư (hư cấu)")
        assert json.loads(kept.data) == {name: said[name] for name in ("chains", "rows", "root")}
        heads = {name: list(head) for name, head in history.heads(uow).items() if name != kept.chain}
        own = [name for name in heads if name in said["heads"]]
        assert {name: heads[name] for name in own} == said["heads"]


def test_the_packed_file_is_checked_as_well(inspector: Any, package: Path, tmp_path: Path) -> None:
    (tmp_path / "goi.zip").write_bytes(inspector.get("/inspection/history/export.zip").response.data)
    assert check(tmp_path / "goi.zip")[0] == 0


@pytest.mark.parametrize("field", ["actor_name", "at", "data", "event", "organisation", "element", "actor"])
def test_a_changed_row_is_named(package: Path, chain: str, field: str) -> None:
    def forge(lines: list[str]) -> list[str]:
        place = row(lines, chain, 3)
        lines[place] = json.dumps({**json.loads(lines[place]), field: "khác"}, ensure_ascii=False)
        return lines

    change(package, forge)
    assert check(package) == (1, [f"{chain}: dòng 3 đã bị sửa", "KHÔNG NGUYÊN VẸN: 1 chỗ."])


def test_a_removed_row_is_named(package: Path, chain: str) -> None:
    change(package, lambda lines: lines[: row(lines, chain, 3)] + lines[row(lines, chain, 3) + 1 :])
    assert check(package) == (
        1,
        [
            f"{chain}: thiếu dòng 3 trước dòng 4",
            f"{chain}: dòng 4 không nối với dòng đứng trước",
            "KHÔNG NGUYÊN VẸN: 2 chỗ.",
        ],
    )


def test_rows_in_each_other_s_place_are_named(package: Path, chain: str) -> None:
    def swap(lines: list[str]) -> list[str]:
        place = row(lines, chain, 2)
        lines[place], lines[place + 1] = lines[place + 1], lines[place]
        return lines

    change(package, swap)
    status, lines = check(package)
    assert status == 1
    assert f"{chain}: thiếu dòng 2 trước dòng 3" in lines
    assert f"{chain}: dòng 2 đứng sai chỗ hoặc bị lặp, sau dòng 3" in lines


def test_a_row_told_twice_is_named(package: Path, chain: str) -> None:
    change(package, lambda lines: [*lines[: row(lines, chain, 2)], *lines[row(lines, chain, 2) - 1 :]])
    assert f"{chain}: dòng 1 đứng sai chỗ hoặc bị lặp, sau dòng 1" in check(package)[1]


def test_a_tail_and_a_chain_that_are_gone_are_named(package: Path, chain: str) -> None:
    last = manifest(package)["heads"][chain][0]
    change(package, lambda lines: lines[: row(lines, chain, last)] + lines[row(lines, chain, last) + 1 :])
    assert check(package)[1][0] == f"{chain}: mất phần cuối, dòng {last}"
    change(package, lambda lines: [line for line in lines if chain not in line])
    assert check(package)[1][0] == f"{chain}: mất cả chuỗi, phải có {last} dòng"


def test_a_package_calculated_anew_has_another_root_than_the_one_kept(package: Path, chain: str) -> None:
    """Whoever changes a row and every hash behind it is caught by the root that was written down."""
    root, heads = manifest(package)["root"], manifest(package)["heads"]
    change(package, lambda lines: [line for line in lines if chain not in line])
    del heads[chain]
    forged = {**manifest(package), "heads": heads, "root": history.root(heads)}
    (package / "chuoi.json").write_text(json.dumps(forged), "utf-8")
    assert check(package)[0] == 0
    assert check(package, "--root", root) == (
        1, ["mã gốc tính được khác với mã gốc đã ghi ở nơi khác", "KHÔNG NGUYÊN VẸN: 1 chỗ."],
    )  # fmt: skip


def test_a_line_that_is_none_and_a_package_that_is_none(package: Path) -> None:
    change(package, lambda lines: ["{", *lines])
    assert check(package)[1][0] == "lich-su.jsonl, dòng thứ 1 của tệp: không đọc được"
    (package / "chuoi.json").write_text("[]", "utf-8")
    status, [line] = check(package)
    assert (status, line.startswith("Không đọc được gói:")) == (2, True)


def test_the_list_to_read_says_who_did_what_in_vietnamese_and_escapes_what_people_wrote(
    inspector: Any, commune: Any, submitted: Any, tmp_path: Path
) -> None:
    with commune.acting("VP") as uow:
        history.record(uow, "test:html", "instance:commented", data={"comment": "<script>alert(1)</script>"})
    answer = inspector.get("/inspection/history/export.zip").response
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        listing = archive.read("ban-doc.html").decode()
        read_me = archive.read("doc-truoc.txt").decode()
    assert "<script>" not in listing
    assert "&lt;script&gt;alert(1)" in listing
    assert "Đã làm: Hoàn chỉnh và nộp hồ sơ" in listing
    assert "12:00:00 14/11/2022" in listing
    assert listing.rstrip().endswith("</table></body></html>")
    assert answer.headers["X-History-Root"] in read_me


def test_a_dossier_alone_is_one_chain_and_its_page_leads_to_it(
    inspector: Any, submitted: Any, tmp_path: Path
) -> None:
    path = f"/inspection/dossiers/{submitted}/history.zip"
    assert path in inspector.get(f"/inspection/dossiers/{submitted}").response.text
    answer = inspector.get(path).response
    assert answer.headers["Content-Disposition"] == "attachment; filename=nhat-ky-HS-2022-0001.zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        said = json.loads(archive.read("chuoi.json"))
        archive.extractall(tmp_path / "one")
    assert (said["chains"], said["scope"]) == (1, {"dossier": "HS-2022-0001"})
    assert check(tmp_path / "one")[0] == 0


def test_days_choose_chains_and_wrong_days_are_said_at_their_field(inspector: Any, submitted: Any) -> None:
    path = "/inspection/history/export.zip"
    inside = inspector.get(f"{path}?first_day=14/11/2022&last_day=2022-11-14").response
    assert inside.status_code == 200
    wrong = {
        "first_day=2022-02-30": "Từ ngày: hãy nhập theo dạng ngày/tháng/năm.",
        "last_day=mai": "Đến hết ngày: hãy nhập theo dạng ngày/tháng/năm.",
        "first_day=2022-11-15&last_day=2022-11-14": "Ngày kết thúc phải từ ngày bắt đầu trở đi.",
        "first_day=2031-01-01": "Không có dòng nhật ký nào trong những ngày này.",
    }
    for query, message in wrong.items():
        page = inspector.get(f"{path}?{query}")
        assert (page.status, message in page.text) == (422, True), query
        for name, typed in re.findall(r"(\w+)=([^&]+)", query):
            assert re.search(rf'name="{name}" value="{typed}"', page.response.text), query


def test_every_export_is_in_the_log_of_readings(inspector: Any, submitted: Any) -> None:
    root = inspector.get("/inspection/history/export.zip").response.headers["X-History-Root"]
    assert f"Xuất nhật ký hoạt động {root[:16]}" in inspector.get("/inspection/readings").text
    assert f"mã gốc {root}" in inspector.get("/inspection/history").text


def test_only_the_inspector_exports(web: Any, another: Any, submitted: Any) -> None:
    paths = (
        "/inspection/history/export",
        "/inspection/history/export.zip",
        f"/inspection/dossiers/{submitted}/history.zip",
    )
    assert [another.get(path).status for path in paths] == [302, 302, 302]
    for code in ("VP", "QT"):
        web.client.delete_cookie("thidua")
        web.sign_in(code)
        assert [web.get(path).status for path in paths] == [403, 403, 403]


def test_another_organisation_s_facts_are_not_in_the_package(
    inspector: Any, commune: Any, submitted: Any
) -> None:
    with unit_of_work(commune.database, organisation_id=commune.made.city_id) as uow:
        history.record(uow, f"people:{commune.made.city_id}", "test:city", data={"secret": "của thành phố"})
    answer = inspector.get("/inspection/history/export.zip").response
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert "của thành phố" not in archive.read("lich-su.jsonl").decode()


@pytest.fixture
def thidua(
    commune: Any, submitted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> Callable[..., tuple[int, str]]:
    for name in ("THIDUA_DATABASE_OWNER", "THIDUA_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("THIDUA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("THIDUA_DATABASE", commune.database.url.render_as_string(hide_password=False))

    def run(*arguments: str | Path) -> tuple[int, str]:
        status = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def test_the_command_writes_the_same_package_and_records_it(
    thidua: Any, commune: Any, tmp_path: Path
) -> None:
    target = tmp_path / "thanh-tra.zip"
    status, said = thidua("export-history", target, "--organisation", "VN-TN-TPTN-DL")
    assert status == 0, said
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "package")
    root = manifest(tmp_path / "package")["root"]
    assert f"Mã gốc: {root}" in said
    assert check(target)[0] == 0
    with commune.acting("VP") as uow:
        [kept] = history.of(uow, f"inspection:{uow.organisation_id}")
        assert (kept.actor_name, json.loads(kept.data)["root"]) == ("Dòng lệnh", root)
    again = thidua("export-history", target, "--organisation", "VN-TN-TPTN-DL")
    assert again == (1, f"Tệp {target} đã có; hãy chọn tên khác.\n")


def test_the_command_says_what_it_cannot_find(thidua: Any, tmp_path: Path) -> None:
    target = tmp_path / "x.zip"
    assert "Có nhiều tổ chức" in thidua("export-history", target)[1]
    own = ("--organisation", "VN-TN-TPTN-DL")
    assert (
        "Không tìm thấy nhật ký của hồ sơ “HS-1”."
        in thidua("export-history", target, *own, "--dossier", "HS-1")[1]
    )
    assert "không phải ngày" in thidua("export-history", target, *own, "--from", "mai")[1]
    assert list(tmp_path.glob("x.zip*")) == []
