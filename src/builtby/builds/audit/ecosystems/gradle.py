"""Gradle: plugins, build scripts and what they apply, annotation processors, verification of what is fetched."""

import re
from collections.abc import Iterator

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.ecosystems.gradle_catalog import gradle_plugin, own_plugins, used
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.tree import Tree

_PLUGIN = re.compile(
    r"""^\s*(?:id\s*\(?\s*["']([\w.-]+)["']\s*\)?|kotlin\s*\(\s*["']([\w.-]+)["']\s*\))"""
    r"""(?:\s*\.?version\s*\(?\s*["']([^"']+)["'])?""")
_CLASSPATH = re.compile(r"""^\s*classpath\s*\(?\s*["']([^:"']+):([^:"']+):([^"']+)["']""")
_PROCESSOR = re.compile(
    r"""^\s*(?:annotationProcessor|kapt|ksp|testAnnotationProcessor)"""
    r"""\s*\(?\s*["']([^:"']+):([^:"']+)(?::([^"']+))?["']""")
_FROM = re.compile(r"""\bapply\s*\(?\s*(?:from\s*[:=]\s*)["']([^"']+)["']""")
_INCLUDED = re.compile(r"""^\s*includeBuild\s*\(?\s*["']([^"']+)["']""")
_VERSION = re.compile(r".*(?:\+|SNAPSHOT)|latest\..*|[\[(].*")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_LONGEST = 2048
_OWN = {"java", "java-library", "application", "groovy", "scala", "war", "ear", "jacoco", "checkstyle", "pmd", "idea",
        "eclipse", "maven-publish", "ivy-publish", "signing", "base", "distribution", "java-gradle-plugin",
        "java-platform", "java-test-fixtures", "version-catalog", "kotlin-dsl", "jvm-test-suite", "antlr",
        "cpp-library"}


def _script(path: str, tree: Tree) -> Iterator[Entry]:
    yield Dependency(ecosystem="gradle", name="project", path=path, project=True, hooks=(Hook(
        kind="gradle-script", when=When.BUILD, how="Gradle runs it at every call", path=path, line=1),))
    for number, line in read.lines(tree.text(path)):
        line = line[:_LONGEST]  # noqa: PLW2901  # no statement is longer
        if not line.lstrip().startswith(("//", "*", "/*")):
            yield from _line(line, path, number, tree)
            yield from used(line, path, number, tree)


def _line(line: str, path: str, number: int, tree: Tree) -> Iterator[Entry]:
    if match := _PLUGIN.match(line):
        name, version = match[1] or f"org.jetbrains.kotlin.{match[2]}", _told(match[3], path, tree)
        if name not in _OWN and name not in own_plugins(tree):
            yield gradle_plugin("", name, version, Hook(
                kind="gradle-plugin", when=When.BUILD, path=path, line=number,
                how="a plugin: Gradle loads it at every call"))
        yield from _loose(name, version, path, number)
    elif match := _CLASSPATH.match(line):
        version = _told(match[3], path, tree)
        yield gradle_plugin(match[1], match[2], version, Hook(
            kind="gradle-plugin", when=When.BUILD, path=path, line=number,
            how="on the class path of the build script"))
        yield from _loose(f"{match[1]}:{match[2]}", version, path, number)
    elif match := _PROCESSOR.match(line):
        yield gradle_plugin(match[1], match[2], _told(match[3], path, tree), Hook(
            kind="annotation-processor", when=When.BUILD, how="an annotation processor: the compiler loads it",
            path=path, line=number))
    elif (match := _FROM.search(line)) and "://" in match[1]:
        yield finding("gradle-remote-script", path, match[1], number)
    elif match := _INCLUDED.match(line):
        yield Dependency(ecosystem="gradle", name=match[1], path=path, project=True, hooks=(Hook(
            kind="gradle-script", when=When.BUILD, path=path, line=number,
            how=f"the included build {match[1]}: its scripts run, too"),))
    if re.search(r"allowInsecureProtocol\s*=\s*true|isAllowInsecureProtocol\s*=\s*true", line):
        yield setting("gradle-insecure", path, safe=False, value=line.strip(), line=number)


def _told(version: str | None, path: str, tree: Tree) -> str:
    """Return a version with what gradle.properties tells of it; empty when a script would have to be run for it."""
    if not version or "$" not in version:
        return version or ""
    file = tree.beside(path, "gradle.properties")
    pairs = (line.partition("=") for _, line in read.lines(tree.text(file))) if file else ()
    values = {name.strip(): value.strip() for name, _, value in pairs}
    told = _VARIABLE.sub(lambda match: values.get(match[1], match[0]), version)
    return "" if "$" in told else told


def _loose(name: str, version: str, path: str, number: int) -> Iterator[Entry]:
    if _VERSION.fullmatch(version):
        yield finding("gradle-plugin-unpinned", path, f"{name} {version}", number)


def _settings(path: str, tree: Tree) -> Iterator[Entry]:
    yield from _script(path, tree)
    if tree.beside(path, "gradle/verification-metadata.xml") is None:
        yield setting("gradle-verification", path, safe=False)


def _verification(path: str, tree: Tree) -> Iterator[Entry]:
    value = read.xml(tree, path).findtext("configuration/verify-metadata") or ""
    yield setting("gradle-verification", path, safe=value.strip() == "true", value=f"verify-metadata: {value.strip()}")


def _is_script(path: str) -> bool:
    return path.endswith((".gradle", ".gradle.kts")) and not _is_settings(path)


def _is_settings(path: str) -> bool:
    return path.endswith(("settings.gradle", "settings.gradle.kts"))


AUDITORS = (
    Auditor("gradle script", _is_script, _script),
    Auditor("settings.gradle", _is_settings, _settings),
    Auditor("verification-metadata.xml", lambda path: path.endswith("gradle/verification-metadata.xml"), _verification),
)
