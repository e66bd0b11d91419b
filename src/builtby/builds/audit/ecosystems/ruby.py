"""Ruby: native extensions of gems, Gemfile and its plugins."""

import re
from collections.abc import Iterator

from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree

_SPEC = re.compile(r"    ([\w.-]+) \(([^)]+)\)")
_PLATFORM = re.compile(r"-(?:x86_64|aarch64|arm|arm64|x86|x64|java|universal)(?:-\S+)?$")
_EXTENSIONS = re.compile(r"\.extensions\s*(?:=|<<|\+=)\s*(.+)")
_NAME = re.compile(r"\.name\s*=\s*[\"']([\w.-]+)")
_GEM = re.compile(r"\s*gem\s*\(?\s*[\"']([\w.-]+)[\"']")
_NAMED = re.compile(r"(?:.*/)?([\w.-]+)-(\d[\w.]*?)(?:-[\w-]+)?\.gemspec")


def _gem(name: str, version: str, path: str, *hooks: Hook, project: bool = False) -> Dependency:
    return Dependency(ecosystem="ruby", name=name or "?", version=version or None, path=path, hooks=hooks,
                      project=project, purl=purl("gem", None, name or "?", version or None))


def _lock(path: str, tree: Tree) -> Iterator[Entry]:
    text, section = tree.text(path), ""
    for number, line in lines(text):
        if line and not line.startswith(" "):
            section = line.strip()
        elif section in {"GIT", "GEM", "PATH"} and (match := _SPEC.fullmatch(line)):
            yield _locked(match[1], match[2], section, path, number)
        elif line.strip().startswith("remote: http://") or line.strip().startswith("remote: git://"):
            yield finding("plain-http-source", path, line.strip(), number)
    yield setting("bundler-checksums", path, safe="\nCHECKSUMS\n" in text)


def _locked(name: str, version: str, section: str, path: str, number: int) -> Dependency:
    if _PLATFORM.search(version):
        return _gem(name, _PLATFORM.sub("", version), path)
    certain = section == "GIT"
    how = "its gemspec, which is Ruby code, and its extensions" if certain else (
        "extconf.rb, if it has native extensions: Gemfile.lock does not tell")
    return _gem(name, version, path, Hook(kind="gem-extension", when=When.INSTALL, how=how, path=path, line=number,
                                          certainty=Certainty.CERTAIN if certain else Certainty.UNKNOWN))


def _gemspec(path: str, tree: Tree) -> Iterator[Entry]:
    text, installed = tree.text(path), _NAMED.fullmatch(path)
    name = _NAME.search(text)
    for number, line in lines(text):
        if match := _EXTENSIONS.search(line.partition("#")[0]):
            called = installed[1] if installed else name[1] if name else "project"
            yield _gem(called, installed[2] if installed else "", path, Hook(
                kind="gem-extension", when=When.INSTALL, how=match[1].strip()[:200], path=path, line=number),
                project=installed is None)


def _gemfile(path: str, tree: Tree) -> Iterator[Entry]:
    yield _gem("project", "", path, Hook(kind="gemfile", when=When.INSTALL, how="Bundler runs it as Ruby code",
                                         path=path, line=1), project=True)
    locked = tree.beside(path, "Gemfile.lock") or tree.beside(path, "gems.locked")
    for number, line in lines(tree.text(path)):
        if not locked and (match := _GEM.match(line)):
            yield _gem(match[1], "", path, Hook(
                kind="gem-extension", when=When.INSTALL, path=path, line=number, certainty=Certainty.UNKNOWN,
                how="extconf.rb, if it has native extensions: the Gemfile does not tell"))
        if match := re.match(r"\s*plugin\s*\(?\s*[\"']([\w.-]+)[\"']", line):
            yield _gem(match[1], "", path, Hook(kind="bundler-plugin", when=When.INSTALL, path=path, line=number,
                                                how="a plugin: Bundler loads it"))


AUDITORS = (
    Auditor("Gemfile.lock", named("Gemfile.lock", "gems.locked"), _lock, projects=True),
    Auditor("gemspec", lambda path: path.endswith(".gemspec"), _gemspec),
    Auditor("Gemfile", named("Gemfile", "gems.rb"), _gemfile, projects=True),
)
