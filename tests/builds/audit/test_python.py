"""Python: what is built from source, what runs at every start, what pip may do."""

import io
import tarfile
import zipfile
from pathlib import Path

from builtby.builds.audit.engine import audit
from builtby.builds.audit.model import Certainty, When
from tests.builds.audit.conftest import Auditing
from tests.builds.audit.looking import findings, hooks, unsafe

UV = """version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }

[[package]]
name = "only-sdist"
version = "2.0"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/only_sdist-2.0.tar.gz", hash = "sha256:aa" }

[[package]]
name = "pure"
version = "1.0"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/pure-1.0.tar.gz", hash = "sha256:aa" }
wheels = [{ url = "https://files.example/pure-1.0-py3-none-any.whl", hash = "sha256:bb" }]

[[package]]
name = "native"
version = "3.0"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/native-3.0.tar.gz", hash = "sha256:aa" }
wheels = [{ url = "https://files.example/native-3.0-cp311-cp311-manylinux_2_28_x86_64.whl" }]
"""


def test_uv_lock_tells_who_is_built_from_source(audited: Auditing) -> None:
    result = audited({"uv.lock": UV})
    assert hooks(result, "only-sdist") == [("source-build", When.INSTALL, Certainty.CERTAIN, "uv.lock", 8)]
    assert hooks(result, "native")[0][2] is Certainty.POSSIBLE
    assert hooks(result, "pure") == []
    assert result.counts["python"].dependencies == 3
    assert unsafe(result) == {"uv-no-build"}
    assert findings(result) == {"python-unhashed"}


def test_no_build_of_uv_is_seen(audited: Auditing) -> None:
    result = audited({"uv.lock": UV, "pyproject.toml": "[tool.uv]\nno-build = true\n"})
    assert "uv-no-build" not in unsafe(result)


def test_a_poetry_lock_is_judged_by_its_files(audited: Auditing) -> None:
    result = audited({"poetry.lock": """[[package]]
name = "a"
version = "1"
files = [{file = "a-1.tar.gz", hash = "sha256:aa"}]

[[package]]
name = "b"
version = "1"
files = [{file = "b-1-py3-none-any.whl", hash = "sha256:aa"}, {file = "b-1.tar.gz", hash = "sha256:aa"}]

[[package]]
name = "c"
version = "1"
files = []

[package.source]
type = "git"
url = "https://git.example/c"
"""})
    assert [(one.name, one.hooks[0].certainty) for one in result.dependencies] == [
        ("a", Certainty.CERTAIN), ("c", Certainty.CERTAIN)]
    assert unsafe(result) == {"poetry-only-binary"}


def test_pipenv(audited: Auditing) -> None:
    result = audited({"Pipfile.lock": '{"default": {"a": {"version": "==1", "hashes": ["sha256:aa"]}, '
                                      '"b": {"git": "https://git.example/b"}}, "develop": {"c": {"version": "==1"}}}'})
    assert hooks(result, "a")[0][2] is Certainty.POSSIBLE
    assert hooks(result, "b")[0][2] is Certainty.CERTAIN
    assert findings(result) == {"python-unhashed"}


def test_requirements(audited: Auditing) -> None:
    result = audited({"requirements.txt": """# comment
--extra-index-url http://other.example/simple
-r more.txt
Flask[async]==2.0 ; python_version > "3" \\
    --hash=sha256:aa
mine @ git+https://git.example/mine@main
-e ./local
wheel @ https://files.example/wheel-1-py3-none-any.whl
"""})
    assert hooks(result, "flask") == [("source-build", When.INSTALL, Certainty.POSSIBLE, "requirements.txt", 4)]
    assert hooks(result, "mine")[0][2:] == (Certainty.CERTAIN, "requirements.txt", 6)
    assert hooks(result, "local")[0][2] is Certainty.CERTAIN
    assert hooks(result, "wheel") == []
    assert unsafe(result) == {"pip-extra-index", "pip-plain-http", "pip-only-binary", "pip-require-hashes"}
    assert findings(result) == {"python-vcs-unpinned"}


def test_requirements_that_are_in_order(audited: Auditing) -> None:
    result = audited({"requirements.txt": "--only-binary :all:\na==1 --hash=sha256:aa\n", "requirements-b.txt": ""})
    assert (unsafe(result), findings(result), result.dependencies) == (set(), set(), [])


