"""Maven: plugins, extensions, annotation processors, and what .mvn lets in."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from xml.etree.ElementTree import Element

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.ecosystems.maven_model import Project, load, text_of
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, Skipped, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree

_LOOSE = re.compile(r"LATEST|RELEASE|[\[(].*|.*SNAPSHOT")


@cache
def _bound() -> frozenset[str]:
    """Return the plugins whose versions Maven itself fixes, by what its life cycles bind."""
    text = resources.files("builtby.builds.audit").joinpath("maven-bound.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)["plugins"])


def _line(element: Element) -> int:
    return int(element.get(":line", "1"))


def _artifact(group: str, name: str, version: str, path: str, *hooks: Hook) -> Dependency:
    return Dependency(ecosystem="maven", name=f"{group}:{name}", version=version or None, path=path, hooks=hooks,
                      purl=purl("maven", group or None, name or "?", version or None))


def _pom(path: str, tree: Tree) -> Iterator[Entry]:
    project = load(path, tree)
    if project is None:
        return
    for plugin, where in project.plugins():
        yield from _plugin(plugin, path, where, project)
    for extension in project.root.iterfind(".//build/extensions/extension"):
        yield from _run(extension, "maven-extension", "a build extension: Maven loads it into itself", path, project)
    yield from _processors(path, project)
    for repository in (*project.root.iterfind(".//repositories/repository"),  # not where results are put
                       *project.root.iterfind(".//pluginRepositories/pluginRepository")):
        if text_of(repository, "url").startswith("http://"):
            yield finding("plain-http-source", path, text_of(repository, "url"), _line(repository))
    for dependency in project.root.iterfind("dependencies/dependency"):
        yield _artifact(project.value(text_of(dependency, "groupId")), text_of(dependency, "artifactId"),
                        project.value(text_of(dependency, "version")), path)
    yield from _around(path, tree, project)


def _around(path: str, tree: Tree, project: Project) -> Iterator[Entry]:
    """Yield what the tree does not hold: a parent of elsewhere, and modules that are not there."""
    if project.missing is not None:
        parent = project.missing
        yield _artifact(text_of(parent, "groupId"), text_of(parent, "artifactId"), text_of(parent, "version"), path,
                        Hook(kind="maven-parent", when=When.BUILD, path=path, line=_line(parent),
                             certainty=Certainty.UNKNOWN, how="the plugins of this parent, which is not in this tree"))
    for module in (*project.root.iterfind("modules/module"), *project.root.iterfind("subprojects/subproject")):
        name = (module.text or "").strip()
        if name and "${" not in name and "src/test/" not in path and not any(  # tests hold broken ones on purpose
                tree.reach(path, one) for one in (f"{name}/pom.xml", name)):
            yield Skipped(path=path, reason=f"line {_line(module)} names the module {name}, which is not in this tree")


def _plugin(plugin: Element, path: str, where: str, project: Project) -> Iterator[Entry]:
    group, name = project.key(plugin)
    version, sure = project.version(plugin)
    goals = ", ".join(filter(None, ((goal.text or "").strip() for goal in plugin.iterfind(".//goals/goal"))))
    how = f"a plugin{f' with goals {goals}' if goals else ''}"
    if text_of(plugin, "extensions") == "true":
        how += ", loaded as an extension when Maven starts"
    if where != path:
        how += f", inherited from {where}"
    line = _line(plugin)
    yield _artifact(group, name, version, where, Hook(kind="maven-plugin", when=When.BUILD, how=how, path=where,
                                                      line=line))
    for dependency in plugin.iterfind("dependencies/dependency"):
        yield from _run(dependency, "maven-plugin", f"on the class path of the plugin {name}", where, project)
    if _LOOSE.fullmatch(version):
        yield finding("maven-plugin-unpinned", where, f"{group}:{name} {version}", line)
    elif not version and sure and name not in _bound():
        yield finding("maven-plugin-unpinned", where, f"{group}:{name} has no version", line)


def _processors(path: str, project: Project) -> Iterator[Entry]:
    processors = list(project.root.iterfind(".//annotationProcessorPaths/*"))
    for processor in processors:
        yield from _run(processor, "annotation-processor", "an annotation processor: javac loads it", path, project)
    proc = project.root.findtext(".//configuration/proc") or project.properties.get("maven.compiler.proc", "")
    if project.root.find("dependencies/dependency") is not None and not processors:
        yield setting("maven-processors", path, safe=proc.strip() == "none",
                      value=f"proc = {proc.strip()}" if proc else None)


def _run(element: Element, kind: str, how: str, path: str, project: Project,
         when: When = When.BUILD) -> Iterator[Entry]:
    yield _artifact(project.value(text_of(element, "groupId")), text_of(element, "artifactId"),
                    project.value(text_of(element, "version")), path,
                    Hook(kind=kind, when=when, how=how, path=path, line=_line(element)))


def _extensions(path: str, tree: Tree) -> Iterator[Entry]:
    root = read.xml(tree, path)
    for extension in root.iter("extension"):
        yield from _run(extension, "maven-extension", "a core extension: Maven loads it at every start", path,
                        Project(path, root), When.START)


def _options(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in read.lines(tree.text(path)):
        if re.search(r"-(?:javaagent|agentlib|agentpath|Xbootclasspath)|-Dmaven\.ext\.class\.path", line):
            yield setting("maven-jvm-agent", path, safe=False, value=line.strip()[:200], line=number)
        elif re.search(r"(?:ssl\.(?:insecure|allowall)|ignore\.validity\.dates)=true", line):
            yield setting("tls-off", path, safe=False, value=line.strip()[:200], line=number)


AUDITORS = (
    Auditor("pom.xml", named("pom.xml"), _pom),
    Auditor(".mvn/extensions.xml", lambda path: path.endswith(".mvn/extensions.xml"), _extensions),
    Auditor(".mvn options", lambda path: path.endswith((".mvn/jvm.config", ".mvn/maven.config")), _options),
)
