/* Bindings of the linear family: scores, predictions, losses with their gradients. */
#include "py/args.h"

#include <time.h>

#include "engine/linear_pass.h"

/* ---- the arrays of a call -------------------------------------------------------- */

typedef struct {
    PyArrayObject *W, *X, *b, *y, *index;
} arrays;

static void
release(arrays *a)
{
    Py_XDECREF(a->W);
    Py_XDECREF(a->X);
    Py_XDECREF(a->b);
    Py_XDECREF(a->y);
    Py_XDECREF(a->index);
}

static void
feature_mismatch(const arrays *a, int example_axis, int class_axis, Py_ssize_t D)
{
    char W_text[DP_SHAPE_TEXT], X_text[DP_SHAPE_TEXT];
    const char *hint = "";
    if (PyArray_DIM(a->W, class_axis) == D) {
        hint = class_axis == 0 ? ". If your W is (D, C), as in the course's assignments, "
                                 "pass class_axis=1"
                               : ". If your W is (C, D), as in the lecture, leave out "
                                 "class_axis=1";
    }
    else if (PyArray_DIM(a->W, 1 - class_axis) == PyArray_DIM(a->X, example_axis)) {
        hint = example_axis == 0 ? ". If your examples are the columns of X, as the "
                                   "lecture writes them, pass example_axis=1"
                                 : ". If your examples are the rows of X, leave out "
                                   "example_axis=1";
    }
    PyErr_Format(PyExc_ValueError,
                 "W has shape %s; expected %s with D = %zd, the features of X, whose "
                 "shape is %s%s",
                 dp_shape_text(a->W, W_text), class_axis == 0 ? "(C, D)" : "(D, C)", D,
                 dp_shape_text(a->X, X_text), hint);
}

/* W, X, b, y and index (the last three may be None) into `a` and the job's views. */
static int
parse_arrays(PyObject *const *args, int example_axis, int class_axis, arrays *a,
             dp_linear_job *job)
{
    a->W = dp_as_array(args[0], "W", 1);
    if (a->W == NULL ||
        dp_matrix_view(a->W, "W", class_axis, 0,
                       class_axis == 0 ? "(C, D), one row of weights per class"
                                       : "(D, C), one column of weights per class",
                       &job->W) < 0) {
        return -1;
    }
    a->X = dp_as_array(args[1], "X", 1);
    if (a->X == NULL ||
        dp_matrix_view(a->X, "X", example_axis, 1,
                       example_axis == 0 ? "(N, D), one example per row"
                                         : "(D, N), one example per column",
                       &job->X) < 0) {
        return -1;
    }
    if (job->W.rows == 0 || job->X.cols == 0) {
        char text[DP_SHAPE_TEXT];
        const int no_class = job->W.rows == 0;
        PyErr_Format(PyExc_ValueError, "%s has shape %s; expected at least one %s",
                     no_class ? "W" : "X", dp_shape_text(no_class ? a->W : a->X, text),
                     no_class ? "class" : "feature");
        return -1;
    }
    if (job->W.cols != job->X.cols) {
        feature_mismatch(a, example_axis, class_axis, job->X.cols);
        return -1;
    }
    if (args[2] != Py_None) {
        a->b = dp_as_array(args[2], "b", 1);
        if (a->b == NULL ||
            dp_vector_view(a->b, "b", "(C,) with C", job->W.rows, &job->b) < 0) {
            return -1;
        }
    }
    if (args[3] != Py_None) {
        char text[DP_SHAPE_TEXT];
        a->y = dp_as_array(args[3], "y", 0);
        if (a->y == NULL ||
            dp_ints_view(a->y, "y", "(N,), one integer label per example", &job->y) < 0) {
            return -1;
        }
        if (job->y.n != job->X.rows) {
            PyErr_Format(PyExc_ValueError,
                         "y has shape %s; expected (N,) with N = %zd, the examples of X",
                         dp_shape_text(a->y, text), job->X.rows);
            return -1;
        }
    }
    if (args[4] != Py_None) {
        a->index = dp_as_array(args[4], "index", 0);
        if (a->index == NULL ||
            dp_ints_view(a->index, "index", "(n,), integer positions of examples",
                         &job->index) < 0 ||
            dp_check_index(&job->index, job->X.rows) < 0) {
            return -1;
        }
    }
    job->compute = dp_result_type(&job->W, &job->X, &job->b);
    return a->y == NULL ? 0 : dp_check_labels(&job->y, &job->index, job->W.rows);
}

