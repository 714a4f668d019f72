/*
 * everfold.h: write Everfold reducers in C11 (or C++20), in one header without dependencies.
 *
 * A reducer folds the immutable events of an entity into a model, and may say what new events that leads to.
 * Every file that uses the SDK includes this header; exactly one of them says before it
 *
 *     #define EVERFOLD_IMPLEMENTATION
 *
 * A whole reducer:
 *
 *     typedef struct { int64_t count; } counter;
 *
 *     static void counter_decode(ef_call *call, counter *model, ef_json *json)
 *     {
 *         model->count = ef_get_int(call, json, "count");
 *     }
 *
 *     static ef_json *counter_encode(const counter *model)
 *     {
 *         return ef_set(ef_object(), "count", ef_int(model->count));
 *     }
 *
 *     static ef_result counter_apply(ef_call *call, counter *model, const ef_event *event)
 *     {
 *         if (ef_is(event, "cleared"))
 *             model->count = 0;
 *         else
 *             model->count += ef_get_int(call, ef_data(call), "qty");
 *         return EF_OK;
 *     }
 *
 *     EVERFOLD_REDUCER(counter, .fold = EF_OCCURRED, .types = {"item_added", "cleared"});
 *
 * The function must be pure: it is called again for the same events when one arrives late, when a module is
 * upgraded, and on other machines. Everything that it needs is in its arguments, times included.
 *
 * Memory: an instance lives for one call of the host, so nothing is ever freed. All that the SDK hands out, and
 * all that ef_alloc gives, stays until the call is over. Strings that you hand to the SDK are not copied.
 *
 * Errors: what reads JSON notes the first failure in the call and gives 0, "" or an empty value, so that code need
 * not check after each field. A call with a noted failure fails as a whole, whatever else was done.
 */
#ifndef EVERFOLD_H
#define EVERFOLD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <new>
#endif

/* Event types, emitted types and attributes that a reducer can name. Define it before the header for more. */
#ifndef EF_LIST_MAX
#define EF_LIST_MAX 64
#endif

/* How deep JSON may nest, in arrays and objects, when it is read and when it is written. */
#ifndef EF_DEPTH_MAX
#define EF_DEPTH_MAX 256
#endif

/* What a module's memory holds for its calls from the start, in bytes. Most calls need a few thousand; one that
 * needs more grows its memory, which costs the host more than all else that it does for the call. */
#ifndef EF_ARENA_BYTES
#define EF_ARENA_BYTES (512 * 1024)
#endif

#if defined(__GNUC__)
#define EF_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))
#else
#define EF_PRINTF(text, arguments)
#endif

/* JSON text from JSON: EF_JSON({"qty": 2}) is "{\"qty\": 2}". */
#define EF_JSON(...) #__VA_ARGS__

/* How many elements an array has. */
#define EF_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Strings --------------------------------------------------------------------------------------------- */

/* UTF-8 text. It may hold NULs; those that the SDK hands out are also followed by one, so that `ptr` serves as a C
 * string wherever that is enough. A string that is absent has no `ptr`. */
typedef struct ef_str {
    const char *ptr;
    size_t len;
} ef_str;

/* A string from a C string, absent for NULL. */
ef_str ef_text(const char *text);

/* Whether a string is exactly this one; an absent one never is. */
bool ef_equal(ef_str string, const char *text);

/* Makes a string as printf does. */
ef_str ef_format(const char *format, ...) EF_PRINTF(1, 2);

/* Memory for this call: zeroed, aligned for any type, never to be freed. Never NULL: a module whose memory is
 * exhausted says so in the log and traps. */
void *ef_alloc(size_t bytes);

/* ---- JSON: building and changing ------------------------------------------------------------------------- */

/* A JSON value. It may be part of several others, but not of itself. */
typedef struct ef_json ef_json;

typedef enum ef_kind { EF_NULL, EF_BOOL, EF_INT, EF_NUMBER, EF_STRING, EF_ARRAY, EF_OBJECT } ef_kind;

ef_json *ef_null(void);
ef_json *ef_bool(bool value);
/* An integer. One beyond 2^53 cannot be written: make it a string. */
ef_json *ef_int(int64_t value);
/* A double. NaN and the infinities cannot be written. */
ef_json *ef_number(double value);
/* A string, or null for one that is absent. What is not UTF-8 cannot be written. */
ef_json *ef_string(ef_str value);
ef_json *ef_array(void);
ef_json *ef_object(void);

/* Sets a member of an object, in the place of one with this key, and gives the object. Anything else than an object
 * stays as it is; no value stands for null. ef_put does it for keys that are not C strings. */
ef_json *ef_set(ef_json *object, const char *key, ef_json *value);
ef_json *ef_put(ef_json *object, ef_str key, ef_json *value);

/* Adds an element at the end of an array and gives the array. Anything else stays as it is. */
ef_json *ef_push(ef_json *array, ef_json *value);

/* Removes a member by its key, or an element or member by its index; false where there is none. */
bool ef_remove(ef_json *object, ef_str key);
bool ef_remove_at(ef_json *json, size_t index);

/* ---- JSON: looking without failing ----------------------------------------------------------------------- */

/* What a value is; EF_NULL for no value. A number read from text is EF_INT if it was written as an integer, unless that
 * is beyond 2^53: then it is EF_NUMBER. */
ef_kind ef_kind_of(const ef_json *json);

/* A member of an object, NULL where there is none. ef_find does it for keys that are not C strings. */
ef_json *ef_get(const ef_json *object, const char *key);
ef_json *ef_find(const ef_json *object, ef_str key);

/* The elements of an array or the members of an object: how many, and each by its index (NULL behind the last).
 * The members of an object are always in canonical order, by key. */
size_t ef_count(const ef_json *json);
ef_json *ef_at(const ef_json *json, size_t index);
/* The key of a member by its index; absent behind the last. */
ef_str ef_key_at(const ef_json *object, size_t index);

/* ---- JSON: text ------------------------------------------------------------------------------------------ */

/* Reads JSON (RFC 8259, strictly; of members with the same key the last counts). Refused are also integers beyond
 * 2^53, except those that are just what ef_canonical writes for a double: 100000000000000000000 is the double 1e20.
 * So are numbers beyond the range of doubles, lone surrogates and what nests deeper than EF_DEPTH_MAX.
 * NULL if it cannot be read, with a sentence in `why`, which may be NULL. */
ef_json *ef_parse(ef_str text, ef_str *why);

/* Writes canonical JSON (RFC 8785): equal values give equal bytes, in every language of the SDKs.
 * Absent if it cannot be written, with a sentence in `why`, which may be NULL. */
ef_str ef_canonical(const ef_json *json, ef_str *why);

/* ---- What a reducer gets and gives ----------------------------------------------------------------------- */

/* One call of the host. */
typedef struct ef_call ef_call;

/* What was sent along with an event. */
typedef struct ef_pair {
    ef_str key, value;
} ef_pair;

/* An immutable fact about one entity. */
typedef struct ef_event {
    ef_str id;              /* a UUIDv1, unique in its context, made when it happened */
    ef_str entity;          /* the entity that it happened to: a UUIDv4 */
    ef_str type;            /* what happened */
    int64_t occurred_at;    /* when it happened, in microseconds since the Unix epoch */
    uint64_t position;      /* its place in the log, counted from 1; 0, under EF_OCCURRED: none */
    ef_str cause;           /* the event or command that led to it; absent for what came from outside */
    const ef_pair *metadata; /* what was sent along with it (tracing, authorship), in order */
    size_t metadata_count;
} ef_event;

typedef enum ef_result { EF_OK, EF_FAILED } ef_result;

/* Whether an event is of this type. */
bool ef_is(const ef_event *event, const char *type);

/* What was sent along with an event under this key, the first if there are several; absent where there is none. */
ef_str ef_metadata(const ef_event *event, const char *key);

/* The data of the event that is being applied. It is read when it is first asked for; data that cannot be read
 * fails the call and counts as null. */
ef_json *ef_data(ef_call *call);

/* A member of an object that must be there and be of this kind; otherwise the call fails: with `invalid-model` while
 * the model is decoded, with `invalid-data` while an event is applied. An integer may be written as 1.0. */
bool ef_get_bool(ef_call *call, const ef_json *object, const char *key);
int64_t ef_get_int(ef_call *call, const ef_json *object, const char *key);
double ef_get_number(ef_call *call, const ef_json *object, const char *key);
ef_str ef_get_string(ef_call *call, const ef_json *object, const char *key);
ef_json *ef_get_array(ef_call *call, const ef_json *object, const char *key);
ef_json *ef_get_object(ef_call *call, const ef_json *object, const char *key);

/* The same for a value itself, such as an element of an array. */
bool ef_as_bool(ef_call *call, const ef_json *json);
int64_t ef_as_int(ef_call *call, const ef_json *json);
double ef_as_number(ef_call *call, const ef_json *json);
ef_str ef_as_string(ef_call *call, const ef_json *json);

/* Refuses the event that is being applied: `return ef_refuse(call, "unknown-sku", "no %s", sku.ptr);`. It takes a
 * short, stable name for programs and a sentence for people, made as printf does, and keeps the line of source.
 * The entity is parked: leave that to events that must not be folded; fold the merely odd ones. */
#define ef_refuse(call, code, ...) ef_refuse_at(call, __FILE__ ":" EF_LINE_TEXT(__LINE__), code, __VA_ARGS__)
ef_result ef_refuse_at(ef_call *call, const char *trace, const char *code, const char *format, ...) EF_PRINTF(4, 5);
#define EF_LINE_TEXT(line) EF_JSON(line)

/* An event that a reducer wants to exist. */
typedef struct ef_new_event ef_new_event;

/* Makes a new event, on the model's own entity (under EF_WHOLE_CONTEXT: that of the event being applied), which
 * becomes its cause. It exists once the host has committed the whole call. The data is written here: data that
 * cannot be written fails the call with `invalid-json`. */
ef_new_event *ef_emit(ef_call *call, const char *type, const ef_json *data);

/* Puts a new event on another entity: a UUIDv4 in its usual text form; anything else parks the model's entity. */
ef_new_event *ef_on(ef_new_event *event, ef_str entity);

/* Sends something along with a new event that is not part of its identity. */
ef_new_event *ef_with(ef_new_event *event, const char *key, ef_str value);

