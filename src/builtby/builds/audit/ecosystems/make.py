"""Makefiles: what they include, and what runs as soon as make reads them."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from builtby.builds.audit.base import Auditor
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree

_INCLUDE = re.compile(r"(?:-|s)?include\s+(\S.*)")
_SHELL = re.compile(r"\$[({]shell\s+([^)}]*)|^[\w.-]+\s*!=\s*(.+)|^load\s+(\S+)")
_MOST = 50
_ELSEWHERE = ("/", "~", "..")


def _audit(path: str, tree: Tree) -> Iterator[Entry]:
    hooks = []
    for number, line in lines(tree.text(path)):
        bare = line.partition("#")[0]
        if match := _INCLUDE.match(bare):
            where = " (outside this tree)" if match[1].startswith(_ELSEWHERE) else ""
            hooks.append(Hook(kind="make-include", when=When.BUILD, how=f"include {match[1].strip()[:200]}{where}",
                              path=path, line=number))
        elif not line.startswith("\t") and (found := _SHELL.search(bare)):
            hooks.append(Hook(kind="make-shell", when=When.BUILD, path=path, line=number, certainty=Certainty.CERTAIN,
                              how=f"as make reads the file: {next(filter(None, found.groups()), '').strip()[:200]}"))
        if len(hooks) >= _MOST:
            break
    if hooks:
        yield Dependency(ecosystem="make", name=PurePosixPath(path).parent.name or "project", path=path,
                         hooks=tuple(hooks), project=True)


def _is_makefile(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in {"Makefile", "makefile", "GNUmakefile", "Makefile.am"} or name.endswith(".mk")


AUDITORS = (Auditor("Makefile", lambda path: _is_makefile(path) and "node_modules/" not in path, _audit),)
