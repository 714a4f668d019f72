/* Reading JSON and writing it canonically, with the vectors of RFC 8785. */
#define EVERFOLD_IMPLEMENTATION
#include "everfold.h"

#include "check.h"

#include <string.h>

/* What is read from a text, written again; absent if it is refused. */
static ef_str again(const char *text)
{
    ef_json *json = ef_parse(ef_text(text), NULL);
    return json ? ef_canonical(json, NULL) : ef_text(NULL);
}

static bool gives(const char *text, const char *canonical)
{
    return ef_equal(again(text), canonical);
}

static double double_of(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, 8);
    return number;
}

/* RFC 8785, appendix B; and 2^-44, below which doubles lie closer together than above. */
static void numbers_are_written_as_ecmascript_does(void)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } vectors[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
        {0x3d30000000000000, "5.684341886080802e-14"},
    };
    for (size_t i = 0; i < EF_COUNT(vectors); i++) {
        check(vectors[i].text, ef_equal(ef_canonical(ef_number(double_of(vectors[i].bits)), NULL), vectors[i].text));
        check(vectors[i].text, strtod(vectors[i].text, NULL) == double_of(vectors[i].bits));
    }
    ef_str why;
    check("NaN", !ef_canonical(ef_number(double_of(0x7fffffffffffffff)), &why).ptr && why.ptr);
    check("infinity", !ef_canonical(ef_number(double_of(0x7ff0000000000000)), NULL).ptr);
}

/* All powers of two and their neighbours, against the C library: what is written is read as the same double. */
static void doubles_survive(void)
{
    for (uint64_t exponent = 0; exponent < 0x7ff; exponent++)
        for (int64_t step = -1; step <= 1; step++) {
            double number = double_of((exponent << 52) + (uint64_t)(step + (exponent == 0)));
            ef_str text = ef_canonical(ef_number(number), NULL);
            check("the C library reads it so", strtod(text.ptr, NULL) == number);
            check("it is read so here", ef__number(ef_parse(text, NULL)) == number);
            check("it is written again", ef_equal(again(text.ptr), text.ptr));
        }
}

static void numbers_are_read_exactly(void)
{
    static const char *const texts[] = {
        "1.0",
        "-0.5e-3",
        "123456789012345678901234567890.5",
        "9007199254740993.0",             /* in the middle: to the even one */
        "9007199254740993.00000000000000000000000001",
        "2.2250738585072011e-308",        /* the largest that is not normal, nearly */
        "2.4703282292062328e-324",        /* just more than half of the smallest */
        "2.4703282292062327e-324",        /* just less */
        "1.7976931348623158e308",
        "0.00000000000000000000000000000000000000000000000000000000000000000000000001e74",
        "1e-99999999999",
        "0e99999999999",
    };
    for (size_t i = 0; i < EF_COUNT(texts); i++) {
        ef_json *number = ef_parse(ef_text(texts[i]), NULL);
        check(texts[i], number && ef__number(number) == strtod(texts[i], NULL));
    }
    /* In the middle between 1 and the next double: to the even one, unless anything follows, however far behind. */
    const char *middle = "1.00000000000000011102230246251565404236316680908203125";
    check("the middle", ef__number(ef_parse(ef_text(middle), NULL)) == 1);
    ef_str more = ef_format("%s%01000d", middle, 1);
    check("more than the middle", ef__number(ef_parse(more, NULL)) == double_of(0x3ff0000000000001));
}

/* Between 2^53 and 10^21 doubles are written as integers; only those are read, and never as EF_INT. */
static void large_integers_are_doubles_or_refused(void)
{
    static const char *const canonical[] = {
        "9007199254740994",      "-9007199254740994",     "18446744073709552000",
        "100000000000000000000", "-123456789012345680000", "999999999999999900000",
    };
    static const char *const others[] = {
        "9007199254740993",      "-9007199254740993",     "9007199254740995",       "18446744073709551615",
        "18446744073709551616",  "100000000000000000001", "999999999999999999999", "1000000000000000000000",
        "100000000000000010000",
    };
    for (size_t i = 0; i < EF_COUNT(canonical); i++) {
        ef_json *number = ef_parse(ef_text(canonical[i]), NULL);
        check(canonical[i], ef_kind_of(number) == EF_NUMBER && ef__number(number) == strtod(canonical[i], NULL));
        check(canonical[i], ef_equal(again(canonical[i]), canonical[i]));
    }
    for (size_t i = 0; i < EF_COUNT(others); i++) {
        ef_str why, expected = ef_format("the number %s is beyond 2^53: send it as a string", others[i]);
        check(others[i], !ef_parse(ef_text(others[i]), &why) && ef_equal(why, expected.ptr));
    }
    ef_str why, endless = ef_format("1%0400d", 0);
    check("an integer beyond doubles", !ef_parse(endless, &why) && strstr(why.ptr, "2^53"));
    check("inside", gives("{\"a\":[ 1E20,100000000000000000000 ]}",
                          "{\"a\":[100000000000000000000,100000000000000000000]}"));
}

