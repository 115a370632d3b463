"""Which compiler is asked, how often, and what is said when it cannot."""

import os
import shutil
import stat
import subprocess
import sys

import pytest

from gradproof.errors import InputError
from gradproof.train.engines import compiler
from gradproof.train.engines.compiler import library

CC = shutil.which("cc") or shutil.which("gcc")
pytestmark = pytest.mark.skipif(not CC or os.name == "nt", reason="needs a C compiler and a shell")
SOURCE = "int answer(void) { return 42; }\n"


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """A folder of the test's own, and nothing remembered."""
    monkeypatch.setenv("GRADPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CC", raising=False)
    forget()
    yield tmp_path / "cache"
    forget()


def forget():
    for remembered in (compiler.compiler, compiler.library, compiler._own_folder):
        remembered.cache_clear()


@pytest.fixture
def script(monkeypatch, tmp_path):
    """$CC is a shell script that notes its arguments, one call a line, before it does what it is told."""

    def write(body):
        path = tmp_path / "my cc"
        path.write_text(f'#!/bin/sh\necho "$*" >> "{tmp_path}/calls"\n{body}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("CC", f"'{path}' -DASKED")
        forget()

    write.calls = lambda: (tmp_path / "calls").read_text().splitlines()
    return write


def test_the_compiler_of_the_machine():
    assert compiler.compiler() == (CC,)
    assert library(SOURCE).answer() == 42


def test_cc_is_respected_with_its_arguments(script):
    script(f'exec {CC} "$@"')
    assert library("#ifdef ASKED\n" + SOURCE + "#endif").answer() == 42
    assert len(script.calls()) == 1
    assert script.calls()[0].startswith("-DASKED -O3 ")


def test_what_was_compiled_is_not_compiled_again(script, cache):
    script(f'exec {CC} "$@"')
    library(SOURCE)
    library(SOURCE)
    assert len(script.calls()) == 1
    forget()  # as in another process
    assert library(SOURCE).answer() == 42
    assert len(script.calls()) == 1
    assert [path.suffix for path in cache.iterdir()] == [".so"]


def test_another_source_or_another_command_is_compiled(script, monkeypatch, cache):
    script(f'exec {CC} "$@"')
    library(SOURCE)
    library(SOURCE.replace("42", "43"))
    monkeypatch.setenv("CC", f"{CC} -DOTHER")
    forget()
    library(SOURCE)
    assert len(list(cache.iterdir())) == 3


def test_a_compiler_that_does_not_know_the_machine_s_flags(script):
    script(f'case "$*" in *-march=native*) echo "error: unknown -march" >&2; exit 1;; esac\nexec {CC} "$@"')
    assert library(SOURCE).answer() == 42
    *refused, last = script.calls()
    assert all("-march=native" in call for call in refused)
    assert "-march=native" not in last


def test_a_library_that_cannot_be_loaded_is_no_success(script):
    """The first flags link what is not there; the next ones are tried."""
    script(f'case "$*" in *VECTOR_MATH=1*) set -- "$@" -DMISSING;; esac\nexec {CC} "$@" -Wl,-z,now')
    source = f"int nowhere(void);\n#ifdef MISSING\n{SOURCE.replace('42', 'nowhere()')}#else\n{SOURCE}#endif\n"
    assert library(source).answer() == 42
    first, *_, last = script.calls()
    assert "-DVECTOR_MATH=1" in first
    assert "-DVECTOR_MATH=0" in last


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('echo "kernel.c:1:1: error: no such thing" >&2; exit 1', "error: no such thing"),
        ('echo "out of memory" >&2; exit 1', "out of memory"),
        ("exit 0", "cannot be loaded"),
        ("exit 1", "cannot be loaded"),
    ],
)
def test_a_broken_compiler_is_an_error_of_the_user_s_machine(script, cache, body, said):
    script(body)
    with pytest.raises(InputError, match="my cc does not compile the kernel") as refused:
        library(SOURCE)
    assert said in str(refused.value)
    assert "engine='numpy'" in str(refused.value)
    assert list(cache.iterdir()) == []  # nothing half done is left


def test_a_source_that_does_not_compile_says_why():
    with pytest.raises(InputError, match="error"):
        library("int answer(void) { return }")


def test_a_compiler_that_is_not_there(monkeypatch):
    monkeypatch.setenv("CC", "/nowhere/cc")
    forget()
    with pytest.raises(InputError, match="/nowhere/cc does not compile the kernel") as refused:
        library(SOURCE)
    assert "No such file" in str(refused.value)


def test_no_compiler_at_all(monkeypatch):
    monkeypatch.setattr(compiler.shutil, "which", lambda name: None)
    monkeypatch.setattr(compiler, "find_spec", lambda name: None)
    forget()
    assert compiler.compiler() == ()
    with pytest.raises(InputError, match="no C compiler") as refused:
        library(SOURCE)
    assert "ziglang" in str(refused.value)


def test_zig_where_there_is_nothing_else(monkeypatch):
    monkeypatch.setattr(compiler.shutil, "which", lambda name: None)
    monkeypatch.setattr(compiler, "find_spec", lambda name: object())
    forget()
    assert compiler.compiler() == (sys.executable, "-m", "ziglang", "cc")


def test_a_file_that_is_no_library_is_compiled_anew(cache):
    library(SOURCE)
    (path,) = cache.iterdir()
    path.unlink()  # never overwritten in place: it may be loaded
    path.write_bytes(b"")
    forget()
    assert library(SOURCE).answer() == 42


# --- the folder ---------------------------------------------------------------------------------------------


def test_where_libraries_are_kept(monkeypatch, tmp_path):
    assert compiler._folder() == tmp_path / "cache"
    monkeypatch.delenv("GRADPROOF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert compiler._folder() == tmp_path / "xdg" / "gradproof" / "kernels"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert compiler._folder() == tmp_path / ".cache" / "gradproof" / "kernels"


def test_a_folder_that_cannot_be_written_to(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRADPROOF_CACHE", str(tmp_path / "file" / "below"))
    assert library(SOURCE).answer() == 42
    assert compiler._folder() == compiler._own_folder()


def test_processes_that_compile_the_same_at_once(script, cache):
    script(f'sleep 0.2\nexec {CC} "$@"')
    code = f"from gradproof.train.engines.compiler import library\nprint(library({SOURCE!r}).answer())"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[0].split() for process in running] == [[b"42"]] * 2
    assert len(list(cache.iterdir())) == 1
