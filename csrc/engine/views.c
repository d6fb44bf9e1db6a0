#include "engine/views.h"

#include <string.h>

int64_t
dp_ints_get(const dp_ints *v, ptrdiff_t i)
{
    const char *p = v->data + i * v->stride;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (v->type) {
        case DP_INT8:
            memcpy(&i8, p, sizeof i8);
            return i8;
        case DP_INT16:
            memcpy(&i16, p, sizeof i16);
            return i16;
        case DP_INT32:
            memcpy(&i32, p, sizeof i32);
            return i32;
        case DP_INT64:
            memcpy(&i64, p, sizeof i64);
            return i64;
        case DP_UINT8:
            memcpy(&u8, p, sizeof u8);
            return u8;
        case DP_UINT16:
            memcpy(&u16, p, sizeof u16);
            return u16;
        case DP_UINT32:
            memcpy(&u32, p, sizeof u32);
            return u32;
        case DP_UINT64:
            memcpy(&u64, p, sizeof u64);
            return u64 > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)u64;
    }
    return INT64_MAX;
}

size_t
dp_storage_size(dp_storage storage)
{
    static const size_t sizes[DP_STORAGE_COUNT] = {
#define COMPUTE(id, type, name) [DP_STORE_##id] = sizeof(type),
#define STORAGE(id, type, name) [DP_STORE_##id] = sizeof(type),
#include "kernels/dtypes.def"
#undef COMPUTE
#undef STORAGE
    };
    return sizes[storage];
}
