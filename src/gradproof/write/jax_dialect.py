"""How JAX spells code: pure functions, so entries are set by ``.at[...]`` and everything can be compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from gradproof.expr.node import Shape
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_helpers import ANYWHERE, CALLS, spelled
from gradproof.write.code_text import ATOM, Code


class JaxDialect(Dialect):
    """JAX's spelling."""

    name: ClassVar[str] = "jax"
    title: ClassVar[str] = "JAX"
    module: ClassVar[str] = "jnp"
    imports: ClassVar[str] = "import jax\nimport jax.numpy as jnp"
    extra_imports: ClassVar[tuple[tuple[str, str], ...]] = (
        ("jax.scipy.special", "import jax.scipy.special"),
        ("jax.scipy.linalg", "import jax.scipy.linalg"),
    )
    templates: ClassVar[Mapping[str, str]] = {
        **{name: call.replace("np.", "jnp.") for name, call in CALLS.items()},
        "sigmoid": "jax.nn.sigmoid({0})",
        "softplus": "jax.nn.softplus({0})",
        "softmax": "jax.nn.softmax({0}, axis={attrs[0]})",
        "logsumexp": "jax.nn.logsumexp({0}, axis={attrs[0]}, keepdims=True)",
        "cast_int": "jnp.asarray({0}).astype(int)",
        "cast_float": "jnp.asarray({0}).astype(float)",
        "expm": "jax.scipy.linalg.expm({0})",
    }
    helpers: ClassVar[Mapping[str, str]] = spelled(ANYWHERE, "jnp")
    missing: ClassVar[frozenset[str]] = frozenset(["sinm", "cosm", "sinhm", "coshm", "logm"]) | frozenset(
        f"{name}_frechet" for name in ["sinm", "cosm", "sinhm", "coshm", "logm"]
    )
    rank_k: ClassVar[bool] = False
    in_place: ClassVar[bool] = False
    vector_first: ClassVar[bool] = True  # XLA copies a transposed matrix before it meets a vector
    einsum_is_fast: ClassVar[bool] = True

    def translated(self, template: str) -> str:
        """A NumPy template with JAX's modules."""
        template = template.replace("scipy.", "jax.scipy.").replace("np.", "jnp.")
        return template.replace(", kind='stable'", "").replace(', kind="stable"', "")

    def inner(self, left: Code, right: Code) -> Code:
        """Σ a∘b over everything."""
        return Code(f"jnp.vdot({left.text}, {right.text})", ATOM)

    def zeros_line(self, name: str, shape: Shape) -> str:
        """An array of which entries are set."""
        return f"{name} = jnp.zeros({self.shape(shape)})"

    def copy_line(self, name: str, text: str) -> str:
        """The array of which entries are set; it is not changed, so it need not be copied."""
        return f"{name} = jnp.asarray({text}, dtype=float)"

    def copied(self, name: str, text: str) -> str:
        """Nothing is changed in place, so nothing is copied."""
        return f"{name} = {text}"

    def store_line(self, name: str, inside: str, value: str) -> str:
        """Entries replaced."""
        return f"{name} = {name}.at[{inside or '...'}].set({value})"

    def add_line(self, name: str, inside: str, value: str, *, repeats: bool) -> str:
        """Values added to entries."""
        return f"{name} = {name}.at[{inside or '...'}].add({value})"

    def definite(self, matrix: str, right: str) -> str:
        """The solution of a system with a positive definite matrix, by its Cholesky factor."""
        return f'jax.scipy.linalg.solve({matrix}, {right}, assume_a="pos")'
