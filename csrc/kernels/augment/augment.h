/* Data augmentation: cutout, flips, crops and mixup of images of bytes or floats.
 *
 * What is drawn at random is drawn by the caller: a kernel gets one image and the numbers
 * that are its. The first three move pixels and know only their size, so a family of
 * kernels for any dtype and layout; mixup computes, in standard C and without FMA. They
 * exist once for all targets: memory is what limits them.
 */
#ifndef DP_AUGMENT_H
#define DP_AUGMENT_H

#include "kernels/kernels.h"

/* One image: pixel (plane, row, col) is `size` bytes at data + plane * plane_stride +
 * row * row_stride + col * col_stride. Any strides, any alignment. A colour image is
 * three planes, or one whose pixels are all three colours side by side. */
typedef struct {
    char *data;
    ptrdiff_t planes, rows, cols;
    ptrdiff_t plane_stride, row_stride, col_stride;
    ptrdiff_t size;
} dp_image;

/* Rows top .. bottom - 1 and columns left .. right - 1, within an image; may be empty. */
typedef struct {
    ptrdiff_t top, bottom, left, right;
} dp_box;

/* The part of an image that lies in the box. */
dp_image
dp_image_part(const dp_image *image, const dp_box *box);

/* Of two images of one shape: rows that follow one another without a gap in both become
 * one, and so do planes. */
void
dp_image_merge(dp_image *out, dp_image *in);

/* `out`, which has the shape of `in` and shares no memory with it, becomes a copy. */
void
dp_image_copy(const dp_image *out, const dp_image *in);

/* All pixels of plane p become the one at value + p * size. */
void
dp_image_fill(const dp_image *out, const char *value);

/* Cutout (DeVries and Taylor 2017): a copy whose pixels in the box are `value`. `out` and
 * `in` may be the same image. */
void
dp_cutout(const dp_image *out, const dp_image *in, const dp_box *box,
          const char *value);

/* A copy with its columns, or else its rows, in the opposite order. */
void
dp_flip(const dp_image *out, const dp_image *in, int columns);

/* The part of `in` as large as `out` whose first pixel is row `top`, column `left`; what
 * lies outside `in` is 0. */
void
dp_crop(const dp_image *out, const dp_image *in, ptrdiff_t top, ptrdiff_t left);

/* Mixup (Zhang et al. 2018) of a run of values: out = a x + (1 - a) z, a in [0, 1]. x and
 * z are converted to T, the dtype of out, and all is computed in T: so a and 1 - a add up
 * to 1 in T. Strides in bytes; out shares no memory with x and z. */
typedef void
dp_mixup_kernel(char *out, ptrdiff_t out_stride, const char *x, ptrdiff_t x_stride,
                const char *z, ptrdiff_t z_stride, ptrdiff_t n, double a);

extern dp_mixup_kernel *const dp_mixup_table[DP_STORAGE_COUNT][DP_COMPUTE_COUNT];

#endif
