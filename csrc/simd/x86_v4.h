/* The vector operations of x86-64-v4 (AVX-512 F, BW, CD, DQ, VL). See scalar.h.
 *
 * 32 registers: a 4 x 5 score tile uses 20 accumulators (9 loads for 20 FMA), and ten
 * classes are two such tiles; the gradient tile is 5 classes x 4 vectors.
 */
#define MR 4
#define MC 5
#define GC 5
#define GV 4

#if DP_IS_F32
#define V __m512
#define VL 16
#define DP_MM(name) _mm512_##name##_ps
#else
#define V __m512d
#define VL 8
#define DP_MM(name) _mm512_##name##_pd
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
#if defined(DP_EMULATE)
    T buffer[VL] = {0};
    memcpy(buffer, p, (size_t)n * sizeof(T));
    return DP_MM(loadu)(buffer);
#elif DP_IS_F32
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1u), p);
#else
    return _mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1u), p);
#endif
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
#if DP_IS_F32
    __m256 h = _mm256_add_ps(_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8));
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
#else
    __m256d h = _mm256_add_pd(_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4));
    __m128d q = _mm_add_pd(_mm256_castpd256_pd128(h), _mm256_extractf128_pd(h, 1));
    return _mm_cvtsd_f64(_mm_add_sd(q, _mm_unpackhi_pd(q, q)));
#endif
}
