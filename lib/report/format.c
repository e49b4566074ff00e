#include "report/format.h"

#include <string.h>

#include "report/writers.h"

const struct snarl_format snarl_formats[] = {
#define FORMAT(name, summary) {#name, summary, snarl_format_write_##name},
#include "report/format.def"
#undef FORMAT
    {NULL, NULL, NULL},
};

const struct snarl_format *snarl_format_by_name(const char *name)
{
    for (const struct snarl_format *format = snarl_formats; format->name != NULL; format++)
        if (strcmp(format->name, name) == 0)
            return format;
    return NULL;
}
