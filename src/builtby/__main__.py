"""The program `builtby`, and `python -m builtby`."""

import sys


def main() -> None:
    """Run the command line. `--version` is answered before anything is imported: scripts ask it often."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from builtby._version import __version__

        print(f"builtby {__version__}")
        return
    from builtby.cli.app import run

    run()


if __name__ == "__main__":
    main()
