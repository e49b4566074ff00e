#include "support/place.h"

#include <stdlib.h>

#include "support/command.h"

int place_set_up(void **state)
{
    static struct place place;
    place.directory = directory_make();
    place.path = path_in(place.directory, "program");
    *state = &place;
    return 0;
}

int place_tear_down(void **state)
{
    struct place *place = *state;
    directory_remove(place->directory);
    free(place->path);
    return 0;
}
