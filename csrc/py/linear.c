/* Bindings of a pass over the examples: scores, predictions, losses with gradients. */
#include "py/call.h"

static void
feature_mismatch(const dp_arrays *a, int example_axis, int class_axis, Py_ssize_t D)
{
    char W_text[DP_SHAPE_TEXT], X_text[DP_SHAPE_TEXT];
    const char *hint = "";
    const int stacked = PyArray_NDIM(a->W) == 3;
    const char *const name = stacked ? "Ws" : "W";
    if (PyArray_DIM(a->W, stacked + class_axis) == D) {
        hint = class_axis == 0
                   ? ". If your W is (D, C), as in the course's assignments, "
                     "pass class_axis=1"
                   : ". If your W is (C, D), as in the lecture, leave out "
                     "class_axis=1";
    }
    else if (PyArray_DIM(a->W, stacked + 1 - class_axis) ==
             PyArray_DIM(a->X, example_axis)) {
        hint = example_axis == 0 ? ". If your examples are the columns of X, as the "
                                   "lecture writes them, pass example_axis=1"
                                 : ". If your examples are the rows of X, leave out "
                                   "example_axis=1";
    }
    PyErr_Format(PyExc_ValueError,
                 "%s has shape %s; expected (%s%s) with D = %zd, the features of X, "
                 "whose shape is %s%s",
                 name, dp_shape_text(a->W, W_text), stacked ? "K, " : "",
                 class_axis == 0 ? "C, D" : "D, C", D, dp_shape_text(a->X, X_text),
                 hint);
}

static int
parse_W(PyObject *o, int stacked, int class_axis, dp_arrays *a, dp_linear_job *job)
{
    a->W = dp_as_array(o, stacked ? "Ws" : "W", 1);
    if (a->W == NULL) {
        return -1;
    }
    if (stacked) {
        return dp_stack_view(a->W, "Ws", class_axis,
                             class_axis == 0 ? "(K, C, D), K times the weights W"
                                             : "(K, D, C), K times the weights W",
                             &job->W);
    }
    return dp_matrix_view(a->W, "W", class_axis, 0,
                          class_axis == 0 ? "(C, D), one row of weights per class"
                                          : "(D, C), one column of weights per class",
                          &job->W);
}

int
dp_parse_arrays(PyObject *const *args, int stacked, int example_axis, int class_axis,
                dp_arrays *a, dp_linear_job *job)
{
    if (parse_W(args[0], stacked, class_axis, a, job) < 0) {
        return -1;
    }
    a->X = dp_as_array(args[1], "X", 1);
    if (a->X == NULL ||
        dp_matrix_view(a->X, "X", example_axis, 1,
                       example_axis == 0 ? "(N, D), one example per row"
                                         : "(D, N), one example per column",
                       &job->X) < 0) {
        return -1;
    }
    if (job->W.rows == 0 || job->X.cols == 0) {
        char text[DP_SHAPE_TEXT];
        const int no_class = job->W.rows == 0;
        PyErr_Format(PyExc_ValueError, "%s has shape %s; expected at least one %s",
                     !no_class ? "X"
                     : stacked ? "Ws"
                               : "W",
                     dp_shape_text(no_class ? a->W : a->X, text),
                     no_class ? "class" : "feature");
        return -1;
    }
    if (job->W.cols != job->X.cols) {
        feature_mismatch(a, example_axis, class_axis, job->X.cols);
        return -1;
    }
    if (args[2] != Py_None) {
        a->b = dp_as_array(args[2], "b", 1);
        if (a->b == NULL ||
            dp_vector_view(a->b, "b", "(C,) with C", job->W.rows, &job->b) < 0) {
            return -1;
        }
    }
    if (args[3] != Py_None) {
        char text[DP_SHAPE_TEXT];
        a->y = dp_as_array(args[3], "y", 0);
        if (a->y == NULL ||
            dp_ints_view(a->y, "y", "(N,), one integer label per example", &job->y) <
                0) {
            return -1;
        }
        if (job->y.n != job->X.rows) {
            PyErr_Format(
                PyExc_ValueError,
                "y has shape %s; expected (N,) with N = %zd, the examples of X",
                dp_shape_text(a->y, text), job->X.rows);
            return -1;
        }
    }
    if (args[4] != Py_None) {
        a->index = dp_as_array(args[4], "index", 0);
        if (a->index == NULL ||
            dp_ints_view(a->index, "index", "(n,), integer positions of examples",
                         &job->index) < 0 ||
            dp_check_index(a->index, &job->index, job->X.rows) < 0) {
            return -1;
        }
    }
    job->compute = dp_result_type(&job->W, &job->X, &job->b);
    return a->y == NULL ? 0 : dp_check_labels(a->y, &job->y, &job->index, job->W.rows);
}

