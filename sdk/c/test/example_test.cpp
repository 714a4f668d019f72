// The example in C++ folds like any reducer.
#include "everfold.h"

#include "check.h"

int main()
{
    const ef_given events[] = {
        {.type = "planned", .data = EF_JSON({"title": "wash up"})},
        {.type = "planned", .data = EF_JSON({"title": "read"})},
        {.type = "done", .data = EF_JSON({"title": "wash up"})},
    };
    const ef_folded folded = ef_fold_all(&everfold_reducer, nullptr, events, EF_COUNT(events));
    check("the model", ef_equal(folded.model, R"([{"done":true,"title":"wash up"},{"done":false,"title":"read"}])"));
    check("in all cuts", ef_cuts_differ(&everfold_reducer, events, EF_COUNT(events)) == nullptr);
    const ef_folded refused = ef_fold_all(&everfold_reducer, nullptr, events + 2, 1);
    check("the refusal", refused.failed && ef_equal(refused.message, "there is no task \"wash up\""));
    return checks_done("example");
}
