"""Names of npm packages, and how one is written down."""

import re

from msgspec.structs import replace

from builtby.builds.audit.model import Certainty, Dependency, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree, Unreadable

INSTALL_SCRIPTS = ("preinstall", "install", "postinstall")
"""What npm runs for every dependency."""
OWN_SCRIPTS = (*INSTALL_SCRIPTS, "preprepare", "prepare", "postprepare")
"""What it runs besides for the project itself, and for dependencies from git."""
GIT = re.compile(r"git(?:\+|:)|(?:github|gitlab|bitbucket|gist):|[\w-]+/[\w.-]+(?:#|$)|https?://[^#]+\.git(?:#|$)")
_IGNORE = re.compile(r"^\s*ignore-scripts\s*=\s*true\s*$", re.MULTILINE)
COMMIT = re.compile(r"[#/=][0-9a-f]{40}\b")


def package(name: str, version: str, path: str, *hooks: Hook, project: bool = False) -> Dependency:
    """Return an npm package that a file names."""
    scope, _, plain = name.rpartition("/")
    return Dependency(ecosystem="npm", name=name or "?", version=version or None, path=path, hooks=hooks,
                      project=project, purl=purl("npm", scope or None, plain or "?", version or None))


def script(how: str, path: str, line: int | None, certainty: Certainty = Certainty.CERTAIN) -> Hook:
    """Return the hook of an install script."""
    return Hook(kind="npm-script", when=When.INSTALL, how=how, path=path, line=line, certainty=certainty)


def prevented(hook: Hook, setting: str) -> Hook:
    """Return a hook that a setting of the project switches off; the hook itself, when there is no such setting."""
    if not setting or hook.certainty is Certainty.PREVENTED:
        return hook
    return replace(hook, how=f"{hook.how}; {setting} prevents it", certainty=Certainty.PREVENTED)


def ignoring(path: str, tree: Tree) -> str:
    """Return the setting by which npm and pnpm ignore install scripts, with its place; empty when there is none."""
    key = f"npm:ignoring:{path.rpartition('/')[0]}"
    if key not in tree.memory:
        tree.memory[key] = _ignoring(path, tree)
    return str(tree.memory[key])


def _ignoring(path: str, tree: Tree) -> str:
    npmrc = tree.above(path, ".npmrc")
    try:
        found = npmrc and _IGNORE.search(tree.text(npmrc))
    except Unreadable:  # said where that file itself is read
        return ""
    return f"ignore-scripts=true in {npmrc}" if found else ""


def untold(path: str, line: int | None = None) -> Hook:
    """Return the hook of a package of which the lock file does not tell whether it has install scripts."""
    return script("install scripts, if it has any: this lock file does not tell", path, line, Certainty.UNKNOWN)
