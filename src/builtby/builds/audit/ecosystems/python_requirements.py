"""requirements*.txt and pip.conf: what pip may build, and whether what it takes is pinned by hash."""

import re
from collections.abc import Iterable, Iterator

from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.ecosystems.python_includes import Line, gathered, is_included
from builtby.builds.audit.ecosystems.python_names import distribution, normal
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, Skipped, When
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree

_FILE = re.compile(r"(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in)", re.IGNORECASE)
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:===?\s*([^\s;,]+))?")
_DIRECT = re.compile(r"(?:(?P<name>[\w.-]+)\s*(?:\[[^\]]*\])?\s*@\s*)?(?P<url>(?:git|hg|svn|bzr)\+\S+|https?://\S+|file:\S+)")
_OPTION = re.compile(r"(--?[a-z][a-z-]*)(?:[=\s]+(\S+))?")
_HASH, _ONLY = re.compile(r"--hash[=\s]"), re.compile(r"--only-binary[=\s]\s*(\S+)")
_COMMIT = re.compile(r"@[0-9a-f]{40}(?:$|[#\s])")
_INDEX = {"--index-url", "-i", "--extra-index-url", "--find-links", "-f"}


def _wanted(path: str) -> bool:
    if not path.endswith((".txt", ".in")):
        return False
    folder, _, name = path.rpartition("/")
    return _FILE.fullmatch(name) is not None or (folder.endswith("requirements") and name.endswith(".txt"))


class _Binary:
    """What the options of a whole set of files say of wheels: pip takes them together, wherever they stand."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.all = False
        self.names: set[str] = set()
        for match in filter(None, map(_ONLY.match, texts)):
            values = {value.strip() for value in match[1].split(",")}
            self.all = (self.all or ":all:" in values) and ":none:" not in values
            self.names |= {normal(value) for value in values if not value.startswith(":")}

    def only(self, name: str) -> bool:
        """Say whether a distribution is taken as a wheel or not at all."""
        return self.all or normal(name) in self.names


def _audit(path: str, tree: Tree) -> Iterator[Entry]:
    if path.endswith(".in") and f"{path[:-3]}.txt" in tree.files:  # what pip-compile made of it says it better
        return
    if is_included(path, tree, _wanted):
        return
    told = list(gathered(path, tree))
    rows = [one for one in told if isinstance(one, Line)]
    yield from (one for one in told if isinstance(one, Skipped))
    binary = _Binary(row.text for row in rows)
    hashed = count = 0
    for row in rows:
        if row.text.startswith("-") and not row.text.startswith(("-e", "--editable")):
            yield from _options(row.text, row.path, row.number)
        elif one := _requirement(row.text, row.path, row.number, binary):
            yield from _pinned(row.text, row.path, row.number)
            if not row.constraint:
                count += 1
                hashed += bool(_HASH.search(row.text))
                yield one
    if count and path.endswith(".txt"):
        required = any(row.text.startswith("--require-hashes") for row in rows)
        yield setting("pip-only-binary", path, safe=binary.all, value="--only-binary :all:" if binary.all else None)
        yield setting("pip-require-hashes", path, safe=required or hashed == count,
                      value=f"{hashed} of {count} requirements have a hash")


def _options(line: str, path: str, number: int) -> Iterator[Entry]:
    match = _OPTION.match(line)
    name, value = (match[1], match[2] or "") if match else ("", "")
    if name in {"-r", "--requirement", "-c", "--constraint"}:
        yield finding("pip-remote-include", path, line, number)
    elif name == "--no-binary" and value != ":none:":
        yield setting("pip-no-binary", path, safe=False, value=line, line=number)
    elif name == "--trusted-host":
        yield setting("pip-trusted-host", path, safe=False, value=line, line=number)
    elif name == "--extra-index-url":
        yield setting("pip-extra-index", path, safe=False, value=line, line=number)
    if name in _INDEX and value.startswith("http://"):
        yield setting("pip-plain-http", path, safe=False, value=line, line=number)


def _requirement(line: str, path: str, number: int, binary: _Binary) -> Dependency | None:
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
    return distribution(match[1], match[2], path, *(() if binary.only(match[1]) else (hook,)))


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
    binary, sections = False, set[str]()
    for number, line in lines(tree.text(path)):
        name, _, value = (part.strip() for part in line.partition("="))
        sections |= {line.strip()} & {"[global]", "[install]", "[download]", "[wheel]"}
        if name == "require-hashes" and value:
            yield setting("pip-require-hashes", path, safe=value.lower() in {"true", "1", "yes", "on"},
                          value=line.strip(), line=number)
        if name == "only-binary" and value == ":all:":
            binary = True
            yield setting("pip-only-binary", path, safe=True, value=line.strip(), line=number)
        elif name in {"no-binary", "trusted-host", "extra-index-url"} and value:
            rule = "pip-extra-index" if name == "extra-index-url" else f"pip-{name}"
            yield setting(rule, path, safe=False, value=line.strip(), line=number)
        if name in {"index-url", "extra-index-url", "find-links"} and value.startswith("http://"):
            yield setting("pip-plain-http", path, safe=False, value=line.strip(), line=number)
    if sections and not binary:
        yield setting("pip-only-binary-configured", path, safe=False)


AUDITORS = (
    Auditor("requirements", _wanted, _audit, projects=True),
    Auditor("pip.conf", lambda path: path.rpartition("/")[2] in {"pip.conf", "pip.ini"}, _configuration, projects=True),
)
