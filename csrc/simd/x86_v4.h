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

DP_INLINE void
FN(vtranspose)(V *a)
{
#if DP_IS_F32
    V t[16], u[16];
    for (int i = 0; i < 16; i += 4) { /* 4 x 4 blocks within the quarters */
        const V p = _mm512_unpacklo_ps(a[i], a[i + 1]);
        const V q = _mm512_unpackhi_ps(a[i], a[i + 1]);
        const V r = _mm512_unpacklo_ps(a[i + 2], a[i + 3]);
        const V s = _mm512_unpackhi_ps(a[i + 2], a[i + 3]);
        t[i] = _mm512_shuffle_ps(p, r, 0x44);
        t[i + 1] = _mm512_shuffle_ps(p, r, 0xee);
        t[i + 2] = _mm512_shuffle_ps(q, s, 0x44);
        t[i + 3] = _mm512_shuffle_ps(q, s, 0xee);
    }
    for (int i = 0; i < 4; i++) { /* the 4 x 4 matrix of those quarters, in two steps */
        u[i] = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88);
        u[i + 4] = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
        u[i + 8] = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
        u[i + 12] = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; i++) {
        a[i] = _mm512_shuffle_f32x4(u[i], u[i + 8], 0x88);
        a[i + 8] = _mm512_shuffle_f32x4(u[i], u[i + 8], 0xdd);
        a[i + 4] = _mm512_shuffle_f32x4(u[i + 4], u[i + 12], 0x88);
        a[i + 12] = _mm512_shuffle_f32x4(u[i + 4], u[i + 12], 0xdd);
    }
#else
    V t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_pd(a[i], a[i + 1]);
        t[i + 1] = _mm512_unpackhi_pd(a[i], a[i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        u[i] = _mm512_shuffle_f64x2(t[i], t[i + 2], 0x88);
        u[i + 2] = _mm512_shuffle_f64x2(t[i], t[i + 2], 0xdd);
        u[i + 4] = _mm512_shuffle_f64x2(t[i + 4], t[i + 6], 0x88);
        u[i + 6] = _mm512_shuffle_f64x2(t[i + 4], t[i + 6], 0xdd);
    }
    for (int i = 0; i < 2; i++) {
        a[i] = _mm512_shuffle_f64x2(u[i], u[i + 4], 0x88);
        a[i + 4] = _mm512_shuffle_f64x2(u[i], u[i + 4], 0xdd);
        a[i + 2] = _mm512_shuffle_f64x2(u[i + 2], u[i + 6], 0x88);
        a[i + 6] = _mm512_shuffle_f64x2(u[i + 2], u[i + 6], 0xdd);
    }
#endif
}
