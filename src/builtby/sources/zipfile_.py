"""Zip archives and what is made of them: jars, wheels, Android packages and the rest."""

from collections.abc import Callable

from builtby.sources import zipstream, zipview
from builtby.sources.base import Container

_MAGICS = (b"PK\3\4", b"PK\5\6", b"PK00PK\3\4", b"PK\7\x08PK\3\4")
_MODULE = b"JM\1\0"
"""A Java module file is a zip behind these bytes."""
_LAUNCHED = (".pyz", ".pex", ".shiv")
"""Python programs: a zip behind a `#!` line."""
_KINDS: dict[str, tuple[str, ...]] = {
    "android-package": (".apk", ".apks", ".xapk"),
    "aar": (".aar",),
    "conda": (".conda",),
    "egg": (".egg",),
    "jar": (".jar", ".war", ".ear", ".sar", ".jmod", ".hpi", ".jpi"),
    "nupkg": (".nupkg", ".snupkg"),
    "pyz": _LAUNCHED,
    "vsix": (".vsix",),
    "wheel": (".whl",),
}
_NAMED = tuple(suffix for suffixes in _KINDS.values() for suffix in suffixes)


def _is_zip(path: str, head: bytes) -> bool:
    return head.startswith(_MAGICS) or (head.startswith(b"#!") and path.lower().endswith(_LAUNCHED))


def _first_is_manifest(head: bytes) -> bool:
    """Whether the first member is what jar tools put first: a jar needs no `.jar` to be one."""
    return head.startswith(b"PK\3\4") and head[30:39] == b"META-INF/"


def _accepts(name: str, suffixes: tuple[str, ...]) -> Callable[[str, bytes], bool]:
    def accepts(path: str, head: bytes) -> bool:
        lowered = path.lower()
        if lowered.endswith(_NAMED):
            return lowered.endswith(suffixes) and (_is_zip(path, head) or head.startswith(_MODULE))
        return name == "jar" and (_first_is_manifest(head) or head.startswith(_MODULE))

    return accepts


def _only_zip(path: str, head: bytes) -> bool:
    return _is_zip(path, head) and not path.lower().endswith(_NAMED) and not _first_is_manifest(head)


CONTAINERS = (
    *(
        Container(name, zipstream.read, zipview.read, (*_MAGICS, _MODULE, b"#!"), accepts=_accepts(name, suffixes),
                  artifact=True, payload=name == "pyz")
        for name, suffixes in _KINDS.items()
    ),
    Container("zip", zipstream.read, zipview.read, _MAGICS, accepts=_only_zip),
)
