"""What every diagnosis code means: the text behind ``gradproof explain CODE``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One diagnosis code: what it says, a line that gets it, the right line, and why."""

    code: str
    says: str
    wrong: str
    right: str
    why: str


CODES: dict[str, Code] = {
    entry.code: entry
    for entry in (
        Code(
            "wrong-factor",
            "A term is right but for a constant factor: 2, ½, -1, m, 1/m.",
            "dW = 1/m * dZ @ A.T + lambd * W / (2 * m)",
            "dW = 1/m * dZ @ A.T + lambd * W / m",
            "The derivative of ½·w² is w and that of w² is 2·w. Whether the ½ stands in the cost "
            "decides the factor.",
        ),
        Code(
            "missing-term",
            "The cost has a part whose derivative was left out.",
            "dW = 1/m * dZ @ A.T",
            "dW = 1/m * dZ @ A.T + lambd / m * W",
            "The derivative of a sum is the sum of the derivatives: every part of the cost with W in "
            "it adds a term.",
        ),
        Code(
            "extra-term",
            "A term stands in the gradient that no part of the cost gives.",
            "dW = 1/m * dZ @ A.T + lambd / m * W    # and the cost has no penalty",
            "dW = 1/m * dZ @ A.T",
            "Either the term goes, or the cost was meant to have the part that this is the derivative of.",
        ),
        Code(
            "sum-for-matrix",
            "A sum over all entries stands where the array itself belongs: one number is added to "
            "every entry.",
            "dW = 1/m * dZ @ A.T + lambd * np.sum(W) / m",
            "dW = 1/m * dZ @ A.T + lambd * W / m",
            "‖W‖² = Σ w_ij². Only the summand with ij = kl depends on w_kl: ∂‖W‖²/∂w_kl = 2·w_kl. So the\n"
            "gradient is 2·W, an array of W's shape, and not a number. In traces: d tr(WᵀW) = tr(2Wᵀ dW).",
        ),
        Code(
            "transposed",
            "A factor is the transpose of what belongs there; for square arrays the shapes do not tell.",
            "dA1 = W2 @ dZ2",
            "dA1 = W2.T @ dZ2",
            "A linear map W passes gradients back through its transpose: if Z = W·A, then dA = Wᵀ·dZ.",
        ),
        Code(
            "wrong-operand",
            "One variable stands where another belongs.",
            "dA1 = W3.T @ dZ2",
            "dA1 = W2.T @ dZ2",
            "The gradient passes back through the same weights that the forward pass used in that layer.",
        ),
        Code(
            "wrong-operation",
            "The right factors are combined by the wrong operation, such as * for @.",
            "dW = dZ * A.T",
            "dW = dZ @ A.T",
            "@ sums over the inner axis; * multiplies entry by entry, with broadcasting.",
        ),
        Code(
            "wrong-axis",
            "A sum or mean runs over the wrong axis.",
            "db = np.sum(dZ, axis=0, keepdims=True) / m    # examples along the columns",
            "db = np.sum(dZ, axis=1, keepdims=True) / m",
            "A bias is used once for every example, so its gradient sums over the examples, and over "
            "nothing else.",
        ),
        Code(
            "missing-derivative",
            "The derivative of an activation is missing, or it is another function's.",
            "dZ1 = dA1",
            "dZ1 = dA1 * (1 - A1**2)",
            "The chain rule multiplies by the activation's derivative: 1 - tanh², σ·(1 - σ), 1 where "
            "ReLU is active.",
        ),
        Code(
            "wrong-mask",
            "The mask of active units is another layer's, or of another variable.",
            "dZ1 = dA1 * (A2 > 0)",
            "dZ1 = dA1 * (A1 > 0)",
            "A ReLU passes gradients where its own input was positive.",
        ),
        Code(
            "penalty-on-bias",
            "The gradient penalises a bias that the cost does not penalise.",
            "db = np.sum(dZ, axis=1, keepdims=True) / m + lambd / m * b",
            "db = np.sum(dZ, axis=1, keepdims=True) / m",
            "The penalty runs over weights only. With the intercept in theta[0], it starts at theta[1].",
        ),
        Code(
            "wrong-entries",
            "Some entries are wrong and all others right.",
            "grad[0] = lambd / m * theta[0]",
            "grad[0] = np.sum(h - y) / m",
            "Often an index, a slice, or an edge: the first entry, the last row, a repeated index.",
        ),
        Code(
            "inherited",
            "The line is right; a variable it uses is not.",
            "dW1 = 1/m * dZ1 @ X.T    # where dZ1 is wrong",
            "the line of the variable named, and nothing here",
            "Gradients flow backwards: one wrong dZ2 makes dW2, db2, dZ1, dW1 and db1 wrong. Mend the first.",
        ),
        Code(
            "wrong-shape",
            "The gradient has not the shape of its parameter.",
            "db = np.sum(dZ, axis=1)            # (n,) for a bias of shape (n, 1)",
            "db = np.sum(dZ, axis=1, keepdims=True)",
            "A gradient has one entry for each entry of its parameter. `b - rate * db` would "
            "broadcast to (n, n).",
        ),
        Code(
            "missing-parameter",
            "The candidate returns no gradient by this parameter, or None.",
            'return {"dW1": dW1}',
            'return {"dW1": dW1, "db1": db1}',
            "Every parameter needs its gradient; a name that is spelled differently counts as missing.",
        ),
        Code(
            "not-a-number",
            "The gradient has NaN or infinite entries.",
            "dA = -Y / A + (1 - Y) / (1 - A)    # at A = 0 or 1",
            "dZ = A - Y",
            "The cost is finite there, so the true gradient has a formula that does not overflow or "
            "divide by 0.",
        ),
        Code(
            "unexplained",
            "The gradient is wrong, and no small change of the right expression gives it.",
            "dW = some other expression",
            "what the derivation says: gradproof check FILE --derivation",
            "Several faults at once, or a different formula altogether. The first wrong variable is "
            "where to begin.",
        ),
    )
}