def test_the_projects_own_build(audited: Auditing) -> None:
    result = audited({
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "m"\nbackend-path = ["tools"]\n'
                          '[project]\nname = "app"\n[tool.hatch.build.hooks.custom]\npath = "hook.py"\n',
        "setup.py": "from urllib.request import urlopen\nurlopen('https://x.example')\nsetup(cmdclass={})\n",
        "conftest.py": "", "node_modules/gyp/conftest.py": ""})
    own = next(one for one in result.dependencies if one.name == "app")
    assert [hook.how for hook in own.hooks] == ["m from tools in the source tree", "tool.hatch.build.hooks: custom"]
    assert hooks(result, "setuptools")[0][:2] == ("build-requirement", When.BUILD)
    assert {hook.kind for one in result.dependencies if one.name == "project" for hook in one.hooks} == {
        "setup.py", "conftest.py"}
    assert findings(result) == {"hook-fetches"}


def test_a_build_environment_has_versions_of_its_own(audited: Auditing) -> None:
    """What a lock file holds of the same name is another version."""
    result = audited({
        "uv.lock": '[[package]]\nname = "pinned"\nversion = "2.0"\nsource = { registry = "x" }\n'
                   '[[package]]\nname = "free"\nversion = "3.0"\nsource = { registry = "x" }\n',
        "pyproject.toml": '[build-system]\nrequires = ["pinned==1.5; python_version < \'4\'", "free", "some==1.*"]\n'})
    assert {(one.name, one.version) for one in result.dependencies
            if any(hook.kind == "build-requirement" for hook in one.hooks)} == {
        ("pinned", "1.5"), ("free", None), ("some", None)}


def test_what_runs_at_every_start(audited: Auditing) -> None:
    site = "lib/python3.11/site-packages"
    result = audited({
        f"{site}/a.pth": "import a_hook\n", f"{site}/stray.pth": "import os; os.system('x')\n",
        f"{site}/paths.pth": "../elsewhere\n# import nothing\n", f"{site}/sitecustomize.py": "",
        f"{site}/a-1.0.dist-info/RECORD": "a.pth,sha256=x,14\n",
        f"{site}/a-1.0.dist-info/entry_points.txt": "[pytest11]\na = a.plugin\n[console_scripts]\na = a:main\n"})
    a = next(one for one in result.dependencies if one.name == "a")
    assert {(hook.kind, hook.when) for hook in a.hooks} == {("pth", When.START), ("entry-point", When.TEST)}
    assert {(one.rule, one.path) for one in result.findings} == {
        ("pth-unowned", f"{site}/stray.pth"), ("sitecustomize-unowned", f"{site}/sitecustomize.py")}


def test_a_known_pth_without_record_is_no_finding_but_a_changed_one_is(audited: Auditing) -> None:
    known = ("import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; "
             "enabled and __import__('_distutils_hack').add_shim();")
    assert not audited({"dist-packages/distutils-precedence.pth": known}).findings
    assert audited({"dist-packages/distutils-precedence.pth": known + "import evil"}).findings


def test_pip_conf(audited: Auditing) -> None:
    assert unsafe(audited({"pip.conf": "[global]\ntrusted-host = x.example\n"})) == {
        "pip-trusted-host", "pip-only-binary-configured"}
    assert unsafe(audited({"pip.conf": "[global]\nonly-binary = :all:\n"})) == set()


def test_odd_names_are_counted(audited: Auditing) -> None:
    result = audited({"list_constraints.txt": "...\n./..\n./...\n-e .\n./a ./b\n", "requirements.txt": "\\\n"})
    assert not result.skipped


def test_a_wheel_runs_what_starts_with_python_and_no_setup(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a/examples/setup.py", "setup()")
        wheel.writestr("a/conftest.py", "")
        wheel.writestr("a.pth", "import a")
        wheel.writestr("a-1.0.dist-info/RECORD", "a.pth,,\na/conftest.py,,\n")
    result = audit([str(tmp_path / "a-1.0-py3-none-any.whl")])
    assert [(one.name, [hook.kind for hook in one.hooks]) for one in result.dependencies] == [("a", ["pth"])]
    assert not result.findings


def test_an_sdist_runs_its_setup(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a-1.0.tar.gz", "w:gz") as sdist:
        info = tarfile.TarInfo("a-1.0/setup.py")
        info.size = 7
        sdist.addfile(info, io.BytesIO(b"setup()"))
    result = audit([str(tmp_path / "a-1.0.tar.gz")])
    assert [(hook.kind, hook.path) for one in result.dependencies for hook in one.hooks] == [
        ("setup.py", "a-1.0/setup.py")]


def test_paths_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/uv.lock").write_text("[")
    assert audit([str(tmp_path)]).skipped
    assert not audit([str(tmp_path)], ("tests/*",)).skipped
