"""Cutout, flips, crops and mixup: their NumPy twins to the bit, and the distributions they draw from."""

import collections
import itertools

import numpy as np
import pytest

import deeprob
from deeprob import augment, reference

DTYPES = [np.uint8, np.float32, np.float64]
RNGS = [np.random.RandomState, np.random.default_rng]


def pixels(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    if dtype == np.uint8:
        return rng.integers(0, 256, shape, dtype=np.uint8)
    return rng.standard_normal(shape).astype(dtype)


def backwards(a):
    return a[::-1, ..., ::-1].copy()[::-1, ..., ::-1]


def sparse(a):
    wide = np.zeros([2 * n for n in a.shape], a.dtype)
    view = wide[tuple(slice(0, None, 2) for _ in a.shape)]
    view[...] = a
    return view


def misaligned(a):
    memory = np.zeros(a.nbytes + 1, np.uint8)
    view = memory[1:].view(a.dtype).reshape(a.shape)
    view[...] = a
    return view


def columns(a):
    return a.T.copy().T


STRIDES = {f.__name__: f for f in (np.ascontiguousarray, columns, backwards, sparse, misaligned)}

# (name, what is made of (N, C, H, W), keywords, and back)
LAYOUTS = {
    "NCHW": (lambda x: x, lambda x: {"channel_axis": 1}, lambda y, h, w: y),
    "NHWC": (
        lambda x: x.transpose(0, 2, 3, 1),
        lambda x: {"channel_axis": -1},
        lambda y, h, w: y.transpose(0, 3, 1, 2),
    ),
    "rows CHW": (
        lambda x: x.reshape(len(x), -1),
        lambda x: {"image_shape": x.shape[1:]},
        lambda y, h, w: y.reshape(len(y), -1, h, w),
    ),
    "rows HWC": (
        lambda x: x.transpose(0, 2, 3, 1).reshape(len(x), -1),
        lambda x: {"image_shape": (*x.shape[2:], x.shape[1]), "channel_axis": -1},
        lambda y, h, w: y.reshape(len(y), h, w, -1).transpose(0, 3, 1, 2),
    ),
}

# what a function is called with, besides images; the same for the twin
ARGUMENTS = {
    "cutout": [{"size": 1}, {"size": 4, "p": 0.5}, {"size": 5, "fill": 3}, {"size": 10**15}],
    "flip": [{}, {"p": 0.9, "axis": -2}, {"p": 1.0}, {"p": 0.0}],
    "crop": [
        {"padding": 0},
        {"padding": 3},
        {"padding": 2, "size": (4, 12)},
        {"padding": 40, "size": (3, 5)},
    ],
}
CALLS = [(name, k) for name, calls in ARGUMENTS.items() for k in calls]


def twin(name, images, rng, keywords):
    k = dict(keywords)
    first = {"cutout": "size", "crop": "padding"}.get(name)
    needed = [k.pop(first)] if first else []
    return getattr(reference, name)(images, *needed, rng, **k)


def ours(name, images, **keywords):
    return getattr(augment, name)(images, **keywords)


# ---- the twins, to the bit ----------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("name", "keywords"), CALLS)
def test_each_layout_is_the_twins_to_the_bit(name, keywords, layout, dtype):
    x = pixels((9, 3, 11, 8), dtype)
    change, how, back = LAYOUTS[layout]
    h, w = keywords["size"] if name == "crop" and "size" in keywords else (11, 8)
    for make, (kind, place) in itertools.product(RNGS, STRIDES.items()):
        expected = twin(name, x, make(5), keywords)
        images = place(change(x))
        before = images.copy()
        result = ours(name, images, rng=make(5), **how(x), **keywords)
        assert result.dtype == dtype
        assert back(result, h, w).tobytes() == expected.tobytes(), kind
        assert images.tobytes() == before.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "keywords"), CALLS)
