"""Build the four faces of Tinos from the subsets that npm's `@fontsource/tinos` carries.

The package cuts each face into one file an alphabet; Typst wants whole faces. Tinos has the widths of
Times New Roman and all 134 Vietnamese letters, which Debian's Liberation 1.07 has not.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools.merge import Merger
from fontTools.ttLib import TTFont

FACES = (
    ("400-normal", "Regular"),
    ("700-normal", "Bold"),
    ("400-italic", "Italic"),
    ("700-italic", "BoldItalic"),
)
ALPHABETS = ("latin", "latin-ext", "vietnamese")


def merge(node_modules: Path, out: Path) -> None:
    """Write `Tinos-<face>.ttf` for the four faces and the font's licence into `out`.

    Same input gives the same bytes, so that a rebuilt paper is the same paper.

    :raises FileNotFoundError: the npm package is not installed under `node_modules`.
    """
    package = node_modules / "@fontsource" / "tinos"
    out.mkdir(parents=True, exist_ok=True)
    for cut, face in FACES:
        _merge_face(package / "files", cut, out / f"Tinos-{face}.ttf")
    (out / "LICENSE").write_bytes((package / "LICENSE").read_bytes())


def _merge_face(files: Path, cut: str, target: Path) -> None:
    with TemporaryDirectory() as scratch:
        parts = [_unpacked(files / f"tinos-{alphabet}-{cut}.woff2", Path(scratch)) for alphabet in ALPHABETS]
        face = Merger().merge([str(part) for part in parts])
        # the merger stamps the hour of the build, which would make every build's papers differ
        face["head"].created = face["head"].modified = TTFont(str(parts[0]))["head"].modified
        face.recalcTimestamp = False
        face.save(str(target))


def _unpacked(woff2: Path, scratch: Path) -> Path:
    font = TTFont(str(woff2), recalcTimestamp=False)
    font.flavor = None
    part = scratch / f"{woff2.stem}.ttf"
    font.save(str(part))
    return part
