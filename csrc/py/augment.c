/* Bindings of cutout, flip, crop and mixup. Where draws is None a call only checks its
 * other arguments, before anything is drawn. Batches (N, C, H, W) in any strides, and what
 * was drawn for their images. deeprob.augment makes such views of what the user has, and
 * has checked it: of these arguments only what memory they are is checked for him here,
 * all else for the kernels' safety. */
#include "py/call.h"

#include "engine/augment_run.h"

/* Below so many bytes the GIL is kept: they take less time than giving it away. */
#define KEEP_GIL 16384
/* Bytes that are worth a thread. */
#define PER_THREAD 524288

/* The storage dtype of a batch of bytes or floats, with its first image and the bytes
 * from one to the next; -1 with an exception if it is none. */
static int
batch_of(PyObject *o, const char *name, dp_image *image, ptrdiff_t *step)
{
    if (!PyArray_Check(o) || PyArray_NDIM((PyArrayObject *)o) != 4) {
        PyErr_Format(PyExc_TypeError, "%s is no array (N, C, H, W)", name);
        return -1;
    }
    PyArrayObject *const a = (PyArrayObject *)o;
    int storage = 0;
    while (storage < DP_STORAGE_COUNT &&
           PyArray_TYPE(a) != dp_type_num((dp_storage)storage)) {
        storage++;
    }
    if (storage == DP_STORAGE_COUNT) {
        PyErr_Format(PyExc_TypeError,
                     "%s has dtype %S; expected uint8, float32 or float64", name,
                     (PyObject *)PyArray_DESCR(a));
        return -1;
    }
    if (dp_check_byte_order(a, name) < 0) {
        return -1;
    }
    *image = (dp_image){
        .data = PyArray_BYTES(a),
        .planes = PyArray_DIM(a, 1),
        .rows = PyArray_DIM(a, 2),
        .cols = PyArray_DIM(a, 3),
        .plane_stride = PyArray_STRIDE(a, 1),
        .row_stride = PyArray_STRIDE(a, 2),
        .col_stride = PyArray_STRIDE(a, 3),
        .size = PyArray_ITEMSIZE(a),
    };
    *step = PyArray_STRIDE(a, 0);
    return storage;
}

/* Both are the same places in the same order. */
static int
same_memory(PyArrayObject *a, PyArrayObject *b)
{
    int same = PyArray_BYTES(a) == PyArray_BYTES(b);
    for (int i = 0; same && i < PyArray_NDIM(a); i++) {
        const npy_intp n = PyArray_DIM(a, i);
        same = n == PyArray_DIM(b, i) &&
               (n <= 1 || PyArray_STRIDE(a, i) == PyArray_STRIDE(b, i));
    }
    return same;
}

/* Raises unless o is a contiguous array of this type, n values. Borrowed. */
static PyArrayObject *
numbers(PyObject *o, const char *name, int type_num, Py_ssize_t n)
{
    if (!PyArray_Check(o) || PyArray_TYPE((PyArrayObject *)o) != type_num ||
        !PyArray_ISCARRAY_RO((PyArrayObject *)o) ||
        PyArray_SIZE((PyArrayObject *)o) != n) {
        PyErr_Format(PyExc_TypeError, "%s is no contiguous array of %zd numbers", name,
                     n);
        return NULL;
    }
    return (PyArrayObject *)o;
}

/* Images, out and draws into the job, whose kind is set; with `in_place` out may be the
 * images themselves. 0, or -1 with an exception. */
static int
parse_batches(PyObject *images, PyObject *out, PyObject *draws, int in_place,
              dp_augment_job *job, int *in_storage)
{
    const int storage = batch_of(images, "images", &job->in, &job->in_step);
    if (storage < 0) {
        return -1;
    }
    PyArrayObject *const x = (PyArrayObject *)images;
    if (!PyArray_Check(out) || PyArray_NDIM((PyArrayObject *)out) != 4) {
        PyErr_SetString(PyExc_TypeError, "out is no array (N, C, H, W)");
        return -1;
    }
    int type_num = PyArray_TYPE(x);
    if (job->kind == DP_MIXUP) {
        const int wide = PyArray_TYPE((PyArrayObject *)out) == NPY_DOUBLE;
        type_num = wide ? NPY_DOUBLE : NPY_FLOAT;
    }
    PyArrayObject *const y =
        dp_check_out(out, "out", 4, PyArray_DIMS((PyArrayObject *)out), type_num);
    if (y == NULL || batch_of(out, "out", &job->out, &job->out_step) < 0) {
        return -1;
    }
    job->n = PyArray_DIM(x, 0);
    /* Of images without pixels there may be 2^62, whose draws no npy_intp counts. */
    if (job->n > NPY_MAX_INTP / DP_CUTOUT_DRAWS) {
        PyErr_Format(PyExc_ValueError, "images are %zd, too many", (Py_ssize_t)job->n);
        return -1;
    }
    const int same_shape =
        job->in.rows == job->out.rows && job->in.cols == job->out.cols;
    if (PyArray_DIM(y, 0) != job->n || job->in.planes != job->out.planes ||
        (job->kind != DP_CROP && !same_shape)) {
        PyErr_SetString(PyExc_ValueError, "out has not the shape of the images");
        return -1;
    }
    if (dp_may_overlap(x, y) && !(in_place && same_memory(x, y))) {
        PyErr_SetString(PyExc_ValueError,
                        "out shares memory with images; expected memory of its own, or "
                        "images itself");
        return -1;
    }
    *in_storage = storage;
    if (draws == Py_None) {
        return 0;
    }
    static const int counts[] = {[DP_CUTOUT] = DP_CUTOUT_DRAWS,
                                 [DP_FLIP] = DP_FLIP_DRAWS,
                                 [DP_CROP] = DP_CROP_DRAWS,
                                 [DP_MIXUP] = DP_MIXUP_DRAWS};
    PyArrayObject *const d =
        numbers(draws, "draws", NPY_INT64, job->n * counts[job->kind]);
    if (d == NULL) {
        return -1;
    }
    job->draws = PyArray_DATA(d);
    return 0;
}

