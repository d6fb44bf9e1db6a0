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
FN(vload_kept)(const T *p)
{
    V a = DP_MM(loadu)(p);
#if defined(__GNUC__)
    __asm__("" : "+x"(a));
#endif
    return a;
}

DP_INLINE V
FN(vload_any)(const char *p)
{
    return DP_MM(loadu)((const void *)p);
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

DP_INLINE void
FN(vtranspose)(V *a)
{
#if DP_IS_F32
    V t[8];
    for (int i = 0; i < 8; i += 4) { /* 4 x 4 blocks within the halves of 16 bytes */
        const V p = _mm256_unpacklo_ps(a[i], a[i + 1]);
        const V q = _mm256_unpackhi_ps(a[i], a[i + 1]);
        const V r = _mm256_unpacklo_ps(a[i + 2], a[i + 3]);
        const V s = _mm256_unpackhi_ps(a[i + 2], a[i + 3]);
        t[i] = _mm256_shuffle_ps(p, r, 0x44);
        t[i + 1] = _mm256_shuffle_ps(p, r, 0xee);
        t[i + 2] = _mm256_shuffle_ps(q, s, 0x44);
        t[i + 3] = _mm256_shuffle_ps(q, s, 0xee);
    }
    for (int i = 0; i < 4; i++) {
        a[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
        a[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
#else
    const V p = _mm256_unpacklo_pd(a[0], a[1]);
    const V q = _mm256_unpackhi_pd(a[0], a[1]);
    const V r = _mm256_unpacklo_pd(a[2], a[3]);
    const V s = _mm256_unpackhi_pd(a[2], a[3]);
    a[0] = _mm256_permute2f128_pd(p, r, 0x20);
    a[1] = _mm256_permute2f128_pd(q, s, 0x20);
    a[2] = _mm256_permute2f128_pd(p, r, 0x31);
    a[3] = _mm256_permute2f128_pd(q, s, 0x31);
#endif
}
