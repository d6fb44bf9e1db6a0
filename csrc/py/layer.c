/* Bindings of the layers: what an array must be, that what is written is nobody else's, the
 * run. All arguments are checked before anything is written, numbers before arrays: what
 * makes an object a number is Python, which may resize an array. */
#include "py/args.h"

#include "engine/layer_run.h"

/* Work above this, some 20 us, releases the GIL. */
#define RELEASE 65536

#define ARRAYS_MAX 8

/* What the values of an argument are: the compute dtype, which the first one has, or a
 * dtype of its own. */
typedef enum { SAME, DOUBLES, BITS } values;

/* An array among the arguments: (N, F) as the first one, or (F,). */
typedef struct {
    const char *name;
    int ndim;
    values values;
    int written;
} argument;

static int
check_contiguous(PyArrayObject *a, const argument *what)
{
    if (!PyArray_IS_C_CONTIGUOUS(a) || !PyArray_ISALIGNED(a)) {
        PyErr_Format(PyExc_ValueError,
                     "%s is not C-contiguous and aligned; expected such an array: "
                     "np.ascontiguousarray makes one",
                     what->name);
        return -1;
    }
    if (what->written && !PyArray_ISWRITEABLE(a)) {
        PyErr_Format(PyExc_ValueError, "%s is read-only", what->name);
        return -1;
    }
    return 0;
}

/* Raises unless o is a matrix of floats, from which the sizes and the dtype are taken. */
static int
check_first(PyArrayObject *a, const argument *what, dp_layer_job *job)
{
    char text[DP_SHAPE_TEXT];
    const int type_num = PyArray_TYPE(a);
    if (PyArray_NDIM(a) != 2) {
        PyErr_Format(PyExc_ValueError,
                     "%s has shape %s; expected (N, F), one row per example",
                     what->name, dp_shape_text(a, text));
        return -1;
    }
    if (type_num != NPY_FLOAT && type_num != NPY_DOUBLE) {
        PyErr_Format(PyExc_TypeError, "%s has dtype %S; expected float32 or float64",
                     what->name, (PyObject *)PyArray_DESCR(a));
        return -1;
    }
    job->N = PyArray_DIM(a, 0);
    job->F = PyArray_DIM(a, 1);
    job->compute = type_num == NPY_FLOAT ? DP_f32 : DP_f64;
    return 0;
}

/* Raises unless o has the sizes and the dtype that follow from the first array. */
static int
check_other(PyArrayObject *a, const argument *what, const argument *first,
            const dp_layer_job *job)
{
    char text[DP_SHAPE_TEXT];
    const int type_num = what->values == DOUBLES  ? NPY_DOUBLE
                         : what->values == BITS   ? NPY_USHORT
                         : job->compute == DP_f32 ? NPY_FLOAT
                                                  : NPY_DOUBLE;
    const int rows = PyArray_NDIM(a) == 2 && PyArray_DIM(a, 0) == job->N;
    if (PyArray_NDIM(a) != what->ndim || (what->ndim == 2 && !rows) ||
        PyArray_DIM(a, what->ndim - 1) != job->F) {
        if (what->ndim == 2) {
            PyErr_Format(PyExc_ValueError,
                         "%s has shape %s; expected (%zd, %zd), as %s has", what->name,
                         dp_shape_text(a, text), (Py_ssize_t)job->N, (Py_ssize_t)job->F,
                         first->name);
        }
        else {
            PyErr_Format(PyExc_ValueError,
                         "%s has shape %s; expected (%zd,), the features of %s",
                         what->name, dp_shape_text(a, text), (Py_ssize_t)job->F,
                         first->name);
        }
        return -1;
    }
    if (PyArray_TYPE(a) != type_num) {
        PyArray_Descr *expected = PyArray_DescrFromType(type_num);
        if (expected != NULL) {
            PyErr_Format(PyExc_TypeError, "%s has dtype %S; expected %S", what->name,
                         (PyObject *)PyArray_DESCR(a), (PyObject *)expected);
            Py_DECREF(expected);
        }
        return -1;
    }
    return 0;
}

/* Raises when an array that is written shares memory with another one, unless both are
 * the same (N, F) values, of which each is read before it is written. */
static int
check_overlap(PyArrayObject *const *a, const argument *what, int n)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; what[i].written && j < n; j++) {
            const int in_place = what[i].ndim == 2 && what[j].ndim == 2 &&
                                 what[j].values == SAME &&
                                 PyArray_BYTES(a[i]) == PyArray_BYTES(a[j]);
            if (i == j || in_place || !dp_may_overlap(a[i], a[j])) {
                continue;
            }
            PyErr_Format(PyExc_ValueError,
                         "%s shares memory with %s; expected %smemory of its own",
                         what[i].name, what[j].name,
                         what[i].ndim == 2 && what[j].ndim == 2 &&
                                 what[j].values == SAME
                             ? "the same array or "
                             : "");
            return -1;
        }
    }
    return 0;
}

