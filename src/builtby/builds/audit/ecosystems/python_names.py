"""Names of Python distributions, and how one is written down."""

import re

from builtby.builds.audit.model import Dependency, Hook
from builtby.builds.audit.purls import purl

_RUNS = re.compile(r"[-_.]+")


def normal(name: str) -> str:
    """Return a name as the package index compares it (PEP 503)."""
    return _RUNS.sub("-", name).lower()


def distribution(name: str, version: str | None, path: str, *hooks: Hook, project: bool = False) -> Dependency:
    """Return a Python distribution that a file names."""
    plain = normal(name) or "?"
    return Dependency(ecosystem="python", name=plain, version=version or None, path=path, hooks=hooks, project=project,
                      purl=purl("pypi", None, plain, version or None))
