"""Roots as Debian, Alpine, Fedora, pip and npm leave them, and what was changed in them."""

import base64
import gzip
import hashlib
import io
import json
import sqlite3
import struct
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

BUILTBY = (sys.executable, "-m", "builtby")
CC, CRT = b"\x7fELF compiler", b"\x7fELF start"


def put(root: Path, path: str, data: bytes | str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def verify(root: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run([*BUILTBY, "toolchain", "verify", "--root", root, "-f", "json", *words], cwd=root,
                          capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


def states(found: dict[str, Any]) -> dict[str, str]:
    return {one["path"]: one["state"] for one in found["files"]}


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    root = tmp_path / "debian"
    put(root, "etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    for folder in ("lib", "bin"):
        (root / "usr" / folder).mkdir(parents=True, exist_ok=True)
        (root / folder).symlink_to(f"usr/{folder}")
    put(root, "usr/bin/x86_64-linux-gnu-gcc-12", CC)
    put(root, "usr/lib/gcc/x86_64-linux-gnu/12/cc1", CC)
    put(root, "usr/lib/x86_64-linux-gnu/crt1.o", CRT)
    put(root, "lib/x86_64-linux-gnu/libz.so.1", b"z")
    put(root, "etc/gcc.conf", b"as edited\n")
    (root / "usr/bin/gcc-12").symlink_to("x86_64-linux-gnu-gcc-12")
    (root / "usr/bin/cc").symlink_to("/etc/alternatives/cc")
    (root / "etc/alternatives").mkdir()
    (root / "etc/alternatives/cc").symlink_to("/usr/bin/gcc-12")
    put(root, "usr/bin/dash.real", b"sh")
    info = "var/lib/dpkg/info"
    put(root, "var/lib/dpkg/status", f"""Package: gcc-12
Status: install ok installed
Architecture: amd64
Version: 12.2.0-14
Depends: cpp-12 (= 12.2.0-14), libc6-dev (>= 2.13)
Conffiles:
 /etc/gcc.conf {md5(b"as shipped")}

Package: cpp-12
Source: gcc-12
Status: install ok installed
Architecture: amd64
Version: 12.2.0-14
Depends: zlib1g

Package: libc6-dev
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9

Package: zlib1g
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 1.2.13

Package: dash
Status: install ok installed
Architecture: amd64
Version: 0.5

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
""")
    put(root, f"{info}/gcc-12.list", "/.\n/usr\n/usr/bin\n/usr/bin/x86_64-linux-gnu-gcc-12\n/usr/bin/gcc-12\n"
        "/etc\n/etc/gcc.conf\n/usr/share/doc/gcc-12\n")
    put(root, f"{info}/gcc-12.md5sums", f"{md5(CC)}  usr/bin/x86_64-linux-gnu-gcc-12\n")
    put(root, f"{info}/cpp-12.list", "/.\n/usr\n/usr/lib/gcc/x86_64-linux-gnu/12/cc1\n")
    put(root, f"{info}/cpp-12.md5sums", f"{md5(CC)}  usr/lib/gcc/x86_64-linux-gnu/12/cc1\n")
    put(root, f"{info}/libc6-dev:amd64.list", "/.\n/usr/lib/x86_64-linux-gnu/crt1.o\n")
    put(root, f"{info}/libc6-dev:amd64.md5sums", f"{md5(CRT)}  usr/lib/x86_64-linux-gnu/crt1.o\n")
    put(root, f"{info}/zlib1g:amd64.list", "/.\n/lib/x86_64-linux-gnu/libz.so.1\n")
    put(root, f"{info}/zlib1g:amd64.md5sums", f"{md5(b'z')}  lib/x86_64-linux-gnu/libz.so.1\n")
    put(root, f"{info}/dash.list", "/.\n/bin/dash\n")
    put(root, f"{info}/dash.md5sums", f"{md5(b'other')}  bin/dash\n")
    return root


def test_an_untouched_debian_is_as_shipped(debian: Path) -> None:
    code, found = verify(debian)
    assert (code, found["databases"], found["problems"]) == (0, ["dpkg"], [])
    assert found["packages"] == 4
    assert states(found) == {"etc/gcc.conf": "accepted"}


@pytest.mark.parametrize("path", [
    "usr/bin/x86_64-linux-gnu-gcc-12", "usr/lib/gcc/x86_64-linux-gnu/12/cc1", "usr/lib/x86_64-linux-gnu/crt1.o",
    "lib/x86_64-linux-gnu/libz.so.1"])
def test_a_changed_file_of_the_toolchain(path: str, debian: Path) -> None:
    put(debian, path, b"evil")
    code, found = verify(debian)
    assert code == 1
    (one,) = [one for one in found["files"] if one["state"] == "changed"]
    assert (one["path"], one["found"]) == (path, f"md5:{md5(b'evil')}")
    assert one["package"].startswith("pkg:deb/debian/")


def test_a_file_that_a_link_replaced_and_one_that_is_gone(debian: Path) -> None:
    cc1 = debian / "usr/lib/gcc/x86_64-linux-gnu/12/cc1"
    cc1.unlink()
    cc1.symlink_to("/tmp/evil")
    (debian / "usr/lib/x86_64-linux-gnu/crt1.o").unlink()
    code, found = verify(debian)
    assert code == 1
    assert {"usr/lib/gcc/x86_64-linux-gnu/12/cc1": "changed", "usr/lib/x86_64-linux-gnu/crt1.o": "missing"}.items() <= (
        states(found).items())


def test_a_link_that_leads_out_of_the_packages(debian: Path) -> None:
    put(debian, "opt/evil/gcc", b"evil")
    (debian / "usr/bin/gcc-12").unlink()
    (debian / "usr/bin/gcc-12").symlink_to("/opt/evil/gcc")
    _, found = verify(debian)
    (one,) = [one for one in found["files"] if one["path"] == "usr/bin/gcc-12"]
    assert (one["state"], one["reason"]) == ("unverifiable", "a link to /opt/evil/gcc, which no package lists")


def test_a_tool_of_no_package_is_said(debian: Path) -> None:
    put(debian, "usr/local/bin/ld", b"wrapper").chmod(0o755)
    code, found = verify(debian)
    assert (code, states(found)["usr/local/bin/ld"]) == (0, "unowned")
    assert verify(debian, "--fail-on", "unowned")[0] == 1


def test_a_diverted_file_is_looked_for_where_it_went(debian: Path) -> None:
    put(debian, "var/lib/dpkg/diversions", "/bin/dash\n/bin/dash.real\nother\n")
    put(debian, "usr/bin/dash.real", b"other")
    code, found = verify(debian, "--everything")
    assert (code, found["counts"]) == (0, {"accepted": 1, "same": 6})


def test_a_root_without_a_database_is_incomplete(tmp_path: Path) -> None:
    code, found = verify(tmp_path)
    assert code == 3
    assert "no package database" in found["problems"][0]


def test_beside_a_baseline(debian: Path, tmp_path: Path) -> None:
    put(debian, "usr/local/bin/ld", b"ours").chmod(0o755)
    file = tmp_path / "baseline.json"
    subprocess.run([*BUILTBY, "toolchain", "baseline", "-o", file, "--root", debian], cwd=debian, check=True,
                   capture_output=True)
    assert verify(debian, "--baseline", str(file)) [0] == 0
    put(debian, "usr/local/bin/ld", b"evil")
    put(debian, "usr/local/bin/as", b"new").chmod(0o755)
    cc1 = "usr/lib/gcc/x86_64-linux-gnu/12/cc1"
    put(debian, cc1, b"forged")  # and the database with it: only the baseline knows
    put(debian, "var/lib/dpkg/info/cpp-12.md5sums", f"{md5(b'forged')}  {cc1}\n")
    code, found = verify(debian, "--baseline", str(file))
    assert code == 1
    assert {"usr/local/bin/ld": "changed", "usr/local/bin/as": "new", cc1: "changed"}.items() <= states(found).items()
    status = debian / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace("12.2.0-14", "12.2.0-15"))
    _, found = verify(debian, "--baseline", str(file))
    assert states(found)[cc1] == "upgraded"


def test_an_edited_baseline_is_refused(debian: Path, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    subprocess.run([*BUILTBY, "toolchain", "baseline", "-o", file, "--root", debian], cwd=debian, check=True,
                   capture_output=True)
    file.write_text(file.read_text().replace("cc1", "cc2"))
    code, found = verify(debian, "--baseline", str(file))
    assert code == 3
    assert "checksum does not fit" in found["error"]


def q1(data: bytes) -> str:
    return "Q1" + base64.b64encode(hashlib.sha1(data).digest()).decode()


def test_alpine(tmp_path: Path) -> None:
    root = tmp_path / "alpine"
    put(root, "usr/bin/gcc", CC)
    put(root, "usr/lib/crt1.o", CRT)
    (root / "usr/lib/libc.so").symlink_to("/lib/ld-musl-x86_64.so.1")
    put(root, "lib/ld-musl-x86_64.so.1", b"musl")
    put(root, "lib/apk/db/installed", f"""P:gcc
V:12.2.1-r5
A:x86_64
D:so:libc.musl-x86_64.so.1 musl-dev
F:usr/bin
R:gcc
a:0:0:755
Z:{q1(CC)}

P:musl-dev
V:1.2.3-r4
A:x86_64
F:usr/lib
R:crt1.o
Z:{q1(CRT)}
R:libc.so
Z:{q1(b"/lib/ld-musl-x86_64.so.1")}

P:musl
V:1.2.3-r4
A:x86_64
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
Z:{q1(b"musl")}

P:unrelated
V:1
A:x86_64
F:usr/bin
R:nothing
Z:{q1(b"")}
""")
    code, found = verify(root)
    assert (code, found["counts"], found["databases"]) == (0, {"same": 4}, ["apk"])
    put(root, "lib/ld-musl-x86_64.so.1", b"evil")
    (root / "usr/lib/libc.so").unlink()
    (root / "usr/lib/libc.so").symlink_to("/tmp/evil.so")
    code, found = verify(root)
    assert (code, states(found)) == (1, {"lib/ld-musl-x86_64.so.1": "changed", "usr/lib/libc.so": "changed"})


def rpm_header(tags: dict[int, tuple[int, list[Any]]]) -> bytes:
    """Write a header as RPM keeps it: INT16 3, INT32 4, STRING 6, STRING_ARRAY 8."""
    store, index = b"", b""
    for tag, (kind, values) in tags.items():
        store += b"\0" * (-len(store) % 4)
        index += struct.pack(">IIII", tag, kind, len(store), len(values))
        form = {3: "H", 4: "I"}.get(kind)
        store += (struct.pack(f">{len(values)}{form}", *values) if form else
                  b"".join(value.encode() + b"\0" for value in values))
    return struct.pack(">II", len(tags), len(store)) + index + store


def test_fedora(tmp_path: Path) -> None:
    root = tmp_path / "fedora"
    put(root, "etc/os-release", "ID=fedora\nVERSION_ID=41\n")
    put(root, "usr/bin/gcc", CC)
    (root / "usr/bin/cc").symlink_to("gcc")
    put(root, "etc/gcc.conf", b"edited")
    blob = rpm_header({
        1000: (6, ["gcc"]), 1001: (6, ["14.2.1"]), 1002: (6, ["3.fc41"]), 1022: (6, ["x86_64"]),
        1044: (6, ["gcc-14.2.1-3.fc41.src.rpm"]), 1030: (3, [0o100755, 0o120777, 0o100644, 0o040755]),
        1035: (8, [hashlib.sha256(CC).hexdigest(), "", hashlib.sha256(b"shipped").hexdigest(), ""]),
        1036: (8, ["", "gcc", "", ""]), 1037: (4, [0, 0, 1, 0]), 1116: (4, [0, 0, 1, 1]),
        1117: (8, ["gcc", "cc", "gcc.conf", "folder"]), 1118: (8, ["/usr/bin/", "/etc/"]), 5011: (4, [8])})
    file = put(root, "usr/lib/sysimage/rpm/rpmdb.sqlite", b"")
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        database.execute("INSERT INTO Packages VALUES (1, ?)", (blob,))
    database.close()
    code, found = verify(root)
    assert (code, found["counts"], found["databases"]) == (0, {"accepted": 1, "same": 2}, ["rpm"])
    put(root, "usr/bin/gcc", b"evil")
    (root / "usr/bin/cc").unlink()
    (root / "usr/bin/cc").symlink_to("/tmp/cc")
    code, found = verify(root)
    assert code == 1
    assert {"usr/bin/gcc": "changed", "usr/bin/cc": "changed"}.items() <= states(found).items()


def test_pip_and_npm(debian: Path) -> None:
    site, modules = "usr/local/lib/python3.11/site-packages", "usr/local/lib/node_modules"
    body = b"def build(): ...\n"
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
    put(debian, f"{site}/setuptools/build_meta.py", body)
    put(debian, f"{site}/setuptools-70.0.dist-info/METADATA", "Name: setuptools\nVersion: 70.0\n")
    put(debian, f"{site}/setuptools-70.0.dist-info/RECORD",
        f"setuptools/build_meta.py,sha256={digest},{len(body)}\nsetuptools-70.0.dist-info/RECORD,,\n")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in (("package.json", b'{"name":"typescript"}'), ("lib/tsc.js", b"compile()")):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
            put(debian, f"{modules}/typescript/{name}", data)
    tarball = gzip.compress(packed.getvalue())
    hashed = hashlib.sha512(tarball)
    lock = {"packages": {
        "node_modules/typescript": {"version": "5.6.2",
                                    "integrity": f"sha512-{base64.b64encode(hashed.digest()).decode()}"},
        "node_modules/esbuild": {"version": "0.20.0", "integrity": "sha512-AAAA"}}}
    put(debian, f"{modules}/.package-lock.json", json.dumps(lock))
    put(debian, f"{modules}/esbuild/package.json", '{"name":"esbuild"}')
    name = hashed.hexdigest()
    put(debian, f"root/.npm/_cacache/content-v2/sha512/{name[:2]}/{name[2:4]}/{name[4:]}", tarball)
    code, found = verify(debian)
    assert (code, found["databases"]) == (0, ["dpkg", "pypi", "npm"])
    assert states(found) == {"etc/gcc.conf": "accepted", f"{modules}/esbuild/package.json": "unverifiable"}
    put(debian, f"{site}/setuptools/build_meta.py", b"evil")
    put(debian, f"{modules}/typescript/lib/tsc.js", b"evil()")
    code, found = verify(debian)
    assert code == 1
    assert {f"{site}/setuptools/build_meta.py": "changed",
            f"{modules}/typescript/lib/tsc.js": "changed"}.items() <= states(found).items()


def test_the_terminal_says_each_state(debian: Path) -> None:
    put(debian, "usr/bin/x86_64-linux-gnu-gcc-12", b"evil")
    put(debian, "usr/local/bin/ld", b"wrapper").chmod(0o755)
    done = subprocess.run([*BUILTBY, "toolchain", "verify", "--root", debian], cwd=debian, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 1
    for text in ("Changed (1)", "not what its package shipped", "/usr/bin/x86_64-linux-gnu-gcc-12", "Unowned",
                 "/usr/local/bin/ld", "as they should be, 1 changed, 1 unowned, 1 accepted."):
        assert text in done.stdout
    assert done.stderr == "builtby: 1 changed\n"
