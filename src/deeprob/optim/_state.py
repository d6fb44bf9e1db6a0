"""What an optimizer remembers, taken out and put back, in memory and in files."""

import json
import os
import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._arguments import FloatArray, as_count
from ._hyper import Hyper


def _kind(a: FloatArray) -> str:
    return f"of shape {a.shape} and dtype {a.dtype}"


class Saving:
    """The part of `Optimizer` that takes its state out and puts it back."""

    t: int

    def _named_hypers(self) -> dict[str, Any]:
        raise NotImplementedError

    def _arrays(self) -> list[tuple[FloatArray, tuple[FloatArray, ...]]]:
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Return what makes the next step what it is, beside the parameters: copies, for `load_state_dict`.

        Returns
        -------
        dict
            "optimizer", the class's name; "t"; "hyper", a dict of the hyperparameters; and "states", a list
            with the states of each array of parameters.
        """
        states = [[state.copy() for state in own] for _, own in self._arrays()]
        return {
            "optimizer": type(self).__name__,
            "t": self.t,
            "hyper": self._named_hypers(),
            "states": states,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned; the arrays are copied. All is checked first.

        Raises
        ------
        ValueError, KeyError
            If it is another optimizer's, or of other shapes or dtypes; nothing is changed then.
        """
        name = type(self).__name__
        if state["optimizer"] != name:
            raise ValueError(f"state is of {state['optimizer']}; expected one of {name}")
        given, hyper, own = state["states"], state["hyper"], self._arrays()
        if [len(states) for states in given] != [len(states) for _, states in own]:
            raise ValueError(f"state has {len(given)} arrays of parameters; expected {len(own)}")
        for k, (theirs, (_, mine)) in enumerate(zip(given, own, strict=True)):
            for a, b in zip(theirs, mine, strict=True):
                if a.shape != b.shape or a.dtype != b.dtype:
                    raise ValueError(f"state[{k}] is {_kind(a)}; expected {_kind(b)}")
        kinds = {key: getattr(type(self), key, None) for key in hyper}
        settable = {key: hyper[key] for key, kind in kinds.items() if isinstance(kind, Hyper)}
        for key, kind in kinds.items():  # a property stays as it was made; the rest was for the first states
            value = tuple(hyper[key]) if isinstance(hyper[key], list) else hyper[key]  # files know no tuples
            if isinstance(kind, property) and value != getattr(self, key):
                raise ValueError(f"state has {key}={hyper[key]!r}; this optimizer has {getattr(self, key)!r}")
        t = as_count(state["t"], "t")
        checked = {key: getattr(type(self), key).check(value, key) for key, value in settable.items()}
        for key, value in checked.items():
            setattr(self, key, value)
        self.t = t
        for theirs, (_, mine) in zip(given, own, strict=True):
            for a, b in zip(theirs, mine, strict=True):
                b[...] = a

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters and `state_dict` to a file, an npz without pickles, in one move.

        The file is there as a whole or, if anything fails, as it was before.
        """
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
        ValueError, OSError
            If the file is none of `save`, or of another optimizer, or of other shapes or dtypes; nothing is
            changed then.
        """
        with np.load(path, allow_pickle=False) as file:
            if "about" not in file:
                raise ValueError(f"{os.fspath(path)!r} was not written by an optimizer's save")
            about = json.loads(str(file["about"]))
            own = self._arrays()
            names = [f"param_{k}" for k in range(len(own))]
            names += [f"state_{k}_{i}" for k, (_, states) in enumerate(own) for i in range(len(states))]
            if about["optimizer"] == type(self).__name__ and set(names) != set(file.files) - {"about"}:
                raise ValueError(f"{os.fspath(path)!r} has other arrays than this optimizer's {len(own)}")
            arrays = {name: file[name] for name in names if name in file}
        for k, (w, _) in enumerate(own):
            a = arrays.get(f"param_{k}", w)
            if a.shape != w.shape or a.dtype != w.dtype:
                raise ValueError(f"params[{k}] of the file is {_kind(a)}; expected {_kind(w)}")
        states = [
            [arrays.get(f"state_{k}_{i}") for i in range(len(states))] for k, (_, states) in enumerate(own)
        ]
        self.load_state_dict({**about, "states": states})
        for k, (w, _) in enumerate(own):
            w[...] = arrays[f"param_{k}"]
