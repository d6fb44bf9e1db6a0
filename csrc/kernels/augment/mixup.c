/* mixup.inc for every dtype that images may have and every one that is computed in. */
#include "kernels/augment/augment.h"

#include <string.h>

#define S uint8_t
#define T float
#define NAME mixup_u8_f32
#define WITH_STRIDES strided_u8_f32
#include "kernels/augment/mixup.inc"

#define S uint8_t
#define T double
#define NAME mixup_u8_f64
#define WITH_STRIDES strided_u8_f64
#include "kernels/augment/mixup.inc"

#define S float
#define T float
#define NAME mixup_f32_f32
#define WITH_STRIDES strided_f32_f32
#include "kernels/augment/mixup.inc"

#define S float
#define T double
#define NAME mixup_f32_f64
#define WITH_STRIDES strided_f32_f64
#include "kernels/augment/mixup.inc"

#define S double
#define T float
#define NAME mixup_f64_f32
#define WITH_STRIDES strided_f64_f32
#include "kernels/augment/mixup.inc"

#define S double
#define T double
#define NAME mixup_f64_f64
#define WITH_STRIDES strided_f64_f64
#include "kernels/augment/mixup.inc"

dp_mixup_kernel *const dp_mixup_table[DP_STORAGE_COUNT][DP_COMPUTE_COUNT] = {
    [DP_STORE_u8] = {[DP_f32] = mixup_u8_f32, [DP_f64] = mixup_u8_f64},
    [DP_STORE_f32] = {[DP_f32] = mixup_f32_f32, [DP_f64] = mixup_f32_f64},
    [DP_STORE_f64] = {[DP_f32] = mixup_f64_f32, [DP_f64] = mixup_f64_f64},
};
