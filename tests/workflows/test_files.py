"""Uploads are stored by their bytes, typed by their content, and hostile ones are refused with a reason."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from engine.errors import NotFound
from workflows import files, settings
from workflows.settings import Settings, configure

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.%s"/>'
    "</Types>"
)
DOCX_MAIN = "wordprocessingml.document.main+xml"
XLSX_MAIN = "spreadsheetml.sheet.main+xml"


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(settings, "_current", None)
    configure(Settings(files=tmp_path / "store", max_file_bytes=2**20))
    yield tmp_path / "store"


def pdf(**root: pikepdf.Object) -> pikepdf.Pdf:
    document = pikepdf.new()
    document.add_blank_page()
    for key, value in root.items():
        document.Root[f"/{key}"] = value
    return document


def written(document: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    document.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def image(kind: str, size: tuple[int, int] = (20, 10)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


def office(main: str = DOCX_MAIN, **parts: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", CONTENT_TYPES % main)
        package.writestr("word/document.xml", "<document/>")
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def refusal(content: bytes, filename: str = "tệp.pdf") -> files.FileRefused:
    with pytest.raises(files.FileRefused) as raised:
        files.store(io.BytesIO(content), filename)
    return raised.value


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "filename", "media_type"),
    [
        (written(pdf()), "Báo cáo.pdf", files.PDF),
        (image("PNG"), "ảnh.png", files.PNG),
        (image("JPEG"), "ảnh.JPG", files.JPEG),
        (image("WEBP"), "ảnh.webp", files.WEBP),
        (office(), "thành tích.docx", files.DOCX),
        (office(XLSX_MAIN), "danh sách.xlsx", files.XLSX),
    ],
)
def test_allowed_types_are_stored_under_the_hash_of_their_bytes(
    content: bytes, filename: str, media_type: str, store_folder: Path
) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    assert files.store(io.BytesIO(content), filename) == files.StoredFile(
        sha256, len(content), media_type, filename
    )
    assert files.path_of(sha256) == store_folder / sha256[:2] / sha256[2:4] / sha256
    with files.open_file(sha256) as stored:
        assert stored.read() == content
    assert files.path_of(sha256).stat().st_mode & 0o777 == 0o440
    assert left_over(store_folder) == [files.path_of(sha256)]


def test_the_same_bytes_under_two_names_are_kept_once(store_folder: Path) -> None:
    content = written(pdf())  # once: each save gives the document another /ID
    first = files.store(io.BytesIO(content), "a.pdf")
    second = files.store(io.BytesIO(content), "b.pdf")
    assert (first.sha256, second.filename) == (second.sha256, "b.pdf")
    assert len(left_over(store_folder)) == 1


def test_an_exe_named_pdf_is_refused_and_nothing_stays(store_folder: Path) -> None:
    error = refusal(b"MZ\x90\x00" + bytes(2000), "giấy chứng nhận.pdf")
    assert error.code == "type"
    assert str(error) == (
        "Tệp “giấy chứng nhận.pdf” chưa được nhận: nội dung không phải PDF, Word (.docx), Excel (.xlsx) "
        "hay ảnh PNG, JPEG, WebP (đổi tên tệp không đổi được loại tệp)."
    )
    assert left_over(store_folder) == []


def test_a_pdf_behind_a_program_is_not_a_pdf() -> None:
    assert refusal(b"MZ" + bytes(100) + written(pdf())).code == "type"


class Endless(io.RawIOBase):
    """An upload that never stops; counts what was read of it."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"x" * size


def test_an_upload_over_the_limit_is_refused_while_it_streams(store_folder: Path) -> None:
    upload = Endless()
    with pytest.raises(files.FileTooLarge) as raised:
        files.store(upload, "video.pdf")  # type: ignore[arg-type]
    assert str(raised.value) == (
        "Tệp “video.pdf” lớn hơn 1 MB nên chưa được nhận. "
        "Hãy giảm dung lượng (quét ở 200–300 dpi) hoặc tách thành nhiều tệp."
    )
    assert upload.given <= 2**20 + files.CHUNK
    assert left_over(store_folder) == []


def test_an_empty_upload_is_refused() -> None:
    assert refusal(b"").code == "empty"


def action(kind: str) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(S=pikepdf.Name(kind), JS=pikepdf.String("app.alert(1)"))


def test_a_pdf_with_javascript_on_opening_is_refused() -> None:
    assert refusal(written(pdf(OpenAction=action("/JavaScript")))).code == "active"


def test_javascript_hidden_in_a_compressed_object_of_a_link_is_found() -> None:
    document = pdf()
    link = pikepdf.Dictionary(Type=pikepdf.Name("/Annot"), A=pikepdf.Dictionary(Next=[action("/JavaScript")]))
    document.pages[0].obj["/Annots"] = pikepdf.Array([link])
    assert refusal(written(document, object_stream_mode=pikepdf.ObjectStreamMode.generate)).code == "active"


def test_a_pdf_that_starts_a_program_is_refused() -> None:
    launch = pikepdf.Dictionary(S=pikepdf.Name("/Launch"), F=pikepdf.String("cmd.exe"))
    assert refusal(written(pdf(OpenAction=launch))).code == "active"


def test_a_pdf_with_a_file_inside_is_refused() -> None:
    document = pdf()
    document.attachments["x.exe"] = pikepdf.AttachedFileSpec(document, b"MZ", filename="x.exe")
    assert refusal(written(document)).code == "attachments"


