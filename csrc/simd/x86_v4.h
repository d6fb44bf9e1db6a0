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
FN(vload_kept)(const T *p)
{
    V a = DP_MM(loadu)(p);
#if defined(__GNUC__) && !defined(DP_EMULATE)
    __asm__("" : "+v"(a));
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

/* The even (odd) quarters of 16 bytes of a, then those of b. */
DP_INLINE V
FN(vquarters)(V a, V b, const int odd)
{
    const __m512i even_index = _mm512_set_epi64(13, 12, 9, 8, 5, 4, 1, 0);
    const __m512i odd_index = _mm512_set_epi64(15, 14, 11, 10, 7, 6, 3, 2);
    const __m512i index = odd ? odd_index : even_index;
#if DP_IS_F32
    return _mm512_castpd_ps(
        _mm512_permutex2var_pd(_mm512_castps_pd(a), index, _mm512_castps_pd(b)));
#else
    return _mm512_permutex2var_pd(a, index, b);
#endif
}

/* Blocks within the quarters first; then the 4 x 4 matrix of quarters, in two steps. */
DP_INLINE void
FN(vtranspose)(V *a)
{
    enum { BLOCK = VL / 4 };
    V t[VL], u[VL];
#if DP_IS_F32
    for (int i = 0; i < VL; i += 4) {
        const V p = _mm512_unpacklo_ps(a[i], a[i + 1]);
        const V q = _mm512_unpackhi_ps(a[i], a[i + 1]);
        const V r = _mm512_unpacklo_ps(a[i + 2], a[i + 3]);
        const V s = _mm512_unpackhi_ps(a[i + 2], a[i + 3]);
        t[i] = _mm512_shuffle_ps(p, r, 0x44);
        t[i + 1] = _mm512_shuffle_ps(p, r, 0xee);
        t[i + 2] = _mm512_shuffle_ps(q, s, 0x44);
        t[i + 3] = _mm512_shuffle_ps(q, s, 0xee);
    }
#else
    for (int i = 0; i < VL; i += 2) {
        t[i] = _mm512_unpacklo_pd(a[i], a[i + 1]);
        t[i + 1] = _mm512_unpackhi_pd(a[i], a[i + 1]);
    }
#endif
    for (int i = 0; i < BLOCK; i++) {
        u[i] = FN(vquarters)(t[i], t[i + BLOCK], 0);
        u[i + BLOCK] = FN(vquarters)(t[i], t[i + BLOCK], 1);
        u[i + 2 * BLOCK] = FN(vquarters)(t[i + 2 * BLOCK], t[i + 3 * BLOCK], 0);
        u[i + 3 * BLOCK] = FN(vquarters)(t[i + 2 * BLOCK], t[i + 3 * BLOCK], 1);
    }
    for (int i = 0; i < BLOCK; i++) {
        a[i] = FN(vquarters)(u[i], u[i + 2 * BLOCK], 0);
        a[i + 2 * BLOCK] = FN(vquarters)(u[i], u[i + 2 * BLOCK], 1);
        a[i + BLOCK] = FN(vquarters)(u[i + BLOCK], u[i + 3 * BLOCK], 0);
        a[i + 3 * BLOCK] = FN(vquarters)(u[i + BLOCK], u[i + 3 * BLOCK], 1);
    }
}
