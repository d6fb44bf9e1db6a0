/* The bindings of line search, L-BFGS and BFGS: capsules that own their memory. */
#include "py/call.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "engine/bfgs.h"
#include "engine/lbfgs.h"
#include "engine/vectors.h"

#define SEARCH_NAME "deeprob._core.line_search"
#define LBFGS_NAME "deeprob._core.lbfgs"
/* Values whose work is worth releasing the GIL for. */
#define RELEASE 65536

/* ---- arguments -------------------------------------------------------------------- */

/* A borrowed view of a float64 array without gaps, of n values (or any number where n is
 * -1) along each of `ndim` axes; NULL with an exception. */
static double *
doubles(PyObject *o, const char *name, int ndim, npy_intp n)
{
    char text[DP_SHAPE_TEXT];
    if (!PyArray_Check(o)) {
        PyErr_Format(PyExc_TypeError, "%s is a %s; expected a numpy.ndarray", name,
                     Py_TYPE(o)->tp_name);
        return NULL;
    }
    PyArrayObject *a = (PyArrayObject *)o;
    if (PyArray_TYPE(a) != NPY_DOUBLE || !PyArray_ISCARRAY_RO(a)) {
        PyErr_Format(PyExc_TypeError,
                     "%s has dtype %S and maybe strides; expected contiguous float64",
                     name, (PyObject *)PyArray_DESCR(a));
        return NULL;
    }
    int same = PyArray_NDIM(a) == ndim;
    for (int i = 0; same && i < ndim; i++) {
        same = n < 0 || PyArray_DIM(a, i) == n;
    }
    if (!same) {
        PyErr_Format(PyExc_ValueError, "%s has shape %s; expected %d axes of %zd", name,
                     dp_shape_text(a, text), ndim, (Py_ssize_t)n);
        return NULL;
    }
    return PyArray_DATA(a);
}

/* (c1, c2, xtol, least, most, evaluations), and maybe the resolution */
static int
search_options(PyObject *o, dp_search_options *options)
{
    if (!PyTuple_Check(o)) {
        PyErr_SetString(PyExc_TypeError, "options is no tuple");
        return -1;
    }
    options->resolution = 0;
    if (!PyArg_ParseTuple(o, "dddddi|d", &options->c1, &options->c2, &options->xtol,
                          &options->least, &options->most, &options->evaluations,
                          &options->resolution)) {
        return -1;
    }
    const int right = options->c1 > 0 && options->c1 < 1 && options->c2 > 0 &&
                      options->c2 < 1 && options->xtol >= 0 && options->least >= 0 &&
                      options->most > options->least && isfinite(options->most) &&
                      options->evaluations > 0 && options->resolution >= 0;
    if (!right) {
        PyErr_Format(PyExc_ValueError,
                     "options is %R; expected c1 and c2 in 0..1, xtol of at least 0, "
                     "0 <= least < most, evaluations of at least 1",
                     o);
        return -1;
    }
    return 0;
}

static int
number(PyObject *o, double *value)
{
    *value = PyFloat_AsDouble(o);
    return *value == -1.0 && PyErr_Occurred() ? -1 : 0;
}

/* ---- the line search ---------------------------------------------------------------- */

typedef struct {
    dp_line_search s;
    atomic_flag busy; /* one call at a time, also where there is no GIL */
} dp_search_owner;

static void
destroy_search(PyObject *capsule)
{
    PyMem_Free(PyCapsule_GetPointer(capsule, SEARCH_NAME));
}

PyObject *
dp_py_line_search(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    double f, slope, step;
    dp_search_options options;
    if (dp_check_nargs("line_search", nargs, 4) < 0 || number(args[0], &f) < 0 ||
        number(args[1], &slope) < 0 || number(args[2], &step) < 0 ||
        search_options(args[3], &options) < 0) {
        return NULL;
    }
    if (!isfinite(f) || !(slope < 0) || !isfinite(slope) || !(step > 0) ||
        !isfinite(step)) {
        PyErr_SetString(PyExc_ValueError,
                        "expected a finite f, a negative slope and a positive step");
        return NULL;
    }
    dp_search_owner *owner = PyMem_Malloc(sizeof *owner);
    if (owner == NULL) {
        return PyErr_NoMemory();
    }
    atomic_flag_clear(&owner->busy);
    dp_search_start(&owner->s, &options, f, slope, step);
    PyObject *capsule = PyCapsule_New(owner, SEARCH_NAME, destroy_search);
    if (capsule == NULL) {
        PyMem_Free(owner);
    }
    return capsule;
}

