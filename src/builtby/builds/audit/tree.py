"""The files that are audited: of a folder, a single file, an archive. They are read; nothing is unpacked or run."""

import os
import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from builtby.sources import registry
from builtby.sources.base import Container, Damaged, Member, Stream
from builtby.sources.compressed import plain_chunks
from builtby.sources.stream import ChunkStream, Prepended, file_chunks
from builtby.sources.view import FileView

MOST_FILES = 3_000_000
MOST_BYTES = 64 << 20
"""Of one file: the largest lock files known have some 10 MB."""
MOST_HELD = 512 << 20
"""Of all files of an archive."""
_HEAD = 4096
_INCLUDED = (".txt", ".in", ".mk", ".inc")
"""Endings of files that others include under any name."""
_PACKED = re.compile(
    r"[^/]+/PKG-INFO|[^/]+\.dist-info/(?:METADATA|WHEEL|RECORD)|package/package\.json|[^/]+/\.cargo_vcs_info\.json"
    r"|[^/]+/Cargo\.toml\.orig|metadata\.gz|.+@v[^/]+/go\.mod|META-INF/maven/.+/pom\.properties")
"""What tells a package from an archive of a project."""
_SMALL = 256 << 10
_MOST_OTHERS = 5_000
INSTALLED = frozenset({"node_modules", "site-packages", "dist-packages"})
_GIT_KEPT = {"hooks"}

Wanted = Callable[[str], bool]


class Unreadable(Exception):  # noqa: N818  # a statement about a file, which becomes a `skipped` entry
    """A file cannot be read as what it is; the message is the reason."""


class Tree:
    """Files by their paths, which are relative and use `/`."""

    def __init__(self, files: set[str]) -> None:
        self.files = files
        self.package = False
        """Whether it is a package that will be installed, and no project."""
        self.memory: dict[str, object] = {}
        """What ecosystems remember between files."""

    def data(self, path: str) -> bytes:
        """Return a file's bytes. Raises Unreadable."""
        raise NotImplementedError

    def text(self, path: str) -> str:
        """Return a file as text, undecodable bytes replaced. Raises Unreadable."""
        raw = self.data(path)
        if b"\0" in raw[:_HEAD]:
            raise Unreadable("binary data where text was expected")
        return raw.decode("utf-8-sig", "replace")

    def beside(self, path: str, name: str) -> str | None:
        """Return the path of a file of this name in the same folder, None when it is not there."""
        found = str(PurePosixPath(path).parent / name)
        return found if found in self.files else None

    def reach(self, path: str, name: str) -> str | None:
        """Return the path of a file that another one names, relative to itself; None when it is not in this tree.

        Files that no auditor asks for by their names are reached too. Nothing outside of the tree is.
        """
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), name.replace("\\", "/")))
        if "\0" in place or place.startswith(("/", "../")) or place in {".", ".."}:
            return None
        if place in self.files or self.has(place):
            return place
        return None

    def has(self, path: str) -> bool:
        """Say whether a file is there that no auditor asked for by its name."""
        return False

    def above(self, path: str, name: str) -> str | None:
        """Return the nearest file of this name in the same folder or one above it."""
        for folder in PurePosixPath(path).parents:
            if (found := str(folder / name)) in self.files:
                return found
        return None


class Folder(Tree):
    """A folder of the disk. Links to folders are not followed, so that nothing is read twice or for ever."""

    def __init__(self, root: Path, wanted: Wanted, skipped: Callable[[str, str], None]) -> None:
        name = root.absolute().name
        self.prefix = f"{name}/" if name in INSTALLED else ""
        """Such as `node_modules/`: the name of such a folder says what is in it, so it stays in the paths."""
        super().__init__({self.prefix + path for path in _walk(root, lambda path: wanted(self.prefix + path), skipped)})
        self._root = root.absolute().parent if self.prefix else root
        self._real = os.path.realpath(self._root)

    def data(self, path: str) -> bytes:
        place = self._root / path
        if place.is_symlink() and not self._inside(place):
            raise Unreadable("a link that leads out of the folder")
        return _read(place)

    def has(self, path: str) -> bool:
        place = self._root / path
        return os.path.isfile(place) and self._inside(place)  # noqa: PTH113  # takes any name

    def _inside(self, place: Path) -> bool:
        return os.path.realpath(place).startswith(self._real + os.sep)


