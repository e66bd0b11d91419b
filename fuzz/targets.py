"""What is fuzzed: every format, every archive reader, every database reader, and the marks. Found by themselves."""

import gzip
import json
import lzma
import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from builtby.attested.read import read as attested
from builtby.formats.base import Format, Reading, Surface
from builtby.formats.image import image_reading
from builtby.formats.registry import all_formats
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.packages.base import Distro
from builtby.packages.clues import clues
from builtby.packages.distro import os_release
from builtby.packages.owners import Owners
from builtby.packages.present import PresentFinder
from builtby.packages.readers import interesting
from builtby.sources.base import Container, Damaged, Stream
from builtby.sources.images import Image, images
from builtby.sources.registry import all_containers
from builtby.sources.stream import ChunkStream
from builtby.sources.view import BytesView, SparseView
from fuzz import audit

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
CORPUS = Path(__file__).parent / "corpus"
SEED_LIMIT = 24 << 10
"""Larger fixtures are cut: mutating far into a file finds nothing that near its beginning it does not."""
EXPANDED = 1 << 20
"""Plain bytes read of one fuzzed archive."""
MEMBERS = 2000


class Target(NamedTuple):
    """Something that eats bytes, and must never raise. `seeds` are examples of what it eats."""

    name: str
    eat: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]


def _attested_seeds() -> list[bytes]:
    files = sorted(path for path in (FIXTURES / "sources").iterdir() if path.is_file() and path.suffix != ".md")
    whole = [lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes() for path in files]
    return [*whole, (FIXTURES / "dotnet" / "clr_loader.pdb").read_bytes()]


@cache
def engine() -> Engine:
    """Return the built-in marks, ready."""
    return Engine(catalogue(nursery=True))


def all_targets() -> list[Target]:
    """Return every target, by name."""
    readers = {(container.stream, container.view): container for container in all_containers()}
    found = [*map(_format, all_formats()), *map(_container, readers.values())]
    found += [_database(name, path) for name, path in DATABASES.items()]
    found += [
        Target("audit", audit.eat, audit.seeds),
        Target("attested", lambda data: attested(BytesView(data)), _attested_seeds),
        Target("marks", _marks, _texts), Target("image-config", _image_config, lambda: _fitting("image", "json")),
        Target("image-index", _index, _indexes),
        Target("os-release", os_release, lambda: [b'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n']),
    ]
    return sorted(found, key=lambda target: target.name)


def everything() -> Target:
    """Return all targets in one, of which the first byte picks one: for a short run."""
    targets = all_targets()

    def eat(data: bytes) -> None:
        if data:
            targets[data[0] % len(targets)].eat(data[1:])

    def seeds() -> list[bytes]:
        return [bytes([number]) + seed for number, target in enumerate(targets) for seed in target.seeds()[:2]]

    return Target("everything", eat, seeds)


def named(names: list[str]) -> list[Target]:
    """Return the targets of these names, or all of them; `everything` is one that stands for all."""
    targets = {target.name: target for target in [*all_targets(), everything()]}
    return [targets[name] for name in names] if names else all_targets()


def _format(form: Format) -> Target:
    paths = [*(f"x/{name}" for name in form.names), *(f"x/file{suffix}" for suffix in form.suffixes)] or ["x/file"]

    def eat(data: bytes) -> None:
        path = paths[len(data) % len(paths)]
        check(form.read(BytesView(data), path))
        if len(data) % 4 == 0:  # a file that went by, of which the middle is not there
            half = len(data) // 2
            check(form.read(SparseView(len(data) + 500, [(0, data[:half]), (half + 500, data[half:])]), path))
        if form.accepts is not None:
            form.accepts(path, data[:4096])
        if form.wants is not None:
            for offset, size in form.wants(SparseView(1 << 40, [(0, data)])):
                assert isinstance(offset, int)
                assert isinstance(size, int)

    return Target(f"format-{form.name}", eat, lambda: _seeds(form))


