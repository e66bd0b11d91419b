"""Container images in which builds run: everything in them runs, so they are to be pinned by digest."""

import re
from collections.abc import Iterator

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree

_FROM = re.compile(r"\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_COPY = re.compile(r"\s*(?:COPY|RUN)\s+.*?--(?:from|mount=\S*from)=([^\s,]+)", re.IGNORECASE)
_ADD = re.compile(r"\s*ADD\s+(.*?)(https?://\S+)", re.IGNORECASE)
_ARG = re.compile(r"\s*ARG\s+(\w+)=(\S+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?(\w+)(?::-([^}]*))?\}?")
_SYNTAX = re.compile(r"#\s*syntax\s*=\s*(\S+)", re.IGNORECASE)
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_LONGEST = 2048


def image(name: str, path: str, line: int | None, how: str = "the build runs in it") -> Iterator[Entry]:
    """Yield an image, and that nothing pins it when it is so. What holds a variable is not known, and not judged."""
    if not name or "$" in name or name == "scratch":
        return
    plain, _, digest = name.partition("@")
    head, colon, tag = plain.rpartition(":")
    base, version = (head, tag) if colon and "/" not in tag else (plain, "")
    yield Dependency(ecosystem="image", name=base, version=digest or version or None, path=path,
                     purl=purl("oci", None, base.rpartition("/")[2], digest or None),
                     hooks=(Hook(kind="image", when=When.BUILD, how=f"{how}: {name}"[:200], path=path, line=line),))
    if not _DIGEST.search(name):
        yield finding("image-unpinned", path, name, line)


def _dockerfile(path: str, tree: Tree) -> Iterator[Entry]:
    stages, arguments = set[str](), dict[str, str]()
    for number, text in read.lines(tree.text(path)):
        line = text[:_LONGEST]
        if match := _ARG.match(line):
            arguments[match[1]] = match[2].strip("\"'")
        elif match := _FROM.match(line):
            name = _filled(match[1], arguments)
            if name.lower() not in stages:
                yield from image(name, path, number)
            if match[2]:
                stages.add(match[2].lower())
        elif (match := _COPY.match(line)) and match[1].lower() not in stages and not match[1].isdigit():
            yield from image(_filled(match[1], arguments), path, number, "files are taken from it")
        elif (match := _ADD.match(line)) and "--checksum=" not in match[1]:
            yield finding("docker-add-unchecked", path, match[2], number)
        elif match := _SYNTAX.match(line):
            yield from image(match[1], path, number, "it reads the Dockerfile")


def _filled(name: str, arguments: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda match: arguments.get(match[1]) or match[2] or match[0], name)


def _is_dockerfile(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(("Dockerfile", "Containerfile")) or name.endswith((".dockerfile", ".Dockerfile"))


AUDITORS = (Auditor("Dockerfile", lambda path: _is_dockerfile(path) and "node_modules/" not in path, _dockerfile,
                    projects=True),)
