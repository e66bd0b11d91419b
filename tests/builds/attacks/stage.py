"""The stage on which attacks are re-enacted: a home with canaries, a sink on loopback, tools that do nothing."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec

from tests.builds.recorded import Ran, recorded

HERE = Path(__file__).parent


class Attack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An attack as `attacks.toml` has it."""

    id: str
    name: str
    how: str
    expects: tuple[str, ...]
    command: str
    honest: str
    year: int | None = None
    listed: bool = True
    files: dict[str, str] = {}
    serves: dict[str, str] = {}
    before: str = "true"
    honest_remove: tuple[str, ...] = ()
    also: str | None = None


class _File(msgspec.Struct, frozen=True):
    attack: tuple[Attack, ...]


def attacks() -> tuple[Attack, ...]:
    """Return the attacks."""
    return msgspec.convert(tomllib.loads((HERE / "attacks.toml").read_text("utf-8")), _File).attack


def play(attack: Attack, folder: Path, *, honest: bool = False) -> Ran:
    """Record an attack, or its honest twin, in a folder."""
    with sink(attack.serves) as address:
        environment = stage(attack, folder, address)
        for name in attack.honest_remove if honest else ():
            (folder / name).unlink() if (folder / name).is_file() else _remove(folder / name)
        subprocess.run(["/bin/sh", "-c", attack.before], cwd=folder / "work", env=environment, check=True)
        command = (attack.honest if honest else attack.command).replace("{python}", sys.executable)
        return recorded(folder / "work", "/bin/sh", "-c", command, environment=environment)


def stage(attack: Attack, folder: Path, address: str) -> dict[str, str]:
    """Write an attack's files, and return its environment."""
    for name in ("work", "home", "bin", "state"):
        (folder / name).mkdir(parents=True)
    for name, text in attack.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        file.chmod(0o755 if text.startswith("#!") else 0o644)
    (folder / "bin/python3").symlink_to(sys.executable)
    path = f"{_tools()}:{folder / 'bin'}:{os.environ['PATH']}"
    kept = {name: os.environ[name] for name in ("LANG", "TERM") if name in os.environ}
    return {**kept, "HOME": str(folder / "home"), "PATH": path, "SINK": address, "BUILTBY_STATE": str(folder / "state"),
            "GIT_CONFIG_NOSYSTEM": "1", "PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@cache
def _tools() -> Path:
    """Return the folder of the stand-ins. A compiler in a temporary folder is a finding; a checkout may be there."""
    tools = HERE / "tools"
    if not tools.is_relative_to("/tmp") and not tools.is_relative_to("/var/tmp"):
        return tools
    place = Path.home() / ".cache/builtby-tests" / hashlib.sha256(str(tools).encode()).hexdigest()[:12]
    shutil.copytree(tools, place, dirs_exist_ok=True)
    return place


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


@contextmanager
def sink(serves: dict[str, str]) -> Iterator[str]:
    """Listen on loopback, give what is to be served, and swallow what is posted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer()

        def answer(self) -> None:
            text = serves.get(self.path.strip("/"), "")
            self.send_response(200 if text or self.command == "POST" else 404)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401  # the base class's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
