/* Reports from which something is set aside: known from a baseline, or suppressed. */
#include "report_build.h"
#include "report_sample.h"

struct snarl_report *sample_known(void)
{
    struct snarl_report *report = sample_transfer();
    report->findings[0].news = SNARL_NEWS_KNOWN;
    report->baseline = "ci/snarl-baseline.txt";
    struct snarl_report_finding *fresh =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_WARNING, 0);
    fresh->message = "the one that is new";
    fresh->news = SNARL_NEWS_NEW;
    struct snarl_report_finding *hang =
        build_finding(report, SNARL_FINDING_DEADLOCK, SNARL_OCCURRED, SNARL_ERROR, 0);
    hang->news = SNARL_NEWS_KNOWN;
    return report;
}

struct snarl_report *sample_suppressed(void)
{
    static const struct snarl_report_rule rules[] = {
        {"ci/tsan.supp", 2, "deadlock:^log_line$", 2, 0, false},
        {"ci/tsan.supp", 3, "race:libfoo.so", 0, 0, false},
        {"ci/tsan.supp", 9, "signal:handler", 0, 0, true},
        {"more.supp", 1, "deadlock:^pay*$", 1, 1, false},
        {"more.supp", 12, "mutex:^bank::close_account", 0, 1, false},
    };
    struct snarl_report *report = sample_clean();
    report->suppressed = 3;
    report->rule_count = COUNT(rules);
    report->rules = build_copy(report, rules, COUNT(rules), sizeof *rules);
    return report;
}
