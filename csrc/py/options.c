/* Numbers and names among the arguments: axes, threads, weights, losses. */
#include "py/args.h"

int
dp_axis(PyObject *o, const char *name, const char *zero, const char *one, int *axis)
{
    PyObject *index = PyBool_Check(o) ? NULL : PyNumber_Index(o);
    long value = -1;
    if (index != NULL) {
        value = PyLong_AsLong(index);
        Py_DECREF(index);
    }
    if (value == -1) {
        PyErr_Clear(); /* no integer, or too large: no axis either */
    }
    if (value != 0 && value != 1) {
        PyErr_Format(PyExc_ValueError, "%s is %R; expected 0 (%s) or 1 (%s)", name, o,
                     zero, one);
        return -1;
    }
    *axis = (int)value;
    return 0;
}

int
dp_axes(PyObject *example, PyObject *class_, int *example_axis, int *class_axis)
{
    if (dp_axis(example, "example_axis", "X is (N, D)", "X is (D, N)", example_axis) <
        0) {
        return -1;
    }
    return dp_axis(class_, "class_axis", "W is (C, D)", "W is (D, C)", class_axis);
}

int
dp_threads(PyObject *module, PyObject *o, int *threads)
{
    if (o == Py_None) {
        *threads = atomic_load(&dp_get_state(module)->threads);
        return 0;
    }
    PyObject *index = PyBool_Check(o) ? NULL : PyNumber_Index(o);
    if (index == NULL) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError)) {
            return -1;
        }
        PyErr_Format(PyExc_TypeError, "threads is a %s; expected None or an integer",
                     Py_TYPE(o)->tp_name);
        return -1;
    }
    int overflow = 0;
    const long value = PyLong_AsLongAndOverflow(index, &overflow);
    Py_DECREF(index);
    if (value == -1 && overflow == 0 && PyErr_Occurred()) {
        return -1;
    }
    if (overflow < 0 || (overflow == 0 && value < 1)) {
        PyErr_Format(PyExc_ValueError, "threads is %R; expected at least 1", o);
        return -1;
    }
    *threads = overflow > 0 || value > 1 << 20 ? 1 << 20 : (int)value;
    return 0;
}

int
dp_float(PyObject *o, const char *name, int weight, double *value)
{
    *value = PyFloat_AsDouble(o);
    if (*value == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "%s is a %s; expected a real number", name,
                         Py_TYPE(o)->tp_name);
        }
        return -1;
    }
    if (weight && !(*value >= 0.0)) {
        PyErr_Format(PyExc_ValueError, "%s is %R; expected a number of at least 0",
                     name, o);
        return -1;
    }
    return 0;
}

int
dp_loss_parameter(PyObject *o, dp_loss loss, double *value)
{
    if (loss != DP_LOSS_softmax) {
        return dp_float(o, "the loss's parameter", 0, value);
    }
    if (dp_float(o, "label_smoothing", 0, value) < 0) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_SetString(PyExc_ValueError,
                            "label_smoothing is too large for a float; "
                            "expected a number in 0..1");
        }
        return -1;
    }
    if (!(*value >= 0.0 && *value <= 1.0)) {
        PyErr_Format(PyExc_ValueError,
                     "label_smoothing is %S; expected a number in 0..1", o);
        return -1;
    }
    return 0;
}

int
dp_loss_named(PyObject *o, dp_loss *loss)
{
    static const char *const names[DP_LOSS_COUNT] = {
#define LOSS(name, parameter, initial) [DP_LOSS_##name] = #name,
#include "kernels/losses.def"
#undef LOSS
    };
    for (int k = 0; PyUnicode_Check(o) && k < DP_LOSS_COUNT; k++) {
        if (PyUnicode_CompareWithASCIIString(o, names[k]) == 0) {
            *loss = (dp_loss)k;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError,
                 "loss is %R; expected one of the names in deeprob.losses.NAMES", o);
    return -1;
}