typedef enum ef_level { EF_TRACE, EF_DEBUG, EF_INFO, EF_WARN, EF_ERROR } ef_level;

/* A line for the people who run the host, made as printf does. It is never a result: the host may drop it or cut it
 * short. In a native test it goes to standard error. */
void ef_log(ef_level level, const char *format, ...) EF_PRINTF(2, 3);

/* ---- Defining a reducer ---------------------------------------------------------------------------------- */

/* How events are folded. */
typedef enum ef_fold {
    EF_OCCURRED,      /* one model for each entity, by event id: as the events happened */
    EF_RECORDED,      /* one model for each entity, by position: as they were recorded */
    EF_WHOLE_CONTEXT, /* one model for all, by position */
} ef_fold;

/* What happens to present models when this module replaces another. */
typedef enum ef_upgrade {
    EF_REBUILD, /* they are folded afresh */
    EF_RESUME,  /* they are taken over as they are; not with EF_OCCURRED */
} ef_upgrade;

/* Whether events that were in the log before the domain's first module make it emit. */
typedef enum ef_history { EF_EMIT, EF_SILENT } ef_history;

typedef struct ef_attribute {
    const char *key, *value;
} ef_attribute;

/* What the host is told about a reducer. Each may be left out; C++ wants them in this order. */
typedef struct ef_options {
    ef_fold fold;
    const char *types[EF_LIST_MAX]; /* the event types that it takes; none: all */
    ef_upgrade upgrade;
    ef_history history;
    const char *emits[EF_LIST_MAX];       /* the event types that it may emit; none: it does not say */
    const char *content_type;             /* a JSON media type; none: application/json */
    ef_attribute attributes[EF_LIST_MAX]; /* anything worth showing beside the module */
    const char *initial;                  /* the model before the first event, as JSON; none: a zeroed struct */
} ef_options;

/* A reducer: what EVERFOLD_REDUCER makes. */
typedef struct ef_reducer {
    size_t model_bytes;
    void (*begin)(void *model); /* makes a zeroed model one that is there */
    void (*decode)(ef_call *call, void *model, ef_json *json);
    ef_json *(*encode)(const void *model);
    ef_result (*apply)(ef_call *call, void *model, const ef_event *event);
    ef_options options;
} ef_reducer;

/* The reducer of this program. */
extern const ef_reducer everfold_reducer;

/* Makes a module of the type MODEL and the functions
 *
 *     void MODEL_decode(ef_call *call, MODEL *model, ef_json *json)   what the model's JSON says; `model` is zeroed,
 *                                                                     in C++ made by its default constructor
 *     ef_json *MODEL_encode(const MODEL *model)                       the model's JSON; NULL or null: there is no model
 *     ef_result MODEL_apply(ef_call *call, MODEL *model, const ef_event *event)
 *
 * followed by its options, at least `.fold`. One program can hold one of it. */
#define EVERFOLD_REDUCER(model, ...) EF_DEFINE(everfold_reducer, model, __VA_ARGS__)

/* The same under a name of your own, for tests that hold several reducers. More than EF_LIST_MAX of anything must
 * not be lost with a warning only. */
#define EF_DEFINE(name, model, ...)                                                                                    \
    static void name##_begin(void *state)                                                                              \
    {                                                                                                                  \
        EF_BEGIN(model, state);                                                                                        \
    }                                                                                                                  \
    static void name##_decode(ef_call *call, void *state, ef_json *json)                                               \
    {                                                                                                                  \
        model##_decode(call, (model *)state, json);                                                                    \
    }                                                                                                                  \
    static ef_json *name##_encode(const void *state)                                                                   \
    {                                                                                                                  \
        return model##_encode((const model *)state);                                                                   \
    }                                                                                                                  \
    static ef_result name##_apply(ef_call *call, void *state, const ef_event *event)                                   \
    {                                                                                                                  \
        return model##_apply(call, (model *)state, event);                                                             \
    }                                                                                                                  \
    EF_STRICT_BEGIN                                                                                                    \
    const ef_reducer name = {                                                                                          \
        sizeof(model), name##_begin, name##_decode, name##_encode, name##_apply, {__VA_ARGS__},                        \
    };                                                                                                                 \
    EF_STRICT_END                                                                                                      \
    extern const ef_reducer name

#ifdef __cplusplus
#define EF_BEGIN(model, state) ::new (state) model()
#else
#define EF_BEGIN(model, state) (void)(state)
#endif

#if defined(__clang__)
#define EF_STRICT_BEGIN                                                                                                \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic error \"-Wexcess-initializers\"")                       \
        _Pragma("clang diagnostic ignored \"-Wmissing-field-initializers\"")
#define EF_STRICT_END _Pragma("clang diagnostic pop")
#elif defined(__GNUC__)
#define EF_STRICT_BEGIN                                                                                                \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")
#define EF_STRICT_END _Pragma("GCC diagnostic pop")
#else
#define EF_STRICT_BEGIN
#define EF_STRICT_END
#endif

/* ---- Testing a reducer natively, without wasm and without a host ------------------------------------------ */

#ifndef __wasm__

/* The entity of the events that name none. */
#define EF_ENTITY "7c9e6679-7425-40de-944b-e07fc1f90ae7"

/* An event for a test. What is not said is made up: the n-th event of a call happens n seconds after the Unix epoch,
 * to EF_ENTITY, has an id that sorts behind those before it, and the data null. */
typedef struct ef_given {
    const char *type;
    const char *data; /* JSON */
    const char *id;
    const char *entity;
    int64_t occurred_at; /* in microseconds since the Unix epoch; 0: made up */
    uint64_t position;   /* 0: none */
    const char *cause;
    ef_attribute metadata[8];
} ef_given;

/* A new event, as the host gets it. */
typedef struct ef_emitted {
    uint32_t cause; /* the index of the event that led to it */
    ef_str type;
    ef_str entity; /* absent: the model's own */
    ef_str data;   /* canonical JSON */
    const ef_pair *metadata;
    size_t metadata_count;
} ef_emitted;

/* What came of a call. */
typedef struct ef_folded {
    bool failed;
    ef_str model; /* the model as it is stored (canonical JSON), absent where there is none */
    const ef_emitted *events;
    size_t event_count;
    /* Why it failed: */
    bool has_event;
    uint32_t event;
    ef_str code, message, trace;
} ef_folded;

/* Folds events in the order given into `model` (JSON, or NULL for none), in one call, as the host would. */
ef_folded ef_fold_all(const ef_reducer *reducer, const char *model, const ef_given *events, size_t count);

/* Checks the law of the contract that it must not matter how the host cuts events into calls: folds the events in
 * one call, in two for every place where they can be cut, and one by one. NULL if all is the same, or a sentence that
 * says where it is not. Events that fail are not looked at further. */
const char *ef_cuts_differ(const ef_reducer *reducer, const ef_given *events, size_t count);

#endif /* __wasm__ */

#ifdef __cplusplus
}
#endif

#endif /* EVERFOLD_H */

#if defined(EVERFOLD_IMPLEMENTATION) && !defined(EVERFOLD_IMPLEMENTED)
#define EVERFOLD_IMPLEMENTED

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Keeps what needs much of the stack out of the functions that call themselves for each level of JSON. */
#ifdef __GNUC__
#define EF__ASIDE __attribute__((noinline))
#else
#define EF__ASIDE
#endif

#define EF__LAST_INTEGER 9007199254740992 /* 2^53: up to here each integer is a double */
#define EF__INTEGER_DIGITS 21             /* doubles with more digits before the point are written with an exponent */

#ifdef __wasm__
__attribute__((import_module("everfold:domain/log@0.1.0"), import_name("write")))
void ef__host_log(int32_t level, const char *message, size_t len);
#else
static void ef__host_log(int32_t level, const char *message, size_t len)
{
    static const char *const names[] = {"trace", "debug", "info", "warn", "error"};
    fprintf(stderr, "%s: %.*s\n", names[level], (int)len, message);
}
#endif

/* ---- Memory: given out from the beginning of a block to its end, and never taken back --------------------- */

typedef struct ef__block {
    struct ef__block *before; /* lets a leak checker see that none is lost */
    void *align;
} ef__block;

static struct {
    char *next, *end;
    ef__block *blocks;
} ef__memory;

static char *ef__from_system(size_t bytes)
{
    ef__block *block = bytes > SIZE_MAX - sizeof(ef__block) ? NULL : (ef__block *)malloc(sizeof(ef__block) + bytes);
    if (!block) {
        static const char message[] = "there is no memory left (limits.memory_bytes)";
        ef__host_log(EF_ERROR, message, sizeof message - 1);
        abort();
    }
    block->before = ef__memory.blocks;
    ef__memory.blocks = block;
    return (char *)(block + 1);
}

static void ef__next_block(void)
{
#ifdef __wasm__
    static char first[EF_ARENA_BYTES] __attribute__((aligned(16)));
    ef__memory.next = ef__memory.end ? ef__from_system(EF_ARENA_BYTES) : first;
#else
    ef__memory.next = ef__from_system(EF_ARENA_BYTES);
#endif
    ef__memory.end = ef__memory.next + EF_ARENA_BYTES;
}

static void *ef__raw_elsewhere(size_t bytes)
{
    bool has_begun = ef__memory.end != NULL;
    if (bytes > EF_ARENA_BYTES / 4 && (has_begun || bytes > EF_ARENA_BYTES))
        return ef__from_system(bytes);
    ef__next_block();
    char *start = ef__memory.next;
    ef__memory.next += bytes;
    return start;
}

/* Memory as it is found. */
static inline void *ef__raw(size_t bytes)
{
    size_t rounded = bytes > SIZE_MAX - 15 ? SIZE_MAX : (bytes + 15) & ~(size_t)15;
    if (rounded > (size_t)(ef__memory.end - ef__memory.next))
        return ef__raw_elsewhere(rounded);
    char *start = ef__memory.next;
    ef__memory.next += rounded;
    return start;
}

void *ef_alloc(size_t bytes)
{
    return memset(ef__raw(bytes), 0, bytes);
}

