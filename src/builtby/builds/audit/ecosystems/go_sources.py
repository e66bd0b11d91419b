"""Go modules that this machine has fetched: their own files tell what go.mod does not."""

import os
from collections.abc import Iterator
from pathlib import Path

from builtby.builds.audit.model import Hook, When

_HEAD = 16 << 10
"""Bytes of a Go file in which imports stand."""
_MOST = 20_000
"""Files of one module that are looked at."""
_CGO = b'import "C"'
_ENOUGH = 3


class Modules:
    """Go's module cache: `$GOMODCACHE/NAME@VERSION`, capitals written as `!` and a small letter."""

    def __init__(self) -> None:
        first = (os.environ.get("GOPATH") or str(Path.home() / "go")).split(os.pathsep)[0]
        self._root = Path(os.environ.get("GOMODCACHE") or Path(first) / "pkg" / "mod")

    def hooks(self, name: str, version: str) -> list[Hook] | None:
        """Return a module's hooks, None when its files are not here. A name that leaves the folder has none."""
        shown = f"{_escaped(name)}@{_escaped(version)}"
        folder = self._root / shown
        if ".." in name + version or name.startswith("/") or "\\" in shown or not os.path.isdir(folder):  # noqa: PTH112  # takes any name
            return None
        found = []
        for number, (path, line) in enumerate(_cgo(folder)):
            if number == _ENOUGH:
                break
            found.append(Hook(kind="cgo", when=When.BUILD, how="the C compiler, for it imports C",
                              path=f"{shown}/{path}", line=line))
        return found


def _escaped(text: str) -> str:
    return "".join(f"!{letter.lower()}" if letter.isupper() else letter for letter in text)


def _cgo(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield files that go build may compile and that import C, with the line."""
    count = 0
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in {"testdata", "_examples"})
        for name in sorted(files):
            if not name.endswith(".go") or name.endswith("_test.go"):
                continue
            count += 1
            if count > _MOST:
                return
            file = Path(where, name)
            try:
                with file.open("rb") as stream:
                    head = stream.read(_HEAD)
            except OSError:
                continue
            if (place := head.find(_CGO)) >= 0 and (place == 0 or head[place - 1] == ord("\n")):
                yield file.relative_to(folder).as_posix(), head.count(b"\n", 0, place) + 1
