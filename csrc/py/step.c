/* A step of an optimizer: that the plan's arrays are still what they were, the gradients,
 * the run. All arrays are checked before the first one is changed.
 */
#include "py/step.h"

/* Work of more values than this, some 20 us, releases the GIL. */
#define RELEASE 65536
#define RELEASE_STRIDED 8192

static int
same_numbers(const npy_intp *a, const npy_intp *b, int n)
{
    int same = 1;
    for (int i = 0; i < n; i++) {
        same &= a[i] == b[i];
    }
    return same;
}

static int
is_unchanged(const dp_kept *k)
{
    PyArrayObject *a = k->array;
    return PyArray_BYTES(a) == k->data && PyArray_NDIM(a) == k->ndim &&
           PyArray_TYPE(a) == k->type_num && PyArray_ISWRITEABLE(a) &&
           PyArray_ISNOTSWAPPED(a) && same_numbers(PyArray_DIMS(a), k->dims, k->ndim) &&
           same_numbers(PyArray_STRIDES(a), k->strides, k->ndim);
}

/* Whether memory that is not empty meets the plan's own. */
static int
meets(const dp_step_plan *p, PyArrayObject *g)
{
    uintptr_t low, high;
    dp_extent(g, &low, &high);
    Py_ssize_t first = 0, end = p->parts; /* the first part that ends above low */
    while (first < end) {
        const Py_ssize_t middle = first + (end - first) / 2;
        if (p->extents[middle].high <= low) {
            first = middle + 1;
        }
        else {
            end = middle;
        }
    }
    return first < p->parts && p->extents[first].low < high && low < high;
}

/* Raises unless o is a gradient for array k. */
static int
check_gradient(const dp_step_plan *p, Py_ssize_t k, PyObject *o, const char *name)
{
    char text[DP_SHAPE_TEXT], expected[DP_SHAPE_TEXT];
    const dp_kept *w = &p->arrays[k * p->operands];
    if (!PyArray_Check(o) || dp_is_masked(o)) {
        PyErr_Format(
            PyExc_TypeError,
            "%s is a %s; expected a numpy.ndarray of the parameters' shape %s%s", name,
            Py_TYPE(o)->tp_name, dp_shape_text(w->array, expected),
            PyTuple_Check(o) && PyTuple_GET_SIZE(o) == 2
                ? ": of (loss, gradient) the gradient alone"
                : "");
        return -1;
    }
    PyArrayObject *g = (PyArrayObject *)o;
    if (PyArray_NDIM(g) != w->ndim || !PyArray_SAMESHAPE(g, w->array)) {
        PyErr_Format(PyExc_ValueError,
                     "%s has shape %s; expected the parameters' shape %s", name,
                     dp_shape_text(g, text), dp_shape_text(w->array, expected));
        return -1;
    }
    if (PyArray_TYPE(g) != w->type_num) {
        PyErr_Format(PyExc_TypeError,
                     "%s has dtype %S; expected the parameters' %S: convert it with "
                     "%s.astype(np.%S)",
                     name, (PyObject *)PyArray_DESCR(g),
                     (PyObject *)PyArray_DESCR(w->array), name,
                     (PyObject *)PyArray_DESCR(w->array));
        return -1;
    }
    if (dp_check_byte_order(g, name) < 0) {
        return -1;
    }
    if (meets(p, g)) {
        PyErr_Format(PyExc_ValueError,
                     "%s shares memory with the parameters or their states, or lies "
                     "between their elements; expected memory of its own",
                     name);
        return -1;
    }
    return 0;
}

/* The checks of a step of array k, the quick way; then what explains the failure. */
static int
take_gradient(dp_step_plan *p, Py_ssize_t k, PyObject *o)
{
    const dp_kept *const w = &p->arrays[k * p->operands];
    for (int i = 0; i < p->operands; i++) {
        if (!is_unchanged(&w[i])) {
            const char *name = dp_step_name(p, DP_STEP_PARAMS, k);
            if (name != NULL) {
                PyErr_Format(PyExc_ValueError,
                             "%s %s other memory, shape or flags than when the "
                             "optimizer was made; make a new one",
                             name, i == 0 ? "has" : "has a state that has");
            }
            return -1;
        }
    }
    PyArrayObject *const g = (PyArrayObject *)o;
    if (!PyArray_CheckExact(o) || PyArray_NDIM(g) != w->ndim ||
        !same_numbers(PyArray_DIMS(g), w->dims, w->ndim) ||
        PyArray_TYPE(g) != w->type_num || !PyArray_ISNOTSWAPPED(g) || meets(p, g)) {
        const char *name = dp_step_name(p, DP_STEP_GRADS, k);
        if (name == NULL || check_gradient(p, k, o, name) < 0) {
            return -1;
        }
    }
    dp_put_in_order(p->order[k], p->views[k].axes, PyArray_STRIDES(g), p->strides[k]);
    p->gradients[k] =
        dp_step_gradient_of(&p->views[k], PyArray_BYTES(g), p->strides[k]);
    return 0;
}

