/* The losses: block functions over a class-major tile of scores. */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

#define DP_BODY "kernels/loss/loss.inc"
#include "kernels/expand.inc"

const dp_loss_kernels *const dp_loss_table[DP_TARGET_COUNT][DP_COMPUTE_COUNT] = {
#define TARGET(id, name)                                                               \
    [DP_TARGET_##id] = {&loss_table_f32_##id, &loss_table_f64_##id},
#include "kernels/targets.def"
#undef TARGET
};
