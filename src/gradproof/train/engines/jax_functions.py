"""The emitted functions, compiled: an epoch is one loop on the device."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from gradproof.train.engines.jax_source import JaxSource
from gradproof.train.parallel import Placement

Arrays = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Functions:
    """What the engine calls. Data have examples along rows: X (N, n_x), Y (N, n_y), weights (N, 1).

    Attributes
    ----------
    scalars : callable ``(t, α, settings) -> numbers``, NumPy
    steps : callable ``(parameters, slots, data, order, scalars, masks, lambdas, rows)`` that takes as many
        steps as ``order`` (steps, batch size) has rows, and returns parameters, slots, each batch's data cost
    more_steps : the same, but the parameters and slots that it is given are used up
    gradients : callable ``(data, parameters, lambdas, rows)``: data cost, penalty, gradients, without dropout
    predict : callable ``(X, parameters) -> A``
    """

    scalars: Callable[..., Any]
    steps: Callable[..., Any]
    more_steps: Callable[..., Any]
    gradients: Callable[..., Any]
    predict: Callable[..., Any]


@lru_cache(maxsize=64)
def functions(source: JaxSource, placement: Placement, copies: bool, copied_masks: bool) -> Functions:
    """Compile the emitted functions, for several networks at once where there are copies.

    Equal sources share what was compiled: λ, α and the optimiser's numbers are no part of them.

    Parameters
    ----------
    copies : whether parameters, slots, λ and results have a leading axis
    copied_masks : whether dropout's masks have it too
    """
    import jax

    space = _executed(source.text)
    lead = 0 if copies else None
    over = _over_copies if copies else _as_it_is
    without_dropout = space["gradients_without_dropout" if source.masks else "gradients"]

    def gradients(data: Arrays, parameters: Arrays, lambdas: Arrays, rows: Any) -> Any:
        batch = [placement.split(each, 0).T for each in data]

        def one(parameters: Arrays, lambdas: Arrays) -> Any:
            return without_dropout(*batch, *parameters, *lambdas, rows)

        return [placement.whole(each) for each in over(one, (lead, lead))(parameters, lambdas)]

    def predict(X: Any, parameters: Arrays) -> Any:
        return over(lambda parameters: space["predict"](X.T, *parameters), (lead,))(parameters)

    steps = _steps(space, source, placement, over, (lead, lead, lead if copied_masks else None, lead))
    return Functions(
        space["scalars"], jax.jit(steps), jax.jit(steps, donate_argnums=(0, 1)), jax.jit(gradients),
        jax.jit(predict),
    )  # fmt: skip


def _steps(
    space: dict[str, Any], source: JaxSource, placement: Placement, over: Callable[..., Any],
    axes: tuple[int | None, ...],
) -> Callable[..., Any]:  # fmt: skip
    """The loop over batches."""
    import jax

    count = len(source.parameters)

    def steps(
        parameters: Arrays, slots: Arrays, data: Arrays, order: Any, scalars: Any, masks: Arrays,
        lambdas: Arrays, rows: Any,
    ) -> Any:  # fmt: skip
        def body(state: Any, given: Any) -> Any:
            chosen, numbers, kept = given
            chosen = placement.split(chosen, 0)
            batch = [each.at[chosen].get(mode="promise_in_bounds").T for each in data]
            dtype = batch[0].dtype
            kept = [placement.split(mask, mask.ndim - 2).swapaxes(-1, -2).astype(dtype) for mask in kept]

            def one(parameters: Arrays, slots: Arrays, kept: Arrays, lambdas: Arrays) -> Any:
                cost, _, *found = space["gradients"](*batch, *parameters, *kept, *lambdas, rows)
                return cost, *space["update"](*parameters, *found, *slots, *numbers)

            cost, *new = map(placement.whole, over(one, axes)(*state, kept, lambdas))
            return (new[:count], new[count:]), cost

        state, costs = jax.lax.scan(body, (list(parameters), list(slots)), (order, scalars, masks))
        return (*state, costs)

    return steps


def _over_copies(function: Callable[..., Any], axes: tuple[Any, ...]) -> Callable[..., Any]:
    import jax

    def mapped(*groups: Any) -> Any:
        used = tuple(axis if len(group) else None for axis, group in zip(axes, groups, strict=True))
        return jax.vmap(function, in_axes=used)(*groups)

    return mapped


def _as_it_is(function: Callable[..., Any], _: tuple[Any, ...]) -> Callable[..., Any]:
    return function


def _executed(text: str) -> dict[str, Any]:
    """The names that a module of ours defines; its lines are shown in tracebacks and profiles."""
    name = f"<emitted by gradproof, {sha256(text.encode()).hexdigest()[:8]}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space: dict[str, Any] = {}
    exec(compile(text, name, "exec"), space)
    return space
