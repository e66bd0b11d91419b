"""Files that only their owner may have written."""

import os
from pathlib import Path


def read_private(file: Path) -> bytes | None:
    """Return the bytes of a file that is this user's and that nobody else may write; None otherwise."""
    try:
        with file.open("rb") as stream:
            info = os.fstat(stream.fileno())
            if hasattr(os, "geteuid") and (info.st_uid != os.geteuid() or info.st_mode & 0o022):
                return None
            return stream.read()
    except OSError:
        return None


def write_private(file: Path, data: bytes) -> None:
    """Put a file in its place whole, readable by its owner only. Raises OSError."""
    draft = file.with_suffix(f".{os.getpid()}")
    file.parent.mkdir(parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    draft.touch(0o600)
    draft.write_bytes(data)
    draft.replace(file)
