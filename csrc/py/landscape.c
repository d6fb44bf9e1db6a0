/* Bindings of the landscapes of two variables: their list, grids, points. */
#include "py/call.h"

#include "engine/landscape_run.h"

/* Below so many values the GIL is kept: they take less time than giving it away. */
#define KEEP_GIL 1024

/* landscapes() -> {name: parameters} */
PyObject *
dp_py_landscapes(PyObject *Py_UNUSED(module), PyObject *const *Py_UNUSED(args),
                 Py_ssize_t nargs)
{
    if (dp_check_nargs("landscapes", nargs, 0) < 0) {
        return NULL;
    }
    PyObject *all = PyDict_New();
    for (int k = 0; all != NULL && k < DP_LANDSCAPE_COUNT; k++) {
        PyObject *parameters = PyLong_FromLong(dp_landscapes[k].parameters);
        if (parameters == NULL ||
            PyDict_SetItemString(all, dp_landscapes[k].name, parameters) < 0) {
            Py_CLEAR(all);
        }
        Py_XDECREF(parameters);
    }
    return all;
}

/* The landscape called `name`, with its parameters from a tuple of floats. */
static int
parse_landscape(PyObject *name, PyObject *parameters, dp_landscape_job *job)
{
    int k = 0;
    while (k < DP_LANDSCAPE_COUNT &&
           !(PyUnicode_Check(name) &&
             PyUnicode_CompareWithASCIIString(name, dp_landscapes[k].name) == 0)) {
        k++;
    }
    if (k == DP_LANDSCAPE_COUNT) {
        PyErr_Format(PyExc_ValueError,
                     "name is %R; expected one of the names that landscapes() lists",
                     name);
        return -1;
    }
    const int count = dp_landscapes[k].parameters;
    if (!PyTuple_Check(parameters) || PyTuple_GET_SIZE(parameters) != count) {
        PyErr_Format(PyExc_TypeError, "parameters is %R; expected a tuple of %d floats",
                     parameters, count);
        return -1;
    }
    job->landscape = (dp_landscape)k;
    for (int i = 0; i < count; i++) {
        if (dp_float(PyTuple_GET_ITEM(parameters, i), "a parameter", 0,
                     &job->parameters[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Raises unless o is such an array: float64, contiguous. Borrowed. */
static PyArrayObject *
doubles(PyObject *o, const char *name)
{
    if (!PyArray_Check(o) || PyArray_TYPE((PyArrayObject *)o) != NPY_DOUBLE ||
        !PyArray_ISCARRAY_RO((PyArrayObject *)o)) {
        PyErr_Format(PyExc_TypeError, "%s is no contiguous array of float64", name);
        return NULL;
    }
    return (PyArrayObject *)o;
}

/* 0, or -1 with an exception. */
static int
run(dp_landscape_job *job, ptrdiff_t values, int threads)
{
    if (values < KEEP_GIL) {
        return dp_landscape_run(job, 1);
    }
    dp_attention watch = {0};
    job->interrupted = dp_interrupted;
    job->interrupted_context = &watch;
    dp_detach(&watch, NULL);
    const int stopped = dp_landscape_run(job, threads);
    dp_attach(&watch);
    return stopped ? -1 : 0;
}

/* landscape_grid(name, parameters, x, y, threads) -> values (len(y), len(x)) */
PyObject *
dp_py_landscape_grid(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_landscape_job job = {.goal = DP_LANDSCAPE_VALUES};
    int threads;
    if (dp_check_nargs("landscape_grid", nargs, 5) < 0 ||
        parse_landscape(args[0], args[1], &job) < 0 ||
        dp_threads(module, args[4], &threads) < 0) {
        return NULL;
    }
    PyArrayObject *const x = doubles(args[2], "x");
    PyArrayObject *const y = x == NULL ? NULL : doubles(args[3], "y");
    if (y == NULL) {
        return NULL;
    }
    if (PyArray_NDIM(x) != 1 || PyArray_NDIM(y) != 1) {
        PyErr_SetString(PyExc_ValueError, "x and y are no vectors");
        return NULL;
    }
    npy_intp shape[] = {PyArray_DIM(y, 0), PyArray_DIM(x, 0)};
    PyArrayObject *f = (PyArrayObject *)PyArray_SimpleNew(2, shape, NPY_DOUBLE);
    if (f == NULL) {
        return NULL;
    }
    job.x = PyArray_DATA(x);
    job.y = PyArray_DATA(y);
    job.nx = shape[1];
    job.ny = shape[0];
    job.values = PyArray_DATA(f);
    if (run(&job, shape[0] * shape[1], threads) < 0) {
        Py_CLEAR(f);
    }
    return (PyObject *)f;
}

/* Points (2,) or (n, 2), and which of the goals is meant, into the job. */
static int
parse_points(PyObject *o, PyObject *order, dp_landscape_job *job,
             PyArrayObject **points)
{
    const long goal = PyLong_AsLong(order);
    if (goal == -1 && PyErr_Occurred()) {
        return -1;
    }
    *points = doubles(o, "points");
    if (*points == NULL) {
        return -1;
    }
    const int axes = PyArray_NDIM(*points);
    if (axes < 1 || axes > 2 || PyArray_DIM(*points, axes - 1) != 2 || goal < 0 ||
        goal > DP_LANDSCAPE_HESSIANS) {
        PyErr_SetString(PyExc_ValueError,
                        "expected points of shape (2,) or (n, 2), and order 0, 1 or 2");
        return -1;
    }
    job->goal = (dp_landscape_goal)goal;
    job->points = PyArray_DATA(*points);
    job->n = axes == 1 ? 1 : PyArray_DIM(*points, 0);
    return 0;
}

/* A new array of so many axes of length 2 for each of the points, or for the one. */
static PyArrayObject *
new_result(PyArrayObject *points, int axes)
{
    npy_intp shape[3] = {PyArray_DIM(points, 0), 2, 2};
    const int many = PyArray_NDIM(points) == 2;
    return (PyArrayObject *)PyArray_SimpleNew(axes + many, shape + !many, NPY_DOUBLE);
}

/* landscape_at(name, parameters, points, order, threads): order 0 -> values, 1 ->
 * (values, gradients), 2 -> Hessians; of one point (2,) the value is a float */
PyObject *
dp_py_landscape_at(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_landscape_job job = {0};
    PyArrayObject *points;
    PyObject *values = NULL, *derivatives = NULL, *result = NULL;
    double value;
    int threads;
    if (dp_check_nargs("landscape_at", nargs, 5) < 0 ||
        parse_landscape(args[0], args[1], &job) < 0 ||
        dp_threads(module, args[4], &threads) < 0 ||
        parse_points(args[2], args[3], &job, &points) < 0) {
        return NULL;
    }
    job.values = &value;
    if (PyArray_NDIM(points) == 2 && job.goal != DP_LANDSCAPE_HESSIANS) {
        values = (PyObject *)new_result(points, 0);
        if (values == NULL) {
            goto done;
        }
        job.values = PyArray_DATA((PyArrayObject *)values);
    }
    if (job.goal != DP_LANDSCAPE_VALUES) {
        derivatives = (PyObject *)new_result(points, (int)job.goal);
        if (derivatives == NULL) {
            goto done;
        }
        job.derivatives = PyArray_DATA((PyArrayObject *)derivatives);
    }
    if (run(&job, job.n, threads) < 0) {
        goto done;
    }
    if (values == NULL && job.goal != DP_LANDSCAPE_HESSIANS) {
        values = PyFloat_FromDouble(value);
        if (values == NULL) {
            goto done;
        }
    }
    result = job.goal == DP_LANDSCAPE_VALUES     ? Py_NewRef(values)
             : job.goal == DP_LANDSCAPE_HESSIANS ? Py_NewRef(derivatives)
                                                 : PyTuple_Pack(2, values, derivatives);
done:
    Py_XDECREF(values);
    Py_XDECREF(derivatives);
    return result;
}
