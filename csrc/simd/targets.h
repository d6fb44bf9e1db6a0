/* Which SIMD targets this build contains, and the system headers that they need.
 *
 * System headers are included here, before any "#pragma GCC target": inside such a
 * region their inline functions would be compiled for that target.
 *
 * DEEPROB_EMULATE=1 at build time (a test build) compiles the x86-64-v4 and NEON
 * kernels against SIMDe, which spells every intrinsic in terms of what the machine
 * has, so that their logic runs, and is tested, where the hardware is absent.
 */
#ifndef DP_SIMD_TARGETS_H
#define DP_SIMD_TARGETS_H

#if defined(DP_EMULATE)
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/arm/neon.h>
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>
#define DP_HAVE_X86 1
#define DP_HAVE_NEON 1
#elif (defined(__x86_64__) || defined(_M_X64)) && defined(__GNUC__)
#include <immintrin.h>
#define DP_HAVE_X86 1
#define DP_HAVE_NEON 0
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#define DP_HAVE_X86 0
#define DP_HAVE_NEON 1
#else
#define DP_HAVE_X86 0
#define DP_HAVE_NEON 0
#endif

/* Features are listed one by one: Clang drops a whole target attribute, with no more
 * than a warning, when it does not know one word of it. dispatch.c asks the CPU for
 * exactly these. */
#define DP_X86_V3 "avx2,fma,bmi,bmi2"
#define DP_X86_V4 "avx2,fma,bmi,bmi2,avx512f,avx512bw,avx512cd,avx512dq,avx512vl"

#define DP_PRAGMA(...) _Pragma(#__VA_ARGS__)
#define DP_PRAGMA_EXPANDED(...) DP_PRAGMA(__VA_ARGS__)
#if !DP_HAVE_X86 || defined(DP_EMULATE)
#define DP_BEGIN_TARGET(features)
#define DP_END_TARGET
#elif defined(__clang__)
#define DP_BEGIN_TARGET(features)                                                      \
    DP_PRAGMA_EXPANDED(                                                                \
        clang attribute push(__attribute__((target(features))), apply_to = function))
#define DP_END_TARGET DP_PRAGMA(clang attribute pop)
#else
#define DP_BEGIN_TARGET(features)                                                      \
    DP_PRAGMA(GCC push_options) DP_PRAGMA_EXPANDED(GCC target(features))
#define DP_END_TARGET DP_PRAGMA(GCC pop_options)
#endif

#if defined(__GNUC__)
#define DP_PREFETCH(address) __builtin_prefetch(address)
#define DP_PREFETCH_L2(address) __builtin_prefetch(address, 0, 2)
#else
#define DP_PREFETCH(address) ((void)(address))
#define DP_PREFETCH_L2(address) ((void)(address))
#endif

#if defined(__GNUC__)
#define DP_INLINE static inline __attribute__((always_inline))
#define DP_UNROLL _Pragma("GCC unroll 16")
#else
#define DP_INLINE static inline
#define DP_UNROLL
#endif

#endif
