"""The hosts that package managers are configured to use, asked of themselves: nothing is known beforehand."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import urlopen

_SECONDS = 60
_LARGEST = 1 << 20
_SPARSE = re.compile(rb"sparse\+(https://[A-Za-z0-9.-]+/)")
_PIP_DEFAULT = re.compile(r"""PackageIndex\(\s*["'](https://[^"']+)["'],\s*file_storage_domain=["']([^"']+)["']""")
_PIP_OPTION = re.compile(r"""(?:^|\s)(?:-i|--index-url|--extra-index-url|-f|--find-links)[\s=]+(\S+)""", re.MULTILINE)
_MAVEN_URL = re.compile(r"<(?:mirror|repository|pluginRepository)>.*?<url>\s*(https?://[^<\s]+)\s*</url>", re.DOTALL)
_NOWHERE = "0.0.0.0"  # noqa: S104  # Maven's own mirror for what it blocks
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_WORDS = ("-r", "--requirement", "-c", "--constraint")


class Asked(NamedTuple):
    """For whom to ask: the command, where it will run, and with which environment."""

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    home: Path

    def run(self, *words: str) -> str:
        """Return what a tool says, nothing when it cannot be asked."""
        try:
            return subprocess.run(words, capture_output=True, text=True, cwd=self.folder, env=dict(self.environment),
                                  timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL).stdout
        except (OSError, subprocess.SubprocessError):
            return ""


def hosts(tools: Iterable[str], asked: Asked) -> tuple[str, ...]:
    """Return `host:port` of all that the tools are configured to use, sorted."""
    found: set[str] = set()
    for tool in tools:
        reader = _READERS.get(tool)
        for url in reader(asked) if reader else ():
            if host := _host(url):
                found.add(host)
    return tuple(sorted(found))


def _host(url: str) -> str | None:
    """Return `host:port` of an address; None for what is none, such as a folder."""
    try:
        parts = urlsplit(url.removeprefix("sparse+").removeprefix("registry+"))
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.hostname == _NOWHERE:
        return None
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{name}:{port or (443 if parts.scheme == 'https' else 80)}"


def _pip(asked: Asked) -> Iterator[str]:
    program = _pip_words(asked)
    for line in asked.run(*program, "config", "list").splitlines():
        name, _, value = line.partition("=")
        if name.rpartition(".")[2] in ("index-url", "extra-index-url", "find-links"):
            yield from value.strip("'\"").replace("\\n", " ").split()
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL",
                 "UV_DEFAULT_INDEX", "UV_INDEX"):
        yield from asked.environment.get(name, "").split()
    texts = [" " + shlex.join(asked.command), *_requirements(asked)]
    own = [url.strip("'\"") for text in texts for url in _PIP_OPTION.findall(text)]
    yield from own
    yield from _pip_default(asked, program)


def _pip_words(asked: Asked) -> list[str]:
    name = os.path.basename(asked.command[0]) if asked.command else ""  # noqa: PTH119
    if name.startswith("python"):
        return [asked.command[0], "-m", "pip"]
    return [asked.command[0]] if name.startswith("pip") else ["pip"]


def _requirements(asked: Asked) -> Iterator[str]:
    for option, word in zip(asked.command, asked.command[1:], strict=False):
        if option in _WORDS:
            with suppress(OSError):
                yield (asked.folder / word).read_text("utf-8", "replace")


def _pip_default(asked: Asked, program: list[str]) -> Iterator[str]:
    """Read the index that pip has built in, and where its files are, from pip's own source."""
    place = re.search(r" from (.+) \(python", asked.run(*program, "--version"))
    if place is None:
        return
    with suppress(OSError):
        text = (Path(place[1]) / "_internal/models/index.py").read_text("utf-8")
        if (found := _PIP_DEFAULT.search(text)) and not _replaced(asked, program):
            yield found[1]
            yield f"https://{found[2]}/"


def _replaced(asked: Asked, program: list[str]) -> bool:
    """Whether the built-in index was replaced by another one in the configuration."""
    if asked.environment.get("PIP_INDEX_URL") or {"-i", "--index-url", "--no-index"} & {
            word.partition("=")[0] for word in asked.command}:
        return True
    return any(".index-url=" in line for line in asked.run(*program, "config", "list").splitlines())


def _npm(asked: Asked) -> Iterator[str]:
    try:
        found = json.loads(asked.run("npm", "config", "list", "--json") or "{}")
    except ValueError:
        return
    for name, value in found.items():
        if isinstance(value, str) and (name == "registry" or name.endswith(":registry")):
            yield value


def _cargo(asked: Asked) -> Iterator[str]:
    indexes = [value for name, value in asked.environment.items()
               if name.startswith("CARGO_REGISTRIES_") and name.endswith("_INDEX")]
    replaced = False
    for config in _cargo_configs(asked):
        sources: dict[str, Any] = config.get("source", {})
        replaced = replaced or "replace-with" in sources.get("crates-io", {})
        indexes += [one["registry"] for one in sources.values() if "registry" in one]
        indexes += [one["index"] for one in config.get("registries", {}).values() if "index" in one]
    if not replaced:
        indexes += _cargo_default(asked)
    for index in indexes:
        yield index
        yield from _cargo_downloads(index)


def _cargo_configs(asked: Asked) -> Iterator[dict[str, Any]]:
    own = asked.environment.get("CARGO_HOME") or str(asked.home / ".cargo")
    folders = [Path(own), *(parent / ".cargo" for parent in (asked.folder, *asked.folder.parents))]
    for folder in dict.fromkeys(folders):
        for name in ("config.toml", "config"):
            with suppress(OSError, ValueError):
                yield tomllib.loads((folder / name).read_text("utf-8"))


def _cargo_default(asked: Asked) -> list[str]:
    """Read the index that cargo has built in from its executable."""
    real = asked.run("rustup", "which", "cargo").strip() or shutil.which("cargo") or ""
    try:
        data = Path(real).read_bytes()
    except OSError:
        return []
    return sorted({found.decode() for found in _SPARSE.findall(data)})


def _cargo_downloads(index: str) -> Iterator[str]:
    """Ask a sparse index where the crates themselves are: they may be on another host."""
    url = index.removeprefix("sparse+")
    if not url.startswith("https://") or index.startswith("registry+"):
        return
    with suppress(OSError, ValueError), urlopen(f"{url.rstrip('/')}/config.json", timeout=_SECONDS) as answer:  # noqa: S310
        told = json.loads(answer.read(_LARGEST))
        yield from (told[name] for name in ("dl", "api") if isinstance(told.get(name), str))


def _go(asked: Asked) -> Iterator[str]:
    try:
        found = json.loads(asked.run("go", "env", "-json", "GOPROXY", "GOSUMDB") or "{}")
    except ValueError:
        return
    yield from (word for word in re.split(r"[,|]", found.get("GOPROXY", "")) if "://" in word)
    words = found.get("GOSUMDB", "").split()
    if words and words[0] != "off":
        yield words[1] if len(words) > 1 else f"https://{words[0].partition('+')[0]}/"


def _maven(asked: Asked) -> Iterator[str]:
    files = [asked.home / ".m2/settings.xml", *asked.folder.glob("pom.xml"), *asked.folder.glob("*/pom.xml")]
    launcher = shutil.which("mvn", path=asked.environment.get("PATH"))
    installed = Path(launcher).resolve().parent.parent if launcher else None
    if installed:
        files.append(installed / "conf/settings.xml")
    for file in files:
        with suppress(OSError):
            yield from _MAVEN_URL.findall(_COMMENT.sub("", file.read_text("utf-8", "replace")))
    for jar in installed.glob("lib/maven-model-builder*.jar") if installed else ():
        with suppress(OSError, KeyError, zipfile.BadZipFile), zipfile.ZipFile(jar) as archive:
            text = archive.read("org/apache/maven/model/pom-4.0.0.xml").decode("utf-8", "replace")
            yield from _MAVEN_URL.findall(text)


_READERS: dict[str, Callable[[Asked], Iterator[str]]] = {
    "pip": _pip, "npm": _npm, "cargo": _cargo, "go": _go, "maven": _maven}
