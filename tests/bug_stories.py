"""What each planted bug makes of the right gradients, from other formulas than the zoo's own code.

A story is called with the right gradients of the checked inputs (of a layer: those of a random grad_output,
which comes as ``dout``) and the arguments, and returns the wrong ones.
"""

import numpy as np

FACTORS = {  # analytic = factor * numeric; of the last gradient where there are several
    "missing_mean": lambda w, X, t: len(t),
    "divided_twice": lambda W, X, y: 1 / len(y),
    "bias_gradient_averaged": lambda W, b, X, y: 1 / len(y),
    "forgotten_half": lambda w, X, t: 2,
    "wrong_sign": lambda W, X, y: -1,
    "sign_of_the_second": lambda a, b: -1,
    "outputs_not_averaged": lambda W, X, Y: Y.shape[1],
    "forgotten_temperature": lambda W, X, y, temperature: temperature,
    "integer_division": lambda w, X, t: 0,
    "max_pool_all_ties": lambda x, *_: 2,
}
PENALTY_FACTORS = {  # of the regularization term alone: analytic = factor * numeric
    "missing_penalty": lambda W, X, y, reg: 0,
    "half_penalty": lambda W, X, y, reg: 1 / 2,
    "linear_classify_demo": lambda W, b, X, y, reg: 1 / 4,
    "penalty_divided_by_N": lambda W, X, y, reg: 1 / len(y),
    "penalty_subtracted": lambda W, X, y, reg: -1,
    "penalty_averaged": lambda W, X, y, reg: W.size,
    "norm_not_squared": lambda W, X, y, reg: np.linalg.norm(W),
}
WRONG_LOSS = {  # the gradient is right for the loss that was meant
    "penalty_missing_in_loss": lambda W, X, y, reg: -reg * np.sum(W * W),
    "penalty_averaged": lambda W, X, y, reg: reg * (np.mean(W * W) - np.sum(W * W)),
    # sum_ij (p_i - t_j)^2 / N^2 is var(p) + var(t) + (mean p - mean t)^2; the right one has -2 cov(p, t).
    "residual_broadcast": lambda w, X, t: 2 * _covariance(X @ w[:, 0], t),
    "loss_over_all_pairs": lambda w, X, t: 2 * _covariance(X @ w, t),
}


def _covariance(a, b):
    return np.mean((a - a.mean()) * (b - b.mean()))


def _scores(W, X):
    return np.einsum("cd,nd->nc", W, X)


def _probabilities(s):
    p = np.exp(s) / np.sum(np.exp(s), axis=1)[:, None]
    assert np.isfinite(p).all()
    return p


def _ones(y, C):
    return (y[:, None] == np.arange(C)).astype(float)


def _sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def _penalty_stories():
    return {
        "missing_penalty": lambda dW, W, X, y, reg: dW - 2 * reg * W,
        "half_penalty": lambda dW, W, X, y, reg: dW - reg * W,
        "linear_classify_demo": lambda dW, db, W, b, X, y, reg: [dW - 1.5 * reg * W, db],
        "penalty_divided_by_N": lambda dW, W, X, y, reg: dW - 2 * reg * W * (1 - 1 / len(y)),
        "penalty_subtracted": lambda dW, W, X, y, reg: dW - 4 * reg * W,
        "norm_not_squared": lambda dW, W, X, y, reg: dW + reg * W * (1 - 1 / np.linalg.norm(W)),
        "bias_penalized": lambda dW, W, X, y, reg: dW + 2 * reg * W * np.eye(W.shape[1])[-1],
        "l1_without_sign": lambda dW, W, X, y, reg: dW + 2 * reg * (W < 0),
        "l1_with_l2_gradient": lambda dW, W, X, y, reg: dW + reg * (2 * W - W / abs(W)),
        "elastic_net_l2_twice": lambda dW, W, X, y, reg, l1_ratio: dW + reg * (1 - l1_ratio) * W,
    }


