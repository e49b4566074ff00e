/*
 * The vocabulary of findings: kinds, statuses, severities and reasons, and their names in the
 * formats. Pure data; any thread, any time.
 */
#ifndef SNARL_CORE_FINDING_H
#define SNARL_CORE_FINDING_H

enum snarl_finding_kind {
#define FINDING(identifier, name, headline) SNARL_FINDING_##identifier,
#include "core/finding.def"
#undef FINDING
    SNARL_FINDING_KINDS,
};

enum snarl_status {
    SNARL_PREDICTED,  /* can happen; did not in this run */
    SNARL_OCCURRED,   /* happened in this run */
    SNARL_CONFIRMED,  /* predicted, then made to happen */
    SNARL_INFEASIBLE, /* looks like one, cannot happen: see the reason */
};

enum snarl_severity {
    SNARL_NOTE,
    SNARL_WARNING,
    SNARL_ERROR,
};

/* Why a cycle is infeasible. */
enum snarl_reason {
    SNARL_REASON_NONE,
    SNARL_REASON_SINGLE_THREAD, /* one thread would have to be in two places */
    SNARL_REASON_GATE_LOCK,     /* a common lock keeps its steps apart */
    SNARL_REASON_ORDERED,       /* thread creation and join keep its steps apart */
    SNARL_REASON_SHARED_MODE,   /* readers do not exclude each other */
};

/* What becomes of a run that is steered into a deadlock. */
enum snarl_steered {
#define STEERED(identifier, number) SNARL_STEERED_##identifier = number,
#include "core/steered.def"
#undef STEERED
    SNARL_STEERED_KINDS,
};

/* What threads do in a timeline. */
enum snarl_event {
#define EVENT(identifier, number, words) SNARL_EVENT_##identifier = number,
#include "core/event.def"
#undef EVENT
    SNARL_EVENT_KINDS,
};

/* The names used by every format. Static strings; never NULL ("" for SNARL_REASON_NONE). */
const char *snarl_finding_name(enum snarl_finding_kind kind);
const char *snarl_finding_headline(enum snarl_finding_kind kind);
const char *snarl_status_name(enum snarl_status status);
const char *snarl_severity_name(enum snarl_severity severity);
const char *snarl_reason_name(enum snarl_reason reason);

/* What a thread does: "takes". */
const char *snarl_event_words(enum snarl_event event);

#endif
