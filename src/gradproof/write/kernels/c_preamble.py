"""What stands above the generated function: the precision's functions, and the matrix product."""

from __future__ import annotations

_FUNCTIONS = ("exp", "expm1", "log", "log1p", "tanh", "erf", "sqrt", "pow")

# Vector versions of these are in the C library of Linux, but it declares them for -ffast-math only.
_VECTORS = ("exp", "log", "pow", "tanh", "expm1", "log1p", "erf")

_MULTIPLY = """
typedef const int64_t *number;
typedef void (*gemm_t)(const char *, const char *, number, number, number, const T *, const T *, number,
                       const T *, number, const T *, T *, number);

/* C = scale A B, columns first; N or T says whether a factor is transposed. */
static inline void multiply(gemm_t gemm, char ta, char tb, int64_t rows, int64_t columns, int64_t inner,
                            T scale, const T *a, int64_t lda, const T *b, int64_t ldb, T *c, int64_t ldc)
{
    /* A BLAS with integers of 4 bytes reads the lower half, which stands first on every machine of today. */
    const T zero = 0;
    gemm(&ta, &tb, &rows, &columns, &inner, &scale, a, &lda, b, &ldb, &zero, c, &ldc);
}
"""

# BLAS packs its arguments for large products; for a last layer of few units that costs more than it gains.
MOST_ROWS, MOST_INNER = 16, 512
_MULTIPLY_FEW = """
typedef T vector __attribute__((vector_size(64), aligned(sizeof(T))));
enum { LANES = 64 / sizeof(T), VECTORS = 16 / LANES, TOGETHER = 4 };

/* C = scale A B, columns first, for a C of at most 16 rows. */
static inline __attribute__((always_inline)) void few_columns(
    int count, int64_t rows, int64_t inner, T scale, const vector *a, const T *b, int64_t ldb,
    T *c, int64_t ldc)
{
    vector sums[TOGETHER][VECTORS] = {0};
    for (int64_t k = 0; k < inner; k++)
        for (int v = 0; v < VECTORS && v * LANES < rows; v++)
            for (int q = 0; q < count; q++)
                sums[q][v] += a[k * VECTORS + v] * b[q * ldb + k];
    for (int q = 0; q < count; q++) {
        T out[VECTORS * LANES];
        for (int v = 0; v < VECTORS; v++)
            *(vector *)(out + v * LANES) = sums[q][v] * scale;
        memcpy(c + q * ldc, out, sizeof(T) * rows);
    }
}

static inline __attribute__((always_inline)) void multiply_few(
    int64_t rows, int64_t columns, int64_t inner, T scale, const T *a, int64_t lda, const T *b, int64_t ldb,
    T *c, int64_t ldc)
{
    vector packed[inner * VECTORS];
    memset(packed, 0, sizeof packed);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < inner; k++)
            ((T *)packed)[k * VECTORS * LANES + i] = a[i * lda + k];
    int64_t j = 0;
    for (; j + TOGETHER <= columns; j += TOGETHER)
        few_columns(TOGETHER, rows, inner, scale, packed, b + j * ldb, ldb, c + j * ldc, ldc);
    for (; j < columns; j++)
        few_columns(1, rows, inner, scale, packed, b + j * ldb, ldb, c + j * ldc, ldc);
}
"""

_NORMALISE = """
/* softmax of rows of k entries that lie together, and log Σ exp if wanted, without the largest entry. */
static inline __attribute__((always_inline)) void normalise(
    int64_t rows, int64_t k, const T *restrict z, T *restrict softmax, T *restrict logsumexp)
{
    enum { BLOCK = 64 };
    T top[BLOCK], total[BLOCK];
    for (int64_t first = 0; first < rows; first += BLOCK) {
        const int64_t n = rows - first < BLOCK ? rows - first : BLOCK;
        const T *from = z + first * k;
        T *to = softmax + first * k;
        for (int64_t r = 0; r < n; r++) {
            T largest = from[r * k];
            for (int64_t i = 1; i < k; i++)
                largest = from[r * k + i] > largest ? from[r * k + i] : largest;
            for (int64_t i = 0; i < k; i++) to[r * k + i] = from[r * k + i] - largest;
            top[r] = largest;
        }
        for (int64_t i = 0; i < n * k; i++) to[i] = EXP(to[i]);
        for (int64_t r = 0; r < n; r++) {
            total[r] = 0;
            for (int64_t i = 0; i < k; i++) total[r] += to[r * k + i];
            const T share = 1 / total[r];
            for (int64_t i = 0; i < k; i++) to[r * k + i] *= share;
        }
        if (logsumexp)
            for (int64_t r = 0; r < n; r++) logsumexp[first + r] = top[r] + LOG(total[r]);
    }
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
    return "\n".join([*lines, "#endif", _MULTIPLY, _MULTIPLY_FEW.strip(), _NORMALISE])
