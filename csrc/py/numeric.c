/* Binding of the complete numeric gradient of a linear loss. */
#include "py/call.h"

#include "engine/numeric_pass.h"

static int
run(dp_linear_job *job, double h, int forward, int threads)
{
    void *owner = NULL;
    const dp_numeric_plan plan = dp_numeric_make_plan(job, h, forward, threads);
    void *scratch = dp_scratch_memory(plan.bytes, &owner);
    if (scratch == NULL) {
        return -1;
    }
    dp_attention watch = {0};
    dp_detach(&watch, job);
    const int stopped = dp_numeric_run(job, &plan, scratch);
    dp_attach(&watch);
    PyMem_RawFree(owner);
    return stopped ? -1 : 0;
}

/* linear_numeric(loss, W, X, y, b, index, parameter, l1, l2, h, forward, example_axis,
 * class_axis, threads) -> the gradient, float64, of W's shape. Forward with a negative h
 * is backward. */
PyObject *
dp_py_linear_numeric(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_arrays a = {0};
    PyArrayObject *dW = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    double h;
    dp_linear_job job = {.target = dp_get_state(module)->target};
    if (dp_check_nargs("linear_numeric", nargs, 14) < 0 ||
        dp_loss_named(args[0], &job.loss) < 0 ||
        dp_loss_parameter(args[6], job.loss, &job.parameter) < 0 ||
        dp_float(args[7], "l1", 1, &job.l1) < 0 ||
        dp_float(args[8], "l2", 1, &job.l2) < 0 || dp_float(args[9], "h", 0, &h) < 0 ||
        dp_axes(args[11], args[12], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[13], &threads) < 0) {
        return NULL;
    }
    const int forward = PyObject_IsTrue(args[10]);
    if (forward < 0) {
        return NULL;
    }
    if (args[3] == Py_None) {
        PyErr_SetString(PyExc_TypeError, "y is None; expected (N,) integer labels");
        return NULL;
    }
    PyObject *const inputs[] = {args[1], args[2], args[4], args[3], args[5]};
    if (dp_parse_arrays(inputs, 0, example_axis, class_axis, &a, &job) < 0) {
        goto done;
    }
    if ((job.index.data ? job.index.n : job.X.rows) == 0) {
        PyErr_Format(PyExc_ValueError, "%s has no examples; a loss is a mean over them",
                     job.index.data ? "index" : "X");
        goto done;
    }
    dW = (PyArrayObject *)PyArray_SimpleNew(2, PyArray_DIMS(a.W), NPY_FLOAT64);
    if (dW != NULL &&
        dp_matrix_view(dW, "the result", class_axis, 0, "W's shape", &job.dW) == 0 &&
        run(&job, h, forward, threads) == 0) {
        result = Py_NewRef((PyObject *)dW);
    }
done:
    Py_XDECREF(dW);
    dp_release(&a);
    return result;
}
