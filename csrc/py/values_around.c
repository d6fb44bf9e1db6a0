/* The loop under every numeric gradient: a Python function, evaluated with one entry of an
 * array moved, and moved back, after the other. */
#include "py/args.h"

#include <string.h>

/* An array whose entries move, what it held, and whose memory that is: f may get hold of
 * the owner, and resize it. */
typedef struct {
    PyArrayObject *array; /* borrowed; NULL: there is none */
    PyArrayObject *saved; /* a copy, in C order */
    PyArrayObject *owner;
    char *data;     /* the owner's at first, */
    npy_intp bytes; /* and its size */
} place;

typedef struct {
    PyObject *f, *args;          /* borrowed */
    place memory, shadow;        /* what is moved, and its float64 twin */
    npy_intp shape[NPY_MAXDIMS]; /* of a value */
    int ndim;                    /* -1 until the first value */
    npy_intp m;                  /* entries of a value */
    char shape_text[DP_SHAPE_TEXT];
    int scalar, imaginary;
    int looked; /* whether the first call left memory alone */
} walk;

/* The entry at a position in C order. */
static char *
entry_of(PyArrayObject *a, npy_intp position)
{
    char *at = PyArray_BYTES(a);
    for (int axis = PyArray_NDIM(a) - 1; axis >= 0; axis--) {
        at += position % PyArray_DIM(a, axis) * PyArray_STRIDE(a, axis);
        position /= PyArray_DIM(a, axis);
    }
    return at;
}

static double
read_entry(PyArrayObject *a, const char *at)
{
    return PyArray_TYPE(a) == NPY_FLOAT32 ? (double)*(const float *)at
                                          : *(const double *)at;
}

/* Writes a value, rounded to the array's dtype; what was written. */
static double
write_entry(PyArrayObject *a, char *at, double value)
{
    if (PyArray_TYPE(a) == NPY_FLOAT32) {
        const float rounded = (float)value;
        *(float *)at = rounded;
        return (double)rounded;
    }
    *(double *)at = value;
    return value;
}

/* 0, or -1 with an exception. */
static int
open_place(place *p, PyArrayObject *array)
{
    PyArrayObject *owner = array;
    PyObject *base = PyArray_BASE(owner);
    while (base != NULL && PyArray_Check(base)) {
        owner = (PyArrayObject *)base;
        base = PyArray_BASE(owner);
    }
    p->array = array;
    p->owner = (PyArrayObject *)Py_NewRef((PyObject *)owner);
    p->data = PyArray_BYTES(owner);
    p->bytes = PyArray_NBYTES(owner);
    p->saved = (PyArrayObject *)PyArray_NewCopy(array, NPY_CORDER);
    return p->saved == NULL ? -1 : 0;
}

static void
close_place(place *p)
{
    Py_XDECREF((PyObject *)p->saved);
    Py_XDECREF((PyObject *)p->owner);
}

/* Whether the memory is where it was: a shrunk one may have kept its address. */
static int
is_there(const place *p)
{
    return p->array == NULL ||
           (PyArray_BYTES(p->owner) == p->data && PyArray_NBYTES(p->owner) == p->bytes);
}

static int
in_place(const walk *w)
{
    if (is_there(&w->memory) && is_there(&w->shadow)) {
        return 1;
    }
    PyErr_SetString(PyExc_ValueError, "f resized x; expected a function of its values");
    return 0;
}

/* Brings an array back to the bits it had. Allocates nothing, so that it cannot fail. */
static void
restore_place(const place *p)
{
    if (p->array == NULL || !is_there(p)) {
        return;
    }
    const size_t bytes = (size_t)PyArray_ITEMSIZE(p->array);
    for (npy_intp i = 0; i < PyArray_SIZE(p->array); i++) {
        memcpy(entry_of(p->array, i), PyArray_BYTES(p->saved) + (size_t)i * bytes,
               bytes);
    }
}

static void
restore(const walk *w)
{
    restore_place(&w->memory);
    restore_place(&w->shadow);
}

/* Whether an entry, at its position in C order, has the bits that were saved of it. */
static int
entry_holds(const place *p, const char *at, npy_intp position)
{
    const size_t bytes = (size_t)PyArray_ITEMSIZE(p->array);
    return memcmp(at, PyArray_BYTES(p->saved) + (size_t)position * bytes, bytes) == 0;
}

static int
holds(const place *p)
{
    if (p->array == NULL || PyArray_IS_C_CONTIGUOUS(p->array)) {
        return p->array == NULL ||
               memcmp(PyArray_BYTES(p->array), PyArray_BYTES(p->saved),
                      (size_t)PyArray_NBYTES(p->array)) == 0;
    }
    for (npy_intp i = 0; i < PyArray_SIZE(p->array); i++) {
        if (!entry_holds(p, entry_of(p->array, i), i)) {
            return 0;
        }
    }
    return 1;
}