def check(reading: Reading) -> None:
    """Hold a reading to its contract."""
    for surface in reading.surfaces:
        assert surface.value.isascii() or surface.value.encode(), "text that can be written down"
        assert len(surface.value) <= 4096, f"{surface.kind} is {len(surface.value)} long"
    for region in reading.regions:
        assert isinstance(region.offset, int)
        assert isinstance(region.size, int)
    for key, value in reading.facts.items():
        assert key.encode()
        assert isinstance(value, str)
        assert value.encode() is not None
    assert reading.problem is None or 0 < len(reading.problem) < 1000


def _container(container: Container) -> Target:
    def eat(data: bytes) -> None:
        stream = ChunkStream(data[at : at + 777] for at in range(0, len(data), 777))
        _members(lambda: container.stream(stream, _note))
        if container.view is not None:
            view = container.view
            _members(lambda: view(BytesView(data), _note, lambda _: False))
        if container.accepts is not None:
            container.accepts("x", data[:4096])

    return Target(f"archive-{container.name}", eat, lambda: _archive_seeds(container))


def _note(kind: str, value: str) -> None:
    assert kind
    assert value.encode() is not None


def _members(opened: Callable[[], Iterator[tuple[object, Stream]]]) -> None:
    left = EXPANDED
    try:
        for number, (member, stream) in enumerate(opened()):
            assert str(member).encode()
            try:
                while left > 0 and (piece := stream.read(65536)):
                    left -= len(piece)
            except Damaged as damage:
                assert str(damage)
            if left <= 0 or number >= MEMBERS:
                return
    except Damaged as damage:
        assert str(damage)


DATABASES = {
    "dpkg-status": "var/lib/dpkg/status", "dpkg-list": "var/lib/dpkg/info/x.list", "apk": "lib/apk/db/installed",
    "dpkg-distroless": "var/lib/dpkg/status.d/x", "dpkg-md5sums": "var/lib/dpkg/status.d/x.md5sums",
    "rpm-sqlite": "var/lib/rpm/rpmdb.sqlite", "rpm-ndb": "var/lib/rpm/Packages.db", "rpm-bdb": "var/lib/rpm/Packages",
    "pacman-desc": "var/lib/pacman/local/x-1/desc", "pacman-files": "var/lib/pacman/local/x-1/files",
    "python-metadata": "site-packages/x.dist-info/METADATA", "python-record": "site-packages/x.dist-info/RECORD",
    "npm": "node_modules/x/package.json", "conda": "conda-meta/x.json", "gem": "specifications/x.gemspec",
}
"""A path of each kind of database that is read."""


def _database(name: str, path: str) -> Target:
    database = interesting(path)
    assert database is not None, f"{path} is read by none"

    def eat(data: bytes) -> None:
        owners, finder = Owners(), PresentFinder(clues())
        packages = owners.load(database, data, path)
        finder.packages(packages, path, database.root)
        finder.text(path, data)
        for package in packages[:100]:
            package.purl(Distro("debian", "12"))
            for file in package.files[:10]:
                owners.owner(file)
        for present in finder.results(0, owners):
            msgspec.json.encode(present)

    return Target(f"database-{name}", eat, lambda: _fitting("packages", name) + _database_seeds(name))


def _marks(data: bytes) -> None:
    """Let any text stand on any surface: no rule may raise, or take long."""
    kinds = sorted({kind for rule in engine().rules for kind in rule.kinds})
    start = int.from_bytes(data[:2], "big")
    value = data[2:4098].decode("utf-8", "backslashreplace")[:4096]
    chosen = [kinds[(start + step * 7) % len(kinds)] for step in range(8)]
    reading = Reading("any", [Surface(kind, value) for kind in chosen], facts={"type": "executable"})
    resolve(engine().apply(None, reading), reading.facts)


