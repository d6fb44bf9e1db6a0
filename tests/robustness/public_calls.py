"""The public functions, and of each a call with arguments that are right.

`refused_calls` gets each of them wrong; `test_memory` repeats the right ones and watches the memory.
"""

import contextlib
import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import deeprob

N, D, C = 5, 4, 3
MINIMIZERS = ["lbfgs", "bfgs", "cg", "adam", "nesterov"]
COURSE_LOSSES = [
    f"cs231n.{loss}_loss_{kind}" for loss in ("svm", "softmax") for kind in ("naive", "vectorized")
]
DEMOS = ["nine_numbers", "overfitting", "prefer_simpler", "preferences"]
COURSE_UPDATES = [f"cs231n.{name}" for name in ("sgd", "sgd_momentum", "rmsprop", "adam")]


@dataclass
class Call:
    """A call of a public function, by keywords."""

    function: str
    arguments: dict[str, Any]

    def run(self):
        return FUNCTIONS[self.function](**self.arguments)

    def but(self, **changes):
        return Call(self.function, {**self.arguments, **changes})


def _classifier(**keywords):
    classifier = deeprob.LinearClassifier(**keywords)
    classifier.W = floats(C, D)
    return classifier


def _bowl(w):
    return float(np.sum(w**2)), 2 * w


def _train(X, y, **keywords):
    return deeprob.LinearClassifier().train(X, y, **keywords)


def _objective_of(X, y, W, index=None, out=None, **keywords):
    return deeprob.Objective(X, y, **keywords)(W, index, out=out)


def _optimizer(name):
    """Make an optimizer of ``params`` and, when ``grads`` is given, take two steps."""

    def make(params, grads=None, **keywords):
        optimizer = deeprob.optim.REGISTRY[name](params, **keywords)
        for _ in range(0 if grads is None else 2):
            optimizer.step(grads)
        return optimizer

    return make


def _lbfgs(x0, f=1.0, g=None, **keywords):
    """Make an LBFGS and tell it three values."""
    solver = deeprob.LBFGS(x0, **keywords)
    for k in range(3):
        solver.tell(f if k == 0 else 1.0 - k, np.ones_like(solver.ask()) if g is None else g)
    return solver.x, solver.pairs, solver.direction, repr(solver)


def _quiet_sparse(**keywords):
    """grad_check_sparse without its printed lines."""
    with contextlib.redirect_stdout(io.StringIO()):
        return deeprob.grad_check_sparse(**keywords)


def _layer(make):
    """Make a layer, and take a batch forward and a gradient backward through it."""

    def through(x, grad, **keywords):
        layer = make(**keywords)
        y = layer(x)
        return y, layer.backward(grad), layer.gradients(), layer.state_dict(), repr(layer)

    return through


def _kfac(X, y, **keywords):
    """Make a K-FAC of a network and take two steps."""
    net = _network()
    opt = deeprob.nn.KFAC(net, **keywords)
    for _ in range(2):
        opt.step(net.loss_and_grads(X, y)[1])
    return net.state_dict(), opt.factors(), repr(opt)


def _network(sizes=(D, 4, C), rng=0, **keywords):
    return deeprob.nn.MLP(sizes, rng=rng, batch_norm=True, dropout=0.3, **keywords)


