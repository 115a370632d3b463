"""Public names that are loaded when used, and what is said where a library is missing."""

import subprocess
import sys

import pytest

import gradproof
from gradproof.lazy import lazy_names


def test_a_name_is_loaded_once_and_kept():
    package = {"__name__": "here"}
    attribute = lazy_names(package, {"InputError": "gradproof.errors"})
    assert attribute("InputError") is gradproof.InputError
    assert package["InputError"] is gradproof.InputError


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'here' has no attribute 'nothing'"):
        lazy_names({"__name__": "here"}, {})("nothing")


def test_what_is_missing_is_said_with_what_to_install():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "try:\n    from gradproof import NetworkClassifier\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "NetworkClassifier needs scikit-learn, which is not installed" in done.stdout
    assert "fix: pip install 'gradproof[train]'" in done.stdout
