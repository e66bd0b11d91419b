"""The wrappers of Gradle and Maven: programs in the repository that fetch a build tool and run it."""

import hashlib
import re
from collections.abc import Iterator

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.tree import Tree

_HOMES = {"gradle": re.compile(r"https://[\w-]+\.gradle\.org/"),
          "maven": re.compile(r"https://[\w.-]+\.(?:apache|maven)\.org/")}
"""Where the projects themselves offer what a wrapper fetches."""
_ADDRESS = re.compile(r"^distributionUrl\s*[=:]\s*(\S+)", re.MULTILINE)
_AGENT = re.compile(r"-(?:javaagent|agentlib|agentpath|Xbootclasspath)")


def _properties(path: str, tree: Tree) -> Iterator[Entry]:
    text = tree.text(path)
    safe = re.search(r"^distributionSha256Sum\s*=\s*\S", text, re.MULTILINE) is not None
    yield setting("wrapper-checksum", path, safe=safe, line=read.line_of(text, "distributionUrl"))
    match = _ADDRESS.search(text)
    address = match[1].replace("\\:", ":") if match else ""
    line = read.line_of(text, "distributionUrl")
    if re.search(r"^\w+Url\s*=\s*http\\?://", text, re.MULTILINE):
        yield finding("plain-http-source", path, "the wrapper's distribution", read.line_of(text, "http"))
    elif address and not _HOMES[_tool(path)].match(address):
        yield setting("gradle-distribution", path, safe=safe, value=address, line=line)


def _jar(path: str, tree: Tree) -> Iterator[Entry]:
    """Yield the digest of a program that hardly any review looks into. Whether it is genuine is not known here."""
    digest = hashlib.sha256(tree.data(path)).hexdigest()
    yield Dependency(ecosystem=_tool(path), name=path.rpartition("/")[2], path=path, project=True, hooks=(Hook(
        kind="wrapper", when=When.BUILD, path=path,
        how=f"the wrapper script runs this program; SHA-256 {digest}"),))


def _tool(path: str) -> str:
    return "gradle" if "gradle" in path.rpartition("/")[2] else "maven"


def _gradle_properties(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in read.lines(tree.text(path)):
        name, found, value = (part.strip() for part in line.partition("="))
        if not found or name.startswith("#"):
            continue
        if name == "org.gradle.jvmargs" and _AGENT.search(value):
            yield setting("gradle-jvm-agent", path, safe=False, value=line.strip()[:200], line=number)
        elif name == "org.gradle.dependency.verification" and value in {"off", "lenient"}:
            yield setting("gradle-verification-off", path, safe=False, value=line.strip(), line=number)
        elif name.endswith(("trustStore", "proxyHost")) and name.startswith("systemProp."):
            yield setting("gradle-trust", path, safe=False, value=line.strip()[:200], line=number)


AUDITORS = (
    Auditor("wrapper", named("maven-wrapper.properties", "gradle-wrapper.properties"), _properties),
    Auditor("wrapper jar", named("maven-wrapper.jar", "gradle-wrapper.jar"), _jar),
    Auditor("gradle.properties", named("gradle.properties"), _gradle_properties),
)
