"""Who owns a file, over layers, merged folders and nested roots."""

from pathlib import Path

from builtby.packages.base import Package
from builtby.packages.distro import os_release
from builtby.packages.owners import Owners
from builtby.packages.readers import Database, interesting

FIXTURES = Path(__file__).parent.parent / "fixtures/packages"
OS_RELEASE = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n'
GCC = "pkg:deb/debian/gcc-12@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12"


def load(owners: Owners, path: str, data: bytes) -> list[Package]:
    database = interesting(path)
    assert database is not None
    return owners.load(database, data, path)


def debian(prefix: str = "") -> Owners:
    owners = Owners()
    load(owners, f"{prefix}var/lib/dpkg/info/gcc-12.list", (FIXTURES / "gcc-12.list").read_bytes())
    load(owners, f"{prefix}var/lib/dpkg/status", (FIXTURES / "dpkg-status").read_bytes())
    libc = b"/.\n/lib\n/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu/libc.so.6\n"
    load(owners, f"{prefix}var/lib/dpkg/info/libc6:amd64.list", libc)
    owners.release(f"{prefix}usr/lib/os-release", OS_RELEASE)
    return owners


def test_lists_and_packages_are_joined_in_any_order() -> None:
    owners = debian()
    assert owners.owner("usr/bin/x86_64-linux-gnu-gcc-12") == GCC
    assert owners.owner("usr/bin/other") is None
    found = owners.find("usr/bin/x86_64-linux-gnu-gcc-12")
    assert found is not None
    assert found.package.version == "12.2.0-14+deb12u1"


def test_merged_folders_are_one() -> None:
    owners = debian()
    libc = owners.owner("lib/x86_64-linux-gnu/libc.so.6")
    assert libc is not None
    assert libc.startswith("pkg:deb/debian/libc6@")
    assert owners.owner("usr/lib/x86_64-linux-gnu/libc.so.6") == libc


def test_a_copy_learns_by_itself() -> None:
    first = debian()
    second = first.fork()
    load(second, "var/lib/dpkg/status", b"Package: libc6\nStatus: install ok installed\nVersion: 2.37-1\n")
    load(second, "var/lib/dpkg/info/libc6:amd64.list", b"/usr/bin/ldd\n")
    assert first.owner("usr/bin/x86_64-linux-gnu-gcc-12") == GCC
    assert first.owner("usr/bin/ldd") is None
    assert second.owner("usr/bin/x86_64-linux-gnu-gcc-12") is None
    assert second.owner("usr/bin/ldd") == "pkg:deb/debian/libc6@2.37-1?distro=debian-12"


def test_a_root_below_the_target_owns_its_own_files_only() -> None:
    owners = debian("rootfs/")
    assert owners.owner("rootfs/usr/bin/x86_64-linux-gnu-gcc-12") == GCC
    assert owners.owner("rootfs/usr/lib/x86_64-linux-gnu/libc.so.6") is not None
    assert owners.owner("usr/bin/x86_64-linux-gnu-gcc-12") is None


def test_a_database_of_an_upper_layer_takes_the_place_of_the_one_below() -> None:
    owners = debian()
    named = load(owners, "var/lib/dpkg/status", b"Package: libc6\nStatus: install ok installed\nVersion: 2.37-1\n")
    assert [package.name for package in named] == ["libc6"]
    assert owners.owner("usr/bin/x86_64-linux-gnu-gcc-12") is None
    assert owners.owner("lib/x86_64-linux-gnu/libc.so.6") == "pkg:deb/debian/libc6@2.37-1?distro=debian-12"


def test_an_npm_package_owns_what_is_in_its_folder() -> None:
    owners = Owners()
    load(owners, "app/node_modules/esbuild/package.json", b'{"name": "esbuild", "version": "0.19.11"}')
    assert owners.owner("app/node_modules/esbuild/bin/esbuild") == "pkg:npm/esbuild@0.19.11"
    assert owners.owner("app/node_modules/other/bin/x") is None


def test_a_python_package_owns_what_its_record_lists() -> None:
    owners = Owners()
    site = "lib/python3.11/site-packages/"
    load(owners, f"{site}numpy-1.26.0.dist-info/RECORD", b"numpy/core/_x.so,sha256=abc,12\n../../../bin/f2py,,\n")
    load(owners, f"{site}numpy-1.26.0.dist-info/METADATA", b"Name: numpy\nVersion: 1.26.0\n")
    assert owners.owner(f"{site}numpy/core/_x.so") == "pkg:pypi/numpy@1.26.0"
    assert owners.owner("bin/f2py") == "pkg:pypi/numpy@1.26.0"


def test_a_distributions_package_goes_before_the_python_distribution_in_it() -> None:
    folder = "usr/lib/python3/dist-packages/"
    record = (f"{folder}pip-23.0.1.dist-info/RECORD", b"pip/__init__.py,,\n")
    stated = (f"{folder}pip-23.0.1.dist-info/METADATA", b"Name: pip\nVersion: 23.0.1\n")
    listed = ("var/lib/dpkg/info/python3-pip.list", f"/{folder}pip/__init__.py\n".encode())
    status = ("var/lib/dpkg/status", b"Package: python3-pip\nVersion: 23.0.1+dfsg-1\n")
    for order in ((record, stated, listed, status), (listed, status, record, stated)):
        owners = Owners()
        for path, data in order:
            load(owners, path, data)
        assert owners.owner(f"{folder}pip/__init__.py") == "pkg:deb/python3-pip@23.0.1%2Bdfsg-1"


def test_a_store_path_is_its_own_package() -> None:
    path = "nix/store/qz4bannv2gz2dmswvyni4pvxfx2nnckd-hello-2.12.1/bin/hello"
    assert Owners().owner(path) == "pkg:generic/hello@2.12.1"


def test_a_million_files_take_little_memory() -> None:
    owners = Owners()

    def many(_data: bytes, _path: str) -> list[Package]:
        return [Package("deb", f"p{n}", "1", files=tuple(f"usr/p{n}/f{m}" for m in range(100))) for n in range(2000)]

    owners.load(Database(lambda data, path: iter(many(data, path)), "", 1), b"", "db")
    assert len(owners) == 200_000
    assert owners.owner("usr/p1999/f99") == "pkg:deb/p1999@1"
    assert owners.owner("usr/p1999/f100") is None


def test_os_release() -> None:
    found = os_release(OS_RELEASE)
    assert found is not None
    assert (found.id, found.version, found.codename, found.release) == ("debian", "12", "bookworm", "debian-12")
    arch = os_release(b"ID=arch\nNAME='Arch Linux'\n")
    assert arch is not None
    assert arch.release == "arch"
    assert os_release(b"ID=$(reboot)\n") is None
    assert os_release(b"\xff\xfe") is None


def test_etc_os_release_counts_before_usr_lib() -> None:
    owners = Owners()
    owners.release("etc/os-release", b"ID=ubuntu\nVERSION_ID=22.04\n")
    owners.release("usr/lib/os-release", OS_RELEASE)
    found = owners.distro()
    assert found is not None
    assert found.id == "ubuntu"
