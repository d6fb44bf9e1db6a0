"""The hyperparameters that all optimizers share; eps is deeprob's default, the lecture's."""

LR, BETA1, BETA2, EPS, MOMENTUM = 1e-3, 0.9, 0.999, 1e-7, 0.9
