r"""The words of LaTeX of formulas: letters, functions, operators, brackets, and what is skipped."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


GREEK = word_set(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon "
    "phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
# Letters with another shape are the same name; a formula that uses two shapes of one letter is refused.
VARIANTS = {
    "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma",
    "varpi": "pi", "varkappa": "kappa", "ell": "ell", "hbar": "hbar", "imath": "i", "jmath": "j",
    "digamma": "digamma",
}  # fmt: skip

# Functions of one argument or more, by what stands in the formula, to the word of the vocabulary.
FUNCTIONS = {
    "log": "log", "ln": "log", "exp": "exp", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "arcsin",
    "arccos": "arccos", "arctan": "arctan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "det": "det",
    "max": "max", "min": "min", "tr": "tr", "Tr": "tr", "trace": "tr", "Trace": "tr", "diag": "diag",
    "Diag": "diag", "vec": "vec", "logdet": "logdet", "softmax": "softmax", "Softmax": "softmax",
    "logsoftmax": "log_softmax", "sigmoid": "sigmoid", "Sigmoid": "sigmoid", "sigm": "sigmoid",
    "logit": "logit", "relu": "relu", "ReLU": "relu", "Relu": "relu", "softplus": "softplus",
    "Softplus": "softplus", "LSE": "logsumexp", "lse": "logsumexp", "logsumexp": "logsumexp",
    "LogSumExp": "logsumexp", "sign": "sign", "sgn": "sign", "erf": "erf", "erfc": "erfc", "abs": "abs",
    "sum": "sum", "mean": "mean", "rank": "rank", "expm": "expm", "logm": "logm", "sqrtm": "sqrtm",
    "adj": "adj", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh", "arcsinh": "arcsinh",
    "arccosh": "arccosh", "arctanh": "arctanh", "sech": "sech", "csch": "csch", "cot": "cot", "sec": "sec",
    "csc": "csc", "coth": "coth", "Re": "real", "Im": "imag", "lg": "log10", "etr": "etr", "norm": "norm",
    "log1p": "log1p", "expm1": "expm1", "floor": "floor", "ceil": "ceil", "arctan2": "arctan2",
    "gammaln": "gammaln", "polygamma": "polygamma", "where": "where", "cumsum": "cumsum", "vech": "vech",
    "inv": "inv", "pinv": "pinv", "kron": "kron", "mod": "mod", "logaddexp": "logaddexp", "tril": "tril",
    "triu": "triu", "maximum": "maximum", "minimum": "minimum", "chol": "cholesky", "cholesky": "cholesky",
    "rint": "rint", "trunc": "trunc", "arg": "angle", "gelu": "gelu", "GELU": "gelu", "silu": "silu",
    "SiLU": "silu", "swish": "silu", "elu": "elu", "ELU": "elu", "var": "var", "LayerNorm": "layernorm",
    "layernorm": "layernorm", "BatchNorm": "batchnorm", "batchnorm": "batchnorm", "logcosh": "logcosh",
}  # fmt: skip
# Commands that LaTeX itself has; the others are written \operatorname{...}.
COMMANDS = word_set(
    "log ln exp sin cos tan arcsin arccos arctan sinh cosh tanh det max min lg cot sec csc coth Re Im"
)
# Functions that stand before their argument without parentheses so often that a power or a factor behind
# parentheses may be meant to belong to the argument.
BARE = word_set("log log10 log2 sin cos tan cot sec csc tr det logdet")
TRIGONOMETRIC = word_set("sin cos tan cot sec csc sinh cosh tanh")
# Capitals that are functions more often than matrices.
DISTRIBUTIONS = word_set("Phi Psi Gamma")
# Of a square matrix these are functions of the matrix to some, and entry by entry to others.
OF_MATRICES = word_set("exp log sin cos tan sinh cosh sqrt")
# Letters that are so often functions that "f(x + 1)" is not taken for a product.
FUNCTION_LETTERS = word_set("f g h p q k phi psi J L E F G H K P Q R V C D ell Loss loss")

SPACES = word_set(
    "quad qquad enspace thinspace medspace thickspace negthinspace displaystyle textstyle scriptstyle limits "
    "nolimits large Large LARGE small normalsize tiny huge Huge footnotesize scriptsize nonumber notag bf "
    "rm it noindent allowbreak nobreak null relax hfill strut centering mathstrut middle"
)
SPACE_SYMBOLS = frozenset(",;:!> ")
SKIPPED_WITH_ARGUMENT = word_set("tag label hspace vspace mspace color")
CONTENTS_OF = word_set("underbrace overbrace boxed ensuremath mathop mathrel mathord mathbin hbox smash fbox")

# Fonts that apply to letters one by one, and those that make a word of what they hold.
LETTER_FONTS = {
    "mathbf": "bold", "boldsymbol": "bold", "bm": "bold", "pmb": "bold", "vec": "bold", "mathcal": "script",
    "mathscr": "script", "mathfrak": "fraktur", "mathbb": "blackboard", "bold": "bold", "symbf": "bold",
}  # fmt: skip
WORD_FONTS = word_set(
    "mathrm operatorname text textrm mbox mathit mathsf mathtt textbf textit texttt textsf textnormal"
)
ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "tilde": "tilde", "widetilde": "tilde", "dot": "dot",
    "ddot": "ddot", "overline": "overline",
    "check": "check", "breve": "breve", "acute": "acute", "grave": "grave",
}  # fmt: skip

# Operators -> kind of token and the operator of the syntax tree.
OPERATORS = {
    "+": ("ADD", "+"), "-": ("ADD", "-"), "−": ("ADD", "-"), "cdot": ("MUL", "dot"), "·": ("MUL", "dot"),
    "times": ("MUL", "times"), "×": ("MUL", "times"), "odot": ("MUL", "hadamard"), "⊙": ("MUL", "hadamard"),
    "circ": ("MUL", "hadamard"), "∘": ("MUL", "hadamard"), "otimes": ("MUL", "kron"), "⊗": ("MUL", "kron"),
    "oslash": ("MUL", "elementwise_divide"), "⊘": ("MUL", "elementwise_divide"), "/": ("MUL", "divide"),
    "div": ("MUL", "divide"), "slash": ("MUL", "divide"),
}  # fmt: skip
RELATIONS = {
    "<": "<", "lt": "<", ">": ">", "gt": ">", "le": "<=", "leq": "<=", "leqslant": "<=", "≤": "<=",
    "ge": ">=",
    "geq": ">=", "geqslant": ">=", "≥": ">=", "ne": "!=", "neq": "!=", "≠": "!=",
}  # fmt: skip
EQUALS = frozenset(("=", "coloneqq", "coloneq", "triangleq", "eqqcolon", "doteq"))

TRANSPOSES = frozenset(("top", "intercal", "transp", "⊤", "ᵀ"))

# Brackets -> (kind of token, what it must be closed with).
OPENING = {
    "(": ("LPAR", ")"), "[": ("LPAR", "]"), "\\{": ("LPAR", "\\}"), "lbrace": ("LPAR", "\\}"),
    "lbrack": ("LPAR", "]"), "lparen": ("LPAR", ")"), "langle": ("LANGLE", "rangle"),
    "⟨": ("LANGLE", "rangle"),
    "lvert": ("LBAR", "rvert"), "lVert": ("LNORM", "rVert"),
}  # fmt: skip
CLOSING = {
    ")": ("RPAR", ")"), "]": ("RPAR", "]"), "\\}": ("RPAR", "\\}"), "rbrace": ("RPAR", "\\}"),
    "rbrack": ("RPAR", "]"), "rparen": ("RPAR", ")"), "rangle": ("RANGLE", "rangle"),
    "⟩": ("RANGLE", "rangle"),
    "rvert": ("RBAR", "rvert"), "rVert": ("RNORM", "rVert"),
}  # fmt: skip
BARS = {
    "|": "BAR", "vert": "BAR", "mid": "BAR", "\\|": "NORM", "Vert": "NORM", "parallel": "NORM", "‖": "NORM",
    "||": "NORM",
}  # fmt: skip
SIGNS: dict[str, tuple[str, str]] = {
    **OPENING,
    **CLOSING,
    **{sign: (kind, sign) for sign, kind in BARS.items()},
    **OPERATORS,
    **{sign: ("REL", relation) for sign, relation in RELATIONS.items()},
    **{sign: ("EQUALS", sign) for sign in EQUALS},
    **{sign: ("TOP", sign) for sign in TRANSPOSES},
    ",": ("COMMA", ","), ".": ("STOP", "."), ";": ("SEMI", ";"), ":": ("COLON", ":"), "*": ("STAR", "*"),
    "!": ("BANG", "!"),
}  # fmt: skip
SIZED = frozenset(s + side for s in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m"))

ENVIRONMENTS = word_set(
    "equation align aligned gather gathered split multline displaymath math eqnarray flalign alignat"
)
MATRICES = word_set("pmatrix bmatrix matrix Bmatrix smallmatrix vmatrix psmallmatrix bsmallmatrix")

CHARACTERS = {
    "∑": "sum", "∏": "prod", "∂": "partial", "∇": "nabla", "∞": "infty", "√": "sqrt", "ℓ": "ell", "∈": "in",
    "…": "ldots", "⋯": "cdots", "†": "dagger",
}  # fmt: skip
GREEK_CHARACTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta",
    "η": "eta",
    "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi",
    "Ω": "Omega",
}  # fmt: skip

_DEFINITION = "write every macro out where it stands: the reader does not expand definitions"
_DOTS = r"write the sum with its limits, \sum_{i=1}^{n} ..., or every term"
_INTEGRAL = "integrals and limits are not read; write the value in closed form"
_RELATED = "write the expression alone, or with = and the name of the cost on its left"
_SETS = "write the index set as limits, \\sum_{i=1}^{n}"
REFUSED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("newcommand", "renewcommand", "def", "let", "DeclareMathOperator", "providecommand"),
        ("a macro definition", _DEFINITION),
    ),
    **dict.fromkeys(
        ("ldots", "cdots", "dots", "dotsc", "dotsb", "vdots", "ddots", "dotsm"),
        ("an ellipsis leaves out what must be known", _DOTS),
    ),
    **dict.fromkeys(("int", "iint", "oint", "lim", "limsup"), ("an integral or a limit", _INTEGRAL)),
    **dict.fromkeys(
        ("approx", "sim", "simeq", "propto", "equiv", "cong", "to", "rightarrow", "Rightarrow", "mapsto",
         "gets",
         "leftarrow", "implies", "iff", "longrightarrow", "Leftrightarrow"),
        ("a relation that is no equation", _RELATED),
    ),
    **dict.fromkeys(
        ("in", "notin", "subset", "subseteq", "cup", "cap", "setminus", "forall", "exists"),
        ("sets are not read", _SETS),
    ),
    **dict.fromkeys(
        ("argmin", "argmax", "sup", "inf"),
        ("an optimum, not a formula", "write the function that is optimised alone"),
    ),
    **dict.fromkeys(
        ("pm", "mp"), ("two signs at once", "write + or -"),
    ),
    **dict.fromkeys(
        ("oplus", "ominus", "bullet", "star", "ast", "wedge", "vee", "boxtimes", "diamond", "boxdot"),
        ("an operator whose meaning differs from text to text",
         r"write \odot for the entrywise product, \otimes for Kronecker's, nothing for the matrix product"),
    ),
    "underline": ("a line under a name", r"write the name without it, or \bar{x} for another name"),
    "binom": ("a binomial coefficient", "write the number"),
    "substack": ("a stacked index", "write one \\sum for each index"),
    "not": ("a negated relation", "write it without \\not"),
    "input": ("another file", "paste the formula itself"),
    "Pr": ("a probability", "write the expression itself"),
}  # fmt: skip
