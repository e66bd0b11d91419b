"""Fetches the files that the truth names, each through its registry's own client, and keeps only the file itself.

A file whose digest is not the one in truth.json is not scored: the registry no longer serves that build.
"""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PLATFORMS = {
    "manylinux": [
        ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_24_x86_64", "manylinux_2_17_x86_64",
         "manylinux2014_x86_64", "manylinux_2_12_x86_64", "manylinux2010_x86_64", "manylinux_2_5_x86_64",
         "manylinux1_x86_64"],
        ["manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_12_x86_64", "manylinux1_x86_64"],
        ["manylinux_2_39_x86_64", "manylinux_2_35_x86_64", "manylinux_2_34_x86_64", "manylinux_2_31_x86_64"],
    ],
    "macosx": [["macosx_14_0_arm64"], ["macosx_11_0_arm64"], ["macosx_10_12_universal2", "macosx_10_15_universal2",
               "macosx_11_0_universal2", "macosx_10_9_universal2", "macosx_10_13_universal2"],
               ["macosx_14_0_x86_64"], ["macosx_10_15_x86_64", "macosx_10_13_x86_64", "macosx_10_12_x86_64",
                "macosx_10_9_x86_64"]],
    "win": [["win_amd64"]],
    "any": [["any"]],
}
PYTHONS = ("311", "312", "310", "313", "314")


def fetch(entry: dict[str, Any], cache: Path) -> tuple[Path | None, str]:
    """Return where the entry's file is in the cache, or None and why it cannot be had."""
    place = cache / "files" / entry["sha256"][:16] / Path(entry["path"]).name
    if place.exists():
        return place, "cached"
    kind, _, name = entry["package"].partition(": ")
    getter = {"Deb": _debian, "PyP": _pypi, "npm": _npm}[kind[:3]]
    reason = "not served"
    with tempfile.TemporaryDirectory(dir=cache) as work:
        for archive in getter(name, Path(work)):
            data = _member(archive, entry)
            if data is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
                if archive.suffix == ".deb":
                    shutil.copy(archive, package_of(place))
                return place, "fetched"
            reason = "served, but as another build"
    return None, reason


def package_of(place: Path) -> Path:
    """Return where the Debian package of a fetched file is kept."""
    return place.parent / "package.deb"


def _run(command: list[str], folder: Path) -> bool:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def _debian(name: str, work: Path) -> Iterator[Path]:
    if shutil.which("apt-get") and _run(["apt-get", "download", name], work):
        yield from work.glob("*.deb")


def _npm(name: str, work: Path) -> Iterator[Path]:
    _, package, version = json.loads((HERE / "sources.json").read_bytes())[name]
    if _run(["npm", "pack", "--silent", f"{package}@{version}"], work):
        yield from work.glob("*.tgz")


def _pypi(name: str, work: Path) -> Iterator[Path]:
    distribution, _, rest = name.partition("-")
    version, _, tag = rest.partition("_")
    seen: set[str] = set()
    for platforms in PLATFORMS[tag.partition("_")[0]]:
        for python in PYTHONS:
            target = work / f"{platforms[0]}-{python}"
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
                       "--python-version", python, "--implementation", "cp", "-d", str(target)]
            if tag != "any":
                command += [f"--platform={platform}" for platform in platforms]
            if not _run([*command, f"{distribution.replace('_', '-')}=={version}"], work):
                continue
            for wheel in target.glob("*.whl"):
                if wheel.name not in seen:
                    seen.add(wheel.name)
                    yield wheel


def _member(archive: Path, entry: dict[str, Any]) -> bytes | None:
    """Return the bytes in an archive that have the entry's digest; the truth may shorten long paths."""
    base = Path(entry["path"]).name
    if archive.suffix == ".deb":
        raw = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], capture_output=True, check=True).stdout
        members = _tar_members(io.BytesIO(raw), base)
    elif archive.suffix == ".tgz":
        members = _tar_members(io.BytesIO(gzip.decompress(archive.read_bytes())), base)
    else:
        members = _zip_members(archive, base)
    return next((data for data in members if hashlib.sha256(data).hexdigest() == entry["sha256"]), None)


def _tar_members(raw: io.BytesIO, base: str) -> Iterator[bytes]:
    with tarfile.open(fileobj=raw) as tar:
        for member in tar:
            if member.isfile() and Path(member.name).name == base and (stream := tar.extractfile(member)):
                yield stream.read()


def _zip_members(archive: Path, base: str) -> Iterator[bytes]:
    with zipfile.ZipFile(archive) as wheel:
        for info in wheel.infolist():
            if Path(info.filename).name == base:
                yield wheel.read(info)
