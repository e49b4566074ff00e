#include <stdio.h>
#include <string.h>

#include "scenario.h"
#include "usage_help.h"

int snarl_scenario_list(const struct snarl_manifest *manifest)
{
    const char *lesson = "";
    for (size_t i = 0; i < manifest->count; i++) {
        const struct snarl_scenario *scenario = &manifest->scenarios[i];
        if (strcmp(lesson, scenario->lesson) != 0)
            printf("%s%s\n", i ? "\n" : "", scenario->lesson);
        lesson = scenario->lesson;
        printf("  %s\n    ", scenario->name);
        snarl_help_fill(scenario->summary, 4, 4);
    }
    return 0;
}
