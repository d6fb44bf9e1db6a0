/* The plan of an optimizer's steps: the parameters and states, that no two of them share
 * memory, and how to walk them.
 */
#include "py/step.h"

#include <stdlib.h>
#include <string.h>

static void
free_plan(dp_step_plan *p)
{
    for (Py_ssize_t i = 0; p->arrays != NULL && i < p->n * p->operands; i++) {
        Py_XDECREF(p->arrays[i].array);
    }
    Py_XDECREF(p->names[DP_STEP_PARAMS]);
    Py_XDECREF(p->names[DP_STEP_GRADS]);
    for (int i = 0; i < p->n_memory; i++) {
        PyMem_Free(p->memory[i]);
    }
    PyMem_Free(p);
}

static void
destroy(PyObject *capsule)
{
    free_plan(PyCapsule_GetPointer(capsule, DP_STEP_PLAN_NAME));
}

/* Zeroed memory that lives as long as the plan. */
static void *
plan_memory(dp_step_plan *p, size_t count, size_t size)
{
    void *memory = PyMem_Calloc(count == 0 ? 1 : count, size);
    if (memory == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    return p->memory[p->n_memory++] = memory;
}

const char *
dp_step_name(const dp_step_plan *p, dp_step_argument argument, Py_ssize_t k)
{
    PyObject *name = PyTuple_GetItem(p->names[argument], k);
    return name == NULL ? NULL : PyUnicode_AsUTF8(name);
}

static int
compute_of(int type_num)
{
    return type_num == NPY_FLOAT    ? (int)DP_f32
           : type_num == NPY_DOUBLE ? (int)DP_f64
                                    : -1;
}

/* Raises unless o is an array that a step can change in place. */
static int
check_parameters(PyObject *o, const char *name)
{
    if (!PyArray_Check(o) || dp_is_masked(o)) {
        PyErr_Format(PyExc_TypeError,
                     "%s is a %s; expected a numpy.ndarray of float32 or float64, "
                     "which steps change in place",
                     name, Py_TYPE(o)->tp_name);
        return -1;
    }
    PyArrayObject *a = (PyArrayObject *)o;
    if (compute_of(PyArray_TYPE(a)) < 0) {
        PyErr_Format(PyExc_TypeError,
                     "%s has dtype %S; expected float32 or float64: pass an array of "
                     "%s.astype(np.float64), and keep it: steps change it in place",
                     name, (PyObject *)PyArray_DESCR(a), name);
        return -1;
    }
    if (dp_check_byte_order(a, name) < 0) {
        return -1;
    }
    if (!PyArray_ISWRITEABLE(a)) {
        PyErr_Format(PyExc_TypeError,
                     "%s is read-only; expected a writable array, which steps change "
                     "in place: pass a copy of it",
                     name);
        return -1;
    }
    if (dp_overlaps_itself(a)) {
        PyErr_Format(PyExc_ValueError,
                     "%s has elements that share memory, as with stride 0; expected an "
                     "array whose elements are all distinct",
                     name);
        return -1;
    }
    return 0;
}

static PyArrayObject *
zeros_like(PyArrayObject *a)
{
    PyArrayObject *zeros =
        (PyArrayObject *)PyArray_NewLikeArray(a, NPY_KEEPORDER, NULL, 0);
    if (zeros != NULL) {
        memset(PyArray_DATA(zeros), 0, (size_t)PyArray_NBYTES(zeros));
    }
    return zeros;
}

/* The state that is given, checked against its parameters. */
static PyArrayObject *
given_state(PyObject *states, Py_ssize_t at, PyArrayObject *w)
{
    PyObject *o = PySequence_GetItem(states, at);
    if (o != NULL && check_parameters(o, "a state") == 0 &&
        PyArray_TYPE((PyArrayObject *)o) == PyArray_TYPE(w) &&
        PyArray_SAMESHAPE((PyArrayObject *)o, w)) {
        return (PyArrayObject *)o;
    }
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError,
                        "a state has not its parameters' shape and dtype");
    }
    Py_XDECREF(o);
    return NULL;
}

