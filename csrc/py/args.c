#include "py/args.h"

#include <stdio.h>

/* ---- dtypes --------------------------------------------------------------------- */

static const int type_nums[DP_STORAGE_COUNT] = {
    [DP_STORE_f32] = NPY_FLOAT,
    [DP_STORE_f64] = NPY_DOUBLE,
    [DP_STORE_u8] = NPY_UBYTE,
};

int
dp_type_num(dp_storage storage)
{
    return type_nums[storage];
}

/* The storage dtype of an array, or -1. */
static int
storage_of(PyArrayObject *a, int allow_bytes)
{
    for (int s = 0; s < DP_STORAGE_COUNT; s++) {
        if (PyArray_TYPE(a) == type_nums[s]) {
            return s < DP_COMPUTE_COUNT || allow_bytes ? s : -1;
        }
    }
    return -1;
}

/* The integer type of an array, or -1; by width and sign, since C has two 64-bit ones. */
static int
int_type_of(PyArrayObject *a)
{
    const int is_signed = PyTypeNum_ISSIGNED(PyArray_TYPE(a));
    if (!PyTypeNum_ISINTEGER(PyArray_TYPE(a))) {
        return -1;
    }
    switch (PyArray_ITEMSIZE(a)) {
        case 1:
            return is_signed ? DP_INT8 : DP_UINT8;
        case 2:
            return is_signed ? DP_INT16 : DP_UINT16;
        case 4:
            return is_signed ? DP_INT32 : DP_UINT32;
        case 8:
            return is_signed ? DP_INT64 : DP_UINT64;
        default:
            return -1;
    }
}

int
dp_check_byte_order(PyArrayObject *a, const char *name)
{
    if (PyArray_ISNOTSWAPPED(a)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "%s has dtype %S in the other byte order; expected native order: "
                 "convert it with %s.astype(%s.dtype.newbyteorder('='))",
                 name, (PyObject *)PyArray_DESCR(a), name, name);
    return -1;
}

dp_compute
dp_result_type(const dp_matrix *a, const dp_matrix *b, const dp_matrix *c)
{
    const dp_matrix *const views[] = {a, b, c};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        if (views[i] && views[i]->data && views[i]->storage == DP_STORE_f64) {
            return DP_f64;
        }
    }
    return DP_f32;
}

/* ---- arrays --------------------------------------------------------------------- */

int
dp_check_nargs(const char *function, Py_ssize_t nargs, Py_ssize_t expected)
{
    if (nargs == expected) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "%s takes %zd positional arguments, got %zd",
                 function, expected, nargs);
    return -1;
}

const char *
dp_shape_text(PyArrayObject *a, char *text)
{
    size_t used = 0;
    const int ndim = PyArray_NDIM(a);
    text[used++] = '(';
    for (int i = 0; i < ndim && i < 6; i++) { /* six numbers of 20 digits fit */
        const int n = snprintf(text + used, DP_SHAPE_TEXT - used, "%s%zd",
                               i > 0 ? ", " : "", (Py_ssize_t)PyArray_DIM(a, i));
        if (n < 0) {
            break;
        }
        used += (size_t)n;
    }
    snprintf(text + used, DP_SHAPE_TEXT - used, "%s)",
             ndim > 6    ? ", ..."
             : ndim == 1 ? ","
                         : "");
    return text;
}

/* Masked arrays: anything that has a mask and can be filled. */
int
dp_is_masked(PyObject *o)
{
    return !PyArray_CheckExact(o) && PyObject_HasAttrString(o, "mask") &&
           PyObject_HasAttrString(o, "filled");
}