def _cube(x):
    return float(np.sum(x**3)), 3 * x**2


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "scores": deeprob.scores,
    "predict": deeprob.predict,
    "accuracy": deeprob.accuracy,
    "softmax_loss": deeprob.softmax_loss,
    "svm_loss": deeprob.svm_loss,
    "softmax_cross_entropy": deeprob.softmax_cross_entropy,
    "multiclass_hinge": deeprob.multiclass_hinge,
    "l2": deeprob.l2,
    "l1": deeprob.l1,
    "elastic_net": deeprob.elastic_net,
    "proximal_l1": deeprob.proximal_l1,
    "Objective": deeprob.Objective,
    "Objective.value_and_grad": _objective_of,
    "Objective.value": lambda X, y, W, index=None, **k: deeprob.Objective(X, y, **k).value(W, index),
    "Objective.values": lambda X, y, Ws, index=None, out=None, **k: deeprob.Objective(X, y, **k).values(
        Ws, index, out=out
    ),
    "Objective.terms": lambda X, y, W, index=None, **k: deeprob.Objective(X, y, **k).terms(W, index),
    "Objective.predict": lambda X, y, W: deeprob.Objective(X, y).predict(W),
    "Objective.accuracy": lambda X, y, W: deeprob.Objective(X, y).accuracy(W),
    "random_search": deeprob.random_search,
    "gradient_descent": deeprob.gradient_descent,
    "compare": deeprob.compare,
    "compare_regularizers": deeprob.compare_regularizers,
    "calibration_error": deeprob.calibration_error,
    "nn.Sequential.fit": lambda X, y, **k: deeprob.nn.MLP((D, 3, C), rng=0).fit(X, y, **k),
    "optim.comparison_table": deeprob.optim.comparison_table,
    **{f"minimize, {method}": functools.partial(deeprob.minimize, method=method) for method in MINIMIZERS},
    "LBFGS": _lbfgs,
    "numeric_gradient": deeprob.numeric_gradient,
    "numeric_gradient, Objective": lambda X, y, W: deeprob.numeric_gradient(deeprob.Objective(X, y), W),
    "gradcheck": deeprob.gradcheck,
    "gradcheck, Objective": lambda X, y, W, **k: deeprob.gradcheck(deeprob.Objective(X, y, reg=0.1), W, **k),
    "gradgradcheck": deeprob.gradgradcheck,
    "grad_check_sparse": _quiet_sparse,
    "bug_zoo.get": deeprob.bug_zoo.get,
    **{f"demos.{name}": getattr(deeprob.demos, name) for name in DEMOS},
    "LinearClassifier": deeprob.LinearClassifier,
    "LinearClassifier.train": _train,
    "LinearClassifier.loss": lambda X, y, reg=0.0: _classifier().loss(X, y, reg),
    "LinearClassifier.predict": lambda X: _classifier().predict(X),
    "LinearClassifier.accuracy": lambda X, y: _classifier().accuracy(X, y),
    "set_num_threads": deeprob.set_num_threads,
    **{f"optim.{name}": _optimizer(name) for name in deeprob.optim.NAMES},
    "landscapes.bowl": deeprob.landscapes.bowl,
    "landscapes.noisy": lambda **k: deeprob.landscapes.noisy(deeprob.landscapes.bowl(), **k),
    "landscapes.condition_number": deeprob.landscapes.condition_number,
    "landscapes.loss_slice": deeprob.landscapes.loss_slice,
    "landscapes.mgh": lambda w, **k: deeprob.landscapes.mgh("beale", **k).hessian(w),
    "Landscape": lambda w: deeprob.landscapes.himmelblau()(w),
    "Landscape.hvp": lambda w, v: deeprob.landscapes.himmelblau().hvp(w, v),
    "Landscape.values": lambda **k: deeprob.landscapes.himmelblau().values(**k),
    "Landscape.grid": lambda **k: deeprob.landscapes.himmelblau().grid(**k),
    **{f"augment.{name}": getattr(deeprob.augment, name) for name in deeprob.augment.__all__},
    "nn.Linear": _layer(deeprob.nn.Linear),
    "nn.ReLU": _layer(deeprob.nn.ReLU),
    "nn.BatchNorm": _layer(deeprob.nn.BatchNorm),
    "nn.Dropout": _layer(deeprob.nn.Dropout),
    "nn.Residual": _layer(lambda **k: deeprob.nn.Residual(deeprob.nn.ReLU(), **k)),
    "nn.MLP": deeprob.nn.MLP,
    "nn.ResidualMLP": deeprob.nn.ResidualMLP,
    "nn.MLP.loss_and_grads": lambda X, y, **k: _network().loss_and_grads(X, y, **k),
    "nn.MLP.scores": lambda X, **k: _network().scores(X, **k),
    "nn.KFAC": _kfac,
    "nn.load_state_dict": lambda state: deeprob.nn.Linear(D, C, rng=0).load_state_dict(state).state_dict(),
    **{f"nn.init.{name}": getattr(deeprob.nn.init, name) for name in deeprob.nn.init.__all__},
    **{f"cs231n.{name}": getattr(deeprob.cs231n, name) for name in deeprob.cs231n.__all__},
    "cs231n.grad_check_sparse": _quiet_sparse,
}


def floats(*shape, dtype=np.float32):
    return (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 7 / 7).astype(dtype)


def labels(n=N):
    return np.arange(n) % C


