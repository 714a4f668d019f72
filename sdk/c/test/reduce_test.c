/* What becomes of a call: models, new events, failures. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

#include "check.h"

#include <string.h>

/* A model that can vanish, and an event for each thing that can happen. */
typedef struct {
    ef_json *number;
    bool cheats; /* not part of the model */
} box;

static void box_decode(ef_call *call, box *model, ef_json *json)
{
    model->number = ef_int(ef_as_int(call, json));
}

static ef_json *box_encode(const box *model)
{
    return model->number;
}

static ef_result happen(ef_call *call, box *model, const ef_event *event)
{
    if (ef_is(event, "put"))
        model->number = ef_int(ef_as_int(call, ef_data(call)));
    if (ef_is(event, "emptied"))
        model->number = NULL;
    if (ef_is(event, "read"))
        ef_get_string(call, ef_get_object(call, ef_get_array(call, ef_data(call), "a"), "b"), "c");
    if (ef_is(event, "refused"))
        return ef_refuse(call, "refused", "as it asked for: %d", 7);
    if (ef_is(event, "wordless"))
        return EF_FAILED;
    if (ef_is(event, "cheated"))
        model->number = ef_bool(model->cheats);
    model->cheats = true;
    return EF_OK;
}

static ef_result box_apply(ef_call *call, box *model, const ef_event *event)
{
    if (ef_is(event, "broken")) {
        model->number = ef_int(INT64_MAX);
        return EF_OK;
    }
    ef_result result = happen(call, model, event);
    ef_new_event *answer = ef_emit(call, "answered", model->number);
    ef_with(ef_with(ef_on(answer, event->entity), "by", ef_metadata(event, "by")), "at", event->id);
    if (ef_is(event, "emitted"))
        ef_with(ef_emit(call, "odd", ef_data(call)), "key", ef_text("\xff"));
    if (ef_is(event, "unwritable"))
        ef_emit(call, "odd", ef_number(1e308 * 10));
    return result;
}

EF_DEFINE(boxes, box, .fold = EF_OCCURRED);

static ef_folded fold_one(const char *model, const char *type, const char *data)
{
    ef_given event = {.type = type, .data = data};
    return ef_fold_all(&boxes, model, &event, 1);
}

static bool fails(const char *model, const char *type, const char *data, const char *code, const char *message)
{
    ef_folded folded = fold_one(model, type, data);
    bool same = folded.failed && ef_equal(folded.code, code) && ef_equal(folded.message, message);
    if (!same)
        fprintf(stderr, "it is %s: %s\n", folded.code.ptr, folded.message.ptr);
    return same && folded.has_event == (strcmp(code, "invalid-model") != 0) && folded.event == 0;
}

static void models_are_put_kept_and_deleted(void)
{
    check("put", ef_equal(fold_one(NULL, "put", "1").model, "1"));
    check("put instead", ef_equal(fold_one("1", "put", "2").model, "2"));
    check("deleted", !fold_one("1", "emptied", "null").model.ptr);
    check("still none", !fold_one(NULL, "emptied", "null").model.ptr && !fold_one(NULL, "emptied", "null").failed);
    check("kept as it was", ef_equal(fold_one(" 1", "put", "1").model, "1"));
    ef_str one = ef_text("1"), two = ef_text("2"), none = ef_text(NULL);
    check("keep", ef__change(one, ef_format("1")) == EF__KEEP && ef__change(none, none) == EF__KEEP);
    check("put", ef__change(one, two) == EF__PUT && ef__change(none, one) == EF__PUT);
    check("delete", ef__change(one, none) == EF__DELETE);
}

static void new_events_name_what_led_to_them(void)
{
    const ef_given events[3] = {
        {.type = "put", .data = "1", .metadata = {{"by", "me"}}},
        {.type = "emptied"},
        {.type = "put", .data = "2", .metadata = {{"of", "you"}}},
    };
    ef_folded folded = ef_fold_all(&boxes, NULL, events, 3);
    check("all", !folded.failed && folded.event_count == 3 && ef_cuts_differ(&boxes, events, 3) == NULL);
    check("causes", folded.events[0].cause == 0 && folded.events[1].cause == 1 && folded.events[2].cause == 2);
    check("data", ef_equal(folded.events[0].data, "1") && ef_equal(folded.events[1].data, "null"));
    check("entity", ef_equal(folded.events[2].entity, EF_ENTITY));
    const ef_pair *metadata = folded.events[0].metadata;
    check("metadata", folded.events[0].metadata_count == 2 && ef_equal(metadata[0].key, "by") &&
                          ef_equal(metadata[0].value, "me") && ef_equal(metadata[1].key, "at") &&
                          ef_equal(metadata[1].value, "00000000-0000-1000-8000-010000000000"));
    check("no metadata", folded.events[2].metadata[0].value.len == 0);
}

