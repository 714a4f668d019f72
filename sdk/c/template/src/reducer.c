/* Counts what was put in: the reducer of {{name}}. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

#include <inttypes.h>

/* What is known about an entity. */
typedef struct {
    int64_t count;
} stock;

static void stock_decode(ef_call *call, stock *model, ef_json *json)
{
    model->count = ef_get_int(call, json, "count");
}

static ef_json *stock_encode(const stock *model)
{
    return ef_set(ef_object(), "count", ef_int(model->count));
}

/* What each event does to it: item_added {"qty": number} and cleared, whatever its data. */
static ef_result stock_apply(ef_call *call, stock *model, const ef_event *event)
{
    if (ef_is(event, "cleared")) {
        model->count = 0;
        return EF_OK;
    }
    int64_t qty = ef_get_int(call, ef_data(call), "qty");
    if (qty < 0)
        return ef_refuse(call, "negative-qty", "a quantity of %" PRId64, qty);
    model->count += qty;
    return EF_OK;
}

EVERFOLD_REDUCER(stock, .fold = EF_OCCURRED, .types = {"item_added", "cleared"});
