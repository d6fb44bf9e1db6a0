/* The linear family: packing, scores s = W x + b, weight gradient, regularizers. */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

#define DP_BODY "kernels/linear/linear.inc"
#include "kernels/expand.inc"

const dp_linear_kernels *const dp_linear_table[DP_TARGET_COUNT][DP_COMPUTE_COUNT] = {
#define TARGET(id, name)                                                               \
    [DP_TARGET_##id] = {&linear_table_f32_##id, &linear_table_f64_##id},
#include "kernels/targets.def"
#undef TARGET
};
