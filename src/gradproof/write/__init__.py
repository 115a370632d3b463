"""Writers: from expressions to what people read and run.

Read :mod:`~gradproof.write.form` first: a formula is laid out once
(:mod:`~gradproof.write.build`), and a style spells it (:mod:`~gradproof.write.style`).
"""

from gradproof.write.index import to_index
from gradproof.write.matrix import to_latex, to_text
from gradproof.write.names import latex_name, text_name
from gradproof.write.numpy import numpy_arguments, to_numpy

__all__ = ["latex_name", "numpy_arguments", "text_name", "to_index", "to_latex", "to_numpy", "to_text"]
