"""`make demo`: scan the Python that runs this, /usr/bin, and a few packages from the registries.

Ends with the terminal view, and a CycloneDX file in demo/.
"""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path("demo")
BOM = FOLDER / "toolchain.cdx.json"
WHEELS = ("numpy==2.4.6", "orjson==3.13.0", "ruff==0.17.6")
NPM = ("@esbuild/linux-x64@0.28.2", "@swc/core-linux-x64-gnu@1.16.22", "typescript@7.0.2")
INCOMPLETE = 3


def main() -> int:
    """Run the demo; return the exit code of the scan, where files that root alone may read are no failure."""
    targets = [str(Path(sys.executable).resolve())]
    targets += [folder for folder in ("/usr/bin",) if Path(folder).is_dir()]
    targets += [str(file) for file in sorted({*fetch_wheels(), *fetch_npm()})]
    command = [sys.executable, "-m", "builtby", "scan", *targets]
    print("$ builtby", *command[3:], flush=True)
    code = subprocess.run([*command, "-f", "terminal", "-f", f"cyclonedx-json={BOM}"], check=False).returncode
    if code in (0, INCOMPLETE):
        print(f"\nWritten: {BOM} ({BOM.stat().st_size / 1e6:.1f} MB, CycloneDX 1.6)")
        return 0
    return code


def fetch_wheels() -> list[Path]:
    """Download wheels; whatever the registry does not give is left out, and said."""
    folder = FOLDER / "wheels"
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet", "--no-deps",
           "--only-binary", ":all:", "--dest", str(folder)]
    for wheel in WHEELS:
        there = list(folder.glob(wheel.replace("==", "-") + "-*"))
        if not there and subprocess.run([*pip, wheel], check=False).returncode:
            print(f"demo: {wheel} could not be had; going on without it", file=sys.stderr)
    return list(folder.glob("*.whl"))


def fetch_npm() -> list[Path]:
    """Download npm packages where npm is installed."""
    folder = FOLDER / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        print("demo: npm is not installed; going on without npm packages", file=sys.stderr)
        return list(folder.glob("*.tgz"))
    for package in NPM:
        name, version = package.lstrip("@").replace("/", "-").rsplit("@", 1)
        pack = [npm, "pack", "--silent", "--pack-destination", str(folder), package]
        there = (folder / f"{name}-{version}.tgz").exists()
        if not there and subprocess.run(pack, check=False, stdout=subprocess.DEVNULL).returncode:
            print(f"demo: {package} could not be had; going on without it", file=sys.stderr)
    return list(folder.glob("*.tgz"))


if __name__ == "__main__":
    sys.exit(main())
