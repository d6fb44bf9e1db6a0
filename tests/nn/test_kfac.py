"""nn.KFAC: factors by explicit sums, steps by explicit Kronecker products, the solver's steps, progress."""

import copy
import pickle

import numpy as np
import pytest

import deeprob
from deeprob import datasets, nn, optim
from deeprob.descent import Batches
from deeprob.nn._kfac import score_gradients


def data(N=12, D=4, C=3, seed=0):
    rng = np.random.RandomState(seed)
    return rng.randn(N, D), rng.randint(0, C, N)


def softmax(s):
    p = np.exp(s - s.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


class Plain:
    """Linear, ReLU, Linear in NumPy, one example at a time."""

    def __init__(self, net):
        self.W1, self.b1 = net[0].W.copy(), net[0].b.copy()
        self.W2, self.b2 = net[2].W.copy(), net[2].b.copy()

    def moments(self, x, weights_of_labels):
        """Return (a a', g g') of both layers, g g' in the mean over labels with these weights."""
        z = self.W1 @ x + self.b1
        h = np.maximum(z, 0)
        p = softmax((self.W2 @ h + self.b2)[None])[0]
        a1, a2 = np.append(x, 1), np.append(h, 1)
        G1, G2 = np.zeros((len(z), len(z))), np.zeros((len(p), len(p)))
        for c, weight in enumerate(weights_of_labels(p)):
            g2 = p - np.eye(len(p))[c]
            g1 = (z > 0) * (self.W2.T @ g2)
            G1 += weight * np.outer(g1, g1)
            G2 += weight * np.outer(g2, g2)
        return np.outer(a1, a1), G1, np.outer(a2, a2), G2


def explicit_factors(net, X, weights_of=lambda _n: lambda p: p):
    plain = Plain(net)
    each = [plain.moments(x, weights_of(n)) for n, x in enumerate(X)]
    return [sum(one[k] for one in each) / len(X) for k in range(4)]


def explicit_direction(A, G, grad, damping):
    pi = np.sqrt((np.trace(A) / len(A)) / (np.trace(G) / len(G)))
    root = np.sqrt(damping)
    whole = np.kron(G + root / pi * np.eye(len(G)), A + pi * root * np.eye(len(A)))
    return np.linalg.solve(whole, grad.ravel()).reshape(grad.shape)


class TestFactors:
    def test_exact_ones_are_sums_over_examples_and_labels(self):
        X, y = data()
        net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
        opt = nn.KFAC(net, fisher="exact")
        expected = explicit_factors(net, X)
        opt.step(net.loss_and_grads(X, y)[1])
        (A1, G1), (A2, G2) = opt.factors().values()
        assert list(opt.factors()) == ["0", "2"]
        for ours, theirs in zip((A1, G1, A2, G2), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)

    def test_sampled_ones_are_sums_over_the_labels_that_rng_draws(self):
        X, y = data()
        net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
        p, u = softmax(net.scores(X)), np.random.RandomState(7).random_sample(len(X))
        drawn = [int(np.searchsorted(np.cumsum(row), at, side="right")) for row, at in zip(p, u, strict=True)]
        expected = explicit_factors(net, X, lambda n: lambda p: np.eye(len(p))[drawn[n]])
        opt = nn.KFAC(net, rng=7)
        opt.step(net.loss_and_grads(X, y)[1])
        (A1, G1), (A2, G2) = opt.factors().values()
        for ours, theirs in zip((A1, G1, A2, G2), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)

    def test_sampled_labels_follow_the_networks_distribution(self):
        s = np.tile([1.0, -1.0, 0.5], (200_000, 1))
        p = softmax(s[:1])[0]
        (ds,) = score_gradients(s, "sampled", np.random.default_rng(0))
        shares = (ds < 0).mean(axis=0)  # p - onehot(c) is below 0 at c alone
        np.testing.assert_allclose(shares, p, atol=5 * np.sqrt(0.25 / len(s)))
        np.testing.assert_allclose(ds.T @ ds / len(s), np.diag(p) - np.outer(p, p), atol=6e-3)

    def test_exact_score_gradients_make_the_fisher_information(self):
        s = np.random.RandomState(0).randn(6, 4)
        p = softmax(s)
        made = sum(ds.T @ ds for ds in score_gradients(s, "exact", np.random.RandomState(0)))
        np.testing.assert_allclose(made, np.diag(p.sum(axis=0)) - p.T @ p, rtol=1e-13, atol=1e-15)

    def test_averages_over_batches(self):
        net = nn.Sequential(nn.Linear(4, 3, rng=0, dtype=np.float64))
        opt = nn.KFAC(net, lr=0, fisher="exact", update_interval=1)
        seen = []
        for k in range(30):
            X, y = data(seed=k)
            seen.append(np.column_stack([X, np.ones(len(X))]))
            opt.step(net.loss_and_grads(X, y)[1])
        A = 0.0
        for k, X in enumerate(seen, 1):
            old = min(1 - 1 / k, 0.95)
            A = old * A + (1 - old) * (X.T @ X / len(X))
        np.testing.assert_allclose(opt.factors()["0"][0], A, rtol=1e-12)

    def test_the_interval(self):
        X, y = data()
        net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
        opt = nn.KFAC(net, update_interval=3, rng=0)
        kinds = []
        for _ in range(7):
            before = opt.factors()["2"][1]
            opt.step(net.loss_and_grads(X, y)[1])
            kinds.append(not np.array_equal(before, opt.factors()["2"][1]))
        assert kinds == [True, False, False, True, False, False, True]

    def test_the_gradients_of_the_loss_stay(self):
        X, y = data()
        net = nn.MLP((4, 5, 3), batch_norm=True, dropout=0.3, rng=0, dtype=np.float64)
        _, grads = net.loss_and_grads(X, y)
        before = {name: g.copy() for name, g in grads.items()}
        nn.KFAC(net, fisher="exact").step(grads)
        for name, g in net.gradients().items():
            np.testing.assert_array_equal(g, before[name])


class TestSteps:
    @pytest.mark.parametrize("bias", [True, False])
    def test_the_step_by_explicit_kronecker_products(self, bias):
        X, y = data()
        net = nn.Sequential(
            nn.Linear(4, 5, bias=bias, rng=0, dtype=np.float64),
            nn.ReLU(),
            nn.Linear(5, 3, rng=1, dtype=np.float64),
        )
        before = net.state_dict()
        opt = nn.KFAC(net, lr=0.5, damping=1e-2, norm_constraint=None, fisher="exact")
        _, grads = net.loss_and_grads(X, y)
        grads = {name: g.copy() for name, g in grads.items()}
        opt.step(grads)
        for name, (A, G) in opt.factors().items():
            parts = [grads[f"{name}.W"]] + ([grads[f"{name}.b"][:, None]] if f"{name}.b" in grads else [])
            D = explicit_direction(A, G, np.hstack(parts), 1e-2)
            np.testing.assert_allclose(
                net.parameters()[f"{name}.W"],
                before[f"{name}.W"] - 0.5 * D[:, : parts[0].shape[1]],
                rtol=1e-10,
                atol=1e-13,
            )
            if len(parts) == 2:
                expected = before[f"{name}.b"] - 0.5 * D[:, -1]
                np.testing.assert_allclose(net.parameters()[f"{name}.b"], expected, rtol=1e-10, atol=1e-13)

    @pytest.mark.parametrize(("batch_size", "steps"), [(None, 1), (40, 6)])
    def test_one_linear_layer_takes_the_solvers_steps(self, batch_size, steps):
        """The solver finds lr, momentum and damping for each step; with these, ours are its steps.

        Of full batches it takes no averages: there the first step is compared.
        """
        X, y = data(N=200, D=6, C=4)
        X *= np.logspace(-1, 1, 6)  # so that some steps are needed
        states = []
        deeprob.minimize(
            deeprob.Objective(X, y, reg=1e-4),
            np.zeros((4, 6)),
            method="kfac",
            batch_size=batch_size,
            steps=steps,
            rng=0,
            callback=lambda now: states.append(now.state),  # which returns None: go on
        )
        assert len(states) == steps
        net = nn.Sequential(nn.Linear(6, 4, bias=False, init="zeros", dtype=np.float64))
        opt = nn.KFAC(net, norm_constraint=None, fisher="exact", update_interval=1)
        batches = Batches(len(X), batch_size, rng=0) if batch_size else None
        damping, before = 1e-3, np.zeros(24)
        for k, state in enumerate(states):
            index = batches.take(1)[0] if batches else slice(None)
            _, grads = net.loss_and_grads(X[index], y[index], 1e-4)
            columns = np.column_stack([state["direction"], before][: k + 1])
            lr, mu = [*np.linalg.lstsq(columns, state["step"])[0], 0.0][:2]
            opt.damping = damping + 2e-4  # the regularizer's own curvature
            opt.lr, opt.momentum = lr, 1.0
            opt.velocity["0.W"][...] = -mu / lr * before.reshape(4, 6)  # mu may be below 0
            w = net[0].W.copy()
            opt.step(grads)
            np.testing.assert_allclose(opt.factors()["0"][0], state["A"], rtol=1e-12)
            np.testing.assert_allclose(opt.factors()["0"][1], state["G"], rtol=1e-9)
            np.testing.assert_allclose((net[0].W - w).ravel(), state["step"], rtol=1e-7, atol=1e-12)
            damping, before = state["damping"], state["step"]

    def test_other_parameters_step_along_their_gradients(self):
        X, y = data()
        net = nn.MLP((4, 5, 3), batch_norm=True, rng=0, dtype=np.float64)
        before = net.state_dict()
        _, grads = net.loss_and_grads(X, y)
        grads = {name: g.copy() for name, g in grads.items()}
        nn.KFAC(net, lr=0.5, norm_constraint=None, rng=0).step(grads)
        for name in ("1.gamma", "1.beta"):
            np.testing.assert_array_equal(net.parameters()[name], before[name] - 0.5 * grads[name])

    def test_the_constraint_on_the_norm(self):
        X, y = data()

        def step(constraint):
            net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
            before = net.state_dict()
            _, grads = net.loss_and_grads(X, y)
            nn.KFAC(net, lr=0.7, norm_constraint=constraint, fisher="exact").step(grads)
            moved = {name: w - before[name] for name, w in net.parameters().items()}
            slope = -sum(float(np.vdot(grads[name], moved[name])) for name in moved) / 0.7  # g D
            return moved, 0.7**2 * slope

        free, squared = step(None)
        for constraint, nu in ((squared * 1.01, 1.0), (squared / 9, 1 / 3)):
            moved, _ = step(constraint)
            for name in free:
                np.testing.assert_allclose(moved[name], nu * free[name], rtol=1e-9, atol=1e-15)

    def test_momentum(self):
        X, y = data()
        net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
        opt = nn.KFAC(net, lr=0.1, momentum=0.5, norm_constraint=None, fisher="exact", update_interval=99)
        opt.step(net.loss_and_grads(X, y)[1])
        v = opt.velocity["0.W"].copy()
        first, w = opt.factors()["0"], net[0].W.copy()
        _, grads = net.loss_and_grads(X, y)
        D = explicit_direction(*first, np.column_stack([grads["0.W"], grads["0.b"]]), 1e-2)[:, :-1]
        opt.step(grads)
        np.testing.assert_allclose(net[0].W, w - 0.1 * (0.5 * v + D), rtol=1e-10, atol=1e-13)

    def test_weight_decay_and_the_sign_come_before(self):
        X, y = data()
        results = []
        for scale, keywords in ((1.0, {}), (-1.0, {"maximize": True})):
            net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
            _, grads = net.loss_and_grads(X, y)
            nn.KFAC(net, fisher="exact", weight_decay=0.1, **keywords).step(
                {n: scale * g for n, g in grads.items()}
            )
            results.append(net.state_dict())
        net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
        _, grads = net.loss_and_grads(X, y)
        weighed = {n: g + 2 * 0.1 * net.parameters()[n] for n, g in grads.items()}
        nn.KFAC(net, fisher="exact").step(weighed)
        for name, w in net.parameters().items():
            np.testing.assert_allclose(results[0][name], w, rtol=1e-12)
            np.testing.assert_array_equal(results[0][name], results[1][name])

    def test_float32_is_float64_rounded(self):
        X, y = data(N=64, D=20, C=5)
        moved = []
        for dtype in (np.float32, np.float64):
            net = nn.MLP((20, 16, 5), rng=0).astype(dtype)
            w = net[0].W.astype(np.float64)
            nn.KFAC(net, lr=1.0, norm_constraint=None, fisher="exact").step(net.loss_and_grads(X, y)[1])
            assert net[0].W.dtype == dtype
            moved.append(net[0].W - w)
        np.testing.assert_allclose(moved[0], moved[1], atol=1e-4 * np.abs(moved[1]).max())


class TestNetworks:
    def test_stochastic_depth_leaves_factors_of_absent_layers_alone(self):
        X, y = data(N=32)
        net = nn.ResidualMLP(4, 6, 3, 3, survival=0.4, rng=3)
        opt = nn.KFAC(net, update_interval=1, rng=0)
        absent = 0
        for _ in range(30):
            before = opt.factors()
            _, grads = net.loss_and_grads(X, y)
            dead = [i for i, one in enumerate(net) if isinstance(one, nn.Residual) and not one._alive]
            opt.step(grads)
            for i in dead:
                absent += 1
                inside = [name for name in before if name.startswith(f"{i}.")]
                assert inside
                for name in inside:
                    for old, new in zip(before[name], opt.factors()[name], strict=True):
                        np.testing.assert_array_equal(old, new)
        assert absent > 3
        assert all(np.isfinite(w).all() for w in net.parameters().values())

    def test_layers_of_ones_own(self):
        class Scale(nn.Layer):
            def __init__(self):
                self.inner = nn.Linear(3, 3, rng=1)
                self.add_parameter("a", np.ones((1, 3), np.float32))

            def children(self):
                return (("inner", self.inner),)

            def forward(self, x):
                self.h = self.inner.forward(x)
                return self.h * self.a

            def backward(self, grad):
                self.grads["a"][...] = (grad * self.h).sum(axis=0)
                return self.inner.backward(grad * self.a)

        X, y = data(N=64)
        net = nn.Sequential(nn.Linear(4, 3, rng=0), Scale())
        opt = nn.KFAC(net, rng=0)
        assert list(opt.factors()) == ["0", "1.inner"]
        losses = []
        for _ in range(40):
            loss, grads = net.loss_and_grads(X, y)
            kept = grads["1.a"].copy()
            opt.step(grads)
            np.testing.assert_array_equal(grads["1.a"], kept)
            losses.append(loss)
        assert losses[-1] < losses[0]

    @pytest.mark.parametrize("batch_norm", [False, True])
    def test_fewer_steps_than_sgd_on_images(self, batch_norm):
        images = datasets.load("fashion-mnist-subset")
        halved = images.X_train[:1000].reshape(1000, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(1000, 196)
        X = ((halved - halved.mean(axis=0)) / 255).astype(np.float32)
        y = images.y_train[:1000]

        def loss(make, steps):
            net = nn.MLP((196, 32, 32, 10), batch_norm=batch_norm, rng=1)
            opt, random = make(net), np.random.RandomState(0)
            for _ in range(steps):
                index = random.randint(0, len(X), 128)
                opt.step(net.loss_and_grads(X[index], y[index])[1])
            return net.loss(X, y)

        rates = (0.1, 0.3)  # 0.03 is slower and 1 diverges, for both
        sgd = [loss(lambda net, lr=lr: optim.SGD(net.parameters(), lr=lr), 40) for lr in rates]
        momentum = [loss(lambda net, lr=lr: optim.Momentum(net.parameters(), lr=lr), 40) for lr in rates]
        assert loss(lambda net: nn.KFAC(net, rng=0), 40) < 0.75 * min(*sgd, *momentum)


class TestObject:
    def trained(self, steps=4, **keywords):
        X, y = data(N=32)
        net = nn.MLP((4, 5, 3), batch_norm=True, rng=0)
        opt = nn.KFAC(net, rng=5, update_interval=2, **keywords)
        for _ in range(steps):
            opt.step(net.loss_and_grads(X, y)[1])
        return net, opt

    def go_on(self, net, opt):
        X, y = data(N=32)
        for _ in range(3):
            opt.step(net.loss_and_grads(X, y)[1])
        return net.state_dict()

    def same(self, a, b):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])

    def test_same_seed_same_bits(self):
        self.same(self.go_on(*self.trained()), self.go_on(*self.trained()))

    @pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
    def test_copies_go_on_alike(self, duplicate):
        net, opt = self.trained()
        net2, opt2 = duplicate((net, opt))
        assert opt2.net is net2
        self.same(self.go_on(net2, opt2), self.go_on(net, opt))

    def test_state_goes_to_another_one_and_into_files(self, tmp_path):
        net, opt = self.trained()
        other = nn.MLP((4, 5, 3), batch_norm=True, rng=9).load_state_dict(net.state_dict())
        heir = nn.KFAC(other, rng=copy.deepcopy(opt.rng))
        heir.load_state_dict(opt.state_dict())
        assert (heir.t, heir.update_interval) == (4, 2)
        opt.save(tmp_path / "kfac.npz")
        third = nn.MLP((4, 5, 3), batch_norm=True, rng=9).load_state_dict(net.state_dict())
        from_file = nn.KFAC(third, rng=copy.deepcopy(opt.rng))
        from_file.load(tmp_path / "kfac.npz")
        expected = self.go_on(net, opt)
        self.same(self.go_on(other, heir), expected)
        self.same(self.go_on(third, from_file), expected)

    def test_keep_update(self):
        X, y = data(N=32)
        net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
        opt = nn.KFAC(net, keep_update=True, rng=0)
        before = net[0].W.copy()
        opt.step(net.loss_and_grads(X, y)[1])
        np.testing.assert_array_equal(opt.last_update["0.W"], net[0].W - before)

    def test_nan_stays_where_it_is_seen(self):
        X, y = data()
        X[0, 0] = np.nan
        net = nn.MLP((4, 5, 3), rng=0)
        opt = nn.KFAC(net, rng=0)
        with np.errstate(all="ignore"):
            opt.step(net.loss_and_grads(X, y)[1])
        assert np.isnan(net[0].W).all()

    def test_repr(self):
        net = nn.MLP((2, 3), rng=0)
        assert repr(nn.KFAC(net, lr=0.2)).startswith("KFAC(lr=0.2, damping=0.01, momentum=0.9, ")

    @pytest.mark.parametrize(
        ("keywords", "error", "message"),
        [
            ({"lr": -1.0}, ValueError, "lr is -1.0"),
            ({"damping": 0.0}, ValueError, "damping is 0.0; expected a finite number larger than 0"),
            ({"momentum": 1.5}, ValueError, "momentum is 1.5"),
            ({"norm_constraint": 0.0}, ValueError, "norm_constraint is 0"),
            ({"update_interval": 0}, ValueError, "update_interval is 0; expected at least 1"),
            ({"fisher": "empirical"}, ValueError, "fisher is 'empirical'"),
            ({"rng": "a"}, TypeError, "rng is a str"),
            ({"learning_rate": 0.1}, TypeError, "lr"),
        ],
    )
    def test_wrong_arguments(self, keywords, error, message):
        with pytest.raises(error, match=message):
            nn.KFAC(nn.MLP((2, 3), rng=0), **keywords)

    def test_not_a_network(self):
        with pytest.raises(
            TypeError, match=r"net is a dict; expected .*: net.fit takes optimizer=nn.KFAC\(net\)"
        ):
            nn.KFAC(nn.MLP((2, 3)).parameters())
        with pytest.raises(TypeError, match="net is a Linear; expected a network"):
            nn.KFAC(nn.Linear(2, 3))

    def test_a_step_before_any_forward_pass(self):
        net = nn.MLP((4, 3), rng=0)
        before = net.state_dict()
        opt = nn.KFAC(net)
        with pytest.raises(RuntimeError, match="step came before"):
            opt.step(net.gradients())
        assert opt.t == 0
        self.same(before, net.state_dict())

    def test_wrong_gradients_change_nothing(self):
        X, y = data(N=32)
        net, opt = self.trained()
        _, grads = net.loss_and_grads(X, y)
        before, factors = net.state_dict(), opt.state_dict()
        with pytest.raises(ValueError, match="0.W"):
            opt.step({**grads, "0.W": np.zeros((2, 2), np.float32)})
        self.same(before, net.state_dict())
        for old, new in zip(factors["states"], opt.state_dict()["states"], strict=True):
            for a, b in zip(old, new, strict=True):
                np.testing.assert_array_equal(a, b)


