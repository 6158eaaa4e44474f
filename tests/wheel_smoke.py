"""The built wheel in an empty environment: install it, start it, sign in. Run by `make wheel`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
PORT = 18743
BASE = f"http://127.0.0.1:{PORT}"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        wheel = build(work)
        thidua = install(work, wheel)
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": folder,
            "THIDUA_DATA": str(work / "data"),
            "LC_ALL": "C.UTF-8",
        }
        run(thidua, environment, "clock", "2022-12-12")
        password = initialise(thidua, environment)
        run(thidua, environment, "lint", str(next(thidua.parent.parent.rglob("webapp/bpmn/2022"))))
        server = subprocess.Popen(
            [thidua, "serve", "--port", str(PORT)], env=environment, cwd=work, stdout=subprocess.DEVNULL
        )
        try:
            wait_until_healthy(server)
            sign_in(password)
        finally:
            server.terminate()
            server.wait(timeout=30)
    print("wheel: installed, started, signed in")


def build(work: Path) -> Path:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(work)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return next(work.glob("thidua-*.whl"))


def install(work: Path, wheel: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", work / "empty"], check=True)
    pip = [work / "empty/bin/pip", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", ROOT / "requirements.lock"], check=True)
    subprocess.run([*pip, "--no-deps", wheel], check=True)
    return work / "empty/bin/thidua"


def run(thidua: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [thidua, *arguments],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        cwd=environment["HOME"],
    )
    return done.stdout


def initialise(thidua: Path, environment: dict[str, str]) -> str:
    said = run(
        thidua,
        environment,
        "init",
        "--code",
        "thu",
        "--name",
        "UBND xã Thử",
        "--admin-name",
        "Người Quản Trị",
    )
    found = re.search(r"mật khẩu dùng một lần: (\S+)", said)
    assert found, said
    state = json.loads(run(thidua, environment, "status", "--json"))
    assert state["dossiers"] == 0 and state["regulations_in_force"][0]["code"] == "2022", state
    return found.group(1)


def wait_until_healthy(server: subprocess.Popen[bytes]) -> None:
    for _ in range(120):
        assert server.poll() is None, "the server stopped"
        try:
            with urllib.request.urlopen(f"{BASE}/healthz", timeout=5) as answer:
                assert json.load(answer)["state"] == "ok"
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    raise AssertionError("the server did not become healthy in a minute")


def sign_in(password: str) -> None:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = opener.open(f"{BASE}/sign-in").read().decode()
    token = re.search(r'name="_csrf"[^>]*value="([^"]+)"', page)
    assert token, page
    form = {"_csrf": token.group(1), "username": "quantri", "password": password}
    answer = opener.open(f"{BASE}/sign-in", urlencode(form).encode())
    # Somebody with a one-time password is asked for an own one first.
    assert "Đổi mật khẩu" in answer.read().decode(), answer.geturl()
    for path in re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page):
        assert opener.open(BASE + path).status == 200


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    main()
