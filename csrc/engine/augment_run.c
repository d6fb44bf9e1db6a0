#include "engine/augment_run.h"

#include "parallel.h"

/* Image i of a batch. */
static dp_image
image_at(const dp_image *first, ptrdiff_t step, ptrdiff_t i)
{
    dp_image image = *first;
    image.data += i * step;
    return image;
}

static void
mix(const dp_augment_job *job, ptrdiff_t i)
{
    const dp_image out = image_at(&job->out, job->out_step, i);
    const dp_image x = image_at(&job->in, job->in_step, i);
    const dp_image z = image_at(&job->in, job->in_step, (ptrdiff_t)job->draws[i]);
    for (ptrdiff_t p = 0; p < x.planes; p++) {
        for (ptrdiff_t r = 0; r < x.rows; r++) {
            const ptrdiff_t at = p * x.plane_stride + r * x.row_stride;
            job->mixup(out.data + p * out.plane_stride + r * out.row_stride,
                       out.col_stride, x.data + at, x.col_stride, z.data + at,
                       x.col_stride, x.cols, job->weights[i]);
        }
    }
}

static void
augment_one(const dp_augment_job *job, ptrdiff_t i)
{
    const dp_image out = image_at(&job->out, job->out_step, i);
    const dp_image in = image_at(&job->in, job->in_step, i);
    const int64_t *const d = job->draws;
    dp_box box;
    switch (job->kind) {
        case DP_CUTOUT:
            box = (dp_box){(ptrdiff_t)d[4 * i], (ptrdiff_t)d[4 * i + 1],
                           (ptrdiff_t)d[4 * i + 2], (ptrdiff_t)d[4 * i + 3]};
            dp_cutout(&out, &in, &box, job->fill);
            break;
        case DP_FLIP:
            if (d[i]) {
                dp_flip(&out, &in, job->columns);
            }
            else {
                dp_image_copy(&out, &in);
            }
            break;
        case DP_CROP:
            dp_crop(&out, &in, (ptrdiff_t)d[2 * i], (ptrdiff_t)d[2 * i + 1]);
            break;
        case DP_MIXUP:
            mix(job, i);
            break;
    }
}

/* Bytes of an image's pixels; a view with stride 0 may stand for more than there are. */
static ptrdiff_t
image_bytes(const dp_image *image)
{
    const double bytes = (double)image->planes * (double)image->rows *
                         (double)image->cols * (double)image->size;
    return bytes < (double)(PTRDIFF_MAX / 4) ? (ptrdiff_t)bytes : PTRDIFF_MAX / 4;
}

ptrdiff_t
dp_augment_bytes(const dp_augment_job *job)
{
    const ptrdiff_t one = image_bytes(&job->in) + image_bytes(&job->out);
    return one == 0 || job->n <= PTRDIFF_MAX / one ? job->n * one : PTRDIFF_MAX;
}

static ptrdiff_t
images_per_task(const dp_augment_job *job)
{
    const ptrdiff_t one = image_bytes(&job->in) + image_bytes(&job->out) + 1;
    return one < DP_AUGMENT_CHUNK ? DP_AUGMENT_CHUNK / one : 1;
}

static int
augment_task(void *context, ptrdiff_t task, int worker)
{
    const dp_augment_job *job = context;
    const ptrdiff_t each = images_per_task(job);
    const ptrdiff_t first = task * each;
    const ptrdiff_t end = job->n - first < each ? job->n : first + each;
    for (ptrdiff_t i = first; i < end; i++) {
        augment_one(job, i);
    }
    return worker == 0 && job->interrupted != NULL &&
           job->interrupted(job->interrupted_context) != 0;
}

/* Where the pixels of all colours lie side by side in both, they are moved as one. For
 * mixup an image is nothing but a run of values. */
static void
simplify(dp_augment_job *job)
{
    dp_image *const in = &job->in, *const out = &job->out;
    if (job->kind == DP_MIXUP) {
        dp_image_merge(out, in);
    }
    else if (in->planes > 1 && in->plane_stride == in->size &&
             out->plane_stride == out->size) {
        in->size = out->size = in->size * in->planes;
        in->planes = out->planes = 1;
    }
}

int
dp_augment_run(const dp_augment_job *job, int threads)
{
    dp_augment_job copy = *job; /* the pool's context is not const */
    simplify(&copy);
    const ptrdiff_t each = images_per_task(&copy);
    const ptrdiff_t tasks = copy.n / each + (copy.n % each != 0);
    return dp_parallel(tasks, threads, augment_task, NULL, &copy);
}
