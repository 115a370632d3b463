"""What a network computes and how it is trained, as equations: cost, forward pass, backpropagation, update.

The equations are those of the program that engines run (:mod:`gradproof.train.program`), with their steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gradproof.calculus.backprop import Backprop, Equation, backprop
from gradproof.calculus.blocks import Blocks, blocks, substituted, users_of
from gradproof.calculus.differentiate import pullback
from gradproof.calculus.simplify import simplify
from gradproof.derivation.base import laid_out
from gradproof.derivation.gradient import derivation
from gradproof.derivation.rows import Row, Style
from gradproof.expr.node import Expr, number, postorder, symbol, symbols
from gradproof.expr.product import SUM
from gradproof.train.engines.base import ROWS
from gradproof.train.expression import NetworkExpression, expression
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer
from gradproof.train.program import program
from gradproof.train.updates import updates
from gradproof.write.names import text_name

WORDS = {
    "cross_entropy": ("softmax", "cross-entropy"),
    "binary_cross_entropy": ("sigmoid", "binary cross-entropy"),
    "squared_error": ("identity", "squared error"),
}
_SPELLED = str.maketrans(
    {
        "α": "alpha", "β": "beta", "ε": "epsilon", "λ": "lambda", "μ": "mu", "ρ": "rho", "ω": "omega",
        "₁": "1", "₂": "2",
    }
)  # fmt: skip
_COTANGENT = -2_000_000  # cotangents that only the print names differ from all others by this number


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading, equations under it, and what is said of them."""

    title: str
    rows: list[Row]
    notes: Sequence[str] = ()


def explain(
    network: Network,
    optimizer: Optimizer | None = None,
    *,
    mini_batches: bool = False,
    weighted: bool = False,
    latex: bool = False,
    detail: int = 1,
) -> str:
    """The cost of a network, its forward pass, backpropagation with its steps, and the update, as equations.

    Parameters
    ----------
    network : its layers, loss and penalties
    optimizer : whose update is told, if any
    mini_batches : whether steps are made on fewer examples than there are, so that the m of the data cost and
        the number N of training examples, which penalties per row of the data are divided by, are told apart
    weighted : whether examples have weights
    latex : LaTeX in place of text: an ``aligned`` block for each part, a comment above it
    detail : 2 also derives the gradient by each parameter from the differential of the cost

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> from gradproof.train.penalties import L2
    >>> print(explain(dense([4, 3], penalty=L2(0.7))))
    Network 4 → 3 softmax, 15 parameters, cross-entropy
    <BLANKLINE>
    Cost
      J = −1/m sum(Y ∘ log(A₁)) + λ/(2m) ‖W₁‖²_F
      λ = 0.7
      m is the number of examples, each a column of X and of Y
    <BLANKLINE>
    Forward pass
      Z₁ = W₁ X + b₁ 1ᵀ          3 × m
      A₁ = softmax(Z₁, axis=0)   softmax
    <BLANKLINE>
    Backpropagation (dZ is the gradient of J at Z)
      dA₁ = −1/m Y ⊘ A₁                    derivative of log
      dZ₁ = A₁ ∘ (dA₁ − 1 1ᵀ (dA₁ ∘ A₁))   derivative of softmax
      dZ₁ = 1/m (A₁ − Y)                   dA₁ put in; every column of Y adds up to 1
      dW₁ = dZ₁ Xᵀ + λ/m W₁                product rule, penalty
      db₁ = dZ₁ 1                          product rule
    """
    source = expression(network, weighted=weighted, rows=ROWS if mini_batches else None)
    style = Style(_words(source.lambdas.values()), "J", latex=latex)
    parameters = list(source.parameters.values())
    cut = blocks(source.cost, parameters, source.names)
    swept = backprop(cut, parameters, {}, source.names)
    cost = Row("J", style.plain(cut.definitions[cut.cost]))
    sections = [
        _Section("Cost", [cost], list(_told(source, mini_batches=mini_batches))),
        _Section("Forward pass", list(_forward(network, cut, style)), list(_about_dropout(network))),
        _Section("Backpropagation (dZ is the gradient of J at Z)", list(_backward(cut, swept, style))),
    ]
    if detail > 1:
        sections += _differentials(source, style)
    if optimizer is not None:
        sections += _updates(source, optimizer, latex=latex)
    return _as_latex(network, sections) if latex else _as_text(network, sections)


def _words(letters: Iterable[Expr]) -> dict[Expr, str]:
    """Names of symbols that are Greek letters, as writers take them: λ1 is lambda1."""
    return {letter: letter.name.translate(_SPELLED) for letter in letters}


# --- the parts ------------------------------------------------------------------------------------------


