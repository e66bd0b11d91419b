"""Maven: plugins, extensions, annotation processors, and what .mvn lets in."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree

_DEFAULT_GROUP = "org.apache.maven.plugins"
_PROPERTY = re.compile(r"\$\{([^}]+)\}")
_LOOSE = re.compile(r"LATEST|RELEASE|[\[(].*|.*SNAPSHOT")


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _line(element: Element) -> int:
    return int(element.get(":line", "1"))


def _artifact(group: str, name: str, version: str, path: str, *hooks: Hook) -> Dependency:
    return Dependency(ecosystem="maven", name=f"{group}:{name}", version=version or None, path=path, hooks=hooks,
                      purl=purl("maven", group or None, name or "?", version or None))


def _pom(path: str, tree: Tree) -> Iterator[Entry]:
    root = read.xml(tree, path)
    if root.tag != "project":
        return
    properties = {child.tag: (child.text or "").strip() for child in root.iterfind("properties/*")}
    managed = {_key(plugin): _resolved(_text(plugin, "version"), properties)
               for plugin in root.iterfind(".//pluginManagement/plugins/plugin")}
    skipped = {id(plugin) for plugin in root.iterfind(".//pluginManagement/plugins/plugin")}
    for plugin in root.iter("plugin"):
        if id(plugin) not in skipped:
            yield from _plugin(plugin, path, properties, managed)
    for extension in root.iterfind(".//build/extensions/extension"):
        yield from _run(extension, "maven-extension", "a build extension: Maven loads it into itself", path, properties)
    for processor in root.iterfind(".//annotationProcessorPaths/*"):
        yield from _run(processor, "annotation-processor", "an annotation processor: javac loads it", path, properties)
    for repository in (*root.iter("repository"), *root.iter("pluginRepository")):
        if _text(repository, "url").startswith("http://"):
            yield finding("plain-http-source", path, _text(repository, "url"), _line(repository))
    for dependency in root.iterfind("dependencies/dependency"):
        yield _artifact(_text(dependency, "groupId"), _text(dependency, "artifactId"),
                        _resolved(_text(dependency, "version"), properties), path)


def _key(plugin: Element) -> tuple[str, str]:
    return _text(plugin, "groupId") or _DEFAULT_GROUP, _text(plugin, "artifactId")


def _resolved(version: str, properties: dict[str, str]) -> str:
    match = _PROPERTY.fullmatch(version)
    return properties.get(match[1], version) if match else version


def _plugin(plugin: Element, path: str, properties: dict[str, str],
            managed: dict[tuple[str, str], str]) -> Iterator[Entry]:
    group, name = _key(plugin)
    version = _resolved(_text(plugin, "version"), properties) or managed.get((group, name), "")
    goals = ", ".join(filter(None, ((goal.text or "").strip() for goal in plugin.iterfind(".//goals/goal"))))
    how = f"a plugin{f' with goals {goals}' if goals else ''}"
    if _text(plugin, "extensions") == "true":
        how += ", loaded as an extension when Maven starts"
    yield _artifact(group, name, version, path, Hook(kind="maven-plugin", when=When.BUILD, how=how, path=path,
                                                     line=_line(plugin)))
    if _LOOSE.fullmatch(version):
        yield finding("maven-plugin-unpinned", path, f"{group}:{name} {version}", _line(plugin))


def _run(element: Element, kind: str, how: str, path: str, properties: dict[str, str],
         when: When = When.BUILD) -> Iterator[Entry]:
    yield _artifact(_text(element, "groupId"), _text(element, "artifactId"),
                    _resolved(_text(element, "version"), properties), path,
                    Hook(kind=kind, when=when, how=how, path=path, line=_line(element)))


def _extensions(path: str, tree: Tree) -> Iterator[Entry]:
    for extension in read.xml(tree, path).iter("extension"):
        yield from _run(extension, "maven-extension", "a core extension: Maven loads it at every start", path, {},
                        When.START)


def _options(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in read.lines(tree.text(path)):
        if re.search(r"-(?:javaagent|agentlib|agentpath|Xbootclasspath)|-Dmaven\.ext\.class\.path", line):
            yield setting("maven-jvm-agent", path, safe=False, value=line.strip()[:200], line=number)
        elif re.search(r"(?:ssl\.(?:insecure|allowall)|ignore\.validity\.dates)=true", line):
            yield setting("tls-off", path, safe=False, value=line.strip()[:200], line=number)


def _wrapper(path: str, tree: Tree) -> Iterator[Entry]:
    text = tree.text(path)
    safe = re.search(r"^distributionSha256Sum\s*=\s*\S", text, re.MULTILINE) is not None
    yield setting("wrapper-checksum", path, safe=safe, line=read.line_of(text, "distributionUrl"))
    if re.search(r"^\w+Url\s*=\s*http\\?://", text, re.MULTILINE):
        yield finding("plain-http-source", path, "the wrapper's distribution", read.line_of(text, "http"))


AUDITORS = (
    Auditor("pom.xml", named("pom.xml"), _pom),
    Auditor(".mvn/extensions.xml", lambda path: path.endswith(".mvn/extensions.xml"), _extensions),
    Auditor(".mvn options", lambda path: path.endswith((".mvn/jvm.config", ".mvn/maven.config")), _options),
    Auditor("wrapper", named("maven-wrapper.properties", "gradle-wrapper.properties"), _wrapper),
)
