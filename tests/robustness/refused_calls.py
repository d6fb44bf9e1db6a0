"""Every way to get a public function's arguments wrong.

`test_bad_input` says what the errors must be; `test_memory` repeats the same calls and watches the memory.
Functions of data and weights are here, what walks on them in `refused_walks`, the course's in
`refused_course`, those of images in `refused_augmentations`, those of
networks in `refused_networks`.
"""

from collections.abc import Iterator

import numpy as np
from public_calls import (
    FIND_C,
    TAKE_B,
    TAKE_CLASS_AXIS,
    TAKE_EXAMPLE_AXIS,
    TAKE_INDEX,
    TAKE_OUT,
    TAKE_REG,
    TAKE_REG_TYPE,
    TAKE_THREADS,
    TAKE_W,
    TAKE_X,
    TAKE_Y,
    C,
    D,
    N,
    floats,
    labels,
    right,
)
from refused_augmentations import refused_augmentations
from refused_checks import refused_checks
from refused_course import refused_course_calls
from refused_networks import refused_networks
from refused_walks import refused_walks
from wrong_values import (
    BOTH,
    WRONG_AXES,
    WRONG_NUMBERS,
    WRONG_THREADS,
    WRONG_WEIGHTS,
    Refused,
    changed,
    out_of,
    short,
    wrong_dtypes,
    wrong_integers,
    wrong_labels,
    wrong_matrices,
    wrong_outs,
    wrong_soft_labels,
)


def refused_calls() -> Iterator[Refused]:
    """Every wrong call."""
    yield from _wrong_arrays()
    yield from _wrong_sizes()
    yield from _wrong_labels_and_positions()
    yield from _wrong_soft_labels()
    yield from _wrong_outs()
    yield from _wrong_choices()
    yield from _wrong_numbers()
    yield from refused_walks()
    yield from refused_course_calls()
    yield from refused_checks()
    yield from refused_augmentations()
    yield from refused_networks()


def _wrong_arrays():
    for function in TAKE_W:
        call = right(function)
        for what, value, words, error in wrong_matrices(call.arguments["W"], bytes_too=True):
            yield Refused(what, call.but(W=value), "W", error, words)
    for function in TAKE_X:
        call = right(function)
        for what, value, words, error in wrong_matrices(call.arguments["X"]):
            # An Objective makes arrays of its arguments, and says what it made of them.
            of_objective = what in ("None", "text") and function in (*FIND_C, "LinearClassifier.loss")
            yield Refused(
                what,
                call.but(X=value),
                "X",
                BOTH if of_objective else error,
                () if of_objective else words,
            )
    for function in ["softmax_cross_entropy", "multiclass_hinge"]:
        call = right(function)
        for what, value, words, error in wrong_matrices(call.arguments["s"], bytes_too=True):
            yield Refused(what, call.but(s=value), "s", error, words)
    for function in TAKE_B:
        call = right(function)
        b = call.arguments["b"]
        for what, value, words in wrong_dtypes(b, bytes_too=True):
            yield Refused(what, call.but(b=value), "b", TypeError, words)
        for value in [b[:-1], np.append(b, b), b[:, None], b[None], np.float32(1)]:
            what = f"shape {np.shape(value)}"
            yield Refused(what, call.but(b=value), "b", ValueError, (str(np.shape(value)), "C = 3"))
        yield Refused("masked", call.but(b=np.ma.masked_array(b, mask=b > 0)), "b", TypeError, ("mask",))
        yield Refused("text", call.but(b="0"), "b", BOTH)


def _wrong_sizes():
    W_T, hint = floats(3073, 10), "If your W is (D, C), as in the course's assignments, pass class_axis=1"
    words = ("W has shape (3073, 10); expected (C, D) with D = 3073", hint)
    for function in [*TAKE_B, "Objective.value", "Objective.value_and_grad", "Objective.predict"]:
        call = right(function).but(W=W_T, X=floats(N, 3073))
        call.arguments.pop("b", None)
        yield Refused("transposed", call, "W", ValueError, words)
    for function in TAKE_B:
        call = right(function)
        call.arguments.pop("b")
        lecture = "If your W is (C, D), as in the lecture, leave out class_axis=1"
        shapes = [
            ({"class_axis": 1}, ("(3, 4)", "(D, C)", "D = 4", lecture)),
            ({"X": floats(D, N)}, ("D = 5", "pass example_axis=1")),
            ({"example_axis": 1}, ("D = 5", "leave out example_axis=1")),
            ({"W": floats(C, D + 1)}, ("(3, 5)", "D = 4")),
        ]
        for k, (changes, words) in enumerate(shapes):
            yield Refused(f"mismatch {k}", call.but(**changes), "W", ValueError, words)
        no_class, no_feature = call.but(W=floats(0, D)), call.but(W=floats(C, 0), X=floats(N, 0))
        yield Refused("no classes", no_class, "W", ValueError, ("(0, 4)", "at least one class"))
        yield Refused("no features", no_feature, "X", ValueError, ("(5, 0)", "at least one feature"))
    for function in ["softmax_loss", "svm_loss", "accuracy", "LinearClassifier.loss"]:
        call = right(function).but(X=floats(0, D), y=labels(0))
        argument = "y" if "Classifier" in function else "X"
        yield Refused("no examples", call, argument, ValueError, ("example",))
    for function in FIND_C:
        call = right(function).but(X=floats(0, D), y=labels(0))
        yield Refused("no examples", call, "y", ValueError, ("(0,)", "at least one example"))
    for function in ["softmax_cross_entropy", "multiclass_hinge"]:
        for s, y in [(floats(0, C), labels(0)), (floats(N, 0), np.zeros(N, int))]:
            yield Refused(f"shape {s.shape}", right(function).but(s=s, y=y), "s", ValueError, (str(s.shape),))