PyObject *
dp_py_line_search_tell(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    double f, slope;
    if (dp_check_nargs("line_search_tell", nargs, 3) < 0) {
        return NULL;
    }
    dp_search_owner *owner = PyCapsule_GetPointer(args[0], SEARCH_NAME);
    if (owner == NULL || number(args[1], &f) < 0 || number(args[2], &slope) < 0) {
        return NULL;
    }
    if (atomic_flag_test_and_set(&owner->busy)) {
        PyErr_SetString(PyExc_RuntimeError, "the search is at work in another thread");
        return NULL;
    }
    if (owner->s.state == DP_SEARCH_EVALUATE) {
        dp_search_tell(&owner->s, f, slope);
    }
    const dp_line_search s = owner->s;
    atomic_flag_clear(&owner->busy);
    return Py_BuildValue("(idii)", (int)s.state, s.step,
                         s.best.step > 0 && s.best.f < 0, s.improved);
}

/* ---- L-BFGS ----------------------------------------------------------------------- */

typedef struct {
    dp_lbfgs o;
    void *memory;
    atomic_flag busy; /* one call at a time, as the GIL may be released */
} dp_lbfgs_owner;

static void
destroy_lbfgs(PyObject *capsule)
{
    dp_lbfgs_owner *owner = PyCapsule_GetPointer(capsule, LBFGS_NAME);
    PyMem_RawFree(owner->memory);
    PyMem_Free(owner);
}

/* The solver of a capsule, taken until its `busy` is cleared; NULL with an exception. */
static dp_lbfgs_owner *
take(PyObject *capsule)
{
    dp_lbfgs_owner *owner = PyCapsule_GetPointer(capsule, LBFGS_NAME);
    if (owner != NULL && atomic_flag_test_and_set(&owner->busy)) {
        PyErr_SetString(PyExc_RuntimeError, "the solver is at work in another thread");
        return NULL;
    }
    return owner;
}

PyObject *
dp_py_lbfgs(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    dp_search_options options;
    PyObject *capsule = NULL;
    if (dp_check_nargs("lbfgs", nargs, 4) < 0) {
        return NULL;
    }
    const long m = PyLong_AsLong(args[1]);
    if (m == -1 && PyErr_Occurred()) {
        return NULL;
    }
    const int single = PyObject_IsTrue(args[2]);
    if (single < 0 || search_options(args[3], &options) < 0) {
        return NULL;
    }
    /* Last: what converts the others may be Python code, and move the array's memory. */
    const double *x0 = doubles(args[0], "x0", 1, -1);
    if (x0 == NULL) {
        return NULL;
    }
    if (m < 1 || m > INT_MAX / 4) {
        PyErr_Format(PyExc_ValueError, "m is %ld; expected at least 1", m);
        return NULL;
    }
    const ptrdiff_t n = PyArray_DIM((PyArrayObject *)args[0], 0);
    dp_lbfgs_owner *owner = PyMem_Calloc(1, sizeof *owner);
    if (owner == NULL) {
        return PyErr_NoMemory();
    }
    void *memory = dp_scratch_memory(dp_lbfgs_bytes(n, (int)m), &owner->memory);
    if (memory == NULL) {
        goto done;
    }
    atomic_flag_clear(&owner->busy);
    dp_lbfgs_start(&owner->o, n, (int)m, single, &options, x0, memory);
    capsule = PyCapsule_New(owner, LBFGS_NAME, destroy_lbfgs);
done:
    if (capsule == NULL) {
        PyMem_RawFree(owner->memory);
        PyMem_Free(owner);
    }
    return capsule;
}

/* (lbfgs, f, g) -> state, by dp_lbfgs_tell or dp_lbfgs_renew. */
static PyObject *
tell(PyObject *const *args,
     dp_lbfgs_state (*take_in)(dp_lbfgs *, double, const double *))
{
    double f;
    PyObject *result = NULL;
    if (number(args[1], &f) < 0) {
        return NULL;
    }
    dp_lbfgs_owner *owner = take(args[0]);
    if (owner == NULL) {
        return NULL;
    }
    const double *g = doubles(args[2], "g", 1, owner->o.n);
    if (g == NULL) {
        goto done;
    }
    if (owner->o.n > RELEASE) {
        PyThreadState *thread = PyEval_SaveThread();
        take_in(&owner->o, f, g);
        PyEval_RestoreThread(thread);
    }
    else {
        take_in(&owner->o, f, g);
    }
    result = PyLong_FromLong((long)owner->o.state);
done:
    atomic_flag_clear(&owner->busy);
    return result;
}

PyObject *
dp_py_lbfgs_tell(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return dp_check_nargs("lbfgs_tell", nargs, 3) < 0 ? NULL
                                                      : tell(args, dp_lbfgs_tell);
}

PyObject *
dp_py_lbfgs_renew(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return dp_check_nargs("lbfgs_renew", nargs, 3) < 0 ? NULL
                                                       : tell(args, dp_lbfgs_renew);
}