static int
refuse_change(void)
{
    PyErr_SetString(PyExc_ValueError,
                    "f changed x; expected a function that leaves its argument as it "
                    "is (x has its old values again)");
    return -1;
}

static int
refuse_changes(const walk *w)
{
    if (!in_place(w)) {
        return -1;
    }
    return holds(&w->memory) && holds(&w->shadow) ? 0 : refuse_change();
}

static int
refuse_value(PyObject *value, const char *expected)
{
    if (PyArray_Check(value)) {
        char text[DP_SHAPE_TEXT];
        PyErr_Format(PyExc_TypeError,
                     "f returned an array of shape %s and dtype %S; expected %s",
                     dp_shape_text((PyArrayObject *)value, text),
                     PyArray_DESCR((PyArrayObject *)value), expected);
    }
    else {
        PyErr_Format(PyExc_TypeError, "f returned a %.100s; expected %s",
                     Py_TYPE(value)->tp_name, expected);
    }
    return -1;
}

static const char *
expectation(const walk *w)
{
    return w->imaginary
               ? "a complex number: with method='complex' f gets complex x, and "
                 "must be made of functions that take them"
           : w->scalar ? "a number or (number, ...)"
                       : "numbers or (numbers, ...)";
}

/* The shape of the first value is every value's. */
static int
check_shape(walk *w, PyArrayObject *value)
{
    const int ndim = PyArray_NDIM(value);
    if (w->ndim < 0) {
        w->ndim = ndim;
        w->m = PyArray_SIZE(value);
        dp_shape_text(value, w->shape_text);
        for (int axis = 0; axis < ndim; axis++) {
            w->shape[axis] = PyArray_DIM(value, axis);
        }
        return 0;
    }
    if (ndim == w->ndim && PyArray_CompareLists(w->shape, PyArray_DIMS(value), ndim)) {
        return 0;
    }
    char text[DP_SHAPE_TEXT];
    PyErr_Format(PyExc_ValueError,
                 "f returned a value of shape %s after one of shape %s; expected the "
                 "same shape in every call",
                 dp_shape_text(value, text), w->shape_text);
    return -1;
}

/* A value, or the first of a tuple, as an array of float64; a new reference. */
static PyArrayObject *
as_values(walk *w, PyObject *value)
{
    PyArrayObject *found = NULL, *part = NULL, *result = NULL;
    if (PyTuple_Check(value) && PyTuple_GET_SIZE(value) == 0) {
        refuse_value(value, expectation(w));
        return NULL;
    }
    /* Lists too, but no sets, generators, strings ...: those become 0-d objects. No
     * subclass, whose .imag may be anything. */
    found = (PyArrayObject *)PyArray_FROM_OF(value, NPY_ARRAY_ENSUREARRAY);
    if (found == NULL) {
        /* A ragged list: NumPy's message does not say whose. */
        if (PyList_Check(value) && PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();
            refuse_value(value, expectation(w));
        }
        return NULL;
    }
    const int number = PyArray_ISNUMBER(found) || PyArray_ISBOOL(found);
    const int complex_ = PyArray_ISCOMPLEX(found);
    if (!number || complex_ != w->imaginary ||
        (w->scalar && PyArray_SIZE(found) != 1)) {
        refuse_value(value, expectation(w));
        goto done;
    }
    if (complex_) {
        part = (PyArrayObject *)PyObject_GetAttrString((PyObject *)found, "imag");
    }
    else {
        part = (PyArrayObject *)Py_NewRef((PyObject *)found);
    }
    if (part == NULL || check_shape(w, part) < 0) {
        goto done;
    }
    result = (PyArrayObject *)PyArray_FROMANY(
        (PyObject *)part, NPY_FLOAT64, 0, 0, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_FORCECAST);
done:
    Py_XDECREF(part);
    Py_DECREF(found);
    return result;
}

/* Calls f; its m values to *values, or where there is none yet, to a new array of
 * `rows` times m. */