class Lone(Tree):
    """One file. What lies beside it is known too, for the settings that hold for it."""

    def __init__(self, file: Path, name: str, wanted: Wanted) -> None:
        """`name` is the end of the file's path by which it is known, such as `.cargo/config.toml`."""
        whole = file.absolute()
        self._root = whole.parents[name.count("/")]
        folder = f"{name.rpartition('/')[0]}/" if "/" in name else ""
        try:
            beside = {folder + entry.name for entry in os.scandir(whole.parent)
                      if entry.is_file() and wanted(folder + entry.name)}
        except OSError:
            beside = set()
        super().__init__(beside | {name})

    def data(self, path: str) -> bytes:
        return _read(self._root / path)

    def has(self, path: str) -> bool:
        return os.path.isfile(self._root / path)  # noqa: PTH113  # takes any name


class Archive(Tree):
    """The wanted members of an archive, held in memory."""

    def __init__(self, file: Path, wanted: Wanted, skipped: Callable[[str, str], None]) -> None:
        self._held: dict[str, bytes] = {}
        self._others: dict[str, bytes] = {}
        self.package = False
        try:
            self._load(file, wanted, skipped)
        except (Damaged, OSError) as error:
            skipped("", f"the archive is damaged: {error}")
        package = self.package
        super().__init__(set(self._held))
        self.package = package

    def data(self, path: str) -> bytes:
        return self._held[path] if path in self._held else self._others[path]

    def has(self, path: str) -> bool:
        return path in self._others

    def _load(self, file: Path, wanted: Wanted, skipped: Callable[[str, str], None]) -> None:
        held = 0
        for member, stream in _members(file):
            path = member.path.removeprefix("./")
            self.package |= _PACKED.fullmatch(path) is not None
            if member.kind != "file" or not (wanted(path) or path.endswith(_INCLUDED)):
                continue
            if not wanted(path) and len(self._others) >= _MOST_OTHERS:
                continue
            if not wanted(path):  # asked for only where another file includes it
                self._others[path] = stream.read(_SMALL)
                held += len(self._others[path])
                continue
            data = stream.read(MOST_BYTES + 1)
            held += len(data)
            if len(data) > MOST_BYTES:
                skipped(path, f"larger than {MOST_BYTES >> 20} MiB")
            elif held > MOST_HELD or len(self._held) >= MOST_FILES:
                raise Damaged("it holds more than an audit looks at")
            else:
                self._held[path] = data


def is_archive(file: Path) -> bool:
    """Say whether a file is an archive that can be looked into."""
    with file.open("rb") as stream:
        return registry.identify(file.name, stream.read(_HEAD)) is not None


def _members(file: Path) -> Iterator[tuple[Member, Stream]]:
    with file.open("rb") as raw:
        head = raw.read(_HEAD)
        container = registry.identify(file.name, head)
        if container is not None and container.view is not None:
            view = FileView(raw.fileno(), os.fstat(raw.fileno()).st_size, head)
            yield from container.view(view, _ignore, lambda _path: False)
            return
        raw.seek(0)
        plain = ChunkStream(plain_chunks(head, file_chunks(raw)))
        yield from _inner(file.name, container, plain)


def _inner(name: str, container: Container | None, plain: Stream) -> Iterator[tuple[Member, Stream]]:
    head = plain.read(_HEAD)
    inner = registry.identify(name, head) or container
    if inner is None or inner.name in _SQUEEZED:
        raise Damaged("no archive is inside")
    yield from inner.stream(Prepended(head, plain), _ignore)


_SQUEEZED = {"gzip", "bzip2", "xz", "lzma", "zstd"}


def _ignore(_kind: str, _text: str) -> None:
    """Take the notes of an archive reader, which say nothing of who runs code."""


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(error.strerror or "cannot be read") from error
    if len(data) > MOST_BYTES:
        raise Unreadable(f"larger than {MOST_BYTES >> 20} MiB")
    return data


def _walk(root: Path, wanted: Wanted, skipped: Callable[[str, str], None]) -> Iterator[str]:
    def told(error: OSError) -> None:
        place = os.path.relpath(error.filename, root) if error.filename else ""
        skipped(place.replace(os.sep, "/"), error.strerror or "cannot be read")

    count = 0
    for folder, folders, files in os.walk(root, onerror=told):
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if relative == "." else relative + "/"
        folders[:] = sorted(name for name in folders if relative.rpartition("/")[2] != ".git" or name in _GIT_KEPT)
        for name in files:
            count += 1
            if count > MOST_FILES:
                skipped("", f"more than {MOST_FILES:,} files; the rest was not looked at")
                return
            if wanted(prefix + name) and os.path.isfile(os.path.join(folder, name)):  # noqa: PTH113, PTH118  # hot
                yield prefix + name
