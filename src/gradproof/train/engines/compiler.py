"""C to a library that is loaded: the machine's compiler, or Zig's from PyPI; each source is compiled once."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from gradproof.errors import InputError

# No -ffast-math: infinities and NaN must stay what they are, so that a cost that diverges is seen to.
_FLAGS = ("-O3", "-shared", "-fPIC", "-std=gnu11", "-ffp-contract=fast", "-fno-math-errno",
          "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math", "-w")  # fmt: skip
# From the most that a compiler may understand to the least.
# From the most that a compiler may understand to the least: GCC's, then Clang's and Zig's spelling.
_TUNED = (
    ("-march=native", "-mprefer-vector-width=512", "-DVECTOR_MATH=1"),
    ("-march=native", "-fveclib=libmvec", "-DVECTOR_MATH=0", "-lmvec"),
    ("-march=native", "-DVECTOR_MATH=0"),
    ("-DVECTOR_MATH=0",),
)
_NOT_GCC = ("clang", "zig")


@cache
def compiler() -> tuple[str, ...]:
    """The command of a C compiler: ``$CC``, ``cc``, ``gcc``, ``clang``, or Zig; empty where there is none."""
    if os.environ.get("CC"):
        return tuple(shlex.split(os.environ["CC"]))
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found:
            return (found,)
    return (sys.executable, "-m", "ziglang", "cc") if find_spec("ziglang") else ()


@cache
def library(source: str) -> ctypes.CDLL:
    """Compile a source, or take what was compiled before, and load it.

    Raises
    ------
    InputError
        There is no compiler, or it does not compile the source.
    """
    command = compiler()
    if not command:
        raise InputError(
            "there is no C compiler for the compiled engine",
            fix="install one (cc, gcc or clang), `pip install ziglang`, or use engine='numpy'",
        )
    key = hashlib.sha256("\n".join([source, *command, *_FLAGS, _processor()]).encode()).hexdigest()[:24]
    path = _folder() / f"{key}.so"
    if not path.exists():
        _compile(source, command, path)
    return ctypes.CDLL(str(path))


def _compile(source: str, command: tuple[str, ...], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        text, made = Path(folder) / "kernel.c", Path(folder) / "kernel.so"
        text.write_text(source, encoding="utf-8")
        said = ""
        is_gcc = not any(name in part for part in command for name in _NOT_GCC)
        for tuned in _TUNED if is_gcc else _TUNED[1:]:
            run = [*command, *_FLAGS, *tuned, str(text), "-o", str(made), "-lm"]
            done = subprocess.run(run, capture_output=True, text=True, check=False)
            if done.returncode == 0 and _loads(made):
                made.replace(path)  # in one piece: another process may be doing the same
                return
            errors = [line for line in done.stderr.splitlines() if "error" in line]
            said = errors[0] if errors else done.stderr.strip()[:200] or "the library cannot be loaded"
    raise InputError(
        f"{command[0]} does not compile the kernel: {said}",
        fix="set CC to another compiler, or use engine='numpy'",
    )


def _loads(path: Path) -> bool:
    """Whether everything that the library uses is there."""
    try:
        ctypes.CDLL(str(path))
    except OSError:
        return False
    return True


def _folder() -> Path:
    """Where libraries are kept: $GRADPROOF_CACHE, or the user's cache."""
    if os.environ.get("GRADPROOF_CACHE"):
        return Path(os.environ["GRADPROOF_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "gradproof" / "kernels"


def _processor() -> str:
    """What -march=native stands for, so that a shared folder serves different machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    told = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return "\n".join([platform.machine(), platform.processor(), *told])
