#include "kinds.h"

#include "base/text.h"

snarl_kinds snarl_kinds_expected(const struct snarl_scenario_kinds *expected)
{
    snarl_kinds kinds = 0;
    for (size_t i = 0; i < expected->count; i++)
        kinds |= (snarl_kinds)1 << expected->kinds[i];
    return kinds;
}

snarl_kinds snarl_kinds_found(const struct snarl_report *report)
{
    snarl_kinds kinds = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct snarl_report_finding *finding = &report->findings[i];
        if (finding->status != SNARL_INFEASIBLE && finding->severity > SNARL_NOTE)
            kinds |= (snarl_kinds)1 << finding->kind;
    }
    return kinds;
}

const char *snarl_kinds_words(snarl_kinds kinds, char *text, size_t size)
{
    struct snarl_text words = snarl_text_over(text, size);
    for (unsigned kind = 0; kind < SNARL_FINDING_KINDS; kind++) {
        if (!(kinds & (snarl_kinds)1 << kind))
            continue;
        snarl_text_add(&words, words.length ? ", " : "");
        snarl_text_add(&words, snarl_finding_name(kind));
    }
    if (!kinds)
        snarl_text_add(&words, "nothing");
    return text;
}
