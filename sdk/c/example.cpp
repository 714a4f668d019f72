// A reducer in C++: the same header, with classes of your own. Build it as C++20 or later, without exceptions: what
// throws would trap.
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

#include <string_view>
#include <vector>

namespace {

struct Task {
    std::string_view title;
    bool done;
};

/// What there is to do, in the order in which it came up.
struct Tasks {
    std::vector<Task> tasks;
};

std::string_view view(ef_str text)
{
    return {text.ptr, text.len};
}

ef_str text(std::string_view view)
{
    return {view.data(), view.size()};
}

void Tasks_decode(ef_call *call, Tasks *model, ef_json *json)
{
    for (size_t i = 0; i < ef_count(json); i++) {
        const ef_json *task = ef_at(json, i);
        model->tasks.push_back({view(ef_get_string(call, task, "title")), ef_get_bool(call, task, "done")});
    }
}

ef_json *Tasks_encode(const Tasks *model)
{
    ef_json *json = ef_array();
    for (const Task &task : model->tasks) {
        ef_json *item = ef_set(ef_object(), "title", ef_string(text(task.title)));
        ef_push(json, ef_set(item, "done", ef_bool(task.done)));
    }
    return json;
}

ef_result Tasks_apply(ef_call *call, Tasks *model, const ef_event *event)
{
    const std::string_view title = view(ef_get_string(call, ef_data(call), "title"));
    if (ef_is(event, "planned")) {
        model->tasks.push_back({title, false});
        return EF_OK;
    }
    for (Task &task : model->tasks) {
        if (task.title == title) {
            task.done = true;
            return EF_OK;
        }
    }
    return ef_refuse(call, "unknown-task", "there is no task \"%.*s\"", static_cast<int>(title.size()), title.data());
}

} // namespace

EVERFOLD_REDUCER(Tasks, .fold = EF_OCCURRED, .types = {"planned", "done"});
