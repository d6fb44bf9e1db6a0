/* An augmentation of a batch of images, by the thread pool; no Python.
 *
 * Each image is made alone, from numbers that were drawn before: the same images for any
 * number of threads.
 */
#ifndef DP_AUGMENT_RUN_H
#define DP_AUGMENT_RUN_H

#include "kernels/augment/augment.h"

/* Bytes read and written that one task works on: few enough to be shared out evenly, some
 * 20 us of copying. */
#define DP_AUGMENT_CHUNK 262144

typedef enum { DP_CUTOUT, DP_FLIP, DP_CROP, DP_MIXUP } dp_augmentation;

/* How many numbers each image has in `draws`: a box (top, bottom, left, right), whether it
 * is flipped, a corner (top, left), its partner. */
#define DP_CUTOUT_DRAWS 4
#define DP_FLIP_DRAWS 1
#define DP_CROP_DRAWS 2
#define DP_MIXUP_DRAWS 1

typedef struct {
    dp_augmentation kind;
    ptrdiff_t n;
    dp_image in, out;            /* the first of the n images */
    ptrdiff_t in_step, out_step; /* bytes from one to the next */
    const int64_t *draws;        /* (n, ..) */
    const char *fill;            /* cutout: one pixel */
    int columns;                 /* flip: columns, or else rows */
    const double *weights;       /* mixup: (n,) */
    dp_mixup_kernel *mixup;
    /* Asked on the calling thread after each of its tasks; anything but 0 ends the run.
     * May be NULL. */
    int (*interrupted)(void *context);
    void *interrupted_context;
} dp_augment_job;

/* Bytes that the run reads and writes; PTRDIFF_MAX where they are more than that. */
ptrdiff_t
dp_augment_bytes(const dp_augment_job *job);

/* 0, or 1 when interrupted. */
int
dp_augment_run(const dp_augment_job *job, int threads);

#endif
