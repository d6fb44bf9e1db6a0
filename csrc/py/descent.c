/* Binding of gradient descent on a linear loss, many steps a call. */
#include "py/call.h"

#include "engine/descent.h"
#include "py/step.h"

/* What descend() was given: arrays it holds on to, and the descent. */
typedef struct {
    dp_arrays a;
    PyArrayObject *states[DP_STEP_STATES_MAX];
    PyArrayObject *rates, *sizes, *losses, *times;
    dp_hypers hypers;
    dp_linear_job linear;
    dp_descent d;
} call;

static void
release(call *c)
{
    for (int k = 0; k < DP_STEP_STATES_MAX; k++) {
        Py_XDECREF(c->states[k]);
    }
    Py_XDECREF(c->rates);
    Py_XDECREF(c->sizes);
    Py_XDECREF(c->losses);
    Py_XDECREF(c->times);
    dp_release(&c->a);
}

static int
parse_step(PyObject *name, PyObject *hypers, call *c)
{
    for (int k = 0; PyUnicode_Check(name) && k < DP_STEP_COUNT; k++) {
        if (PyUnicode_CompareWithASCIIString(name, dp_step_kinds[k].name) != 0) {
            continue;
        }
        c->d.step = (dp_step)k;
        if (dp_step_hypers(hypers, c->d.step, &c->hypers) < 0) {
            return -1;
        }
        c->d.hyper = c->hypers.own;
        c->d.common = c->hypers.with_common ? c->hypers.common : NULL;
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "step is %R; expected one of deeprob.optim.NAMES",
                 name);
    return -1;
}

/* A contiguous vector of at least n values of that dtype, as an array; NULL with an
 * exception. */
static PyArrayObject *
vector(PyObject *o, const char *name, int type_num, ptrdiff_t n, int writable)
{
    PyArrayObject *a = PyArray_Check(o) ? (PyArrayObject *)o : NULL;
    if (a == NULL || PyArray_NDIM(a) != 1 || PyArray_TYPE(a) != type_num ||
        !PyArray_ISCARRAY_RO(a) || (writable && !PyArray_ISWRITEABLE(a)) ||
        PyArray_DIM(a, 0) < n) {
        PyErr_Format(PyExc_ValueError,
                     "%s: expected a contiguous vector of at least %zd %s", name,
                     (Py_ssize_t)n, type_num == NPY_INT64 ? "int64" : "float64");
        return NULL;
    }
    return (PyArrayObject *)Py_NewRef(o);
}

/* W, which is stepped, and the states, all of one shape and dtype, all apart. */
static int
parse_stepped(PyObject *states, int class_axis, call *c)
{
    const int n = dp_step_kinds[c->d.step].states;
    PyArrayObject *const W = c->a.W;
    if ((int)c->linear.W.storage != (int)c->linear.compute) {
        PyErr_SetString(PyExc_TypeError,
                        "W has dtype float32 beside a float64 X; expected float64");
        return -1;
    }
    if (dp_check_out((PyObject *)W, "W", 2, PyArray_DIMS(W), PyArray_TYPE(W)) == NULL) {
        return -1;
    }
    if (!PyTuple_Check(states) || PyTuple_GET_SIZE(states) != n) {
        PyErr_Format(PyExc_TypeError, "states is %R; expected a tuple of %d arrays",
                     states, n);
        return -1;
    }
    for (int k = 0; k < n; k++) {
        PyObject *state = PyTuple_GET_ITEM(states, k);
        if (dp_check_out(state, "states", 2, PyArray_DIMS(W), PyArray_TYPE(W)) ==
            NULL) {
            return -1;
        }
        c->states[k] = (PyArrayObject *)Py_NewRef(state);
        if (dp_matrix_view(c->states[k], "states", class_axis, 0, "W's shape",
                           &c->d.states[k]) < 0) {
            return -1;
        }
    }
    PyArrayObject *const all[] = {
        c->a.X,       c->a.y,       c->a.index,   W,
        c->rates,     c->sizes,     c->losses,    c->times,
        c->states[0], c->states[1], c->states[2], c->states[3]};
    const int count = (int)(sizeof all / sizeof *all);
    for (int i = 0; i < count; i++) {
        const int written = all[i] != NULL && (i == 3 || i >= 6);
        for (int j = 0; written && j < count; j++) {
            if (j != i && all[j] != NULL && dp_may_overlap(all[i], all[j])) {
                PyErr_SetString(PyExc_ValueError,
                                "W, states, losses and times must not share memory "
                                "with each other or with what is read");
                return -1;
            }
        }
    }
    return 0;
}

