"""Checkpoints: all that decides how a training goes on, so that it ends at the same weights after a kill."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.engines.base import Data, State
from gradproof.train.fitting.archive import read_archive, write_archive
from gradproof.train.fitting.job import Job, Run
from gradproof.train.fitting.ledger import Ledger
from gradproof.train.fitting.optimizer_record import to_record

Fingerprint = dict[str, Any]


def fingerprint(job: Job, engine: str) -> Fingerprint:
    """What trainings have in common that pass through the same weights; how many epochs is no part of it."""
    stopping = job.early_stopping
    mark = {
        "network": job.network.to_dict(),
        "optimizer": to_record(job.optimizer),
        "training data": _digest(job.data),
        "validation data": _digest(job.validation) if job.validation else None,
        "batch_size": job.batch_size,
        "dtype": job.dtype.name,
        "engine": engine,
        "seed": job.seed if isinstance(job.seed, int) else repr(job.seed),
        "start": job.init if job.start is None else _start_digest(job.start),
        "shuffle": job.shuffle,
        "early_stopping": asdict(stopping) if stopping else None,
    }
    found: Fingerprint = json.loads(json.dumps(mark))  # as it will be read
    return found


def save_checkpoint(path: str | os.PathLike[str], mark: Fingerprint, run: Run) -> None:
    """Write where the training stands; the file is replaced as a whole."""
    content = {
        "fingerprint": mark, "step": run.state.step, "streams": run.streams.state(),
        "ledger": run.ledger.to_dict(), "watch": run.watch.state() if run.watch else None,
    }  # fmt: skip
    best = run.watch.parameters if run.watch else {}
    groups = {"parameters": run.state.parameters, "slots": run.state.slots, "best": best}
    write_archive(path, "checkpoint", content, groups)


def resume(path: str | os.PathLike[str], mark: Fingerprint, job: Job, run: Run) -> bool:
    """Take up the training that the file holds, where there is a file.

    Raises
    ------
    InputError
        The file is damaged, or its training is another one; the message says what differs.
    """
    if not Path(path).exists():
        return False
    content, arrays = read_archive(path, "checkpoint")
    ledger = Ledger.from_dict(content["ledger"])
    if differences := [*_differences(content["fingerprint"], mark), *_other_rates(ledger, job)]:
        raise InputError(
            f"the checkpoint is of another training: {'; '.join(differences)}", where=str(path),
            fix="give another path, remove the file, or train as it says",
        )  # fmt: skip
    if len(ledger) > job.epochs:
        raise InputError(
            f"the checkpoint has {len(ledger)} epochs, and {job.epochs} are asked for", where=str(path),
            fix=f"ask for at least {len(ledger)} epochs, give another path, or remove the file",
        )  # fmt: skip
    _restore(run.state, content["step"], arrays)
    run.streams.restore(content["streams"])
    run.ledger[:] = ledger
    if run.watch:
        run.watch.restore(content["watch"], arrays.get("best", {}))
    return True


def _restore(state: State, step: int, arrays: Mapping[str, Mapping[str, Array]]) -> None:
    for own, group in ((state.parameters, "parameters"), (state.slots, "slots")):
        for name, array in own.items():
            np.copyto(array, arrays[group][name])
    state.step = step


def _differences(there: Any, here: Any, name: str = "") -> Iterator[str]:
    """What differs, by its place."""
    if isinstance(here, dict) and isinstance(there, dict):
        for key in here:
            yield from _differences(there.get(key), here[key], f"{name}, {key}".removeprefix(", "))
    elif isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for k, (before, now) in enumerate(zip(there, here, strict=True), start=1):
            yield from _differences(before, now, f"{name} {k}")
    elif there != here:
        yield f"{name}: {_short(there)} there, {_short(here)} here"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _other_rates(ledger: Ledger, job: Job) -> Iterator[str]:
    """The first epoch that had another learning rate than the schedule gives it now."""
    for k, entry in enumerate(ledger):
        if entry.rate != (rate := job.rate(k)):
            yield f"the learning rate of epoch {k + 1}: {entry.rate} there, {rate} here"
            return


def _digest(data: Data) -> dict[str, Any]:
    arrays = {"X": data.X, "Y": data.Y} | ({} if data.weights is None else {"weights": data.weights})
    return {
        "shapes": [list(array.shape) for array in arrays.values()], "content": _hash(arrays.values()),
    }  # fmt: skip


def _start_digest(start: Any) -> str:
    state = start if isinstance(start, State) else State({k: np.asarray(v) for k, v in start.items()}, {})
    arrays = [state.parameters[k] for k in sorted(state.parameters)]
    return f"{_hash([*arrays, *(state.slots[k] for k in sorted(state.slots))])} at step {state.step}"


def _hash(arrays: Any) -> str:
    found = hashlib.blake2b(digest_size=16)
    for array in arrays:
        # A view along the last axis first is contiguous for the data, which is stored column by column.
        found.update(np.ascontiguousarray(array.T).view(np.uint8).reshape(-1).data)
    return found.hexdigest()
