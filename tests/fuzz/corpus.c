/* Makes a directory of the sample recordings. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording_sample.h"

static void tell_feasible(struct sample *sample)
{
    sample_tell_cycle(sample, false);
}

static void tell_infeasible(struct sample *sample)
{
    sample_tell_cycle(sample, true);
}

static const struct {
    const char *name;
    void (*tell)(struct sample *sample);
} stories[] = {
    {"cycle", tell_feasible},           {"gate", tell_infeasible},
    {"deadlock", sample_tell_deadlock}, {"relock", sample_tell_relock},
    {"join", sample_tell_join},         {"heap", sample_tell_heap_cycle},
    {"hung", sample_tell_hung},         {"upgrade", sample_tell_upgrade},
    {"misuse", sample_tell_misuse},     {"absent", sample_tell_absent},
    {"mapped", sample_tell_mapped},     {"everything", sample_tell_everything},
};

int main(int argc, char **argv)
{
    const char *directory = argc == 2 ? argv[1] : NULL;
    if (directory == NULL || (mkdir(directory, 0700) != 0 && errno != EEXIST)) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 1;
    }
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        struct sample sample;
        sample_begin(&sample, directory, &(struct sample_style){.program = "/nowhere/bank"});
        if (stories[i].tell != sample_tell_everything)
            sample_tell_bank(&sample);
        stories[i].tell(&sample);
        sample_close(&sample);
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", directory, stories[i].name);
        if (rename(sample.writer.path, path) != 0) {
            perror(path);
            return 1;
        }
    }
    return 0;
}
