/* A report in json, told in a few lines that can be compared whole. */
#ifndef SNARL_TESTS_REPORT_WORDS_H
#define SNARL_TESTS_REPORT_WORDS_H

#include <jansson.h>

/* Loads a report and checks what all have in common: the schema, complete, no losses. To be given
 * back by json_decref. */
json_t *report_load(const char *path);

/*
 * The findings as text, to be freed: for each "KIND STATUS SEVERITY\n", then its steps, sorted,
 * "  THREAD holds LOCK (FUNCTION) ... wants LOCK (FUNCTION)\n". A function is the innermost one
 * of the stack. Of a thread that waits for something else: "joins THREAD", "waits on OBJECT",
 * "waits at BARRIER"; of one that waits for ever, " [CAUSE]" follows.
 */
char *report_findings(const json_t *report);

/* The value at "a.b.0.c"; the test fails where there is none. */
json_t *report_at(const json_t *value, const char *path);

#endif
