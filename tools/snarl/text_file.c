#include "text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "exit_status.h"
#include "memory.h"

static char *read_stream(FILE *stream, size_t *size)
{
    char *text = snarl_memory_zeroed(1, 1);
    size_t capacity = 1, got;
    *size = 0;
    do {
        capacity = 2 * capacity + 4096;
        text = snarl_memory_resize(text, capacity, 1);
        got = fread(text + *size, 1, capacity - *size - 1, stream);
        *size += got;
    } while (got > 0);
    text[*size] = '\0';
    return text;
}

char *snarl_text_file_read(const char *path, size_t *size)
{
    errno = 0;
    FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = stream ? read_stream(stream, size) : NULL;
    if (!stream || ferror(stream)) {
        snarl_complain(SNARL_EXIT_TROUBLE, "\"%s\": %s", path, strerror(errno ? errno : EIO));
        free(text);
        text = NULL;
    }
    if (stream && stream != stdin)
        fclose(stream);
    return text;
}

int snarl_text_file_complain(const char *path, const struct snarl_file_error *error)
{
    char place[32] = "", word[80] = "", nearest_word[128] = "";
    if (error->line)
        snprintf(place, sizeof place, "%u:", error->line);
    if (*error->word)
        snprintf(word, sizeof word, " \"%s\"", error->word);
    struct snarl_nearest nearest = snarl_nearest_to(error->word);
    for (size_t i = 0; error->right && error->right[i]; i++)
        snarl_nearest_try(&nearest, error->right[i]);
    if (nearest.best)
        snprintf(nearest_word, sizeof nearest_word, " (did you mean \"%s\"?)", nearest.best);
    return snarl_complain(SNARL_EXIT_TROUBLE, "%s:%s %s%s%s", path, place, error->what, word,
                          nearest_word);
}
