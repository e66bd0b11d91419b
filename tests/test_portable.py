"""Scanning uses nothing that only POSIX systems have: shown by taking it away."""

import subprocess
import sys
from pathlib import Path

AWAY = """
import os, sys
for name in ("pread", "preadv", "O_NOFOLLOW", "O_NONBLOCK", "geteuid", "getuid", "mkfifo", "statvfs"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog"):
    sys.modules[name] = None
"""
SCAN = """
import sys
import builtby
found = {r.path: r for r in builtby.scan(*sys.argv[1:]) if isinstance(r, builtby.Artifact)}
for path in sorted(found):
    print(path, *(f"{tool.tool}={tool.version}" for tool in found[path].built_by))
"""
FIXTURES = Path(__file__).parent / "fixtures"


def answers(code: str) -> str:
    targets = [FIXTURES / name for name in ("elf", "pe", "macho", "jvm")]
    done = subprocess.run([sys.executable, "-c", code, *targets], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_scanning_without_posix_gives_the_same_answers() -> None:
    plain = answers(SCAN)
    assert "gcc=" in plain
    assert answers(AWAY + SCAN) == plain
