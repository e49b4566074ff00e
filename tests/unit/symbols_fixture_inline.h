/* Code of test_symbols' fixture that comes from another file than its callers. */
#ifndef SNARL_SYMBOLS_FIXTURE_INLINE_H
#define SNARL_SYMBOLS_FIXTURE_INLINE_H

#include "symbols_fixture.h"

SYMBOLS_FIXTURE_INLINE void innermost(struct symbols_fixture_place *place)
{
    symbols_fixture_record(SYMBOLS_FIXTURE_HERE(place, 0, "innermost"));
}

SYMBOLS_FIXTURE_INLINE void inner(struct symbols_fixture_place *place)
{
    innermost(SYMBOLS_FIXTURE_HERE(place, 1, "inner"));
}

#endif
