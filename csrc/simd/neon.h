/* The vector operations of AArch64 NEON (always with FMA). See scalar.h.
 *
 * 32 registers of 16 bytes: a 4 x 5 score tile uses 20 accumulators; the gradient tile
 * is 5 classes x 4 vectors.
 */
#define MR 4
#define MC 5
#define GC 5
#define GV 4

#if DP_IS_F32
#define V float32x4_t
#define VL 4
#define DP_Q(name) name##q_f32
#define DP_QN(name) name##q_n_f32
#else
#define V float64x2_t
#define VL 2
#define DP_Q(name) name##q_f64
#define DP_QN(name) name##q_n_f64
#endif

DP_INLINE V
FN(vset1)(T a)
{
    return DP_QN(vdup)(a);
}

DP_INLINE V
FN(vzero)(void)
{
    return DP_QN(vdup)((T)0);
}

DP_INLINE V
FN(vload)(const T *p)
{
    return DP_Q(vld1)(p);
}

DP_INLINE V
FN(vload_part)(const T *p, ptrdiff_t n)
{
    T buffer[VL] = {0};
    for (ptrdiff_t i = 0; i < n; i++) {
        buffer[i] = p[i];
    }
    return DP_Q(vld1)(buffer);
}

DP_INLINE void
FN(vstore)(T *p, V a)
{
    DP_Q(vst1)(p, a);
}

DP_INLINE V
FN(vadd)(V a, V b)
{
    return DP_Q(vadd)(a, b);
}

DP_INLINE V
FN(vfma)(V a, V b, V c)
{
    return DP_Q(vfma)(c, a, b);
}

/* Four registers hold the LANES values; halving twice leaves one. */
DP_INLINE T
FN(vsum_lanes)(const T *p)
{
    V a = DP_Q(vadd)(DP_Q(vld1)(p), DP_Q(vld1)(p + 2 * VL));
    V b = DP_Q(vadd)(DP_Q(vld1)(p + VL), DP_Q(vld1)(p + 3 * VL));
    T s[VL];
    DP_Q(vst1)(s, DP_Q(vadd)(a, b));
#if DP_IS_F32
    return (s[0] + s[2]) + (s[1] + s[3]);
#else
    return s[0] + s[1];
#endif
}
