/* What somebody is about to buy, until it is bought. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

typedef struct {
    ef_json *items; /* sku: {price, qty} */
    bool open;
    int64_t total;
} cart;

static void cart_decode(ef_call *call, cart *model, ef_json *json)
{
    model->items = ef_get_object(call, json, "items");
    model->open = ef_get_bool(call, json, "open");
    model->total = ef_get_int(call, json, "total");
}

static ef_json *cart_encode(const cart *model)
{
    ef_json *json = ef_object();
    ef_set(json, "items", model->items);
    ef_set(json, "open", ef_bool(model->open));
    return ef_set(json, "total", ef_int(model->total));
}

/* How many there are of an item, and what each costs; 0 for an item that is not there. */
static int64_t number_of(ef_call *call, const ef_json *item, const char *key)
{
    return item ? ef_get_int(call, item, key) : 0;
}

/* Puts an item in or changes it. */
static void put_item(ef_call *call, cart *model, ef_str sku, int64_t price, int64_t qty)
{
    const ef_json *before = ef_find(model->items, sku);
    model->total += price * qty - number_of(call, before, "price") * number_of(call, before, "qty");
    ef_json *item = ef_set(ef_object(), "price", ef_int(price));
    ef_put(model->items, sku, ef_set(item, "qty", ef_int(qty)));
}

/* Takes some of an item out; if nothing is left of it, it vanishes. */
static void take_out(ef_call *call, cart *model, ef_str sku, int64_t qty)
{
    const ef_json *item = ef_find(model->items, sku);
    if (!item)
        return;
    int64_t left = number_of(call, item, "qty") - qty;
    put_item(call, model, sku, number_of(call, item, "price"), left < 0 ? 0 : left);
    if (left <= 0)
        ef_remove(model->items, sku);
}

static void check_out(ef_call *call, cart *model)
{
    model->open = false;
    ef_json *ended = ef_set(ef_object(), "items", ef_int((int64_t)ef_count(model->items)));
    ef_emit(call, "cart_ended", ef_set(ended, "total", ef_int(model->total)));
}

static ef_result cart_apply(ef_call *call, cart *model, const ef_event *event)
{
    if (!model->open)
        return EF_OK;
    if (ef_is(event, "checked_out")) {
        check_out(call, model);
        return EF_OK;
    }
    const ef_json *data = ef_data(call);
    ef_str sku = ef_get_string(call, data, "sku");
    int64_t qty = ef_get_int(call, data, "qty");
    if (ef_is(event, "item_added")) {
        int64_t before = number_of(call, ef_find(model->items, sku), "qty");
        put_item(call, model, sku, ef_get_int(call, data, "price"), before + qty);
    } else {
        take_out(call, model, sku, qty);
    }
    return EF_OK;
}

EVERFOLD_REDUCER(cart, .fold = EF_OCCURRED, .types = {"item_added", "item_removed", "checked_out"},
                 .emits = {"cart_ended"}, .initial = EF_JSON({"items": {}, "open": true, "total": 0}));
