/* The vector operations of x86-64-v3 (AVX2, FMA). See scalar.h for the contract.
 *
 * 16 registers: a 4 x 3 score tile uses 12 accumulators, 3 rows of W and one of X; a
 * 5 x 2 gradient tile 10 accumulators, 2 vectors of X and one broadcast.
 */
#define MR 4
#define MC 3
#define GC 5
#define GV 2

#if DP_IS_F32
#define V __m256
#define VL 8
#define DP_MM(name) _mm256_##name##_ps
#else
#define V __m256d
#define VL 4
#define DP_MM(name) _mm256_##name##_pd
#endif

DP_INLINE V
FN(vset1)(T a)
{
    return DP_MM(set1)(a);
}

DP_INLINE V
FN(vzero)(void)
{
    return DP_MM(setzero)();
}

DP_INLINE V
FN(vload)(const T *p)
{
    return DP_MM(loadu)(p);
}

DP_INLINE V
FN(vload_part)(const T *p, ptrdiff_t n)
{
    T buffer[VL] = {0};
    for (ptrdiff_t i = 0; i < n; i++) {
        buffer[i] = p[i];
    }
    return DP_MM(loadu)(buffer);
}

DP_INLINE void
FN(vstore)(T *p, V a)
{
    DP_MM(storeu)(p, a);
}

DP_INLINE V
FN(vadd)(V a, V b)
{
    return DP_MM(add)(a, b);
}

DP_INLINE V
FN(vfma)(V a, V b, V c)
{
    return DP_MM(fmadd)(a, b, c);
}

DP_INLINE T
FN(vsum_lanes)(const T *p)
{
    V a = DP_MM(add)(DP_MM(loadu)(p), DP_MM(loadu)(p + VL));
#if DP_IS_F32
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
#else
    __m128d q = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_add_sd(q, _mm_unpackhi_pd(q, q)));
#endif
}
