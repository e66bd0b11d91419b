"""Asks Detect It Easy (die-python) about every file below the folders. Runs in the peers' environment."""

import os
import sys

import die

DATABASE = str(die.database_path / "db")
"""Without it, nothing is ever detected."""

for top in sys.argv[1:]:
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118  # as fast as a peer can be driven
            if os.path.isfile(path) and not os.path.islink(path):  # noqa: PTH113, PTH114
                die.scan_file(path, die.ScanFlags.DEEP_SCAN, DATABASE)
