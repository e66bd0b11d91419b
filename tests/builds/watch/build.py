"""The build of the swap tests: for each source, have it swapped, compile it, have it put back.

Run as `build.py WHO HOW FOLDER`; WHO is `inside`, where the build itself swaps, `outside`, where it asks another
process to, or `nobody`.
"""

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.builds.watch.outside import WAYS


def asked(folder: Path, word: str, name: str) -> None:
    done = folder / f"sync/done-{name}"
    (folder / f"sync/{word}-{name}").touch()
    until = time.monotonic() + 20
    while not done.exists() and time.monotonic() < until:
        time.sleep(0.001)
    done.unlink()


def main(who: str, how: str, folder: Path) -> None:
    for source in sorted((folder / "src").glob("*.c")):
        if who == "inside":
            WAYS[how][0](source)
        elif who == "outside":
            asked(folder, "go", source.name)
        subprocess.run(["cc", "-c", source.name, "-o", f"../out/{source.stem}.o"], cwd=folder / "src", check=True)
        if who == "inside":
            WAYS[how][1](source)
        elif who == "outside" and how != "fleeting":
            asked(folder, "back", source.name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
