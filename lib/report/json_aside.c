/* What is set aside: known from a baseline, or suppressed. */
#include "report/json_parts.h"
#include "report/utf8.h"

json_t *snarl_json_news(enum snarl_news news)
{
    switch (news) {
    case SNARL_NEWS_NEW:
        return json_string("new");
    case SNARL_NEWS_KNOWN:
        return json_string("known");
    case SNARL_NEWS_NONE:
        break;
    }
    return json_null();
}

static json_t *rule_object(struct snarl_json_writer *writer, const struct snarl_report_rule *rule)
{
    json_t *object = json_object();
    snarl_json_put(object, "file",
                   json_string_nocheck(snarl_utf8_repair(&writer->pool, rule->file)));
    snarl_json_put(object, "line", json_integer(rule->line));
    snarl_json_put(object, "rule",
                   json_string_nocheck(snarl_utf8_repair(&writer->pool, rule->text)));
    snarl_json_put(object, "used", json_integer((json_int_t)rule->used));
    snarl_json_put(object, "partly", json_integer((json_int_t)rule->partly));
    snarl_json_put(object, "idle", json_boolean(rule->idle));
    return object;
}

json_t *snarl_json_rules(struct snarl_json_writer *writer)
{
    json_t *array = json_array();
    for (size_t index = 0; index < writer->report->rule_count; index++)
        snarl_json_append(array, rule_object(writer, &writer->report->rules[index]));
    return array;
}