/* scores(W, X, b, index, out, example_axis, class_axis, threads) */
PyObject *
dp_py_scores(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_arrays a = {0};
    PyArrayObject *out = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job job = {.goal = DP_SCORES, .target = dp_get_state(module)->target};
    if (dp_check_nargs("scores", nargs, 8) < 0 ||
        dp_axes(args[5], args[6], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[7], &threads) < 0) {
        return NULL;
    }
    PyObject *const inputs[] = {args[0], args[1], args[2], Py_None, args[3]};
    if (dp_parse_arrays(inputs, 0, example_axis, class_axis, &a, &job) < 0) {
        goto done;
    }
    npy_intp shape[2];
    shape[example_axis] = job.index.data ? job.index.n : job.X.rows;
    shape[1 - example_axis] = job.W.rows;
    out =
        dp_result_array(args[4], "out", 2, shape, dp_type_num((dp_storage)job.compute));
    if (out == NULL || (args[4] != Py_None && dp_refuse_overlap(out, &a) < 0) ||
        dp_matrix_view(out, "out", example_axis, 0, "scores", &job.scores) < 0) {
        goto done;
    }
    if (shape[example_axis] == 0 || dp_run_job(&job, threads) == 0) {
        result = Py_NewRef((PyObject *)out);
    }
done:
    Py_XDECREF(out);
    dp_release(&a);
    return result;
}

/* predict(W, X, b, y, index, out, example_axis, class_axis, threads) -> labels, or the
 * number of hits when y is given */
PyObject *
dp_py_predict(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_arrays a = {0};
    PyArrayObject *out = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job job = {.goal = DP_PREDICT, .target = dp_get_state(module)->target};
    if (dp_check_nargs("predict", nargs, 9) < 0 ||
        dp_axes(args[6], args[7], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[8], &threads) < 0 ||
        dp_parse_arrays(args, 0, example_axis, class_axis, &a, &job) < 0) {
        goto done;
    }
    npy_intp n = job.index.data ? job.index.n : job.X.rows;
    if (a.y != NULL) {
        if (n == 0) {
            PyErr_Format(PyExc_ValueError,
                         "%s has no examples; the accuracy of none is undefined",
                         job.index.data ? "index" : "X");
            goto done;
        }
        if (dp_run_job(&job, threads) == 0) {
            result = PyFloat_FromDouble((double)job.hits / (double)n);
        }
        goto done;
    }
    out = dp_result_array(args[5], "out", 1, &n, NPY_INT64);
    if (out == NULL || (args[5] != Py_None && dp_refuse_overlap(out, &a) < 0)) {
        goto done;
    }
    job.best = PyArray_BYTES(out);
    job.best_stride = PyArray_STRIDE(out, 0);
    if (n == 0 || dp_run_job(&job, threads) == 0) {
        result = Py_NewRef((PyObject *)out);
    }
done:
    Py_XDECREF(out);
    dp_release(&a);
    return result;
}

/* y may be None where scores are all that is asked for; a loss wants labels. */
static int
refuse_no_labels(PyObject *y)
{
    if (y != Py_None) {
        return 0;
    }
    PyErr_SetString(PyExc_TypeError, "y is None; expected (N,) integer labels");
    return -1;
}

/* A loss is a mean: over at least one example. */
static int
refuse_no_examples(const dp_linear_job *job)
{
    if ((job->index.data ? job->index.n : job->X.rows) > 0) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "%s has no examples; a loss is a mean over them",
                 job->index.data ? "index" : "X");
    return -1;
}

/* The gradients' arrays into *dW (as it is returned) and *db, and the job's views. */
static int
gradient_arrays(PyObject *out, int class_axis, const dp_arrays *a, PyArrayObject **dW,
                PyArrayObject **db, dp_linear_job *job)
{
    npy_intp shape[2] = {job->W.rows, job->W.cols};
    const int type_num = dp_type_num(job->W.storage);
    if (out != Py_None) {
        *dW = dp_result_array(out, "out", 2, PyArray_DIMS(a->W), type_num);
        if (*dW != NULL && ((a->y && dp_may_overlap(*dW, a->y)) ||
                            (a->index && dp_may_overlap(*dW, a->index)))) {
            Py_CLEAR(*dW); /* X, W and b are read to their end before dW is written */
            PyErr_SetString(PyExc_ValueError, "out shares memory with y or index");
        }
    }
    else {
        *dW = dp_result_array(Py_None, "out", 2, shape, type_num);
        if (*dW != NULL && class_axis == 1) {
            PyArrayObject *view = (PyArrayObject *)PyArray_Transpose(*dW, NULL);
            Py_SETREF(*dW, view);
        }
    }
    if (*dW == NULL ||
        dp_matrix_view(*dW, "out", class_axis, 0, "W's shape", &job->dW) < 0) {
        return -1;
    }
    if (a->b != NULL) {
        *db = dp_result_array(Py_None, "db", 1, shape, dp_type_num(job->b.storage));
        if (*db == NULL ||
            dp_vector_view(*db, "db", "(C,) with C", shape[0], &job->db) < 0) {
            return -1;
        }
    }
    return 0;
}