/* The arrays' memory, in the order of the arguments; borrowed. The first is a matrix. */
static int
parse(PyObject *const *args, const argument *what, int n, dp_layer_job *job,
      void *data[ARRAYS_MAX])
{
    PyArrayObject *a[ARRAYS_MAX];
    for (int i = 0; i < n; i++) {
        if (!PyArray_Check(args[i]) || dp_is_masked(args[i])) {
            PyErr_Format(PyExc_TypeError, "%s is a %s; expected a numpy.ndarray%s",
                         what[i].name, Py_TYPE(args[i])->tp_name,
                         PyArray_Check(args[i]) ? ", which has no mask" : "");
            return -1;
        }
        a[i] = (PyArrayObject *)args[i];
        const int wrong = i == 0 ? check_first(a[i], what, job)
                                 : check_other(a[i], &what[i], what, job);
        if (wrong < 0 || dp_check_byte_order(a[i], what[i].name) < 0 ||
            check_contiguous(a[i], &what[i]) < 0) {
            return -1;
        }
        data[i] = PyArray_DATA(a[i]);
    }
    return check_overlap(a, what, n);
}

static int
check_examples(const dp_layer_job *job, const char *name)
{
    if (job->N > 0) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError,
                 "%s has shape (0, %zd); expected at least one example", name,
                 (Py_ssize_t)job->F);
    return -1;
}

static PyObject *
run(const dp_layer_job *job, int threads)
{
    if (dp_layer_work(job) <= RELEASE) {
        dp_layer_run(job, 1);
    }
    else {
        PyThreadState *thread = PyEval_SaveThread();
        dp_layer_run(job, threads);
        PyEval_RestoreThread(thread);
    }
    return Py_NewRef(Py_None);
}

/* relu(x, out, threads) */
PyObject *
dp_py_relu(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {{"x", 2, SAME, 0}, {"out", 2, SAME, 1}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target, .op = DP_RELU};
    if (dp_check_nargs("relu", nargs, 3) < 0 ||
        dp_threads(module, args[2], &threads) < 0 ||
        parse(args, arrays, 2, &job, data) < 0) {
        return NULL;
    }
    job.x = data[0];
    job.out = data[1];
    return run(&job, threads);
}

/* relu_backward(grad, y, out, threads) */
PyObject *
dp_py_relu_backward(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {
        {"grad", 2, SAME, 0}, {"y", 2, SAME, 0}, {"out", 2, SAME, 1}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target, .op = DP_RELU_BACKWARD};
    if (dp_check_nargs("relu_backward", nargs, 4) < 0 ||
        dp_threads(module, args[3], &threads) < 0 ||
        parse(args, arrays, 3, &job, data) < 0) {
        return NULL;
    }
    job.grad = data[0];
    job.y = data[1];
    job.out = data[2];
    return run(&job, threads);
}

/* An integer in 0 .. 2^16. */
static int
parse_threshold(PyObject *o, int32_t *threshold)
{
    PyObject *index = PyBool_Check(o) ? NULL : PyNumber_Index(o);
    if (index == NULL) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError)) {
            return -1;
        }
        PyErr_Format(PyExc_TypeError, "threshold is a %s; expected an integer",
                     Py_TYPE(o)->tp_name);
        return -1;
    }
    int overflow = 0;
    const long value = PyLong_AsLongAndOverflow(index, &overflow);
    Py_DECREF(index);
    if (value == -1 && overflow == 0 && PyErr_Occurred()) {
        return -1;
    }
    if (overflow != 0 || value < 0 || value > 65536) {
        PyErr_Format(PyExc_ValueError, "threshold is %R; expected 0 to 65536", o);
        return -1;
    }
    *threshold = (int32_t)value;
    return 0;
}

/* dropout(x, bits, threshold, scale, out, threads) */
PyObject *
dp_py_dropout(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {
        {"x", 2, SAME, 0}, {"bits", 2, BITS, 0}, {"out", 2, SAME, 1}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target, .op = DP_DROPOUT};
    if (dp_check_nargs("dropout", nargs, 6) < 0) {
        return NULL;
    }
    PyObject *const own[] = {args[0], args[1], args[4]};
    if (parse_threshold(args[2], &job.threshold) < 0 ||
        dp_float(args[3], "scale", 0, &job.scale) < 0 ||
        dp_threads(module, args[5], &threads) < 0 ||
        parse(own, arrays, 3, &job, data) < 0) {
        return NULL;
    }
    job.x = data[0];
    job.bits = data[1];
    job.out = data[2];
    return run(&job, threads);
}

