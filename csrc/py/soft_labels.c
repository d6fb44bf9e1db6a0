/* Soft labels among the arguments: probabilities of the classes, one row per example. */
#include "py/args.h"

#include <math.h>

/* Rows may miss 1 by this much: what normalizing 1,000 float32 values leaves is below
 * 1e-6 in sums pair by pair, 1e-5 in sums one by one. */
#define SUM_TOLERANCE 1e-5

int
dp_are_soft(PyArrayObject *y)
{
    return PyArray_NDIM(y) == 2 && PyArray_ISFLOAT(y);
}

static double
value_at(const dp_matrix *q, ptrdiff_t row, ptrdiff_t col)
{
    const char *src = q->data + row * q->row_stride + col * q->col_stride;
    double wide;
    float narrow;
    if (q->storage == DP_STORE_f64) {
        memcpy(&wide, src, sizeof wide);
        return wide;
    }
    memcpy(&narrow, src, sizeof narrow);
    return narrow;
}

/* Raises about example `row`, or its value `col` where that is not negative; -1. */
static int
refuse(double value, ptrdiff_t row, ptrdiff_t col, int example_axis)
{
    PyObject *number = PyFloat_FromDouble(value);
    if (number == NULL) {
        return -1;
    }
    if (col >= 0) {
        const ptrdiff_t at[2] = {row, col};
        PyErr_Format(
            PyExc_ValueError, "y[%zd, %zd] is %S; expected probabilities, from 0 to 1",
            (Py_ssize_t)at[example_axis], (Py_ssize_t)at[1 - example_axis], number);
    }
    else {
        PyErr_Format(
            PyExc_ValueError,
            "y[%s%zd] sums to %S; expected probabilities of the classes, which "
            "sum to 1 (within 1e-05)",
            example_axis == 0 ? "" : ":, ", (Py_ssize_t)row, number);
    }
    Py_DECREF(number);
    return -1;
}

static int
check_row(const dp_matrix *q, ptrdiff_t row, int example_axis)
{
    double sum = 0.0;
    for (ptrdiff_t c = 0; c < q->cols; c++) {
        const double value = value_at(q, row, c);
        if (!(value >= 0.0)) {
            return refuse(value, row, c, example_axis);
        }
        sum += value;
        /* Ctrl-C: views with stride 0 may hold very many values. */
        if ((c & 0xfffff) == 0xfffff && PyErr_CheckSignals() < 0) {
            return -1;
        }
    }
    return fabs(sum - 1.0) <= SUM_TOLERANCE ? 0 : refuse(sum, row, -1, example_axis);
}

int
dp_soft_labels(PyArrayObject *y, int example_axis, Py_ssize_t N, Py_ssize_t C,
               const char *of, const dp_ints *index, dp_matrix *view)
{
    char text[DP_SHAPE_TEXT];
    if (dp_matrix_view(y, "y", example_axis, 0, "soft labels", view) < 0) {
        return -1;
    }
    if (view->rows != N || view->cols != C) {
        PyErr_Format(PyExc_ValueError,
                     "y has shape %s; expected (N,) integer labels or %s probabilities "
                     "with N = %zd, the examples of %s, and C = %zd classes",
                     dp_shape_text(y, text), example_axis == 0 ? "(N, C)" : "(C, N)", N,
                     of, C);
        return -1;
    }
    const int some = index != NULL && index->data != NULL;
    const ptrdiff_t n = some ? index->n : N;
    for (ptrdiff_t i = 0; i < n; i++) {
        const ptrdiff_t at = some ? dp_position(index, i, N) : i;
        if (check_row(view, at < 0 ? 0 : at, example_axis) < 0 ||
            ((i & 0xffff) == 0xffff && PyErr_CheckSignals() < 0)) {
            return -1;
        }
    }
    return 0;
}