def _told(source: NetworkExpression, *, mini_batches: bool) -> Iterator[str]:
    """What the letters of the cost mean."""
    network = source.network
    if source.network.lambdas:
        yield _numbers(source.network.lambdas)
    where = " in a batch" if mini_batches else ""
    yield f"m is the number of examples{where}, each a column of X and of Y"
    used = {layer.penalty.per for layer in network.layers if layer.penalty}
    if mini_batches and "data" in used:
        yield "N is the number of training examples"
    if mini_batches and "batch" in used:
        yield "a penalty per row of the batch weighs more the smaller the batch is"
    if source.weights is not None:
        yield "s is the row of the examples' weights"


def _forward(network: Network, cut: Blocks, style: Style) -> Iterator[Row]:
    for node in cut.nodes[:-1]:
        value, name = cut.definitions[node], cut.names[node]
        k = int(name.lstrip("ZA").removesuffix("_kept"))
        layer = network.layers[k - 1]
        if name.startswith("Z"):
            said = rf"${layer.units} \times m$" if style.latex else f"{layer.units} × m"
        elif name.endswith("_kept"):
            said = f"inverted dropout, keeps {layer.keep_prob:.6g}"
        else:
            said = WORDS[network.loss][0] if k == network.depth else layer.activation
        yield Row(style.plain(cut.proxies[node]), style.plain(value), said, value)


def _about_dropout(network: Network) -> Iterator[str]:
    masks = [text_name(f"D{k}") for k, layer in enumerate(network.layers, 1) if layer.keep_prob < 1]
    if masks:
        yield (
            f"{', '.join(masks)}: 1 where a unit is kept, else 0, drawn anew for each batch; "
            "a prediction keeps every unit"
        )


def _backward(cut: Blocks, swept: Backprop, style: Style) -> Iterator[Row]:
    """Each equation, with the one before it where it was simplified."""
    users = users_of(cut)
    shown = {e.node for e in swept.equations}
    for equation in swept.equations:
        node = equation.node
        proxy = cut.proxies.get(node, node)
        left = style.plain(equation.symbol)
        by = [n for n in users.get(proxy, ()) if n in cut.active or n is cut.cost]
        passed = [n for n in by if n is not cut.cost and n not in shown]
        if passed:
            yield from _through(cut, passed[0], proxy, left, style)
        yield Row(left, style.plain(equation.value), _rule(cut, equation, by, passed, style), equation.value)


def _through(cut: Blocks, between: Expr, proxy: Expr, left: str, style: Style) -> Iterator[Row]:
    """The two equations that one was made of: the cotangent of the value between, and what it leads to."""
    middle = cut.proxies[between]
    cotangent = symbol(f"d{cut.names[between]}", between.shape, _COTANGENT)
    cost = cut.definitions[cut.cost]
    first = simplify(pullback(cost, number(1), [middle])[middle])
    yield Row(style.plain(cotangent), style.plain(first), _rules_at(cost, middle), first)
    definition = cut.definitions[between]
    second = simplify(pullback(definition, cotangent, [proxy])[proxy])
    second = substituted(second, {definition: middle})
    yield Row(left, style.plain(second), _rules_at(definition, proxy), second)


def _rule(cut: Blocks, equation: Equation, by: Sequence[Expr], passed: Sequence[Expr], style: Style) -> str:
    """What gave an equation."""
    if passed:
        middle = style.plain(symbol(f"d{cut.names[passed[0]]}", passed[0].shape))
        put_in = f"${middle}$ put in" if style.latex else f"{middle} put in"
        is_fact = any(step.rule == "total of one" for step in equation.steps)
        return f"{put_in}; every column of Y adds up to 1" if is_fact else put_in
    leaf = cut.proxies.get(equation.node, equation.node)
    is_parameter = leaf is equation.node
    rules = ["penalty" if n is cut.cost and is_parameter else _rules_at(cut.definitions[n], leaf) for n in by]
    return ", ".join(dict.fromkeys(rules))


def _rules_at(definition: Expr, leaf: Expr) -> str:
    """The rule for the operation that a leaf is an argument of; sums are passed over."""
    inside = {leaf}
    for node in postorder(definition):
        if inside & set(node.args):
            if node.op is not SUM:
                return str(node.op.rule)
            inside.add(node)
    return "sum rule"


def _differentials(source: NetworkExpression, style: Style) -> Iterator[_Section]:
    """The gradient by each parameter, read off the differential of the cost."""
    for leaf in source.parameters.values():
        derived = derivation(source.cost, leaf, {**source.names, **style.names})
        for title, rows in derived.sections(latex=style.latex, style="differential"):
            if title:
                yield _Section(f"{title} by {text_name(leaf.name)}", rows)


