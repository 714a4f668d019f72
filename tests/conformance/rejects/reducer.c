/* Refuses what asks for it. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

typedef struct {
    int64_t count;
} counter;

static void counter_decode(ef_call *call, counter *model, ef_json *json)
{
    model->count = ef_get_int(call, json, "count");
}

static ef_json *counter_encode(const counter *model)
{
    return ef_set(ef_object(), "count", ef_int(model->count));
}

static ef_result counter_apply(ef_call *call, counter *model, const ef_event *event)
{
    if (ef_is(event, "refused"))
        return ef_refuse(call, "refused", "as it asked for: %s", ef_get_string(call, ef_data(call), "why").ptr);
    model->count++;
    return EF_OK;
}

EVERFOLD_REDUCER(counter, .fold = EF_OCCURRED, .types = {"counted", "refused"});
