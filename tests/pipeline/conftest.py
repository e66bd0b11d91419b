"""What all of the pipeline's tests need."""

import pytest


@pytest.fixture(autouse=True)
def _no_system(no_system: None) -> None:
    """See tests/conftest.py."""
