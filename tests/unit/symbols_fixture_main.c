/* Runs a fixture of test_symbols: the one in this program. */
#include "symbols_fixture.h"

int main(void)
{
    symbols_fixture_describe();
    return 0;
}
