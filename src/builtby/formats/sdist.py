"""Python source distributions: what the project declares that it is built with, and what packed it."""

import configparser
import tomllib
from typing import Any

from builtby.formats.base import Format, Reading
from builtby.sources.view import View

MOST = 256 << 10
"""Bytes of a project file; a larger one is no project file."""
REQUIREMENTS = 64


def read_pyproject(view: View, _path: str) -> Reading:
    """Return `pyproject.build_backend`, and each `pyproject.requires`. Source: PEP 517 and 518."""
    reading = Reading("pyproject")
    system = _build_system(view)
    if system is None:
        reading.problem = "pyproject.toml is not readable as TOML"
        return reading
    if isinstance(backend := system.get("build-backend"), str):
        reading.add("pyproject.build_backend", backend)
    requires = system.get("requires")
    for requirement in requires[:REQUIREMENTS] if isinstance(requires, list) else ():
        if isinstance(requirement, str):
            reading.add("pyproject.requires", requirement)
    return reading


def _build_system(view: View) -> dict[str, Any] | None:
    if view.size > MOST:
        return None
    try:
        system = tomllib.loads(view.read(0, view.size).decode()).get("build-system", {})
    except (ValueError, RecursionError):
        return None
    return system if isinstance(system, dict) else {}


def read_setup_cfg(view: View, _path: str) -> Reading:
    """Return the section that packing a source distribution appends, as `sdist.setup_cfg`, such as `tag_date=0`."""
    reading = Reading("setup-cfg")
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(view.read(0, min(view.size, MOST)).decode("utf-8", "replace"))
    except configparser.Error:
        return reading
    if parser.has_section("egg_info"):
        for key in ("tag_build", "tag_date"):
            if parser.has_option("egg_info", key):
                reading.add("sdist.setup_cfg", f"{key}={parser.get('egg_info', key)}")
    return reading


FORMATS = (
    Format("pyproject", read_pyproject, names=("pyproject.toml",), hoist=True, alone=False),
    Format("setup-cfg", read_setup_cfg, names=("setup.cfg",), hoist=True, alone=False),
)
