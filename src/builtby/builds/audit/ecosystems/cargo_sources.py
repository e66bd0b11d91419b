"""The sources of crates that Cargo has fetched on this machine: they tell what Cargo.lock does not."""

import os
import tomllib
from pathlib import Path

from builtby.builds.audit.model import Hook

_LARGEST = 4 << 20


class Sources:
    """Cargo's registry sources: `$CARGO_HOME/registry/src/*/NAME-VERSION`."""

    def __init__(self) -> None:
        home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
        try:
            self._folders = sorted(home.joinpath("registry", "src").iterdir())
        except OSError:
            self._folders = []

    def hooks(self, name: str, version: str) -> list[Hook] | None:
        """Return a crate's hooks, None when its sources are not here. A name that leaves the folder has none."""
        from builtby.builds.audit.ecosystems.cargo import manifest_hooks

        if not name or set("/\\") & set(name + version) or ".." in (name, version):
            return None
        for folder in self._folders:
            manifest = folder / f"{name}-{version}" / "Cargo.toml"
            try:
                with manifest.open("rb") as stream:
                    text = stream.read(_LARGEST).decode("utf-8", "replace")
                document = tomllib.loads(text)
            except (OSError, ValueError, RecursionError):
                continue
            shown = f"{name}-{version}/Cargo.toml"
            return list(manifest_hooks(document, shown, text, beside=manifest.with_name("build.rs").is_file()))
        return None
