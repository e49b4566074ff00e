#include "report/utf8.h"

#include <stdbool.h>
#include <string.h>

/* Well-formed sequences by their first byte (Unicode, table 3-7): how long they are and what the
 * second byte may be; every later byte is 80..BF. */
static const struct {
    unsigned char first_low, first_high;
    unsigned char length;
    unsigned char second_low, second_high;
    unsigned char payload; /* the bits of the first byte that count */
} forms[] = {
    {0x00, 0x7f, 1, 0x00, 0x00, 0x7f}, {0xc2, 0xdf, 2, 0x80, 0xbf, 0x1f},
    {0xe0, 0xe0, 3, 0xa0, 0xbf, 0x0f}, {0xe1, 0xec, 3, 0x80, 0xbf, 0x0f},
    {0xed, 0xed, 3, 0x80, 0x9f, 0x0f}, {0xee, 0xef, 3, 0x80, 0xbf, 0x0f},
    {0xf0, 0xf0, 4, 0x90, 0xbf, 0x07}, {0xf1, 0xf3, 4, 0x80, 0xbf, 0x07},
    {0xf4, 0xf4, 4, 0x80, 0x8f, 0x07},
};

int32_t snarl_utf8_next(const char *text, size_t *length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t row = 0; row < sizeof forms / sizeof forms[0]; row++) {
        if (bytes[0] < forms[row].first_low || bytes[0] > forms[row].first_high)
            continue;
        int32_t point = bytes[0] & forms[row].payload;
        for (*length = 1; *length < forms[row].length; ++*length) {
            unsigned char low = *length == 1 ? forms[row].second_low : 0x80;
            unsigned char high = *length == 1 ? forms[row].second_high : 0xbf;
            if (bytes[*length] < low || bytes[*length] > high)
                return SNARL_UTF8_ILL_FORMED;
            point = point << 6 | (bytes[*length] & 0x3f);
        }
        return point;
    }
    *length = 1;
    return SNARL_UTF8_ILL_FORMED;
}

const char *snarl_utf8_skip(const char *text, size_t count)
{
    size_t length;
    for (; count > 0 && *text != '\0'; count--, text += length)
        snarl_utf8_next(text, &length);
    return text;
}

size_t snarl_utf8_count(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; count++)
        text = snarl_utf8_skip(text, 1);
    return count;
}

static bool is_ill_formed(int32_t point)
{
    return point == SNARL_UTF8_ILL_FORMED;
}

static bool is_unprintable(int32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || /* C0, DEL, C1 */
           (point >= 0x200e && point <= 0x200f) ||            /* direction marks */
           (point >= 0x2028 && point <= 0x202e) || /* separators, embeddings, overrides */
           (point >= 0x2066 && point <= 0x2069);   /* isolates */
}

static const char *replace(struct snarl_pool *pool, const char *text, bool (*is_bad)(int32_t point),
                           const char *replacement)
{
    char *copy = snarl_pool_allocate(pool, strlen(text) * strlen(replacement) + 1, 1);
    char *end = copy;
    for (size_t length; *text != '\0'; text += length) {
        int32_t point = snarl_utf8_next(text, &length);
        end = is_bad(point) ? stpcpy(end, replacement) : mempcpy(end, text, length);
    }
    return copy;
}

const char *snarl_utf8_repair(struct snarl_pool *pool, const char *text)
{
    return replace(pool, text, is_ill_formed, "\xef\xbf\xbd");
}

const char *snarl_utf8_printable(struct snarl_pool *pool, const char *text)
{
    return replace(pool, text, is_unprintable, "?");
}
