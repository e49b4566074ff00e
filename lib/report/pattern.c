#include "report/pattern.h"

#include <stddef.h>
#include <string.h>

/* Where `length` bytes of `piece` first stand in `text`, or NULL. */
static const char *find(const char *text, const char *piece, size_t length)
{
    if (length == 0)
        return text;
    for (; (text = strchr(text, *piece)) != NULL; text++)
        if (strncmp(text, piece, length) == 0)
            return text;
    return NULL;
}

/* Whether what is left of the text ends with the piece; where both ends are tied, is the piece. */
static bool ends_with(const char *text, const char *piece, size_t length, bool tied)
{
    size_t left = strlen(text);
    return left >= length && (!tied || left == length) &&
           memcmp(text + left - length, piece, length) == 0;
}

/* The pieces between the stars are found one behind the other, each as early as can be: if that
 * fails, no later place would have done. */
bool snarl_pattern_matches(const char *pattern, const char *text)
{
    if (text == NULL || *text == '\0')
        return false;
    bool tied = *pattern == '^';
    for (pattern += tied;; tied = false) {
        size_t length = strcspn(pattern, "*$");
        if (pattern[length] == '$')
            return ends_with(text, pattern, length, tied);
        const char *place = find(text, pattern, length);
        if (place == NULL || (tied && place != text))
            return false;
        text = place + length;
        if (pattern[length] == '\0')
            return true;
        pattern += length + 1;
    }
}

bool snarl_pattern_says_something(const char *pattern)
{
    pattern += *pattern == '^';
    return *pattern != '\0' && *pattern != '$';
}