static void failures_say_what_and_where(void)
{
    check("model", fails("{}", "put", "1", "invalid-model", "a value is an object, not an integer"));
    check("no JSON", fails("[", "put", "1", "invalid-model", "this is not JSON: expected a value at byte 1"));
    check("written", fails("1", "broken", "1", "invalid-model",
                           "the number 9223372036854775807 is beyond 2^53: send it as a string"));
    check("data", fails("1", "put", "\"x\"", "invalid-data", "put: a value is a string, not an integer"));
    check("no JSON in data",
          fails("1", "put", "1 2", "invalid-data", "put: this is not JSON: expected nothing more at byte 2"));
    check("the first", fails("1", "read", "{\"b\":1}", "invalid-data", "read: \"a\" is missing"));
    check("a kind", fails("1", "read", "{\"a\":1.5}", "invalid-data", "read: \"a\" is a number, not an array"));
    check("no object", fails("1", "read", "[1]", "invalid-data", "read: a value is an array, not an object"));
    check("refusal", fails("1", "refused", "1", "refused", "as it asked for: 7"));
    check("wordless", fails("1", "wordless", "1", "refused",
                            "the reducer failed without a reason (ef_refuse gives one)"));
    check("metadata", fails("1", "emitted", "1", "invalid-json",
                            "the type, entity or metadata of a new event is not UTF-8"));
    check("infinite", fails("1", "unwritable", "1", "invalid-json", "odd: NaN and the infinities are no JSON"));
    check("whole numbers", ef_equal(fold_one("1", "put", "3.0").model, "3"));
    const char *trace = fold_one("1", "refused", "1").trace.ptr;
    check("trace", trace && strstr(trace, "reduce_test.c:") && !fold_one("1", "put", "{}").trace.ptr);
    check("a failed call changes nothing", ef_equal(fold_one("1", "refused", "1").model, "1"));
}

/* A model that takes any number. */
typedef struct {
    double value;
} sum;

static void sum_decode(ef_call *call, sum *model, ef_json *json)
{
    model->value = ef_as_number(call, json);
}

static ef_json *sum_encode(const sum *model)
{
    return ef_number(model->value);
}

static ef_result sum_apply(ef_call *call, sum *model, const ef_event *event)
{
    (void)event;
    model->value += ef_as_number(call, ef_data(call));
    return EF_OK;
}

EF_DEFINE(sums, sum, .fold = EF_OCCURRED);

static void doubles_that_look_like_integers_go_on(void)
{
    const ef_given events[3] = {
        {.type = "put", .data = "100000000000000000000"},
        {.type = "put", .data = "-9007199254740994"},
        {.type = "put", .data = "9007199254740994"},
    };
    check("data", ef_equal(ef_fold_all(&sums, NULL, events, 3).model, "100000000000000000000"));
    check("models between calls", ef_cuts_differ(&sums, events, 3) == NULL);
    check("data of an integer type",
          fails("1", "put", "100000000000000000000", "invalid-data", "put: a value is a number, not an integer"));
    check("a model of an integer type",
          fails("9007199254740994", "put", "1", "invalid-model", "a value is a number, not an integer"));
    check("another integer", fails("1", "put", "18446744073709551615", "invalid-data",
                                   "put: the number 18446744073709551615 is beyond 2^53: send it as a string"));
    check("in a model", fails("9007199254740993", "put", "1", "invalid-model",
                              "the number 9007199254740993 is beyond 2^53: send it as a string"));
}

static void the_event_that_fails_is_counted_from_the_first(void)
{
    const ef_given events[2] = {{.type = "put", .data = "1"}, {.type = "refused"}};
    ef_folded folded = ef_fold_all(&boxes, NULL, events, 2);
    check("event", folded.failed && folded.has_event && folded.event == 1 && folded.event_count == 0);
}

static void a_reducer_that_remembers_is_caught(void)
{
    const ef_given events[2] = {{.type = "put", .data = "1"}, {.type = "cheated"}};
    const char *difference = ef_cuts_differ(&boxes, events, 2);
    check("caught", difference && strcmp(difference, "the models differ if cut before event 1") == 0);
}

static void messages_are_always_utf_8(void)
{
    ef_call call;
    memset(&call, 0, sizeof call);
    ef_refuse(&call, "odd", "%.*s|%s", 2, "a\xc3\xa9", "\xe2\x82\xac\xff");
    check("what is not becomes question marks", ef_equal(call.failure.message, "a?|\xe2\x82\xac?"));
}

int main(void)
{
    models_are_put_kept_and_deleted();
    new_events_name_what_led_to_them();
    failures_say_what_and_where();
    doubles_that_look_like_integers_go_on();
    the_event_that_fails_is_counted_from_the_first();
    a_reducer_that_remembers_is_caught();
    messages_are_always_utf_8();
    return checks_done("reduce");
}
