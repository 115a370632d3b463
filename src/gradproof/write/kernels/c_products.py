"""Matrix products as C: calls of BLAS, which counts columns first."""

from __future__ import annotations

from gradproof.errors import InputError
from gradproof.write.kernels.c_entries import Names
from gradproof.write.kernels.c_preamble import MOST_INNER, MOST_ROWS
from gradproof.write.kernels.layout import UNIT, Stride
from gradproof.write.kernels.products import MatrixProduct, Operand


def product_code(product: MatrixProduct, names: Names, scale: str) -> list[str]:
    """The lines of one product: loops over what is no matrix, and the call."""
    lines, indent = [], ""
    for k, size in enumerate(product.loops):
        lines.append(f"{indent}for (int64_t k{k} = 0; k{k} < {size}; k{k}++)")
        indent += "    "
    call = _call(product, names, scale)
    return [*lines, f"{indent}{call}"]


def _call(product: MatrixProduct, names: Names, scale: str) -> str:
    left, right, target = product.left, product.right, product.target
    rows, columns = product.rows, product.columns
    is_by_columns = target.strides[0] == UNIT or _is_one(rows)
    if not is_by_columns:  # C = A B by rows is Cᵀ = Bᵀ Aᵀ by columns
        left, right, target = _turned(right), _turned(left), _turned(target)
        rows, columns = columns, rows
        if target.strides[0] != UNIT and not _is_one(rows):
            raise InputError("a product of entries that do not lie side by side", fix='use engine="numpy"')
    if _are_few(product):
        out = f"{_place(target, names)}, {target.strides[1] if not _is_one(columns) else rows}"
        arguments = f"{_place(left, names)}, {left.strides[0]}, {_place(right, names)}, {right.strides[1]}"
        return f"multiply_few({rows}, {columns}, {product.inner}, {scale}, {arguments}, {out});"
    first = _argument(left, rows, product.inner, names)
    second = _argument(right, product.inner, columns, names)
    leading = target.strides[1] if not _is_one(columns) else rows
    out = f"{_place(target, names)}, {leading}"
    return (
        f"multiply(gemm, '{first[0]}', '{second[0]}', {rows}, {columns}, {product.inner}, {scale}, "
        f"{first[1]}, {second[1]}, {out});"
    )


def _are_few(product: MatrixProduct) -> bool:
    """Whether it is W A for a W of few rows, with what is summed over side by side."""
    rows, inner = product.rows, product.inner
    if rows.names or inner.names or not 1 < rows.number <= MOST_ROWS or not 1 < inner.number <= MOST_INNER:
        return False
    left, right, target = product.left, product.right, product.target
    return target.strides[0] == left.strides[1] == right.strides[0] == UNIT and not _is_one(product.columns)


def _argument(operand: Operand, rows: Stride, columns: Stride, names: Names) -> tuple[str, str]:
    """Whether BLAS has to transpose it, and where it lies with its leading dimension."""
    place = _place(operand, names)
    down, across = operand.strides
    is_by_columns = down == UNIT or (_is_one(rows) and (across != UNIT or _is_one(columns)))
    if is_by_columns:
        return "N", f"{place}, {across if not _is_one(columns) else rows}"
    if across != UNIT and not _is_one(columns):
        raise InputError("a product of entries that do not lie side by side", fix='use engine="numpy"')
    return "T", f"{place}, {down if not _is_one(rows) else columns}"


def _place(operand: Operand, names: Names) -> str:
    moves = [f"k{k} * ({step})" for k, step in enumerate(operand.steps) if step is not None]
    return " + ".join([names.identifiers[operand.array], *moves])


def _turned(operand: Operand) -> Operand:
    return Operand(operand.array, (operand.strides[1], operand.strides[0]), operand.steps)


def _is_one(size: Stride) -> bool:
    return size == UNIT