static void
keep(dp_kept *k, PyArrayObject *a, npy_intp *dims)
{
    const int ndim = PyArray_NDIM(a);
    *k = (dp_kept){.array = (PyArrayObject *)Py_NewRef((PyObject *)a),
                   .data = PyArray_BYTES(a),
                   .dims = dims,
                   .strides = dims + ndim,
                   .ndim = ndim,
                   .type_num = PyArray_TYPE(a)};
    for (int i = 0; i < ndim; i++) {
        k->dims[i] = PyArray_DIM(a, i);
        k->strides[i] = PyArray_STRIDE(a, i);
    }
}

static int
by_address(const void *a, const void *b)
{
    const dp_part *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

/* numpy.shares_memory: 1, 0 or -1 with an exception; 1 also when it is too hard to say. */
static int
shares_memory(PyArrayObject *a, PyArrayObject *b)
{
    PyObject *numpy = PyImport_ImportModule("numpy");
    PyObject *shared = numpy == NULL
                           ? NULL
                           : PyObject_CallMethod(numpy, "shares_memory", "OOi",
                                                 (PyObject *)a, (PyObject *)b, 100000);
    Py_XDECREF(numpy);
    if (shared == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_RuntimeError)) {
            return -1;
        }
        PyErr_Clear();
        return 1;
    }
    const int yes = PyObject_IsTrue(shared);
    Py_DECREF(shared);
    return yes;
}

