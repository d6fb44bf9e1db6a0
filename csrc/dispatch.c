#include "dispatch.h"

#include <string.h>

static const char *const names[DP_TARGET_COUNT] = {
#define TARGET(id, name) [DP_TARGET_##id] = name,
#include "kernels/targets.def"
#undef TARGET
};

const char *
dp_target_name(dp_target target)
{
    return names[target];
}

/* __builtin_cpu_supports also asks whether the operating system saves the registers. */
int
dp_target_supported(dp_target target)
{
#if defined(DP_EMULATE)
    (void)target; /* the emulated kernels run wherever this build does */
    return 1;
#else
    switch (target) {
#if DP_HAVE_X86
        case DP_TARGET_x86_v4:
            return dp_target_supported(DP_TARGET_x86_v3) &&
                   __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512cd") &&
                   __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl");
        case DP_TARGET_x86_v3:
            return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                   __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
#endif
        default: /* NEON is part of AArch64, the baseline of everything */
            return 1;
    }
#endif
}

dp_choice
dp_target_choose(const char *name, dp_target *chosen)
{
    const int any = name == NULL || name[0] == '\0';
    for (int t = 0; t < DP_TARGET_COUNT; t++) {
        if (any ? dp_target_supported((dp_target)t) : strcmp(name, names[t]) == 0) {
            *chosen = (dp_target)t;
            return dp_target_supported(*chosen) ? DP_CHOSEN : DP_UNSUPPORTED;
        }
    }
    return DP_UNKNOWN_NAME;
}
