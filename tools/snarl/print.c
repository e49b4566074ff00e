#include "print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "complain.h"
#include "exit_status.h"
#include "report/format.h"

const char snarl_print_barred_formats[] =
#define FORMAT(name, summary) "|" #name
#include "report/format.def"
#undef FORMAT
    ;

struct snarl_analysis_options snarl_print_analysis(const struct snarl_print_settings *settings)
{
    return (struct snarl_analysis_options){
        .all = settings->all,
        .by_class = settings->by_class,
        .edges = strcmp(settings->format, "dot") == 0,
    };
}

FILE *snarl_print_open(const struct snarl_print_settings *settings, FILE *usual)
{
    if (!settings->output)
        return usual;
    if (strcmp(settings->output, "-") == 0)
        return stdout;
    FILE *stream = fopen(settings->output, "we");
    if (!stream)
        snarl_complain(SNARL_EXIT_TROUBLE, "cannot write \"%s\": %s", settings->output,
                       strerror(errno));
    return stream;
}

static bool wants_colour(const struct snarl_print_settings *settings, FILE *stream)
{
    if (strcmp(settings->colour, "auto") != 0)
        return strcmp(settings->colour, "always") == 0;
    const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");
    return isatty(fileno(stream)) && terminal && strcmp(terminal, "dumb") != 0 && !(none && *none);
}

static unsigned columns_of(FILE *stream)
{
    struct winsize size;
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool snarl_print_report(const struct snarl_print_settings *settings, FILE *stream,
                        const struct snarl_report *report)
{
    struct snarl_format_options options = {
        .colour = wants_colour(settings, stream),
        .all = settings->all,
        .rules = settings->rules,
        .width = columns_of(stream),
        .strip_path_prefix = settings->strip_path_prefix,
    };
    errno = 0;
    bool written = snarl_format_by_name(settings->format)->write(stream, report, &options);
    int error = errno;
    if (stream != stdout && stream != stderr && fclose(stream) != 0) {
        written = false;
        error = errno;
    }
    if (!written)
        snarl_complain(SNARL_EXIT_TROUBLE, "the report could not be written: %s",
                       strerror(error ? error : EIO));
    return written;
}