/* The pairs of a ring, (pairs, n), the oldest first; or one vector, (n,). */
static PyObject *
copy_of(const dp_lbfgs *o, const double *vector, const double *ring)
{
    npy_intp shape[2] = {o->pairs, o->n};
    PyObject *copy = ring == NULL ? PyArray_SimpleNew(1, shape + 1, NPY_DOUBLE)
                                  : PyArray_SimpleNew(2, shape, NPY_DOUBLE);
    if (copy == NULL) {
        return NULL;
    }
    char *to = PyArray_BYTES((PyArrayObject *)copy);
    const size_t bytes = (size_t)o->n * sizeof(double);
    const size_t stride = ((bytes + 63) / 64 * 64) / sizeof(double);
    if (ring == NULL) {
        memcpy(to, vector, bytes);
        return copy;
    }
    for (int i = 0; i < o->pairs; i++) {
        const size_t at = (size_t)dp_lbfgs_place(o, i);
        memcpy(to + (size_t)i * bytes, ring + at * stride, bytes);
    }
    return copy;
}

PyObject *
dp_py_lbfgs_array(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (dp_check_nargs("lbfgs_array", nargs, 2) < 0) {
        return NULL;
    }
    dp_lbfgs_owner *owner = take(args[0]);
    if (owner == NULL) {
        return NULL;
    }
    const dp_lbfgs *o = &owner->o;
    const struct {
        const char *name;
        const double *vector, *ring;
    } arrays[] = {{"x", o->x, NULL},         {"g", o->g, NULL}, {"d", o->d, NULL},
                  {"trial", o->trial, NULL}, {"S", NULL, o->S}, {"Y", NULL, o->Y}};
    PyObject *result = NULL;
    const size_t n = PyUnicode_Check(args[1]) ? sizeof arrays / sizeof *arrays : 0;
    for (size_t i = 0; i < n; i++) {
        if (PyUnicode_CompareWithASCIIString(args[1], arrays[i].name) == 0) {
            result = copy_of(o, arrays[i].vector, arrays[i].ring);
            goto done;
        }
    }
    PyErr_Format(PyExc_ValueError, "there is no array %R", args[1]);
done:
    atomic_flag_clear(&owner->busy);
    return result;
}

PyObject *
dp_py_lbfgs_numbers(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (dp_check_nargs("lbfgs_numbers", nargs, 1) < 0) {
        return NULL;
    }
    dp_lbfgs_owner *owner = take(args[0]);
    if (owner == NULL) {
        return NULL;
    }
    const dp_lbfgs *o = &owner->o;
    PyObject *result =
        Py_BuildValue("(idddddLLLi)", (int)o->state, o->f, o->slope, o->scale,
                      o->search.step, o->promised, (long long)o->iteration,
                      (long long)o->evaluations, (long long)o->resets, o->pairs);
    atomic_flag_clear(&owner->busy);
    return result;
}

/* ---- BFGS, dot ------------------------------------------------------------------------ */

PyObject *
dp_py_bfgs_update(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (dp_check_nargs("bfgs_update", nargs, 4) < 0) {
        return NULL;
    }
    const double *g = doubles(args[3], "g", 1, -1);
    if (g == NULL) {
        return NULL;
    }
    npy_intp n = PyArray_DIM((PyArrayObject *)args[3], 0);
    double *H = doubles(args[0], "H", 2, n);
    if (H == NULL) {
        return NULL;
    }
    const int update = args[1] != Py_None;
    const double *s = update ? doubles(args[1], "s", 1, n) : NULL;
    const double *y = update && s != NULL ? doubles(args[2], "y", 1, n) : NULL;
    if (update && y == NULL) {
        return NULL;
    }
    if (!PyArray_ISWRITEABLE((PyArrayObject *)args[0])) {
        PyErr_SetString(PyExc_ValueError, "H is read-only");
        return NULL;
    }
    for (int i = update ? 1 : 3; i < 4; i++) {
        if (dp_may_overlap((PyArrayObject *)args[0], (PyArrayObject *)args[i])) {
            PyErr_SetString(PyExc_ValueError, "H shares memory with s, y or g");
            return NULL;
        }
    }
    void *owner = NULL;
    PyObject *d = PyArray_SimpleNew(1, &n, NPY_DOUBLE);
    double *work =
        d == NULL ? NULL : dp_scratch_memory((size_t)n * sizeof(double), &owner);
    if (work == NULL) {
        Py_XDECREF(d);
        return NULL;
    }
    double *to = PyArray_DATA((PyArrayObject *)d);
    PyThreadState *thread = n * n > RELEASE ? PyEval_SaveThread() : NULL;
    if (update) {
        dp_bfgs_update(H, s, y, dp_dot(s, y, n), g, to, work, n);
    }
    else {
        dp_bfgs_direction(H, g, to, n);
    }
    if (thread != NULL) {
        PyEval_RestoreThread(thread);
    }
    PyMem_RawFree(owner);
    return d;
}

PyObject *
dp_py_dot(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (dp_check_nargs("dot", nargs, 2) < 0) {
        return NULL;
    }
    const double *a = doubles(args[0], "a", 1, -1);
    const npy_intp n = a == NULL ? 0 : PyArray_DIM((PyArrayObject *)args[0], 0);
    const double *b = a == NULL ? NULL : doubles(args[1], "b", 1, n);
    return b == NULL ? NULL : PyFloat_FromDouble(dp_dot(a, b, n));
}