static int
call(walk *w, npy_intp rows, PyArrayObject **values, npy_intp row)
{
    int status = -1;
    PyArrayObject *many = NULL;
    PyObject *first = NULL;
    PyObject *result = PyObject_Vectorcall(w->f, ((PyTupleObject *)w->args)->ob_item,
                                           (size_t)PyTuple_GET_SIZE(w->args), NULL);
    if (result == NULL || !in_place(w)) {
        goto done;
    }
    first = Py_NewRef(PyTuple_Check(result) && PyTuple_GET_SIZE(result) > 0
                          ? PyTuple_GET_ITEM(result, 0)
                          : result);
    const int plain =
        PyFloat_Check(first) && !w->imaginary && w->m == 1 && w->ndim == 0;
    if (!plain) {
        many = as_values(w, first);
        if (many == NULL) {
            goto done;
        }
    }
    if (*values == NULL) {
        if (w->m > 0 && rows > NPY_MAX_INTP / w->m) {
            PyErr_NoMemory();
            goto done;
        }
        npy_intp size[] = {rows, w->m};
        *values = (PyArrayObject *)PyArray_ZEROS(2, size, NPY_FLOAT64, 0);
        if (*values == NULL) {
            goto done;
        }
    }
    double *to = (double *)PyArray_DATA(*values) + row * w->m;
    if (plain) {
        *to = PyFloat_AS_DOUBLE(first);
    }
    else {
        memcpy(to, PyArray_DATA(many), (size_t)w->m * sizeof *to);
    }
    status = 0;
done:
    Py_XDECREF(many);
    Py_XDECREF(first);
    Py_XDECREF(result);
    return status;
}

/* f with the entry at `position` moved by `offset`; the step that was really made. */
static int
call_moved(walk *w, npy_intp position, double offset, double *step, npy_intp rows,
           PyArrayObject **values, npy_intp row)
{
    PyArrayObject *memory = w->memory.array, *shadow = w->shadow.array;
    char *at = entry_of(memory, position);
    char *twin = shadow ? entry_of(shadow, position) : NULL;
    const double old = read_entry(memory, at);
    char bits[sizeof(double)], moved_bits[sizeof(double)];
    const size_t bytes = (size_t)PyArray_ITEMSIZE(memory);
    /* What f wrote here would be written over, and never be seen. */
    if (!entry_holds(&w->memory, at, position) ||
        (twin && !entry_holds(&w->shadow, twin, position))) {
        return refuse_change();
    }
    memcpy(bits, at, bytes);
    const double moved = write_entry(memory, at, old + offset);
    memcpy(moved_bits, at, bytes);
    if (twin) {
        write_entry(shadow, twin, moved);
    }
    *step = moved - old;
    /* Again: what f returned may run code of its own when it is read or freed. */
    if (call(w, rows, values, row) < 0 || !in_place(w)) {
        return -1;
    }
    /* One that f clips, say, was never moved so far. */
    if (memcmp(at, moved_bits, bytes) != 0 ||
        (twin && memcmp(twin, &moved, sizeof moved) != 0)) {
        return refuse_change();
    }
    memcpy(at, bits, bytes);
    if (twin) {
        write_entry(shadow, twin, old);
    }
    if (!w->looked) {
        w->looked = 1;
        return refuse_changes(w);
    }
    return 0;
}

static int
check_memory(PyObject *o, const char *name, int twin)
{
    if (!PyArray_CheckExact(o)) { /* copies of a subclass run code of its own */
        PyErr_Format(PyExc_TypeError, "%s is a %.100s; expected a plain array", name,
                     Py_TYPE(o)->tp_name);
        return -1;
    }
    PyArrayObject *a = (PyArrayObject *)o;
    const int type = PyArray_TYPE(a);
    if ((type != NPY_FLOAT64 && (twin || type != NPY_FLOAT32)) ||
        !PyArray_ISBEHAVED(a) || dp_overlaps_itself(a)) {
        PyErr_Format(
            PyExc_TypeError,
            "%s is no writable, aligned array of native %s with places of their own",
            name, twin ? "float64" : "float32 or float64");
        return -1;
    }
    return 0;
}

static int
check_index(PyArrayObject *index, npy_intp size)
{
    if (PyArray_NDIM(index) != 1) {
        PyErr_SetString(PyExc_ValueError, "index is not one-dimensional");
        return -1;
    }
    const npy_intp *positions = PyArray_DATA(index);
    for (npy_intp i = 0; i < PyArray_DIM(index, 0); i++) {
        if (positions[i] < 0 || positions[i] >= size) {
            PyErr_Format(PyExc_IndexError, "index[%zd] is %zd; expected 0..%zd",
                         (Py_ssize_t)i, (Py_ssize_t)positions[i], (Py_ssize_t)size - 1);
            return -1;
        }
    }
    return 0;
}

/* Where nothing else may write: `memory` and `shadow` are views that f never sees, so that
 * f can neither reshape nor resize them; the array in args is another view.
 *
 * values_around(f, args, memory, shadow, index, offsets, base, scalar, imaginary)
 * -> (shape of a value, values of f at the point itself or None, values (n, k, m),
 * steps (n, k)) */
