"""The program `builtby`, and `python -m builtby`."""

import gc
import sys

YOUNG = 100_000
"""Objects that are made before those without an owner are looked for: a start makes many, all of which stay."""


def main() -> None:
    """Run the command line. `--version` is answered before anything is imported: scripts ask it often."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from builtby._version import __version__

        print(f"builtby {__version__}")
        return
    gc.set_threshold(YOUNG, 20, 20)
    from builtby.cli.app import run

    run()


if __name__ == "__main__":
    main()
