/* Tests the reducer natively, without wasm and without a host: `make test`. */
#include "everfold.h"

#include <stdio.h>

static int failed;

static void check(const char *name, bool holds)
{
    fprintf(stderr, "%s ... %s\n", name, holds ? "ok" : "FAILED");
    failed += !holds;
}

static void items_are_added_up(void)
{
    const ef_given events[] = {
        {.type = "item_added", .data = EF_JSON({"qty": 2})},
        {.type = "cleared"},
        {.type = "item_added", .data = EF_JSON({"qty": 3})},
        {.type = "item_added", .data = EF_JSON({"qty": 4})},
    };
    ef_folded folded = ef_fold_all(&everfold_reducer, NULL, events, EF_COUNT(events));
    check("items are added up", ef_equal(folded.model, EF_JSON({"count":7})));
    check("it does not matter how events are cut into calls",
          ef_cuts_differ(&everfold_reducer, events, EF_COUNT(events)) == NULL);
}

static void a_negative_quantity_is_refused(void)
{
    const ef_given event = {.type = "item_added", .data = EF_JSON({"qty": -1})};
    ef_folded folded = ef_fold_all(&everfold_reducer, EF_JSON({"count": 1}), &event, 1);
    check("a negative quantity is refused", folded.failed && ef_equal(folded.code, "negative-qty"));
}

int main(void)
{
    items_are_added_up();
    a_negative_quantity_is_refused();
    return failed ? 1 : 0;
}
