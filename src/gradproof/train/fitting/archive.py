"""Files of arrays and plain data: npz with JSON inside, never a pickle, replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.expr.node import Array

FORMAT = 1
_HEAD = "gradproof"  # the member that holds the plain data
_PART = ":"  # stands between the group of an array and its name


def write_archive(
    path: str | os.PathLike[str],
    kind: str,
    content: Mapping[str, Any],
    arrays: Mapping[str, Mapping[str, Array]],
) -> None:
    """Write a file in one step: whoever reads it finds the old file or the new one, also after a kill.

    Parameters
    ----------
    kind : what the file holds, ``"model"`` or ``"checkpoint"``
    content : plain data, as JSON has it
    arrays : groups of arrays by name

    Raises
    ------
    InputError
        The file cannot be written, or an array holds objects, which only a pickle could hold.
    """
    target = Path(path)
    head = json.dumps({"kind": kind, "format": FORMAT, "content": content}, ensure_ascii=False)
    members = {
        f"{group}{_PART}{name}": np.asarray(a) for group, each in arrays.items() for name, a in each.items()
    }
    for name, array in members.items():
        if array.dtype.hasobject:
            raise InputError(
                f"{name} is an array of objects", where=str(target), fix="give numbers or strings"
            )
    members[_HEAD] = np.frombuffer(head.encode(), np.uint8)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **dict[str, Any](members))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise InputError(
            f"the {kind} cannot be written: {error.strerror or error}", where=str(target),
            fix="give a path in a folder that exists and can be written to",
        ) from error  # fmt: skip


def read_archive(
    path: str | os.PathLike[str], kind: str
) -> tuple[dict[str, Any], dict[str, dict[str, Array]]]:
    """The plain data and the groups of arrays in a file that :func:`write_archive` wrote.

    Raises
    ------
    InputError
        There is no such file, it is damaged or of another kind, or a later version wrote it.
    """
    source = Path(path)
    try:
        with source.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            members = {name: archive[name] for name in archive.files}
            head = json.loads(members.pop(_HEAD).tobytes())
    except FileNotFoundError as error:
        raise InputError(f"there is no {kind}", where=str(source), fix="give the path of a file") from error
    except IsADirectoryError as error:
        raise InputError(
            f"this is a folder, and no {kind}", where=str(source), fix=f"give {source / f'{kind}.npz'}"
        ) from error
    except OSError as error:
        raise InputError(
            f"the {kind} cannot be read: {error.strerror or error}", where=str(source)
        ) from error
    except _DAMAGE as error:
        raise InputError(
            f"the file is no {kind} of gradproof, or it is damaged: {_sentence(error)}", where=str(source),
            fix=_WRITERS[kind],
        ) from error  # fmt: skip
    _check_head(head, kind, source)
    groups: dict[str, dict[str, Array]] = {}
    for name, array in members.items():
        group, _, own = name.partition(_PART)
        groups.setdefault(group, {})[own] = array
    return head["content"], groups


_WRITERS = {
    "model": "give the model.npz that gradproof train wrote, or the file of Fitted.save",
    "checkpoint": "give a checkpoint that fit wrote; a damaged one has to be made again",
}
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    KeyError,
    EOFError,
    TypeError,
    NotImplementedError,
)


def _check_head(head: Any, kind: str, source: Path) -> None:
    found = head.get("kind") if isinstance(head, dict) else None
    if found != kind:
        raise InputError(
            f"the file holds a {found}, not a {kind}", where=str(source), fix=f"give the path of a {kind}"
        )
    if head["format"] > FORMAT:
        raise InputError(
            f"the {kind} has format {head['format']}, and this gradproof reads up to {FORMAT}",
            where=str(source),
            fix="use the version of gradproof that wrote it, or a later one",
        )  # fmt: skip


def _sentence(error: Exception) -> str:
    if isinstance(error, KeyError):
        return "it lacks what tells its content"
    if isinstance(error, TypeError):
        return "it holds one array and not an archive"
    if "Object arrays" in str(error):
        return "one of its arrays holds objects"
    if "pickle" in str(error):  # what NumPy says of any file that it does not know
        return "it is no npz archive of numbers"
    return str(error).split("\n")[0]
