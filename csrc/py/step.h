/* What an optimizer's step needs that can be known before the first one. */
#ifndef DP_PY_STEP_H
#define DP_PY_STEP_H

#include "py/args.h"

#include "engine/step_run.h"

#define DP_STEP_PLAN_NAME "deeprob._core.step_plan"

/* An array as it was when the plan was made. */
typedef struct {
    PyArrayObject *array;
    const char *data;
    npy_intp *dims, *strides; /* ndim of each */
    int ndim, type_num;
} dp_kept;

typedef struct {
    uintptr_t low, high;
    Py_ssize_t owner; /* which of the kept arrays */
} dp_part;

typedef struct {
    dp_step step;
    int single;         /* the parameters are one array, not a tuple */
    Py_ssize_t n;       /* arrays of parameters */
    int operands;       /* kept arrays for each: the parameters and their states */
    PyObject *names[2]; /* of each array of parameters, and of its gradient: tuples */
    dp_kept *arrays;    /* n x operands */
    dp_part *extents;   /* all their memory: disjoint, ascending */
    Py_ssize_t parts;   /* how many extents */
    ptrdiff_t values;   /* in all parameters */
    dp_step_array *views;
    dp_step_gradient *gradients; /* n, those of the step at hand */
    int **order;                 /* n: the axes of each array, as its view has them */
    ptrdiff_t **strides;         /* n: the gradient's, in that order */
    dp_step_numbers *numbers;    /* n: those of the step at hand, if each has its own */
    atomic_flag busy;
    void *memory[9];
    int n_memory;
} dp_step_plan;

/* An optimizer's own hyperparameters, lr first, and those that all have in common. */
typedef struct {
    double own[DP_STEP_HYPERS_MAX];
    double common[DP_STEP_COMMON_HYPERS];
    int with_common;
} dp_hypers;

/* From a tuple of the step's own, or of its own and the common ones; -1 with an
 * exception. */
int
dp_step_hypers(PyObject *tuple, dp_step step, dp_hypers *h);

typedef enum { DP_STEP_PARAMS, DP_STEP_GRADS } dp_step_argument;

/* "grads['W']" and the like, in UTF-8, as long as the plan; NULL with an exception. */
const char *
dp_step_name(const dp_step_plan *p, dp_step_argument argument, Py_ssize_t k);

/* Strides (or lengths) of an array's axes in the order that its view has them. */
static inline void
dp_put_in_order(const int *order, int axes, const npy_intp *strides, ptrdiff_t *result)
{
    for (int i = 0; i < axes; i++) {
        result[i] = strides[order[i]];
    }
}

#endif
