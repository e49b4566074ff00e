#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "layout.h"
#include "report/pool.h"
#include "scenario.h"
#include "scenarios.h"
#include "suite/lesson.h"
#include "text_file.h"
#include "usage_help.h"

enum {
    GUTTER = 8,       /* columns before the code: a mark, the number of the line */
    TITLE_WIDTH = 16, /* columns of what stands before the facts at the end */
};

static void show_paragraph(const char *text, unsigned indent, unsigned hanging)
{
    printf("%*s", (int)indent, "");
    snarl_help_fill(text, indent, hanging);
}

static void show_explanation(const struct snarl_scenario *scenario,
                             const struct snarl_lesson *lesson)
{
    for (size_t i = 0; i < scenario->explanation.count; i++)
        show_paragraph(scenario->explanation.items[i], 0, 0);
    for (size_t i = 0; scenario->explanation.count == 0 && i < lesson->paragraph_count; i++) {
        const struct snarl_lesson_paragraph *paragraph = &lesson->paragraphs[i];
        if (i > 0 && paragraph->indent == 0)
            putchar('\n');
        show_paragraph(paragraph->text, paragraph->indent, paragraph->hanging);
    }
}

static void show_line(const struct snarl_lesson_line *line)
{
    unsigned blanks = 0;
    while (line->code[blanks] == ' ')
        blanks++;
    if (*line->code)
        printf("%c %4u  %s\n", line->why ? '>' : ' ', line->number, line->code);
    else
        putchar('\n');
    if (!line->why)
        return;
    printf("%*s^ ", (int)(GUTTER + blanks), "");
    snarl_help_fill(line->why, GUTTER + blanks + 2, GUTTER + blanks + 2);
}

static void show_next(const struct snarl_scenario *scenario)
{
    for (size_t i = 0; i < scenario->tries.count; i++) {
        printf("%s", i == 0 ? "\nTo try next:    " : "                ");
        snarl_help_fill(scenario->tries.items[i], TITLE_WIDTH, TITLE_WIDTH);
    }
}

static void show_command(const char *title, const char *program,
                         const struct snarl_strings *arguments)
{
    printf("%s%s", title, program);
    for (size_t i = 0; i < arguments->count; i++)
        printf(" %s", arguments->items[i]);
    putchar('\n');
}

static void show_expected(const struct snarl_scenario *scenario)
{
    char words[256];
    for (int leg = SNARL_LEG_SNARL; leg < SNARL_LEG_KINDS; leg++) {
        if (!scenario->expect.legs[leg].given)
            continue;
        snarl_kinds_words(scenario->expect.legs[leg].kinds, words, sizeof words);
        const char *title = snarl_leg_title((enum snarl_leg_kind)leg);
        printf("%s finds%*s%s\n", title, TITLE_WIDTH - (int)strlen(title) - 6, "", words);
    }
    if (!scenario->expect.ends)
        printf("Left alone:     it hangs for ever\n");
    if (!scenario->deterministic)
        printf("Chance:         nothing forces it: it comes in some runs only\n");
    if (scenario->fixed_by)
        printf("Mended in:      %s\n", scenario->fixed_by);
}

int snarl_scenario_show(const struct snarl_scenario *scenario)
{
    size_t size;
    struct snarl_pool pool = {0};
    struct snarl_lesson lesson;
    char *text = snarl_text_file_read(scenario->source, &size);
    if (!text)
        return SNARL_EXIT_TROUBLE;
    snarl_lesson_read(&lesson, text, &pool);
    printf("%s: %s\n\n", scenario->name, *lesson.title ? lesson.title : scenario->lesson);
    show_explanation(scenario, &lesson);
    printf("\n%s\n\n", scenario->source);
    for (size_t i = 0; i < lesson.line_count; i++)
        show_line(&lesson.lines[i]);
    show_next(scenario);
    char **arguments = snarl_scenarios_arguments(scenario, NULL, "", NULL);
    putchar('\n');
    show_command("Run it:         ", arguments ? arguments[0] : scenario->program,
                 &scenario->arguments);
    printf("Under snarl:    snarl scenario run %s\n", scenario->name);
    show_expected(scenario);
    snarl_scenarios_free_arguments(arguments);
    snarl_pool_free(&pool);
    free(text);
    return 0;
}