/* linear_loss(loss, W, X, y, b, index, out, parameter, l1, l2, grad, example_axis,
 * class_axis, threads) -> value | (value, dW) | (value, dW, db) */
PyObject *
dp_py_linear_loss(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_arrays a = {0};
    PyArrayObject *labels = NULL, *dW = NULL, *db = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job job = {.target = dp_get_state(module)->target};
    if (dp_check_nargs("linear_loss", nargs, 14) < 0 ||
        dp_loss_named(args[0], &job.loss) < 0 ||
        dp_loss_parameter(args[7], job.loss, &job.parameter) < 0 ||
        dp_float(args[8], "l1", 1, &job.l1) < 0 ||
        dp_float(args[9], "l2", 1, &job.l2) < 0 ||
        dp_axes(args[11], args[12], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[13], &threads) < 0) {
        return NULL;
    }
    const int grad = PyObject_IsTrue(args[10]);
    if (grad < 0) {
        return NULL;
    }
    job.goal = grad ? DP_LOSS_GRADIENT : DP_LOSS;
    if (refuse_no_labels(args[3]) < 0) {
        return NULL;
    }
    labels = dp_as_array(args[3], "y", 0);
    if (labels == NULL) {
        goto done;
    }
    const int soft = job.loss == DP_LOSS_softmax && dp_are_soft(labels);
    PyObject *const y = soft ? Py_None : (PyObject *)labels;
    PyObject *const inputs[] = {args[1], args[2], args[4], y, args[5]};
    if (dp_parse_arrays(inputs, 0, example_axis, class_axis, &a, &job) < 0 ||
        refuse_no_examples(&job) < 0) {
        goto done;
    }
    if (soft) {
        a.y = (PyArrayObject *)Py_NewRef((PyObject *)labels);
        if (dp_soft_labels(a.y, example_axis, job.X.rows, job.W.rows, "X", &job.index,
                           &job.q) < 0) {
            goto done;
        }
    }
    if (grad && gradient_arrays(args[6], class_axis, &a, &dW, &db, &job) < 0) {
        goto done;
    }
    if (dp_run_job(&job, threads) < 0) {
        goto done;
    }
    if (!grad) {
        result = PyFloat_FromDouble(job.value);
    }
    else if (db == NULL) {
        result = Py_BuildValue("(dO)", job.value, (PyObject *)dW);
    }
    else {
        result = Py_BuildValue("(dOO)", job.value, (PyObject *)dW, (PyObject *)db);
    }
done:
    Py_XDECREF(labels);
    Py_XDECREF(dW);
    Py_XDECREF(db);
    dp_release(&a);
    return result;
}

/* Makes job->W, a view of the first of the stacked W, one of them all: (K * C, D). A W
 * whose classes are not evenly spaced is copied to *copy. */
static int
stack_models(PyArrayObject *W, int class_axis, dp_linear_job *job, PyArrayObject **copy)
{
    job->models = PyArray_DIM(W, 0);
    if (job->models > 1 && PyArray_STRIDE(W, 0) != job->W.rows * job->W.row_stride) {
        npy_intp order[] = {0, 1 + class_axis, 2 - class_axis};
        PyArray_Dims axes = {.ptr = order, .len = 3};
        PyArrayObject *turned = (PyArrayObject *)PyArray_Transpose(W, &axes);
        if (turned == NULL) {
            return -1;
        }
        *copy = (PyArrayObject *)PyArray_NewCopy(turned, NPY_CORDER);
        Py_DECREF(turned);
        if (*copy == NULL) {
            return -1;
        }
        job->W.data = PyArray_BYTES(*copy);
        job->W.row_stride = PyArray_STRIDE(*copy, 1);
        job->W.col_stride = PyArray_STRIDE(*copy, 2);
    }
    job->W.rows *= job->models;
    return 0;
}

/* linear_losses(loss, Ws, X, y, index, out, parameter, l1, l2, example_axis, class_axis,
 * threads) -> values */
