/* Binding of the naive losses: arrays to rows of float64, the loop over the examples. */
#include "py/call.h"

#include "kernels/naive.h"

/* Multiply-adds between two looks for signals: some milliseconds. */
#define LOOK 1000000

/* The loop of the loss called o, or NULL with an exception. */
static dp_naive_examples *
examples_of(PyObject *o)
{
    if (PyUnicode_Check(o) && PyUnicode_CompareWithASCIIString(o, "svm") == 0) {
        return dp_naive_svm;
    }
    if (PyUnicode_Check(o) && PyUnicode_CompareWithASCIIString(o, "softmax") == 0) {
        return dp_naive_softmax;
    }
    PyErr_Format(PyExc_ValueError, "loss is %R; expected 'svm' or 'softmax'", o);
    return NULL;
}

/* The values of a, which has a dtype of dp_matrix_view, as rows of float64: a itself if
 * it is such an array, or a copy; a new reference. */
static PyArrayObject *
as_rows(PyArrayObject *a)
{
    return (PyArrayObject *)PyArray_FROMANY(
        (PyObject *)a, NPY_DOUBLE, 2, 2, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_ENSUREARRAY);
}

/* The labels, which were checked before; but another thread may have written since: what
 * is out of range by now reads as 0. */
static void
copy_labels(const dp_ints *y, ptrdiff_t C, int64_t *labels)
{
    for (ptrdiff_t i = 0; i < y->n; i++) {
        const int64_t label = dp_ints_get(y, i);
        labels[i] = label < 0 || label >= (int64_t)C ? 0 : label;
    }
}

/* 0, or -1 with an exception. */
static int
run(dp_naive_problem *p, dp_naive_examples *add_examples)
{
    const ptrdiff_t step = 1 + LOOK / (p->D * p->C);
    int stopped = 0;
    dp_attention watch = {0};
    dp_detach(&watch, NULL);
    for (ptrdiff_t i = 0; i < p->N && !stopped; i += step) {
        add_examples(p, i, p->N - i < step ? p->N : i + step);
        stopped = dp_interrupted(&watch);
    }
    if (!stopped) {
        dp_naive_finish(p);
    }
    dp_attach(&watch);
    return stopped ? -1 : 0;
}

/* naive_loss(loss, W, X, y, reg) -> (value, dW): W (D, C), dW of its dtype */
PyObject *
dp_py_naive_loss(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    dp_arrays a = {0};
    PyArrayObject *W = NULL, *X = NULL, *dW = NULL;
    PyObject *result = NULL;
    void *owner = NULL;
    dp_linear_job job = {0};
    dp_naive_problem p = {0};
    if (dp_check_nargs("naive_loss", nargs, 5) < 0) {
        return NULL;
    }
    dp_naive_examples *const add_examples = examples_of(args[0]);
    if (add_examples == NULL || dp_float(args[4], "reg", 1, &p.reg) < 0) {
        return NULL;
    }
    if (args[3] == Py_None) {
        PyErr_SetString(PyExc_TypeError, "y is None; expected (N,) integer labels");
        return NULL;
    }
    PyObject *const inputs[] = {args[1], args[2], Py_None, args[3], Py_None};
    if (dp_parse_arrays(inputs, 0, 0, 1, &a, &job) < 0) {
        goto done;
    }
    if (job.X.rows == 0) {
        PyErr_SetString(PyExc_ValueError,
                        "X has no examples; a loss is a mean over them");
        goto done;
    }
    W = as_rows(a.W);
    X = W == NULL ? NULL : as_rows(a.X);
    if (X == NULL) {
        goto done;
    }
    dW = (PyArrayObject *)PyArray_ZEROS(2, PyArray_DIMS(W), NPY_DOUBLE, 0);
    /* No sum wraps around: W and X hold as many values in memory. */
    p.s = dW == NULL ? NULL
                     : dp_scratch_memory((size_t)job.W.rows * sizeof(double) +
                                             (size_t)job.X.rows * sizeof(int64_t),
                                         &owner);
    if (p.s == NULL) {
        goto done;
    }
    int64_t *const labels = (int64_t *)(void *)(p.s + job.W.rows);
    copy_labels(&job.y, job.W.rows, labels);
    p.W = PyArray_DATA(W);
    p.X = PyArray_DATA(X);
    p.y = labels;
    p.N = job.X.rows;
    p.D = job.X.cols;
    p.C = job.W.rows;
    p.dW = PyArray_DATA(dW);
    if (run(&p, add_examples) < 0) {
        goto done;
    }
    if (job.W.storage != DP_STORE_f64) {
        Py_SETREF(dW, (PyArrayObject *)PyArray_Cast(dW, dp_type_num(job.W.storage)));
    }
    result = dW == NULL ? NULL : Py_BuildValue("(dO)", p.loss, (PyObject *)dW);
done:
    PyMem_RawFree(owner);
    Py_XDECREF(dW);
    Py_XDECREF(X);
    Py_XDECREF(W);
    dp_release(&a);
    return result;
}
