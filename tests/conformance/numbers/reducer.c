/* Keeps numbers of all kinds under names. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

typedef struct {
    ef_json *values;
} numbers;

static void numbers_decode(ef_call *call, numbers *model, ef_json *json)
{
    (void)call;
    model->values = json;
}

static ef_json *numbers_encode(const numbers *model)
{
    return model->values;
}

/* Reads a decimal that fills the whole text and an i64. */
static bool read_i64(ef_str text, int64_t *number)
{
    const char *digits = text.ptr + (*text.ptr == '-' || *text.ptr == '+');
    char *end;
    errno = 0;
    *number = strtoll(text.ptr, &end, 10);
    return *digits >= '0' && *digits <= '9' && end == text.ptr + text.len && errno == 0;
}

static ef_result numbers_apply(ef_call *call, numbers *model, const ef_event *event)
{
    const ef_json *data = ef_data(call);
    ef_str name = ef_get_string(call, data, "name");
    if (ef_is(event, "put")) {
        ef_put(model->values, name, ef_get(data, "value"));
        return EF_OK;
    }
    if (ef_is(event, "divided")) {
        double quotient = ef_get_number(call, data, "a") / ef_get_number(call, data, "b");
        ef_put(model->values, name, ef_number(quotient));
        return EF_OK;
    }
    ef_str a = ef_get_string(call, data, "a"), b = ef_get_string(call, data, "b");
    int64_t x, y, sum;
    if (!read_i64(a, &x) || !read_i64(b, &y) || __builtin_add_overflow(x, y, &sum))
        return ef_refuse(call, "not-i64", "%s + %s", a.ptr, b.ptr);
    ef_put(model->values, name, ef_string(ef_format("%" PRId64, sum)));
    return EF_OK;
}

EVERFOLD_REDUCER(numbers, .fold = EF_OCCURRED, .types = {"put", "divided", "added"}, .initial = EF_JSON({}));