def _wrong_soft_labels():
    for function in ["softmax_loss", "softmax_cross_entropy"]:
        q = np.full((N, C), 1 / C, np.float32)
        for what, value, words in wrong_soft_labels(q):
            yield Refused(what, right(function).but(y=value), "y", BOTH, words)
    for function in ["svm_loss", "multiclass_hinge", "accuracy", *FIND_C]:
        yield Refused("soft", right(function).but(y=q), "y", BOTH, ("expected",))


def _wrong_labels_and_positions():
    for function in TAKE_Y:
        call = right(function)
        for what, value, words, error in wrong_labels(call.arguments["y"]):
            if what == "None" and function in (*FIND_C, "LinearClassifier.loss", "LinearClassifier.accuracy"):
                words = ()
            if "Classifier" in function or function in FIND_C:
                words = tuple(w for w in words if w not in ("N = 5",))
            yield Refused(what, call.but(y=value), "y", error, words)
        if function in FIND_C:
            continue
        for label in [C, C + 1, 127, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1]:
            bad = call.but(y=changed(call.arguments["y"], 2, label))
            words = (f"y[2] is {label}", "0..2", "C = 3")
            yield Refused(f"label {label}", bad, "y", ValueError, words)
    for function in TAKE_INDEX:
        call = right(function)
        index = np.array([0, 1, 2])
        for what, value, words in wrong_integers(index):
            if what == "bool":
                words = ("boolean", "np.flatnonzero(index)")
            yield Refused(what, call.but(index=value), "index", TypeError, words)
        for position in [N, -N - 1, 2**31, -(2**63), 2**63 - 1, 2**63, 2**64 - 1]:
            bad = call.but(index=changed(index, 1, position))
            words = (f"index[1] is {position}", "0..4", "N = 5")
            yield Refused(f"position {position}", bad, "index", IndexError, words)
        for value in [index[None], index[:, None], np.int64(0), index[None, None]]:
            what = f"shape {value.shape}"
            yield Refused(what, call.but(index=value), "index", ValueError, (str(value.shape),))
        yield Refused("ragged", call.but(index=[[0], [1, 2]]), "index", ValueError)
    for function in ["accuracy", "softmax_loss", "svm_loss", "Objective.value"]:
        call = right(function).but(index=np.array([], int))
        yield Refused("no examples", call, "index", ValueError, ("example",))
    for function in ["accuracy", "softmax_loss", "svm_loss"]:
        call = right(function).but(y=changed(labels(), 3, C), index=np.array([0, -2]))
        yield Refused("label C by index", call, "y", ValueError, ("y[3] is 3",))


def _wrong_outs():
    for function in TAKE_OUT:
        call = right(function)
        for what, value, words, error in wrong_outs(*out_of(function)):
            yield Refused(what, call.but(out=value), "out", error, words)
    for function, given in [
        ("scores", ("W", "X", "b")),
        ("predict", ("W", "X", "b")),
        ("softmax_cross_entropy", ("s", "y")),
        ("multiclass_hinge", ("s", "y")),
        ("softmax_loss", ("y",)),
        ("svm_loss", ("y",)),
    ]:
        for argument in given:
            out, view = out_over(right(function).arguments[argument], *out_of(function))
            call = right(function).but(out=out, **{argument: view})
            yield Refused(f"over {argument}", call, "out", ValueError, ("shares memory with", argument))
    for function in ["scores", "predict", "softmax_loss", "svm_loss"]:
        out, view = out_over(np.arange(N), *out_of(function))
        call = right(function).but(out=out, index=view)
        yield Refused("over index", call, "out", ValueError, ("shares memory with", "index"))
    for function in ["l2", "l1", "elastic_net"]:
        wide = floats(C, D + 1)
        call = right(function).but(W=wide[:, 1:], out=wide[:, :-1])
        yield Refused("over a part of W", call, "out", ValueError, ("shares memory with W",))


