"""What to call things in a diagnosis: the user's own names, and symbols for factors."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping

from gradproof.calculus.simplify import simplify
from gradproof.checking.align import gradient_names
from gradproof.checking.diagnosis.bench import Bench
from gradproof.checking.diagnosis.scalars import Scalars
from gradproof.checking.spans import origin_of, statement_of
from gradproof.expr.broadcast import multiply
from gradproof.expr.node import SYMBOL, Expr, postorder, symbol
from gradproof.expr.substitute import substitute
from gradproof.read.trace import Binding, Origin, Trace
from gradproof.write import to_text

MOST_NODES = 60
"""Expressions of more nodes are printed as they are; simplifying them would take long and help little."""


class Names:
    """The user's names of forward variables, of the candidate's locals, and of hyperparameters.

    Attributes
    ----------
    forward : names of the cost's variables that depend on the parameters
    locals : every name the candidate bound a node to, in order
    all : one display name per node
    carried : nodes that are right by themselves; where such a node is a mistake, it is the last name it was
        given that is wrong, as something was to be done to it before
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        trace = bench.truth.trace
        candidate = bench.findings.candidate_trace or trace
        self.forward: dict[Expr, str] = {p: trace.names.get(p, n) for n, p in trace.parameters.items()}
        self._collect(trace, self.forward, set(bench.truth.cotangents))
        self.locals: dict[Expr, list[Binding]] = {}
        for binding in candidate.bindings:
            self.locals.setdefault(binding.expr, []).append(binding)
        self.places: dict[Expr, list[Origin]] = {**trace.places, **candidate.places}
        self.all: dict[Expr, str] = {
            **trace.names, **{e: b[0].short for e, b in self.locals.items()}, **self.forward
        }
        for name, root in bench.expressions.items():
            if root not in self.all and root.op is not SYMBOL:
                own = bench.parameters.get(name)
                self.all[root] = f"d{name if own is None else self.forward.get(own, name)}"
        self.carried: set[Expr] = set()
        self._entry = candidate.bindings[-1].function if candidate.bindings else ""
        self.scalars = Scalars(bench, self.all)
        self.spelled: dict[Expr, Expr] = {}

    @staticmethod
    def _collect(trace: Trace, table: dict[Expr, str], active: set[Expr]) -> None:
        for binding in trace.bindings:
            if binding.expr in active:
                table.setdefault(binding.expr, binding.short)

    def spell(self, matched: Mapping[Expr, tuple[Expr, float]]) -> None:
        """Write derived cotangents by the user's variables: ∂cost/∂Z2 is ``dZ2``, or ``1/m dZ2``."""
        for node, (z, scale) in matched.items():
            g = self.bench.truth.cotangents[z]
            if node in self.locals and g not in self.spelled and g is not node:
                factor = self.scalars.expression(1 / scale)
                self.spelled[g] = multiply(factor, node)

    def adopt(self, table: Mapping[Expr, Expr]) -> None:
        """Give rebuilt nodes the names and places of the nodes they were rebuilt from."""
        for old, new in table.items():
            if old is new:
                continue
            if old in self.places:
                self.places.setdefault(new, self.places[old])
            if old in self.locals:
                self.locals.setdefault(new, self.locals[old])
            if old in self.all and old.args:
                self.all.setdefault(new, self.all[old])

    def parameter(self, name: str) -> str:
        """What the user calls a parameter: its key, or the variable that holds a lone array."""
        own = self.bench.parameters.get(name)
        return name if own is None else self.forward.get(own, name)

    def gradient(self, parameter: str) -> str:
        """How the candidate calls the gradient of a parameter."""
        root = self.bench.expressions.get(parameter)
        shown = self.parameter(parameter)
        wanted = gradient_names(shown)[1:]
        bound = [b.short for b in self.locals.get(root, [])] if root is not None else []
        return next((b for b in bound if b in wanted), bound[0] if bound else f"d{shown}")

    def local(self, node: Expr, meant: Expr | None = None) -> str:
        """The candidate's name of a node, or empty; the one that announces ``meant`` if it has several."""
        binding = self.binding(node, meant)
        return binding.short if binding else ""

    def binding(self, node: Expr, meant: Expr | None = None) -> Binding | None:
        """The assignment that named a node."""
        bindings = self.locals.get(node, [])
        if meant is not None and meant in self.forward:
            wanted = {g.lower() for g in gradient_names(self.forward[meant])[1:]}
            bindings = [b for b in bindings if b.short.lower() in wanted] or bindings
        if node in self.carried and len(bindings) > 1:
            inside = [b for b in bindings if b.function != self._entry] or bindings
            return ([b for b in inside if "[" not in b.short] or inside)[-1]
        return bindings[0] if bindings else None

    def bound_at(self, node: Expr, place: Origin) -> str:
        """The name a node was bound to on the lines of ``place``, or empty."""
        return next((b.short for b in self.locals.get(node, ())
                     if b.file == place.file and place.line <= b.line <= place.end_line), "")

    def enclosing(self, node: Expr, roots: Iterable[Expr]) -> Expr:
        """The first named node that is computed from ``node``, or itself."""
        users: dict[Expr, list[Expr]] = {}
        for n in postorder(*roots):
            for a in n.args:
                users.setdefault(a, []).append(n)
        queue, seen = deque([node]), {node}
        while queue:
            current = queue.popleft()
            if current in self.locals:
                return current
            for user in users.get(current, []):
                if user not in seen:
                    seen.add(user)
                    queue.append(user)
        return node

    def meant_for(self, node: Expr) -> list[Expr]:
        """Forward variables whose gradient a local's name announces: ``dZ2`` announces ``Z2``."""
        own = {b.short.lower() for b in self.locals.get(node, [])}
        if not own:
            return []
        return [z for z, name in self.forward.items()
                if own.intersection(g.lower() for g in gradient_names(name)[1:])]

    def text(self, expr: Expr, opened: Collection[Expr] = ()) -> str:
        """An expression in matrix notation and the user's names; ``opened`` are shown by their content."""
        spelled = {g: e for g, e in self.spelled.items() if g not in opened}
        written = substitute(expr, spelled)
        table = [(e, n) for e, n in self.all.items() if e not in opened and e.op is not SYMBOL]
        atoms = {e: symbol(n, e.shape, uid=k + 1) for k, (e, n) in enumerate(table)}
        leaves = {e: n for e, n in self.all.items() if e.op is SYMBOL}
        closed = substitute(written, atoms)
        short = len(postorder(closed)) <= MOST_NODES
        return to_text(simplify(closed) if short else closed, leaves)

    def origin(self, node: Expr, near: Binding | None = None) -> Origin | None:
        """Where a node stands in the candidate's source; next to the assignment ``near`` if it has
        several.
        """
        return origin_of(node, self.places, self.locals, near)

    def span_of_variable(self, node: Expr, meant: Expr | None = None) -> Origin | None:
        """The statement that bound a variable, else where its value was computed."""
        binding = self.binding(node, meant)
        return statement_of(self.origin(node, binding), binding)

    def factor(self, value: float) -> str:
        """A constant in symbols: 2, ½, -1, m, 1/m, λ/m; digits if none fits."""
        return self.scalars.text(value)


