"""What changes around a build: sources, toolchain, persistence; and what honest builds do, which is no change."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builds.recorded import BUILTBY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "checkout"
    folder.mkdir()
    for name in ("a.c", "b.c", "configure"):
        (folder / name).write_text(f"/* {name} */\n")
    subprocess.run("git init -q && git add -A", shell=True, cwd=folder, check=True)
    return folder


def record(folder: Path, script: str, **environment: str) -> dict[str, Any]:
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [*BUILTBY, "record", "--force", "-o", folder.parent / "record", "--", "/bin/sh", "-ec", script], cwd=folder,
        capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "HOME": str(home), **environment})
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((folder.parent / "record/record.json").read_text("utf-8"))
    return found


def changes(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {Path(one["path"]).name: (one["place"], one["what"]) for one in found["changes"]}


NOISE = """
touch -r b.c touched; chmod 755 a.c; chmod 644 a.c; ln a.c linked; rm linked; exec 3<>configure; exec 3>&-
cat b.c > out.txt; rm out.txt; cp b.c new.c; sed -i s/a/b/ new.c; mkdir sub; echo > sub/x.c; chown $(id -u) b.c
git status; git stash list; git checkout -q -- .; git -c user.name=a -c user.email=a@b commit -qm x; git gc -q
"""


def test_honest_noise_is_no_change(checkout: Path) -> None:
    assert record(checkout, NOISE)["changes"] == []


def test_what_is_written_anew_with_the_same_content_is_no_finding(checkout: Path) -> None:
    found = record(checkout, "cp b.c kept; rm b.c; cp kept b.c; touch a.c")
    assert changes(found)["b.c"] == ("source", "rewritten")
    assert not [one for one in found["findings"] if one["rule"].startswith("source-")]


def test_what_was_opened_for_writing_and_had_its_mode_changed_is_weak_evidence(checkout: Path) -> None:
    found = record(checkout, "exec 3<>a.c; exec 3>&-; chmod 755 a.c; chmod 644 a.c")
    (one,) = [one for one in found["findings"] if one["rule"] == "source-swapped"]
    assert (one["severity"], one["confidence"]) == ("medium", "low")


def test_a_source_that_is_left_changed_is_said_and_no_alarm(checkout: Path) -> None:
    found = record(checkout, "echo x >> configure; rm b.c; cat configure")
    assert changes(found) == {"configure": ("source", "changed"), "b.c": ("source", "removed")}
    assert {(one["rule"], one["severity"]) for one in found["findings"]} == {("source-changed", "info")}


def test_a_patch_that_is_taken_back_is_said_with_low_confidence(checkout: Path) -> None:
    (checkout.parent / "patch").write_text("--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-/* a.c */\n+/* patched */\n")
    found = record(checkout, "git apply ../patch; cat a.c; git apply -R ../patch")
    (one,) = [one for one in found["findings"] if one["rule"] == "source-swapped"]
    assert (one["severity"], one["confidence"]) == ("medium", "low")


def test_a_folder_that_is_moved_away_and_back_is_seen(checkout: Path) -> None:
    (checkout / "src").mkdir()
    (checkout / "src/c.c").write_text("good\n")
    subprocess.run(["git", "add", "-A"], cwd=checkout, check=True)
    found = record(checkout, "mv src kept; mkdir src; echo evil > src/c.c; cat src/c.c; rm -r src; mv kept src")
    assert changes(found) == {"c.c": ("source", "swapped-and-put-back")}


def test_without_git_text_files_are_sources_and_outputs_are_not(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "tree"
    (folder / "target").mkdir(parents=True)
    (folder / "a.c").write_text("int a;\n")
    (folder / "old.o").write_bytes(b"\x7fELF\0\0")
    (folder / "target/generated.c").write_text("x\n")
    found = record(folder, "echo b > a.c; printf 'n\\0' > old.o; echo y > target/generated.c")
    assert changes(found) == {"a.c": ("source", "changed")}


def test_places_of_persistence(checkout: Path) -> None:
    script = """
echo x > .git/hooks/pre-push; mkdir -p .github/workflows; echo x > .github/workflows/w.yml
echo 'alias x=y' >> ~/.bashrc; git config user.name somebody; git config core.hooksPath /evil
"""
    found = record(checkout, script)
    kinds = {one["kind"]: one["what"] for one in found["changes"] if one["place"] == "persistence"}
    assert kinds == {"git-hooks": "created", "ci-workflow": "created", "shell-rc": "created", "git-config": "changed"}
    assert all(one["process"] for one in found["changes"])


def test_a_name_in_git_config_is_no_persistence(checkout: Path) -> None:
    assert record(checkout, "git config user.name somebody")["changes"] == []


def test_a_pth_file_counts_by_the_lines_that_run(checkout: Path) -> None:
    site = checkout.parent / "venv/lib/python3.11/site-packages"
    site.mkdir(parents=True)
    (site / "paths.pth").write_text("/one\n")
    found = record(checkout, f"echo /two >> {site}/paths.pth; echo 'import evil' > {site}/e.pth",
                   VIRTUAL_ENV=str(checkout.parent / "venv"))
    assert changes(found) == {"e.pth": ("persistence", "created")}


def test_the_toolchain_is_watched(checkout: Path) -> None:
    tools = checkout.parent / "bin"
    tools.mkdir()
    (tools / "gcc").write_text("#!/bin/sh\n")
    (tools / "gcc").chmod(0o755)
    (tools / "other").write_text("#!/bin/sh\n")
    found = record(checkout, f"echo evil >> {tools}/gcc; echo x >> {tools}/other",
                   PATH=f"{tools}:{os.environ['PATH']}")
    assert changes(found) == {"gcc": ("toolchain", "changed")}
    assert [(one["rule"], one["severity"]) for one in found["findings"] if one["rule"] == "toolchain-changed"] == [
        ("toolchain-changed", "critical")]


def test_it_is_said_that_a_home_is_no_checkout(tmp_path: Path) -> None:
    home = tmp_path.resolve() / "home"
    home.mkdir()
    (home / "notes.txt").write_text("x")
    found = record(home, "echo y > notes.txt")
    assert found["changes"] == []
    assert any("no checkout" in line for line in found["unobserved"])


def test_a_repository_to_which_nothing_was_added_yet(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "new"
    folder.mkdir()
    (folder / "a.c").write_text("int a;\n")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    found = record(folder, "echo b > a.c")
    assert changes(found) == {"a.c": ("source", "changed")}
    assert not any("git" in line for line in found["unobserved"])


def test_submodules_and_worktrees_have_sources_too(checkout: Path) -> None:
    git = "git -c user.name=a -c user.email=a@b -c protocol.file.allow=always"
    subprocess.run(f"{git} commit -qm x && {git} clone -q . ../lib && {git} submodule --quiet add ../lib lib && "
                   f"{git} commit -qm y && {git} worktree add -q ../tree 2>/dev/null", shell=True, cwd=checkout,
                   check=True)
    assert changes(record(checkout, "echo x >> lib/a.c")) == {"a.c": ("source", "changed")}
    assert changes(record(checkout.parent / "tree", "echo x >> b.c")) == {"b.c": ("source", "changed")}
