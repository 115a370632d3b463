"""Finding what there is to check in a file, or saying what is missing."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from gradproof.checking.conventions import combined, factories, layers, names, network, objects, pairs
from gradproof.checking.conventions.context import Context, context_of
from gradproof.checking.conventions.plan import REQUIRED, Plan, Problem
from gradproof.checking.conventions.settle import Failure, settle
from gradproof.checking.inputs.functions import Function, methods_of, own_nodes
from gradproof.checking.inputs.solve import Unusable
from gradproof.checking.inputs.supply import Supply, supply_of
from gradproof.errors import InputError
from gradproof.read.files import UserFile, missing_module

MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Convention:
    """A way in which people lay out a cost and its gradient.

    Attributes
    ----------
    name : a short name
    looks_like : an example of use
    plans : everything in a file that is laid out like this
    """

    name: str
    looks_like: str
    plans: Callable[[Context], list[Plan]]


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        network.TITLE,
        "forward_propagation(X, parameters) -> (A, cache), compute_cost(A, Y), backward_propagation(cache)",
        network.plans,
    ),
    Convention(combined.TITLE, "f(theta, X, y, lambd) -> (cost, grad)", combined.plans),
    Convention(
        layers.TITLE, "affine_forward(x, w, b) -> (out, cache), affine_backward(dout, cache)", layers.plans
    ),
    Convention(pairs.TITLE, "cost(params) -> number, grad(params) -> gradients", pairs.plans),
    Convention(factories.TITLE, "make_loss(X, y) -> loss, with loss(theta) -> (cost, grad)", factories.plans),
    Convention(
        objects.TITLE,
        "class with loss(X, y) -> (loss, grads), or forward(x) and backward(dout)",
        objects.plans,
    ),
)


@dataclass(slots=True)
class Found:
    """Problems in a file, and plans for which no inputs were found."""

    problems: list[Problem] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    context: Context | None = None
    supply: Supply | None = None


def find_problems(user: UserFile, *, function: str | None = None, data: str | None = None) -> Found:
    """Everything in a file that can be checked.

    Parameters
    ----------
    function : check only what involves the function of this name
    data : a .npz file with inputs

    Raises
    ------
    InputError
        Nothing can be checked; the message lists what was seen and what to add.
    """
    context = context_of(user, function)
    if not context.functions and not context.classes:
        raise _nothing_defined(user)
    if function is not None:
        _must_exist(function, context)
    supply = supply_of(user, data)
    found = Found(context=context, supply=supply)
    for plan in _chosen(context):
        result = settle(plan, user, supply, context.functions)
        if isinstance(result, Problem):
            found.problems.append(result)
        else:
            found.failures.append(result)
    if not found.problems:
        raise _failed(found, user) if found.failures else _nothing_found(context, user)
    return found


def find_costs(user: UserFile, *, function: str | None = None, data: str | None = None) -> Found:
    """What :func:`find_problems` finds, or, where there are no gradients yet, the costs alone.

    Raises
    ------
    InputError
        No cost was found, or none runs.
    """
    context = context_of(user, function)
    alone = [
        f
        for f in context.functions.values()
        if f.name == function or (not function and pairs.is_cost_function(f))
    ]
    try:
        return find_problems(user, function=function, data=data)
    except InputError:
        if not alone:
            raise
    supply = supply_of(user, data)
    found = Found(context=context, supply=supply)
    for cost in alone:
        result = settle(pairs.cost_plan(cost), user, supply, context.functions)
        if isinstance(result, Problem):
            found.problems.append(result)
        else:
            found.failures.append(result)
    if not found.problems:
        raise _failed(found, user)
    return found


def _chosen(context: Context) -> list[Plan]:
    """Plans of all conventions; a candidate belongs to the first convention that claims it."""
    claimed: set[str] = set()
    chosen = []
    for convention in CONVENTIONS:
        for plan in convention.plans(context):
            candidates = {n: c for n, c in plan.candidates.items() if n not in claimed}
            if context.wanted is not None and not _is_wanted(context.wanted, plan):
                continue
            if context.wanted in candidates:
                candidates = {context.wanted: candidates[context.wanted]}
            if candidates:
                claimed |= set(candidates)
                plan.candidates = candidates
                chosen.append(plan)
    return chosen or list(_forced(context))


def _is_wanted(wanted: str, plan: Plan) -> bool:
    involved = {f.name for f in plan.functions}
    return wanted in involved or wanted in {name.partition(".")[0] for name in involved}


def _forced(context: Context) -> Iterator[Plan]:
    """Plans for the function named with ``--function`` when its name says nothing."""
    function = context.functions.get(context.wanted or "")
    if function is None:
        return
    if len(function.returns) > 1:
        yield combined.combined_plan(function, combined.TITLE)
    else:
        costs = [f for f in context.functions.values() if pairs.is_cost_function(f) and f is not function]
        if costs:
            cost = context.functions[names.nearest(function.name, [f.name for f in costs])]
            yield pairs.pair_plan(cost, [function], pairs.TITLE)


def _must_exist(function: str, context: Context) -> None:
    methods = {name.partition(".")[0] for name in context.classes}
    if function.partition(".")[0] in {*context.functions, *methods}:
        return
    near = next(iter(difflib.get_close_matches(function, context.functions, 1, 0.4)), "")
    raise InputError(
        f"there is no function {function} in {context.user.name}",
        where="--function",
        fix=f"did you mean {near}? It defines {_listed(list(context.functions))}"
        if near
        else "name one that it defines",
    )


def _nothing_defined(user: UserFile) -> InputError:
    if user.troubles:
        trouble = user.troubles[0]
        return InputError(
            f"{user.name} defines no functions, and {trouble.message}",
            where=user.place(trouble.line),
            fix=trouble.fix or "correct this line first",
        )
    return InputError(
        f"{user.name} defines no functions, so there is nothing to check",
        fix="put the cost and its gradient into functions:\n" + TEMPLATE,
    )


TEMPLATE = (
    "      def cost(params): ...           # returns one number\n"
    "      def grad(params): ...           # returns gradients in the structure of params\n"
    "      def example(): return dict(params=...)"
)


def _nothing_found(context: Context, user: UserFile) -> InputError:
    functions = list(context.functions.values())
    costs = [f for f in functions if pairs.is_cost_function(f)]
    gradients = [f for f in functions if names.is_gradient(f.name) or names.BACKWARD.search(f.name)]
    lines = [f"there is nothing to check in {user.name}: {_missing(costs, gradients)}", "  seen:"]
    lines += [
        f"    {f}   {user.short_place(f.line)}{_role(f, costs, gradients)}" for f in functions[:MOST_SHOWN]
    ]
    for name, (_, node) in context.classes.items():
        methods = [method for method in methods_of(node) if not method.startswith("__")]
        lines.append(f"    class {name}: {', '.join(methods) or 'no methods'}")
    if len(functions) > MOST_SHOWN:
        lines.append(f"    and {len(functions) - MOST_SHOWN} more")
    for trouble in user.troubles[:3]:
        advice = f": {trouble.fix}" if trouble.fix else ""
        lines.append(f"    {user.short_place(trouble.line)} {trouble.message}{advice}")
    return InputError("\n".join(lines), fix=_advice(costs, gradients))


def _missing(costs: list[Function], gradients: list[Function]) -> str:
    if costs and not gradients:
        return f"{costs[0].name} looks like a cost, and no function returns its gradient"
    if gradients and not costs:
        return f"{gradients[0].name} looks like a gradient, and no function returns the cost"
    return "no function looks like a cost with a gradient"


def _role(function: Function, costs: list[Function], gradients: list[Function]) -> str:
    if function in costs:
        return ", a cost"
    return ", a gradient" if function in gradients else ""


def _advice(costs: list[Function], gradients: list[Function]) -> str:
    if costs and not gradients:
        cost = costs[0]
        args = ", ".join(cost.args)
        return (
            f"add its gradient, `def {cost.name}_grad({args})`, or return (cost, gradients);\n"
            f"       `gradproof derive FILE` writes the gradient of a cost for you"
        )
    if gradients and not costs:
        args = ", ".join(gradients[0].args)
        return f"add the cost it is the gradient of: `def cost({args})`, returning one number"
    shown = "\n".join(f"      {convention.looks_like}" for convention in CONVENTIONS)
    return f"lay it out as one of these, or name the function: --function NAME\n{shown}"


def _failed(found: Found, user: UserFile) -> InputError:
    failure = max(found.failures, key=lambda f: f.line is not None)
    missing_name = getattr(failure.error, "name", None) if isinstance(failure.error, NameError) else None
    trouble = user.missing(missing_name) if missing_name else None
    where = (
        user.place(failure.line) + ": " + user.text(failure.line).strip()
        if failure.line
        else failure.plan.title
    )
    if trouble is not None:
        return InputError(
            f"{failure.plan.title} uses {missing_name}, which is undefined: {user.short_place(trouble.line)} "
            f"{trouble.message}",
            where=where,
            fix=trouble.fix or "correct that line first",
        )
    if found.supply and found.supply.promised and not _open(failure, found.supply):
        return InputError(
            f"{failure.plan.title} cannot be used with the inputs of {found.supply.origin}: {failure.reason}",
            where=where,
            fix="make it run on these inputs first",
        )
    fault = _fault(failure)
    if fault:
        function, fix = fault
        place = failure.line or _last_return(function)
        where = f"{user.place(place)}: {user.text(place).strip()}"
        return InputError(f"{failure.plan.title} cannot be checked: {failure.reason}", where=where, fix=fix)
    return InputError(
        f"no inputs were found with which {failure.plan.title} runs; the likeliest ended with\n"
        f"  {failure.reason}",
        where=where,
        fix="add the inputs of one call to the file, with your own shapes:\n" + example_text(failure.plan),
    )


def _fault(failure: Failure) -> tuple[Function, str] | None:
    """The function whose own fault it is that nothing could be checked, and what to do; else None."""
    error, functions = failure.error, failure.plan.functions
    if isinstance(error, ModuleNotFoundError) and error.name:
        return functions[0], missing_module(0, error.name).fix
    if isinstance(error, Unusable):
        by_name = [f for f in functions if failure.reason.startswith(f"{f.name} ")]
        function = by_name[0] if by_name else functions[0]
        if "array of shape" in failure.reason:
            return function, "sum or average it: `return np.sum(losses)`"
        if "returned None" in failure.reason:
            return function, "return it: `return gradient`" if by_name else "return the cost: `return cost`"
    return None


def _last_return(function: Function) -> int:
    """The line of the last ``return`` of a function, or of its definition."""
    lines = [node.lineno for node in own_nodes(function.node) if isinstance(node, ast.Return)]
    return max(lines, default=function.line)


def _open(failure: Failure, supply: Supply) -> list[str]:
    return [
        name for name, default in failure.plan.arguments.items()
        if default is REQUIRED and name not in supply.promised and name not in failure.plan.preset
    ]  # fmt: skip


def example_text(plan: Plan) -> str:
    """A ready-to-paste ``example()`` for a plan."""
    names_needed = [name for name, default in plan.arguments.items() if name not in plan.preset]
    inside = ", ".join(f"{name}=..." for name in names_needed)
    return f"      def example():\n          return dict({inside})"


def _listed(items: list[str]) -> str:
    return ", ".join(items[:MOST_SHOWN]) + (", ..." if len(items) > MOST_SHOWN else "")
