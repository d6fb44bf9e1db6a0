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
 *   vzero vset1 vload vstore vadd vfma    (unaligned loads and stores)
 *   vload_kept: vload into a register that stays: compilers fold a load into each
 *       instruction that uses it when there are two, and load ports are what is scarce
 *   vload_any: vload of values that are not even aligned as T is
 *   vtranspose(a): the VL x VL matrix whose rows are a[0] .. a[VL - 1], transposed
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

DP_INLINE V
FN(vload_kept)(const T *p)
{
    return FN(vload)(p);
}

DP_INLINE V
FN(vload_any)(const char *p)
{
    V r;
    memcpy(&r, p, sizeof r);
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

DP_INLINE void
FN(vtranspose)(V *a)
{
    for (int i = 0; i < VL; i++) {
        for (int j = i + 1; j < VL; j++) {
            const T t = a[i].v[j];
            a[i].v[j] = a[j].v[i];
            a[j].v[i] = t;
        }
    }
}
