/* An optimizer's hyperparameters, as Python hands them on. */
#include "py/step.h"

int
dp_step_hypers(PyObject *tuple, dp_step step, dp_hypers *h)
{
    const int own = dp_step_kinds[step].hypers;
    const Py_ssize_t n = PyTuple_Check(tuple) ? PyTuple_GET_SIZE(tuple) : -1;
    if (n != own && n != own + DP_STEP_COMMON_HYPERS) {
        PyErr_Format(PyExc_TypeError,
                     "hyper is %R; expected a tuple of %d numbers, or of %d", tuple,
                     own, own + DP_STEP_COMMON_HYPERS);
        return -1;
    }
    h->with_common = n > own;
    for (Py_ssize_t i = 0; i < n; i++) {
        double *value = i < own ? &h->own[i] : &h->common[i - own];
        *value = PyFloat_AsDouble(PyTuple_GET_ITEM(tuple, i));
        if (*value == -1.0 && PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}
