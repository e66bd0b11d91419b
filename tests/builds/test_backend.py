"""Which back end is taken, and what is said when none can be."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from builtby.builds import backend
from builtby.builds.seccomp import available
from builtby.builds.seccomp.notify import UnavailableError
from tests.builds.recorded import BUILTBY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="both back ends are Linux's")


def test_notification_comes_first() -> None:
    assert available.lacking() is None
    assert backend.choose().name == "seccomp-notify"


def test_strace_is_taken_where_the_kernel_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: "4.4.0-gvisor")
    assert backend.choose().name == "strace"
    assert backend.choose("seccomp-notify").name == "seccomp-notify"


def test_what_is_missing_is_said_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: "5.4.0-1-generic")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnavailableError, match=r"Linux 5\.4.* has no .*, and strace is not inst") as raised:
        backend.choose()
    assert "apt-get install strace" in raised.value.remedy
    with pytest.raises(UnavailableError, match=r"^strace is not installed$"):
        backend.choose("strace")


@pytest.mark.parametrize("release", ["6.1", "6.18.44-fc", "5.9.0", "7.0-rc1"])
def test_releases_that_have_it(monkeypatch: pytest.MonkeyPatch, release: str) -> None:
    monkeypatch.setattr("platform.release", lambda: release)
    assert available.lacking() is None


def test_the_record_says_which(tmp_path: Path) -> None:
    for name in ("auto", "strace"):
        subprocess.run([*BUILTBY, "record", "-q", "--backend", name, "--force", "-o", str(tmp_path / name), "--",
                        "/bin/true"], check=True)
    said = [json.loads((tmp_path / name / "record.json").read_text()) for name in ("auto", "strace")]
    assert [one["backend"] for one in said] == ["seccomp-notify", "strace"]
    assert said[0]["unobserved"] != said[1]["unobserved"]
