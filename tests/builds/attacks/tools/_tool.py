"""What stands in for tools that a machine may lack: compilers that only read and write, and clients that do nothing."""

import sys
from pathlib import Path


def compile_() -> None:
    """Read the files that are named, and write the one after -o: what a compiler, linker or archiver does to files."""
    words = sys.argv[1:]
    out = words[words.index("-o") + 1] if "-o" in words else None
    files = [word for word in words if not word.startswith("-") and word != out and Path(word).is_file()]
    data = b"".join(Path(file).read_bytes() for file in files)
    if out is None and "-c" in words:
        out = f"{Path(files[0]).stem}.o"
    if out is not None:
        Path(out).write_bytes(b"\x7fELF" + data)


def fetch() -> None:
    """Get or post as `curl [-s] [-d DATA] [-o FILE] ADDRESS` does."""
    from urllib.request import Request, urlopen

    words = sys.argv[1:]
    data = words[words.index("-d") + 1].encode() if "-d" in words else None
    with urlopen(Request(words[-1], data), timeout=10) as answer:  # loopback
        got = answer.read()
    if "-o" in words:
        Path(words[words.index("-o") + 1]).write_bytes(got)
    else:
        sys.stdout.buffer.write(got)


def npm() -> None:
    """Run the hooks of what is in node_modules, then the project's own, in the environment that npm gives them."""
    import json
    import os
    import subprocess

    root = Path.cwd()
    for folder, events in ((*((one.parent, ("preinstall", "install", "postinstall"))
                              for one in sorted(root.glob("node_modules/*/package.json"))), (root, ("prepare",)))):
        file = folder / "package.json"
        manifest = json.loads(file.read_text("utf-8")) if file.exists() else {}
        for event in events:
            if event in manifest.get("scripts", {}):
                names = {"npm_lifecycle_event": event, "npm_package_name": manifest["name"],
                         "npm_package_version": manifest.get("version", ""), "npm_package_json": str(file)}
                subprocess.run(["/bin/sh", "-c", manifest["scripts"][event]], cwd=folder, env={**os.environ, **names},
                               check=False)
