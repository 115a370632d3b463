"""Every word of the notation can be called as its record says."""

import inspect

import pytest

from gradproof.read.notation import vocabulary


@pytest.mark.parametrize("function", list(vocabulary.functions()), ids=lambda f: f.name)
def test_the_builder_takes_the_parameters_of_the_record(function):
    given = [p.name.lower() for p in function.parameters]
    taken = inspect.signature(function.build).parameters
    assert given == [name for name in taken if name != "name"][: len(given)]
    for parameter in function.parameters:
        has_default = taken[parameter.name.lower()].default is not inspect.Parameter.empty
        assert has_default != parameter.required


def test_the_documentation_has_every_function_once():
    families = vocabulary.documented()
    signatures = [entry["signature"] for _, entries in families for entry in entries]
    assert len(signatures) == len(set(signatures)) == len(list(vocabulary.functions()))
    assert all(entry["meaning"] for _, entries in families for entry in entries)


def test_modules_before_a_name_are_dropped():
    assert vocabulary.find("np.linalg.norm") is vocabulary.find("norm")
    assert vocabulary.find("torch.var") is not vocabulary.find("np.var")
