"""C to a library that is loaded: the machine's compiler, or Zig's from PyPI; each source is compiled once."""

from __future__ import annotations

import atexit
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
    key = "\n".join([source, *command, *_FLAGS, repr(_TUNED), _processor()])
    path = _folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.so"
    if not path.exists() or not _loads(path):
        _compile(source, command, path)
    return ctypes.CDLL(str(path))


def _compile(source: str, command: tuple[str, ...], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        text, made = Path(folder) / "kernel.c", Path(folder) / "kernel.so"
        text.write_text(source, encoding="utf-8")
        said = ""
        is_gcc = not any(name in part for part in command for name in _NOT_GCC)
        for tuned in _TUNED if is_gcc else _TUNED[1:]:
            is_done, told = _ran([*command, *_FLAGS, *tuned, str(text), "-o", str(made), "-lm"])
            if is_done and _loads(made):
                made.replace(path)  # in one piece: another process may be doing the same
                return
            errors = [line for line in told.splitlines() if "error" in line]
            said = errors[0] if errors else told.strip()[:200] or "the library cannot be loaded"
    raise InputError(
        f"{command[0]} does not compile the kernel: {said}",
        fix="set CC to another compiler, or use engine='numpy'",
    )


def _ran(command: list[str]) -> tuple[bool, str]:
    """Whether a command did its work, and what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        return False, str(error)
    return done.returncode == 0, done.stderr


def _loads(path: Path) -> bool:
    """Whether everything that the library uses is there."""
    try:
        ctypes.CDLL(str(path))
    except OSError:
        return False
    return True


def _folder() -> Path:
    """Where libraries are kept: $GRADPROOF_CACHE, or the user's cache; for this process where neither is."""
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gradproof" / "kernels"
        folder = Path(os.environ.get("GRADPROOF_CACHE") or base)
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # a home that is not there, or must not be written to
        return _own_folder()
    return folder if os.access(folder, os.W_OK) else _own_folder()


@cache
def _own_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="gradproof-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _processor() -> str:
    """What -march=native stands for, so that a shared folder serves different machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    told = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return "\n".join([platform.machine(), platform.processor(), *told])
