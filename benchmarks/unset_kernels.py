"""OpenBLAS picks its own kernel; imported before NumPy, since a library reads the environment once.

Otherwise a variable that asks for another machine's kernel would slow some sides down and not the others.
``--threads 1`` holds every library to one thread; without it each takes what ``OMP_NUM_THREADS`` says, or
all cores.
"""

import os
import sys

_NAMES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
UNSET = {name: os.environ.pop(name) for name in _NAMES if name in os.environ}
assert "numpy" not in sys.modules, "NumPy is loaded already"

if "--threads" in sys.argv[:-1] and sys.argv[sys.argv.index("--threads") + 1] == "1":
    for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[_name] = "1"
if os.environ.get("OMP_NUM_THREADS") == "1":
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
THREADS = os.environ.get("OMP_NUM_THREADS") or str(os.cpu_count())


def kernels() -> list[str]:
    """One line for each library of matrix products that is loaded: its version, kernel and threads."""
    from threadpoolctl import threadpool_info

    return [
        f"{each['internal_api']} {each['version'] or ''} ({each.get('architecture', each['prefix'])}), "
        f"threads: {each['num_threads']}"
        for each in threadpool_info()
    ]
