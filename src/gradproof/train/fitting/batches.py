"""Everything random in training: the streams of random numbers, the order of the examples, dropout's masks.

The three streams are independent, and none depends on the engine or the precision, so that every engine sees
the same numbers. A stream can be put back to where it was when a checkpoint was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.engines.base import Masks
from gradproof.train.network import Network

Seed = int | np.random.SeedSequence | None


@dataclass(frozen=True, slots=True)
class Streams:
    """Independent generators of random numbers, one for each use.

    Attributes
    ----------
    initial : for the parameters
    shuffling : for the order of the examples
    dropout : for the masks
    """

    initial: np.random.Generator
    shuffling: np.random.Generator
    dropout: np.random.Generator

    def state(self) -> dict[str, Any]:
        """Where the two streams stand that are used while training."""
        return {
            "shuffling": self.shuffling.bit_generator.state,
            "dropout": self.dropout.bit_generator.state,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put the streams back to where :meth:`state` found them."""
        self.shuffling.bit_generator.state = state["shuffling"]
        self.dropout.bit_generator.state = state["dropout"]


def streams(seed: Seed) -> Streams:
    """The streams of a seed; None draws a seed from the operating system.

    Examples
    --------
    >>> streams(0).shuffling.permutation(5)
    array([4, 3, 2, 0, 1])
    """
    if isinstance(seed, np.random.SeedSequence):  # its own counter of children stays as it is
        sequence = np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key, pool_size=seed.pool_size)
    else:
        if seed is not None and (isinstance(seed, bool) or int(seed) != seed or seed < 0):
            raise InputError(f"the seed is {seed!r}", fix="give a whole number from 0 on")
        sequence = np.random.SeedSequence(seed)
    return Streams(*(np.random.default_rng(child) for child in sequence.spawn(3)))


def example_order(rng: np.random.Generator | None, count: int) -> npt.NDArray[np.int64]:
    """The order in which an epoch meets the examples: a new permutation, or as they stand without an rng."""
    return np.arange(count) if rng is None else rng.permutation(count)


def batch_sizes(count: int, batch_size: int) -> list[int]:
    """Sizes of the batches of one epoch; the last may be smaller.

    Examples
    --------
    >>> batch_sizes(1437, 400)
    [400, 400, 400, 237]
    """
    return [min(batch_size, count - start) for start in range(0, count, batch_size)]


def dropout_masks(
    network: Network,
    rng: np.random.Generator,
    *,
    copies: int | None = None,
    dtype: npt.DTypeLike = np.bool_,
) -> Masks | None:
    """What draws the masks of a batch, D1, D2, ...: 1 where a unit is kept; None where nothing is dropped.

    Parameters
    ----------
    rng : drawn from in the order of the batches, and of the layers in a batch
    copies : how many networks are trained at once; they share their masks, so that each is trained as it
        would be alone
    dtype : of the masks, which engines take as booleans; what is drawn does not depend on it

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> masks = dropout_masks(dense([4, 3, 2], keep_prob=0.5), np.random.default_rng(0))
    >>> masks(5)["D1"].shape
    (3, 5)
    """
    dropping = [(f"D{k}", layer) for k, layer in enumerate(network.layers, start=1) if layer.keep_prob < 1]
    if not dropping:
        return None

    def draw(count: int) -> dict[str, Array]:
        found = {}
        for name, layer in dropping:
            kept = rng.random((count, layer.units), dtype=np.float32) < layer.keep_prob
            mask = kept.T.astype(dtype, copy=False)  # the numbers of an example lie together, as in the data
            found[name] = mask if copies is None else np.broadcast_to(mask, (copies, *mask.shape))
        return found

    return draw