static int
parse_axes(PyObject *example, PyObject *class_, int *example_axis, int *class_axis)
{
    if (dp_axis(example, "example_axis", "X is (N, D)", "X is (D, N)", example_axis) < 0) {
        return -1;
    }
    return dp_axis(class_, "class_axis", "W is (C, D)", "W is (D, C)", class_axis);
}

/* ---- running, with the GIL released and Ctrl-C served ------------------------------ */

typedef struct {
    PyThreadState *thread;
    struct timespec last;
} attention;

/* Looks for signals every 50 ms: Ctrl-C feels immediate below 100. */
static int
interrupted(void *context)
{
    attention *a = context;
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    const long long passed = (long long)(now.tv_sec - a->last.tv_sec) * 1000000000 +
                             (now.tv_nsec - a->last.tv_nsec);
    if (passed < 50000000) {
        return 0;
    }
    a->last = now;
    PyEval_RestoreThread(a->thread);
    const int stop = PyErr_CheckSignals() != 0;
    a->thread = PyEval_SaveThread();
    return stop;
}

static char *
scratch_memory(size_t bytes, void **owner)
{
    if (bytes == 0 || bytes > (size_t)PTRDIFF_MAX - 64) {
        PyErr_SetString(PyExc_MemoryError, "W and X are too large for this machine");
        return NULL;
    }
    *owner = PyMem_RawMalloc(bytes + 64);
    if (*owner == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    const uintptr_t at = ((uintptr_t)*owner + 63) / 64 * 64;
    return (char *)at;
}

/* Runs the job; 0 or -1 with an exception. */
static int
run_job(dp_linear_job *job, int threads)
{
    void *owner = NULL;
    const dp_linear_plan plan = dp_linear_make_plan(job, threads);
    char *scratch = scratch_memory(plan.bytes, &owner);
    if (scratch == NULL) {
        return -1;
    }
    attention a = {0};
    if (clock_gettime(CLOCK_MONOTONIC, &a.last) == 0) {
        job->interrupted = interrupted;
        job->interrupted_context = &a;
    }
    a.thread = PyEval_SaveThread();
    const int stopped = dp_linear_run(job, &plan, scratch);
    PyEval_RestoreThread(a.thread);
    PyMem_RawFree(owner);
    return stopped ? -1 : 0;
}

/* ---- results ------------------------------------------------------------------------ */

/* The result array `out` (borrowed, checked) or a new one; a new reference. */
static PyArrayObject *
result_array(PyObject *out, const char *name, int ndim, npy_intp *shape, int type_num)
{
    if (out != Py_None) {
        return (PyArrayObject *)Py_XNewRef(
            (PyObject *)dp_check_out(out, name, ndim, shape, type_num));
    }
    return (PyArrayObject *)PyArray_SimpleNew(ndim, shape, type_num);
}

static int
refuse_overlap(PyArrayObject *result, const arrays *a)
{
    PyArrayObject *const inputs[] = {a->W, a->X, a->b, a->y, a->index};
    static const char *const names[] = {"W", "X", "b", "y", "index"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (inputs[i] != NULL && dp_may_overlap(result, inputs[i])) {
            PyErr_Format(PyExc_ValueError,
                         "out shares memory with %s; expected memory of its own",
                         names[i]);
            return -1;
        }
    }
    return 0;
}

/* scores(W, X, b, index, out, example_axis, class_axis, threads) */
PyObject *
dp_py_scores(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    arrays a = {0};
    PyArrayObject *out = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job job = {.goal = DP_SCORES, .target = dp_get_state(module)->target};
    if (dp_check_nargs("scores", nargs, 8) < 0 ||
        parse_axes(args[5], args[6], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[7], &threads) < 0) {
        return NULL;
    }
    PyObject *const inputs[] = {args[0], args[1], args[2], Py_None, args[3]};
    if (parse_arrays(inputs, example_axis, class_axis, &a, &job) < 0) {
        goto done;
    }
    npy_intp shape[2];
    shape[example_axis] = job.index.data ? job.index.n : job.X.rows;
    shape[1 - example_axis] = job.W.rows;
    out = result_array(args[4], "out", 2, shape,
                       dp_type_num((dp_storage)job.compute));
    if (out == NULL || (args[4] != Py_None && refuse_overlap(out, &a) < 0) ||
        dp_matrix_view(out, "out", example_axis, 0, "scores", &job.scores) < 0) {
        goto done;
    }
    if (shape[example_axis] == 0 || run_job(&job, threads) == 0) {
        result = Py_NewRef((PyObject *)out);
    }
done:
    Py_XDECREF(out);
    release(&a);
    return result;
}

/* predict(W, X, b, y, index, out, example_axis, class_axis, threads) -> labels, or the
 * number of hits when y is given */
PyObject *
dp_py_predict(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    arrays a = {0};
    PyArrayObject *out = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job job = {.goal = DP_PREDICT, .target = dp_get_state(module)->target};
    if (dp_check_nargs("predict", nargs, 9) < 0 ||
        parse_axes(args[6], args[7], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[8], &threads) < 0 ||
        parse_arrays(args, example_axis, class_axis, &a, &job) < 0) {
        goto done;
    }
    npy_intp n = job.index.data ? job.index.n : job.X.rows;
    if (a.y != NULL) {
        if (n == 0) {
            PyErr_SetString(PyExc_ValueError,
                            "X has no examples; the accuracy of none is undefined");
            goto done;
        }
        if (run_job(&job, threads) == 0) {
            result = PyFloat_FromDouble((double)job.hits / (double)n);
        }
        goto done;
    }
    out = result_array(args[5], "out", 1, &n, NPY_INT64);
    if (out == NULL || (args[5] != Py_None && refuse_overlap(out, &a) < 0)) {
        goto done;
    }
    job.best = PyArray_BYTES(out);
    job.best_stride = PyArray_STRIDE(out, 0);
    if (n == 0 || run_job(&job, threads) == 0) {
        result = Py_NewRef((PyObject *)out);
    }
done:
    Py_XDECREF(out);
    release(&a);
    return result;
}

/* The gradients' arrays into *dW (as it is returned) and *db, and the job's views. */
static int
gradient_arrays(PyObject *out, int class_axis, const arrays *a, PyArrayObject **dW,
                PyArrayObject **db, dp_linear_job *job)
{
    npy_intp shape[2] = {job->W.rows, job->W.cols};
    const int type_num = dp_type_num(job->W.storage);
    if (out != Py_None) {
        *dW = result_array(out, "out", 2, PyArray_DIMS(a->W), type_num);
        if (*dW != NULL && ((a->y && dp_may_overlap(*dW, a->y)) ||
                            (a->index && dp_may_overlap(*dW, a->index)))) {
            Py_CLEAR(*dW); /* X, W and b are read to their end before dW is written */
            PyErr_SetString(PyExc_ValueError, "out shares memory with y or index");
        }
    }
    else {
        *dW = result_array(Py_None, "out", 2, shape, type_num);
        if (*dW != NULL && class_axis == 1) {
            PyArrayObject *view = (PyArrayObject *)PyArray_Transpose(*dW, NULL);
            Py_SETREF(*dW, view);
        }
    }
    if (*dW == NULL ||
        dp_matrix_view(*dW, "out", class_axis, 0, "W's shape", &job->dW) < 0) {
        return -1;
    }
    if (a->b != NULL) {
        *db = result_array(Py_None, "db", 1, shape, dp_type_num(job->b.storage));
        if (*db == NULL ||
            dp_vector_view(*db, "db", "(C,) with C", shape[0], &job->db) < 0) {
            return -1;
        }
    }
    return 0;
}

/* linear_loss(loss, W, X, y, b, index, out, parameter, l1, l2, grad, example_axis,
 * class_axis, threads) -> value | (value, dW) | (value, dW, db) */
PyObject *
dp_py_linear_loss(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    arrays a = {0};
    PyArrayObject *dW = NULL, *db = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job job = {.target = dp_get_state(module)->target};
    if (dp_check_nargs("linear_loss", nargs, 14) < 0 ||
        dp_loss_named(args[0], &job.loss) < 0 ||
        dp_float(args[7], "the loss's parameter", 0, &job.parameter) < 0 ||
        dp_float(args[8], "l1", 1, &job.l1) < 0 ||
        dp_float(args[9], "l2", 1, &job.l2) < 0 ||
        parse_axes(args[11], args[12], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[13], &threads) < 0) {
        return NULL;
    }
    const int grad = PyObject_IsTrue(args[10]);
    if (grad < 0) {
        return NULL;
    }
    job.goal = grad ? DP_LOSS_GRADIENT : DP_LOSS;
    if (args[3] == Py_None) {
        PyErr_SetString(PyExc_TypeError, "y is None; expected (N,) integer labels");
        return NULL;
    }
    PyObject *const inputs[] = {args[1], args[2], args[4], args[3], args[5]};
    if (parse_arrays(inputs, example_axis, class_axis, &a, &job) < 0) {
        goto done;
    }
    if ((job.index.data ? job.index.n : job.X.rows) == 0) {
        PyErr_Format(PyExc_ValueError, "%s has no examples; a loss is a mean over them",
                     job.index.data ? "index" : "X");
        goto done;
    }
    if (grad && gradient_arrays(args[6], class_axis, &a, &dW, &db, &job) < 0) {
        goto done;
    }
    if (run_job(&job, threads) < 0) {
        goto done;
    }
    if (!grad) {
        result = PyFloat_FromDouble(job.value);
    }
    else if (db == NULL) {
        result = Py_BuildValue("(dO)", job.value, (PyObject *)dW);
    }
    else {
        result = Py_BuildValue("(dOO)", job.value, (PyObject *)dW, (PyObject *)db);
    }
done:
    Py_XDECREF(dW);
    Py_XDECREF(db);
    release(&a);
    return result;
}

/* score_loss(loss, s, y, out, parameter, grad, example_axis) -> value | (value, ds) */
PyObject *
dp_py_score_loss(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    arrays a = {0};
    PyArrayObject *ds = NULL;
    PyObject *result = NULL;
    void *owner = NULL;
    int example_axis;
    dp_matrix gradient = {0};
    dp_linear_job job = {.target = dp_get_state(module)->target};
    if (dp_check_nargs("score_loss", nargs, 7) < 0 ||
        dp_loss_named(args[0], &job.loss) < 0 ||
        dp_float(args[4], "the loss's parameter", 0, &job.parameter) < 0 ||
        dp_axis(args[6], "example_axis", "s is (N, C)", "s is (C, N)", &example_axis) <
            0) {
        return NULL;
    }
    const int grad = PyObject_IsTrue(args[5]);
    if (grad < 0) {
        return NULL;
    }
    job.goal = grad ? DP_LOSS_GRADIENT : DP_LOSS;
    a.X = dp_as_array(args[1], "s", 1);
    a.y = dp_as_array(args[2], "y", 0);
    if (a.X == NULL || a.y == NULL ||
        dp_matrix_view(a.X, "s", example_axis, 0,
                       example_axis == 0 ? "(N, C), one row of scores per example"
                                         : "(C, N), one column of scores per example",
                       &job.scores) < 0 ||
        dp_ints_view(a.y, "y", "(N,), one integer label per example", &job.y) < 0) {
        goto done;
    }
    char text[DP_SHAPE_TEXT];
    if (job.scores.rows == 0 || job.scores.cols == 0) {
        PyErr_Format(PyExc_ValueError,
                     "s has shape %s; expected at least one example and one class",
                     dp_shape_text(a.X, text));
        goto done;
    }
    if (job.y.n != job.scores.rows) {
        PyErr_Format(PyExc_ValueError,
                     "y has shape %s; expected (N,) with N = %zd, the examples of s",
                     dp_shape_text(a.y, text), job.scores.rows);
        goto done;
    }
    job.W.rows = job.scores.cols;
    job.compute = dp_result_type(&job.scores, NULL, NULL);
    if (dp_check_labels(&job.y, NULL, job.W.rows) < 0) {
        goto done;
    }
    if (grad) {
        ds = result_array(args[3], "out", 2, PyArray_DIMS(a.X),
                          dp_type_num(job.scores.storage));
        if (ds == NULL || (args[3] != Py_None && refuse_overlap(ds, &a) < 0) ||
            dp_matrix_view(ds, "out", example_axis, 0, "s's shape", &gradient) < 0) {
            goto done;
        }
    }
    char *scratch = scratch_memory(dp_score_loss_bytes(&job), &owner);
    if (scratch == NULL) {
        goto done;
    }
    attention watch = {0};
    if (clock_gettime(CLOCK_MONOTONIC, &watch.last) == 0) {
        job.interrupted = interrupted;
        job.interrupted_context = &watch;
    }
    watch.thread = PyEval_SaveThread();
    const int stopped = dp_score_loss_run(&job, &gradient, scratch);
    PyEval_RestoreThread(watch.thread);
    if (stopped) {
        goto done;
    }
    result = grad ? Py_BuildValue("(dO)", job.value, (PyObject *)ds)
                  : PyFloat_FromDouble(job.value);
done:
    PyMem_RawFree(owner);
    Py_XDECREF(ds);
    release(&a);
    return result;
}

/* penalty(W, l1, l2, grad, out) -> value | (value, gradient) */
PyObject *
dp_py_penalty(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyArrayObject *W = NULL, *dW = NULL;
    PyObject *result = NULL;
    void *owner = NULL;
    dp_linear_job job = {.target = dp_get_state(module)->target};
    if (dp_check_nargs("penalty", nargs, 5) < 0 ||
        dp_float(args[1], "l1", 1, &job.l1) < 0 ||
        dp_float(args[2], "l2", 1, &job.l2) < 0) {
        return NULL;
    }
    const int grad = PyObject_IsTrue(args[3]);
    if (grad < 0) {
        return NULL;
    }
    W = dp_as_array(args[0], "W", 1);
    if (W == NULL || dp_matrix_view(W, "W", 0, 0, "(C, D)", &job.W) < 0) {
        goto done;
    }
    if (grad) {
        dW = result_array(args[4], "out", 2, PyArray_DIMS(W),
                          dp_type_num(job.W.storage));
        if (dW == NULL || dp_matrix_view(dW, "out", 0, 0, "W's shape", &job.dW) < 0) {
            goto done;
        }
        if (args[4] != Py_None && args[4] != (PyObject *)W && dp_may_overlap(dW, W)) {
            PyErr_SetString(PyExc_ValueError,
                            "out shares memory with W; expected W itself or memory of "
                            "its own");
            goto done;
        }
    }
    job.compute = dp_result_type(&job.W, NULL, NULL);
    char *scratch =
        scratch_memory(2 * ((size_t)job.W.cols * sizeof(double) + 64), &owner);
    if (scratch == NULL) {
        goto done;
    }
    PyThreadState *thread = PyEval_SaveThread();
    dp_penalty_run(&job, scratch);
    PyEval_RestoreThread(thread);
    result = grad ? Py_BuildValue("(dO)", job.value, (PyObject *)dW)
                  : PyFloat_FromDouble(job.value);
done:
    PyMem_RawFree(owner);
    Py_XDECREF(W);
    Py_XDECREF(dW);
    return result;
}