PyObject *
dp_py_linear_losses(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_arrays a = {0};
    PyArrayObject *copy = NULL, *out = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job job = {.goal = DP_LOSS, .target = dp_get_state(module)->target};
    if (dp_check_nargs("linear_losses", nargs, 12) < 0 ||
        dp_loss_named(args[0], &job.loss) < 0 ||
        dp_loss_parameter(args[6], job.loss, &job.parameter) < 0 ||
        dp_float(args[7], "l1", 1, &job.l1) < 0 ||
        dp_float(args[8], "l2", 1, &job.l2) < 0 ||
        dp_axes(args[9], args[10], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[11], &threads) < 0) {
        return NULL;
    }
    if (refuse_no_labels(args[3]) < 0) {
        return NULL;
    }
    PyObject *const inputs[] = {args[1], args[2], Py_None, args[3], args[4]};
    if (dp_parse_arrays(inputs, 1, example_axis, class_axis, &a, &job) < 0 ||
        refuse_no_examples(&job) < 0) {
        goto done;
    }
    out = dp_result_array(args[5], "out", 1, PyArray_DIMS(a.W), NPY_DOUBLE);
    if (out == NULL || (args[5] != Py_None && dp_refuse_overlap(out, &a) < 0)) {
        goto done;
    }
    job.values = PyArray_BYTES(out);
    job.values_stride = PyArray_STRIDE(out, 0);
    if (PyArray_DIM(a.W, 0) == 0 || (stack_models(a.W, class_axis, &job, &copy) == 0 &&
                                     dp_run_job(&job, threads) == 0)) {
        result = Py_NewRef((PyObject *)out);
    }
done:
    Py_XDECREF(copy);
    Py_XDECREF(out);
    dp_release(&a);
    return result;
}

/* linear_hvp(loss, WV, X, y, index, parameter, l2, example_axis, class_axis, threads) ->
 * products: of the Hessian at WV[0] with the others, as an array of their shape */
PyObject *
dp_py_linear_hvp(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    dp_arrays a = {0};
    PyArrayObject *copy = NULL, *out = NULL, *view = NULL;
    PyObject *result = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job job = {.goal = DP_CURVATURE, .target = dp_get_state(module)->target};
    if (dp_check_nargs("linear_hvp", nargs, 10) < 0 ||
        dp_loss_named(args[0], &job.loss) < 0 ||
        dp_loss_parameter(args[5], job.loss, &job.parameter) < 0 ||
        dp_float(args[6], "l2", 1, &job.l2) < 0 ||
        dp_axes(args[7], args[8], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[9], &threads) < 0) {
        return NULL;
    }
    if (dp_loss_table[job.target][DP_f64]->curvature[job.loss].product == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "the loss %R has no second derivative: expected one of those that "
                     "have, such as 'softmax' and 'squared_hinge'",
                     args[0]);
        return NULL;
    }
    if (refuse_no_labels(args[3]) < 0) {
        return NULL;
    }
    PyObject *const inputs[] = {args[1], args[2], Py_None, args[3], args[4]};
    if (dp_parse_arrays(inputs, 1, example_axis, class_axis, &a, &job) < 0 ||
        refuse_no_examples(&job) < 0) {
        goto done;
    }
    if (PyArray_DIM(a.W, 0) < 2) {
        PyErr_SetString(PyExc_ValueError, "WV holds no directions beside W");
        goto done;
    }
    npy_intp shape[3] = {PyArray_DIM(a.W, 0) - 1, job.W.rows, job.W.cols};
    npy_intp rows[2] = {shape[0] * shape[1], shape[2]};
    out = (PyArrayObject *)PyArray_SimpleNew(2, rows, dp_type_num(job.W.storage));
    if (out == NULL || stack_models(a.W, class_axis, &job, &copy) < 0 ||
        dp_matrix_view(out, "out", 0, 0, "stacked products", &job.dW) < 0 ||
        dp_run_job(&job, threads) < 0) {
        goto done;
    }
    PyArray_Dims dims = {.ptr = shape, .len = 3};
    view = (PyArrayObject *)PyArray_Newshape(out, &dims, NPY_CORDER);
    if (view != NULL && class_axis == 1) {
        npy_intp order[] = {0, 2, 1};
        PyArray_Dims axes = {.ptr = order, .len = 3};
        result = PyArray_Transpose(view, &axes);
    }
    else {
        result = Py_XNewRef((PyObject *)view);
    }
done:
    Py_XDECREF(view);
    Py_XDECREF(copy);
    Py_XDECREF(out);
    dp_release(&a);
    return result;
}
