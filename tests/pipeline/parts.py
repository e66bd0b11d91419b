"""Small real parts that the pipeline's tests put targets together from."""

import gzip
import hashlib
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path
from struct import pack
from typing import Any

from builtby import scan
from builtby.model import Artifact, Record, Skipped
from builtby.scanning import Options

if sys.version_info >= (3, 14):
    from compression import zstd as zstd  # noqa: PLC0414  # handed on
else:
    from backports import zstd as zstd  # noqa: PLC0414  # handed on

GCC = b"GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\0"


def elf(comment: bytes = GCC, padding: bytes = b"") -> bytes:
    """Return a small 64-bit ELF file with a `.comment` and, before it, some other bytes."""
    names = b"\0.comment\0.shstrtab\0"
    start = 64 + len(padding)
    table = start + len(comment) + len(names)
    headers = bytes(64)
    headers += pack("<IIQQQQIIQQ", 1, 1, 0x30, 0, start, len(comment), 0, 0, 1, 1)
    headers += pack("<IIQQQQIIQQ", 10, 3, 0, 0, start + len(comment), len(names), 0, 0, 1, 0)
    head = b"\x7fELF\2\1\1" + bytes(9) + pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, table, 0, 64, 56, 0, 64, 3, 2)
    return head + padding + comment + names + headers


def numbered(number: int) -> bytes:
    """Return an ELF file like no other."""
    return elf(padding=b"%012d" % number)


def tar(files: dict[str, bytes | tarfile.TarInfo], **options: Any) -> bytes:  # noqa: ANN401  # handed to tarfile
    """Return a tar archive of files, or of members as tarfile has them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", **options) as archive:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def member(name: str, kind: bytes, link: str = "", **fields: int) -> tarfile.TarInfo:
    """Return a tar member without bytes."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def ar(files: dict[str, bytes]) -> bytes:
    """Return an `ar` archive, as Debian packages are made of."""
    out = b"!<arch>\n"
    for name, content in files.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content
        out += b"\n" * (len(content) & 1)
    return out


def digest(data: bytes) -> str:
    """Return the digest as images write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class ImageParts:
    """An image's blobs, gathered by digest, and its index."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: list[dict[str, Any]] = []

    def blob(self, data: bytes) -> str:
        """Keep a blob; return its digest."""
        self.blobs[digest(data)] = data
        return digest(data)

    def json(self, value: object) -> str:
        """Keep a JSON blob; return its digest."""
        return self.blob(json.dumps(value).encode())

    def image(self, *layers: bytes, annotations: dict[str, str] | None = None, packed: Any = gzip.compress) -> str:  # noqa: ANN401
        """Add an image of tar layers; return its manifest's digest."""
        config = self.json({"architecture": "amd64", "os": "linux", "history": [],
                            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]}})
        manifest = self.json({"schemaVersion": 2, "config": {"digest": config},
                              "layers": [{"digest": self.blob(packed(layer))} for layer in layers]})
        self.manifests.append({"digest": manifest, "annotations": annotations or {}})
        return manifest

    def files(self) -> dict[str, bytes]:
        """Return the OCI layout's files."""
        blobs = {f"blobs/{name.replace(':', '/')}": data for name, data in self.blobs.items()}
        index = json.dumps({"schemaVersion": 2, "manifests": self.manifests}).encode()
        return {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": index, **blobs}

    def folder(self, path: Path) -> Path:
        """Write the layout into a folder."""
        for name, data in self.files().items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
        return path


def records(*targets: Path | str, **options: Any) -> list[Record]:  # noqa: ANN401  # handed to Options
    """Scan, in this process unless told otherwise."""
    return list(scan(*targets, options=Options(**options)))


def artifacts(found: list[Record]) -> list[str]:
    """Return the artifacts' paths, sorted."""
    return sorted(record.path for record in found if isinstance(record, Artifact))


def compilers(found: list[Record]) -> dict[str, str]:
    """Return, by path, the first tool of each artifact with its version."""
    return {record.path: f"{record.built_by[0].tool} {record.built_by[0].version}"
            for record in found if isinstance(record, Artifact) and record.built_by}


def skipped(found: list[Record]) -> dict[str, str]:
    """Return the reasons of what was skipped, by path."""
    return {record.path: record.reason for record in found if isinstance(record, Skipped)}
