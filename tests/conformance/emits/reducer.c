/* Tells others what was said. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

typedef struct {
    int64_t said;
} speaker;

static void speaker_decode(ef_call *call, speaker *model, ef_json *json)
{
    model->said = ef_get_int(call, json, "said");
}

static ef_json *speaker_encode(const speaker *model)
{
    return ef_set(ef_object(), "said", ef_int(model->said));
}

static ef_new_event *tell(ef_call *call, size_t i, ef_str text)
{
    ef_json *heard = ef_set(ef_object(), "i", ef_int((int64_t)i));
    return ef_emit(call, "heard", ef_set(heard, "text", ef_string(text)));
}

static ef_result speaker_apply(ef_call *call, speaker *model, const ef_event *event)
{
    const ef_json *data = ef_data(call);
    const ef_json *to = ef_get_array(call, data, "to");
    ef_str text = ef_get_string(call, data, "text");
    model->said++;
    for (size_t i = 0; i < ef_count(to); i++)
        ef_with(ef_on(tell(call, i, text), ef_as_string(call, ef_at(to, i))), "by", event->entity);
    if (ef_count(to) == 0)
        ef_with(tell(call, 0, text), "by", event->entity);
    return EF_OK;
}

EVERFOLD_REDUCER(speaker, .fold = EF_OCCURRED, .types = {"said"}, .emits = {"heard"});