def _factor_stories():
    def last(name):
        def story(*given, **_):
            count = 2 if name in {"bias_gradient_averaged", "sign_of_the_second"} else 1
            right, arguments = list(given[:count]), given[count:]
            right[-1] = FACTORS[name](*arguments) * right[-1]
            return right

        return story

    return {
        **{name: last(name) for name in FACTORS},
        "data_gradient_not_averaged": lambda dW, W, X, y, reg: (dW - 2 * reg * W) * len(y) + 2 * reg * W,
    }


def _softmax_over_examples(dW, W, X, y):
    e = np.exp(_scores(W, X))
    e = e / e.max(axis=1)[:, None]
    return dW + (e / e.sum(axis=0) - e / e.sum(axis=1)[:, None]).T @ X / len(y)


def _shape_stories():
    return {
        "outer_product_turned": lambda dW, *_: dW.T,
        "transposed_gradient": lambda dW, *_: dW.T,
        "bias_gradient_a_number": lambda dW, db, *_: [dW, np.array(db.sum())],
        "softmax_over_examples": _softmax_over_examples,
        "bias_gradient_over_outputs": lambda dW, db, W, b, X, T: [
            dW,
            np.array([2 * np.mean(W @ x + b - target) for x, target in zip(X, T, strict=True)]),
        ],
    }


def _violations(W, X, y, delta=1.0):
    s = _scores(W, X)
    own = _ones(y, len(W)).astype(bool)
    return ((s - s[own][:, None] + delta > 0) & ~own).astype(float)


def _svm_label_term_missing(dW, W, X, y, reg):
    counts = _violations(W, X, y).sum(axis=1)
    return dW + np.einsum("nc,n,nd->cd", _ones(y, len(W)), counts, X) / len(y)


def _svm_label_updated_in_the_loop(dW, W, X, y):
    violations = _violations(W, X, y)
    too_many = np.cumsum(violations, axis=1).sum(axis=1) - violations.sum(axis=1)
    return dW - np.einsum("nc,n,nd->cd", _ones(y, len(W)), too_many, X) / len(y)


def _last_example_skipped(dW, W, X, y):
    ds = _probabilities(_scores(W, X))[-1] - _ones(y, len(W))[-1]
    return dW - np.outer(ds, X[-1]) / len(y)


def _last_class_skipped(dW, *_):
    wrong = dW.copy()
    wrong[-1] = 0
    return wrong


def _label_off_by_one(dW, W, X, y):
    before = np.roll(_ones(y, len(W)), -1, axis=1)  # class 0 becomes the last one
    return dW + (_ones(y, len(W)) - before).T @ X / len(y)


def _last_batch_lost(dW, W, X, y):
    ds = (_probabilities(_scores(W, X)) - _ones(y, len(W)))[-2:]
    return dW - ds.T @ X[-2:] / len(y)


def _repeated_labels_lost(dW, W, X, y):
    lost = [i for i in range(len(y)) if y[i] in y[i + 1 :]]
    assert lost
    return dW + sum(np.outer(_ones(y, len(W))[i], X[i]) for i in lost) / len(y)


def _svm_wrong_margin(dW, W, X, y):
    more = _violations(W, X, y, 2.0) - _violations(W, X, y, 1.0)
    assert len(np.unique(np.nonzero(more)[0])) > 1, "more than one example, so that it looks like none"
    return dW + (more - _ones(y, len(W)) * more.sum(axis=1)[:, None]).T @ X / len(y)


def _class_stories():
    return {
        "svm_label_term_missing": _svm_label_term_missing,
        "svm_own_margin_counted": lambda dW, W, X, y, reg: dW - _ones(y, len(W)).T @ X / len(y),
        "svm_label_updated_in_the_loop": _svm_label_updated_in_the_loop,
        "softmax_without_minus_one": lambda dW, W, X, y: dW + _ones(y, len(W)).T @ X / len(y),
        "last_example_skipped": _last_example_skipped,
        "last_class_skipped": _last_class_skipped,
        "label_off_by_one": _label_off_by_one,
        "last_batch_lost": _last_batch_lost,
        "repeated_labels_lost": _repeated_labels_lost,
        "svm_wrong_margin": _svm_wrong_margin,
    }


