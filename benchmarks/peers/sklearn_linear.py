"""scikit-learn: one evaluation of loss and gradient as LogisticRegression's L-BFGS makes it."""

import numpy as np
from sklearn._loss.loss import HalfMultinomialLoss
from sklearn.linear_model._linear_loss import LinearModelLoss

from ..work import Answer, Form


def forms(W: np.ndarray, X: np.ndarray, y: np.ndarray, example_axis: int, threads: int) -> dict[str, Form]:
    """Return the one form; X in columns is handed over as its transposed view."""
    examples = X.T if example_axis else X
    labels = y.astype(X.dtype)
    model = LinearModelLoss(HalfMultinomialLoss(n_classes=W.shape[0]), fit_intercept=False)
    coefficients = np.asfortranarray(W)

    def run() -> Answer:
        return model.loss_gradient(coefficients, examples, labels, n_threads=threads)

    return {"LinearModelLoss": Form(run)}
