"""Which documents there are."""

import pkgutil
from functools import cache
from importlib import import_module

from builtby.builds import documents
from builtby.builds.documents.base import Document


@cache
def all_documents() -> dict[str, Document]:
    """Return every document by its name."""
    modules = (import_module(f"{documents.__name__}.{info.name}") for info in pkgutil.iter_modules(documents.__path__))
    found = [document for module in modules if (document := getattr(module, "DOCUMENT", None))]
    return {document.name: document for document in sorted(found, key=lambda one: one.name)}