/* Whether low <= first <= last <= high. */
static int
in_order(int64_t low, int64_t first, int64_t last, int64_t high)
{
    return low <= first && first <= last && last <= high;
}

/* Raises unless what was drawn for each image is within it. */
static int
check_draws(const dp_augment_job *job)
{
    const ptrdiff_t rows = job->in.rows, cols = job->in.cols;
    for (ptrdiff_t i = 0; i < job->n; i++) {
        const int64_t *const d = job->draws;
        int right = 1;
        switch (job->kind) {
            case DP_CUTOUT:
                right = in_order(0, d[4 * i], d[4 * i + 1], rows) &&
                        in_order(0, d[4 * i + 2], d[4 * i + 3], cols);
                break;
            case DP_FLIP:
                break;
            case DP_CROP:
                right = in_order(-job->out.rows, d[2 * i], d[2 * i], rows) &&
                        in_order(-job->out.cols, d[2 * i + 1], d[2 * i + 1], cols);
                break;
            case DP_MIXUP:
                right = in_order(0, d[i], d[i], job->n - 1);
                break;
        }
        if (!right) {
            PyErr_Format(PyExc_ValueError, "draws of image %zd are outside of it",
                         (Py_ssize_t)i);
            return -1;
        }
    }
    return 0;
}

/* None, or NULL with an exception. */
static PyObject *
run(dp_augment_job *job, int threads)
{
    const ptrdiff_t bytes = dp_augment_bytes(job);
    if (job->draws == NULL) {
        Py_RETURN_NONE;
    }
    if (check_draws(job) < 0) {
        return NULL;
    }
    if (bytes < KEEP_GIL) {
        (void)dp_augment_run(job, 1); /* nothing interrupts it */
        Py_RETURN_NONE;
    }
    const ptrdiff_t worth = 1 + bytes / PER_THREAD;
    dp_attention watch = {0};
    job->interrupted = dp_interrupted;
    job->interrupted_context = &watch;
    dp_detach(&watch, NULL);
    const int stopped = dp_augment_run(job, worth < threads ? (int)worth : threads);
    dp_attach(&watch);
    if (stopped) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* cutout(images, out, boxes, fill, threads): boxes (N, 4) int64 of top, bottom, left,
 * right; fill (C,) of the images' dtype; out may be images */
PyObject *
dp_py_cutout(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_augment_job job = {.kind = DP_CUTOUT};
    int threads, storage;
    if (dp_check_nargs("cutout", nargs, 5) < 0 ||
        dp_threads(module, args[4], &threads) < 0 ||
        parse_batches(args[0], args[1], args[2], 1, &job, &storage) < 0) {
        return NULL;
    }
    PyArrayObject *const fill =
        numbers(args[3], "fill", dp_type_num((dp_storage)storage), job.in.planes);
    if (fill == NULL) {
        return NULL;
    }
    job.fill = PyArray_BYTES(fill);
    return run(&job, threads);
}

/* flip(images, out, flipped, columns, threads): flipped (N,) int64, 0 or not; columns:
 * these, or else the rows, change their order */
PyObject *
dp_py_flip(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_augment_job job = {.kind = DP_FLIP};
    int threads, storage;
    if (dp_check_nargs("flip", nargs, 5) < 0) {
        return NULL;
    }
    job.columns = PyObject_IsTrue(args[3]);
    if (job.columns < 0 || dp_threads(module, args[4], &threads) < 0 ||
        parse_batches(args[0], args[1], args[2], 0, &job, &storage) < 0) {
        return NULL;
    }
    return run(&job, threads);
}

/* crop(images, out, corners, threads): corners (N, 2) int64 of the row and the column of
 * images that the first pixel of out is; zeros outside */
PyObject *
dp_py_crop(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_augment_job job = {.kind = DP_CROP};
    int threads, storage;
    if (dp_check_nargs("crop", nargs, 4) < 0 ||
        dp_threads(module, args[3], &threads) < 0 ||
        parse_batches(args[0], args[1], args[2], 0, &job, &storage) < 0) {
        return NULL;
    }
    return run(&job, threads);
}

/* mixup(images, out, partners, weights, threads): partners (N,) int64, weights (N,)
 * float64, those of the images themselves; out of float32 or float64 */
PyObject *
dp_py_mixup(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_augment_job job = {.kind = DP_MIXUP};
    int threads, storage;
    if (dp_check_nargs("mixup", nargs, 5) < 0 ||
        dp_threads(module, args[4], &threads) < 0 ||
        parse_batches(args[0], args[1], args[2], 0, &job, &storage) < 0) {
        return NULL;
    }
    if (job.draws == NULL) {
        Py_RETURN_NONE;
    }
    PyArrayObject *const weights = numbers(args[3], "weights", NPY_DOUBLE, job.n);
    if (weights == NULL) {
        return NULL;
    }
    job.weights = PyArray_DATA(weights);
    job.mixup =
        dp_mixup_table[storage][job.out.size == sizeof(double) ? DP_f64 : DP_f32];
    return run(&job, threads);
}
