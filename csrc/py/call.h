/* What the bindings of a pass share: the arrays of a call, memory, running with the GIL
 * released and Ctrl-C served, results. */
#ifndef DP_PY_CALL_H
#define DP_PY_CALL_H

#include "py/args.h"

#include <time.h>

#include "engine/linear_pass.h"

typedef struct {
    PyArrayObject *W, *X, *b, *y, *index;
} dp_arrays;

void
dp_release(dp_arrays *a);

/* W, X, b, y and index (the last three may be None) into `a` and the job's views, checked;
 * with `stacked` several W, of which job->W views the first. 0, or -1 with an exception
 * and what is in `a` to be released. */
int
dp_parse_arrays(PyObject *const *args, int stacked, int example_axis, int class_axis,
                dp_arrays *a, dp_linear_job *job);

/* 64-byte aligned memory of this size, freed by PyMem_RawFree(*owner); NULL with a
 * MemoryError. SIZE_MAX stands for a size that no machine has. */
void *
dp_scratch_memory(size_t bytes, void **owner);

/* Between dp_detach and dp_attach the GIL is released, and the job, if it is not NULL,
 * asks for signals now and then. */
typedef struct {
    PyThreadState *thread;
    struct timespec last;
} dp_attention;

void
dp_detach(dp_attention *a, dp_linear_job *job);

void
dp_attach(dp_attention *a);

/* What a job that is no linear one asks now and then: whether a signal has raised an
 * exception. `attention` is that of dp_detach. */
int
dp_interrupted(void *attention);

/* Plans and runs the job; 0 or -1 with an exception. */
int
dp_run_job(dp_linear_job *job, int threads);

/* The array `out`, if it is one of this shape and dtype, or a new one when it is None; a
 * new reference. */
PyArrayObject *
dp_result_array(PyObject *out, const char *name, int ndim, npy_intp *shape,
                int type_num);

/* -1 with an exception when a result shares memory with an input. */
int
dp_refuse_overlap(PyArrayObject *result, const dp_arrays *a);

#endif
