"""requirements*.txt and pip.conf: what pip may build, and whether what it takes is pinned by hash."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.ecosystems.python_names import distribution
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree

_FILE = re.compile(r"(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in)", re.IGNORECASE)
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:===?\s*([^\s;,]+))?")
_DIRECT = re.compile(r"(?:(?P<name>[\w.-]+)\s*(?:\[[^\]]*\])?\s*@\s*)?(?P<url>(?:git|hg|svn|bzr)\+\S+|https?://\S+|file:\S+)")
_OPTION = re.compile(r"(--?[a-z][a-z-]*)(?:[=\s]+(\S+))?")
_HASH, _COMMENT = re.compile(r"--hash[=\s]"), re.compile(r"(?:^|\s)#.*$")
_COMMIT = re.compile(r"@[0-9a-f]{40}(?:$|[#\s])")
_INDEX = {"--index-url", "-i", "--extra-index-url", "--find-links", "-f"}


def _wanted(path: str) -> bool:
    place = PurePosixPath(path)
    return _FILE.fullmatch(place.name) is not None or (place.parent.name == "requirements" and place.suffix == ".txt")


def _audit(path: str, tree: Tree) -> Iterator[Entry]:
    wheels_only, hashed, required, count = False, 0, False, 0
    for number, line in _logical(tree.text(path)):
        if line.startswith("-") and not line.startswith(("-e", "--editable")):
            wheels_only |= _only_binary(line)
            required |= line.startswith("--require-hashes")
            yield from _options(line, path, number)
            continue
        if one := _requirement(line, path, number, wheels_only=wheels_only):
            count += 1
            hashed += bool(_HASH.search(line))
            yield one
            yield from _pinned(line, path, number)
    if count and path.endswith(".txt"):
        yield setting("pip-only-binary", path, safe=wheels_only, value="--only-binary :all:" if wheels_only else None)
        yield setting("pip-require-hashes", path, safe=required or hashed == count,
                      value=f"{hashed} of {count} requirements have a hash")


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their continuations joined, without comments and empty ones."""
    held, first = "", 0
    for number, line in lines(text):
        first = first or number
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        whole = _COMMENT.sub("", held + line).strip()
        if whole:
            yield first, whole
        held, first = "", 0
    if held.strip():
        yield first, held.strip()


def _only_binary(line: str) -> bool:
    return bool(re.match(r"--only-binary[=\s]+:all:", line))


def _options(line: str, path: str, number: int) -> Iterator[Entry]:
    match = _OPTION.match(line)
    name, value = (match[1], match[2] or "") if match else ("", "")
    if name == "--no-binary":
        yield setting("pip-no-binary", path, safe=False, value=line, line=number)
    elif name == "--trusted-host":
        yield setting("pip-trusted-host", path, safe=False, value=line, line=number)
    elif name == "--extra-index-url":
        yield setting("pip-extra-index", path, safe=False, value=line, line=number)
    if name in _INDEX and value.startswith("http://"):
        yield setting("pip-plain-http", path, safe=False, value=line, line=number)


def _requirement(line: str, path: str, number: int, *, wheels_only: bool) -> Dependency | None:
    bare = re.sub(r"^(?:-e|--editable)[=\s]+", "", line)
    editable = bare != line
    direct = _DIRECT.match(bare)
    if direct or editable or bare.startswith(("./", "../", "/")):
        address = direct["url"] if direct else bare.split()[0]
        name = (direct and direct["name"]) or _egg(address)
        if address.split("#")[0].endswith(".whl"):
            return distribution(name, None, path)
        return distribution(name, None, path, Hook(
            kind="source-build", when=When.INSTALL, how=f"setup.py or the build backend of {address}", path=path,
            line=number))
    match = _NAME.match(bare)
    if match is None:
        return None
    hook = Hook(kind="source-build", when=When.INSTALL, path=path, line=number, certainty=Certainty.POSSIBLE,
                how="setup.py or the build backend, when pip finds no wheel that fits")
    return distribution(match[1], match[2], path, *(() if wheels_only else (hook,)))


def _egg(address: str) -> str:
    egg = re.search(r"[#&]egg=([\w.-]+)", address)
    return egg[1] if egg else address.partition("#")[0].rstrip("/").rpartition("/")[2].partition("@")[0] or address


def _pinned(line: str, path: str, number: int) -> Iterator[Entry]:
    direct = _DIRECT.search(line)
    if direct and direct["url"].startswith(("git+", "hg+")) and not _COMMIT.search(direct["url"]):
        yield finding("python-vcs-unpinned", path, line, number)
    if direct and direct["url"].startswith(("http://", "git+http://")):
        yield finding("plain-http-source", path, line, number)


def _configuration(path: str, tree: Tree) -> Iterator[Entry]:
    binary = False
    for number, line in lines(tree.text(path)):
        name, _, value = (part.strip() for part in line.partition("="))
        if name == "only-binary" and value == ":all:":
            binary = True
            yield setting("pip-only-binary", path, safe=True, value=line.strip(), line=number)
        elif name in {"no-binary", "trusted-host", "extra-index-url"} and value:
            rule = "pip-extra-index" if name == "extra-index-url" else f"pip-{name}"
            yield setting(rule, path, safe=False, value=line.strip(), line=number)
        if name in {"index-url", "extra-index-url", "find-links"} and value.startswith("http://"):
            yield setting("pip-plain-http", path, safe=False, value=line.strip(), line=number)
    if not binary:
        yield setting("pip-only-binary-configured", path, safe=False)


AUDITORS = (
    Auditor("requirements", _wanted, _audit),
    Auditor("pip.conf", lambda path: path.rpartition("/")[2] in {"pip.conf", "pip.ini"}, _configuration),
)
