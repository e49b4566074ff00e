/* Runs the entry on every file of a directory, whole, cut short and with bytes changed: a little of
 * what libFuzzer does, the same each time, in every build. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum {
    CHANGES = 200
};

static unsigned replay(const char *directory, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    static uint8_t content[1 << 20];
    size_t size = file != NULL ? fread(content, 1, sizeof content, file) : 0;
    if (size == 0) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    for (int i = 0; i <= CHANGES; i++) {
        /* A copy of just this size, so that AddressSanitizer sees a step beyond it. */
        size_t part = i % 2 == 0 ? size : (size_t)rand() % size;
        uint8_t *copy = malloc(part + 1);
        memcpy(copy, content, part);
        for (int change = 0; change < i % 8 && part > 0; change++)
            copy[(size_t)rand() % part] = (uint8_t)rand();
        uint8_t *exact = realloc(copy, part > 0 ? part : 1);
        LLVMFuzzerTestOneInput(exact, part);
        free(exact);
    }
    return 1;
}

int main(int argc, char **argv)
{
    DIR *stream = argc == 2 ? opendir(argv[1]) : NULL;
    if (stream == NULL) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 1;
    }
    unsigned count = 0;
    srand(1);
    struct dirent *entry;
    while ((entry = readdir(stream)) != NULL)
        if (entry->d_name[0] != '.')
            count += replay(argv[1], entry->d_name);
    closedir(stream);
    printf("%u files, %d ways each\n", count, CHANGES + 1);
    return count > 0 ? 0 : 1;
}
