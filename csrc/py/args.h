/* Python objects to views, and every message about a wrong argument. */
#ifndef DP_PY_ARGS_H
#define DP_PY_ARGS_H

#include "py/core.h" /* Python.h before any system header */

#include "engine/views.h"

/* Checks the number of positional arguments; 0 or -1 with an exception. */
int
dp_check_nargs(const char *function, Py_ssize_t nargs, Py_ssize_t expected);

/* A new reference to o as an array, or NULL. Arrays come back as they are;
 * of what is no array yet, integers become float64 when `floating` is set, and an empty
 * list becomes int64 when it is not. */
PyArrayObject *
dp_as_array(PyObject *o, const char *name, int floating);

/* A view of a two-dimensional array whose rows run along `row_axis`. allow_bytes admits
 * uint8. `meaning` says what the axes are when the shape is wrong. */
int
dp_matrix_view(PyArrayObject *a, const char *name, int row_axis, int allow_bytes,
               const char *meaning, dp_matrix *view);

/* A view of the first of several such matrices, along axis 0 of three. No uint8. */
int
dp_stack_view(PyArrayObject *a, const char *name, int row_axis, const char *meaning,
              dp_matrix *view);

/* A view of a vector of floats as one row. */
int
dp_vector_view(PyArrayObject *a, const char *name, const char *meaning, Py_ssize_t n,
               dp_matrix *view);

/* A view of a vector of integers. */
int
dp_ints_view(PyArrayObject *a, const char *name, const char *meaning, dp_ints *view);

/* Raises unless o is a writable array of this shape and dtype, in native byte order,
 * whose elements are all distinct places. A borrowed reference. */
PyArrayObject *
dp_check_out(PyObject *o, const char *name, int ndim, const npy_intp *shape,
             int type_num);

/* Raises unless a is in native byte order. */
int
dp_check_byte_order(PyArrayObject *a, const char *name);

/* Whether o is a masked array, or anything else that has a mask and can be filled. */
int
dp_is_masked(PyObject *o);

/* Whether two elements of an array may be one place in memory: unless each stride steps
 * over everything that the shorter ones reach. */
int
dp_overlaps_itself(PyArrayObject *a);

/* The memory low .. high - 1 that an array reaches; empty for an empty array. */
void
dp_extent(PyArrayObject *a, uintptr_t *low, uintptr_t *high);

/* Whether the two arrays may share memory (their extents overlap). */
int
dp_may_overlap(PyArrayObject *a, PyArrayObject *b);

/* "(3, 4)" into text, which holds DP_SHAPE_TEXT bytes; returns text. */
#define DP_SHAPE_TEXT 160
const char *
dp_shape_text(PyArrayObject *a, char *text);

int
dp_axis(PyObject *o, const char *name, const char *zero, const char *one, int *axis);

/* Both axes of a call. */
int
dp_axes(PyObject *example, PyObject *class_, int *example_axis, int *class_axis);

/* None: the default; otherwise an integer of at least 1. */
int
dp_threads(PyObject *module, PyObject *o, int *threads);

/* A finite or infinite float; NaN and negative numbers are errors when `weight` is set. */
int
dp_float(PyObject *o, const char *name, int weight, double *value);

/* The loss's own number; label_smoothing, softmax's, is in 0..1. */
int
dp_loss_parameter(PyObject *o, dp_loss loss, double *value);

/* The loss called o. */
int
dp_loss_named(PyObject *o, dp_loss *loss);

/* Checks that positions are within -N .. N - 1. */
int
dp_check_index(PyArrayObject *a, const dp_ints *index, Py_ssize_t N);

/* Checks y[index] (or all y) against 0 .. C - 1. */
int
dp_check_labels(PyArrayObject *a, const dp_ints *y, const dp_ints *index, Py_ssize_t C);

/* Whether labels are soft: probabilities, two axes of floats. */
int
dp_are_soft(PyArrayObject *y);

/* A view (N, C) of soft labels, checked: their shape, and for all examples, or those of an
 * index, probabilities that sum to 1. `of` is the array that counts the examples. */
int
dp_soft_labels(PyArrayObject *y, int example_axis, Py_ssize_t N, Py_ssize_t C,
               const char *of, const dp_ints *index, dp_matrix *view);

/* The compute dtype for arrays of these storage dtypes: float64 if any is, as
 * numpy.result_type says. */
dp_compute
dp_result_type(const dp_matrix *a, const dp_matrix *b, const dp_matrix *c);

int
dp_type_num(dp_storage storage);

#endif