def right(function):
    """A call with fresh arguments that are right."""
    W, X, y, s = floats(C, D), floats(N, D), labels(), floats(N, C)
    arguments = {
        "scores": {"W": W, "X": X, "b": floats(C)},
        "predict": {"W": W, "X": X, "b": floats(C)},
        "accuracy": {"W": W, "X": X, "y": y, "b": floats(C)},
        "softmax_loss": {"W": W, "X": X, "y": y, "b": floats(C)},
        "svm_loss": {"W": W, "X": X, "y": y, "b": floats(C)},
        "softmax_cross_entropy": {"s": s, "y": y},
        "multiclass_hinge": {"s": s, "y": y},
        "l2": {"W": W},
        "l1": {"W": W},
        "elastic_net": {"W": W},
        "proximal_l1": {"W": W, "threshold": 0.25},
        "Objective": {"X": X, "y": y},
        "Objective.value_and_grad": {"X": X, "y": y, "W": W},
        "Objective.value": {"X": X, "y": y, "W": W},
        "Objective.values": {"X": X, "y": y, "Ws": np.array([W, W])},
        "Objective.terms": {"X": X, "y": y, "W": W},
        "Objective.predict": {"X": X, "y": y, "W": W},
        "Objective.accuracy": {"X": X, "y": y, "W": W},
        "random_search": {"X": X, "y": y, "num_tries": 2, "rng": 0},
        "gradient_descent": {"loss_fn": _bowl, "w0": floats(3), "learning_rate": 0.1, "num_steps": 2},
        "compare": {"problem": _bowl, "optimizers": ["sgd"], "x0": floats(3) + 1, "steps": 2, "lr": 0.1},
        "compare_regularizers": {
            "X_train": X,
            "y_train": y,
            "X_test": X,
            "y_test": y,
            "methods": ["l2"],
            "hidden": (3,),
            "image_shape": (2, 2),
            "epochs": 1,
            "seeds": 1,
            "progress": False,
        },
        "calibration_error": {"probabilities": np.eye(C)[y] * 0.4 + 0.2, "y": y},
        "nn.Sequential.fit": {"X": X, "y": y, "epochs": 1, "rng": 0},
        "optim.comparison_table": {"optimizers": ["sgd"]},
        **{f"minimize, {method}": {"fun": _bowl, "x0": floats(3), "steps": 3} for method in MINIMIZERS},
        "LBFGS": {"x0": floats(C, D), "g": floats(C, D)},
        "numeric_gradient": {"f": lambda x: float(np.sum(x)), "x": floats(3, dtype=np.float64)},
        "numeric_gradient, Objective": {"X": X, "y": y, "W": W},
        "gradcheck": {"func": _cube, "inputs": floats(3, dtype=np.float64) + 1},
        "gradcheck, Objective": {"X": X, "y": y, "W": floats(C, D, dtype=np.float64), "strict": True},
        "gradgradcheck": {
            "func": _cube,
            "inputs": floats(3, dtype=np.float64) + 1,
            "hvp": lambda x, v: 6 * x * v,
        },
        "grad_check_sparse": {
            "f": _cube,
            "x": floats(3, dtype=np.float64) + 1,
            "analytic_grad": 3 * (floats(3, dtype=np.float64) + 1) ** 2,
            "h": 1e-5,
        },
        "bug_zoo.get": {"name": "half_penalty"},
        "demos.nine_numbers": {},
        "demos.overfitting": {"reg": [0.0, 0.1], "num_steps": 2, "num_test": 4},
        "demos.prefer_simpler": {"num_seeds": 2, "num_test": 4, "reg": 0.1},
        "demos.preferences": {"regs": [0.1], "num_steps": 2},
        "LinearClassifier": {},
        "LinearClassifier.train": {"X": X, "y": y, "num_iters": 2, "rng": 0},
        "LinearClassifier.loss": {"X": X, "y": y},
        "LinearClassifier.predict": {"X": X},
        "LinearClassifier.accuracy": {"X": X, "y": y},
        "set_num_threads": {"threads": deeprob.get_num_threads()},
        **{f"optim.{name}": {"params": floats(C, D), "grads": floats(C, D)} for name in deeprob.optim.NAMES},
        "landscapes.bowl": {},
        "landscapes.noisy": {"scale": 0.1, "rng": 0},
        "landscapes.condition_number": {"H": np.diag([1.0, 2.0])},
        "landscapes.loss_slice": {"objective": deeprob.Objective(X, y), "W": W, "rng": 0},
        "landscapes.mgh": {"w": floats(2)},
        "Landscape": {"w": floats(2)},
        "Landscape.hvp": {"w": floats(2), "v": floats(2)},
        "Landscape.values": {"points": floats(N, 2)},
        "Landscape.grid": {"x": floats(N), "y": floats(D)},
        "augment.cutout": {"images": X, "size": 1, "image_shape": (2, 2), "rng": 0},
        "augment.flip": {"images": X, "image_shape": (2, 2), "rng": 0},
        "augment.crop": {"images": X, "padding": 1, "image_shape": (2, 2), "rng": 0},
        "augment.mixup": {"images": X, "y": y, "alpha": 0.5, "rng": 0},
        "nn.Linear": {"x": X, "grad": s, "in_features": D, "out_features": C, "rng": 0},
        "nn.ReLU": {"x": X, "grad": X},
        "nn.BatchNorm": {"x": X, "grad": X, "features": D},
        "nn.Dropout": {"x": X, "grad": X, "p": 0.3, "rng": 0},
        "nn.Residual": {"x": X, "grad": X, "survival": 0.9, "rng": 0},
        "nn.MLP": {"sizes": (D, 4, C), "rng": 0},
        "nn.ResidualMLP": {"in_features": D, "width": 4, "depth": 2, "out_features": C, "rng": 0},
        "nn.MLP.loss_and_grads": {"X": X, "y": y, "reg": 0.1},
        "nn.MLP.scores": {"X": X},
        "nn.KFAC": {"X": X, "y": y, "rng": 0},
        "nn.load_state_dict": {"state": {"W": W, "b": floats(C)}},
        **{name: {"fan_in": D, "fan_out": C, "rng": 0} for name in INITIALIZATIONS},
        **{name: {"W": floats(D, C), "X": X, "y": y, "reg": 0.1} for name in COURSE_LOSSES},
        **{name: {"w": floats(C, D), "dw": floats(C, D), "config": {}} for name in COURSE_UPDATES},
        "cs231n.eval_numerical_gradient": {
            "f": lambda x: float(np.sum(x)),
            "x": floats(3, dtype=np.float64),
            "verbose": False,
        },
        "cs231n.eval_numerical_gradient_array": {
            "f": lambda x: x**2,
            "x": floats(3, dtype=np.float64),
            "df": floats(3),
        },
        "cs231n.grad_check_sparse": {
            "f": _cube,
            "x": floats(3, dtype=np.float64) + 1,
            "analytic_grad": 3 * (floats(3, dtype=np.float64) + 1) ** 2,
            "h": 1e-5,
        },
        "cs231n.compute_numeric_gradient": {"f": lambda x: x**2, "x": floats(3, dtype=np.float64)},
        "cs231n.rel_error": {"x": floats(3), "y": floats(3)},
    }[function]
    return Call(function, arguments)


