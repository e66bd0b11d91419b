"""Ways around a recorder, really tried: each is refused, or seen."""

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builds.recorded import Ran, recorded
from tests.builds.seccomp.compiled import compiled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="builds are recorded on Linux")
needs_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="calls of another interface: x86-64 has them")
SECRET = "secret"
DIGEST = hashlib.sha256(b"hidden\n").hexdigest()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / SECRET).write_text("hidden\n")
    return folder


def noted(ran: Ran, call: str) -> list[bool]:
    """Return, of each time that a call was noted, whether it was refused."""
    return [one["refused"] for one in ran.record["notable"] if one["call"] == call]


def saw(ran: Ran, path: Path) -> bool:
    """Whether a file was read with what it really holds."""
    return DIGEST in [use["sha256"] for use in ran.uses(path, "read")]


@needs_x86
@pytest.mark.parametrize("body", [
    """long r; asm volatile("int $0x80" : "=a"(r) : "a"(5), "b"(argv[0] ? "secret" : 0), "c"(0), "d"(0) : "memory");
       if (r >= 0) { puts("opened"); return 0; } printf("%ld\\n", r);""",
    'long r = syscall(0x40000000 + 2, "secret", O_RDONLY); puts(r >= 0 ? "opened" : "refused");',
], ids=["32-bit", "x32"])
def test_calls_of_another_interface_are_refused(place: Path, body: str) -> None:
    program = compiled(place, "foreign", body, "-static", "-no-pie")
    ran = recorded(place, program)
    assert "opened" not in ran.out
    if ran.code == 0:  # a kernel without that interface ends the program, which is as good
        assert noted(ran, "foreign-abi") == [True]


def test_a_program_from_memory_is_seen(place: Path) -> None:
    body = """
    int to = syscall(SYS_memfd_create, "x", 0), from = open("/bin/cat", O_RDONLY); char b[65536]; long n;
    while ((n = read(from, b, sizeof b)) > 0) write(to, b, n);
    char *args[] = {"fromnowhere", "secret", 0}, *none[] = {0};
    syscall(SYS_execveat, to, "", args, none, AT_EMPTY_PATH);
    """
    ran = recorded(place, compiled(place, "memory", body))
    assert ran.out == "hidden\n"
    assert noted(ran, "memfd_create") == [False]
    (hidden,) = ran.programs("fromnowhere")
    assert hidden["sha256"] == hashlib.sha256(Path("/bin/cat").read_bytes()).hexdigest()
    assert "memfd:x" in hidden["executable"]
    assert saw(ran, place / SECRET)


@pytest.mark.parametrize(("words", "call"), [
    (("unshare", "-Ur", "cat", SECRET), "unshare"),
    (("unshare", "-Urm", "sh", "-c", "mkdir a b; mv secret a; mount --bind a b && cat {place}/b/secret"), "mount"),
    (("unshare", "-Ur", "chroot", "/", "cat", "{place}/secret"), "chroot"),
    (("unshare", "-Urpf", "--mount-proc", "sh", "-c", "cat secret"), "mount"),
    (("sh", "-c", "unshare -U sleep 1 & sleep .3; nsenter -U -t $! --preserve-credentials cat secret"), "setns"),
], ids=["user", "mount", "chroot", "pid", "setns"])
def test_other_views_are_seen_and_the_record_says_that_it_is_incomplete(
    place: Path, words: tuple[str, ...], call: str,
) -> None:
    probe = subprocess.run(["unshare", "-Urpf", "--mount-proc", "true"], capture_output=True, check=False)
    ran = recorded(place, *(word.format(place=place) for word in words))
    assert False in noted(ran, call)
    assert ran.record["complete"] is False
    assert any("changed their view" in text for text in ran.record["unobserved"])
    if probe.returncode == 0:  # a container may forbid namespaces, which is as good
        assert ran.out == "hidden\n", ran.err
        assert any(use["sha256"] == DIGEST for use in ran.record["files"])


