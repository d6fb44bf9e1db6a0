#include "py/call.h"

void
dp_release(dp_arrays *a)
{
    Py_XDECREF(a->W);
    Py_XDECREF(a->X);
    Py_XDECREF(a->b);
    Py_XDECREF(a->y);
    Py_XDECREF(a->index);
}

void *
dp_scratch_memory(size_t bytes, void **owner)
{
    if (bytes > (size_t)PTRDIFF_MAX - 64) {
        PyErr_SetString(PyExc_MemoryError, "the arrays are too large for this machine");
        return NULL;
    }
    *owner = PyMem_RawMalloc(bytes + 64);
    if (*owner == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    return (void *)(((uintptr_t)*owner + 63) / 64 * 64);
}

/* Looks for signals every 50 ms: Ctrl-C feels immediate below 100. */
int
dp_interrupted(void *attention)
{
    dp_attention *a = attention;
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    const long long passed = (long long)(now.tv_sec - a->last.tv_sec) * 1000000000 +
                             (now.tv_nsec - a->last.tv_nsec);
    if (passed < 50000000) {
        return 0;
    }
    a->last = now;
    PyEval_RestoreThread(a->thread);
    const int stop = PyErr_CheckSignals() != 0;
    a->thread = PyEval_SaveThread();
    return stop;
}

void
dp_detach(dp_attention *a, dp_linear_job *job)
{
    if (clock_gettime(CLOCK_MONOTONIC, &a->last) == 0 && job != NULL) {
        job->interrupted = dp_interrupted;
        job->interrupted_context = a;
    }
    a->thread = PyEval_SaveThread();
}

void
dp_attach(dp_attention *a)
{
    PyEval_RestoreThread(a->thread);
}

int
dp_run_job(dp_linear_job *job, int threads)
{
    void *owner = NULL;
    const dp_linear_plan plan = dp_linear_make_plan(job, threads);
    void *scratch = dp_scratch_memory(plan.bytes, &owner);
    if (scratch == NULL) {
        return -1;
    }
    dp_attention a = {0};
    dp_detach(&a, job);
    const int stopped = dp_linear_run(job, &plan, scratch);
    dp_attach(&a);
    PyMem_RawFree(owner);
    return stopped ? -1 : 0;
}

PyArrayObject *
dp_result_array(PyObject *out, const char *name, int ndim, npy_intp *shape,
                int type_num)
{
    if (out != Py_None) {
        return (PyArrayObject *)Py_XNewRef(
            (PyObject *)dp_check_out(out, name, ndim, shape, type_num));
    }
    return (PyArrayObject *)PyArray_SimpleNew(ndim, shape, type_num);
}

int
dp_refuse_overlap(PyArrayObject *result, const dp_arrays *a)
{
    PyArrayObject *const inputs[] = {a->W, a->X, a->b, a->y, a->index};
    static const char *const names[] = {"W", "X", "b", "y", "index"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (inputs[i] != NULL && dp_may_overlap(result, inputs[i])) {
            PyErr_Format(PyExc_ValueError,
                         "out shares memory with %s; expected memory of its own",
                         i == 0 && PyArray_NDIM(a->W) == 3 ? "Ws" : names[i]);
            return -1;
        }
    }
    return 0;
}
