"""What a VEX statement speaks of, by the names under which scanners know it.

grype and trivy compare a purl with all its parts, but take a qualifier that we leave out for any; grype also compares
the image's digest with hashes.
"""

from functools import cache, lru_cache
from importlib import resources

import msgspec
from packageurl import PackageURL

from builtby.model import Artifact, Exposure, Present, Target
from builtby.reports import names
from builtby.reports.exposed import concerned, version_of

_IMAGES = frozenset(("oci-layout", "docker-archive", "registry"))
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".oci")
_SHA256 = "sha256:"


class _Table(msgspec.Struct):
    source: str
    entries: dict[str, list[str]]


@cache
def _scanners() -> dict[str, list[str]]:
    raw = resources.files(__package__).joinpath("scanner_purls.json").read_bytes()
    return msgspec.json.decode(raw, type=_Table).entries


@lru_cache(maxsize=4096)
def image(target: Target) -> str | None:
    """Return the purl of an image, `pkg:oci/app@sha256:…`; None for what is no image or has no digest."""
    if target.kind not in _IMAGES or not (target.digest or "").startswith(_SHA256):
        return None
    name = target.ref.rstrip("/").partition("@")[0].rpartition("/")[2].lower()
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return PackageURL("oci", name=name.partition(":")[0] or "image", version=target.digest).to_string()


@lru_cache(maxsize=16384)
def package(purl: str | None) -> str | None:
    """Return a package's purl without qualifiers: each scanner writes others. None for what is no purl."""
    try:
        return PackageURL.from_string(purl or "")._replace(qualifiers={}, subpath=None).to_string()
    except ValueError:
        return None


def own(record: Artifact | Present) -> str:
    """Return the name of an artifact, as grype calls a scanned file (name and digest), or that of an installed tool."""
    if isinstance(record, Present):
        known = package(record.package) or package(record.purl)
        return known or _generic(record.tool, record.version)
    name = record.path.rpartition("/")[2].lower() or "artifact"
    return _generic(name, f"{_SHA256}{record.sha256}") if record.sha256 else f"urn:builtby:{names.artifact_ref(record)}"


def digest(product: str) -> str | None:
    """Return the SHA-256 that a name of ours ends in."""
    _, found, digits = product.rpartition(_SHA256)
    return digits if found else None


def components(record: Artifact | Present, exposure: Exposure) -> tuple[str, ...]:
    """Return the purls under which scanners list the tool, or what it left inside, in the record."""
    version = version_of(record, exposure)
    if not version:
        return (_generic(exposure.tool, None),)
    known = tuple(_filled(template, version) for template in _scanners().get(exposure.product, ()))
    if isinstance(record, Present):
        installed = package(record.package)
        return ((installed,) if installed else ()) + known or (package(record.purl) or _generic(record.tool, version),)
    purls = (package(made.purl) for made in concerned(record, exposure))
    return known or (next((purl for purl in purls if purl), None) or _generic(exposure.tool, version),)


@lru_cache(maxsize=16384)
def _filled(template: str, version: str) -> str:
    purl = PackageURL.from_string(template.replace("@{version}", "").replace("@v{version}", ""))
    return purl._replace(version=f"v{version}" if "@v{" in template else version).to_string()


@lru_cache(maxsize=16384)
def _generic(name: str, version: str | None) -> str:
    return PackageURL("generic", name=name, version=version).to_string()
