"""What an optimizer remembers, taken out and put back, in memory and in files."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arguments import FloatArray, as_count
from ._form import Form, Groups
from ._hyper import Hyper

if TYPE_CHECKING:
    from ._base import Optimizer


def _kind(a: Any) -> str:
    return (
        f"of shape {np.shape(a)} and dtype {a.dtype}"
        if isinstance(a, np.ndarray)
        else f"a {type(a).__name__}"
    )


def check_like(given: Any, own: FloatArray, name: str) -> None:
    """Raise unless an array can be copied into the optimizer's own to the bit."""
    if not isinstance(given, np.ndarray) or given.shape != own.shape or given.dtype != own.dtype:
        raise ValueError(f"{name} is {_kind(given)}; expected {_kind(own)}")


def _checked_hypers(optimizer: Any, hyper: Any, name: str) -> dict[str, Any]:
    """Return hyperparameters as the optimizer keeps them; ``hyper`` may miss some, and name others."""
    if not isinstance(hyper, Mapping):
        raise TypeError(f"{name} is a {type(hyper).__name__}; expected a dict")
    checked = {}
    for key, value in hyper.items():
        kind = getattr(type(optimizer), str(key), None)
        if isinstance(kind, Hyper):
            checked["_" + key] = kind.checked(optimizer, value, f"{name}[{key!r}]")
            continue
        value = tuple(value) if isinstance(value, list) else value  # files know no tuples
        if isinstance(kind, property) and value != getattr(optimizer, key):  # it stays as it was made
            raise ValueError(f"state has {key}={value!r}; this optimizer has {getattr(optimizer, key)!r}")
    return checked


class Saving:
    """The part of `Optimizer` that takes its state out and puts it back."""

    t: int
    _form: Form | Groups
    _overrides: list[dict[str, Any]]

    def _named_hypers(self) -> dict[str, Any]:
        raise NotImplementedError

    def _arrays(self) -> list[tuple[FloatArray, tuple[FloatArray, ...]]]:
        raise NotImplementedError

    def _with(self, changes: Mapping[str, Any]) -> "Optimizer":
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Return what makes the next step what it is, beside the parameters: copies, for `load_state_dict`.

        Returns
        -------
        dict
            "optimizer", the class's name; "t"; "hyper", a dict of the hyperparameters; "states", a list with
            the states of each array of parameters; and "groups", a list with a dict for each group of
            parameters, empty where there are none: "arrays", how many, and "hyper", what it has set.
        """
        sizes = self._form.sizes
        groups = [
            {"arrays": n, "hyper": {name[1:]: value for name, value in own.items()}}
            for n, own in zip(sizes, self._overrides, strict=True)
        ]
        return {
            "optimizer": type(self).__name__,
            "t": self.t,
            "hyper": self._named_hypers(),
            "groups": groups,
            "states": [[state.copy() for state in own] for _, own in self._arrays()],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned; the arrays are copied. All is checked first.

        Raises
        ------
        ValueError, TypeError, KeyError
            If it is another optimizer's, or of other groups, shapes or dtypes, or a value is none that the
            hyperparameter may have; nothing is changed then.
        """
        self._take_over(state, ())

    def _take_over(self, state: Mapping[str, Any], params: tuple[Any, ...]) -> None:
        """Take over a state and, if they are given, the parameters' values; all is checked first."""
        name, own = type(self).__name__, self._arrays()
        if state["optimizer"] != name:
            raise ValueError(f"state is of {state['optimizer']}; expected one of {name}")
        given = state["states"]
        if [len(states) for states in given] != [len(states) for _, states in own]:
            raise ValueError(f"state has other arrays than this optimizer's {len(own)} with their states")
        for a, (w, _), array in zip(params, own, self._form.names("params"), strict=bool(params)):
            check_like(a, w, f"{array} of the file")
        for k, (theirs, (_, mine)) in enumerate(zip(given, own, strict=True)):
            for i, (a, b) in enumerate(zip(theirs, mine, strict=True)):
                check_like(a, b, f"state['states'][{k}][{i}]")
        groups = state.get("groups", [])
        if [group["arrays"] for group in groups] != self._form.sizes:
            raise ValueError(f"state has other groups of arrays than this optimizer's, {self._form.sizes}")
        hyper = _checked_hypers(self, state["hyper"], "state['hyper']")
        overrides = [
            _checked_hypers(self, group["hyper"], f"state['groups'][{k}]['hyper']")
            for k, group in enumerate(groups)
        ]
        t = as_count(state["t"], "state['t']")
        self._with({**hyper, "_overrides": overrides})._hypers_at(1.0)  # raises where they do not go together
        self.__dict__.update(hyper, _overrides=overrides, _hypers=None, _t=t)
        for theirs, (_, mine) in zip(given, own, strict=True):
            for a, b in zip(theirs, mine, strict=True):
                b[...] = a
        for a, (w, _) in zip(params, own, strict=bool(params)):
            w[...] = a

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters and `state_dict` to a file, an npz without pickles, in one move.

        The file is there as a whole or, if anything fails, as it was before.
        """
        import json
        import tempfile

        state = self.state_dict()
        arrays = {f"param_{k}": w for k, (w, _) in enumerate(self._arrays())}
        arrays |= {f"state_{k}_{i}": s for k, own in enumerate(state["states"]) for i, s in enumerate(own)}
        text = json.dumps({key: value for key, value in state.items() if key != "states"})
        target = os.path.abspath(path)
        handle, draft = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".", suffix=".npz")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, about=np.array(text), **arrays)
            os.replace(draft, target)
        except BaseException:
            os.unlink(draft)
            raise

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take over what `save` wrote: the parameters' values and the state; the next step has the same bits.

        Raises
        ------
        ValueError, TypeError, KeyError, OSError
            If the file is none of `save`, or is broken, or is of another optimizer, or of other groups,
            shapes or dtypes; nothing is changed then.
        """
        about, arrays = _read(path)
        own = self._arrays()
        names = [f"param_{k}" for k in range(len(own))]
        names += [f"state_{k}_{i}" for k, (_, states) in enumerate(own) for i in range(len(states))]
        if about["optimizer"] == type(self).__name__ and set(names) != set(arrays):
            raise ValueError(f"{os.fspath(path)!r} has other arrays than this optimizer's {len(own)}")
        states = [
            [arrays.get(f"state_{k}_{i}") for i in range(len(states))] for k, (_, states) in enumerate(own)
        ]
        params = tuple(arrays.get(f"param_{k}") for k in range(len(own)))
        self._take_over({**about, "states": states}, params)


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, FloatArray]]:
    """Return what a file of `save` says about the optimizer, and its arrays."""
    import json
    import zipfile  # here: these are a tenth of the time of `import deeprob`

    refusal = f"{os.fspath(path)!r} was not written by an optimizer's save"
    try:
        # opened here: NumPy leaves a file open that turns out to be broken
        with open(path, "rb") as raw:
            file = np.load(raw, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile) or "about" not in file:
                raise ValueError(refusal)
            about = json.loads(str(file["about"]))
            arrays = {name: file[name] for name in file.files if name != "about"}
    except (zipfile.BadZipFile, EOFError, RuntimeError) as error:
        raise ValueError(f"{refusal}, or is broken: {error}") from None
    if not isinstance(about, dict):
        raise ValueError(refusal)
    return about, arrays