/* Says which argument could not be made an array, in NumPy's words. */
static void
name_the_argument(const char *name)
{
    if (!PyErr_ExceptionMatches(PyExc_ValueError) &&
        !PyErr_ExceptionMatches(PyExc_TypeError)) {
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_Format(PyExc_ValueError, "%s cannot be made an array: %S", name,
                 value != NULL ? value : Py_None);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

PyArrayObject *
dp_as_array(PyObject *o, const char *name, int floating)
{
    if (PyArray_CheckExact(o)) {
        return (PyArrayObject *)Py_NewRef(o);
    }
    if (o == Py_None) {
        PyErr_Format(PyExc_TypeError, "%s is None; expected an array", name);
        return NULL;
    }
    if (dp_is_masked(o)) {
        PyErr_Format(PyExc_TypeError,
                     "%s is a masked array, whose mask would be ignored; expected an "
                     "array: pass %s.filled(value) or %s.data",
                     name, name, name);
        return NULL;
    }
    if (PyArray_Check(o)) {
        return (PyArrayObject *)Py_NewRef(o);
    }
    PyArrayObject *a = (PyArrayObject *)PyArray_FROM_O(o);
    if (a == NULL) {
        name_the_argument(name);
        return NULL;
    }
    /* What is no array yet has no dtype of its own: [1, 2] may stand for floats, and []
     * for integers. */
    const int to_double = floating && (PyArray_ISINTEGER(a) || PyArray_ISBOOL(a)) &&
                          PyArray_TYPE(a) != NPY_UBYTE;
    const int to_int = !floating && PyArray_SIZE(a) == 0;
    if (!to_double && !to_int) {
        return a;
    }
    PyArrayObject *cast =
        (PyArrayObject *)PyArray_Cast(a, to_double ? NPY_DOUBLE : NPY_INT64);
    Py_DECREF(a);
    return cast;
}

/* The last two axes of an array of `ndim` axes, at the first place of the others. */
static int
view_of(PyArrayObject *a, const char *name, int ndim, int row_axis, int allow_bytes,
        const char *meaning, dp_matrix *view)
{
    char text[DP_SHAPE_TEXT];
    const int storage = storage_of(a, allow_bytes);
    if (PyArray_NDIM(a) != ndim) {
        PyErr_Format(PyExc_ValueError, "%s has shape %s; expected %s", name,
                     dp_shape_text(a, text), meaning);
        return -1;
    }
    if (storage < 0) {
        PyErr_Format(PyExc_TypeError,
                     "%s has dtype %S; expected float32%s float64%s: convert it with "
                     "%s.astype(np.float32)",
                     name, (PyObject *)PyArray_DESCR(a), allow_bytes ? "," : " or",
                     allow_bytes ? " or uint8" : "", name);
        return -1;
    }
    if (dp_check_byte_order(a, name) < 0) {
        return -1;
    }
    const int row = ndim - 2 + row_axis, col = ndim - 1 - row_axis;
    *view = (dp_matrix){
        .data = PyArray_BYTES(a),
        .rows = PyArray_DIM(a, row),
        .cols = PyArray_DIM(a, col),
        .row_stride = PyArray_STRIDE(a, row),
        .col_stride = PyArray_STRIDE(a, col),
        .storage = (dp_storage)storage,
    };
    return 0;
}

int
dp_matrix_view(PyArrayObject *a, const char *name, int row_axis, int allow_bytes,
               const char *meaning, dp_matrix *view)
{
    return view_of(a, name, 2, row_axis, allow_bytes, meaning, view);
}

int
dp_stack_view(PyArrayObject *a, const char *name, int row_axis, const char *meaning,
              dp_matrix *view)
{
    return view_of(a, name, 3, row_axis, 0, meaning, view);
}

int
dp_vector_view(PyArrayObject *a, const char *name, const char *meaning, Py_ssize_t n,
               dp_matrix *view)
{
    char text[DP_SHAPE_TEXT];
    const int storage = storage_of(a, 0);
    if (PyArray_NDIM(a) != 1 || PyArray_DIM(a, 0) != n) {
        PyErr_Format(PyExc_ValueError, "%s has shape %s; expected %s = %zd", name,
                     dp_shape_text(a, text), meaning, n);
        return -1;
    }
    if (storage < 0) {
        PyErr_Format(PyExc_TypeError, "%s has dtype %S; expected float32 or float64",
                     name, (PyObject *)PyArray_DESCR(a));
        return -1;
    }
    if (dp_check_byte_order(a, name) < 0) {
        return -1;
    }
    *view = (dp_matrix){
        .data = PyArray_BYTES(a),
        .rows = 1,
        .cols = n,
        .col_stride = PyArray_STRIDE(a, 0),
        .storage = (dp_storage)storage,
    };
    return 0;
}

int
dp_ints_view(PyArrayObject *a, const char *name, const char *meaning, dp_ints *view)
{
    char text[DP_SHAPE_TEXT];
    const int type = int_type_of(a);
    if (PyArray_NDIM(a) != 1) {
        const int column =
            PyArray_NDIM(a) == 2 && (PyArray_DIM(a, 0) == 1 || PyArray_DIM(a, 1) == 1);
        PyErr_Format(PyExc_ValueError, "%s has shape %s; expected %s%s%s%s", name,
                     dp_shape_text(a, text), meaning, column ? ": pass " : "",
                     column ? name : "", column ? ".ravel()" : "");
        return -1;
    }
    if (PyArray_ISBOOL(a)) {
        PyErr_Format(PyExc_TypeError,
                     "%s is boolean; expected integers: a mask's positions are "
                     "np.flatnonzero(%s), labels 0 and 1 are %s.astype(np.int64)",
                     name, name, name);
        return -1;
    }
    if (type < 0) {
        PyErr_Format(PyExc_TypeError,
                     "%s has dtype %S; expected integers: convert it with "
                     "%s.astype(np.int64)",
                     name, (PyObject *)PyArray_DESCR(a), name);
        return -1;
    }
    if (dp_check_byte_order(a, name) < 0) {
        return -1;
    }
    *view = (dp_ints){
        .data = PyArray_BYTES(a),
        .n = PyArray_DIM(a, 0),
        .stride = PyArray_STRIDE(a, 0),
        .type = (dp_int_type)type,
    };
    return 0;
}

int
dp_overlaps_itself(PyArrayObject *a)
{
    uintptr_t stride[NPY_MAXDIMS], reach[NPY_MAXDIMS]; /* the shortest stride first */
    uintptr_t reached = (uintptr_t)PyArray_ITEMSIZE(a);
    int axes = 0;
    for (int i = 0; i < PyArray_NDIM(a); i++) {
        const npy_intp n = PyArray_DIM(a, i);
        const npy_intp signed_step = PyArray_STRIDE(a, i);
        const uintptr_t step =
            signed_step < 0 ? -(uintptr_t)signed_step : (uintptr_t)signed_step;
        if (n == 0) {
            return 0;
        }
        int k = axes;
        for (; n > 1 && k > 0 && stride[k - 1] > step; k--) {
            stride[k] = stride[k - 1];
            reach[k] = reach[k - 1];
        }
        if (n > 1) {
            stride[k] = step;
            reach[k] = (uintptr_t)(n - 1) * step;
            axes++;
        }
    }
    for (int k = 0; k < axes; k++) {
        if (stride[k] < reached) {
            return 1;
        }
        reached += reach[k];
    }
    return 0;
}

PyArrayObject *
dp_check_out(PyObject *o, const char *name, int ndim, const npy_intp *shape,
             int type_num)
{
    char text[DP_SHAPE_TEXT];
    if (!PyArray_Check(o) || dp_is_masked(o)) {
        PyErr_Format(PyExc_TypeError, "%s is a %s; expected a numpy.ndarray%s", name,
                     Py_TYPE(o)->tp_name,
                     PyArray_Check(o) ? ", which has no mask" : "");
        return NULL;
    }
    PyArrayObject *a = (PyArrayObject *)o;
    int same = PyArray_NDIM(a) == ndim;
    for (int i = 0; same && i < ndim; i++) {
        same = PyArray_DIM(a, i) == shape[i];
    }
    if (!same) {
        if (ndim == 1) {
            PyErr_Format(PyExc_ValueError, "%s has shape %s; expected (%zd,)", name,
                         dp_shape_text(a, text), (Py_ssize_t)shape[0]);
        }
        else {
            PyErr_Format(PyExc_ValueError, "%s has shape %s; expected (%zd, %zd)", name,
                         dp_shape_text(a, text), (Py_ssize_t)shape[0],
                         (Py_ssize_t)shape[1]);
        }
        return NULL;
    }
    const int same_type = type_num == NPY_INT64 ? PyTypeNum_ISSIGNED(PyArray_TYPE(a)) &&
                                                      PyArray_ITEMSIZE(a) == 8
                                                : PyArray_TYPE(a) == type_num;
    if (!same_type) {
        PyArray_Descr *expected = PyArray_DescrFromType(type_num);
        if (expected != NULL) {
            PyErr_Format(PyExc_TypeError, "%s has dtype %S; expected %S", name,
                         (PyObject *)PyArray_DESCR(a), (PyObject *)expected);
            Py_DECREF(expected);
        }
        return NULL;
    }
    if (dp_check_byte_order(a, name) < 0) {
        return NULL;
    }
    if (!PyArray_ISWRITEABLE(a)) {
        PyErr_Format(PyExc_ValueError, "%s is read-only", name);
        return NULL;
    }
    if (dp_overlaps_itself(a)) {
        PyErr_Format(PyExc_ValueError,
                     "%s has elements that share memory, as with stride 0; expected an "
                     "array whose elements are all distinct",
                     name);
        return NULL;
    }
    return a;
}

void
dp_extent(PyArrayObject *a, uintptr_t *low, uintptr_t *high)
{
    const uintptr_t at = (uintptr_t)PyArray_BYTES(a);
    *low = at;
    *high = at + (uintptr_t)PyArray_ITEMSIZE(a);
    for (int i = 0; i < PyArray_NDIM(a); i++) {
        const npy_intp span = PyArray_STRIDE(a, i) * (PyArray_DIM(a, i) - 1);
        if (PyArray_DIM(a, i) == 0) {
            *high = *low = at;
            return;
        }
        if (span < 0) {
            *low -= (uintptr_t)-span;
        }
        else {
            *high += (uintptr_t)span;
        }
    }
}

int
dp_may_overlap(PyArrayObject *a, PyArrayObject *b)
{
    uintptr_t a_low, a_high, b_low, b_high;
    dp_extent(a, &a_low, &a_high);
    dp_extent(b, &b_low, &b_high);
    return a_low < b_high && b_low < a_high;
}

/* ---- labels and positions ---------------------------------------------------------- */

/* Raises `error` about value i of a: "name[i] is value; expected ..."; returns -1. */
static int
refuse_value(PyObject *error, const char *name, PyArrayObject *a, ptrdiff_t i,
             const char *expected, Py_ssize_t last, Py_ssize_t n)
{
    PyObject *value = PySequence_GetItem((PyObject *)a, i);
    if (value != NULL) {
        PyErr_Format(error, "%s[%zd] is %S; expected %s 0..%zd (%s = %zd)", name,
                     (Py_ssize_t)i, value, expected, last,
                     error == PyExc_IndexError ? "N" : "C", n);
        Py_DECREF(value);
    }
    return -1;
}

/* Ctrl-C in a check of very many values, as views with stride 0 may hold; looks every
 * million of them. */
static int
long_check_interrupted(ptrdiff_t i)
{
    return (i & 0xfffff) == 0xfffff && PyErr_CheckSignals() < 0;
}

int
dp_check_index(PyArrayObject *a, const dp_ints *index, Py_ssize_t N)
{
    for (ptrdiff_t i = 0; i < index->n; i++) {
        if (long_check_interrupted(i)) {
            return -1;
        }
        if (dp_position(index, i, N) < 0) {
            return refuse_value(PyExc_IndexError, "index", a, i,
                                "positions of examples in", N - 1, N);
        }
    }
    return 0;
}

int
dp_check_labels(PyArrayObject *a, const dp_ints *y, const dp_ints *index, Py_ssize_t C)
{
    const int some = index != NULL && index->data != NULL;
    const ptrdiff_t n = some ? index->n : y->n;
    for (ptrdiff_t i = 0; i < n; i++) {
        if (long_check_interrupted(i)) {
            return -1;
        }
        const ptrdiff_t at = some ? dp_position(index, i, y->n) : i;
        const int64_t label = at < 0 ? -1 : dp_ints_get(y, at);
        if (label < 0 || label >= (int64_t)C) {
            return refuse_value(PyExc_ValueError, "y", a, at < 0 ? 0 : at, "labels in",
                                C - 1, C);
        }
    }
    return 0;
}
