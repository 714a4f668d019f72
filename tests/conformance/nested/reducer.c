/* Keeps any JSON and says how deep it nests. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

typedef struct {
    int64_t depth;
    ef_json *value;
} nest;

static void nest_decode(ef_call *call, nest *model, ef_json *json)
{
    model->depth = ef_get_int(call, json, "depth");
    model->value = ef_get(json, "value");
}

static ef_json *nest_encode(const nest *model)
{
    return ef_set(ef_set(ef_object(), "depth", ef_int(model->depth)), "value", model->value);
}

/* At most EF_DEPTH_MAX, because nothing deeper is read. */
static int64_t depth_of(const ef_json *json)
{
    int64_t deepest = 0;
    if (ef_kind_of(json) != EF_ARRAY && ef_kind_of(json) != EF_OBJECT)
        return 0;
    for (size_t i = 0; i < ef_count(json); i++) {
        int64_t depth = depth_of(ef_at(json, i));
        deepest = depth > deepest ? depth : deepest;
    }
    return 1 + deepest;
}

static ef_result nest_apply(ef_call *call, nest *model, const ef_event *event)
{
    (void)event;
    model->value = ef_data(call);
    model->depth = depth_of(model->value);
    return EF_OK;
}

EVERFOLD_REDUCER(nest, .fold = EF_OCCURRED, .types = {"nested"});
