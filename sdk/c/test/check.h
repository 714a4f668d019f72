/* Named checks: each that fails is said, with its line, and makes the program fail. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdio.h>

static int checks_failed;

#define check(name, condition) check_at(__FILE__, __LINE__, name, condition)

static inline void check_at(const char *file, int line, const char *name, bool holds)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: %s: failed\n", file, line, name);
        checks_failed++;
    }
}

/* What main gives back. */
static inline int checks_done(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, checks_failed ? "FAILED" : "ok");
    return checks_failed ? 1 : 0;
}

#endif
