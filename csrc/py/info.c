/* Bindings beside the passes: arrays, the lists of losses and targets, threads, and exp and log1p for
 * the tests of their accuracy. */
#include "py/args.h"

/* as_array(o, name, floating) -> o as an array; see dp_as_array */
PyObject *
dp_py_as_array(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    if (dp_check_nargs("as_array", nargs, 3) < 0) {
        return NULL;
    }
    const int floating = PyObject_IsTrue(args[2]);
    if (floating < 0) {
        return NULL;
    }
    const char *name = PyUnicode_AsUTF8(args[1]);
    return name == NULL ? NULL : (PyObject *)dp_as_array(args[0], name, floating);
}

/* check_options(example_axis, class_axis, threads) */
PyObject *
dp_py_check_options(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int example_axis, class_axis, threads;
    if (dp_check_nargs("check_options", nargs, 3) < 0 ||
        dp_axes(args[0], args[1], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[2], &threads) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* losses() -> {name: {parameter: default}} */
PyObject *
dp_py_losses(PyObject *Py_UNUSED(module), PyObject *const *Py_UNUSED(args),
             Py_ssize_t nargs)
{
    static const struct {
        const char *name, *parameter;
        double initial;
    } list[] = {
#define LOSS(name, parameter, initial) {#name, parameter, initial},
#include "kernels/losses.def"
#undef LOSS
    };
    if (dp_check_nargs("losses", nargs, 0) < 0) {
        return NULL;
    }
    PyObject *losses = PyDict_New();
    for (size_t k = 0; losses != NULL && k < sizeof list / sizeof *list; k++) {
        PyObject *entry =
            list[k].parameter[0] == '\0'
                ? PyDict_New()
                : Py_BuildValue("{sd}", list[k].parameter, list[k].initial);
        if (entry == NULL || PyDict_SetItemString(losses, list[k].name, entry) < 0) {
            Py_CLEAR(losses);
        }
        Py_XDECREF(entry);
    }
    return losses;
}

/* targets() -> (the one in use, {name: supported here}), best first */
PyObject *
dp_py_targets(PyObject *module, PyObject *const *Py_UNUSED(args), Py_ssize_t nargs)
{
    if (dp_check_nargs("targets", nargs, 0) < 0) {
        return NULL;
    }
    PyObject *all = PyDict_New();
    for (int t = 0; all != NULL && t < DP_TARGET_COUNT; t++) {
        if (PyDict_SetItemString(all, dp_target_name((dp_target)t),
                                 dp_target_supported((dp_target)t) ? Py_True
                                                                   : Py_False) < 0) {
            Py_CLEAR(all);
        }
    }
    if (all == NULL) {
        return NULL;
    }
    return Py_BuildValue("(sN)", dp_target_name(dp_get_state(module)->target), all);
}

PyObject *
dp_py_get_num_threads(PyObject *module, PyObject *const *Py_UNUSED(args),
                      Py_ssize_t nargs)
{
    if (dp_check_nargs("get_num_threads", nargs, 0) < 0) {
        return NULL;
    }
    return PyLong_FromLong(atomic_load(&dp_get_state(module)->threads));
}

PyObject *
dp_py_set_num_threads(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int threads;
    if (dp_check_nargs("set_num_threads", nargs, 1) < 0 ||
        dp_threads(module, args[0], &threads) < 0) {
        return NULL;
    }
    atomic_store(&dp_get_state(module)->threads, threads);
    Py_RETURN_NONE;
}

/* elementwise("exp" | "log1p", x) -> array; x a contiguous vector (log1p: float64) */
PyObject *
dp_py_elementwise(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyArrayObject *x = NULL, *y = NULL;
    PyObject *result = NULL;
    const dp_target target = dp_get_state(module)->target;
    if (dp_check_nargs("elementwise", nargs, 2) < 0) {
        return NULL;
    }
    const int is_exp = PyUnicode_Check(args[0]) &&
                       PyUnicode_CompareWithASCIIString(args[0], "exp") == 0;
    const int is_log1p = PyUnicode_Check(args[0]) &&
                         PyUnicode_CompareWithASCIIString(args[0], "log1p") == 0;
    if (!is_exp && !is_log1p) {
        PyErr_Format(PyExc_ValueError, "function is %R; expected 'exp' or 'log1p'",
                     args[0]);
        return NULL;
    }
    x = dp_as_array(args[1], "x", 1);
    if (x == NULL) {
        return NULL;
    }
    const int single = PyArray_TYPE(x) == NPY_FLOAT;
    if (PyArray_NDIM(x) != 1 || !PyArray_ISCARRAY_RO(x) ||
        !(PyArray_TYPE(x) == NPY_DOUBLE || (single && is_exp))) {
        PyErr_SetString(PyExc_ValueError,
                        "x must be a contiguous vector of float64 (exp: or float32)");
        goto done;
    }
    y = (PyArrayObject *)PyArray_SimpleNew(1, PyArray_DIMS(x), PyArray_TYPE(x));
    if (y == NULL) {
        goto done;
    }
    const dp_loss_kernels *k = dp_loss_table[target][single ? DP_f32 : DP_f64];
    if (is_exp) {
        k->exp(PyArray_DATA(x), PyArray_DIM(x, 0), PyArray_DATA(y));
    }
    else {
        k->log1p(PyArray_DATA(x), PyArray_DIM(x, 0), PyArray_DATA(y));
    }
    result = Py_NewRef((PyObject *)y);
done:
    Py_XDECREF(x);
    Py_XDECREF(y);
    return result;
}
