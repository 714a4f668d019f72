/* Keeps texts and tags in any script. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

typedef struct {
    ef_json *tags, *texts;
} notes;

static void notes_decode(ef_call *call, notes *model, ef_json *json)
{
    model->tags = ef_get_object(call, json, "tags");
    model->texts = ef_get_array(call, json, "texts");
}

static ef_json *notes_encode(const notes *model)
{
    return ef_set(ef_set(ef_object(), "tags", model->tags), "texts", model->texts);
}

static ef_result notes_apply(ef_call *call, notes *model, const ef_event *event)
{
    (void)event;
    const ef_json *data = ef_data(call);
    ef_str text = ef_get_string(call, data, "text");
    const ef_json *tags = ef_get_object(call, data, "tags");
    for (size_t i = 0; i < ef_count(tags); i++)
        ef_put(model->tags, ef_key_at(tags, i), ef_string(ef_as_string(call, ef_at(tags, i))));
    ef_push(model->texts, ef_string(text));
    ef_emit(call, "echoed", ef_set(ef_object(), "text", ef_string(text)));
    return EF_OK;
}

EVERFOLD_REDUCER(notes, .fold = EF_OCCURRED, .types = {"noted"}, .emits = {"echoed"},
                 .initial = EF_JSON({"tags": {}, "texts": []}));
