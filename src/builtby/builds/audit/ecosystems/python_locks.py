"""uv.lock, poetry.lock, pdm.lock, pylock.toml and Pipfile.lock: which packages are built from source."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.ecosystems.npm_names import prevented
from builtby.builds.audit.ecosystems.python_names import distribution
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, Setting, When
from builtby.builds.audit.tree import Tree, Unreadable

_SDIST = "setup.py or the build backend: the lock file holds no wheel"
_MAYBE = "setup.py or the build backend, when no wheel of the lock file fits the machine"
_LOCAL = {"editable", "virtual", "directory", "path"}


def _uv(path: str, tree: Tree) -> Iterator[Entry]:
    lock = read.toml(tree, path)
    places, built = read.Places(tree.text(path)), []
    for package in read.objects(lock.get("package") or lock.get("packages")):
        source = read.mapping(package.get("source")) | {k: v for k, v in package.items() if k in {"vcs", "directory"}}
        wheels = [_file(wheel) for wheel in read.objects(package.get("wheels"))]
        built.append(_package(package, path, places, wheels, sdist=bool(package.get("sdist")), source=source))
        if not _LOCAL & source.keys():
            yield from _unhashed(package, path, places)
    if not path.endswith("uv.lock"):
        yield from built
        return
    told = _no_build(path, tree)
    yield told
    off = f"no-build = true in {told.path}" if told.safe else ""
    yield from (_kept(one, off) for one in built)


def _kept(one: Dependency, off: str) -> Dependency:
    """Return a package that is not built where a setting says so; what lies in the project itself is."""
    if not off or one.project or not one.hooks:
        return one
    return replace(one, hooks=tuple(prevented(hook, off) for hook in one.hooks))


def _file(entry: dict[str, Any]) -> str:
    return read.string(entry.get("url") or entry.get("filename") or entry.get("file") or entry.get("name")
                       or entry.get("path")).split("#")[0]


def _package(package: dict[str, Any], path: str, places: read.Places, wheels: list[str], *, sdist: bool,
             source: dict[str, Any]) -> Dependency:
    name, version = read.string(package.get("name")), read.string(package.get("version"))
    line = _line(places, name)

    def hook(how: str, certainty: Certainty = Certainty.CERTAIN) -> Hook:
        return Hook(kind="source-build", when=When.INSTALL, how=how, path=path, line=line, certainty=certainty)

    if "virtual" in source:
        return distribution(name, version, path, project=True)
    if _LOCAL & source.keys():
        where = next(read.string(source[key]) for key in _LOCAL if key in source)
        return distribution(name, version, path, hook(f"setup.py or the build backend of {where or 'a local folder'}"),
                            project=where == ".")
    if "git" in source or "vcs" in source:
        return distribution(name, version, path, hook("setup.py or the build backend of a git checkout"))
    if any(wheel.endswith("-none-any.whl") for wheel in wheels) or not (wheels or sdist or source.get("url")):
        return distribution(name, version, path)
    if wheels and sdist:
        return distribution(name, version, path, hook(_MAYBE, Certainty.POSSIBLE))
    return distribution(name, version, path, *([] if wheels else [hook(_SDIST)]))


def _line(places: read.Places, name: str) -> int | None:
    """Return the line of a package's own name: elsewhere it stands as a dependency."""
    return places.line(f']]\nname = "{name}"', 1)


def _unhashed(package: dict[str, Any], path: str, places: read.Places) -> Iterator[Entry]:
    files = [*read.objects(package.get("wheels")), *read.objects([package.get("sdist")])]
    if any(not (file.get("hash") or file.get("hashes")) for file in files):
        name = read.string(package.get("name"))
        yield finding("python-unhashed", path, f"{name} has files without a hash", _line(places, name))


def _no_build(path: str, tree: Tree) -> Setting:
    project = tree.beside(path, "pyproject.toml")
    table: dict[str, Any] = {}
    if project:
        try:
            table = read.mapping(read.mapping(read.toml(tree, project).get("tool")).get("uv"))
        except Unreadable:  # said where that file itself is read
            table = {}
    if own := tree.beside(path, "uv.toml"):
        table = table | read.toml(tree, own)
    safe = table.get("no-build") is True
    return setting("uv-no-build", project or path, safe=safe, value="no-build = true" if safe else None)


def _poetry(path: str, tree: Tree) -> Iterator[Entry]:
    lock = read.toml(tree, path)
    places = read.Places(tree.text(path))
    former = read.mapping(read.mapping(lock.get("metadata")).get("files"))  # Poetry before 1.5, and PDM before 2.8
    for package in read.objects(lock.get("package")):
        name = read.string(package.get("name"))
        files = list(read.objects(package.get("files") or former.get(name)))
        names = [_file(file) for file in files]
        wheels = [file for file in names if file.endswith(".whl")]
        source = read.mapping(package.get("source"))
        kind = {read.string(source.get("type")): read.string(source.get("url"))} if source else {}
        kind |= {key: read.string(package[key]) for key in ("git", "path") if package.get(key)}
        yield _package(package, path, places, wheels, sdist=len(wheels) < len(names), source=kind)
        if any(not file.get("hash") for file in files):
            yield finding("python-unhashed", path, f"{name} has files without a hash", _line(places, name))
    if path.endswith("poetry.lock"):
        yield from _poetry_setting(path, tree)


def _poetry_setting(path: str, tree: Tree) -> Iterator[Entry]:
    config = tree.beside(path, "poetry.toml")
    safe = False
    if config:
        installer = read.mapping(read.toml(tree, config).get("installer"))
        safe = installer.get("only-binary") in (":all:", True, [":all:"])
    yield setting("poetry-only-binary", config or path, safe=safe, value="only-binary" if safe else None)


def _pipenv(path: str, tree: Tree) -> Iterator[Entry]:
    lock = read.json(tree, path)
    places = read.Places(tree.text(path))
    for group in ("default", "develop"):
        for name, package in read.mapping(lock.get(group)).items():
            entry, line = read.mapping(package), places.line(f'"{name}": {{')
            source = entry.get("git") or entry.get("path")
            hook = Hook(kind="source-build", when=When.INSTALL, path=path, line=line,
                        certainty=Certainty.CERTAIN if source else Certainty.POSSIBLE,
                        how=f"setup.py or the build backend of {read.string(source)}" if source else
                        "setup.py or the build backend, when pip finds no wheel that fits")
            yield distribution(name, read.string(entry.get("version")).removeprefix("=="), path, hook)
            if not source and not entry.get("hashes"):
                yield finding("python-unhashed", path, f"{name} has no hash", line)


def _named(*names: str) -> Any:  # noqa: ANN401
    return lambda path: path.rpartition("/")[2] in names


AUDITORS = (
    Auditor("uv.lock", _named("uv.lock", "pylock.toml"), _uv, projects=True),
    Auditor("poetry.lock", _named("poetry.lock", "pdm.lock"), _poetry, projects=True),
    Auditor("Pipfile.lock", _named("Pipfile.lock"), _pipenv, projects=True),
)
