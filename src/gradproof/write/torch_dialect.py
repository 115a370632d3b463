"""How PyTorch spells code: ``dim`` for ``axis``, tensors for numbers, new tensors with a type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from gradproof.errors import InputError
from gradproof.expr.elementwise import scalar_exponent
from gradproof.expr.node import Expr
from gradproof.expr.product import PRODUCT, SUM
from gradproof.expr.reduction import axes_of
from gradproof.expr.templates import Template
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_helpers import ANYWHERE, CALLS
from gradproof.write.code_text import ATOM, COMPARISON, Code
from gradproof.write.code_text import PRODUCT as PRODUCT_LEVEL

_RENAMED = {
    "np.": "torch.",
    "torch.sqrt(2)": "2**0.5",
    "scipy.special.": "torch.special.",
    "scipy.linalg.expm": "torch.linalg.matrix_exp",
    "axis=": "dim=",
    "keepdims=": "keepdim=",
    "torch.abs": "torch.abs",
    "torch.power": "torch.pow",
    "torch.mod": "torch.remainder",
    "torch.rint": "torch.round",
    "torch.concatenate": "torch.cat",
    "torch.invert": "torch.logical_not",
}
_SPECTRAL = ["eigenvalues", "eigenbasis", "sinm", "cosm", "sinhm", "coshm", "logm", "sqrtm"]


class TorchDialect(Dialect):
    """PyTorch's spelling."""

    name: ClassVar[str] = "torch"
    title: ClassVar[str] = "PyTorch"
    module: ClassVar[str] = "torch"
    imports: ClassVar[str] = "import torch"
    extra_imports: ClassVar[tuple[tuple[str, str], ...]] = ()
    templates: ClassVar[Mapping[str, str]] = {
        **{name: call.replace("np.", "torch.") for name, call in CALLS.items()},
        "lam_max": "torch.linalg.eigvals({0}).real.amax(-1)",
        "lam_min": "torch.linalg.eigvals({0}).real.amin(-1)",
        "conj": "torch.conj_physical({0})",
        "sigmoid": "torch.sigmoid({0})",
        "softplus": "torch.logaddexp({0}, torch.zeros_like({0}))",
        "logsumexp": "torch.logsumexp({0}, dim={attrs[0]}, keepdim=True)",
        "softmax": "torch.exp({0} - torch.logsumexp({0}, dim={attrs[0]}, keepdim=True))",
        "max": "torch.amax({0}, dim={attrs[0]}, keepdim=True)",
        "min": "torch.amin({0}, dim={attrs[0]}, keepdim=True)",
        "floor_divide": "torch.floor({0} / {1})",
        "mod": "torch.remainder({0}, {1})",
        "cast_int": "({0}).to(torch.int64)",
        "cast_float": "1.0 * {0}",
        "gammaln": "torch.lgamma({0})",
        "halved_lower": "torch.tril({0}) - 0.5 * torch.diag(torch.diag({0}))",
        "argsort": "torch.argsort({0}, dim={attrs[0][0]}, stable=True)",
        "cumsum": "torch.cumsum({0}, dim={attrs[0][0]})",
        "reverse_cumsum": "torch.flip(torch.cumsum(torch.flip({0}, ({attrs[0][0]},)), dim={attrs[0][0]}), "
        "({attrs[0][0]},))",
        "expm": "torch.linalg.matrix_exp({0})",
        "pinv": "torch.linalg.pinv({0})",
    }
    helpers: ClassVar[Mapping[str, str]] = {
        name: source.replace("np.array([0])", "torch.tensor([0])")
        .replace("np.take(g, torch.tensor([0]), axis=axis)", "torch.index_select(g, axis, torch.tensor([0]))")
        .replace("np.concatenate", "torch.cat")
        .replace("np.diff", "torch.diff")
        .replace("axis=axis", "dim=axis")
        .replace("np.", "torch.")
        for name, source in ANYWHERE.items()
    }
    missing: ClassVar[frozenset[str]] = frozenset([*_SPECTRAL, *(f"{n}_frechet" for n in _SPECTRAL)])
    rank_k: ClassVar[bool] = False
    in_place: ClassVar[bool] = True
    einsum_is_fast: ClassVar[bool] = True

    def typed(self) -> str:
        """The type and the device of the first array among the arguments."""
        if not self.reference:
            return ", dtype=torch.float64"
        return f", dtype={self.reference}.dtype, device={self.reference}.device"

    def translated(self, template: str) -> str:
        """A NumPy template in PyTorch's words."""
        template = re.sub(r"np\.(var|std)\(\{0\}, ", r"np.\1({0}, correction=0, ", template)
        template = template.replace("np.linalg.svd({0}, compute_uv=False)", "torch.linalg.svdvals({0})")
        for old, new in _RENAMED.items():
            template = template.replace(old, new)
        if re.search(r"scipy|take_along_axis|torch\.(block|array|tri)\(|\.reduce\(", template):
            raise InputError("this operation has no PyTorch code", where=template, fix="write NumPy code")
        return template

    # --- arrays made from nothing ---------------------------------------------------------------------

    def arange(self, count: int) -> str:
        """The tensor 0, 1, ..., count − 1."""
        return f"torch.arange({count})"

    def array(self, text: str, dtype: str = "") -> str:
        """A literal tensor; numbers take the type of the arguments, whole numbers keep theirs."""
        kind = self.typed() if "." in text or "nan" in text or "inf" in text else ""
        return f"torch.tensor({text.replace('nan', 'torch.nan').replace('inf', 'torch.inf')}{kind})"

    # --- one array ------------------------------------------------------------------------------------

    def turned(self, code: Code, axes: Sequence[int]) -> str:
        """Axes in another order."""
        if len(axes) == 2:
            return f"{code.at(ATOM)}.T"
        return f"{code.at(ATOM)}.permute{tuple(axes)}"

    def sum(self, text: str, axes: Sequence[int] | None, keepdims: bool = False) -> str:
        """Sum over axes; None for all of them."""
        if keepdims and axes is None:
            return f"torch.sum({text}).reshape(()).expand(())"
        kept = ", keepdim=True" if keepdims else ""
        return f"torch.sum({text}{self.axis(axes)}{kept})"

    @staticmethod
    def axis(axes: Sequence[int] | None) -> str:
        """The argument that names the axes."""
        return "" if axes is None else f", dim={axes[0] if len(axes) == 1 else tuple(axes)}"

    def stacked(self, comprehension: str) -> str:
        """Tensors along a new last axis."""
        return f"torch.stack([{comprehension}], dim=-1)"

    def sqrt(self, text: str) -> str:
        """Square root, of a number too."""
        plain = text.replace(".", "").isdigit() or text in self.sizes.values()
        return f"{text}**0.5" if plain else f"torch.sqrt({text})"

    def concatenated(self, blocks: str, axis: object) -> str:
        """Blocks beside or below each other."""
        return f"torch.cat([{blocks}], dim={axis})"

    def taken(self, base: str, template: Template, inside: str) -> str:
        """Entries read by an index; a slice that runs backwards is a flip."""
        flips = [
            k for k, item in enumerate(template) if item[0] == "slice" and item[3] is not None and item[3] < 0
        ]
        if not flips:
            return f"{base}[{inside or '...'}]"
        if any(template[k][1:] != (None, None, -1) for k in flips) or any(i[0] == "new" for i in template):
            raise InputError("PyTorch has no slices with this negative step", where=f"{base}[{inside}]")
        flipped = f"torch.flip({base}, {tuple(flips)})"
        rest = inside.replace("::-1", ":")
        return flipped if set(rest) <= set(":, ") else f"{flipped}[{rest}]"

    # --- two arrays -----------------------------------------------------------------------------------

    def inner(self, left: Code, right: Code) -> Code:
        """Σ a∘b over everything."""
        return Code(f"torch.sum({left.at(PRODUCT_LEVEL)} * {right.at(ATOM)})", ATOM)

    def definite(self, matrix: str, right: str) -> str:
        """The solution of a system with a positive definite matrix, by its Cholesky factor."""
        return f"torch.cholesky_solve({right}, torch.linalg.cholesky({matrix}))"

    # --- statements -----------------------------------------------------------------------------------

    def copy_line(self, name: str, text: str) -> str:
        """A copy to be written to."""
        return f"{name} = ({text}).clone()"

    def copied(self, name: str, text: str) -> str:
        """A copy that keeps its type."""
        return f"{name} = {text}.clone()"

    def add_line(self, name: str, inside: str, value: str, *, repeats: bool) -> str:
        """Values added to entries."""
        if not repeats:
            return super().add_line(name, inside, value, repeats=repeats)
        if ":" in inside or "None" in inside or re.search(r"(^|\), )\d+(, |$)|, \d+$", inside):
            raise InputError("PyTorch adds to entries named by index arrays only", where=f"{name}[{inside}]")
        return f"{name}.index_put_(({inside},), {value}, accumulate=True)"

    def on_diagonal(self, name: str, letters: str, spread: str, value: Code) -> str:
        """The statement that adds to the entries where indices agree, through views of the diagonals."""
        view, now = name, list(letters)
        while len(set(now)) < len(now):
            second = next(k for k, c in enumerate(now) if c in now[:k])
            first = now.index(now[second])
            letter = now[second]
            view += f".diagonal(dim1={first}, dim2={second})"
            now = [c for k, c in enumerate(now) if k not in (first, second)] + [letter]
        order = tuple(now.index(c) for c in spread)
        if order != tuple(range(len(order))):
            view += f".permute{order}"
        return f"{view}.add_({value.text})"

    # --- arguments ------------------------------------------------------------------------------------

    def as_array(self, name: str, order: Sequence[Expr]) -> str | None:
        """Functions take tensors only, so a number that is a function's argument becomes one."""
        scalar = next((n for n in order if n.name == name), None)
        users = [n for n in order if scalar in n.args and n.op not in (PRODUCT, SUM)]
        if all(n.op.name == "power" and scalar_exponent(n.args[1]) not in (None, 0.5, -0.5) for n in users):
            below = [u for n in order if scalar in n.args for u in order if n in u.args and not n.shape]
            if all(n.op in (PRODUCT, SUM) for n in below):
                return None
        return f"{name} = torch.as_tensor({name}{self.typed()})"

    def special(self, node: Expr, code_of: Callable[[Expr], Code]) -> Code | None:
        """max(x, 0) as ``torch.relu``, and with another number as ``torch.clamp``; one axis of a softmax."""
        if node.op.name in ("maximum", "minimum"):
            return self._clamped(node, code_of)
        if node.op.name == "softmax" and len(axes_of(node)) == 1:
            return Code(
                f"torch.softmax({code_of(node.args[0]).text}, dim={axes_of(node)[0]})", ATOM, node.shape
            )
        if node.op.name in ("logaddexp", "arctan2"):
            return self._of_tensors(node, code_of)
        if node.op.name in ("any", "all", "prod", "argmax", "argmin"):
            return self._over_axes(node, code_of)
        return None

    def _clamped(self, node: Expr, code_of: Callable[[Expr], Code]) -> Code:
        for k in (0, 1):
            value = scalar_exponent(node.args[k])
            if value is not None:
                other = code_of(node.args[1 - k])
                low = "min" if node.op.name == "maximum" else "max"
                if value == 0 and low == "min":
                    return Code(f"torch.relu({other.text})", ATOM, other.shape)
                return Code(f"torch.clamp({other.text}, {low}={float(value)!r})", ATOM, other.shape)
        return self._of_tensors(node, code_of)

    def _of_tensors(self, node: Expr, code_of: Callable[[Expr], Code]) -> Code:
        codes = [self.full(code_of(a), a.shape) for a in node.args]
        return Code(f"torch.{node.op.name}({codes[0].text}, {codes[1].text})", ATOM, node.shape)

    def _over_axes(self, node: Expr, code_of: Callable[[Expr], Code]) -> Code:
        axes = tuple(sorted(axes_of(node)))
        text = self.full(code_of(node.args[0]), node.args[0].shape).at(COMPARISON)
        if node.op.name.startswith("arg") and len(axes) != 1:
            return Code(f"torch.{node.op.name}({text}).reshape({self.shape(node.shape)})", ATOM, node.shape)
        for axis in axes:
            text = f"torch.{node.op.name}({text}, dim={axis}, keepdim=True)"
        return Code(text, ATOM, node.shape, node.op.name in ("any", "all"))