static void objects_are_sorted_by_utf_16(void)
{
    /* RFC 8785, 3.2.3: the sorting example, and 3.2.2. */
    check("sorting",
          gives("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
                "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
                "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
                "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
                "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
                "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\","
                "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
                "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}"));
    check("example",
          gives("{\"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n"
                "\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
                "\"literals\": [null, true, false]}",
                "{\"literals\":[null,true,false],"
                "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
                "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"));
    check("the last of equal keys",
          gives("{\"b\":1,\"a\":2,\"b\":3,\"a\":4,\"c\":5,\"b\":6}", "{\"a\":4,\"b\":6,\"c\":5}"));
    ef_json *built = ef_set(ef_set(ef_set(ef_object(), "b", ef_int(1)), "a", ef_int(2)), "b", ef_int(3));
    check("built", ef_equal(ef_canonical(built, NULL), "{\"a\":2,\"b\":3}"));
    check("found", ef__int(ef_get(built, "b")) == 3 && !ef_get(built, "c") && ef_equal(ef_key_at(built, 0), "a"));
    check("removed", ef_remove(built, ef_text("a")) && !ef_remove(built, ef_text("a")) && ef_count(built) == 1);
}

static void many_members_in_any_order(void)
{
    ef_json *object = ef_object();
    ef_str text = ef_text("{");
    for (unsigned i = 0; i < 1000; i++) {
        unsigned key = i * 617 % 1000;
        ef_put(object, ef_format("k%03u", key), ef_int(key));
        text = ef_format("%s%s\"k%03u\":%u", text.ptr, i ? "," : "", key, key);
    }
    ef_str canonical = ef_canonical(object, NULL);
    check("as when it is built", ef_equal(again(ef_format("%s}", text.ptr).ptr), canonical.ptr));
    check("in order", ef_count(object) == 1000 && ef_equal(ef_key_at(object, 7), "k007"));
}

static void strings_are_escaped_minimally(void)
{
    static const char bytes[] = "\b\t\n\f\r\"\\/\x1f\x7f\xe2\x80\xa8\0.";
    ef_str all = {bytes, sizeof bytes - 1};
    check("written", ef_equal(ef_canonical(ef_string(all), NULL),
                              "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u001f\x7f\xe2\x80\xa8\\u0000.\""));
    check("read", gives("\"\\b\\t\\n\\f\\r\\\"\\\\\\/\\u001F\\u007f\\u2028\\u0000.\"",
                        "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u001f\x7f\xe2\x80\xa8\\u0000.\""));
    check("long", gives("\"0123456789abcdefghij\\n0123456789abcdefghij\xc3\xa9\"",
                        "\"0123456789abcdefghij\\n0123456789abcdefghij\xc3\xa9\""));
    ef_str broken = {"ab\xed\xa0\x80", 5}, why;
    check("a surrogate", !ef_canonical(ef_string(broken), &why).ptr &&
                             ef_equal(why, "a string is not UTF-8 (at its byte 2)"));
    for (char c = 0; c < 0x20; c++) {
        const char *name = c ? strchr("\bb\tt\nn\ff\rr", c) : NULL;
        ef_str control = {&c, 1}, written = name ? ef_format("\"\\%c\"", name[1]) : ef_format("\"\\u%04x\"", c);
        check(written.ptr, ef_equal(ef_canonical(ef_string(control), NULL), written.ptr));
        check(written.ptr, ef_equal(again(written.ptr), written.ptr));
    }
    check("absent is null", ef_equal(ef_canonical(ef_string(ef_text(NULL)), NULL), "null"));
}

static void what_is_no_json_is_refused(void)
{
    static const char *const texts[] = {
        "", " ", "nul", "truer", "{", "[", "]", "[1,]", "[1 2]", "'a'", "1 2", "\xef\xbb\xbf" "1",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
        "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "NaN", "Infinity",
        "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12", "\"\n\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800\\ud800\"",
        "\"\xff\"", "\"\xc0\x80\"", "\"\xe2\x82\"", "\"\xed\xa0\x80\"", "\"\xf0\x80\x80\x80\"", "\"\xf4\x90\x80\x80\"",
    };
    for (size_t i = 0; i < EF_COUNT(texts); i++) {
        ef_str why;
        check(texts[i], !ef_parse(ef_text(texts[i]), &why) && why.len > 0);
    }
    ef_str why;
    check("2^53", gives("[9007199254740992,-9007199254740992]", "[9007199254740992,-9007199254740992]"));
    check("1e400", !ef_parse(ef_text("1e400"), &why) &&
                       ef_equal(why, "the number 1e400 is beyond the range of doubles"));
    check("-0", gives("[-0,-0.0,1.0,1e2]", "[0,0,1,100]"));
    check("an integer", !ef_canonical(ef_int(9007199254740993), &why).ptr &&
                            ef_equal(why, "the number 9007199254740993 is beyond 2^53: send it as a string"));
}

/* So many arrays, one in another. */
static ef_str nested(size_t depth)
{
    char *text = (char *)ef_alloc(2 * depth + 1);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return ef_text(text);
}

static void nesting_is_bounded(void)
{
    ef_str why, deep = nested(EF_DEPTH_MAX);
    check("as deep as may be", ef_equal(again(deep.ptr), deep.ptr));
    check("deeper", !ef_parse(nested(EF_DEPTH_MAX + 1), &why) && strstr(why.ptr, "256"));
    check("much deeper", !ef_parse(nested(1000000), NULL));
    ef_json *inner = ef_array(), *circle = ef_push(ef_array(), inner);
    ef_push(inner, circle);
    check("a circle", !ef_canonical(circle, &why).ptr && strstr(why.ptr, "256"));
}

int main(void)
{
    numbers_are_written_as_ecmascript_does();
    doubles_survive();
    numbers_are_read_exactly();
    large_integers_are_doubles_or_refused();
    objects_are_sorted_by_utf_16();
    many_members_in_any_order();
    strings_are_escaped_minimally();
    what_is_no_json_is_refused();
    nesting_is_bounded();
    return checks_done("json");
}