/* Makes memory larger, in its place if it is the newest. */
static void *ef__grow(void *old, size_t old_bytes, size_t bytes)
{
    size_t taken = (old_bytes + 15) & ~(size_t)15, rounded = (bytes + 15) & ~(size_t)15;
    char *end = (char *)old + taken;
    if (old && end == ef__memory.next && rounded - taken <= (size_t)(ef__memory.end - end)) {
        ef__memory.next += rounded - taken;
        return old;
    }
    void *moved = ef__raw(bytes);
    if (old_bytes)
        memcpy(moved, old, old_bytes);
    return moved;
}

/* ---- Strings --------------------------------------------------------------------------------------------- */

ef_str ef_text(const char *text)
{
    ef_str string = {text, text ? strlen(text) : 0};
    return string;
}

/* A string that is there, though it may be empty. */
static ef_str ef__there(ef_str string)
{
    return string.ptr ? string : ef_text("");
}

bool ef_equal(ef_str string, const char *text)
{
    return string.ptr && string.len == strlen(text) && memcmp(string.ptr, text, string.len) == 0;
}

static ef_str ef__format(const char *format, va_list arguments) EF_PRINTF(1, 0);

static ef_str ef__format(const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, arguments);
    size_t room = len < 0 ? 1 : (size_t)len + 1;
    char *text = (char *)ef_alloc(room);
    vsnprintf(text, room, format, again);
    va_end(again);
    ef_str string = {text, room - 1};
    return string;
}

ef_str ef_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ef_str string = ef__format(format, arguments);
    va_end(arguments);
    return string;
}

/* How many bytes the character at the beginning takes; 0 if it is not UTF-8. */
static size_t ef__utf8(const char *text, size_t len)
{
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] < 0x80)
        return 1;
    if (c[0] < 0xc2 || c[0] > 0xf4 || len < 2 || (c[1] & 0xc0) != 0x80)
        return 0;
    if (c[0] < 0xe0)
        return 2;
    if (len < 3 || (c[2] & 0xc0) != 0x80)
        return 0;
    if (c[0] < 0xf0) /* neither longer than it need be nor a surrogate */
        return c[0] == 0xe0 ? (c[1] < 0xa0 ? 0 : 3) : c[0] == 0xed && c[1] >= 0xa0 ? 0 : 3;
    if (len < 4 || (c[3] & 0xc0) != 0x80)
        return 0;
    return c[0] == 0xf0 ? (c[1] < 0x90 ? 0 : 4) : c[0] == 0xf4 && c[1] >= 0x90 ? 0 : 4;
}

static bool ef__is_utf8(ef_str string)
{
    for (size_t i = 0, size; i < string.len; i += size)
        if ((size = ef__utf8(string.ptr + i, string.len - i)) == 0)
            return false;
    return true;
}

/* Text for people: what is not UTF-8 becomes question marks, because the host would not take it. */
static ef_str ef__readable(ef_str string)
{
    if (ef__is_utf8(string))
        return string;
    char *text = (char *)ef_alloc(string.len + 1);
    memcpy(text, string.ptr, string.len);
    for (size_t i = 0, size; i < string.len; i += size) {
        size = ef__utf8(text + i, string.len - i);
        if (size == 0)
            text[i] = '?';
        size += size == 0;
    }
    ef_str readable = {text, string.len};
    return readable;
}

/* Of eight bytes, as one number, those that are not ASCII or do not mean themselves in a JSON string: the lowest bit
 * that is set is the top bit of the first of them. */
static inline uint64_t ef__odd_bytes(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    uint64_t quotes = eight ^ ones * '"', backslashes = eight ^ ones * '\\';
    return (eight | (eight - ones * 0x20) | (quotes - ones) | (backslashes - ones)) & tops;
}

/* How many bytes at the beginning mean themselves in a JSON string: UTF-8 without controls, quotes and backslashes. */
static size_t ef__plain(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        if (len - i >= 8) {
            uint64_t eight;
            memcpy(&eight, text + i, 8);
            uint64_t odd = ef__odd_bytes(eight);
            i += odd ? (size_t)__builtin_ctzll(odd) / 8 : 8;
            if (!odd)
                continue;
        }
#endif
        if ((unsigned char)text[i] < 0x80) {
            if ((unsigned char)text[i] < 0x20 || text[i] == '"' || text[i] == '\\')
                return i;
            i++;
        }
        while (i < len && (unsigned char)text[i] >= 0x80) {
            size_t size = ef__utf8(text + i, len - i);
            if (size == 0)
                return i;
            i += size;
        }
    }
    return i;
}

/* The order of keys in canonical JSON: that of their UTF-16 code units. It is the order of the bytes, except that
 * characters beyond U+FFFF (surrogates in UTF-16) come before U+E000 to U+FFFF. */
static int ef__compare(ef_str a, ef_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < len; i++) {
        unsigned x = (unsigned char)a.ptr[i], y = (unsigned char)b.ptr[i];
        if (x != y) {
            x += (x & 0xfe) == 0xee ? 0x10 : 0;
            y += (y & 0xfe) == 0xee ? 0x10 : 0;
            return x < y ? -1 : 1;
        }
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

/* ---- JSON values ----------------------------------------------------------------------------------------- */

typedef struct ef__member {
    ef_str key;
    ef_json *value;
} ef__member;

struct ef_json {
    ef_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double number;
        ef_str string;
        struct {
            ef__member *members; /* in an array, without keys */
            uint32_t count, room;
        } list;
    } is;
};

static ef_json *ef__json(ef_kind kind)
{
    ef_json *json = (ef_json *)ef__raw(sizeof(ef_json));
    memset(json, 0, sizeof *json);
    json->kind = kind;
    return json;
}

ef_json *ef_null(void)
{
    return ef__json(EF_NULL);
}

ef_json *ef_bool(bool value)
{
    ef_json *json = ef__json(EF_BOOL);
    json->is.boolean = value;
    return json;
}

ef_json *ef_int(int64_t value)
{
    ef_json *json = ef__json(EF_INT);
    json->is.integer = value;
    return json;
}

ef_json *ef_number(double value)
{
    ef_json *json = ef__json(EF_NUMBER);
    json->is.number = value;
    return json;
}

ef_json *ef_string(ef_str value)
{
    ef_json *json = ef__json(value.ptr ? EF_STRING : EF_NULL);
    json->is.string = value;
    return json;
}

ef_json *ef_array(void)
{
    return ef__json(EF_ARRAY);
}

ef_json *ef_object(void)
{
    return ef__json(EF_OBJECT);
}

ef_kind ef_kind_of(const ef_json *json)
{
    return json ? json->kind : EF_NULL;
}

static bool ef__is_list(const ef_json *json)
{
    return json && (json->kind == EF_ARRAY || json->kind == EF_OBJECT);
}

size_t ef_count(const ef_json *json)
{
    return ef__is_list(json) ? json->is.list.count : 0;
}

ef_json *ef_at(const ef_json *json, size_t index)
{
    return index < ef_count(json) ? json->is.list.members[index].value : NULL;
}

ef_str ef_key_at(const ef_json *object, size_t index)
{
    return index < ef_count(object) ? object->is.list.members[index].key : ef_text(NULL);
}

/* Where a key is among the members of an object, or where it would have to be. */
static bool ef__search(const ef_json *object, ef_str key, size_t *index)
{
    size_t low = 0, high = object->is.list.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ef__compare(key, object->is.list.members[middle].key);
        if (order == 0) {
            *index = middle;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    *index = low;
    return false;
}

static void ef__append(ef_json *json, ef_str key, ef_json *value)
{
    if (json->is.list.count == json->is.list.room) {
        size_t used = json->is.list.room * sizeof(ef__member);
        json->is.list.room = json->is.list.room ? 2 * json->is.list.room : 4;
        void *members = ef__grow(json->is.list.members, used, json->is.list.room * sizeof(ef__member));
        json->is.list.members = (ef__member *)members;
    }
    ef__member *member = &json->is.list.members[json->is.list.count++];
    member->key = key;
    member->value = value ? value : ef_null();
}

ef_json *ef_find(const ef_json *object, ef_str key)
{
    size_t index;
    bool found = ef_kind_of(object) == EF_OBJECT && ef__search(object, key, &index);
    return found ? object->is.list.members[index].value : NULL;
}

ef_json *ef_get(const ef_json *object, const char *key)
{
    return ef_find(object, ef_text(key));
}

ef_json *ef_put(ef_json *object, ef_str key, ef_json *value)
{
    size_t index;
    if (ef_kind_of(object) != EF_OBJECT)
        return object;
    key = ef__there(key);
    if (ef__search(object, key, &index)) {
        object->is.list.members[index].value = value ? value : ef_null();
        return object;
    }
    ef__append(object, key, value);
    ef__member *members = object->is.list.members, added = members[object->is.list.count - 1];
    memmove(members + index + 1, members + index, (object->is.list.count - 1 - index) * sizeof *members);
    members[index] = added;
    return object;
}

ef_json *ef_set(ef_json *object, const char *key, ef_json *value)
{
    return ef_put(object, ef_text(key), value);
}

ef_json *ef_push(ef_json *array, ef_json *value)
{
    if (ef_kind_of(array) == EF_ARRAY)
        ef__append(array, ef_text(NULL), value);
    return array;
}

bool ef_remove_at(ef_json *json, size_t index)
{
    if (index >= ef_count(json))
        return false;
    ef__member *members = json->is.list.members;
    memmove(members + index, members + index + 1, (--json->is.list.count - index) * sizeof *members);
    return true;
}

bool ef_remove(ef_json *object, ef_str key)
{
    size_t index;
    return ef_kind_of(object) == EF_OBJECT && ef__search(object, key, &index) && ef_remove_at(object, index);
}

/* Puts the members of an object that was read into canonical order; of those with one key the last stays. They are
 * merged, in runs that double, because whoever sends them must not be able to make that slow. */
static void ef__sort(ef_json *object)
{
    size_t count = object->is.list.count;
    ef__member *from = object->is.list.members;
    ef__member *into = (ef__member *)ef__raw(count * sizeof *into);
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t start = 0; start < count; start += 2 * run) {
            size_t middle = start + run < count ? start + run : count;
            size_t end = middle + run < count ? middle + run : count;
            for (size_t a = start, b = middle, at = start; at < end; at++) {
                bool first = b == end || (a < middle && ef__compare(from[a].key, from[b].key) <= 0);
                into[at] = first ? from[a++] : from[b++];
            }
        }
        ef__member *swap = from;
        from = into;
        into = swap;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || ef__compare(from[i].key, from[i + 1].key) != 0)
            from[kept++] = from[i];
    object->is.list.members = from;
    object->is.list.count = object->is.list.room = (uint32_t)kept;
}

