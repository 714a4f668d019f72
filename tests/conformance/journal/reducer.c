/* One model of a whole context, in the order in which its events were recorded. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

enum { KEPT_TEXTS = 3 };

typedef struct {
    int64_t count, last;
    ef_json *texts;
} journal;

static void journal_decode(ef_call *call, journal *model, ef_json *json)
{
    model->count = ef_get_int(call, json, "count");
    model->last = ef_get_int(call, json, "last");
    model->texts = ef_get_array(call, json, "texts");
}

static ef_json *journal_encode(const journal *model)
{
    ef_json *json = ef_set(ef_object(), "count", ef_int(model->count));
    ef_set(json, "last", ef_int(model->last));
    return ef_set(json, "texts", model->texts);
}

static ef_result journal_apply(ef_call *call, journal *model, const ef_event *event)
{
    model->last = (int64_t)event->position;
    if (ef_is(event, "counted")) {
        model->count++;
        ef_emit(call, "summed", ef_set(ef_object(), "count", ef_int(model->count)));
        return EF_OK;
    }
    ef_push(model->texts, ef_string(ef_get_string(call, ef_data(call), "text")));
    if (ef_count(model->texts) > KEPT_TEXTS)
        ef_remove_at(model->texts, 0);
    return EF_OK;
}

EVERFOLD_REDUCER(journal, .fold = EF_WHOLE_CONTEXT, .types = {"counted", "noted"}, .upgrade = EF_RESUME,
                 .history = EF_SILENT, .emits = {"summed"},
                 .content_type = "application/vnd.everfold-journal+json", .attributes = {{"version", "1"}},
                 .initial = EF_JSON({"count": 0, "last": 0, "texts": []}));
