/* The layers' functions in one table per target and dtype. */
#include "kernels/layer/layer.h"

#include <math.h>
#include <string.h>

#define DP_BODY "kernels/layer/layer.inc"
#include "kernels/expand.inc"

const dp_layer_kernels *const dp_layer_table[DP_TARGET_COUNT][DP_COMPUTE_COUNT] = {
#define TARGET(id, name)                                                               \
    [DP_TARGET_##id] = {&layer_table_f32_##id, &layer_table_f64_##id},
#include "kernels/targets.def"
#undef TARGET
};
