"""Imported by the fork server, so that every worker finds the catalogue read and the formats loaded."""

from builtby.formats.registry import all_formats
from builtby.marks.load import catalogue
from builtby.packages.clues import clues
from builtby.pipeline import workers
from builtby.sources.registry import all_containers

__all__ = ["workers"]

all_formats()
all_containers()
catalogue()
clues()
