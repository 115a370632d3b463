"""What TeX refuses in a formula: two superscripts or subscripts on one base, brackets that do not pair."""

import re

TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)


def latex_problems(formula):
    """Every place at which TeX would stop, as the formula up to there."""
    found, depth, lefts = [], 0, 0
    stack = [set()]  # the scripts that the last base of each open group has
    waiting = False  # for what a ^ or _ raises or lowers
    done = ""
    for token in TOKEN.findall(formula):
        done += token
        if token.isspace():
            continue
        if token in "^_":
            if token in stack[-1] or (token == "^" and waiting):
                found.append(f"double {token}: {done[-60:]}")
            stack[-1].add(token)
            waiting = True
            continue
        if token == "'":
            if "^" in stack[-1]:
                found.append(f"prime behind ^: {done[-60:]}")
            continue
        if token == "{":
            if not waiting:
                stack[-1] = set()
            stack.append(set())
            depth += 1
        elif token == "}":
            stack.pop()
            depth -= 1
            if depth < 0:
                return [*found, f"unopened brace: {done[-60:]}"]
        elif not waiting:
            stack[-1] = set()
        lefts += (token == r"\left") - (token == r"\right")
        waiting = False
    if depth or lefts:
        found.append(f"unpaired brackets: {formula[:60]}")
    return found
