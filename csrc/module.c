/* The module deeprob._core: its functions, its state, its one choice of a SIMD target. */
#define DP_IMPORTS_NUMPY
#include "py/core.h"

#include <stdio.h>
#include <stdlib.h>

#include "parallel.h"

PyMODINIT_FUNC
PyInit__core(void);

/* The cast that METH_FASTCALL asks for, by way of a function type that matches any. */
#define FAST(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef methods[] = {
    {"scores", FAST(dp_py_scores), METH_FASTCALL,
     "scores($module, W, X, b, index, out, example_axis, class_axis, threads, "
     "/)\n--\n\n"
     "See deeprob.scores."},
    {"predict", FAST(dp_py_predict), METH_FASTCALL,
     "predict($module, W, X, b, y, index, out, example_axis, class_axis, threads, "
     "/)\n--\n\n"
     "Labels, or with y the share of examples predicted right. See deeprob.predict."},
    {"linear_loss", FAST(dp_py_linear_loss), METH_FASTCALL,
     "linear_loss($module, loss, W, X, y, b, index, out, parameter, l1, l2, grad, "
     "example_axis, class_axis, threads, /)\n--\n\n"
     "See deeprob.softmax_loss."},
    {"linear_losses", FAST(dp_py_linear_losses), METH_FASTCALL,
     "linear_losses($module, loss, Ws, X, y, index, out, parameter, l1, l2, "
     "example_axis, class_axis, threads, /)\n--\n\n"
     "See deeprob.Objective.values."},
    {"linear_hvp", FAST(dp_py_linear_hvp), METH_FASTCALL,
     "linear_hvp($module, loss, WV, X, y, index, parameter, l2, example_axis, "
     "class_axis, threads, /)\n--\n\n"
     "See deeprob.Objective.hvp."},
    {"linear_numeric", FAST(dp_py_linear_numeric), METH_FASTCALL,
     "linear_numeric($module, loss, W, X, y, b, index, parameter, l1, l2, h, forward, "
     "example_axis, class_axis, threads, /)\n--\n\n"
     "The numeric gradient with respect to W. See deeprob.numeric_gradient."},
    {"values_around", FAST(dp_py_values_around), METH_FASTCALL,
     "values_around($module, f, args, memory, shadow, index, offsets, base, scalar, "
     "imaginary, /)\n--\n\n"
     "f with one entry moved after the other. See deeprob.numeric_gradient."},
    {"naive_loss", FAST(dp_py_naive_loss), METH_FASTCALL,
     "naive_loss($module, loss, W, X, y, reg, /)\n--\n\n"
     "See deeprob.cs231n.svm_loss_naive."},
    {"score_loss", FAST(dp_py_score_loss), METH_FASTCALL,
     "score_loss($module, loss, s, y, out, parameter, grad, example_axis, /)\n--\n\n"
     "See deeprob.softmax_cross_entropy."},
    {"penalty", FAST(dp_py_penalty), METH_FASTCALL,
     "penalty($module, W, l1, l2, grad, out, /)\n--\n\n"
     "See deeprob.elastic_net."},
    {"proximal_l1", FAST(dp_py_proximal_l1), METH_FASTCALL,
     "proximal_l1($module, W, threshold, out, /)\n--\n\n"
     "See deeprob.proximal_l1."},
    {"step_plan", FAST(dp_py_step_plan), METH_FASTCALL,
     "step_plan($module, step, params, states, names, grad_names, single, /)\n--\n\n"
     "What a step over these arrays needs, prepared; and their states."},
    {"step", FAST(dp_py_step), METH_FASTCALL,
     "step($module, plan, t, hyper, grads, threads, /)\n--\n\n"
     "Step t of an optimizer; returns t. See deeprob.optim."},
    {"check_gradients", FAST(dp_py_check_gradients), METH_FASTCALL,
     "check_gradients($module, plan, grads, /)\n--\n\n"
     "Raise what step would raise of the gradients; change nothing."},
    {"steps", FAST(dp_py_steps), METH_FASTCALL,
     "steps($module, /)\n--\n\n"
     "The steps: {name: (states, hyperparameters)}."},
    {"descend", FAST(dp_py_descend), METH_FASTCALL,
     "descend($module, loss, W, X, y, index, sizes, parameter, l1, l2, example_axis, "
     "class_axis, threads, step, hyper, states, rates, t, seconds, losses, times, "
     "done, "
     "/)\n--\n\n"
     "See deeprob.gradient_descent."},
    {"as_array", FAST(dp_py_as_array), METH_FASTCALL,
     "as_array($module, o, name, floating, /)\n--\n\n"
     "o as an array, or an error that names the argument."},
    {"check_options", FAST(dp_py_check_options), METH_FASTCALL,
     "check_options($module, example_axis, class_axis, threads, /)\n--\n\n"
     "Raise what a call with these would raise."},
    {"losses", FAST(dp_py_losses), METH_FASTCALL,
     "losses($module, /)\n--\n\nThe losses: {name: {parameter: default}}."},
    {"targets", FAST(dp_py_targets), METH_FASTCALL,
     "targets($module, /)\n--\n\n"
     "The SIMD target in use, and which of those built run here."},
    {"get_num_threads", FAST(dp_py_get_num_threads), METH_FASTCALL,
     "get_num_threads($module, /)\n--\n\nSee deeprob.get_num_threads."},
    {"set_num_threads", FAST(dp_py_set_num_threads), METH_FASTCALL,
     "set_num_threads($module, threads, /)\n--\n\nSee deeprob.set_num_threads."},
    {"elementwise", FAST(dp_py_elementwise), METH_FASTCALL,
     "elementwise($module, function, x, /)\n--\n\n"
     "The project's own exp or log1p, for tests."},
    {"line_search", FAST(dp_py_line_search), METH_FASTCALL,
     "line_search($module, f, slope, step, options, /)\n--\n\n"
     "A line search of Moré and Thuente begun; see csrc/engine/line_search.h."},
    {"line_search_tell", FAST(dp_py_line_search_tell), METH_FASTCALL,
     "line_search_tell($module, search, f, slope, /)\n--\n\n"
     "(state, next step, best step, improved)."},
    {"lbfgs", FAST(dp_py_lbfgs), METH_FASTCALL,
     "lbfgs($module, x0, m, single, options, /)\n--\n\n"
     "L-BFGS begun at x0. See deeprob.LBFGS."},
    {"lbfgs_tell", FAST(dp_py_lbfgs_tell), METH_FASTCALL,
     "lbfgs_tell($module, lbfgs, f, g, /)\n--\n\n"
     "Takes f and its gradient at the trial point; the state."},
    {"lbfgs_renew", FAST(dp_py_lbfgs_renew), METH_FASTCALL,
     "lbfgs_renew($module, lbfgs, f, g, /)\n--\n\n"
     "Replaces f and its gradient at the iterate; the state."},
    {"lbfgs_array", FAST(dp_py_lbfgs_array), METH_FASTCALL,
     "lbfgs_array($module, lbfgs, name, /)\n--\n\n"
     "A copy of one of its arrays."},
    {"lbfgs_numbers", FAST(dp_py_lbfgs_numbers), METH_FASTCALL,
     "lbfgs_numbers($module, lbfgs, /)\n--\n\n"
     "(state, f, slope, scale, step, promised, iteration, evaluations, resets, "
     "pairs)."},
    {"bfgs_update", FAST(dp_py_bfgs_update), METH_FASTCALL,
     "bfgs_update($module, H, s, y, g, /)\n--\n\n"
     "Updates the inverse Hessian H by s and y, unless s is None; the direction -H g."},
    {"dot", FAST(dp_py_dot), METH_FASTCALL,
     "dot($module, a, b, /)\n--\n\n"
     "The sum of a[i] b[i], in the engine's order."},
    {"landscapes", FAST(dp_py_landscapes), METH_FASTCALL,
     "landscapes($module, /)\n--\n\n"
     "The landscapes of two variables: {name: how many parameters}."},
    {"landscape_grid", FAST(dp_py_landscape_grid), METH_FASTCALL,
     "landscape_grid($module, name, parameters, x, y, threads, /)\n--\n\n"
     "See deeprob.landscapes.Landscape.grid."},
    {"landscape_at", FAST(dp_py_landscape_at), METH_FASTCALL,
     "landscape_at($module, name, parameters, points, order, threads, /)\n--\n\n"
     "Values, values and gradients, or Hessians of one point or many."},
    {"relu", FAST(dp_py_relu), METH_FASTCALL,
     "relu($module, x, out, threads, /)\n--\n\n"
     "out = max(x, 0)."},
    {"relu_backward", FAST(dp_py_relu_backward), METH_FASTCALL,
     "relu_backward($module, grad, y, out, threads, /)\n--\n\n"
     "out = grad where y > 0, else 0."},
    {"dropout", FAST(dp_py_dropout), METH_FASTCALL,
     "dropout($module, x, bits, threshold, scale, out, threads, /)\n--\n\n"
     "out = scale x where bits >= threshold, else 0."},
    {"add_scaled", FAST(dp_py_add_scaled), METH_FASTCALL,
     "add_scaled($module, x, y, scale, out, threads, /)\n--\n\n"
     "out = x + scale y."},
    {"add_bias", FAST(dp_py_add_bias), METH_FASTCALL,
     "add_bias($module, x, b, threads, /)\n--\n\n"
     "x += b, in place."},
    {"sum_rows", FAST(dp_py_sum_rows), METH_FASTCALL,
     "sum_rows($module, grad, out, threads, /)\n--\n\n"
     "out = the sum of the rows of grad."},
    {"batch_norm", FAST(dp_py_batch_norm), METH_FASTCALL,
     "batch_norm($module, x, gamma, beta, eps, mean, inv_std, out, threads, /)\n--\n\n"
     "out = gamma (x - mean) inv_std + beta; mean and inv_std are written, too."},
    {"batch_norm_apply", FAST(dp_py_batch_norm_apply), METH_FASTCALL,
     "batch_norm_apply($module, x, gamma, beta, mean, inv_std, out, threads, /)\n--\n\n"
     "The same with the mean and inv_std given."},
    {"batch_norm_backward", FAST(dp_py_batch_norm_backward), METH_FASTCALL,
     "batch_norm_backward($module, grad, x, gamma, mean, inv_std, dgamma, dbeta, out, "
     "training, threads, /)\n--\n\n"
     "The gradients of batch_norm, or without training of batch_norm_apply."},
    {"cutout", FAST(dp_py_cutout), METH_FASTCALL,
     "cutout($module, images, out, boxes, fill, threads, /)\n--\n\n"
     "See deeprob.augment.cutout."},
    {"flip", FAST(dp_py_flip), METH_FASTCALL,
     "flip($module, images, out, flipped, columns, threads, /)\n--\n\n"
     "See deeprob.augment.flip."},
    {"crop", FAST(dp_py_crop), METH_FASTCALL,
     "crop($module, images, out, corners, threads, /)\n--\n\n"
     "See deeprob.augment.crop."},
    {"mixup", FAST(dp_py_mixup), METH_FASTCALL,
     "mixup($module, images, out, partners, weights, threads, /)\n--\n\n"
     "See deeprob.augment.mixup."},
    {NULL, NULL, 0, NULL},
};