def test_a_pdf_with_a_password_says_to_remove_it() -> None:
    content = written(pdf(), encryption=pikepdf.Encryption(owner="a", user="b"))
    assert str(refusal(content)).endswith("tệp đặt mật khẩu; hãy gỡ mật khẩu rồi nộp lại.")


def test_a_damaged_pdf_is_refused() -> None:
    assert refusal(b"%PDF-1.7\n" + bytes(500)).code == "broken"


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    document = pdf()
    for _ in range(300):
        document.add_blank_page()
    error = refusal(written(document))
    assert "tối đa 300" in str(error)


def test_a_pdf_that_is_also_an_archive_is_refused() -> None:
    assert refusal(written(pdf()) + office()).code == "polyglot"


def giant_png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(30_000 * 3751), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_an_image_of_900_million_pixels_is_refused_without_unpacking_it() -> None:
    content = giant_png()
    assert len(content) < 200_000
    started = time.monotonic()
    assert refusal(content, "ảnh.png").code == "pixels"
    assert time.monotonic() - started < 20


def test_a_cut_off_image_is_refused() -> None:
    assert refusal(image("JPEG", (600, 600))[:2000], "ảnh.jpg").code == "broken"


def test_a_word_file_with_macros_is_refused() -> None:
    assert refusal(office(**{"word/vbaProject.bin": b"x"}), "a.docx").code == "macros"
    macro_type = "wordprocessingml.document.macroEnabled.main+xml"
    assert refusal(office(macro_type), "a.docx").code == "macros"


def test_a_word_file_that_fetches_its_template_is_refused_but_links_are_not() -> None:
    rels = '<Relationships><Relationship Type="http://x/%s" Target="" TargetMode="External"/></Relationships>'
    outside = office(**{"word/_rels/settings.xml.rels": rels % "attachedTemplate"})
    assert refusal(outside, "a.docx").code == "outside"
    linked = office(**{"word/_rels/document.xml.rels": rels % "hyperlink"})
    assert files.store(io.BytesIO(linked), "a.docx").media_type == files.DOCX


def test_an_archive_that_declares_too_much_is_refused() -> None:
    bomb = office(**{"word/media/image1.png": bytes(201 * 2**20)})
    assert len(bomb) < 2**20
    assert refusal(bomb, "a.docx").code == "bomb"


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    honest = office(**{"word/media/image1.png": bytes(50 * 2**20)})
    lying = honest.replace(struct.pack("<I", 50 * 2**20), struct.pack("<I", 100))
    assert lying != honest
    assert refusal(lying, "a.docx").code == "broken"


def test_a_plain_archive_is_not_an_office_file() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("virus.txt", "x")
    assert refusal(out.getvalue(), "a.docx").code == "type"


def test_an_inspection_that_hangs_is_killed(tmp_path: Path) -> None:
    configure(Settings(files=tmp_path / "store", inspection_seconds=0))
    assert refusal(written(pdf())).code == "slow"
    assert left_over(tmp_path / "store") == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Hồ sơ\\biên bản.pdf", "biên bản.pdf"),
        ("bie\u0302n ba\u0309n.pdf", "biên bản.pdf"),
        ("a\x00b\u202efdp.exe\n.pdf", "abfdp.exe.pdf"),
        ('x<y>"z".pdf', "x_y__z_.pdf"),
        ("bảng.exe", "bảng.exe.pdf"),
        ("", "tep.pdf"),
        ("ă" * 300 + ".pdf", "ă" * 146 + ".pdf"),
    ],
)
def test_file_names_lose_folders_and_hidden_signs_and_fit_their_type(given: str, kept: str) -> None:
    assert files.store(io.BytesIO(written(pdf())), given).filename == kept


def test_only_a_stored_hash_can_be_opened() -> None:
    for wrong in ("0" * 64, "../../../etc/passwd", "", "A" * 64):
        with pytest.raises(NotFound) as raised:
            files.open_file(wrong)
        assert str(raised.value) == "Không tìm thấy tệp đã lưu."


def test_only_what_is_old_and_unwanted_is_removed(store_folder: Path) -> None:
    named = files.keep(b"%PDF-1", "a.pdf").sha256
    orphan = files.keep(b"%PDF-2", "b.pdf").sha256
    young = files.keep(b"%PDF-3", "c.pdf").sha256
    again = files.keep(b"%PDF-4", "d.pdf").sha256
    torn = store_folder / "tmp" / "tmpabc"
    torn.write_bytes(b"x")
    long_ago = time.time() - 86_400
    for path in (files.path_of(named), files.path_of(orphan), files.path_of(again), torn):
        os.utime(path, (long_ago, long_ago))
    files.keep(b"%PDF-4", "d.pdf")
    hour = timedelta(hours=1)
    assert set(files.older(hour)) == {named, orphan, "tmpabc"}
    assert files.remove([orphan, young, again, "tmpabc"], hour) == 2
    assert sorted(path.name for path in left_over(store_folder)) == sorted([named, young, again])
    assert orphan not in {path.name for path in left_over(store_folder)}


def test_the_page_can_say_what_is_taken_before_the_upload() -> None:
    assert files.allowed_text() == (
        "Nhận tệp PDF, Word (.docx), Excel (.xlsx) và ảnh PNG, JPEG, WebP; mỗi tệp không quá 1 MB. "
        "Không nhận ảnh HEIC, tệp .doc, .xls đời cũ, tệp nén và tệp có macro."
    )
    assert files.ACCEPT == ".pdf,.docx,.xlsx,.png,.jpg,.jpeg,.webp"