/* Finds all memory, refuses arrays that share some, and joins what interleaves. */
static int
map_memory(dp_step_plan *p)
{
    const Py_ssize_t all = p->n * p->operands;
    dp_part *const e = p->extents;
    Py_ssize_t used = 0;
    for (Py_ssize_t i = 0; i < all; i++) {
        dp_extent(p->arrays[i].array, &e[used].low, &e[used].high);
        e[used].owner = i;
        used += e[used].low < e[used].high;
    }
    qsort(e, (size_t)used, sizeof *e, by_address);
    for (Py_ssize_t i = 0; i < used; i++) {
        for (Py_ssize_t j = i + 1; j < used && e[j].low < e[i].high; j++) {
            const Py_ssize_t x = e[i].owner < e[j].owner ? e[i].owner : e[j].owner;
            const Py_ssize_t y = e[i].owner + e[j].owner - x;
            const int shared = shares_memory(p->arrays[x].array, p->arrays[y].array);
            if (shared == 0) {
                continue;
            }
            const char *first =
                shared < 0 ? NULL : dp_step_name(p, DP_STEP_PARAMS, x / p->operands);
            const char *second =
                first == NULL ? NULL : dp_step_name(p, DP_STEP_PARAMS, y / p->operands);
            if (second != NULL) {
                PyErr_Format(PyExc_ValueError,
                             "%s shares memory with %s; expected arrays of their own: "
                             "pass each once",
                             second, first);
            }
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < used; i++) {
        if (p->parts > 0 && e[i].low < e[p->parts - 1].high) {
            e[p->parts - 1].high =
                e[i].high > e[p->parts - 1].high ? e[i].high : e[p->parts - 1].high;
        }
        else {
            e[p->parts++] = e[i];
        }
    }
    return 0;
}

/* The view of array k: its axes longer than 1, by descending stride of the parameters.
 * numbers: room for (2 + operands) x ndim of them. */
static void
make_view(dp_step_plan *p, Py_ssize_t k, ptrdiff_t *numbers, int *order)
{
    const dp_kept *const w = &p->arrays[k * p->operands];
    dp_step_array *const view = &p->views[k];
    int axes = 0;
    for (int i = 0; i < w->ndim; i++) {
        int at = axes;
        if (w->dims[i] == 1) {
            continue;
        }
        const npy_intp length = w->strides[i] < 0 ? -w->strides[i] : w->strides[i];
        for (; at > 0; at--) {
            const npy_intp before = w->strides[order[at - 1]];
            if ((before < 0 ? -before : before) >= length) {
                break;
            }
            order[at] = order[at - 1];
        }
        order[at] = i;
        axes++;
    }
    p->order[k] = order;
    p->strides[k] = numbers;
    ptrdiff_t *const shape = numbers + w->ndim;
    dp_put_in_order(order, axes, w->dims, shape);
    *view = (dp_step_array){.compute = (dp_compute)compute_of(w->type_num),
                            .states = p->operands - 1,
                            .axes = axes,
                            .shape = shape};
    for (int i = 0; i < p->operands; i++) {
        ptrdiff_t *const strides = shape + (i + 1) * w->ndim;
        dp_put_in_order(order, axes, w[i].strides, strides);
        if (i == 0) {
            view->w = PyArray_BYTES(w->array);
            view->w_stride = strides;
        }
        else {
            view->state[i - 1] = PyArray_BYTES(w[i].array);
            view->state_stride[i - 1] = strides;
        }
    }
}

/* Everything but the arrays themselves; they are checked. */
static int
fill_plan(dp_step_plan *p, PyArrayObject *const *arrays)
{
    const size_t n = (size_t)p->n, operands = (size_t)p->operands;
    size_t axes = 0;
    for (size_t k = 0; k < n; k++) {
        axes += (size_t)PyArray_NDIM(arrays[k * operands]);
    }
    npy_intp *dims = plan_memory(p, axes * operands, 2 * sizeof *dims);
    ptrdiff_t *numbers = plan_memory(p, axes * (2 + operands), sizeof *numbers);
    int *order = plan_memory(p, axes, sizeof *order);
    p->arrays = plan_memory(p, n * operands, sizeof *p->arrays);
    p->extents = plan_memory(p, n * operands, sizeof *p->extents);
    p->views = plan_memory(p, n, sizeof *p->views + sizeof *p->gradients);
    p->order = plan_memory(p, n, sizeof *p->order);
    p->strides = plan_memory(p, n, sizeof *p->strides);
    p->numbers = plan_memory(p, n, sizeof *p->numbers);
    if (dims == NULL || numbers == NULL || order == NULL || p->arrays == NULL ||
        p->extents == NULL || p->views == NULL || p->order == NULL ||
        p->strides == NULL || p->numbers == NULL) {
        return -1;
    }
    p->gradients = (dp_step_gradient *)(p->views + n);
    for (size_t i = 0; i < n * operands; i++) {
        keep(&p->arrays[i], arrays[i], dims);
        dims += 2 * PyArray_NDIM(arrays[i]);
    }
    for (size_t k = 0; k < n; k++) {
        const int ndim = p->arrays[k * operands].ndim;
        make_view(p, (Py_ssize_t)k, numbers, order);
        numbers += (2 + p->operands) * ndim;
        order += ndim;
    }
    dp_step_prepare(p->views, p->n);
    for (size_t k = 0; k < n; k++) {
        p->values += p->views[k].n;
    }
    return map_memory(p);
}

static int
step_named(PyObject *o, dp_step *step)
{
    for (int k = 0; PyUnicode_Check(o) && k < DP_STEP_COUNT; k++) {
        if (PyUnicode_CompareWithASCIIString(o, dp_step_kinds[k].name) == 0) {
            *step = (dp_step)k;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError, "step is %R; expected a name in steps.def", o);
    return -1;
}

/* Parameters and states, n x operands new references, into arrays. */
static int
collect(const dp_step_plan *p, PyObject *params, PyObject *states,
        PyArrayObject **arrays)
{
    for (Py_ssize_t k = 0; k < p->n; k++) {
        const char *name = dp_step_name(p, DP_STEP_PARAMS, k);
        PyObject *w = name == NULL ? NULL : PySequence_GetItem(params, k);
        arrays[k * p->operands] = (PyArrayObject *)w;
        if (w == NULL || check_parameters(w, name) < 0) {
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < p->n * p->operands; i++) {
        PyArrayObject *w = arrays[i - i % p->operands];
        if (i % p->operands != 0) {
            arrays[i] = states == Py_None
                            ? zeros_like(w)
                            : given_state(states, i - i / p->operands - 1, w);
        }
        if (arrays[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

/* Whether o is a tuple of n texts. */
static int
are_names(PyObject *o, Py_ssize_t n)
{
    int good = PyTuple_Check(o) && PyTuple_GET_SIZE(o) == n;
    for (Py_ssize_t k = 0; good && k < n; k++) {
        good = PyUnicode_Check(PyTuple_GET_ITEM(o, k));
    }
    return good;
}

/* step_plan(step, params, states, names, grad_names, single) -> (plan, states)
 *
 * params: a tuple of arrays; states: a flat tuple, those of the first array first, or
 * None for zeros; names and grad_names: what messages call each array and its gradient. */
PyObject *
dp_py_step_plan(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    PyArrayObject **arrays = NULL;
    PyObject *result = NULL, *states = NULL, *capsule = NULL;
    dp_step_plan *p = NULL;
    Py_ssize_t all = 0;
    dp_step step;
    if (dp_check_nargs("step_plan", nargs, 6) < 0 || step_named(args[0], &step) < 0) {
        return NULL;
    }
    const int single = PyObject_IsTrue(args[5]);
    const int operands = 1 + dp_step_kinds[step].states;
    if (!PyTuple_Check(args[1]) || !are_names(args[3], PyTuple_GET_SIZE(args[1])) ||
        !are_names(args[4], PyTuple_GET_SIZE(args[1])) || single < 0 ||
        (args[2] != Py_None &&
         (!PyTuple_Check(args[2]) ||
          PyTuple_GET_SIZE(args[2]) != PyTuple_GET_SIZE(args[1]) * (operands - 1)))) {
        PyErr_SetString(PyExc_TypeError, "step_plan takes tuples that fit together");
        return NULL;
    }
    p = PyMem_Calloc(1, sizeof *p);
    if (p == NULL) {
        return PyErr_NoMemory();
    }
    p->step = step;
    p->single = single;
    p->n = PyTuple_GET_SIZE(args[1]);
    p->operands = operands;
    p->names[DP_STEP_PARAMS] = Py_NewRef(args[3]);
    p->names[DP_STEP_GRADS] = Py_NewRef(args[4]);
    atomic_flag_clear(&p->busy);
    all = p->n * operands;
    arrays = PyMem_Calloc((size_t)all + 1, sizeof *arrays);
    if (arrays == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    if (collect(p, args[1], args[2], arrays) < 0 || fill_plan(p, arrays) < 0) {
        goto done;
    }
    states = PyTuple_New(all - p->n);
    for (Py_ssize_t i = 0, s = 0; states != NULL && i < all; i++) {
        if (i % operands != 0) {
            PyTuple_SET_ITEM(states, s++, Py_NewRef((PyObject *)arrays[i]));
        }
    }
    capsule = states == NULL ? NULL : PyCapsule_New(p, DP_STEP_PLAN_NAME, destroy);
    if (capsule != NULL) {
        p = NULL; /* the capsule's, from here on */
        result = PyTuple_Pack(2, capsule, states);
    }
done:
    for (Py_ssize_t i = 0; arrays != NULL && i < all; i++) {
        Py_XDECREF((PyObject *)arrays[i]);
    }
    PyMem_Free(arrays);
    if (p != NULL) {
        free_plan(p);
    }
    Py_XDECREF(states);
    Py_XDECREF(capsule);
    return result;
}

/* steps() -> {name: (states, hyperparameters)} */
PyObject *
dp_py_steps(PyObject *Py_UNUSED(module), PyObject *const *Py_UNUSED(args),
            Py_ssize_t nargs)
{
    if (dp_check_nargs("steps", nargs, 0) < 0) {
        return NULL;
    }
    PyObject *all = PyDict_New();
    for (int k = 0; all != NULL && k < DP_STEP_COUNT; k++) {
        PyObject *counts =
            Py_BuildValue("(ii)", dp_step_kinds[k].states, dp_step_kinds[k].hypers);
        if (counts == NULL ||
            PyDict_SetItemString(all, dp_step_kinds[k].name, counts) < 0) {
            Py_CLEAR(all);
        }
        Py_XDECREF(counts);
    }
    return all;
}
