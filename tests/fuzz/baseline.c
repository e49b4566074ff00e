/* Any bytes as a baseline, and as a report in json: what is read can be written and read again. */
#include "report/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void check_again(struct snarl_baseline *baseline)
{
    char *text = NULL;
    size_t size;
    struct snarl_baseline again = {0};
    struct snarl_file_error error;
    FILE *stream = open_memstream(&text, &size);
    snarl_baseline_sort(baseline);
    if (stream == NULL || !snarl_baseline_write(baseline, stream) || fclose(stream) != 0 ||
        !snarl_baseline_parse(&again, text, size, &error) || again.count != baseline->count)
        abort();
    snarl_baseline_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const parsers[])(struct snarl_baseline *, const char *, size_t,
                                   struct snarl_file_error *) = {snarl_baseline_parse,
                                                                 snarl_baseline_parse_json};
    for (size_t index = 0; index < sizeof parsers / sizeof parsers[0]; index++) {
        struct snarl_baseline baseline = {0};
        struct snarl_file_error error = {0};
        if (parsers[index](&baseline, (const char *)data, size, &error))
            check_again(&baseline);
        else if (error.what == NULL || strchr(error.word, '\n') != NULL)
            abort();
        snarl_baseline_free(&baseline);
    }
    return 0;
}