def _mean_rows(weights, X):
    return np.einsum("n,nd->d", weights, X) / len(X)


def _sigmoid_prime_once_more(dw, w, X, y):
    s = _sigmoid(X @ w)
    return _mean_rows((s - y) * s * (1 - s), X)


def _relu_of_the_gradient(dW1, dW2, W1, W2, X, y):
    h = np.maximum(_scores(W1, X), 0)
    dh = (_probabilities(_scores(W2, h)) - _ones(y, len(W2))) @ W2
    return [np.maximum(dh, 0).T @ X / len(y), dW2]


def _huber_signed_threshold(dw, w, X, t):
    r = X @ w - t
    assert np.count_nonzero(r < -1) > 1
    return dw + _mean_rows(np.where(r < -1, r + 1, 0.0), X)


def _hinge_not_differentiated(dw, w, X, y):
    inside = y * (X @ w) < 1
    return _mean_rows(np.where(inside, -y * (X @ w), 0.0), X)


def _derivative_stories():
    def squared(derivative, of):
        """2 (a - t) a' for a wrong a'."""
        return lambda dw, w, X, t: _mean_rows(2 * (of(X @ w) - t) * derivative(X @ w), X)

    return {
        "sigmoid_prime_of_the_input": squared(lambda z: z - z * z, _sigmoid),
        "sigmoid_for_its_derivative": squared(_sigmoid, _sigmoid),
        "sigmoid_left_out": squared(np.ones_like, _sigmoid),
        "sigmoid_prime_once_more": _sigmoid_prime_once_more,
        "tanh_prime_of_the_input": squared(lambda z: 1 - z * z, np.tanh),
        "relu_of_the_gradient": _relu_of_the_gradient,
        "huber_signed_threshold": _huber_signed_threshold,
        "hinge_not_differentiated": _hinge_not_differentiated,
        "gaussian_log_variance": lambda dmean, dlog_var, *_: [dmean, dlog_var - 0.25],
        "branch_overwritten": lambda dx, x, V: dx - (x + np.tanh(V @ x)),
    }


def _maximum_subtracted_twice(dW, W, X, y):
    s = _scores(W, X)
    return dW + (_probabilities(s) * (np.exp(-s.max(axis=1)) - 1)[:, None]).T @ X / len(y)


def _layer_stories():
    def softmax_diagonal(ds, s, dout):
        p = _probabilities(s)
        return dout * p * (1 - p)

    def average(dx, x, dout):
        wrong = dx.copy()
        wrong[6:] *= 2 / 3  # 8 entries: windows of 3, 3 and 2
        return wrong

    def flipped(dx, dkernel, x, kernel, dout):
        padded = np.concatenate([np.zeros(2), dout, np.zeros(2)])
        return [np.array([padded[i : i + 3] @ kernel for i in range(len(x))]), dkernel]

    return {
        "grad_output_ignored": lambda dx, x, dout: dx / dout,
        "leaky_relu_without_slope": lambda dx, x, slope, dout: np.where(x > 0, dx, 0.0),
        "softmax_diagonal": softmax_diagonal,
        "softmax_passes_through": lambda ds, s, dout: dout,
        "batch_norm_constants": lambda dx, dgamma, dbeta, x, gamma, beta, dout: [
            dout * gamma / np.sqrt(np.mean((x - x.mean(axis=0)) ** 2, axis=0) + 1e-5),
            dgamma,
            dbeta,
        ],
        "norm_constant": lambda dx, x, dout: dout / np.linalg.norm(x, axis=1)[:, None],
        "average_pool_last_window": average,
        "kernel_not_flipped": flipped,
    }


STORIES = {
    **_penalty_stories(),
    **_factor_stories(),
    **_shape_stories(),
    **_class_stories(),
    **_derivative_stories(),
    "maximum_subtracted_twice": _maximum_subtracted_twice,
    **_layer_stories(),
}