/* ---- Decimals and doubles, exactly ----------------------------------------------------------------------- */

/* As many digits of a literal as can count: between two doubles no decimal that lies in the middle is longer. */
#define EF__DIGITS_MAX 800

/* An integer of any size up to 10^1130, without leading zeros. A module has this instead of strtod and printf,
 * which are a hundred times slower there and do not look for the shortest decimal. */
typedef struct ef__big {
    uint32_t count;
    uint32_t limbs[128];
} ef__big;

static void ef__set_big(ef__big *big, uint64_t value)
{
    big->limbs[0] = (uint32_t)value;
    big->limbs[1] = (uint32_t)(value >> 32);
    big->count = big->limbs[1] ? 2 : value != 0;
}

/* Copies only what there is, which mostly is little. */
static void ef__copy_big(ef__big *to, const ef__big *from)
{
    to->count = from->count;
    memcpy(to->limbs, from->limbs, from->count * sizeof(uint32_t));
}

static void ef__multiply(ef__big *big, uint32_t factor, uint32_t add)
{
    uint64_t carry = add;
    for (uint32_t i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limbs[i] * factor;
        big->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        big->limbs[big->count++] = (uint32_t)carry;
}

static void ef__multiply_by_power_of_ten(ef__big *big, int power)
{
    for (; power >= 9; power -= 9)
        ef__multiply(big, 1000000000, 0);
    for (; power > 0; power--)
        ef__multiply(big, 10, 0);
}

static void ef__shift_left(ef__big *big, int bits)
{
    uint32_t whole = (uint32_t)bits / 32;
    if (bits % 32)
        ef__multiply(big, (uint32_t)1 << bits % 32, 0);
    if (whole && big->count) {
        memmove(big->limbs + whole, big->limbs, big->count * sizeof(uint32_t));
        memset(big->limbs, 0, whole * sizeof(uint32_t));
        big->count += whole;
    }
}

static int ef__compare_big(const ef__big *a, const ef__big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (uint32_t i = a->count; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

static void ef__add_big(ef__big *to, const ef__big *other)
{
    uint64_t carry = 0;
    uint32_t count = to->count > other->count ? to->count : other->count;
    for (uint32_t i = 0; i < count; i++) {
        carry += (i < to->count ? to->limbs[i] : 0) + (uint64_t)(i < other->count ? other->limbs[i] : 0);
        to->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    to->count = count;
    if (carry)
        to->limbs[to->count++] = (uint32_t)carry;
}

/* Subtracts a multiple that is not larger. */
static void ef__subtract(ef__big *from, const ef__big *other, uint32_t factor)
{
    uint64_t carry = 0;
    for (uint32_t i = 0; i < from->count; i++) {
        carry += i < other->count ? (uint64_t)other->limbs[i] * factor : 0;
        uint32_t low = (uint32_t)carry;
        carry = (carry >> 32) + (from->limbs[i] < low);
        from->limbs[i] -= low;
    }
    while (from->count > 0 && from->limbs[from->count - 1] == 0)
        from->count--;
}

/* The highest three limbs, in units of that limb of which there are `count` with it. */
static double ef__leading(const ef__big *big, uint32_t count)
{
    double value = 0;
    for (uint32_t i = big->count > 3 ? big->count - 3 : 0; i < big->count; i++)
        value = value / 4294967296.0 + big->limbs[i];
    return big->count > count ? value * 4294967296.0 : value;
}

/* Divides, and leaves the remainder; the quotient is below 2^21. */
static uint32_t ef__divide(ef__big *above, const ef__big *below)
{
    uint32_t quotient = 0;
    if (above->count >= below->count) {
        /* A little less than it is, so that what is subtracted is never too much, and at most one too little. */
        double estimate = ef__leading(above, below->count) / ef__leading(below, below->count);
        quotient = (uint32_t)(estimate * (1 - 1e-12));
        ef__subtract(above, below, quotient);
    }
    for (; ef__compare_big(above, below) >= 0; quotient++)
        ef__subtract(above, below, 1);
    return quotient;
}

static int ef__bits(const ef__big *big)
{
    int bits = 0;
    for (uint32_t top = big->count ? big->limbs[big->count - 1] : 0; top; top >>= 1)
        bits++;
    return bits + (big->count ? 32 * ((int)big->count - 1) : 0);
}

static double ef__power_of_two(int exponent)
{
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power;
    memcpy(&power, &bits, 8);
    return power;
}

/* The double that is nearest to above / below, which are changed; of two the even one. */
static double ef__nearest_double(ef__big *above, ef__big *below)
{
    int shift = ef__bits(above) - ef__bits(below);
    int exponent = shift - 55 > -1076 ? shift - 55 : -1076; /* two bits, at least, more than a double has */
    uint64_t quotient = 0;
    ef__shift_left(shift > 0 ? below : above, shift > 0 ? shift : -shift);
    for (int left = shift - exponent, bits = 0; left >= 0; left -= bits) {
        quotient = quotient << bits | ef__divide(above, below);
        bits = left == 0 ? 1 : left < 20 ? left : 20;
        if (left > 0)
            ef__multiply(above, (uint32_t)1 << bits, 0);
    }
    quotient |= above->count > 0; /* on which side of the middle it is */
    return (double)quotient * ef__power_of_two(exponent / 2) * ef__power_of_two(exponent - exponent / 2);
}

/* The double that is nearest to digits * 10^power; infinite where none is. `count` is how many digits there are. */
static double ef__to_double(ef__big *digits, int count, int power)
{
    uint64_t small = digits->count > 2 ? UINT64_MAX
                                       : (digits->count > 1 ? (uint64_t)digits->limbs[1] << 32 : 0) |
                                             (digits->count > 0 ? digits->limbs[0] : 0);
    if (small == 0 || count + power < -330)
        return 0;
    if (count + power > 310)
        return (double)UINT64_MAX * ef__power_of_two(1023);
    if (small <= EF__LAST_INTEGER && power >= -22 && power <= 22) {
        double scale = 1; /* all three are exact, so that there is one rounding */
        for (int i = power < 0 ? -power : power; i > 0; i--)
            scale *= 10;
        return power < 0 ? (double)small / scale : (double)small * scale;
    }
    ef__big below;
    ef__set_big(&below, 1);
    ef__multiply_by_power_of_ten(power < 0 ? &below : digits, power < 0 ? -power : power);
    return ef__nearest_double(digits, &below);
}

/* The digits of a positive double, as few as tell it from all others and of those the closest, with the decimal
 * point behind the first `point` of them. */
typedef struct ef__decimal {
    char digits[24];
    int count, point;
} ef__decimal;

/* Writes the digits of an integer below 10^16 at the end of sixteen characters and says how many there are. */
static int ef__integer_digits(uint64_t value, char *digits)
{
    int at = 16;
    for (; value > UINT32_MAX; value /= 10)
        digits[--at] = (char)('0' + value % 10);
    uint32_t rest = (uint32_t)value;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    return 16 - at;
}

/* Decimals of up to fifteen digits are all different doubles: one that gives this double again is the shortest. */
static bool ef__short_decimal(double value, ef__decimal *decimal)
{
    double scale = 1;
    for (int places = 0; places <= 22 && value * scale < 1e15; places++, scale *= 10) {
        uint64_t integer = (uint64_t)(value * scale + 0.5);
        if (integer == 0 || (double)integer / scale != value)
            continue;
        char digits[16];
        decimal->count = ef__integer_digits(integer, digits);
        memcpy(decimal->digits, digits + 16 - decimal->count, (size_t)decimal->count);
        decimal->point = decimal->count - places;
        return true;
    }
    return false;
}

/* A double as value / unit, with the halves of the distances to the doubles below and above it. */
typedef struct ef__interval {
    ef__big value, unit, below, above;
    bool inclusive; /* whether the ends, too, are read as this double */
} ef__interval;

/* Gives the interval, divided by 10^point: that is the decimal's own `point`, or one less. */
static int ef__interval_of(double value, ef__interval *in)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    int exponent = (int)(bits >> 52), normal = exponent > 0;
    uint64_t mantissa = (bits << 12 >> 12) | (uint64_t)normal << 52;
    exponent += !normal - 1075;
    bool closer_below = bits << 12 == 0 && exponent > -1074; /* at a power of two */
    in->inclusive = mantissa % 2 == 0;
    ef__set_big(&in->value, mantissa);
    ef__set_big(&in->unit, 1);
    ef__set_big(&in->below, 1);
    ef__shift_left(&in->value, 1 + closer_below + (exponent > 0 ? exponent : 0));
    ef__shift_left(&in->unit, 1 + closer_below + (exponent < 0 ? -exponent : 0));
    ef__shift_left(&in->below, exponent > 0 ? exponent : 0);
    ef__copy_big(&in->above, &in->below);
    ef__shift_left(&in->above, closer_below);
    int magnitude = exponent - 1;
    for (uint64_t left = mantissa; left; left >>= 1)
        magnitude++;
    double estimate = magnitude * 0.30102999566398114; /* log10(2), a little less */
    int point = (int)estimate + (estimate > (int)estimate);
    ef__multiply_by_power_of_ten(&in->unit, point > 0 ? point : 0);
    ef__multiply_by_power_of_ten(&in->value, point < 0 ? -point : 0);
    ef__multiply_by_power_of_ten(&in->below, point < 0 ? -point : 0);
    ef__multiply_by_power_of_ten(&in->above, point < 0 ? -point : 0);
    return point;
}

/* Whether the value rounded up to the next unit is still this double. */
static bool ef__reaches_unit(const ef__interval *in)
{
    ef__big sum;
    ef__copy_big(&sum, &in->value);
    ef__add_big(&sum, &in->above);
    return ef__compare_big(&sum, &in->unit) >= !in->inclusive;
}

static void ef__next_place(ef__interval *in)
{
    ef__multiply(&in->value, 10, 0);
    ef__multiply(&in->below, 10, 0);
    ef__multiply(&in->above, 10, 0);
}

/* Steele and White's, and Dragon4: digit after digit, until what is left is less than what tells doubles apart. */
static void ef__shortest_decimal(double value, ef__decimal *decimal)
{
    ef__interval in;
    decimal->point = ef__interval_of(value, &in);
    decimal->count = 0;
    if (ef__reaches_unit(&in))
        decimal->point++;
    else
        ef__next_place(&in);
    for (;;) {
        int digit = (int)ef__divide(&in.value, &in.unit);
        bool low = ef__compare_big(&in.value, &in.below) < in.inclusive;
        bool high = ef__reaches_unit(&in);
        if (low && high) {
            ef__multiply(&in.value, 2, 0);
            int half = ef__compare_big(&in.value, &in.unit);
            high = half > 0 || (half == 0 && digit % 2 == 1);
        }
        decimal->digits[decimal->count++] = (char)('0' + digit + high);
        if (low || high)
            return;
        ef__next_place(&in);
    }
}

/* ---- Reading JSON ---------------------------------------------------------------------------------------- */

typedef struct ef__reader {
    const char *start, *at, *end;
    unsigned depth;
    ef_str why; /* absent: all is well */
} ef__reader;

static ef_json *ef__read(ef__reader *in);

static ef_json *ef__wrong(ef__reader *in, const char *expected)
{
    if (!in->why.ptr)
        in->why = ef_format("this is not JSON: expected %s at byte %zu", expected, (size_t)(in->at - in->start));
    return NULL;
}

/* The next byte, or NUL at the end: nothing that is looked for. */
static char ef__peek(const ef__reader *in)
{
    return in->at < in->end ? *in->at : '\0';
}

static bool ef__take(ef__reader *in, char c)
{
    bool there = ef__peek(in) == c;
    in->at += there;
    return there;
}

static char ef__skip_space(ef__reader *in)
{
    while (ef__peek(in) == ' ' || ef__peek(in) == '\n' || ef__peek(in) == '\r' || ef__peek(in) == '\t')
        in->at++;
    return ef__peek(in);
}

static bool ef__is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether there are digits here; takes them. */
static bool ef__take_digits(ef__reader *in)
{
    bool there = ef__is_digit(ef__peek(in));
    while (ef__is_digit(ef__peek(in)))
        in->at++;
    return there;
}

static ef_json *ef__too_large(ef__reader *in, const char *literal, const char *beyond)
{
    size_t len = (size_t)(in->at - literal);
    int shown = len > 40 ? 40 : (int)len;
    in->why = ef_format("the number %.*s%s is beyond %s", shown, literal, len > 40 ? "…" : "", beyond);
    return NULL;
}

/* What an exponent says, if it says anything, or a billion, which is beyond all that matters. */
static int ef__exponent(const char *at, const char *end)
{
    bool negative = at < end && at[1] == '-';
    int exponent = 0;
    for (; at < end; at++)
        if (ef__is_digit(*at) && exponent < 100000000)
            exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

/* Any literal, as a double. */
EF__ASIDE static ef_json *ef__double(ef__reader *in, const char *literal)
{
    ef__big digits;
    ef__set_big(&digits, 0);
    int count = 0, power = 0;
    bool in_fraction = false, more = false;
    const char *at = literal;
    for (; at < in->at && *at != 'e' && *at != 'E'; at++) {
        in_fraction |= *at == '.';
        if (!ef__is_digit(*at))
            continue;
        if (count < EF__DIGITS_MAX) {
            ef__multiply(&digits, 10, (uint32_t)(*at - '0'));
            count += digits.count > 0;
            power -= in_fraction;
        } else {
            more |= *at != '0';
            power += !in_fraction;
        }
    }
    if (more)
        digits.limbs[0] |= 1; /* no longer in the middle between two doubles, if it was */
    double value = ef__to_double(&digits, count, power + ef__exponent(at, in->at));
    if (value - value != 0)
        return ef__too_large(in, literal, "the range of doubles");
    return ef_number(*literal == '-' ? -value : value);
}

/* Whether an integer of so many digits is what canonical JSON has for a double beyond 2^53: as few digits as tell it
 * from other doubles, and zeros. */
static bool ef__is_canonical(double value, const char *digits, size_t len)
{
    ef__decimal decimal;
    ef__shortest_decimal(value, &decimal);
    size_t count = (size_t)decimal.count;
    if ((size_t)decimal.point != len || memcmp(digits, decimal.digits, count) != 0)
        return false;
    while (count < len && digits[count] == '0')
        count++;
    return count == len;
}

/* An integer beyond 2^53. Readers would not agree on which one it is, so it must be a double as it is written. */
EF__ASIDE static ef_json *ef__large_integer(ef__reader *in, const char *literal)
{
    const char *digits = literal + (*literal == '-');
    size_t len = (size_t)(in->at - digits);
    ef_json *number = len <= EF__INTEGER_DIGITS ? ef__double(in, literal) : NULL;
    if (number && ef__is_canonical(*literal == '-' ? -number->is.number : number->is.number, digits, len))
        return number;
    return ef__too_large(in, literal, "2^53: send it as a string");
}

/* A literal without fraction and exponent. */
static ef_json *ef__integer(ef__reader *in, const char *literal)
{
    bool negative = *literal == '-';
    int64_t value = 0;
    for (const char *at = literal + negative; at < in->at; at++) {
        value = value * 10 + (*at - '0');
        if (value > EF__LAST_INTEGER)
            return ef__large_integer(in, literal);
    }
    return negative && value == 0 ? ef_number(-0.0) : ef_int(negative ? -value : value);
}

static ef_json *ef__read_number(ef__reader *in)
{
    const char *literal = in->at;
    bool is_integer = true;
    ef__take(in, '-');
    if (!ef__take(in, '0') && !ef__take_digits(in))
        return ef__wrong(in, "a digit");
    if (ef__take(in, '.')) {
        is_integer = false;
        if (!ef__take_digits(in))
            return ef__wrong(in, "a digit");
    }
    if (ef__take(in, 'e') || ef__take(in, 'E')) {
        is_integer = false;
        if (!ef__take(in, '+'))
            ef__take(in, '-');
        if (!ef__take_digits(in))
            return ef__wrong(in, "a digit");
    }
    return is_integer ? ef__integer(in, literal) : ef__double(in, literal);
}

/* Four hexadecimal digits; -1 if they are not. */
static int32_t ef__hex(ef__reader *in)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++, in->at++) {
        char c = ef__peek(in);
        char lower = (char)(c | 0x20);
        if (!ef__is_digit(c) && (lower < 'a' || lower > 'f'))
            return -1;
        unit = unit * 16 + (ef__is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    return unit;
}

/* The rest of an escape that begins with \u, as UTF-8; NULL if it is none. */
static char *ef__unescape(ef__reader *in, char *out)
{
    int32_t c = ef__hex(in);
    if (c >= 0xd800 && c < 0xdc00) {
        int32_t low = ef__take(in, '\\') && ef__take(in, 'u') ? ef__hex(in) : -1;
        c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0xdc00;
    }
    if (c < 0 || (c >= 0xd800 && c < 0xe000)) {
        ef__wrong(in, c < 0 ? "four hexadecimal digits" : "both halves of a pair of surrogates");
        return NULL;
    }
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = (char)(0xe0 | c >> 12);
        } else {
            *out++ = (char)(0xf0 | c >> 18);
            *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (c & 0x3f));
    return out;
}

/* Where a string ends: at its closing quote or with the text. */
static const char *ef__closing(const ef__reader *in)
{
    const char *at = in->at;
    while (at < in->end && *at != '"') {
        if (*at == '\\' && in->end - at > 1)
            at++;
        at++;
        at += ef__plain(at, (size_t)(in->end - at));
    }
    return at;
}

/* One escape, behind its backslash; NULL if it is none. */
static char *ef__read_escape(ef__reader *in, char *out)
{
    char c = ef__peek(in);
    switch (c) {
    case '"':
    case '\\':
    case '/':
        break;
    case 'b':
        c = '\b';
        break;
    case 'f':
        c = '\f';
        break;
    case 'n':
        c = '\n';
        break;
    case 'r':
        c = '\r';
        break;
    case 't':
        c = '\t';
        break;
    case 'u':
        in->at++;
        return ef__unescape(in, out);
    default:
        ef__wrong(in, "an escape");
        return NULL;
    }
    in->at++;
    *out++ = c;
    return out;
}

/* Says what is wrong where a string neither goes on nor ends. */
static char *ef__no_string(ef__reader *in)
{
    if (in->at == in->end)
        ef__wrong(in, "the end of a string");
    else
        ef__wrong(in, (unsigned char)*in->at < 0x20 ? "an escape instead of a control character" : "UTF-8");
    return NULL;
}

/* A string, behind its opening quote; absent if it is wrong. Without its escapes it is never longer. */
static ef_str ef__read_string(ef__reader *in)
{
    ef_str none = {NULL, 0};
    size_t size = ef__plain(in->at, (size_t)(in->end - in->at));
    const char *close = in->at + size < in->end && in->at[size] == '"' ? in->at + size : ef__closing(in);
    char *start = (char *)ef__raw((size_t)(close - in->at) + 1), *out = start;
    for (;;) {
        memcpy(out, in->at, size);
        out += size;
        in->at += size;
        if (ef__take(in, '"')) {
            *out = '\0';
            ef_str string = {start, (size_t)(out - start)};
            return string;
        }
        out = ef__take(in, '\\') ? ef__read_escape(in, out) : ef__no_string(in);
        if (!out)
            return none;
        size = ef__plain(in->at, (size_t)(in->end - in->at));
    }
}

static ef_json *ef__read_array(ef__reader *in)
{
    ef_json *array = ef_array();
    if (ef__skip_space(in) == ']')
        return in->at++, array;
    for (;;) {
        ef_json *value = ef__read(in);
        if (!value)
            return NULL;
        ef__append(array, ef_text(NULL), value);
        if (ef__take(in, ']'))
            return array;
        if (!ef__take(in, ','))
            return ef__wrong(in, "a comma or the end of the array");
    }
}

static ef_json *ef__read_object(ef__reader *in)
{
    ef_json *object = ef_object();
    ef_str before = {NULL, 0};
    bool sorted = true;
    if (ef__skip_space(in) == '}')
        return in->at++, object;
    for (;;) {
        ef__skip_space(in);
        if (!ef__take(in, '"'))
            return ef__wrong(in, "a key");
        ef_str key = ef__read_string(in);
        if (!key.ptr)
            return NULL;
        ef__skip_space(in);
        if (!ef__take(in, ':'))
            return ef__wrong(in, "a colon");
        ef_json *value = ef__read(in);
        if (!value)
            return NULL;
        sorted = sorted && (!before.ptr || ef__compare(before, key) < 0);
        before = key;
        ef__append(object, key, value);
        if (ef__take(in, '}'))
            break;
        if (!ef__take(in, ','))
            return ef__wrong(in, "a comma or the end of the object");
    }
    if (!sorted)
        ef__sort(object);
    return object;
}

static bool ef__take_word(ef__reader *in, const char *word)
{
    size_t len = strlen(word);
    bool there = len <= (size_t)(in->end - in->at) && memcmp(in->at, word, len) == 0;
    in->at += there ? len : 0;
    return there;
}

static ef_json *ef__read_list(ef__reader *in, bool is_array)
{
    if (in->depth == EF_DEPTH_MAX) {
        in->why = ef_format("it nests deeper than %d levels (EF_DEPTH_MAX)", EF_DEPTH_MAX);
        return NULL;
    }
    in->depth++;
    ef_json *json = is_array ? ef__read_array(in) : ef__read_object(in);
    in->depth--;
    return json;
}

/* A value, with the space around it; NULL if it is wrong. */
static ef_json *ef__read(ef__reader *in)
{
    ef_json *json = NULL;
    char first = ef__skip_space(in);
    if (first == '{' || first == '[') {
        in->at++;
        json = ef__read_list(in, first == '[');
    } else if (first == '"') {
        in->at++;
        ef_str string = ef__read_string(in);
        json = string.ptr ? ef_string(string) : NULL;
    } else if (first == '-' || ef__is_digit(first)) {
        json = ef__read_number(in);
    } else if (ef__take_word(in, "true")) {
        json = ef_bool(true);
    } else if (ef__take_word(in, "false")) {
        json = ef_bool(false);
    } else if (ef__take_word(in, "null")) {
        json = ef_null();
    } else {
        ef__wrong(in, "a value");
    }
    ef__skip_space(in);
    return json;
}

ef_json *ef_parse(ef_str text, ef_str *why)
{
    const char *start = text.ptr ? text.ptr : "";
    ef__reader in = {start, start, start + text.len, 0, {NULL, 0}};
    ef_json *json = ef__read(&in);
    if (json && in.at != in.end)
        json = ef__wrong(&in, "nothing more");
    if (why)
        *why = in.why;
    return json;
}

/* ---- Writing canonical JSON ------------------------------------------------------------------------------ */

typedef struct ef__writer {
    char *text;
    size_t len, room;
    unsigned depth;
    ef_str why; /* absent: all is well */
} ef__writer;

static void ef__add(ef__writer *out, const char *bytes, size_t len)
{
    if (out->room - out->len < len) {
        size_t room = 2 * out->room + len;
        out->text = (char *)ef__grow(out->text, out->room, room);
        out->room = room;
    }
    memcpy(out->text + out->len, bytes, len);
    out->len += len;
}

static void ef__add_char(ef__writer *out, char c)
{
    ef__add(out, &c, 1);
}

static void ef__write_integer(ef__writer *out, int64_t value)
{
    char digits[16];
    if (value < 0)
        ef__add_char(out, '-');
    int count = ef__integer_digits((uint64_t)(value < 0 ? -value : value), digits);
    ef__add(out, digits + 16 - count, (size_t)count);
}

/* As ECMAScript writes numbers. */
EF__ASIDE static void ef__write_double(ef__writer *out, double value)
{
    ef__decimal decimal;
    if (value < 0)
        ef__add_char(out, '-');
    value = value < 0 ? -value : value;
    if (value < EF__LAST_INTEGER && value == (double)(int64_t)value) {
        ef__write_integer(out, (int64_t)value);
        return;
    }
    if (!ef__short_decimal(value, &decimal))
        ef__shortest_decimal(value, &decimal);
    int count = decimal.count, point = decimal.point;
    if (point > EF__INTEGER_DIGITS || point < -5) {
        ef__add(out, decimal.digits, 1);
        if (count > 1) {
            ef__add_char(out, '.');
            ef__add(out, decimal.digits + 1, (size_t)(count - 1));
        }
        ef__add(out, point > 0 ? "e+" : "e-", 2);
        ef__write_integer(out, point > 0 ? point - 1 : 1 - point);
        return;
    }
    if (point <= 0)
        ef__add(out, "0.00000", (size_t)(2 - point));
    int whole = point < 0 ? 0 : point < count ? point : count;
    ef__add(out, decimal.digits, (size_t)whole);
    if (whole > 0 && whole < count)
        ef__add_char(out, '.');
    ef__add(out, decimal.digits + whole, (size_t)(count - whole));
    ef__add(out, "000000000000000000000", (size_t)(point > count ? point - count : 0));
}

static void ef__write_escape(ef__writer *out, unsigned char c)
{
    static const char names[] = "uuuuuuuubtnufruu", hex[] = "0123456789abcdef";
    char name = c < 0x10 ? names[c] : c < 0x20 ? 'u' : (char)c;
    char escape[6] = {'\\', name, '0', '0', hex[c >> 4 & 1], hex[c & 15]};
    ef__add(out, escape, name == 'u' ? 6 : 2);
}

static void ef__write_string(ef__writer *out, ef_str string)
{
    ef__add_char(out, '"');
    for (size_t i = 0;; i++) {
        size_t size = ef__plain(string.ptr + i, string.len - i);
        ef__add(out, string.ptr + i, size);
        i += size;
        if (i == string.len)
            break;
        if ((unsigned char)string.ptr[i] >= 0x80) {
            out->why = ef_format("a string is not UTF-8 (at its byte %zu)", i);
            return;
        }
        ef__write_escape(out, (unsigned char)string.ptr[i]);
    }
    ef__add_char(out, '"');
}

static void ef__write(ef__writer *out, const ef_json *json);

static void ef__write_list(ef__writer *out, const ef_json *json)
{
    bool is_object = json->kind == EF_OBJECT;
    if (out->depth == EF_DEPTH_MAX) {
        out->why = ef_format("it nests deeper than %d levels (EF_DEPTH_MAX)", EF_DEPTH_MAX);
        return;
    }
    out->depth++;
    ef__add_char(out, is_object ? '{' : '[');
    for (uint32_t i = 0; i < json->is.list.count && !out->why.ptr; i++) {
        if (i > 0)
            ef__add_char(out, ',');
        if (is_object) {
            ef__write_string(out, json->is.list.members[i].key);
            ef__add_char(out, ':');
        }
        ef__write(out, json->is.list.members[i].value);
    }
    ef__add_char(out, is_object ? '}' : ']');
    out->depth--;
}

static void ef__write(ef__writer *out, const ef_json *json)
{
    switch (ef_kind_of(json)) {
    case EF_NULL:
        ef__add(out, "null", 4);
        break;
    case EF_BOOL:
        ef__add(out, json->is.boolean ? "true" : "false", json->is.boolean ? 4 : 5);
        break;
    case EF_INT:
        if (json->is.integer > EF__LAST_INTEGER || json->is.integer < -EF__LAST_INTEGER)
            out->why = ef_format("the number %lld is beyond 2^53: send it as a string", (long long)json->is.integer);
        else
            ef__write_integer(out, json->is.integer);
        break;
    case EF_NUMBER:
        if (json->is.number - json->is.number != 0)
            out->why = ef_text("NaN and the infinities are no JSON");
        else
            ef__write_double(out, json->is.number);
        break;
    case EF_STRING:
        ef__write_string(out, json->is.string);
        break;
    case EF_ARRAY:
    case EF_OBJECT:
        ef__write_list(out, json);
        break;
    }
}

/* Writes a value that will be about as long as `expected` bytes. */
static ef_str ef__canonical(const ef_json *json, size_t expected, ef_str *why)
{
    size_t room = expected + 128;
    ef__writer out = {(char *)ef__raw(room), 0, room, 0, {NULL, 0}};
    ef__write(&out, json);
    ef__add_char(&out, '\0');
    ef_str text = {out.why.ptr ? NULL : out.text, out.why.ptr ? 0 : out.len - 1};
    if (why)
        *why = out.why;
    return text;
}

ef_str ef_canonical(const ef_json *json, ef_str *why)
{
    return ef__canonical(json, 0, why);
}

/* ---- The contract, laid out as the canonical ABI has it --------------------------------------------------- */

typedef struct ef__event {
    ef_str id, entity, type, data;
    int64_t occurred_at;
    uint8_t has_position;
    uint64_t position;
    uint8_t has_cause;
    ef_str cause;
    const ef_pair *metadata;
    size_t metadata_count;
} ef__event;

struct ef_new_event {
    uint32_t cause;
    ef_str type;
    uint8_t has_entity;
    ef_str entity;
    ef_str data;
    ef_pair *metadata;
    size_t metadata_count;
};

enum { EF__KEEP, EF__PUT, EF__DELETE };

typedef struct ef__reduction {
    uint8_t change;
    ef_str model;
    const ef_new_event *events;
    size_t event_count;
} ef__reduction;

typedef struct ef__failure {
    uint8_t has_event;
    uint32_t event;
    ef_str code, message;
    uint8_t has_trace;
    ef_str trace;
} ef__failure;

typedef struct ef__outcome {
    uint8_t failed;
    union {
        ef__reduction reduction;
        ef__failure failure;
    } is;
} ef__outcome;

/* ---- One call -------------------------------------------------------------------------------------------- */

struct ef_call {
    const ef__event *events;
    size_t index; /* of the event that is being applied */
    bool applies; /* rather than decodes the model */
    bool failed;
    ef__failure failure;
    ef_json *data; /* of the event, once it was asked for */
    ef_new_event **emitted;
    size_t emitted_count, emitted_room;
};

/* Notes a failure, unless there is one: the first is the cause of the others. */
static ef_result ef__fail(ef_call *call, const char *code, ef_str message, const char *trace)
{
    if (call->failed)
        return EF_FAILED;
    call->failed = true;
    call->failure.has_event = call->applies;
    call->failure.event = call->applies ? (uint32_t)call->index : 0;
    call->failure.code = ef__readable(ef_text(code));
    call->failure.message = ef__readable(message);
    call->failure.has_trace = trace != NULL;
    call->failure.trace = ef__readable(ef_text(trace));
    return EF_FAILED;
}

/* Notes that JSON is not what the reducer says it takes. */
static void ef__mismatch(ef_call *call, ef_str message)
{
    if (call->applies)
        message = ef_format("%s: %s", call->events[call->index].type.ptr, message.ptr);
    ef__fail(call, call->applies ? "invalid-data" : "invalid-model", message, NULL);
}

ef_result ef_refuse_at(ef_call *call, const char *trace, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ef_str message = ef__format(format, arguments);
    va_end(arguments);
    return ef__fail(call, code, message, trace);
}

ef_json *ef_data(ef_call *call)
{
    if (call->data || !call->applies)
        return call->data;
    ef_str why;
    call->data = ef_parse(call->events[call->index].data, &why);
    if (!call->data) {
        ef__mismatch(call, why);
        call->data = ef_null();
    }
    return call->data;
}

static const char *ef__kind_name(ef_kind kind)
{
    static const char *const names[] = {
        "null", "true or false", "an integer", "a number", "a string", "an array", "an object",
    };
    return names[kind];
}

/* Whether a number is an integer that a double holds exactly. */
static bool ef__is_integral(double number)
{
    return number >= -EF__LAST_INTEGER && number <= EF__LAST_INTEGER && number == (double)(int64_t)number;
}

/* The value if it is of this kind, else a noted failure and NULL. A key of NULL means the value itself. */
static const ef_json *ef__expect(ef_call *call, const ef_json *json, const char *key, ef_kind kind)
{
    ef_kind there = ef_kind_of(json);
    if (json && (there == kind || (kind == EF_NUMBER && there == EF_INT) ||
                 (kind == EF_INT && there == EF_NUMBER && ef__is_integral(json->is.number))))
        return json;
    if (call->failed)
        return NULL;
    ef_str named = key ? ef_format("\"%s\"", key) : ef_text("a value");
    if (json)
        ef__mismatch(call, ef_format("%s is %s, not %s", named.ptr, ef__kind_name(there), ef__kind_name(kind)));
    else
        ef__mismatch(call, ef_format("%s is missing", named.ptr));
    return NULL;
}

/* The same for a member. */
static const ef_json *ef__member_of(ef_call *call, const ef_json *object, const char *key, ef_kind kind)
{
    if (ef_kind_of(object) == EF_OBJECT || !object)
        return ef__expect(call, ef_get(object, key), key, kind);
    return ef__expect(call, object, NULL, EF_OBJECT);
}

static bool ef__bool(const ef_json *json)
{
    return json && json->is.boolean;
}

static int64_t ef__int(const ef_json *json)
{
    return !json ? 0 : json->kind == EF_INT ? json->is.integer : (int64_t)json->is.number;
}

static double ef__number(const ef_json *json)
{
    return !json ? 0 : json->kind == EF_INT ? (double)json->is.integer : json->is.number;
}

static ef_str ef__string(const ef_json *json)
{
    return json ? json->is.string : ef_text("");
}

bool ef_get_bool(ef_call *call, const ef_json *object, const char *key)
{
    return ef__bool(ef__member_of(call, object, key, EF_BOOL));
}

int64_t ef_get_int(ef_call *call, const ef_json *object, const char *key)
{
    return ef__int(ef__member_of(call, object, key, EF_INT));
}

double ef_get_number(ef_call *call, const ef_json *object, const char *key)
{
    return ef__number(ef__member_of(call, object, key, EF_NUMBER));
}

ef_str ef_get_string(ef_call *call, const ef_json *object, const char *key)
{
    return ef__string(ef__member_of(call, object, key, EF_STRING));
}

ef_json *ef_get_array(ef_call *call, const ef_json *object, const char *key)
{
    const ef_json *array = ef__member_of(call, object, key, EF_ARRAY);
    return array ? (ef_json *)array : ef_array();
}

ef_json *ef_get_object(ef_call *call, const ef_json *object, const char *key)
{
    const ef_json *member = ef__member_of(call, object, key, EF_OBJECT);
    return member ? (ef_json *)member : ef_object();
}

bool ef_as_bool(ef_call *call, const ef_json *json)
{
    return ef__bool(ef__expect(call, json, NULL, EF_BOOL));
}

int64_t ef_as_int(ef_call *call, const ef_json *json)
{
    return ef__int(ef__expect(call, json, NULL, EF_INT));
}

double ef_as_number(ef_call *call, const ef_json *json)
{
    return ef__number(ef__expect(call, json, NULL, EF_NUMBER));
}

ef_str ef_as_string(ef_call *call, const ef_json *json)
{
    return ef__string(ef__expect(call, json, NULL, EF_STRING));
}

bool ef_is(const ef_event *event, const char *type)
{
    return ef_equal(event->type, type);
}

ef_str ef_metadata(const ef_event *event, const char *key)
{
    for (size_t i = 0; i < event->metadata_count; i++)
        if (ef_equal(event->metadata[i].key, key))
            return event->metadata[i].value;
    return ef_text(NULL);
}

/* ---- New events and lines of log ------------------------------------------------------------------------- */

ef_new_event *ef_emit(ef_call *call, const char *type, const ef_json *data)
{
    ef_str why;
    ef_new_event *event = (ef_new_event *)ef_alloc(sizeof(ef_new_event));
    event->cause = (uint32_t)call->index;
    event->type = ef_text(type);
    event->data = ef_canonical(data, &why);
    if (!event->data.ptr)
        ef__fail(call, "invalid-json", ef_format("%s: %s", type, why.ptr), NULL);
    if (call->emitted_count == call->emitted_room) {
        size_t used = call->emitted_room * sizeof(ef_new_event *);
        call->emitted_room = call->emitted_room ? 2 * call->emitted_room : 4;
        void *emitted = ef__grow(call->emitted, used, call->emitted_room * sizeof(ef_new_event *));
        call->emitted = (ef_new_event **)emitted;
    }
    call->emitted[call->emitted_count++] = event;
    return event;
}

ef_new_event *ef_on(ef_new_event *event, ef_str entity)
{
    event->has_entity = entity.ptr != NULL;
    event->entity = entity;
    return event;
}

ef_new_event *ef_with(ef_new_event *event, const char *key, ef_str value)
{
    size_t used = event->metadata_count * sizeof(ef_pair);
    event->metadata = (ef_pair *)ef__grow(event->metadata, used, used + sizeof(ef_pair));
    ef_pair *pair = &event->metadata[event->metadata_count++];
    pair->key = ef_text(key);
    pair->value = value;
    return event;
}

/* Whether the host would take the strings of a new event: it ends a module that gives others. */
static bool ef__is_sound(const ef_new_event *event)
{
    bool sound = ef__is_utf8(event->type) && ef__is_utf8(event->entity);
    for (size_t i = 0; i < event->metadata_count && sound; i++)
        sound = ef__is_utf8(event->metadata[i].key) && ef__is_utf8(event->metadata[i].value);
    return sound;
}

/* The new events one behind another, as the host takes them. */
static const ef_new_event *ef__new_events(ef_call *call)
{
    ef_new_event *events = (ef_new_event *)ef__raw(call->emitted_count * sizeof *events);
    for (size_t i = 0; i < call->emitted_count; i++) {
        events[i] = *call->emitted[i];
        if (!ef__is_sound(&events[i])) {
            call->applies = true;
            call->index = events[i].cause;
            ef__fail(call, "invalid-json", ef_text("the type, entity or metadata of a new event is not UTF-8"), NULL);
        }
    }
    return events;
}

void ef_log(ef_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ef_str message = ef__readable(ef__format(format, arguments));
    va_end(arguments);
    ef__host_log((int32_t)level, message.ptr, message.len);
}

/* ---- Reducing: decode once, apply all, encode once --------------------------------------------------------- */

static void ef__apply(const ef_reducer *reducer, ef_call *call, void *state)
{
    const ef__event *given = &call->events[call->index];
    ef_event event;
    event.id = ef__there(given->id);
    event.entity = ef__there(given->entity);
    event.type = ef__there(given->type);
    event.occurred_at = given->occurred_at;
    event.position = given->has_position ? given->position : 0;
    event.cause = given->has_cause ? ef__there(given->cause) : ef_text(NULL);
    event.metadata = given->metadata;
    event.metadata_count = given->metadata_count;
    call->data = NULL;
    if (reducer->apply(call, state, &event) != EF_OK)
        ef__fail(call, "refused", ef_text("the reducer failed without a reason (ef_refuse gives one)"), NULL);
}

/* The model's text, absent where there is no model. */
static ef_str ef__encode(const ef_reducer *reducer, ef_call *call, const void *state, size_t bytes_before)
{
    ef_str why, none = {NULL, 0};
    ef_json *json = reducer->encode(state);
    if (ef_kind_of(json) == EF_NULL)
        return none;
    ef_str text = ef__canonical(json, bytes_before, &why);
    if (!text.ptr)
        ef__mismatch(call, why);
    return text;
}

static uint8_t ef__change(ef_str before, ef_str after)
{
    if (!after.ptr)
        return before.ptr ? EF__DELETE : EF__KEEP;
    bool same = before.ptr && before.len == after.len && memcmp(before.ptr, after.ptr, after.len) == 0;
    return same ? EF__KEEP : EF__PUT;
}

/* Folds events into a model, which is absent where there is none. */
static ef__outcome ef__reduce(const ef_reducer *reducer, ef_str before, const ef__event *events, size_t count)
{
    ef_call call;
    ef__outcome outcome;
    memset(&call, 0, sizeof call);
    memset(&outcome, 0, sizeof outcome);
    call.events = events;
    void *state = ef_alloc(reducer->model_bytes);
    reducer->begin(state);
    ef_str why, after = {NULL, 0}, first = before.ptr ? before : ef_text(reducer->options.initial);
    ef_json *json = first.ptr ? ef_parse(first, &why) : NULL;
    if (json)
        reducer->decode(&call, state, json);
    else if (first.ptr)
        ef__mismatch(&call, why);
    call.applies = true;
    for (; call.index < count && !call.failed; call.index++)
        ef__apply(reducer, &call, state);
    call.applies = false;
    if (!call.failed)
        after = ef__encode(reducer, &call, state, before.len);
    outcome.is.reduction.events = ef__new_events(&call);
    outcome.is.reduction.event_count = call.emitted_count;
    outcome.is.reduction.model = after;
    outcome.is.reduction.change = ef__change(before, after);
    outcome.failed = call.failed;
    if (call.failed)
        outcome.is.failure = call.failure;
    return outcome;
}

/* ---- What a module exports: the world `reducer-module`, by the canonical ABI ------------------------------- */

#ifdef __wasm__

#ifdef __cplusplus
#define EF__LAYOUT(condition) static_assert(condition, "not as the canonical ABI has it")
#else
#define EF__LAYOUT(condition) _Static_assert(condition, "not as the canonical ABI has it")
#endif

typedef struct ef__list {
    const void *ptr;
    size_t len;
} ef__list;

typedef struct ef__descriptor {
    ef__list types;
    uint8_t is_whole_context, order, upgrade, history;
    uint8_t has_content_type;
    ef_str content_type;
    ef__list emits, attributes;
} ef__descriptor;

EF__LAYOUT(sizeof(ef__event) == 80 && offsetof(ef__event, occurred_at) == 32 && offsetof(ef__event, position) == 48);
EF__LAYOUT(offsetof(ef__event, cause) == 60 && offsetof(ef__event, metadata_count) == 72);
EF__LAYOUT(sizeof(ef_new_event) == 40 && offsetof(ef_new_event, entity) == 16 && offsetof(ef_new_event, data) == 24);
EF__LAYOUT(sizeof(ef__reduction) == 20 && sizeof(ef__failure) == 36 && offsetof(ef__failure, trace) == 28);
EF__LAYOUT(sizeof(ef__outcome) == 40 && offsetof(ef__outcome, is) == 4);
EF__LAYOUT(sizeof(ef__descriptor) == 40 && offsetof(ef__descriptor, content_type) == 16);

#define EF__EXPORT(name) __attribute__((export_name(name), used))

/* The host puts what it hands over here. A string gets a NUL behind it. */
EF__EXPORT("cabi_realloc")
void *ef__realloc(void *old, size_t old_bytes, size_t align, size_t bytes)
{
    char *block = (char *)ef__raw(bytes + 1);
    size_t kept = old_bytes < bytes ? old_bytes : bytes;
    (void)align; /* at most 8; every block is aligned to 16 */
    if (kept > 0)
        memcpy(block, old, kept);
    block[bytes] = '\0';
    return block;
}

static ef__list ef__names(const char *const *names)
{
    ef_str *strings = (ef_str *)ef_alloc(EF_LIST_MAX * sizeof(ef_str));
    ef__list list = {strings, 0};
    for (; list.len < EF_LIST_MAX && names[list.len]; list.len++)
        strings[list.len] = ef__readable(ef_text(names[list.len]));
    return list;
}

EF__EXPORT("everfold:domain/reducer@0.1.0#describe")
const ef__descriptor *ef__describe(void)
{
    static ef__descriptor result;
    const ef_options *options = &everfold_reducer.options;
    ef_pair *attributes = (ef_pair *)ef_alloc(EF_LIST_MAX * sizeof(ef_pair));
    size_t count = 0;
    for (; count < EF_LIST_MAX && options->attributes[count].key; count++) {
        attributes[count].key = ef__readable(ef_text(options->attributes[count].key));
        attributes[count].value = ef__readable(ef_text(options->attributes[count].value));
    }
    result.types = ef__names(options->types);
    result.is_whole_context = options->fold == EF_WHOLE_CONTEXT;
    result.order = options->fold == EF_RECORDED;
    result.upgrade = (uint8_t)options->upgrade;
    result.history = (uint8_t)options->history;
    result.has_content_type = options->content_type != NULL;
    result.content_type = ef__readable(ef_text(options->content_type));
    result.emits = ef__names(options->emits);
    result.attributes.ptr = attributes;
    result.attributes.len = count;
    return &result;
}

/* The target, then the model, then the events; the SDK has no use for the target. */
EF__EXPORT("everfold:domain/reducer@0.1.0#reduce")
const ef__outcome *ef__export_reduce(const char *context, size_t context_len, const char *domain, size_t domain_len,
                                     int32_t has_entity, const char *entity, size_t entity_len, int32_t has_model,
                                     const char *model, size_t model_len, const ef__event *events, size_t event_count)
{
    static ef__outcome result;
    ef_str before = {has_model ? model : NULL, has_model ? model_len : 0};
    (void)context, (void)context_len, (void)domain, (void)domain_len;
    (void)has_entity, (void)entity, (void)entity_len;
    result = ef__reduce(&everfold_reducer, has_model ? ef__there(before) : before, events, event_count);
    return &result;
}

#endif /* __wasm__ */

/* ---- Testing --------------------------------------------------------------------------------------------- */

#ifndef __wasm__

static ef__event ef__complete(const ef_given *given, size_t index)
{
    ef__event event;
    memset(&event, 0, sizeof event);
    event.id = given->id ? ef_text(given->id) : ef_format("%08zx-0000-1000-8000-010000000000", index);
    event.entity = ef_text(given->entity ? given->entity : EF_ENTITY);
    event.type = ef_text(given->type);
    event.data = ef_text(given->data ? given->data : "null");
    event.occurred_at = given->occurred_at ? given->occurred_at : 1000000 * (1 + (int64_t)index);
    event.has_position = given->position > 0;
    event.position = given->position;
    event.has_cause = given->cause != NULL;
    event.cause = ef_text(given->cause);
    ef_pair *metadata = (ef_pair *)ef_alloc(EF_COUNT(given->metadata) * sizeof(ef_pair));
    event.metadata = metadata;
    for (; event.metadata_count < EF_COUNT(given->metadata); event.metadata_count++) {
        const ef_attribute *pair = &given->metadata[event.metadata_count];
        if (!pair->key)
            break;
        metadata[event.metadata_count].key = ef_text(pair->key);
        metadata[event.metadata_count].value = ef_text(pair->value);
    }
    return event;
}

static const ef__event *ef__complete_all(const ef_given *events, size_t count)
{
    ef__event *completed = (ef__event *)ef_alloc(count * sizeof *completed);
    for (size_t i = 0; i < count; i++)
        completed[i] = ef__complete(&events[i], i);
    return completed;
}

/* Adds what came of a call to what came of those before it, in which so many events were folded. */
static void ef__fold(const ef_reducer *reducer, const ef__event *events, size_t count, size_t done, ef_folded *all)
{
    ef__outcome outcome = ef__reduce(reducer, all->model, events, count);
    all->failed = outcome.failed;
    if (outcome.failed) {
        all->has_event = outcome.is.failure.has_event;
        all->event = outcome.is.failure.event + (uint32_t)done;
        all->code = outcome.is.failure.code;
        all->message = outcome.is.failure.message;
        all->trace = outcome.is.failure.trace;
        return;
    }
    const ef__reduction *reduction = &outcome.is.reduction;
    if (reduction->change != EF__KEEP)
        all->model = reduction->model;
    ef_emitted *emitted = (ef_emitted *)ef_alloc((all->event_count + reduction->event_count) * sizeof *emitted);
    if (all->event_count)
        memcpy(emitted, all->events, all->event_count * sizeof *emitted);
    for (size_t i = 0; i < reduction->event_count; i++) {
        const ef_new_event *event = &reduction->events[i];
        ef_emitted *to = &emitted[all->event_count++];
        to->cause = event->cause + (uint32_t)done;
        to->type = event->type;
        to->entity = event->entity;
        to->data = event->data;
        to->metadata = event->metadata;
        to->metadata_count = event->metadata_count;
    }
    all->events = emitted;
}

static ef_folded ef__nothing_folded(void)
{
    ef_folded none;
    memset(&none, 0, sizeof none);
    return none;
}

ef_folded ef_fold_all(const ef_reducer *reducer, const char *model, const ef_given *events, size_t count)
{
    ef_folded all = ef__nothing_folded();
    all.model = ef_text(model);
    ef__fold(reducer, ef__complete_all(events, count), count, 0, &all);
    return all;
}

static bool ef__same(ef_str a, ef_str b)
{
    return !a.ptr == !b.ptr && a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool ef__same_emitted(const ef_emitted *a, const ef_emitted *b)
{
    bool same = a->cause == b->cause && ef__same(a->type, b->type) && ef__same(a->entity, b->entity) &&
                ef__same(a->data, b->data) && a->metadata_count == b->metadata_count;
    for (size_t i = 0; i < a->metadata_count && same; i++)
        same = ef__same(a->metadata[i].key, b->metadata[i].key) && ef__same(a->metadata[i].value, b->metadata[i].value);
    return same;
}

/* What differs, or NULL. */
static const char *ef__difference(const ef_folded *a, const ef_folded *b)
{
    if (a->failed != b->failed || !ef__same(a->code, b->code))
        return "the failures differ";
    if (a->failed)
        return NULL;
    if (!ef__same(a->model, b->model))
        return "the models differ";
    bool same = a->event_count == b->event_count;
    for (size_t i = 0; i < a->event_count && same; i++)
        same = ef__same_emitted(&a->events[i], &b->events[i]);
    return same ? NULL : "the new events differ";
}

const char *ef_cuts_differ(const ef_reducer *reducer, const ef_given *events, size_t count)
{
    const ef__event *all = ef__complete_all(events, count);
    ef_folded whole = ef__nothing_folded();
    ef__fold(reducer, all, count, 0, &whole);
    for (size_t cut = 1; cut < count; cut++) {
        ef_folded in_two = ef__nothing_folded();
        ef__fold(reducer, all, cut, 0, &in_two);
        if (!in_two.failed)
            ef__fold(reducer, all + cut, count - cut, cut, &in_two);
        const char *difference = ef__difference(&whole, &in_two);
        if (difference)
            return ef_format("%s if cut before event %zu", difference, cut).ptr;
    }
    ef_folded one_by_one = ef__nothing_folded();
    for (size_t i = 0; i < count && !one_by_one.failed; i++)
        ef__fold(reducer, all + i, 1, i, &one_by_one);
    const char *difference = ef__difference(&whole, &one_by_one);
    return difference ? ef_format("%s one by one", difference).ptr : NULL;
}

#endif /* __wasm__ */

#ifdef __cplusplus
}
#endif

#endif /* EVERFOLD_IMPLEMENTATION */