/* The numbers of step t from a tuple of hyperparameters. */
static int
parse_numbers(long long t, PyObject *hyper, dp_step step, dp_step_numbers *numbers)
{
    dp_hypers h = {0};
    if (dp_step_hypers(hyper, step, &h) < 0) {
        return -1;
    }
    dp_step_scalars_table[step](h.own, t, numbers->scalars);
    numbers->with_common = h.with_common;
    if (h.with_common) {
        numbers->common = dp_step_common_at(h.common, h.own[0]);
    }
    return 0;
}

/* Those of the job: of all arrays alike, put to `all`, or of each array, from a tuple of
 * tuples. Arrays of one group pass the same tuple, which is read once. */
static int
parse_hyper(PyObject *t, PyObject *hyper, dp_step_plan *p, dp_step_numbers *all,
            dp_step_job *job)
{
    const long long number = PyLong_AsLongLong(t);
    if (number == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (number < 1) {
        PyErr_Format(PyExc_ValueError, "t is %R; expected at least 1", t);
        return -1;
    }
    const Py_ssize_t n = PyTuple_Check(hyper) ? PyTuple_GET_SIZE(hyper) : 0;
    job->each = n > 0 && PyTuple_Check(PyTuple_GET_ITEM(hyper, 0));
    job->numbers = job->each ? p->numbers : all;
    if (!job->each) {
        return parse_numbers(number, hyper, p->step, all);
    }
    if (n != p->n) {
        PyErr_Format(PyExc_TypeError,
                     "hyper has %zd tuples; expected one for each of "
                     "%zd arrays",
                     n, p->n);
        return -1;
    }
    for (Py_ssize_t k = 0; k < n; k++) {
        PyObject *own = PyTuple_GET_ITEM(hyper, k);
        if (k > 0 && own == PyTuple_GET_ITEM(hyper, k - 1)) {
            p->numbers[k] = p->numbers[k - 1];
        }
        else if (parse_numbers(number, own, p->step, &p->numbers[k]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The plan of a capsule, marked as busy, when grads has its form. */
static dp_step_plan *
begin(PyObject *capsule, PyObject *grads)
{
    dp_step_plan *const p = PyCapsule_GetPointer(capsule, DP_STEP_PLAN_NAME);
    if (p == NULL) {
        return NULL;
    }
    if (!p->single && (!PyTuple_Check(grads) || PyTuple_GET_SIZE(grads) != p->n)) {
        PyErr_SetString(PyExc_TypeError, "grads is no tuple of as many arrays");
        return NULL;
    }
    if (atomic_flag_test_and_set(&p->busy)) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the optimizer is taking a step already, in another thread");
        return NULL;
    }
    return p;
}

static PyObject *
gradient_at(const dp_step_plan *p, PyObject *grads, Py_ssize_t k)
{
    return p->single ? grads : PyTuple_GET_ITEM(grads, k);
}

/* step(plan, t, hyper, grads, threads) -> t; grads is an array when the plan is of a
 * single one, and a tuple of arrays otherwise; hyper is a tuple of numbers, or one such
 * tuple for each array. */
PyObject *
dp_py_step(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int threads, strided = 0;
    PyObject *result = NULL;
    if (dp_check_nargs("step", nargs, 5) < 0) {
        return NULL;
    }
    dp_step_plan *const p = begin(args[0], args[3]);
    if (p == NULL) {
        return NULL;
    }
    dp_step_job job = {.target = dp_get_state(module)->target,
                       .step = p->step,
                       .n_arrays = p->n,
                       .n = p->values,
                       .arrays = p->views,
                       .gradients = p->gradients};
    dp_step_numbers all;
    if (dp_threads(module, args[4], &threads) < 0 ||
        parse_hyper(args[1], args[2], p, &all, &job) < 0) {
        goto done;
    }
    for (Py_ssize_t k = 0; k < p->n; k++) {
        if (take_gradient(p, k, gradient_at(p, args[3], k)) < 0) {
            goto done;
        }
        strided |= !p->gradients[k].dense;
    }
    if (p->values > (strided ? RELEASE_STRIDED : RELEASE)) {
        PyThreadState *thread = PyEval_SaveThread();
        dp_step_run(&job, threads);
        PyEval_RestoreThread(thread);
    }
    else {
        dp_step_run(&job, 1);
    }
    result = Py_NewRef(args[1]);
done:
    atomic_flag_clear(&p->busy);
    return result;
}

/* check_gradients(plan, grads): raises what step would raise of them; changes nothing. */
PyObject *
dp_py_check_gradients(PyObject *Py_UNUSED(module), PyObject *const *args,
                      Py_ssize_t nargs)
{
    PyObject *result = NULL;
    if (dp_check_nargs("check_gradients", nargs, 2) < 0) {
        return NULL;
    }
    dp_step_plan *const p = begin(args[0], args[1]);
    if (p == NULL) {
        return NULL;
    }
    for (Py_ssize_t k = 0; k < p->n; k++) {
        if (take_gradient(p, k, gradient_at(p, args[1], k)) < 0) {
            goto done;
        }
    }
    result = Py_NewRef(Py_None);
done:
    atomic_flag_clear(&p->busy);
    return result;
}