@pytest.mark.parametrize("name", ["/link", "link"])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_in_another_root_leads_within_it(place: Path, name: str, *, there: bool) -> None:
    """Outside of that root, the same path is another file."""
    jail = place / "jail"
    inner = Path(f"{jail}{place}") / SECRET
    inner.parent.mkdir(parents=True)
    if there:
        inner.write_text("within\n")
    (jail / "link").symlink_to(place / SECRET)
    body = 'int fd = open(argv[1], O_RDONLY); char b[64]; long n = read(fd, b, 64); if (n > 0) write(1, b, n);'
    (jail / "reader").write_bytes(Path(compiled(place, "reader", body, "-static")).read_bytes())
    (jail / "reader").chmod(0o755)
    ran = recorded(place, "unshare", "-Ur", "chroot", str(jail), "/reader", name)
    if "unshare failed" in ran.err:  # a container may forbid namespaces, which is as good
        return
    assert ran.out == ("within\n" if there else "")
    read = ran.uses(inner, "read")
    assert [use["sha256"] for use in read] == [hashlib.sha256(b"within\n").hexdigest()] * there
    assert not saw(ran, place / SECRET)
    assert ran.programs("reader")[0]["executable"] == f"{jail}/reader"


def test_the_memory_of_others(place: Path) -> None:
    body = """
    static char mine[] = "0123456789"; char got[11] = {0};
    int child = fork(); if (!child) { pause(); _exit(0); }
    struct iovec to = {got, 10}, from = {mine, 10};
    long read = process_vm_readv(child, &to, 1, &from, 1, 0);
    long wrote = process_vm_writev(child, &to, 1, &from, 1, 0);
    long held = ptrace(PTRACE_ATTACH, child, 0, 0); if (!held) waitpid(child, 0, 0);
    int pidfd = syscall(434, child, 0); syscall(438, pidfd, 0, 0);
    printf("%ld %ld %ld", read, wrote, held); fflush(stdout); kill(child, SIGKILL);
    """
    ran = recorded(place, compiled(place, "others", body))
    assert ran.out == "10 10 0"
    assert noted(ran, "process_vm") == [False]
    assert noted(ran, "ptrace") == [False]
    assert noted(ran, "pidfd_getfd") == [False]


def test_a_file_without_a_name_is_not_opened(place: Path) -> None:
    body = """
    struct file_handle *h = malloc(sizeof *h + 128); h->handle_bytes = 128; int id;
    if (name_to_handle_at(AT_FDCWD, "secret", h, &id, 0)) { puts("no handles here"); return 0; }
    int fd = open_by_handle_at(AT_FDCWD, h, O_RDONLY);
    puts(fd >= 0 ? "opened" : "refused");
    """
    ran = recorded(place, compiled(place, "handle", body))
    assert "opened" not in ran.out
    assert noted(ran, "open_by_handle_at") == ([True] if "refused" in ran.out else [])


def test_the_device_below_is_noted(place: Path) -> None:
    device = next((path for path in sorted(Path("/dev").iterdir()) if path.is_block_device()), None)
    if device is None:
        device = place / "disk"
        if subprocess.run(["mknod", str(device), "b", "7", "250"], capture_output=True, check=False).returncode:
            assert os.geteuid() != 0  # nobody but root makes one, and only root reads one
            return
    ran = recorded(place, "head", "-c", "1", str(device))
    assert noted(ran, "block-device") == [False]
    assert ran.record["complete"] is False


def test_a_daemon_of_two_forks_is_seen_and_ended(place: Path) -> None:
    body = """
    if (fork()) return 0; setsid(); if (fork()) _exit(0);
    close(0); close(1); close(2); open("secret", O_RDONLY); pause();
    """
    ran = recorded(place, compiled(place, "daemon", body))
    assert ran.code == 0
    assert saw(ran, place / SECRET)
    assert len(ran.record["survivors"]) == 1


def test_an_exec_that_shares_memory_until_then_is_read_from_the_right_program(place: Path) -> None:
    """Programs at fixed addresses, below a parent that shares its memory: what was known of it must be forgotten."""
    child = compiled(place, "child", 'open(argv[1], O_RDONLY); open("./sec" "ret", O_RDONLY);', "-static", "-no-pie")
    body = f"""
    static char name[] = "child-only"; char *args[] = {{"{child}", name, 0}};
    for (int i = 0; i < 20; i++) {{
        open(name, O_RDONLY); int p = vfork();
        if (!p) {{ open(name, O_RDONLY); execv(args[0], args); _exit(9); }} waitpid(p, 0, 0);
    }}
    """
    (place / "child-only").write_text("c")
    ran = recorded(place, compiled(place, "parent", body, "-static", "-no-pie"))
    assert ran.code == 0
    assert ran.record["complete"] is True
    assert sum(use["times"] for use in ran.uses(place / "child-only", "read")) == 60
    assert sum(use["times"] for use in ran.uses(place / SECRET, "read")) == 20
    assert len(ran.programs("child")) == 20