/* add_scaled(x, y, scale, out, threads) */
PyObject *
dp_py_add_scaled(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {
        {"x", 2, SAME, 0}, {"y", 2, SAME, 0}, {"out", 2, SAME, 1}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target, .op = DP_ADD_SCALED};
    if (dp_check_nargs("add_scaled", nargs, 5) < 0) {
        return NULL;
    }
    PyObject *const own[] = {args[0], args[1], args[3]};
    if (dp_float(args[2], "scale", 0, &job.scale) < 0 ||
        dp_threads(module, args[4], &threads) < 0 ||
        parse(own, arrays, 3, &job, data) < 0) {
        return NULL;
    }
    job.x = data[0];
    job.y = data[1];
    job.out = data[2];
    return run(&job, threads);
}

/* add_bias(x, b, threads) */
PyObject *
dp_py_add_bias(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {{"x", 2, SAME, 1}, {"b", 1, SAME, 0}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target, .op = DP_ADD_BIAS};
    if (dp_check_nargs("add_bias", nargs, 3) < 0 ||
        dp_threads(module, args[2], &threads) < 0 ||
        parse(args, arrays, 2, &job, data) < 0) {
        return NULL;
    }
    job.out = data[0];
    job.b = data[1];
    return run(&job, threads);
}

/* sum_rows(grad, out, threads) */
PyObject *
dp_py_sum_rows(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {{"grad", 2, SAME, 0}, {"out", 1, SAME, 1}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target, .op = DP_SUM_ROWS};
    if (dp_check_nargs("sum_rows", nargs, 3) < 0 ||
        dp_threads(module, args[2], &threads) < 0 ||
        parse(args, arrays, 2, &job, data) < 0) {
        return NULL;
    }
    job.grad = data[0];
    job.out = data[1];
    return run(&job, threads);
}

/* batch_norm(x, gamma, beta, eps, mean, inv_std, out, threads) */
PyObject *
dp_py_batch_norm(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {
        {"x", 2, SAME, 0},       {"gamma", 1, SAME, 0},      {"beta", 1, SAME, 0},
        {"mean", 1, DOUBLES, 1}, {"inv_std", 1, DOUBLES, 1}, {"out", 2, SAME, 1}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target, .op = DP_BATCH_NORM};
    if (dp_check_nargs("batch_norm", nargs, 8) < 0) {
        return NULL;
    }
    PyObject *const own[] = {args[0], args[1], args[2], args[4], args[5], args[6]};
    if (dp_float(args[3], "eps", 1, &job.eps) < 0 ||
        dp_threads(module, args[7], &threads) < 0 ||
        parse(own, arrays, 6, &job, data) < 0 || check_examples(&job, "x") < 0) {
        return NULL;
    }
    job.x = data[0];
    job.gamma = data[1];
    job.beta = data[2];
    job.mean = data[3];
    job.inv_std = data[4];
    job.out = data[5];
    return run(&job, threads);
}

/* batch_norm_apply(x, gamma, beta, mean, inv_std, out, threads) */
PyObject *
dp_py_batch_norm_apply(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {
        {"x", 2, SAME, 0},       {"gamma", 1, SAME, 0},      {"beta", 1, SAME, 0},
        {"mean", 1, DOUBLES, 0}, {"inv_std", 1, DOUBLES, 0}, {"out", 2, SAME, 1}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target,
                        .op = DP_BATCH_NORM_APPLY};
    if (dp_check_nargs("batch_norm_apply", nargs, 7) < 0 ||
        dp_threads(module, args[6], &threads) < 0 ||
        parse(args, arrays, 6, &job, data) < 0) {
        return NULL;
    }
    job.x = data[0];
    job.gamma = data[1];
    job.beta = data[2];
    job.mean = data[3];
    job.inv_std = data[4];
    job.out = data[5];
    return run(&job, threads);
}

/* batch_norm_backward(grad, x, gamma, mean, inv_std, dgamma, dbeta, out, training,
 * threads) */
PyObject *
dp_py_batch_norm_backward(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    static const argument arrays[] = {
        {"grad", 2, SAME, 0},    {"x", 2, SAME, 0},          {"gamma", 1, SAME, 0},
        {"mean", 1, DOUBLES, 0}, {"inv_std", 1, DOUBLES, 0}, {"dgamma", 1, SAME, 1},
        {"dbeta", 1, SAME, 1},   {"out", 2, SAME, 1}};
    void *data[ARRAYS_MAX];
    int threads;
    dp_layer_job job = {.target = dp_get_state(module)->target,
                        .op = DP_BATCH_NORM_BACKWARD};
    if (dp_check_nargs("batch_norm_backward", nargs, 10) < 0) {
        return NULL;
    }
    job.training = PyObject_IsTrue(args[8]);
    if (job.training < 0 || dp_threads(module, args[9], &threads) < 0 ||
        parse(args, arrays, 8, &job, data) < 0 || check_examples(&job, "grad") < 0) {
        return NULL;
    }
    job.grad = data[0];
    job.x = data[1];
    job.gamma = data[2];
    job.mean = data[3];
    job.inv_std = data[4];
    job.dgamma = data[5];
    job.dbeta = data[6];
    job.out = data[7];
    return run(&job, threads);
}
