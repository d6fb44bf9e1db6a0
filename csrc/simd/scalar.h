/* The vector operations of the baseline: standard C11, no intrinsics, no FMA.
 *
 * Included once per dtype, with T, DP_IS_F32 and FN() defined. A vector is 16 bytes of
 * T in a struct; compilers turn the loops into whatever the baseline has (SSE2 on
 * x86-64). fma is a multiplication and an addition, rounded twice: so the baseline's
 * sums differ from the FMA targets' in the last bits.
 *
 * Each header in this folder defines the same names:
 *   V      a vector of VL values        MR, MC  the register tile of the score kernel
 *   GC, GV the register tile (classes x vectors) of the weight gradient kernel
 *   vzero vset1 vload vload_part vstore vadd vfma    (unaligned loads and stores)
 *   vsum_lanes(p): the sum of LANES values by halving, the same tree on every target
 */
#define VL ((int)(16 / sizeof(T)))
#define MR 2
#define MC 2
#define GC 2
#define GV 2

typedef struct {
    T v[16 / sizeof(T)];
} FN(vec);
#define V FN(vec)

DP_INLINE V
FN(vset1)(T a)
{
    V r;
    for (int i = 0; i < VL; i++) {
        r.v[i] = a;
    }
    return r;
}

DP_INLINE V
FN(vzero)(void)
{
    return FN(vset1)((T)0);
}

DP_INLINE V
FN(vload)(const T *p)
{
    V r;
    memcpy(&r, p, sizeof r);
    return r;
}

/* The first n < VL values of p; zeros after them, and nothing read there. */
DP_INLINE V
FN(vload_part)(const T *p, ptrdiff_t n)
{
    V r = FN(vzero)();
    memcpy(&r, p, (size_t)n * sizeof(T));
    return r;
}

DP_INLINE void
FN(vstore)(T *p, V a)
{
    memcpy(p, &a, sizeof a);
}

DP_INLINE V
FN(vadd)(V a, V b)
{
    for (int i = 0; i < VL; i++) {
        a.v[i] += b.v[i];
    }
    return a;
}

/* a * b + c */
DP_INLINE V
FN(vfma)(V a, V b, V c)
{
    for (int i = 0; i < VL; i++) {
        c.v[i] += a.v[i] * b.v[i];
    }
    return c;
}

DP_INLINE T
FN(vsum_lanes)(const T *p)
{
    T s[LANES];
    memcpy(s, p, sizeof s);
    for (int half = LANES / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) {
            s[i] += s[i + half];
        }
    }
    return s[0];
}