def out_over(values, shape, dtype):
    """An array for a result, and `values` in the same memory from its second byte on."""
    values = np.asarray(values)
    size = max(values.nbytes + 8, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    memory = np.zeros(size, np.uint8)
    out = memory[: int(np.prod(shape)) * np.dtype(dtype).itemsize].view(dtype).reshape(shape)
    view = memory[8 : 8 + values.nbytes].view(values.dtype).reshape(values.shape)
    view[...] = values
    return out, view


def _wrong_choices():
    for name, functions in [("example_axis", TAKE_EXAMPLE_AXIS), ("class_axis", TAKE_CLASS_AXIS)]:
        for function in functions:
            for axis in WRONG_AXES:
                call = right(function).but(**{name: axis})
                yield Refused(repr(axis), call, name, BOTH, (repr(axis), "0", "1"))
    for function in TAKE_THREADS:
        for threads, error in WRONG_THREADS:
            yield Refused(repr(threads), right(function).but(threads=threads), "threads", error)
    for function in TAKE_REG_TYPE:
        for reg_type in ["L2", "l3", "", None, 2, ["l2"], np.array(["l1", "l2"])]:
            call = right(function).but(reg_type=reg_type)
            yield Refused(repr(reg_type), call, "reg_type", BOTH, ("'l2', 'l1', 'elastic'",))
    for function in ["Objective", "random_search", "LinearClassifier"]:
        for loss in ["hinge", "SVM", "", None, 0, ["svm"], {}]:
            call = right(function).but(loss=loss)
            yield Refused(repr(loss), call, "loss", BOTH, (repr(loss), "'softmax'", "'svm'"))


def _wrong_numbers():
    for function in TAKE_REG:
        for reg, error in WRONG_WEIGHTS:
            yield Refused(short(reg), right(function).but(reg=reg), "reg", error)
    wrong_ratios = [*WRONG_WEIGHTS, (1.0000001, ValueError), (2, ValueError)]
    for ratio, error in wrong_ratios:
        yield Refused(short(ratio), right("elastic_net").but(l1_ratio=ratio), "l1_ratio", error)
        for function in TAKE_REG_TYPE:
            call = right(function).but(l1_ratio=ratio, reg_type="elastic")
            yield Refused(short(ratio), call, "l1_ratio", error)
    for function in TAKE_REG_TYPE:
        call = right(function).but(l1_ratio=2.0)
        yield Refused("2.0, not used", call, "l1_ratio", ValueError, ("2.0",))
    for function in ["svm_loss", "multiclass_hinge", "Objective", "LinearClassifier"]:
        for delta, error in WRONG_NUMBERS:
            call = right(function).but(delta=delta)
            if "O" in function or "C" in function:
                call = call.but(loss="svm")
            yield Refused(short(delta), call, "delta", error)
    for function in ["softmax_loss", "softmax_cross_entropy", "Objective", "LinearClassifier"]:
        for share, error in [*WRONG_WEIGHTS, (1.0000001, ValueError), (2, ValueError)]:
            call = right(function).but(label_smoothing=share)
            yield Refused(short(share), call, "label_smoothing", error)
    for function, name in [("random_search", "scale"), ("LinearClassifier", "scale")]:
        for value, error in WRONG_WEIGHTS:
            yield Refused(short(value), right(function).but(**{name: value}), name, error)


# (function, wrong keyword, the right one)
KEYWORDS = [
    ("minimize, lbfgs", "maxiter", "steps"),
    ("minimize, lbfgs", "tol", "gtol"),
    ("minimize, lbfgs", "history_size", "m"),
    ("minimize, adam", "learning_rate", "lr"),
    ("minimize, adam", "seed", "rng"),
    ("LBFGS", "maxcor", "m"),
    ("LBFGS", "maxls", "max_evals"),
    ("landscapes.bowl", "rotaton", "rotation"),
    ("landscapes.loss_slice", "seed", "rng"),
    ("Landscape.grid", "n_jobs", "threads"),
    ("nn.Linear", "seed", "rng"),
    ("nn.BatchNorm", "epsilon", "eps"),
    ("nn.Dropout", "prob", "p"),
    ("nn.MLP", "batchnorm", "batch_norm"),
    ("nn.MLP.loss_and_grads", "smoothing", "label_smoothing"),
    ("augment.cutout", "length", "size"),
    ("augment.cutout", "prob", "p"),
    ("augment.cutout", "fill_value", "fill"),
    ("augment.crop", "pad", "padding"),
    ("augment.flip", "seed", "rng"),
    ("augment.mixup", "n_classes", "num_classes"),
    ("augment.mixup", "num_threads", "threads"),
    ("gradient_descent", "lr", "learning_rate"),
    ("gradient_descent", "step_size", "learning_rate"),
    ("gradient_descent", "learning_rte", "learning_rate"),
    ("gradient_descent", "num_iters", "num_steps"),
    ("gradient_descent", "max_iter", "num_steps"),
    ("gradient_descent", "steps", "num_steps"),
    ("gradient_descent", "iterations", "num_steps"),
    ("gradient_descent", "batchsize", "batch_size"),
    ("gradient_descent", "seed", "rng"),
    ("gradient_descent", "random_state", "rng"),
    ("compare", "learning_rate", "lr"),
    ("compare", "num_steps", "steps"),
    ("compare", "seed", "rng"),
    ("compare", "w0", "x0"),
    ("LinearClassifier.train", "lr", "learning_rate"),
    ("LinearClassifier.train", "num_steps", "num_iters"),
    ("LinearClassifier.train", "steps", "num_iters"),
    ("LinearClassifier.train", "iterations", "num_iters"),
    ("LinearClassifier.train", "max_iter", "num_iters"),
    ("LinearClassifier.train", "lambda_", "reg"),
    ("LinearClassifier.train", "seed", "rng"),
    ("softmax_loss", "lambda_", "reg"),
    ("softmax_loss", "alpha", "reg"),
    ("softmax_loss", "weight_decay", "reg"),
    ("softmax_loss", "penalty", "reg_type"),
    ("softmax_loss", "bias", "b"),
    ("softmax_loss", "smoothing", "label_smoothing"),
    ("softmax_cross_entropy", "smoothing", "label_smoothing"),
    ("softmax_loss", "indices", "index"),
    ("softmax_loss", "n_jobs", "threads"),
    ("svm_loss", "margin", "delta"),
    ("svm_loss", "num_threads", "threads"),
    ("scores", "axis", "example_axis"),
    ("scores", "idx", "index"),
    ("predict", "bias", "b"),
    ("accuracy", "n_jobs", "threads"),
    ("softmax_cross_entropy", "axis", "example_axis"),
    ("multiclass_hinge", "margin", "delta"),
    ("elastic_net", "ratio", "l1_ratio"),
    ("l2", "output", "out"),
    ("l1", "outs", "out"),
    ("Objective", "lambda_", "reg"),
    ("Objective", "alpha", "reg"),
    ("Objective", "penalty", "reg_type"),
    ("Objective", "n_jobs", "threads"),
    ("Objective", "axis", "example_axis"),
    ("LinearClassifier", "penalty", "reg_type"),
    ("LinearClassifier", "regtype", "reg_type"),
    ("LinearClassifier", "num_threads", "threads"),
    ("random_search", "seed", "rng"),
    ("random_search", "tries", "num_tries"),
    ("random_search", "n_classes", "num_classes"),
    ("numeric_gradient", "eps", "h"),
    ("numeric_gradient", "indices", "index"),
    ("gradcheck", "epsilon", "eps"),
    ("gradcheck", "h", "eps"),
    ("gradcheck", "seed", "rng"),
    ("gradcheck", "fast", "fast_mode"),
    ("gradcheck", "tol", "atol"),
    ("gradcheck", "fn", "func"),
    ("gradgradcheck", "hessp", "hvp"),
    ("gradgradcheck", "grad_output", "grad_outputs"),
    ("grad_check_sparse", "n_checks", "num_checks"),
    ("grad_check_sparse", "eps", "h"),
    ("grad_check_sparse", "rng", "seed"),
    ("optim.sgd", "learning_rate", "lr"),
    ("optim.sgd", "step_size", "lr"),
    ("optim.momentum", "learning_rate", "lr"),
    ("optim.momentum", "rho", "momentum"),
    ("optim.momentum", "formulaton", "formulation"),
    ("optim.adam", "alpha", "lr"),
    ("optim.adam", "beta1", "betas"),
    ("optim.adam", "beta_2", "betas"),
    ("optim.adam", "epsilon", "eps"),
    ("optim.adam", "num_threads", "threads"),
    ("optim.adam", "eps_root", "eps_mode"),
    ("optim.rmsprop", "rho", "decay_rate"),
    ("cs231n.svm_loss_naive", "lambda_", "reg"),
    ("cs231n.softmax_loss_vectorized", "alpha", "reg"),
    ("cs231n.eval_numerical_gradient", "eps", "h"),
    ("cs231n.compute_numeric_gradient", "dldf", "dLdf"),
    ("cs231n.rel_error", "epsilon", "eps"),
    ("cs231n.adam", "optim_config", "config"),
]
