"""The environment that a guarded command gets: without secrets, without ways to daemons, with the guard's proxy."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from builtby.builds.guard.places import places
from builtby.builds.guard.policy import Environment
from builtby.builds.masking import Masker, is_secret

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_JVM = ("MAVEN_OPTS", "GRADLE_OPTS", "SBT_OPTS")
"""Java has no variable for proxies, its build systems have some for options."""


def cleaned(given: Mapping[str, str], wanted: Environment) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the variables without secrets, and the names of the secrets, sorted.

    A secret is one by its name, or by the form of its value; of an address with name and password, these go alone.
    """
    kept: dict[str, str] = {}
    secrets: list[str] = []
    masker = Masker({})
    for name, value in given.items():
        if _matches(name, wanted.keep):
            kept[name] = value
        elif _matches(name, (*places().removed_variables, *places().moved_variables, *wanted.remove)):
            continue
        elif not _matches(name, places().plain_variables) and (is_secret(name) or _is_token(masker, value)):
            secrets.append(name)
        else:
            kept[name] = without_login(value)
            if kept[name] != value:
                secrets.append(name)
    return kept, tuple(sorted(secrets))


def without_login(text: str) -> str:
    """Return a text whose addresses have no name and password."""
    from builtby.builds.masking import HIDDEN

    masked = Masker({}).text(text)
    return masked.replace(f"{HIDDEN}@", "") if "://" in text else text


def _is_token(masker: Masker, value: str) -> bool:
    """Whether a value holds a secret by its form, other than in an address."""
    bare = without_login(value)
    return masker.text(bare) != bare


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.upper(), pattern.upper()) for pattern in patterns)


def through_proxy(environment: dict[str, str], port: int, *, used: bool) -> None:
    """Point programs to the proxy on this machine. `used`: whether it lets anything pass, so that Java is told, too."""
    address = f"http://127.0.0.1:{port}"
    for name in _PROXIES:
        environment[name] = environment[name.upper()] = address
    if used:
        options = " ".join(f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort={port}"
                           for scheme in ("http", "https"))
        for name in _JVM:
            environment[name] = f"{environment.get(name, '')} {options} -Dhttp.nonProxyHosts=".strip()
