/* Notices all events, and says so in the log. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

typedef struct {
    int64_t at, times;
    ef_str by, cause, id; /* the first two may be absent */
} notice;

/* A string, absent for null. */
static ef_str optional(ef_call *call, const ef_json *json)
{
    return ef_kind_of(json) == EF_NULL ? ef_text(NULL) : ef_as_string(call, json);
}

static void notice_decode(ef_call *call, notice *model, ef_json *json)
{
    model->at = ef_get_int(call, json, "at");
    model->by = optional(call, ef_get(json, "by"));
    model->cause = optional(call, ef_get(json, "cause"));
    model->id = ef_get_string(call, json, "id");
    model->times = ef_get_int(call, json, "times");
}

static ef_json *notice_encode(const notice *model)
{
    ef_json *json = ef_set(ef_object(), "at", ef_int(model->at));
    ef_set(json, "by", ef_string(model->by));
    ef_set(json, "cause", ef_string(model->cause));
    ef_set(json, "id", ef_string(model->id));
    return ef_set(json, "times", ef_int(model->times));
}

static ef_result notice_apply(ef_call *call, notice *model, const ef_event *event)
{
    ef_log(EF_INFO, "noticed %s", event->type.ptr);
    if (ef_is(event, "refused"))
        return ef_refuse(call, "noticed", "refused");
    model->at = event->occurred_at;
    model->by = ef_metadata(event, "by");
    model->cause = event->cause;
    model->id = event->id;
    model->times++;
    return EF_OK;
}

EVERFOLD_REDUCER(notice, .fold = EF_OCCURRED);
