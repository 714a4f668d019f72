/* Counts, until it is told to forget. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

typedef struct {
    int64_t count; /* 0: there is nothing to remember */
} memory;

static void memory_decode(ef_call *call, memory *model, ef_json *json)
{
    model->count = ef_get_int(call, json, "count");
}

static ef_json *memory_encode(const memory *model)
{
    return model->count == 0 ? ef_null() : ef_set(ef_object(), "count", ef_int(model->count));
}

static ef_result memory_apply(ef_call *call, memory *model, const ef_event *event)
{
    (void)call;
    model->count = ef_is(event, "forgotten") ? 0 : model->count + 1;
    return EF_OK;
}

EVERFOLD_REDUCER(memory, .fold = EF_OCCURRED, .types = {"counted", "forgotten"});
