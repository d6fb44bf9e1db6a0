/* The optimizers' steps: elementwise updates of parameters w by gradients g. */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

#define DP_BODY "kernels/step/step.inc"
#include "kernels/expand.inc"

const dp_step_kernels *const dp_step_table[DP_TARGET_COUNT][DP_COMPUTE_COUNT] = {
#define TARGET(id, name)                                                               \
    [DP_TARGET_##id] = {&step_table_f32_##id, &step_table_f64_##id},
#include "kernels/targets.def"
#undef TARGET
};

/* The scalars, in double, are the same for every target and dtype: they exist once. */
#define DP_SCALARS
#include "kernels/steps.def"
#undef DP_SCALARS

const dp_step_scalars dp_step_scalars_table[DP_STEP_COUNT] = {
#define STEP(name, states, hypers) [DP_STEP_##name] = scalars_##name,
#include "kernels/steps.def"
#undef STEP
};

const dp_step_kind dp_step_kinds[DP_STEP_COUNT] = {
#define STEP(name, states, hypers) [DP_STEP_##name] = {#name, states, hypers},
#include "kernels/steps.def"
#undef STEP
};

#define STEP(name, states, hypers)                                                     \
    _Static_assert(states <= DP_STEP_STATES_MAX && hypers <= DP_STEP_HYPERS_MAX,       \
                   #name " needs larger limits in kernels.h");
#include "kernels/steps.def"
#undef STEP

dp_step_common
dp_step_common_at(const double common[DP_STEP_COMMON_HYPERS], double lr)
{
    return (dp_step_common){
        .scale = common[0],
        .clip = common[1],
        .l2 = common[2],
        .keep = 1.0 - (lr * common[3] + common[4]),
    };
}
