"""What stands above the generated function: the precision's functions, and the matrix product."""

from __future__ import annotations

_FUNCTIONS = ("exp", "expm1", "log", "log1p", "tanh", "erf", "sqrt", "pow")

# Vector versions of these are in the C library of Linux, but it declares them for -ffast-math only.
_VECTORS = ("exp", "log", "pow", "tanh", "expm1", "log1p", "erf")

_MULTIPLY = """
typedef void (*gemm_t)(const char *, const char *, const int *, const int *, const int *, const T *,
                       const T *, const int *, const T *, const int *, const T *, T *, const int *);

/* C = scale A B, columns first; N or T says whether a factor is transposed. */
static inline void multiply(gemm_t gemm, char ta, char tb, int64_t rows, int64_t columns, int64_t inner,
                            T scale, const T *a, int64_t lda, const T *b, int64_t ldb, T *c, int64_t ldc)
{
    const int m = (int)rows, n = (int)columns, k = (int)inner, la = (int)lda, lb = (int)ldb, lc = (int)ldc;
    const T zero = 0;
    gemm(&ta, &tb, &m, &n, &k, &scale, a, &la, b, &lb, &zero, c, &lc);
}
"""


def preamble(precision: str) -> str:
    """Everything before the function.

    Parameters
    ----------
    precision : ``"double"`` or ``"float"``
    """
    suffix = "f" if precision == "float" else ""
    lines = ["#include <math.h>", "#include <stdint.h>", "#include <string.h>", "", f"#define T {precision}"]
    lines += [f"#define {name.upper()} {name}{suffix}" for name in _FUNCTIONS]
    lines += [
        f"#define ABS fabs{suffix}",
        "/* NaN stays NaN, so that a run that diverges is seen to. */",
        "#define MAX(a, b) ((a) < (b) || (b) != (b) ? (b) : (a))",
        "#define MIN(a, b) ((a) > (b) || (b) != (b) ? (b) : (a))",
        "",
        "#if VECTOR_MATH && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__)",
    ]
    for name in _VECTORS:
        arguments = f"{precision}, {precision}" if name == "pow" else precision
        lines.append(f'__attribute__((simd("notinbranch"))) {precision} {name}{suffix}({arguments});')
    return "\n".join([*lines, "#endif", _MULTIPLY])
