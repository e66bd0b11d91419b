"""Builds an OCI archive of this machine's /usr, more than a gigabyte unpacked, and measures its decompression alone."""

import hashlib
import json
import sys
import tarfile
import zlib
from io import BytesIO
from pathlib import Path

LAYER_BYTES = 700 << 20
LAYERS = 2
SOURCE = Path("/usr")


def build(folder: Path) -> Path:
    """Return the archive, built if it is not there yet."""
    archive = folder / "usr.oci.tar"
    if archive.exists():
        return archive
    folder.mkdir(parents=True, exist_ok=True)
    print("building an OCI archive of /usr, once …", file=sys.stderr)
    layers = [_layer(folder, number, files) for number, files in enumerate(_portions())]
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {
        "type": "layers", "diff_ids": [f"sha256:{diff}" for _, _, diff in layers]}}, sort_keys=True).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": f"sha256:{digest}",
                    "size": path.stat().st_size} for path, digest, _ in layers],
    }, sort_keys=True).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [
        _descriptor("application/vnd.oci.image.manifest.v1+json", manifest)]}, sort_keys=True).encode()
    partial = archive.with_suffix(".part")
    with tarfile.open(partial, "w") as out:
        _put(out, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _put(out, "index.json", index)
        for name in ("blobs", "blobs/sha256"):  # syft wants them
            _put(out, name, None)
        for blob in (config, manifest):
            _put(out, f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}", blob)
        for path, digest, _ in layers:
            out.add(path, f"blobs/sha256/{digest}")
    return partial.rename(archive)


def layers(folder: Path) -> list[Path]:
    """Return the compressed layers that the archive was made of."""
    return sorted(folder.glob("layer-*.tar.gz"))


def _portions() -> list[list[Path]]:
    portions: list[list[Path]] = [[] for _ in range(LAYERS)]
    room = [LAYER_BYTES] * LAYERS
    for path in sorted(SOURCE.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        size = path.stat().st_size
        place = next((i for i in range(LAYERS) if room[i] >= size), None)
        if place is not None:
            room[place] -= size
            portions[place].append(path)
    return portions


def _layer(folder: Path, number: int, files: list[Path]) -> tuple[Path, str, str]:
    path = folder / f"layer-{number}.tar.gz"
    sink = _Gzip(path)
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]  # it only writes
        for file in files:
            tar.add(file, str(file).lstrip("/"), recursive=False)
    sink.close()
    return path, hashlib.sha256(path.read_bytes()).hexdigest(), sink.diff.hexdigest()


class _Gzip:
    """Compresses what is written as `gzip -6` does, and takes the digest of what came in."""

    def __init__(self, path: Path) -> None:
        self.diff = hashlib.sha256()
        self._file = path.open("wb")
        self._pack = zlib.compressobj(6, zlib.DEFLATED, 31)

    def write(self, data: bytes) -> int:
        self.diff.update(data)
        self._file.write(self._pack.compress(data))
        return len(data)

    def close(self) -> None:
        self._file.write(self._pack.flush())
        self._file.close()


def _descriptor(kind: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": f"sha256:{hashlib.sha256(blob).hexdigest()}", "size": len(blob)}


def _put(out: tarfile.TarFile, name: str, blob: bytes | None) -> None:
    info = tarfile.TarInfo(name)
    if blob is None:
        info.type, info.mode = tarfile.DIRTYPE, 0o755
    info.size = len(blob or b"")
    out.addfile(info, BytesIO(blob or b""))