TAKE_W = ["scores", "predict", "accuracy", "softmax_loss", "svm_loss", "l2", "l1", "elastic_net"]
TAKE_W += ["proximal_l1"]
TAKE_W += ["Objective.value_and_grad", "Objective.value", "Objective.terms"]
TAKE_W += ["Objective.predict", "Objective.accuracy", *COURSE_LOSSES]
TAKE_X = ["scores", "predict", "accuracy", "softmax_loss", "svm_loss", "Objective", "random_search"]
TAKE_X += ["LinearClassifier.train", "LinearClassifier.loss", "LinearClassifier.predict"]
TAKE_X += ["LinearClassifier.accuracy", *COURSE_LOSSES]
TAKE_Y = ["accuracy", "softmax_loss", "svm_loss", "softmax_cross_entropy", "multiclass_hinge", "Objective"]
TAKE_Y += ["random_search", "LinearClassifier.train", "LinearClassifier.loss", "LinearClassifier.accuracy"]
TAKE_Y += COURSE_LOSSES
# For these a label C is one class more, not an error.
FIND_C = ["Objective", "random_search", "LinearClassifier.train"]
TAKE_B = ["scores", "predict", "accuracy", "softmax_loss", "svm_loss"]
TAKE_INDEX = [*TAKE_B, "Objective.value_and_grad", "Objective.value", "Objective.terms"]
TAKE_OUT = ["scores", "predict", "softmax_loss", "svm_loss", "softmax_cross_entropy", "multiclass_hinge"]
TAKE_OUT += ["proximal_l1"]
TAKE_OUT += ["l2", "l1", "elastic_net", "Objective.value_and_grad"]
TAKE_EXAMPLE_AXIS = [*TAKE_B, "softmax_cross_entropy", "multiclass_hinge", "Objective", "random_search"]
TAKE_CLASS_AXIS = [*TAKE_B, "Objective", "LinearClassifier"]
TAKE_THREADS = [*TAKE_B, "Objective", "random_search", "LinearClassifier", "set_num_threads"]
OPTIMIZERS = [f"optim.{name}" for name in deeprob.optim.NAMES]
LAYERS = [f"nn.{name}" for name in ("Linear", "ReLU", "BatchNorm", "Dropout", "Residual")]
INITIALIZATIONS = [f"nn.init.{name}" for name in deeprob.nn.init.__all__]
AUGMENTATIONS = [f"augment.{name}" for name in deeprob.augment.__all__]
TAKE_THREADS += [*OPTIMIZERS, "Landscape.values", "Landscape.grid", *AUGMENTATIONS]
TAKE_REG = ["softmax_loss", "svm_loss", "Objective", "LinearClassifier.train", "LinearClassifier.loss"]
TAKE_REG += COURSE_LOSSES
TAKE_REG_TYPE = ["softmax_loss", "svm_loss", "Objective", "LinearClassifier"]
