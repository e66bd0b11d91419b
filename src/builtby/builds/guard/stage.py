"""A guarded build's own folders: home, /tmp, and what stands in place of the user's. Removed when it is over."""

import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from builtby.builds.guard.environment import without_login
from builtby.builds.guard.places import places

PREFIX = "builtby-guard-"
_LOCK = "lock"
_LARGEST_CONFIG = 1 << 20
_SERVERS = re.compile(r"<(servers|proxies)>.*?</\1>", re.DOTALL)
_PROXY = """<proxies>{entries}</proxies>"""
_ONE_PROXY = "<proxy><id>{scheme}</id><active>true</active><protocol>{scheme}</protocol><host>127.0.0.1</host>" \
    "<port>{port}</port></proxy>"


class Stage:
    """Makes the folders. Sweeps away what guards left that were killed. Raises OSError."""

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self.root = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        self._lock = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.home, self.tmp, self.var_tmp, self.run = (self.root / name for name in ("home", "tmp", "var-tmp", "run"))
        self.store = self.root / "store"
        for folder in (self.home, self.tmp, self.var_tmp, self.run, self.store):
            folder.mkdir(0o700)

    def close(self) -> None:
        """Remove everything."""
        _remove(self.root)
        os.close(self._lock)

    def copy(self, source: Path) -> Path:
        """Return a copy of a folder."""
        target = self.root / "copy"
        shutil.copytree(source, target, symlinks=True, ignore_dangling_symlinks=True, ignore=_specials)
        return target

    def canaries(self, taken: Iterable[str]) -> dict[str, str]:
        """Put false credentials into the home; return their paths below it, with the names that people know.

        `taken`: paths below the home that real things stand at.
        """
        occupied = set(taken)
        put: dict[str, str] = {}
        for canary in places().canary:
            token = secrets.token_hex(20)
            path = canary.path.format(upper=token[:16].upper()).removeprefix("~/")
            if any(path == one or path.startswith(f"{one}/") for one in occupied):
                continue
            file = self.home / path
            file.parent.mkdir(0o700, parents=True, exist_ok=True)
            file.write_text(canary.text.format(token=token, upper=token[:16].upper()), "utf-8")
            file.chmod(0o600)
            put[path] = canary.path
        return put

    def configure(self, home: Path, kept: Iterable[str], port: int) -> None:
        """Copy the tools' configurations into the home, without credentials but for the tools that are `kept`."""
        whole = set(kept)
        for config in places().config:
            for path in config.paths:
                self._copy_config(home / path[2:], path[2:], port, whole=config.tool in whole)
        settings = self.home / ".m2/settings.xml"
        if not settings.exists():
            settings.parent.mkdir(exist_ok=True)
            settings.write_text(f"<settings>{_maven_proxies(port)}</settings>\n", "utf-8")

    def _copy_config(self, source: Path, path: str, port: int, *, whole: bool) -> None:
        try:
            if not source.is_file() or source.stat().st_size > _LARGEST_CONFIG:
                return
            text = source.read_text("utf-8", "surrogateescape")
        except OSError:
            return
        if source.suffix == ".xml":
            text = _maven(text, port, whole=whole)
        elif not whole:
            text = _without_secrets(text)
        target = self.home / path
        target.parent.mkdir(0o700, parents=True, exist_ok=True)
        target.write_text(text, "utf-8", "surrogateescape")


def _without_secrets(text: str) -> str:
    secret = re.compile(places().secret_line)
    return "".join(without_login(line) for line in text.splitlines(keepends=True) if not secret.search(line))


def _maven(text: str, port: int, *, whole: bool) -> str:
    """Return Maven's settings with our proxy for theirs, and without the servers' logins."""
    text = _SERVERS.sub(lambda found: found[0] if whole and found[1] == "servers" else "", text)
    return text.replace("</settings>", f"{_maven_proxies(port)}</settings>")


def _maven_proxies(port: int) -> str:
    return _PROXY.format(entries="".join(_ONE_PROXY.format(scheme=scheme, port=port) for scheme in ("http", "https")))


def _specials(folder: str, names: list[str]) -> set[str]:
    """Return names that are neither files, folders nor links: sockets and pipes are not copied."""
    found = set()
    for name in names:
        path = Path(folder) / name
        if not (path.is_symlink() or path.is_file() or path.is_dir()):
            found.add(name)
    return found


def _sweep(folder: Path) -> None:
    """Remove folders of our own whose guard is gone: it held a lock."""
    for stale in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if stale.is_symlink() or stale.stat().st_uid != os.geteuid():
                continue
            lock = os.open(stale / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(stale)
            finally:
                os.close(lock)


def _remove(folder: Path) -> None:
    """Remove a tree, folders that may not be written (Go's modules) too."""
    for path, _, _ in os.walk(folder):
        with suppress(OSError):
            os.chmod(path, 0o700)  # noqa: PTH101  # os.walk gives text
    shutil.rmtree(folder, ignore_errors=True)
