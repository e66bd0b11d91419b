"""With `--offline`, and where nothing was asked of the network, not one packet leaves: sockets are forbidden here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GUARD = """
import sys

def forbid(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        if not (event == "socket.connect" and isinstance(args[1], (str, bytes))):  # the workers' own, on this machine
            print(f"PACKET {event}", file=sys.stderr)
            raise RuntimeError(f"the network was used: {event}")

sys.addaudithook(forbid)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "sitecustomize.py").write_text(GUARD, "utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path), "BUILTBY_DATA": str(tmp_path / "data"),
            "BUILTBY_STATE": str(tmp_path / "state")}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "builtby", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_the_guard_works(environment: dict[str, str]) -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "PACKET" in result.stderr


@pytest.mark.parametrize("arguments", [
    ("scan", "--offline", "-j", "2", "-f", "json", "-o", os.devnull, str(Path(sys.executable).resolve().parent)),
    ("scan", "-j", "1", "-f", "sarif", "-o", os.devnull, sys.executable),
    ("advisories", "status"), ("advisories", "search", "go", "1.19.8"), ("advisories", "show", "CVE-2023-29404"),
])
def test_no_packet(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    result = run(environment, *arguments)
    assert "PACKET" not in result.stderr
    assert result.returncode in (0, 3), result.stderr


def test_update_is_refused_offline(environment: dict[str, str]) -> None:
    result = run(environment, "advisories", "update", "--offline")
    assert result.returncode == 2
    assert "PACKET" not in result.stderr