def _image_config(data: bytes) -> None:
    check(image_reading(data, data[len(data) // 2 :], {"x": "y"}))


def _index(data: bytes) -> None:
    """Let one text be index, manifest and configuration at once."""
    def blob(_name: str) -> bytes:
        return data

    for name in ("index.json", "manifest.json"):
        try:
            for number, image in enumerate(images(name.__eq__, blob)):
                assert number < 1000
                assert not isinstance(image, Image) or len(image.layers) < 1000
        except Damaged as damage:
            assert str(damage)


def _indexes() -> list[bytes]:
    digest = f"sha256:{'0' * 64}"
    index = {"manifests": [{"digest": digest, "annotations": {"vnd.docker.reference.digest": digest}, "platform": {}}]}
    manifest = {"config": {"digest": digest}, "layers": [{"digest": digest}], "rootfs": {"diff_ids": [digest]}}
    saved = [{"Config": "x.json", "RepoTags": ["x:1"], "Layers": ["x/layer.tar"]}]
    return [json.dumps(value).encode() for value in (index, manifest, index | manifest, saved)]


# Seeds

@cache
def _fixtures() -> list[tuple[str, bytes]]:
    files = (path for path in sorted(FIXTURES.rglob("*")) if path.is_file() and path.name != "ORIGIN.md")
    return [(path.relative_to(FIXTURES).as_posix().removesuffix(".gz"), _plain(path.read_bytes())) for path in files]


def _plain(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def _fitting(folder: str, word: str) -> list[bytes]:
    return [data[:SEED_LIMIT] for path, data in _fixtures() if path.startswith(f"{folder}/") and word in path]


def _seeds(form: Format) -> list[bytes]:
    """Return the fixtures that are of a format, and something that begins as one does."""
    found = [data[:SEED_LIMIT] for path, data in _fixtures() if _is(form, path, data)]
    return [*found, *(magic + bytes(64) for magic in form.magics[:4]), b"{}", b"a: b\n\n"]


def _is(form: Format, path: str, data: bytes) -> bool:
    name = path.rpartition("/")[2]
    fits = (bool(form.magics) and data.startswith(form.magics)) or name in form.names or (
        bool(form.suffixes) and path.lower().endswith(form.suffixes))
    return fits and (form.accepts is None or form.accepts(path, data[:4096]))


def _archive_seeds(container: Container) -> list[bytes]:
    from tests.test_hostile import ARCHIVES

    whole = [*ARCHIVES.values(), *(data[:SEED_LIMIT] for _, data in _fixtures())]
    fits = [data for data in whole if container.magics and data.startswith(container.magics)]
    return fits or [data for data in whole if container.accepts and container.accepts("x", data[:4096])]


def _database_seeds(name: str) -> list[bytes]:
    return {
        "rpm-ndb": [
            b"RpmP" + struct.pack("<7I", 0, 0, 1, 8, 0, 0, 0) + b"Slot" + struct.pack("<3I", 1, 2, 3) + bytes(96)],
        "rpm-bdb": [*_fitting("packages", "Packages.bdb"), bytes(12) + b"\x61\x15\x06\0" + bytes(4096)],
        "rpm-sqlite": [*_fitting("packages", "rpmdb.sqlite"), b"SQLite format 3\0" + bytes(4080)],
        "npm": [b'{"name": "x", "version": "1.0.0"}'],
        "conda": [b'{"name": "x", "version": "1", "build": "py_0", "files": ["bin/x"]}'],
        "pacman-desc": [b"%NAME%\nx\n\n%VERSION%\n1-1\n\n%ARCH%\nx86_64\n"],
        "pacman-files": [b"%FILES%\nusr/\nusr/bin/x\n"],
        "gem": [b'Gem::Specification.new do |s|\n  s.name = "x"\n  s.version = "1"\nend\n'],
        "apk": [b"P:x\nV:1-r0\nA:x86_64\no:y\nF:usr/bin\nR:x\n\n"],
    }.get(name, [b"Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nSource: y (2)\n\n"])


def _texts() -> list[bytes]:
    """The examples of all marks."""
    return [b"ab" + example.value.encode()[:2000] for rule in engine().rules for example in rule.mark.example]
