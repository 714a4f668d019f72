/* Grows as it is told to. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

typedef struct {
    ef_json *parts;
} heap;

static void heap_decode(ef_call *call, heap *model, ef_json *json)
{
    model->parts = ef_get_array(call, json, "parts");
}

static ef_json *heap_encode(const heap *model)
{
    return ef_set(ef_object(), "parts", model->parts);
}

static ef_result heap_apply(ef_call *call, heap *model, const ef_event *event)
{
    (void)event;
    const ef_json *data = ef_data(call);
    ef_json *fill = ef_string(ef_get_string(call, data, "fill"));
    int64_t times = ef_get_int(call, data, "times");
    for (int64_t i = 0; i < times; i++)
        ef_push(model->parts, fill);
    return EF_OK;
}

EVERFOLD_REDUCER(heap, .fold = EF_OCCURRED, .types = {"grown"}, .initial = EF_JSON({"parts": []}));