static int
refuse_target(const char *name)
{
    char supported[200] = "";
    size_t used = 0;
    for (int t = 0; t < DP_TARGET_COUNT && used < sizeof supported; t++) {
        if (dp_target_supported((dp_target)t)) {
            const int n = snprintf(supported + used, sizeof supported - used, " %s",
                                   dp_target_name((dp_target)t));
            used += n > 0 ? (size_t)n : 0;
        }
    }
    PyErr_Format(
        PyExc_ImportError,
        "DEEPROB_TARGET is '%s', which this CPU does not support; it supports:%s", name,
        supported);
    return -1;
}

/* The target named by DEEPROB_TARGET, or the best one. A wrong name is an error, never
 * silently another target. */
static int
choose_target(dp_state *state)
{
    const char *name = getenv("DEEPROB_TARGET");
    switch (dp_target_choose(name, &state->target)) {
        case DP_CHOSEN:
            return 0;
        case DP_UNSUPPORTED:
            return refuse_target(name);
        case DP_UNKNOWN_NAME:
            break;
    }
    PyErr_Format(PyExc_ImportError, "DEEPROB_TARGET is '%s'; expected one of:"
#define TARGET(id, name) " " name
#include "kernels/targets.def"
#undef TARGET
                 ,
                 name);
    return -1;
}

static int
exec_module(PyObject *module)
{
    if (PyArray_ImportNumPyAPI() < 0) {
        return -1;
    }
    if (dp_parallel_init() != 0) {
        PyErr_SetString(PyExc_ImportError, "the thread pool's fork handler failed");
        return -1;
    }
    dp_state *state = dp_get_state(module);
    atomic_init(&state->threads, 1);
    return choose_target(state);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)exec_module},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "deeprob._core",
    .m_doc =
        "The C kernels of deeprob; the documented functions are in deeprob itself.",
    .m_size = sizeof(dp_state),
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
