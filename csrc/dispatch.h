/* Which SIMD target this process uses: chosen once, when the module is imported. */
#ifndef DP_DISPATCH_H
#define DP_DISPATCH_H

#include "kernels/kernels.h"

const char *
dp_target_name(dp_target target);

/* Whether this CPU (and operating system) runs the target's instructions. */
int
dp_target_supported(dp_target target);

typedef enum { DP_CHOSEN, DP_UNKNOWN_NAME, DP_UNSUPPORTED } dp_choice;

/* The target called `name`, or the best supported one when name is NULL or empty. */
dp_choice
dp_target_choose(const char *name, dp_target *chosen);

#endif
