"""The checkers people use today, each asked the same question: is this gradient of this cost right?

Every peer takes (cost, grad, params) and returns True (it accepts the gradient), False (it
objects) or, for a peer that gives no verdict, the number it returns. A peer whose package is not
installed is absent from `PEERS` and named in `MISSING`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

try:
    import scipy.optimize
except ImportError:
    scipy = None
try:
    import autograd.extend
    import autograd.test_util
except ImportError:
    autograd = None
try:
    import torch
except ImportError:
    torch = None
try:
    import jax
    import jax.test_util
except ImportError:
    jax = None

Outcome = bool | float
Check = Callable[[Any, Any, dict[str, np.ndarray]], Outcome]


def flat(values: dict[str, np.ndarray], params: dict[str, np.ndarray]) -> np.ndarray:
    """Put parameters or their gradients in one vector, in the order of `params`."""
    return np.concatenate([np.ravel(values[name]) for name in params])


def unflat(vector: np.ndarray, params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Inverse of `flat`, with the shapes of `params`."""
    ends = np.cumsum([value.size for value in params.values()])[:-1]
    pieces = np.split(vector, ends)
    return {k: p.reshape(v.shape) for (k, v), p in zip(params.items(), pieces, strict=True)}


def _accepted(check: Callable[[], Any], objections: type[Exception]) -> bool:
    """Run a peer that raises when it objects, without its printed report."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check()
        except objections:
            return False
    return True


def autograd_check(cost: Any, grad: Any, params: dict[str, np.ndarray]) -> bool:
    """HIPS autograd's check_grads on a primitive whose derivative is the hand-written gradient."""

    @autograd.extend.primitive
    def f(vector: np.ndarray) -> Any:
        return cost(unflat(vector, params))

    def derivative(_: Any, vector: np.ndarray) -> Any:
        return lambda g: g * flat(grad(unflat(vector, params)), params)

    autograd.extend.defvjp(f, derivative)
    checker = autograd.test_util.check_grads(f, modes=["rev"], order=1)
    return _accepted(lambda: checker(flat(params, params)), AssertionError)


def _torch_check(fast: bool) -> Check:
    def check(cost: Any, grad: Any, params: dict[str, np.ndarray]) -> bool:
        names = list(params)

        class Candidate(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *tensors: Any) -> Any:
                ctx.save_for_backward(*tensors)
                arrays = {k: t.detach().numpy() for k, t in zip(names, tensors, strict=True)}
                return torch.tensor(cost(arrays), dtype=tensors[0].dtype)

            @staticmethod
            def backward(ctx: Any, upstream: Any) -> Any:
                tensors = ctx.saved_tensors
                arrays = {k: t.detach().numpy() for k, t in zip(names, tensors, strict=True)}
                grads = grad(arrays)
                return tuple(upstream * torch.as_tensor(grads[name], dtype=upstream.dtype) for name in names)

        inputs = [torch.tensor(value, requires_grad=True) for value in params.values()]
        return _accepted(
            lambda: torch.autograd.gradcheck(Candidate.apply, inputs, fast_mode=fast), RuntimeError
        )

    return check


def jax_check(cost: Any, grad: Any, params: dict[str, np.ndarray]) -> bool:
    """JAX's check_grads on a custom_vjp that calls back to the hand-written code."""
    dtype = next(iter(params.values())).dtype
    value_type = jax.ShapeDtypeStruct((), dtype)
    grad_type = {k: jax.ShapeDtypeStruct(v.shape, v.dtype) for k, v in params.items()}

    def cost_back(p: Any) -> np.ndarray:
        return np.asarray(cost({k: np.asarray(v) for k, v in p.items()}), dtype=dtype)

    def grad_back(p: Any) -> Any:
        grads = grad({k: np.asarray(v) for k, v in p.items()})
        return {k: np.asarray(grads[k], dtype=dtype) for k in p}

    @jax.custom_vjp
    def f(p: Any) -> Any:
        return jax.pure_callback(cost_back, value_type, p)

    def forward(p: Any) -> Any:
        return f(p), p

    def backward(p: Any, upstream: Any) -> Any:
        grads = jax.pure_callback(grad_back, grad_type, p)
        return ({k: upstream * g for k, g in grads.items()},)

    f.defvjp(forward, backward)
    return _accepted(lambda: jax.test_util.check_grads(f, (params,), order=1, modes=["rev"]), AssertionError)


def scipy_check(cost: Any, grad: Any, params: dict[str, np.ndarray]) -> float:
    """scipy's check_grad: a number, no verdict."""
    return float(
        scipy.optimize.check_grad(
            lambda v: cost(unflat(v, params)),
            lambda v: flat(grad(unflat(v, params)), params),
            flat(params, params),
        )
    )


PEERS: dict[str, Check] = {}
MISSING: list[str] = []
EXPENSIVE = {"torch slow", "scipy"}
"""Peers that evaluate the cost once or twice per parameter."""


def _register() -> None:
    known: dict[str, tuple[Any, Check]] = {
        "autograd": (autograd, autograd_check),
        "torch slow": (torch, _torch_check(fast=False)),
        "torch fast": (torch, _torch_check(fast=True)),
        "jax": (jax, jax_check),
        "scipy": (scipy, scipy_check),
    }
    for name, (package, check) in known.items():
        if package is None:
            MISSING.append(name)
        else:
            PEERS[name] = check
    if torch is not None:
        torch.set_num_threads(1)
    if jax is not None:
        jax.config.update("jax_enable_x64", True)


_register()


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the options, with ``--peers`` among them: the ones asked for that are installed."""
    parser.add_argument("--peers", nargs="*", default=list(PEERS), help="none given: gradproof alone")
    options = parser.parse_args()
    options.peers = [peer for peer in options.peers if peer in PEERS]
    return options


def describe() -> str:
    """One line: the peers here with their versions, and those not installed."""
    packages = {"autograd": autograd, "torch": torch, "jax": jax, "scipy": scipy}
    versions = []
    for name, package in packages.items():
        if package is not None:
            from_module = getattr(package, "__version__", None)
            versions.append(f"{name} {from_module or ''}".strip())
    absent = f"; not installed: {', '.join(MISSING)}" if MISSING else ""
    return f"peers: {', '.join(versions) or 'none'}{absent}"
