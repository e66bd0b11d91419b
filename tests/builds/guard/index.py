"""A package index on this machine, with one sdist whose own build backend compiles, and tries the network."""

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NAME = "guarded-example"
_FILE = "guarded_example-1.0.tar.gz"
_PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n' \
    '[project]\nname = "guarded-example"\nversion = "1.0"\n'
_INFO = "Metadata-Version: 2.1\nName: guarded-example\nVersion: 1.0\n"
_BACKEND = '''
import os, pathlib, shutil, socket, subprocess, sys, zipfile
META = "guarded_example-1.0.dist-info"
INFO = {info!r}

def _tries():
    """What a malicious backend would do: written down in the wheel."""
    try:
        host, port = os.environ["https_proxy"].removeprefix("http://").split(":")
        socket.create_connection((host, int(port)), 3).close()
        return "connected"
    except OSError as error:
        return type(error).__name__

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    place = pathlib.Path(folder) / META
    place.mkdir()
    (place / "METADATA").write_text(INFO)
    if os.environ.get("PIP_NO_INDEX") != "1" and _tries() == "connected":
        raise SystemExit("a hook got the network while fetching")
    return META

def build_wheel(folder, config_settings=None, metadata_directory=None):
    subprocess.run([sys.executable, "-m", "compileall", "-q", "."], check=True)
    compiler = shutil.which("cc")
    if compiler:
        subprocess.run([compiler, "-shared", "-fPIC", "-o", "made.so", "made.c"], check=True)
    name = "guarded_example-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        wheel.writestr("guarded_example.py", "BUILT = True\\n")
        wheel.writestr(META + "/METADATA", INFO)
        wheel.writestr(META + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(META + "/RECORD", "")
    return name
'''


def _sdist() -> bytes:
    held = io.BytesIO()
    files = {"pyproject.toml": _PROJECT, "backend.py": _BACKEND.replace("{info!r}", repr(_INFO)), "PKG-INFO": _INFO,
             "made.c": "int made(void) { return 1; }\n"}
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"guarded_example-1.0/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return held.getvalue()


@contextmanager
def index() -> Iterator[str]:
    """Serve it; yield its address."""
    data = _sdist()
    page = f'<a href="/files/{_FILE}#sha256={hashlib.sha256(data).hexdigest()}">{_FILE}</a>'.encode()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = {f"/simple/{NAME}/": ("text/html", page), f"/files/{_FILE}": ("application/gzip", data)}
            kind, body = known.get(self.path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        server.shutdown()
