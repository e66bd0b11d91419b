"""Go: cgo, `//go:generate`, tool directives, replacements, and the checksums of go.sum."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.ecosystems.go_sources import Modules
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, Skipped, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree, Unreadable

_IMPORT_C = re.compile(rb'^import\s+(?:[\w.]+\s+)?"C"|^\s+"C"\s*$', re.MULTILINE)
_IGNORED = re.compile(rb"^//go:build ignore\s*$|^// \+build ignore\s*$", re.MULTILINE)
"""What go build never compiles: programs to be run by hand."""
_HEAD = 8 << 10
_CGO = re.compile(r"^\s*(?://)?\s*#cgo\s+(.+)$")
_GENERATE = "//go:generate "
_WORD = re.compile(r'"[^"]*"|[^\s()]+')
_UNSAFE_FLAG = re.compile(
    r"-fplugin|-plugin|-B\S|-wrapper|-specs|@\S|-Wl,.*(?:-plugin|--dynamic-linker)|pkg-config:\s*-")
_MODULE = re.compile(r"(.+)@(v[^/]+)/")
_VENDORED = "vendor/"


def _module(name: str, version: str, path: str, *hooks: Hook, project: bool = False) -> Dependency:
    space, _, plain = name.rpartition("/")
    return Dependency(ecosystem="go", name=name or "?", version=version or None, path=path, hooks=hooks,
                      project=project, purl=purl("golang", space or None, plain or "?", version or None))


def _go_mod(path: str, tree: Tree) -> Iterator[Entry]:
    text, modules = tree.text(path), Modules()
    if not re.search(r"^\s*module\s", text, re.MULTILINE):
        raise Unreadable("no go.mod: it names no module")
    required = 0
    for verb, words, number in _directives(text):
        required += verb == "require"
        yield from _directive(verb, words, path, number, modules)
    if required and not any(tree.beside(path, name) for name in ("go.sum", "vendor/modules.txt", "go.work")) and (
            tree.above(path, "go.work") is None):
        yield finding("go-no-sum", path, "go.sum is not beside it", 1)


def _directives(text: str) -> Iterator[tuple[str, list[str], int]]:
    """Yield the directives of go.mod or go.work, those in blocks too, with their words and lines."""
    block = ""
    for number, line in lines(text):
        words = _WORD.findall(line.partition("//")[0])
        if not words:
            block = "" if line.strip() == ")" else block
            continue
        if line.partition("//")[0].rstrip().endswith("("):
            block = words[0]
            continue
        yield block or words[0], [word.strip('"') for word in (words if block else words[1:])], number


def _directive(verb: str, words: list[str], path: str, number: int, modules: Modules) -> Iterator[Entry]:
    if verb == "require" and len(words) > 1:
        hooks = modules.hooks(words[0], words[1])
        unknown = Hook(kind="cgo", when=When.BUILD, path=path, line=number, certainty=Certainty.UNKNOWN,
                       how="cgo flags, if it has any: go.mod does not tell")
        yield _module(words[0], words[1], path, *([unknown] if hooks is None else hooks))
    elif verb == "replace" and "=>" in words:
        target = words[words.index("=>") + 1 :]
        yield setting("go-replace", path, safe=False, value=" ".join(["replace", *words]), line=number)
        if target and not target[0].startswith((".", "/")):
            yield _module(target[0], "".join(target[1:2]), path)
    elif verb == "tool" and words:
        yield _module(words[0], "", path, Hook(kind="go-tool", when=When.BUILD, path=path, line=number,
                                               how=f"go tool {words[0]}, when the build calls it"))
    elif verb == "toolchain" and words:
        yield setting("go-toolchain", path, safe=True, value=f"toolchain {words[0]}", line=number)


def _work(path: str, tree: Tree) -> Iterator[Entry]:
    """Yield what a workspace builds together: modules of this tree, and perhaps of elsewhere."""
    for verb, words, number in _directives(tree.text(path)):
        if verb == "use" and words and tree.reach(path, f"{words[0]}/go.mod") is None:
            yield Skipped(path=path, reason=f"line {number} uses {words[0]}, which is not in this tree")
        elif verb in {"replace", "toolchain"}:
            yield from _directive(verb, words, path, number, Modules())


def _source(path: str, tree: Tree) -> Iterator[Entry]:
    raw = tree.data(path)
    if _IGNORED.search(raw[:_HEAD]):
        return
    cgo, generates = b'"C"' in raw and _IMPORT_C.search(raw), b"//go:generate " in raw
    if not cgo and not generates:
        return
    text = raw.decode("utf-8", "replace")
    name, version, project = _owner(path, tree)
    hooks = []
    for number, line in lines(text):
        if cgo and (match := _CGO.match(line)):
            hooks.append(Hook(kind="cgo", when=When.BUILD, how=f"the C compiler, with {match[1].strip()}"[:200],
                              path=path, line=number))
            if _UNSAFE_FLAG.search(match[1]):
                yield finding("go-cgo-flag", path, match[1].strip()[:200], number)
        elif line.startswith(_GENERATE) and project:
            hooks.append(Hook(kind="go-generate", when=When.BUILD, how=line[len("//go:generate ") :].strip()[:200],
                              path=path, line=number, certainty=Certainty.POSSIBLE))
    if cgo and not any(hook.kind == "cgo" for hook in hooks):
        place = _IMPORT_C.search(raw)
        hooks.append(Hook(kind="cgo", when=When.BUILD, how="the C compiler, for it imports C", path=path,
                          line=raw.count(b"\n", 0, place.start()) + 1 if place else None))
    if hooks:
        yield _module(name, version, path, *hooks, project=project)


def _owner(path: str, tree: Tree) -> tuple[str, str, bool]:
    """Return module, version and whether it is the project's own, of a Go file."""
    if match := _MODULE.match(path):
        return match[1].rpartition("pkg/mod/")[2], match[2], False
    before, found, inside = path.partition(_VENDORED)
    if not found or (before and not before.endswith("/")):
        return "project", "", True
    for name, version in sorted(_vendored(f"{before}{_VENDORED}modules.txt", tree).items(), reverse=True):
        if inside.startswith(name + "/"):
            return name, version, False
    return str(PurePosixPath(inside).parent), "", False


def _vendored(path: str, tree: Tree) -> dict[str, str]:
    held = tree.memory.get(path)
    if isinstance(held, dict):
        return held
    found: dict[str, str] = {}
    if path in tree.files:
        for _, line in lines(tree.text(path)):
            words = line.split()
            if len(words) >= 3 and words[0] == "#" and words[2].startswith("v"):
                found[words[1]] = words[2]
    tree.memory[path] = found
    return found


def _sum(path: str, tree: Tree) -> Iterator[Entry]:
    yield from ()
    for number, line in lines(tree.text(path)):
        words = line.split()
        if words and (len(words) != 3 or not words[2].startswith("h1:")):
            raise Unreadable(f"no go.sum: line {number} holds no module, version and hash")


def _is_source(path: str) -> bool:
    return path.endswith(".go") and "/testdata/" not in path and not path.endswith("_test.go")


AUDITORS = (
    Auditor("go.mod", named("go.mod"), _go_mod),
    Auditor("go.work", named("go.work"), _work, projects=True),
    Auditor("go.sum", named("go.sum"), _sum, projects=True),
    Auditor("modules.txt", lambda path: path.endswith("vendor/modules.txt"), lambda _path, _tree: iter(())),
    Auditor("go source", _is_source, _source),
)
