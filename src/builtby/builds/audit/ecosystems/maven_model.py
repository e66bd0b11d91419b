"""A pom with the parents that the tree holds: properties, versions that are managed, plugins that are inherited."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from builtby.builds.audit import read
from builtby.builds.audit.tree import Tree, Unreadable

_DEFAULT_GROUP = "org.apache.maven.plugins"
_PROPERTY = re.compile(r"\$\{([^${}]+)\}")
_MOST_PARENTS = 50
_DEEPEST = 10


def text_of(element: Element, name: str) -> str:
    """Return the text of a child, without what surrounds it."""
    return (element.findtext(name) or "").strip()


class Project:
    """A pom.xml. Of its parents, nearest first, those that lie in the tree are known."""

    def __init__(self, path: str, root: Element, parents: tuple["tuple[str, Element]", ...] = (),
                 missing: Element | None = None) -> None:
        self.path = path
        self.root = root
        self.missing = missing
        """The parent that is not in the tree."""
        self._chain = ((path, root), *parents)
        self.properties = {child.tag: (child.text or "").strip()
                           for _, one in reversed(self._chain) for child in one.iterfind("properties/*")}
        for name in ("groupId", "version"):
            told = (text_of(one, name) or text_of(one, f"parent/{name}") for _, one in self._chain)
            own = next(filter(None, told), "")
            self.properties |= {f"project.{name}": own, f"pom.{name}": own}

    def value(self, text: str) -> str:
        """Return a text with its properties replaced; one that is not known stays as it is."""
        for _ in range(_DEEPEST):
            replaced = _PROPERTY.sub(lambda match: self.properties.get(match[1], match[0]), text[:1000])
            if replaced == text:
                break
            text = replaced
        return text[:1000]

    def key(self, plugin: Element) -> tuple[str, str]:
        """Return group and name of a plugin."""
        return self.value(text_of(plugin, "groupId")) or _DEFAULT_GROUP, self.value(text_of(plugin, "artifactId"))

    def plugins(self) -> Iterator[tuple[Element, str]]:
        """Yield the plugins that run, the pom's own and those of its parents, each with the pom it stands in."""
        for path, root in self._chain:
            managed = {id(plugin) for plugin in root.iterfind(".//pluginManagement/plugins/plugin")}
            for plugin in root.iter("plugin"):
                inherited = text_of(plugin, "inherited") != "false"
                if id(plugin) not in managed and (path == self.path or inherited):
                    yield plugin, path

    def version(self, plugin: Element) -> tuple[str, bool]:
        """Return the version of a plugin, and whether it would be known if there was one."""
        if own := self.value(text_of(plugin, "version")):
            return own, True
        for _, root in self._chain:
            for managed in root.iterfind(".//pluginManagement/plugins/plugin"):
                if self.key(managed) == self.key(plugin) and text_of(managed, "version"):
                    return self.value(text_of(managed, "version")), True
        return "", self.missing is None


def load(path: str, tree: Tree) -> Project | None:
    """Return a pom with its parents, None for a document that is no pom. Raises Unreadable for the pom itself."""
    root = read.xml(tree, path)
    if root.tag != "project":
        return None
    parents: list[tuple[str, Element]] = []
    place, at = path, root
    for _ in range(_MOST_PARENTS):
        parent = at.find("parent")
        if parent is None:
            return Project(path, root, tuple(parents))
        found = _parent(place, parent, tree)
        if found is None or found[0] in {path, *(one for one, _ in parents)}:
            return Project(path, root, tuple(parents), parent)
        parents.append(found)
        place, at = found
    return Project(path, root, tuple(parents))


def _parent(path: str, parent: Element, tree: Tree) -> tuple[str, Element] | None:
    """Return a parent of the tree, if it is the one that is meant."""
    told = parent.findtext("relativePath")
    relative = "../pom.xml" if told is None else told.strip()
    if not relative:
        return None
    for name in (relative, f"{relative}/pom.xml"):
        place = tree.reach(path, name)
        if place is None:
            continue
        try:
            root = _held(place, tree)
        except Unreadable:  # said where that file itself is read
            return None
        if text_of(root, "artifactId") == text_of(parent, "artifactId"):
            return place, root
    return None


def _held(path: str, tree: Tree) -> Element:
    """Return a document that many poms ask for, read once."""
    key = f"maven:{path}"
    held = tree.memory.get(key)
    if not isinstance(held, Element):
        held = tree.memory[key] = read.xml(tree, path)
    return held
