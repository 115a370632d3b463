"""Settings that every test shares."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A test must not fail because the machine is busy. All else stays as Hypothesis chose it, which derandomises
# on CI.
settings.register_profile("no-deadline", settings(), deadline=None)
settings.load_profile("no-deadline")

# Compiled kernels are kept between runs, but not among the user's.
os.environ.setdefault("GRADPROOF_CACHE", str(Path(__file__).parents[1] / ".pytest_cache" / "kernels"))


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write golden files, not compare")


@pytest.fixture
def golden(request):
    """A function that compares a text with the file of that name in ``golden/`` beside the test."""

    def compare(name: str, text: str) -> None:
        path = Path(request.path).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is missing: run pytest with --update-golden and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return compare
