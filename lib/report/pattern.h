/*
 * The patterns of ThreadSanitizer's suppressions: a pattern matches wherever in a text it stands;
 * '*' stands for any characters, '^' at the front ties it to the beginning of the text, and '$'
 * ends the pattern and ties it to the end.
 *
 * One difference: "lock$" matches "unlock_lock" too. ThreadSanitizer looks for the first "lock"
 * only, and gives up where that is not the end.
 *
 * Pure; any thread. Costs the length of the text times that of the pattern at worst.
 */
#ifndef SNARL_REPORT_PATTERN_H
#define SNARL_REPORT_PATTERN_H

#include <stdbool.h>

/* Nothing matches a text that is NULL or empty. */
bool snarl_pattern_matches(const char *pattern, const char *text);

/* Whether a pattern says anything: "", "^" and "$" do not, "*" does. */
bool snarl_pattern_says_something(const char *pattern);

#endif