def _updates(source: NetworkExpression, optimizer: Optimizer, *, latex: bool) -> Iterator[_Section]:
    """The update of a weight, and of a bias where it is another."""
    notes = [_numbers({"α": optimizer.learning_rate, **optimizer.settings})]
    if any(s.name == "t" for _, value in _equations(optimizer, "W") for s in symbols(value)):
        notes.append("t is the number of the step, from 1 on")
    apart = source.weights is not None  # whose symbol, s, is that of a slot as well
    if slots := [f"{slot}_W" if apart else slot for slot in optimizer.slots]:
        begin = "begins" if len(slots) == 1 else "begin"
        notes.append(f"each parameter has its own {' and '.join(slots)}, which {begin} at 0")
    if optimizer.source:
        notes.append(f"source: {optimizer.source}")
    weights, biases = (_spelled(optimizer, name, apart=apart, latex=latex) for name in "Wb")
    same = [tuple(side.replace("W", "b") for side in row[:2]) for row in weights] == [
        row[:2] for row in biases
    ]
    weights += _shortening(source, optimizer, Style({}, latex=latex))
    if same:
        yield _Section(f"Update ({optimizer.name}), biases likewise", weights, notes)
    else:
        yield _Section(f"Update of weights ({optimizer.name})", weights, notes)
        yield _Section("Update of biases", biases)


def _shortening(source: NetworkExpression, optimizer: Optimizer, style: Style) -> Iterator[Row]:
    """How rows of W are kept from growing, for one layer of each largest norm."""
    layers = dict(enumerate(source.network.layers, start=1))
    longest = {layer.max_norm: k for k, layer in reversed(layers.items()) if layer.max_norm is not None}
    if longest:
        changes = updates(program(source), optimizer)
        for length, k in sorted(longest.items(), key=lambda item: item[1]):
            target, value = changes[f"W{k}"][-1]
            others = [
                text_name(f"W{n}") for n, layer in layers.items() if layer.max_norm == length and n != k
            ]
            said = f"max-norm; {', '.join(others)} likewise" if others else "max-norm"
            yield Row(style.plain(target), style.plain(value), said, value)


def _equations(optimizer: Optimizer, name: str) -> list[tuple[Expr, Expr]]:
    return optimizer.equations(symbol(name, ("n", "k")), symbol(f"d{name}", ("n", "k")))


def _spelled(optimizer: Optimizer, name: str, *, apart: bool, latex: bool) -> list[Row]:
    equations = _equations(optimizer, name)
    names = _words(s for _, value in equations for s in symbols(value))
    for target, _ in equations:
        if (slot := target.name.removesuffix(name)) in optimizer.slots:
            names[target] = f"{slot}_{name}" if apart else slot
    style = Style(names, latex=latex)
    return [Row(style.plain(target), style.plain(value), "", value) for target, value in equations]


def _numbers(values: Mapping[str, float]) -> str:
    return ", ".join(f"{text_name(name.translate(_SPELLED))} = {value:.6g}" for name, value in values.items())


# --- the page -------------------------------------------------------------------------------------------


def _head(network: Network) -> str:
    count = sum(n * (k + 1) for k, n in zip(network.sizes, network.sizes[1:], strict=False))
    names = [layer.activation for layer in network.layers[:-1]]
    output, loss = WORDS[network.loss]
    layers = [f"{n} {name}" for n, name in zip(network.sizes[1:], [*names, output], strict=True)]
    return f"Network {' → '.join([str(network.inputs), *layers])}, {count} parameters, {loss}"


def _as_text(network: Network, sections: Sequence[_Section]) -> str:
    lines = [_head(network)]
    for section in sections:
        lines += ["", section.title, *laid_out(section.rows), *(f"  {note}" for note in section.notes)]
    return "\n".join(lines)


def _as_latex(network: Network, sections: Sequence[_Section]) -> str:
    parts = [f"% {_head(network)}"]
    for section in sections:
        rows = [
            f"{r.left} &= {r.right}" + (f" && \\text{{{_as_words(r.rule)}}}" if r.rule else "")
            for r in section.rows
        ]
        notes = [f"% {note}" for note in section.notes]
        block = ["\\begin{aligned}", " \\\\\n".join(rows), "\\end{aligned}"]
        parts.append("\n".join([f"% {section.title}", *notes, *block]))
    return "\n\n".join(parts)


def _as_words(rule: str) -> str:
    r"""A rule inside ``\text``: formulas in it stand between dollars, names outside may have underscores."""
    return "$".join(part if k % 2 else part.replace("_", r"\_") for k, part in enumerate(rule.split("$")))
