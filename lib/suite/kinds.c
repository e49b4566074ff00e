#include "suite/kinds.h"

#include <string.h>

#include "base/text.h"

static snarl_kinds kind_alone(unsigned kind)
{
    return (snarl_kinds)1 << kind;
}

snarl_kinds snarl_kinds_found(const struct snarl_report *report)
{
    snarl_kinds kinds = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct snarl_report_finding *finding = &report->findings[i];
        if (finding->status != SNARL_INFEASIBLE && finding->severity > SNARL_NOTE)
            kinds |= kind_alone(finding->kind);
    }
    return kinds;
}

snarl_kinds snarl_kinds_named(const char *name)
{
    for (unsigned kind = 0; kind < SNARL_FINDING_KINDS; kind++)
        if (strcmp(snarl_finding_name(kind), name) == 0)
            return kind_alone(kind);
    return 0;
}

void snarl_kinds_each(snarl_kinds kinds, void (*visit)(const char *name, void *context),
                      void *context)
{
    for (unsigned kind = 0; kind < SNARL_FINDING_KINDS; kind++)
        if (kinds & kind_alone(kind))
            visit(snarl_finding_name(kind), context);
}

static void add_word(const char *name, void *context)
{
    struct snarl_text *words = context;
    snarl_text_add(words, words->length ? ", " : "");
    snarl_text_add(words, name);
}

const char *snarl_kinds_words(snarl_kinds kinds, char *text, size_t size)
{
    struct snarl_text words = snarl_text_over(text, size);
    snarl_kinds_each(kinds, add_word, &words);
    if (!kinds)
        snarl_text_add(&words, "nothing");
    return text;
}
