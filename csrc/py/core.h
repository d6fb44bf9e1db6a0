/* What every binding includes: Python, NumPy, the module's state and its functions.
 *
 * Only the files in this folder, and module.c, know of Python. Functions are
 * METH_FASTCALL with positional arguments: names, defaults and documentation live in
 * the Python functions that call them.
 */
#ifndef DP_PY_CORE_H
#define DP_PY_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL deeprob_ARRAY_API
#ifndef DP_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>
#include <stdatomic.h>

#include "dispatch.h"

typedef struct {
    dp_target target;
    atomic_int threads; /* the default for calls that do not say */
} dp_state;

static inline dp_state *
dp_get_state(PyObject *module)
{
    return PyModule_GetState(module);
}

#define DP_FUNCTION(name)                                                              \
    PyObject *name(PyObject *module, PyObject *const *args, Py_ssize_t nargs)

DP_FUNCTION(dp_py_scores);
DP_FUNCTION(dp_py_predict);
DP_FUNCTION(dp_py_linear_loss);
DP_FUNCTION(dp_py_linear_losses);
DP_FUNCTION(dp_py_linear_hvp);
DP_FUNCTION(dp_py_linear_numeric);
DP_FUNCTION(dp_py_values_around);
DP_FUNCTION(dp_py_naive_loss);
DP_FUNCTION(dp_py_score_loss);
DP_FUNCTION(dp_py_penalty);
DP_FUNCTION(dp_py_proximal_l1);
DP_FUNCTION(dp_py_step_plan);
DP_FUNCTION(dp_py_step);
DP_FUNCTION(dp_py_check_gradients);
DP_FUNCTION(dp_py_steps);
DP_FUNCTION(dp_py_descend);
DP_FUNCTION(dp_py_as_array);
DP_FUNCTION(dp_py_check_options);
DP_FUNCTION(dp_py_losses);
DP_FUNCTION(dp_py_targets);
DP_FUNCTION(dp_py_get_num_threads);
DP_FUNCTION(dp_py_set_num_threads);
DP_FUNCTION(dp_py_elementwise);
DP_FUNCTION(dp_py_line_search);
DP_FUNCTION(dp_py_line_search_tell);
DP_FUNCTION(dp_py_lbfgs);
DP_FUNCTION(dp_py_lbfgs_tell);
DP_FUNCTION(dp_py_lbfgs_renew);
DP_FUNCTION(dp_py_lbfgs_array);
DP_FUNCTION(dp_py_lbfgs_numbers);
DP_FUNCTION(dp_py_bfgs_update);
DP_FUNCTION(dp_py_dot);
DP_FUNCTION(dp_py_landscapes);
DP_FUNCTION(dp_py_landscape_grid);
DP_FUNCTION(dp_py_landscape_at);
DP_FUNCTION(dp_py_relu);
DP_FUNCTION(dp_py_relu_backward);
DP_FUNCTION(dp_py_dropout);
DP_FUNCTION(dp_py_add_scaled);
DP_FUNCTION(dp_py_add_bias);
DP_FUNCTION(dp_py_sum_rows);
DP_FUNCTION(dp_py_batch_norm);
DP_FUNCTION(dp_py_batch_norm_apply);
DP_FUNCTION(dp_py_batch_norm_backward);
DP_FUNCTION(dp_py_cutout);
DP_FUNCTION(dp_py_flip);
DP_FUNCTION(dp_py_crop);
DP_FUNCTION(dp_py_mixup);

#endif