/* The batches' sizes, which add up to the index's positions. */
static int
check_sizes(call *c)
{
    ptrdiff_t left = c->linear.index.n;
    for (ptrdiff_t k = 0; k < c->d.steps; k++) {
        if (c->d.sizes[k] < 1 || c->d.sizes[k] > (int64_t)left) {
            PyErr_SetString(PyExc_ValueError,
                            "sizes: expected at least 1 each, and no more in all than "
                            "index has positions");
            return -1;
        }
        left -= (ptrdiff_t)c->d.sizes[k];
        if (c->d.sizes[k] > (int64_t)c->d.largest) {
            c->d.largest = (ptrdiff_t)c->d.sizes[k];
        }
    }
    return 0;
}

/* descend(loss, W, X, y, index, sizes, parameter, l1, l2, example_axis, class_axis,
 * threads, step, hyper, states, rates, t, seconds, losses, times, done): takes as many
 * steps as there are rates, or fewer when `seconds` have passed; their number goes to
 * done[0], also when Ctrl-C raises. index and sizes may be None: all examples. */
PyObject *
dp_py_descend(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    call c = {.linear = {.goal = DP_LOSS_GRADIENT}};
    PyObject *result = NULL;
    PyArrayObject *done = NULL;
    void *owner = NULL;
    int example_axis, class_axis, threads;
    dp_linear_job *job = &c.linear;
    job->target = dp_get_state(module)->target;
    c.d.linear = job;
    if (dp_check_nargs("descend", nargs, 21) < 0 ||
        dp_loss_named(args[0], &job->loss) < 0 ||
        dp_loss_parameter(args[6], job->loss, &job->parameter) < 0 ||
        dp_float(args[7], "l1", 1, &job->l1) < 0 ||
        dp_float(args[8], "l2", 1, &job->l2) < 0 ||
        dp_axes(args[9], args[10], &example_axis, &class_axis) < 0 ||
        dp_threads(module, args[11], &threads) < 0 ||
        parse_step(args[12], args[13], &c) < 0 ||
        dp_float(args[17], "seconds", 1, &c.d.seconds) < 0) {
        return NULL;
    }
    c.d.t = PyLong_AsLongLong(args[16]);
    if (c.d.t == -1 && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *const inputs[] = {args[1], args[2], Py_None, args[3], args[4]};
    if (dp_parse_arrays(inputs, 0, example_axis, class_axis, &c.a, job) < 0) {
        goto finish;
    }
    c.rates = vector(args[15], "rates", NPY_DOUBLE, 0, 0);
    if (c.rates == NULL) {
        goto finish;
    }
    c.d.steps = PyArray_DIM(c.rates, 0);
    c.losses = vector(args[18], "losses", NPY_DOUBLE, c.d.steps, 1);
    c.times = vector(args[19], "times", NPY_DOUBLE, c.d.steps, 1);
    done = vector(args[20], "done", NPY_INT64, 1, 1);
    if (c.losses == NULL || c.times == NULL || done == NULL) {
        goto finish;
    }
    if (args[5] != Py_None) {
        c.sizes = vector(args[5], "sizes", NPY_INT64, c.d.steps, 0);
        if (c.sizes == NULL) {
            goto finish;
        }
        c.d.sizes = PyArray_DATA(c.sizes);
    }
    if ((c.d.sizes != NULL) != (c.a.index != NULL) || job->y.data == NULL ||
        job->X.rows == 0 || c.d.t < 0 || c.d.t > INT64_MAX / 2) {
        PyErr_SetString(PyExc_ValueError,
                        "expected examples, y, t of at least 0, and index and sizes "
                        "both or neither");
        goto finish;
    }
    c.d.rates = PyArray_DATA(c.rates);
    c.d.losses = PyArray_DATA(c.losses);
    c.d.times = PyArray_DATA(c.times);
    int64_t *const taken = PyArray_DATA(done);
    *taken = 0;
    if (parse_stepped(args[14], class_axis, &c) < 0 ||
        (c.d.sizes != NULL && check_sizes(&c) < 0)) {
        goto finish;
    }
    if (c.d.steps == 0) {
        result = Py_NewRef(Py_None);
        goto finish;
    }
    void *scratch = dp_scratch_memory(dp_descent_bytes(&c.d, threads), &owner);
    if (scratch == NULL) {
        goto finish;
    }
    dp_attention watch = {0};
    dp_detach(&watch, job);
    const int stopped = dp_descent_run(&c.d, threads, scratch);
    dp_attach(&watch);
    *taken = (int64_t)c.d.done;
    if (!stopped) {
        result = Py_NewRef(Py_None);
    }
finish:
    PyMem_RawFree(owner);
    Py_XDECREF(done);
    release(&c);
    return result;
}
