"""Names of npm packages, and how one is written down."""

import re

from builtby.builds.audit.model import Certainty, Dependency, Hook, When
from builtby.builds.audit.purls import purl

INSTALL_SCRIPTS = ("preinstall", "install", "postinstall")
"""What npm runs for every dependency."""
OWN_SCRIPTS = (*INSTALL_SCRIPTS, "preprepare", "prepare", "postprepare")
"""What it runs besides for the project itself, and for dependencies from git."""
GIT = re.compile(r"git(?:\+|:)|(?:github|gitlab|bitbucket|gist):|[\w-]+/[\w.-]+(?:#|$)|https?://[^#]+\.git(?:#|$)")
COMMIT = re.compile(r"[#/=][0-9a-f]{40}\b")


def package(name: str, version: str, path: str, *hooks: Hook, project: bool = False) -> Dependency:
    """Return an npm package that a file names."""
    scope, _, plain = name.rpartition("/")
    return Dependency(ecosystem="npm", name=name or "?", version=version or None, path=path, hooks=hooks,
                      project=project, purl=purl("npm", scope or None, plain or "?", version or None))


def script(how: str, path: str, line: int | None, certainty: Certainty = Certainty.CERTAIN) -> Hook:
    """Return the hook of an install script."""
    return Hook(kind="npm-script", when=When.INSTALL, how=how, path=path, line=line, certainty=certainty)


def untold(path: str, line: int | None = None) -> Hook:
    """Return the hook of a package of which the lock file does not tell whether it has install scripts."""
    return script("install scripts, if it has any: this lock file does not tell", path, line, Certainty.UNKNOWN)
