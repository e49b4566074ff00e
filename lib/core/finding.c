#include "core/finding.h"

static const struct {
    const char *name;
    const char *headline;
} kinds[] = {
#define FINDING(identifier, name, headline) {name, headline},
#include "core/finding.def"
#undef FINDING
};

const char *snarl_finding_name(enum snarl_finding_kind kind)
{
    return kinds[kind].name;
}

const char *snarl_finding_headline(enum snarl_finding_kind kind)
{
    return kinds[kind].headline;
}

const char *snarl_status_name(enum snarl_status status)
{
    static const char *const names[] = {"predicted", "occurred", "confirmed", "infeasible"};
    return names[status];
}

const char *snarl_severity_name(enum snarl_severity severity)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[severity];
}

const char *snarl_reason_name(enum snarl_reason reason)
{
    static const char *const names[] = {"", "single-thread", "gate-lock", "ordered", "shared-mode"};
    return names[reason];
}

const char *snarl_event_words(enum snarl_event event)
{
    switch (event) {
#define EVENT(identifier, number, words)                                                           \
    case SNARL_EVENT_##identifier:                                                                 \
        return words;
#include "core/event.def"
#undef EVENT
    default:
        return "";
    }
}
