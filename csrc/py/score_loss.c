/* Bindings of the losses at score level, of the regularizers alone and of their proximal
 * step. */
#include "py/call.h"

/* score_loss(loss, s, y, out, parameter, grad, example_axis) -> value | (value, ds) */
PyObject *
dp_py_score_loss(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_arrays a = {0};
    PyArrayObject *ds = NULL;
    PyObject *result = NULL;
    void *owner = NULL;
    int example_axis;
    dp_matrix gradient = {0};
    dp_linear_job job = {.target = dp_get_state(module)->target};
    if (dp_check_nargs("score_loss", nargs, 7) < 0 ||
        dp_loss_named(args[0], &job.loss) < 0 ||
        dp_loss_parameter(args[4], job.loss, &job.parameter) < 0 ||
        dp_axis(args[6], "example_axis", "s is (N, C)", "s is (C, N)", &example_axis) <
            0) {
        return NULL;
    }
    const int grad = PyObject_IsTrue(args[5]);
    if (grad < 0) {
        return NULL;
    }
    job.goal = grad ? DP_LOSS_GRADIENT : DP_LOSS;
    a.X = dp_as_array(args[1], "s", 1);
    a.y = dp_as_array(args[2], "y", 0);
    if (a.X == NULL || a.y == NULL ||
        dp_matrix_view(a.X, "s", example_axis, 0,
                       example_axis == 0 ? "(N, C), one row of scores per example"
                                         : "(C, N), one column of scores per example",
                       &job.scores) < 0) {
        goto done;
    }
    const int soft = job.loss == DP_LOSS_softmax && dp_are_soft(a.y);
    if (!soft &&
        dp_ints_view(a.y, "y",
                     job.loss == DP_LOSS_softmax
                         ? "(N,), one integer label per example, or probabilities of "
                           "s's shape as floats"
                         : "(N,), one integer label per example",
                     &job.y) < 0) {
        goto done;
    }
    char text[DP_SHAPE_TEXT];
    if (job.scores.rows == 0 || job.scores.cols == 0) {
        PyErr_Format(PyExc_ValueError,
                     "s has shape %s; expected at least one example and one class",
                     dp_shape_text(a.X, text));
        goto done;
    }
    if (!soft && job.y.n != job.scores.rows) {
        PyErr_Format(PyExc_ValueError,
                     "y has shape %s; expected (N,) with N = %zd, the examples of s",
                     dp_shape_text(a.y, text), job.scores.rows);
        goto done;
    }
    job.W.rows = job.scores.cols;
    job.compute = dp_result_type(&job.scores, NULL, NULL);
    if (soft ? dp_soft_labels(a.y, example_axis, job.scores.rows, job.W.rows, "s", NULL,
                              &job.q) < 0
             : dp_check_labels(a.y, &job.y, NULL, job.W.rows) < 0) {
        goto done;
    }
    if (grad) {
        ds = dp_result_array(args[3], "out", 2, PyArray_DIMS(a.X),
                             dp_type_num(job.scores.storage));
        if (ds == NULL || (args[3] != Py_None && dp_refuse_overlap(ds, &a) < 0) ||
            dp_matrix_view(ds, "out", example_axis, 0, "s's shape", &gradient) < 0) {
            goto done;
        }
    }
    void *scratch = dp_scratch_memory(dp_score_loss_bytes(&job), &owner);
    if (scratch == NULL) {
        goto done;
    }
    dp_attention watch = {0};
    dp_detach(&watch, &job);
    const int stopped = dp_score_loss_run(&job, &gradient, scratch);
    dp_attach(&watch);
    if (stopped) {
        goto done;
    }
    result = grad ? Py_BuildValue("(dO)", job.value, (PyObject *)ds)
                  : PyFloat_FromDouble(job.value);
done:
    PyMem_RawFree(owner);
    Py_XDECREF(ds);
    dp_release(&a);
    return result;
}

/* W, and where what is made of it goes, `out` or a new array: into the job's views and
 * two new references. 0, or -1 with an exception and what is there to be released. */
static int
take_weights(PyObject *given, PyObject *out, int wanted, PyArrayObject **W,
             PyArrayObject **result, dp_linear_job *job)
{
    *W = dp_as_array(given, "W", 1);
    if (*W == NULL || dp_matrix_view(*W, "W", 0, 0, "(C, D)", &job->W) < 0) {
        return -1;
    }
    job->compute = dp_result_type(&job->W, NULL, NULL);
    if (!wanted) {
        return 0;
    }
    *result =
        dp_result_array(out, "out", 2, PyArray_DIMS(*W), dp_type_num(job->W.storage));
    if (*result == NULL ||
        dp_matrix_view(*result, "out", 0, 0, "W's shape", &job->dW) < 0) {
        return -1;
    }
    if (out != Py_None && out != (PyObject *)*W && dp_may_overlap(*result, *W)) {
        PyErr_SetString(PyExc_ValueError,
                        "out shares memory with W; expected W itself or memory of "
                        "its own");
        return -1;
    }
    return 0;
}

/* penalty(W, l1, l2, grad, out) -> value | (value, gradient) */
PyObject *
dp_py_penalty(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyArrayObject *W = NULL, *dW = NULL;
    PyObject *result = NULL;
    void *owner = NULL;
    dp_linear_job job = {.target = dp_get_state(module)->target};
    if (dp_check_nargs("penalty", nargs, 5) < 0 ||
        dp_float(args[1], "l1", 1, &job.l1) < 0 ||
        dp_float(args[2], "l2", 1, &job.l2) < 0) {
        return NULL;
    }
    const int grad = PyObject_IsTrue(args[3]);
    if (grad < 0) {
        return NULL;
    }
    if (take_weights(args[0], args[4], grad, &W, &dW, &job) < 0) {
        goto done;
    }
    void *scratch = dp_scratch_memory(dp_penalty_bytes(&job), &owner);
    if (scratch == NULL) {
        goto done;
    }
    PyThreadState *thread = PyEval_SaveThread();
    dp_penalty_run(&job, scratch);
    PyEval_RestoreThread(thread);
    result = grad ? Py_BuildValue("(dO)", job.value, (PyObject *)dW)
                  : PyFloat_FromDouble(job.value);
done:
    PyMem_RawFree(owner);
    Py_XDECREF(W);
    Py_XDECREF(dW);
    return result;
}

/* proximal_l1(W, threshold, out) -> the weights after the step */
PyObject *
dp_py_proximal_l1(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyArrayObject *W = NULL, *nearer = NULL;
    PyObject *result = NULL;
    void *owner = NULL;
    double threshold;
    dp_linear_job job = {.target = dp_get_state(module)->target};
    if (dp_check_nargs("proximal_l1", nargs, 3) < 0 ||
        dp_float(args[1], "threshold", 1, &threshold) < 0 ||
        take_weights(args[0], args[2], 1, &W, &nearer, &job) < 0) {
        goto done;
    }
    void *scratch = dp_scratch_memory(dp_penalty_bytes(&job), &owner);
    if (scratch == NULL) {
        goto done;
    }
    PyThreadState *thread = PyEval_SaveThread();
    dp_proximal_l1_run(&job, threshold, scratch);
    PyEval_RestoreThread(thread);
    Py_INCREF(nearer);
    result = (PyObject *)nearer;
done:
    PyMem_RawFree(owner);
    Py_XDECREF(W);
    Py_XDECREF(nearer);
    return result;
}
