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
FN(vload_kept)(const T *p)
{
    return DP_Q(vld1)(p);
}

DP_INLINE V
FN(vload_any)(const char *p)
{
    T values[VL];
    memcpy(values, p, sizeof values); /* compilers make one load of it */
    return DP_Q(vld1)(values);
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

DP_INLINE void
FN(vtranspose)(V *a)
{
#if DP_IS_F32
    const float32x4_t p = vtrn1q_f32(a[0], a[1]);
    const float32x4_t q = vtrn2q_f32(a[0], a[1]);
    const float32x4_t r = vtrn1q_f32(a[2], a[3]);
    const float32x4_t s = vtrn2q_f32(a[2], a[3]);
    a[0] = vcombine_f32(vget_low_f32(p), vget_low_f32(r));
    a[1] = vcombine_f32(vget_low_f32(q), vget_low_f32(s));
    a[2] = vcombine_f32(vget_high_f32(p), vget_high_f32(r));
    a[3] = vcombine_f32(vget_high_f32(q), vget_high_f32(s));
#else
    const float64x2_t p = vtrn1q_f64(a[0], a[1]);
    a[1] = vtrn2q_f64(a[0], a[1]);
    a[0] = p;
#endif
}
