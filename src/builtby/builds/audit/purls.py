"""Package URLs of what files name, however odd the names are."""

from packageurl import PackageURL


def purl(kind: str, space: str | None, name: str, version: str | None) -> str | None:
    """Return a package URL, None when a name can be in none."""
    try:
        return PackageURL(kind, space, name, version).to_string()
    except (TypeError, ValueError):  # the library is not firm on names such as `.`
        return None
