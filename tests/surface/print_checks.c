/* Prints tests/CHECKS.md: the checks of others beside ours, made from checklist.def. */
#include <stdio.h>
#include <string.h>

static const struct check {
    const char *helgrind, *drd, *kind, *shown_by, *note;
} checks[] = {
#define CHECKED(helgrind, drd, kind, shown_by, note) {helgrind, drd, kind, shown_by, note},
#include "checklist.def"
#undef CHECKED
};

/* A cell of the table; what is code stands between backquotes. */
static void print_cell(const char *text, const char *quote)
{
    if (text[0] == '\0')
        printf(" |");
    else
        printf(" %s%s%s |", quote, text, quote);
}

int main(void)
{
    printf(
        "# Helgrind's and DRD's checks against ours\n\n"
        "Made from `tests/surface/checklist.def` by `print_checks`; do not edit. Helgrind and "
        "DRD: their\nmanuals and messages, Valgrind 3.19. \"Shown by\" names a program of "
        "`tests/preload/programs` and\nits case; the twin `CASE-not` is right, and nothing is "
        "said about it. The tests `preload.*` run\nthem.\n\n"
        "| Helgrind | DRD | snarl | shown by | |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        printf("|");
        print_cell(checks[i].helgrind, "");
        print_cell(checks[i].drd, "");
        print_cell(checks[i].kind[0] != '\0' ? checks[i].kind : "none",
                   checks[i].kind[0] != '\0' ? "`" : "");
        print_cell(checks[i].shown_by, "`");
        print_cell(checks[i].note, "");
        printf("\n");
    }
    return 0;
}
