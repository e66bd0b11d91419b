"""From a package's version to the upstream one that the tool itself prints."""

import re

_REPACKED = re.compile(r"[+~.](?:dfsg|ds|repack|really|debian|git|deb|ubuntu|build|bp|bpo)[\w.]*.*$|~.*$|\+.*$")
_APK = re.compile(r"(?:_(?:git|p|alpha|beta|pre|rc|cvs|svn|hg)\d*)*-r\d+$")


def upstream(kind: str, version: str) -> str | None:
    """Return the upstream version of a package version, None when it does not begin with a number.

    `kind` is the package's purl type. Epochs, packaging revisions and marks of repacking go; a snapshot's date goes.
    """
    number = version.partition(":")[2] if kind in {"deb", "rpm", "alpm"} and ":" in version else version
    if kind == "apk":
        number = _APK.sub("", number)
    elif kind in {"deb", "rpm", "alpm"}:
        number = number.rpartition("-")[0] or number
    if kind == "deb":
        number = _REPACKED.sub("", number)
    return number if number[:1].isdigit() else None