def test_a_layer_left_out_is_taken_in_as_soon_as_it_is_there():
    """And those after it at once: stochastic depth left out a block in the first step."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((6, 4)), rng.integers(0, 3, 6)
    block = nn.Residual(nn.Linear(4, 4, rng=0), survival=1e-9, rng=0)
    net = nn.Sequential(block, nn.Linear(4, 3, rng=1))
    opt = nn.KFAC(net, update_interval=10, rng=0)
    opt.step(net.loss_and_grads(X, y)[1])
    assert not opt.factors()["0.0"][0].any()
    assert opt.factors()["1"][0].any()
    block.survival = 1.0
    opt.step(net.loss_and_grads(X, y)[1])
    assert opt.factors()["0.0"][0].any()


def test_a_label_is_drawn_where_rounding_keeps_the_sum_of_probabilities_below_one():
    class Largest:
        def random(self, count):
            return np.full(count, np.nextafter(1.0, 0.0))

    s = np.log(np.full((1, 10), 0.1))
    assert np.cumsum(softmax(s))[-1] < 1
    (ds,) = score_gradients(s, "sampled", Largest())
    assert ds.argmin() == 9


def test_decoupled_weight_decay_shrinks_w_beside_the_step():
    X, y = data()
    moved = []
    for keywords in ({}, {"weight_decay": 0.1, "decay": "torch"}):
        net = nn.MLP((4, 5, 3), rng=0, dtype=np.float64)
        before = net.state_dict()
        nn.KFAC(net, lr=0.5, fisher="exact", **keywords).step(net.loss_and_grads(X, y)[1])
        moved.append({name: w - before[name] for name, w in net.parameters().items()})
    for name, w in before.items():
        np.testing.assert_allclose(moved[1][name], moved[0][name] - 0.5 * 0.1 * w, rtol=1e-9, atol=1e-15)


def test_a_pass_between_gradients_and_step_is_refused():
    rng = np.random.default_rng(0)
    net = nn.MLP((4, 5, 3), rng=0)
    X, y = rng.standard_normal((6, 4)), rng.integers(0, 3, 6)
    opt = nn.KFAC(net, rng=0)
    _, grads = net.loss_and_grads(X, y)
    net.accuracy(X, y)
    before = net.state_dict()
    with pytest.raises(RuntimeError, match="right after loss_and_grads"):
        opt.step(grads)
    assert all((before[name] == value).all() for name, value in net.state_dict().items())
    assert opt.t == 0
    opt.step(net.loss_and_grads(X, y)[1])
    copied = copy.deepcopy(net)
    assert copied._backed is None
