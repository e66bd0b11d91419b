"""What all tests of guards need."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve()


@pytest.fixture(scope="session", autouse=True)
def _in_sight() -> None:
    """Guards hide /tmp, and so would hide the interpreter and the scripts of these tests."""
    if HERE.is_relative_to("/tmp") or HERE.is_relative_to("/var/tmp"):
        pytest.fail("guards hide /tmp, and with it this checkout: clone it elsewhere to run these tests")
