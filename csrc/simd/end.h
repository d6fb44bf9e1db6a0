/* Undoes what a header of this folder defined, before the next dtype or target. */
#undef V
#undef VL
#undef MR
#undef MC
#undef GC
#undef GV
#undef DP_MM
#undef DP_Q
#undef DP_QN
