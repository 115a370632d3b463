"""Is a derivative rule right? Judged without the rule: by differences, and by the complex step."""

from collections.abc import Mapping

import numpy as np

from gradproof.calculus.differentiate import pullback
from gradproof.expr.broadcast import multiply, sum_over
from gradproof.expr.complex import real
from gradproof.expr.evaluate import evaluate
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, postorder, symbol, symbols
from gradproof.expr.product import add

# NumPy's value takes complex numbers but is not the analytic continuation of the real function, or goes
# through complex numbers itself, so that a tiny imaginary part is rounded away.
NOT_ANALYTIC = {
    "abs",
    "angle",
    "cast_int",
    "cholesky",
    "clip",
    "conj",
    "cosm",
    "cosm_frechet",
    "eigenvalues_symmetric",
    "eigenvectors_symmetric",
    "huber",
    "imag",
    "lam_max",
    "lam_min",
    "left_singular",
    "logdet",
    "max",
    "maximum",
    "min",
    "minimum",
    "nan_to_num",
    "nuclear",
    "pinv",
    "polar",
    "real",
    "right_singular",
    "sign",
    "signdet",
    "sinm",
    "sinm_frechet",
    "singular_values",
    "sv_max",
    "sv_min",
    "sv_uv",
    "sv_uv_min",
    "v_max",
    "v_min",
}


def random_array(leaf: Expr, rng: np.random.Generator, domain=(-2.0, 2.0)) -> np.ndarray:
    """An array for a symbol, complex where the symbol is."""
    x = rng.uniform(*domain, size=leaf.shape)
    return x + 1j * rng.uniform(-2.0, 2.0, size=leaf.shape) if is_complex(leaf) else x


def cost_of(weight: Expr, node: Expr) -> Expr:
    """The real scalar Re Σ c∘f."""
    return real(sum_over(multiply(weight, node)))


def weight_of(node: Expr, name: str = "cotangent") -> Expr:
    """A symbol of the node's shape, complex where the node is."""
    return symbol(name, node.shape, facts=("complex",) if is_complex(node) else ())


def paired(gradients, direction) -> float:
    """Re Σ g∘d over all variables."""
    return sum(float(np.real(np.sum(g * direction[x]))) for x, g in gradients.items())


def at_random(node: Expr, rng: np.random.Generator, domain=(-2.0, 2.0)) -> dict[Expr, np.ndarray]:
    """Values of the symbols below ``node`` from the domain, away from every kink."""
    for _ in range(1000):
        values = {s: random_array(s, rng, domain) for s in symbols(node)}
        if far_from_kinks(node, values):
            return values
    raise AssertionError(f"{node.op.name}: no point of the domain {domain} is away from the kinks")


def far_from_kinks(node: Expr, values: Mapping[Expr, np.ndarray]) -> bool:
    for part in postorder(node):
        if part.op.kink is not None:
            distance = part.op.kink(*evaluate(part.args, values))
            if np.size(distance) and np.min(distance) < 0.1:
                return False
    return True


def probe(node: Expr) -> tuple[Expr, list[Expr], list[Expr]]:
    """⟨c, node⟩ for a fresh symbol c, what it is differentiated by, and the gradients that the rules give."""
    weight = weight_of(node)
    inputs = symbols(node)
    table = pullback(node, weight, inputs)
    return cost_of(weight, node), inputs, [table[x] for x in inputs if x in table]


def slope(scalar: Expr, values, direction) -> float:
    """Derivative along a direction by differences of fourth order."""
    h = 1e-4

    def at(t):
        return float(evaluate([scalar], {s: v + t * direction.get(s, 0) for s, v in values.items()})[0])

    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


def complex_slope(scalar: Expr, values, direction) -> float | None:
    """Derivative along a direction by the complex step; None where a value does not take complex numbers."""
    if any(part.op.name in NOT_ANALYTIC for part in postorder(scalar)):
        return None
    h = 1e-30
    moved = {s: v + 1j * h * direction.get(s, 0) for s, v in values.items()}
    try:
        return float(np.imag(evaluate([scalar], moved, np.complex128)[0]) / h)
    except TypeError:
        return None


def first_order_faults(node: Expr, rng: np.random.Generator, domain=(-2.0, 2.0), directions=3) -> list[str]:
    """What is wrong with the derivative of ``node`` by its symbols: nothing, or a line for each finding."""
    scalar, inputs, _ = probe(node)
    weight = weight_of(node)
    table = pullback(node, weight, inputs)
    faults = [
        f"the cotangent of {x} has shape {table[x].shape}, not {x.shape}"
        for x in inputs
        if x in table and table[x].shape != x.shape
    ]
    if faults:
        return faults
    values = at_random(node, rng, domain) | {weight: random_array(weight, rng)}
    known = [x for x in inputs if x in table]
    gradients = dict(zip(known, evaluate([table[x] for x in known], values), strict=True))
    for _ in range(directions):
        direction = {x: random_array(x, rng) for x in inputs}
        derived = paired(gradients, direction)
        measured = slope(scalar, values, direction)
        if not np.isclose(derived, measured, rtol=1e-6, atol=1e-7):
            faults.append(f"the rule gives a slope of {derived}, differences give {measured}")
        exact = complex_slope(scalar, values, direction)
        if exact is not None and not np.isclose(derived, exact, rtol=1e-9, atol=1e-11):
            faults.append(f"the rule gives a slope of {derived}, the complex step gives {exact}")
    return faults


def second_order_faults(node: Expr, rng: np.random.Generator, domain=(-2.0, 2.0)) -> list[str]:
    """The same for the derivative of the derivative."""
    weight = weight_of(node)
    inputs = symbols(node)
    table = pullback(node, weight, inputs)
    if not table or not any(x in table for x in inputs):
        return []
    along = add(*[cost_of(weight_of(x, f"along {x}"), table[x]) for x in inputs if x in table])
    wide = {s: random_array(s, rng, domain) for s in symbols(along)}
    wide |= at_random(node, rng, domain)
    derivatives = pullback(along, symbol("one"), symbols(along))
    wide[symbol("one")] = np.float64(1)
    known = [s for s in symbols(along) if s in derivatives]
    gradients = dict(zip(known, evaluate([derivatives[s] for s in known], wide), strict=True))
    direction = {s: random_array(s, rng) for s in symbols(along)}
    derived = paired(gradients, direction)
    measured = slope(along, wide, direction)
    if np.isclose(derived, measured, rtol=1e-6, atol=1e-6):
        return []
    return [f"the second derivative has a slope of {derived}, differences give {measured}"]
