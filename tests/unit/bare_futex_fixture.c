/* A library that bears a mark of locks that wait by bare futex calls, or looks as if it did. */
#if defined MARK_comment
__asm__(
    ".pushsection .comment,\"MS\",@progbits,1\n"
    ".string \"rustc version 1.63.0\"\n"
    ".popsection");
#elif defined MARK_symbol
__attribute__((visibility("default"))) int AbslInternalPerThreadSemWait_lts_20220623(void);
int AbslInternalPerThreadSemWait_lts_20220623(void)
{
    return 1;
}
#elif defined MARK_none
/* Another text there, the text elsewhere, and the symbol of somebody else. */
__asm__(
    ".pushsection .comment,\"MS\",@progbits,1\n"
    ".string \"rustc-version 1.63.0\"\n"
    ".popsection");
extern const char text[];
extern int AbslInternalPerThreadSemWait_lts_20220623(void);
__attribute__((visibility("default"))) const char text[] = "rustc version 1.63.0";
extern int (*const waits)(void);
int (*const waits)(void) = AbslInternalPerThreadSemWait_lts_20220623;
#endif

__attribute__((visibility("default"))) int bare_futex_fixture(void);
int bare_futex_fixture(void)
{
    return 0;
}