def test_grey_images_are_the_twins_to_the_bit(name, keywords, dtype):
    x = pixels((20, 7, 13), dtype)
    expected = twin(name, x[:, None], np.random.RandomState(3), keywords)[:, 0]
    assert ours(name, x, rng=3, **keywords).tobytes() == expected.tobytes()
    flat = ours(name, x.reshape(20, -1), image_shape=(7, 13), rng=3, **keywords)
    assert flat.tobytes() == expected.tobytes() and flat.shape == expected.reshape(20, -1).shape


@pytest.mark.parametrize("width", [*range(1, 34), 255, 256, 257, 300])
def test_rows_of_any_width_are_moved_right(width):
    """Rows are moved 16 or 8 bytes at a time, and the rest of them."""
    for dtype in DTYPES:
        x = pixels((4, 1, 2, width), dtype)
        for name, keywords in [("flip", {"p": 1.0}), ("crop", {"padding": 1}), ("crop", {"padding": width})]:
            expected = twin(name, x, np.random.RandomState(1), keywords)
            assert ours(name, x, channel_axis=1, rng=1, **keywords).tobytes() == expected.tobytes()


@pytest.mark.parametrize("per", ["image", "batch"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stored", DTYPES)
def test_mixup_is_the_twins_to_the_bit(stored, dtype, per):
    y = np.arange(40) % 7
    for shape in [(40, 50), (40, 5, 9), (40, 3, 4, 5)]:
        x = pixels(shape, stored)
        for make, place in itertools.product(RNGS, STRIDES.values()):
            expected = reference.mixup(x, np.eye(7)[y], 0.4, make(2), dtype, per)
            images = place(x)
            mixed, soft = augment.mixup(images, y, 0.4, per=per, rng=make(2), dtype=dtype)
            assert mixed.dtype == soft.dtype == dtype
            assert mixed.tobytes() == expected[0].tobytes()
            assert soft.tobytes() == expected[1].tobytes()
            assert images.tobytes() == x.tobytes()


def test_a_square_larger_than_any_image_cuts_all_of_it():
    for size in (26, 10**15, 10**30):
        assert (augment.cutout(np.ones((50, 13, 5)), size, fill=-2, rng=0) == -2).all()


def test_cutout_fills_each_channel_with_its_own_value():
    x = pixels((8, 3, 9, 9), np.uint8)
    mean = [125, 123, 114]
    expected = reference.cutout(x, 4, np.random.RandomState(1), fill=mean)
    assert augment.cutout(x, 4, fill=mean, channel_axis=1, rng=1).tobytes() == expected.tobytes()
    last = augment.cutout(x.transpose(0, 2, 3, 1), 4, fill=np.array(mean), channel_axis=-1, rng=1)
    assert last.transpose(0, 3, 1, 2).tobytes() == expected.tobytes()


def test_soft_labels_mix_as_one_hot_ones():
    x, y = pixels((30, 8), np.float64), np.arange(30) % 4
    hard = augment.mixup(x, y, 1.0, rng=0)
    soft = augment.mixup(x, np.eye(4)[y], 1.0, rng=0)
    assert hard[0].tobytes() == soft[0].tobytes() and hard[1].tobytes() == soft[1].tobytes()
    assert augment.mixup(x, y, 1.0, rng=0, num_classes=9)[1].shape == (30, 9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_rows_of_mixed_labels_add_up_to_one(dtype):
    for alpha in [5e-324, 1e-3, 0.3, 1.0, 8.0, 1e200]:
        _, soft = augment.mixup(np.zeros((1000, 1)), np.arange(1000) % 10, alpha, rng=0, dtype=dtype)
        assert (soft.sum(axis=1) == 1).all() and (soft >= 0).all()


def test_mixup_computes_float_images_in_their_own_dtype():
    for stored, expected in [(np.uint8, np.float32), (np.float32, np.float32), (np.float64, np.float64)]:
        mixed, soft = augment.mixup(pixels((4, 3), stored), [0, 1, 0, 1], 1.0, rng=0)
        assert mixed.dtype == soft.dtype == expected
    out = np.zeros((4, 3))
    assert augment.mixup(pixels((4, 3), np.uint8), [0, 1, 0, 1], 1.0, rng=0, out=out)[0] is out


# ---- results, memory and threads ----------------------------------------------------------


@pytest.mark.parametrize(("name", "keywords"), CALLS)
def test_out_is_written_and_may_be_the_images(name, keywords):
    x = pixels((9, 3, 6, 8), np.uint8)
    expected = ours(name, x, rng=1, channel_axis=1, **keywords)
    out = np.full((*expected.shape[:3], 2 * expected.shape[3]), 9, np.uint8)[..., ::2]
    assert ours(name, x, rng=1, channel_axis=1, out=out, **keywords) is out
    assert out.tobytes() == expected.tobytes()
    assert (out.base[..., 1::2] == 9).all()
    if expected.shape == x.shape:
        for place in STRIDES.values():
            for view in (lambda a: a, lambda a: a[:], lambda a: a.view()):
                images = place(x.copy())
                result = view(images)
                assert ours(name, images, rng=1, channel_axis=1, out=result, **keywords) is result
                assert images.tobytes() == expected.tobytes()


def test_mixup_may_write_into_its_images():
    for stored in (np.float32, np.float64):
        x, y = pixels((30, 8), stored), np.arange(30) % 4
        expected, _ = augment.mixup(x, y, 1.0, rng=0)
        assert augment.mixup(x, y, 1.0, rng=0, out=x)[0] is x
        assert x.tobytes() == expected.tobytes()


@pytest.mark.parametrize("make", RNGS)
def test_the_images_are_the_same_for_any_number_of_threads(make):
    x, y = pixels((3000, 3, 32, 32), np.uint8), np.arange(3000) % 10
    calls = {
        "cutout": lambda t: augment.cutout(x, 16, channel_axis=1, rng=make(1), threads=t),
        "flip": lambda t: augment.flip(x, channel_axis=1, rng=make(1), threads=t),
        "crop": lambda t: augment.crop(x, 4, channel_axis=1, rng=make(1), threads=t),
        "mixup": lambda t: np.concatenate(
            [a.ravel() for a in augment.mixup(x, y, 0.2, rng=make(1), threads=t)]
        ),
    }
    for name, call in calls.items():
        one = call(1).tobytes()
        assert all(call(t).tobytes() == one for t in (2, 3, 8, None)), name


def test_the_same_seed_gives_the_same_images_and_a_generator_goes_on():
    x = pixels((50, 9, 9), np.uint8)
    assert augment.cutout(x, 4, rng=7).tobytes() == augment.cutout(x, 4, rng=7).tobytes()
    assert augment.cutout(x, 4, rng=7).tobytes() != augment.cutout(x, 4, rng=8).tobytes()
    assert augment.cutout(x, 4).tobytes() != augment.cutout(x, 4).tobytes()
    rng, other = np.random.default_rng(1), np.random.default_rng(1)
    augment.cutout(x, 4, rng=rng, p=0.5)
    [other.integers(0, 9, 50), other.integers(0, 9, 50), other.random(50)]
    augment.flip(x, rng=rng)
    other.random(50)
    augment.crop(x, 2, rng=rng, size=5)
    [other.integers(0, 9, 50), other.integers(0, 9, 50)]
    augment.mixup(x, [0] * 50, 0.3, rng=rng)
    [other.beta(0.3, 0.3, 50), other.permutation(50)]
    augment.mixup(x, [0] * 50, 0.3, rng=rng, per="batch")
    [other.beta(0.3, 0.3), other.permutation(50)]
    assert rng.random() == other.random()


def test_no_images_are_no_error():
    x = np.zeros((0, 5, 5), np.uint8)
    assert augment.cutout(x, 2).shape == augment.flip(x).shape == augment.crop(x, 1).shape == x.shape
    mixed, soft = augment.mixup(x, [], 1.0, num_classes=3)
    assert mixed.shape == x.shape and soft.shape == (0, 3)


def test_lists_and_read_only_arrays_are_taken():
    assert augment.flip([[[1.0, 2.0]]], p=1).tolist() == [[[2.0, 1.0]]]
    x = pixels((3, 4, 4), np.uint8)
    x.flags.writeable = False
    assert augment.crop(x, 0).tobytes() == x.tobytes()
    same = np.broadcast_to(x[:1], (6, 4, 4))  # stride 0
    assert augment.crop(same, 0).tobytes() == same.tobytes()


# ---- statistics ---------------------------------------------------------------------------


def side_lengths(size, length):
    """How long a square's side is for each of the centres, cut at the border, as the paper says."""
    cut = [range(max(c - size // 2, 0), min(c - size // 2 + size, length)) for c in range(length)]
    return [len(part) for part in cut]


@pytest.mark.parametrize(("size", "shape"), [(5, (12, 10)), (8, (12, 12)), (16, (32, 32)), (15, (6, 40))])
def test_the_areas_cut_out_have_the_papers_distribution(peer, size, shape):
    stats = peer("scipy.stats")
    n, (H, W) = 20_000, shape
    out = augment.cutout(np.ones((n, H, W), np.uint8), size, rng=size)
    areas = collections.Counter((H * W - out.reshape(n, -1).sum(axis=1, dtype=np.int64)).tolist())
    exact = collections.Counter(a * b for a in side_lengths(size, H) for b in side_lengths(size, W))
    assert set(areas) <= set(exact)
    expected = np.array([n * count / (H * W) for count in exact.values()])
    observed = np.array([areas[area] for area in exact])
    rare = expected < 5
    if rare.any():
        expected = np.append(expected[~rare], expected[rare].sum())
        observed = np.append(observed[~rare], observed[rare].sum())
    assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_where_cutout_cuts_is_uniform_and_p_is_how_often(peer):
    stats = peer("scipy.stats")
    n = 36_000
    out = augment.cutout(np.ones((n, 6, 6), np.uint8), 1, rng=0)
    assert stats.chisquare((1 - out).reshape(n, 36).sum(axis=0, dtype=np.int64)).pvalue > 1e-3
    half = augment.cutout(np.ones((n, 6, 6), np.uint8), 1, p=0.3, rng=0)
    cut = int((half.reshape(n, 36).min(axis=1) == 0).sum())
    assert stats.binomtest(cut, n, 0.3).pvalue > 1e-3
    assert (half >= out).all()  # those that are cut are cut at the same places


def test_an_even_square_is_that_of_the_authors_program():
    """They clip r - size // 2 and r + size // 2 to 0 .. H, and cut the rows between."""
    out = augment.cutout(np.ones((4000, 9, 9), np.uint8), 4, rng=0)
    found = {tuple(np.flatnonzero((image == 0).any(axis=1))) for image in out}
    assert found == {tuple(range(*np.clip([r - 2, r + 2], 0, 9))) for r in range(9)}


@pytest.mark.parametrize("alpha", [0.02, 0.2, 1.0, 4.0])
@pytest.mark.parametrize("make", RNGS)
def test_mixups_weights_follow_beta(peer, alpha, make):
    stats = peer("scipy.stats")
    n = 20_000
    images = np.arange(n, dtype=np.float64)[:, None]
    mixed, soft = augment.mixup(images, np.zeros(n, int), alpha, rng=make(4), num_classes=2)
    assert (soft[:, 0] == 1).all()  # both have the same label
    # Image i and its partner are mixed with lambda: what is left of the label 1 that image i alone has.
    y = np.arange(n) % 2
    mixed, soft = augment.mixup(images, y, alpha, rng=make(4))
    partners = twin_partners(make(4), n, alpha)
    others = y != y[partners]
    weights = soft[np.arange(n), y][others]
    assert 9_000 < weights.size < 11_000
    # Beside 1 a small alpha's weights lie closer than numbers do: so the lower half's, and how many they are.
    low = weights[weights < 0.5]
    assert stats.kstest(low, lambda x: 2 * stats.beta(alpha, alpha).cdf(x)).pvalue > 1e-3
    assert stats.binomtest(low.size, weights.size, 0.5).pvalue > 1e-3
    assert alpha < 0.2 or stats.kstest(weights, stats.beta(alpha, alpha).cdf).pvalue > 1e-3
    assert np.allclose(
        mixed[others, 0], weights * np.arange(n)[others] + (1 - weights) * partners[others], rtol=1e-12
    )


def twin_partners(rng, n, alpha):
    rng.beta(alpha, alpha, n)
    return rng.permutation(n)


def test_one_weight_for_a_batch_follows_beta_from_batch_to_batch(peer):
    stats, rng = peer("scipy.stats"), np.random.default_rng(0)
    weights = []
    for _ in range(2000):
        _, soft = augment.mixup(np.zeros((6, 1)), np.arange(6), 0.5, per="batch", rng=rng)
        own = np.unique(soft.diagonal()[soft.diagonal() != 1])
        assert own.size <= 1  # the same for all that are not their own partners
        weights += own.tolist()
    assert stats.kstest(weights, stats.beta(0.5, 0.5).cdf).pvalue > 1e-3


def test_partners_are_a_permutation_and_every_one_is_as_likely(peer):
    stats, rng = peer("scipy.stats"), np.random.default_rng(0)
    found = collections.Counter()
    for _ in range(6000):
        _, soft = augment.mixup(np.zeros((3, 1)), np.arange(3), 50.0, rng=rng)
        others = np.where(np.eye(3, dtype=bool), 0, soft)
        partners = tuple(i if soft[i, i] == 1 else int(others[i].argmax()) for i in range(3))
        assert sorted(partners) == [0, 1, 2]
        found[partners] += 1
    assert len(found) == 6 and stats.chisquare(list(found.values())).pvalue > 1e-3


@pytest.mark.parametrize("p", [0.0, 0.25, 0.5, 1.0])
def test_flips_are_as_frequent_as_p_says(peer, p):
    n = 20_000
    x = np.broadcast_to(np.array([[1, 2]], np.uint8), (n, 1, 2))
    flipped = int((augment.flip(x, p=p, rng=1)[:, 0, 0] == 2).sum())
    assert peer("scipy.stats").binomtest(flipped, n, p).pvalue > 1e-3


def test_every_offset_of_a_crop_is_as_likely(peer):
    n, padding, (H, W), (h, w) = 30_000, 2, (5, 4), (3, 5)
    x = np.broadcast_to(np.arange(1, H * W + 1, dtype=np.uint8).reshape(H, W), (n, H, W))
    out = augment.crop(x, padding, size=(h, w), rng=1)
    padded = np.pad(x[0], padding)
    parts = [
        padded[r : r + h, c : c + w].tobytes()
        for r in range(H + 2 * padding - h + 1)
        for c in range(W + 2 * padding - w + 1)
    ]
    found = collections.Counter(image.tobytes() for image in out)
    assert len(set(parts)) == len(parts) and set(found) == set(parts)
    assert peer("scipy.stats").chisquare([found[part] for part in parts]).pvalue > 1e-3


# ---- errors -------------------------------------------------------------------------------

GREY, COLOUR = np.zeros((4, 6, 5), np.uint8), np.zeros((4, 3, 6, 5), np.float32)
WRONG = [
    ("cutout", {"images": COLOUR, "size": 2}, "images has shape .*4, 3, 6, 5.*channel_axis"),
    ("cutout", {"images": GREY, "size": 2, "channel_axis": 1}, "images has shape .*channel_axis is 1"),
    ("cutout", {"images": GREY[0], "size": 2}, r"images has shape \(6, 5\)"),
    ("cutout", {"images": GREY, "size": 0}, "size is 0"),
    ("cutout", {"images": GREY, "size": -3}, "size is -3"),
    ("cutout", {"images": GREY, "size": 2.0}, "size is 2.0"),
    ("cutout", {"images": GREY, "size": 2, "p": 1.5}, "p is 1.5"),
    ("cutout", {"images": GREY, "size": 2, "p": -0.1}, "p is -0.1"),
    ("cutout", {"images": GREY, "size": 2, "p": np.nan}, "p is nan"),
    ("cutout", {"images": GREY, "size": 2, "fill": 256}, "fill is 256"),
    ("cutout", {"images": GREY, "size": 2, "fill": 0.5}, "fill is 0.5"),
    ("cutout", {"images": GREY, "size": 2, "fill": "a"}, "fill is 'a'"),
    ("cutout", {"images": GREY, "size": 2, "fill": [1, 2]}, r"fill has shape \(2,\)"),
    ("cutout", {"images": COLOUR, "size": 2, "fill": 1e300, "channel_axis": 1}, "fill is 1e\\+300"),
    ("cutout", {"images": GREY, "size": 2, "channel_axis": 2}, "channel_axis is 2"),
    ("cutout", {"images": GREY, "size": 2, "channel_axis": True}, "channel_axis is True"),
    ("cutout", {"images": GREY[0], "size": 2, "image_shape": (2, 3)}, r"images has shape \(6, 5\).*\(N, 6\)"),
    ("cutout", {"images": GREY[0], "size": 2, "image_shape": 5}, "image_shape is 5"),
    ("cutout", {"images": GREY[0], "size": 2, "image_shape": (5,)}, r"image_shape is \(5,\)"),
    ("cutout", {"images": GREY[0], "size": 2, "image_shape": (0, 5)}, r"image_shape is \(0, 5\)"),
    ("cutout", {"images": GREY[0], "size": 2, "image_shape": (-1, -5)}, "image_shape is -1"),
    ("cutout", {"images": GREY[0], "size": 2, "image_shape": (5, 1), "channel_axis": 1}, "image_shape"),
    ("cutout", {"images": GREY[:, :0], "size": 2}, "images has shape .*at least one pixel"),
    ("cutout", {"images": GREY.astype(np.int64), "size": 2}, "images has dtype int64"),
    ("cutout", {"images": GREY.astype(np.float16), "size": 2}, "images has dtype float16"),
    ("cutout", {"images": COLOUR.astype(">f4"), "size": 2, "channel_axis": 1}, "images has dtype >f4"),
    ("cutout", {"images": None, "size": 2}, "images is None"),
    ("cutout", {"images": GREY, "size": 2, "rng": -1}, "rng is -1"),
    ("cutout", {"images": GREY, "size": 2, "threads": 0}, "threads is 0"),
    ("flip", {"images": GREY, "p": 2}, "p is 2"),
    ("flip", {"images": GREY, "p": None}, "p is None"),
    ("flip", {"images": GREY, "axis": 1}, "axis is 1"),
    ("flip", {"images": GREY, "axis": None}, "axis is None"),
    ("crop", {"images": GREY, "padding": -1}, "padding is -1"),
    ("crop", {"images": GREY, "padding": 1.5}, "padding is 1.5"),
    ("crop", {"images": GREY, "padding": 2**70}, "padding is"),
    ("crop", {"images": GREY, "padding": 1, "size": 9}, r"size is \(9, 9\).*\(8, 7\)"),
    ("crop", {"images": GREY, "padding": 1, "size": (2, 3, 4)}, "size is"),
    ("crop", {"images": GREY, "padding": 1, "size": (2, 0)}, "size is 0"),
    ("mixup", {"images": GREY, "y": [0, 1, 0, 1], "alpha": 0}, "alpha is 0"),
    ("mixup", {"images": GREY, "y": [0, 1, 0, 1], "alpha": -1.0}, "alpha is -1"),
    ("mixup", {"images": GREY, "y": [0, 1, 0, 1], "alpha": np.inf}, "alpha is inf"),
    ("mixup", {"images": GREY, "y": [0, 1, 0, 1], "alpha": "1"}, "alpha is '1'"),
    ("mixup", {"images": GREY, "y": [0, 1, 0], "alpha": 1}, r"y has shape \(3,\).*N = 4"),
    ("mixup", {"images": GREY, "y": [0, 1, -1, 0], "alpha": 1}, r"y\[2\] is -1"),
    ("mixup", {"images": GREY, "y": [0, 1, 3, 0], "alpha": 1, "num_classes": 3}, r"y\[2\] is 3.*0\.\.2"),
    ("mixup", {"images": GREY, "y": [0, 1, 2**62, 0], "alpha": 1}, r"y\[2\] is"),
    ("mixup", {"images": GREY, "y": [0.0, 1, 0, 0], "alpha": 1}, "y has dtype float64"),
    ("mixup", {"images": GREY, "y": np.ones((4, 2)), "alpha": 1}, r"y\[0\] is .*add up to 1"),
    ("mixup", {"images": GREY, "y": [[2.0, -1.0]] * 4, "alpha": 1}, r"y\[0\] is .*at least 0"),
    ("mixup", {"images": GREY, "y": [[np.nan, 1.0]] * 4, "alpha": 1}, r"y\[0\] is "),
    ("mixup", {"images": GREY, "y": np.ones((3, 1)), "alpha": 1}, r"y has shape \(3, 1\)"),
    ("mixup", {"images": GREY, "y": np.ones((4, 1)), "alpha": 1, "num_classes": 2}, r"y has shape \(4, 1\)"),
    ("mixup", {"images": GREY, "y": [0] * 4, "alpha": 1, "num_classes": 0}, "num_classes is 0"),
    ("mixup", {"images": GREY[:0], "y": [], "alpha": 1}, "y has no labels"),
    ("mixup", {"images": GREY, "y": [0] * 4, "alpha": 1, "per": "pair"}, "per is 'pair'"),
    ("mixup", {"images": GREY, "y": [0] * 4, "alpha": 1, "dtype": np.uint8}, "dtype is uint8"),
    ("mixup", {"images": np.zeros(3), "y": [0] * 3, "alpha": 1}, r"images has shape \(3,\)"),
    ("mixup", {"images": GREY, "y": [0] * 4, "alpha": 1, "out": GREY}, "out has dtype uint8"),
    (
        "mixup",
        {"images": GREY, "y": [0] * 4, "alpha": 1, "out": np.zeros((4, 6, 5)), "dtype": "f4"},
        "out has dtype float64",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "message"), WRONG)
def test_a_wrong_argument_is_named_and_nothing_is_drawn(name, arguments, message):
    rng = np.random.default_rng(0)
    with pytest.raises((TypeError, ValueError), match=message):
        ours(name, **{"rng": rng, **arguments})
    assert rng.random() == np.random.default_rng(0).random()


def wrong_outs(x):
    wide = np.zeros((4, 6, 10), np.uint8)
    yield np.zeros((4, 6, 4), np.uint8), r"out has shape \(4, 6, 4\); expected \(4, 6, 5\)", x
    yield np.zeros((4, 6, 5), np.float32), "out has dtype float32; expected uint8", x
    yield x.tolist(), "out is a list", x
    yield np.ma.zeros((4, 6, 5), np.uint8), "out is a MaskedArray", x
    yield np.broadcast_to(np.uint8(0), (4, 6, 5)), "out is read-only", x
    yield np.lib.stride_tricks.as_strided(wide, (4, 6, 5), (0, 5, 1)), "out has elements that share memory", x
    yield wide[:, :, 1:6], "out shares memory with images", wide[:, :, :5]
    yield wide[:, :, 4::-1], "out shares memory with images", wide[:, :, :5]


@pytest.mark.parametrize(
    ("name", "keywords"), [("cutout", {"size": 2}), ("flip", {}), ("crop", {"padding": 1})]
)
def test_a_wrong_out_is_refused_before_anything_is_drawn_or_written(name, keywords):
    for out, message, images in wrong_outs(pixels((4, 6, 5), np.uint8)):
        rng, before = np.random.default_rng(0), np.array(out)
        with pytest.raises((TypeError, ValueError), match=message):
            ours(name, images, rng=rng, out=out, **keywords)
        assert rng.random() == np.random.default_rng(0).random()
        assert (np.array(out) == before).all()


def test_mixup_refuses_to_write_over_its_labels():
    x, memory = pixels((4, 3), np.float32), np.zeros((4, 3), np.float32)
    memory[:, 0] = 1
    for y in (memory, memory.view(np.int32)[:, 2]):
        with pytest.raises(ValueError, match="out shares memory with y"):
            augment.mixup(x, y, 1.0, rng=0, out=memory)


def test_the_core_refuses_what_would_leave_the_images():
    from deeprob import _core

    x, out = np.zeros((2, 1, 4, 4), np.uint8), np.zeros((2, 1, 4, 4), np.uint8)
    fill, one = np.zeros(1, np.uint8), np.ones(2)
    for boxes in ([0, 5, 0, 1], [-1, 2, 0, 1], [2, 1, 0, 1], [0, 1, 0, 5], [0, 1, 3, 2]):
        with pytest.raises(ValueError, match="outside"):
            _core.cutout(x, out, np.array([[0, 0, 0, 0], boxes]), fill, 1)
    for corner in ([5, 0], [0, 5], [-5, 0], [0, -5], [2**62, 0], [0, -(2**63)]):
        with pytest.raises(ValueError, match="outside"):
            _core.crop(x, out, np.array([[0, 0], corner]), 1)
    for partners in ([0, 2], [-1, 0]):
        with pytest.raises(ValueError, match="outside"):
            _core.mixup(x, out.astype("f4"), np.array(partners), one, 1)
    for wrong in (np.zeros(3, np.int64), np.zeros(2, np.int32), [0, 1], np.zeros(4, np.int64)[::2]):
        with pytest.raises(TypeError, match="draws"):
            _core.flip(x, out, wrong, True, 1)
    for images in (x[0], x.astype(np.int16), x.tolist()):
        with pytest.raises(TypeError, match="images"):
            _core.flip(images, out, np.zeros(2, np.int64), True, 1)
    with pytest.raises(ValueError, match="out"):
        _core.flip(x, out[:, :, :3], np.zeros(2, np.int64), True, 1)
    with pytest.raises(TypeError, match="weights"):
        _core.mixup(x, out.astype("f4"), np.array([0, 1]), np.ones(3), 1)
    with pytest.raises(TypeError, match="fill"):
        _core.cutout(x, out, np.zeros((2, 4), np.int64), np.zeros(2, np.uint8), 1)
    for shape in ((2**62, 1, 0, 1), (2**62, 1, 1, 0)):  # no pixels; 4 draws each are 0 modulo 2^64
        none = np.empty(shape, np.uint8)
        with pytest.raises(ValueError, match="images are 4611686018427387904, too many"):
            _core.cutout(none, none, np.empty(0, np.int64), fill, 1)


def test_mixup_of_images_without_pixels_mixes_labels():
    mixed, labels = augment.mixup(np.empty((3, 0)), [0, 1, 2], 1.0, rng=0)
    assert mixed.shape == (3, 0)
    np.testing.assert_array_equal(labels, augment.mixup(np.empty((3, 1)), [0, 1, 2], 1.0, rng=0)[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mixup_takes_the_probabilities_that_the_loss_takes(dtype):
    images, scores = np.zeros((2, 3)), np.zeros((2, 2), dtype)
    for off, taken in ((9e-6, True), (-9e-6, True), (2e-5, False), (-2e-5, False)):
        q = np.array([[0.5, 0.5 + off], [1.0, 0.0]])
        if taken:
            _, labels = augment.mixup(images, q, 1.0, rng=0, dtype=dtype)
            deeprob.softmax_cross_entropy(scores, labels)
            continue
        for call in (
            lambda q=q: augment.mixup(images, q, 1.0),
            lambda q=q: deeprob.softmax_cross_entropy(scores, q),
        ):
            with pytest.raises(ValueError, match=r"y\[0\] "):
                call()
