"""What runs a training step: emitted NumPy, a compiled kernel, JAX. All of them run the same assignments."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.engines import blas, compiler
from gradproof.train.engines.base import Engine
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer

__all__ = ["ENGINES", "engine_of"]

# Modules are loaded when an engine is asked for: JAX is heavy, and the others need not be installed.
ENGINES = {
    "numpy": ("gradproof.train.engines.numpy_engine", "NumpyEngine"),
    "compiled": ("gradproof.train.engines.compiled", "CompiledEngine"),
    "jax": ("gradproof.train.engines.jax_engine", "JaxEngine"),
    "reference": ("gradproof.train.engines.reference", "ReferenceEngine"),
}


def engine_of(
    name: str,
    network: Network,
    optimizer: Optimizer,
    dtype: npt.DTypeLike = "float64",
    *,
    copies: int | None = None,
    weighted: bool = False,
    **options: Any,
) -> Engine:
    """The engine of that name.

    Parameters
    ----------
    name : ``"numpy"``, ``"compiled"``, ``"jax"``, ``"reference"``; or ``"auto"``, which is ``compiled`` where
        there are a C compiler and a BLAS, and ``numpy`` elsewhere
    network, optimizer, dtype : what is trained, how, and whether in ``"float64"`` or ``"float32"``
    copies : how many networks are trained at once; None for one, without an axis of copies
    weighted : whether examples have weights
    options : of one engine only

    Raises
    ------
    InputError
        There is no engine of that name, or it cannot run here.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> from gradproof.train.optimizers import Adam
    >>> engine_of("numpy", dense([4, 3, 2]), Adam()).name
    'numpy'
    """
    if name == "auto":
        name = "compiled" if compiler.compiler() and blas.is_available() else "numpy"
    if name not in ENGINES:
        raise InputError(f"there is no engine {name!r}", fix=f"choose one of auto, {', '.join(ENGINES)}")
    module, kind = ENGINES[name]
    try:
        made = getattr(import_module(module), kind)
    except ImportError as error:
        raise InputError(
            f"the engine {name} cannot be loaded: {error}", fix=f"pip install 'gradproof[{name}]'"
        ) from None
    engine: Engine = made(network, optimizer, dtype, copies=copies, weighted=weighted, **options)
    return engine