PyObject *
dp_py_values_around(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    PyArrayObject *index = NULL, *offsets = NULL, *values = NULL, *base = NULL,
                  *steps = NULL;
    PyObject *shaped = NULL, *shape = NULL, *result = NULL;
    if (dp_check_nargs("values_around", nargs, 9) < 0 ||
        check_memory(args[2], "memory", 0) < 0 ||
        (args[3] != Py_None && check_memory(args[3], "shadow", 1) < 0)) {
        return NULL;
    }
    if (!PyTuple_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "args is no tuple");
        return NULL;
    }
    walk w = {.f = args[0], .args = args[1], .ndim = -1};
    PyArrayObject *memory = (PyArrayObject *)args[2];
    PyArrayObject *shadow = args[3] == Py_None ? NULL : (PyArrayObject *)args[3];
    const int at_point = PyObject_IsTrue(args[6]);
    w.scalar = PyObject_IsTrue(args[7]);
    w.imaginary = PyObject_IsTrue(args[8]);
    if (at_point < 0 || w.scalar < 0 || w.imaginary < 0) {
        return NULL;
    }
    if (shadow && !PyArray_SAMESHAPE(memory, shadow)) {
        PyErr_SetString(PyExc_ValueError, "shadow has another shape than memory");
        return NULL;
    }
    /* Copies: what f does to the caller's is no matter. */
    const int copied = NPY_ARRAY_CARRAY_RO | NPY_ARRAY_ENSURECOPY;
    index = (PyArrayObject *)PyArray_FROM_OTF(args[4], NPY_INTP, copied);
    offsets = index == NULL
                  ? NULL
                  : (PyArrayObject *)PyArray_FROM_OTF(args[5], NPY_FLOAT64, copied);
    if (offsets == NULL || check_index(index, PyArray_SIZE(memory)) < 0) {
        goto done;
    }
    if (PyArray_NDIM(offsets) != 2 ||
        PyArray_DIM(offsets, 0) != PyArray_DIM(index, 0)) {
        PyErr_SetString(PyExc_ValueError, "offsets is not (n, k)");
        goto done;
    }
    const npy_intp n = PyArray_DIM(offsets, 0), k = PyArray_DIM(offsets, 1);
    steps = (PyArrayObject *)PyArray_SimpleNew(2, PyArray_DIMS(offsets), NPY_FLOAT64);
    if (steps == NULL || open_place(&w.memory, memory) < 0 ||
        (shadow && open_place(&w.shadow, shadow) < 0)) {
        goto done;
    }
    if (at_point && (call(&w, 1, &base, 0) < 0 || refuse_changes(&w) < 0)) {
        restore(&w);
        goto done;
    }
    w.looked = at_point;
    for (npy_intp i = 0; i < n; i++) {
        const npy_intp position = ((const npy_intp *)PyArray_DATA(index))[i];
        for (npy_intp j = 0; j < k; j++) {
            const npy_intp row = i * k + j;
            if (call_moved(&w, position, ((const double *)PyArray_DATA(offsets))[row],
                           (double *)PyArray_DATA(steps) + row, n * k, &values,
                           row) < 0) {
                restore(&w);
                goto done;
            }
        }
        /* f may be no Python function, and never look. A handler may do what f may. */
        if (PyErr_CheckSignals() < 0 || !in_place(&w)) {
            restore(&w);
            goto done;
        }
    }
    if (refuse_changes(&w) < 0) {
        restore(&w);
        goto done;
    }
    npy_intp size[] = {n, k, w.ndim < 0 ? 1 : w.m};
    if (values == NULL) {
        shaped = PyArray_ZEROS(3, size, NPY_FLOAT64, 0);
    }
    else {
        PyArray_Dims dims = {size, 3};
        shaped = PyArray_Newshape(values, &dims, NPY_CORDER);
    }
    shape = PyArray_IntTupleFromIntp(w.ndim < 0 ? 0 : w.ndim, w.shape);
    if (shaped != NULL && shape != NULL) {
        result = PyTuple_Pack(4, shape, base ? (PyObject *)base : Py_None, shaped,
                              (PyObject *)steps);
    }
done:
    Py_XDECREF(shape);
    Py_XDECREF(shaped);
    Py_XDECREF((PyObject *)values);
    Py_XDECREF((PyObject *)base);
    Py_XDECREF((PyObject *)steps);
    close_place(&w.memory);
    close_place(&w.shadow);
    Py_XDECREF((PyObject *)index);
    Py_XDECREF((PyObject *)offsets);
    return result;
}
